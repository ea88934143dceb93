// Package compositions turns claims into what they are made of: AWS managed resources, and how far these are.
//
// A composition is a pure function of a claim's spec. What it reads beside the spec is what the control plane has observed: readiness, for the
// status, and the few values that AWS gives and no reference field can carry (a key's ARN, an OIDC issuer, a launch template's version, what a
// distribution is made of). The same code runs on the bootstrap cluster as a composition function and in the CLI, which feeds it the simulated
// observation of Simulate.
//
// Names: every managed resource is called <environment>.<claim>.<key>. Environments have unique names without dots, so no two claims of a
// platform can make the same name. Names in AWS start with the project, because the rights of the provisioner role do (bootstrap/iam).
//
// A key is a resource's identity: Crossplane deletes what a composition stops returning and creates what is new. Keys come from what a
// resource is for (subnet-public-eu-west-1a), never from its place in a list.
//
// All is the table of all compositions, and the place to add one.
package compositions

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/innovate-inc/genops/schema"
)

// Group and Version of claims and composites.
const (
	Group   = "aws.genops.dev"
	Version = "v1alpha1"
)

// Composition makes the resources of one kind of claim.
type Composition struct {
	// Kind of the claim. The composite's kind is the same with an X in front, but for kinds that are no claims.
	Kind string
	// Claim tells that people's claims have the kind; otherwise it is a composite that genops renders itself.
	Claim bool
	// Plural of the kind, in lower case.
	Plural  string
	compose func(spec map[string]any, observed Observed) (*Result, error)
}

// All is the table of contents.
func All() []Composition {
	return []Composition{
		{Kind: "Network", Claim: true, Plural: "networks", compose: composer(composeNetwork)},
		{Kind: "Cluster", Claim: true, Plural: "clusters", compose: composer(composeCluster)},
		{Kind: "Registry", Claim: true, Plural: "registries", compose: composer(composeRegistry)},
		{Kind: "Edge", Claim: true, Plural: "edges", compose: composer(composeEdge)},
		{Kind: "Database", Claim: true, Plural: "databases", compose: composer(composeDatabase)},
		{Kind: "StateBackend", Claim: true, Plural: "statebackends", compose: composer(composeStateBackend)},
		{Kind: "AccountBaseline", Claim: true, Plural: "accountbaselines", compose: composer(composeBaseline)},
		{Kind: "Organization", Claim: true, Plural: "organizations", compose: composer(composeOrganization)},
		{Kind: "Observability", Claim: true, Plural: "observabilities", compose: composer(composeObservability)},
		{Kind: "ClusterRegistration", Plural: "clusterregistrations", compose: composer(composeRegistration)},
	}
}

// Find is the composition of a claim's or a composite's kind.
func Find(kind string) (Composition, bool) {
	for _, c := range All() {
		if c.Kind == kind || c.Claim && "X"+c.Kind == kind {
			return c, true
		}
	}
	return Composition{}, false
}

// CompositeKind is the kind of the composite.
func (c Composition) CompositeKind() string {
	if c.Claim {
		return "X" + c.Kind
	}
	return c.Kind
}

// Compose makes the resources of a claim. spec is that of the claim; of a composite's spec the fields that Crossplane adds have to be taken out
// before (Machinery). The error is an *InvalidError if the spec is at fault.
func (c Composition) Compose(spec map[string]any, observed Observed) (*Result, error) {
	return c.compose(spec, observed)
}

// Machinery are the fields that Crossplane puts into the spec of claims and composites (crossplane: internal/xcrd).
func Machinery() []string {
	return []string{
		"compositeDeletePolicy", "compositionRef", "compositionRevisionRef", "compositionRevisionSelector", "compositionSelector",
		"compositionUpdatePolicy", "claimRef", "crossplane", "environmentConfigRefs", "publishConnectionDetailsTo", "resourceRef", "resourceRefs",
		"writeConnectionSecretToRef",
	}
}

// Observed is what the control plane has seen.
type Observed struct {
	// Resources are the composed resources that exist, by key.
	Resources map[string]map[string]any
	// Required are the resources that a Requirement asked for and that exist, by the requirement's name.
	Required map[string]map[string]any
}

// Requirement is a resource that a composition has to read and does not compose.
type Requirement struct {
	Name       string
	APIVersion string
	Kind       string
	// MatchName is the name of a cluster-scoped resource.
	MatchName string
}

// Resource is one composed resource.
type Resource struct {
	Key    string
	Object map[string]any
	// Ready tells that the resource was observed and is ready.
	Ready bool
	// FromObserved are paths of fields whose values only AWS knows, such as spec.forProvider.url: they are simulated in the CLI.
	FromObserved []string
}

// Result is what a composition makes of a claim.
type Result struct {
	// Resources are sorted by key.
	Resources []Resource
	// Held are keys of resources that wait for a value that was not observed yet.
	Held []string
	// Requirements are sorted by name.
	Requirements []Requirement
	// Status of the composite: ids and endpoints that people and other claims need.
	Status map[string]any
	// Condition says how far the claim is, in words that one can act on.
	Condition Condition
	// TTL is when the result should be computed again although nothing changed; zero means the default of Crossplane.
	TTL time.Duration
}

// Condition is the condition InfrastructureReady of a composite and its claim.
type Condition struct {
	Ready   bool
	Reason  string
	Message string
}

// ConditionType is the type of the condition that compositions set. Ready and Synced are Crossplane's own.
const ConditionType = "InfrastructureReady"

// Reasons of the condition.
const (
	ReasonAvailable = "Available"       // Everything is there.
	ReasonWaiting   = "Waiting"         // AWS takes its time.
	ReasonThrottled = "Throttled"       // AWS has too many requests: the provider asks again, and nobody has to act.
	ReasonRefused   = "ResourceRefused" // AWS, or the provider, refuses a resource: somebody has to act.
)

// InvalidError is a spec that no composition can make anything of.
type InvalidError struct {
	// Problems are sentences that name the field.
	Problems []string
}

// Error joins the sentences.
func (e *InvalidError) Error() string { return strings.Join(e.Problems, "; ") }

// composer decodes the spec for a composition of a certain type.
func composer[S any](compose func(spec *S, meta schema.ClaimMeta, observed Observed) (*Result, error)) func(map[string]any, Observed) (*Result, error) {
	return func(spec map[string]any, observed Observed) (*Result, error) {
		decoded, meta, err := decode[S](spec)
		if err != nil {
			return nil, err
		}
		result, err := compose(decoded, meta, observed)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(result.Resources, func(a, b Resource) int { return strings.Compare(a.Key, b.Key) })
		for i := 1; i < len(result.Resources); i++ {
			if result.Resources[i].Key == result.Resources[i-1].Key {
				return nil, fmt.Errorf("compose: two resources have the key %s", result.Resources[i].Key)
			}
		}
		slices.Sort(result.Held)
		return result, nil
	}
}
