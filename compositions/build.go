package compositions

import (
	"fmt"
	"maps"
	"slices"

	"github.com/innovate-inc/genops/schema"
)

// Annotations of composed resources.
const (
	// annotationExternalName is how AWS knows a resource (crossplane-runtime: meta).
	annotationExternalName = "crossplane.io/external-name"
	// AnnotationWildcard and the id of a statement name the annotation that says why the statement has a wildcard.
	AnnotationWildcard = "wildcard.genops.dev/"
	// AnnotationSimulated lists the fields whose values are simulated; only the CLI sets it.
	AnnotationSimulated = "genops.dev/simulated"
)

// TagClaim is the AWS tag that says which claim made a resource.
const TagClaim = "genops.dev/claim"

// apiClusterUsage is the API of declared deletion orders.
const apiClusterUsage = "protection.crossplane.io/v1beta1"

// builder collects the resources of one claim.
type builder struct {
	kinds

	meta     schema.ClaimMeta
	kindName string // Of the claim, such as Network.
	claim    string // In the names of resources, such as network.
	observed Observed

	resources map[string]*Resource
	nouns     map[string]string
	adopted   map[string]bool
	held      []string
	problems  []string
}

func newBuilder(meta schema.ClaimMeta, kindName, claim string, observed Observed) *builder {
	return &builder{
		kinds: managed(), meta: meta, kindName: kindName, claim: claim, observed: observed,
		resources: map[string]*Resource{}, nouns: map[string]string{}, adopted: map[string]bool{},
	}
}

// fields are the content of a resource.
type fields = map[string]any

// composed is a resource in the making.
type composed struct {
	b        *builder
	resource *Resource
	kind     kind
}

// add makes a managed resource. Region, tags, account and policies are the same for all of a claim.
func (b *builder) add(key string, k kind, forProvider fields) *composed {
	if !k.global {
		forProvider["region"] = b.meta.Region
	}
	if !k.untagged {
		forProvider["tags"] = b.tags(key)
	}
	metadata := fields{"name": b.name(key)}
	object := fields{
		"apiVersion": k.group + "/" + k.version,
		"kind":       k.name,
		"metadata":   metadata,
		"spec": fields{
			"forProvider":        forProvider,
			"providerConfigRef":  fields{"name": b.meta.Environment},
			"managementPolicies": k.policies(),
		},
	}
	c := b.put(key, k.noun, object)
	c.kind = k
	if id, ok := b.meta.Adopt[key]; ok {
		b.adopted[key] = true
		if k.identity == byID {
			c.annotate(annotationExternalName, id)
		} else {
			b.problems = append(b.problems, fmt.Sprintf("spec.adopt.%s: %s", key, needless(k)))
		}
	}
	return c
}

// needless says why a resource of a kind takes no id.
func needless(k kind) string {
	if k.identity == byName {
		return "the name of a " + k.noun + " is made by genops: what has this name is adopted without an id"
	}
	return "the id of a " + k.noun + " follows from its fields: what is there is adopted without an id"
}

// put adds an object that is no managed resource.
func (b *builder) put(key, noun string, object fields) *composed {
	resource := &Resource{Key: key, Object: object}
	if _, taken := b.resources[key]; taken {
		b.problems = append(b.problems, fmt.Sprintf("spec: two resources would have the key %s", key))
	}
	b.resources[key] = resource
	b.nouns[key] = noun
	return &composed{b: b, resource: resource}
}

// external gives the name that is ours to choose.
func (c *composed) external(name string) *composed {
	return c.annotate(annotationExternalName, name)
}

func (c *composed) annotate(key, value string) *composed {
	metadata := c.resource.Object["metadata"].(fields) //nolint:forcetypeassert // Made a few lines above.
	annotations, ok := metadata["annotations"].(fields)
	if !ok {
		annotations = fields{}
		metadata["annotations"] = annotations
	}
	annotations[key] = value
	return c
}

// fromObserved names the fields that only AWS knows.
func (c *composed) fromObserved(paths ...string) {
	c.resource.FromObserved = append(c.resource.FromObserved, paths...)
}

// initially sets fields that count only when the resource is made: others change them later.
func (c *composed) initially(init fields) *composed {
	c.resource.Object["spec"].(fields)["initProvider"] = init //nolint:forcetypeassert // Made by add.
	return c
}

// in puts a resource into another region than the claim's.
func (c *composed) in(region string) *composed {
	c.forProvider()["region"] = region
	return c
}

// tagged adds tags of its own to a resource.
func (c *composed) tagged(tags map[string]string) *composed {
	all := c.forProvider()["tags"].(fields) //nolint:forcetypeassert // Made by add.
	for key, value := range tags {
		all[key] = value
	}
	return c
}

func (c *composed) forProvider() fields {
	return c.resource.Object["spec"].(fields)["forProvider"].(fields) //nolint:forcetypeassert // Made by add.
}

// withPolicy sets an IAM policy document, and the reasons for its wildcards beside it.
func (c *composed) withPolicy(field string, d document) {
	c.forProvider()[field] = d.text()
	for _, s := range d.Statement {
		if s.Wildcard != "" {
			c.annotate(AnnotationWildcard+s.Sid, s.Wildcard)
		}
	}
}

// name is the metadata.name of a resource of this claim.
func (b *builder) name(key string) string { return resourceName(b.meta.Environment, b.claim, key) }

// ref refers to a resource of this claim.
func (b *builder) ref(key string) fields { return fields{"name": b.name(key)} }

// refTo refers to a resource of another claim of the environment.
func (b *builder) refTo(claim, key string) fields {
	return fields{"name": resourceName(b.meta.Environment, claim, key)}
}

// tags of a resource. Name is what people see in AWS's console.
func (b *builder) tags(key string) fields {
	tags := fields{}
	for name, value := range b.meta.Tags {
		tags[name] = value
	}
	tags["Name"] = prefix(b.meta) + "-" + key
	tags[TagClaim] = b.kindName + "/" + b.meta.Environment
	return tags
}

// hold notes a resource that waits for a value that was not observed yet.
func (b *builder) hold(key, noun string) {
	b.held = append(b.held, key)
	b.nouns[key] = noun
}

// usage declares that one resource is used by another: it is deleted after its user, because AWS would refuse, hang, or cut off what still runs.
// Crossplane removes a usage only after the user that is composed with it: what may go before its user must not be named here.
func (b *builder) usage(of, by subject, reason string) {
	key := "usage-" + of.key + "-by-" + by.key
	resource := func(s subject) fields {
		return fields{"apiVersion": s.kind.group + "/" + s.kind.version, "kind": s.kind.name, "resourceRef": fields{"name": s.name}}
	}
	b.put(key, "usage", fields{
		"apiVersion": apiClusterUsage,
		"kind":       "ClusterUsage",
		"metadata":   fields{"name": b.name(key)},
		"spec":       fields{"of": resource(of), "by": resource(by), "reason": reason, "replayDeletion": true},
	})
}

// subject is one side of a usage.
type subject struct {
	key, name string
	kind      kind
}

// own is a resource of this claim.
func (b *builder) own(key string, k kind) subject {
	return subject{key: key, name: b.name(key), kind: k}
}

// foreign is a resource of another claim.
func (b *builder) foreign(claim, key string, k kind) subject {
	return subject{key: claim + "-" + key, name: resourceName(b.meta.Environment, claim, key), kind: k}
}

// result finishes the claim.
func (b *builder) result() (*Result, error) {
	for _, key := range slices.Sorted(maps.Keys(b.meta.Adopt)) {
		if !b.adopted[key] && !slices.Contains(b.held, key) {
			b.problems = append(b.problems, fmt.Sprintf("spec.adopt.%s: no resource of this claim has this key", key))
		}
	}
	if len(b.problems) > 0 {
		return nil, &InvalidError{Problems: b.problems}
	}
	result := &Result{Held: b.held}
	for _, resource := range b.resources {
		resource.Ready = b.ready(resource.Key)
		result.Resources = append(result.Resources, *resource)
	}
	result.Condition = b.condition()
	return result, nil
}
