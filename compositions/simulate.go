package compositions

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Simulated stands in every value that only AWS knows and that the CLI has to invent.
const Simulated = "simulated"

// Simulate composes a claim offline, as if all of it were there: every resource exists and is ready, and AWS has given
//
//   - a key the ARN ...:key/simulated,
//   - an EKS cluster the endpoint https://simulated..., the issuer .../id/SIMULATED, a certificate authority, and the version that was asked for,
//   - a launch template the version 1,
//   - everything else an id that says simulated.
//
// It returns the result and the observation that it was made of.
func Simulate(c Composition, spec map[string]any) (*Result, Observed, error) {
	observed := Observed{Resources: map[string]map[string]any{}, Required: map[string]map[string]any{}}
	_, meta, err := decode[schema.ClaimMeta](onlyMeta(spec))
	if err != nil {
		return nil, observed, err
	}
	// What one resource waits for, another one gives: each round observes more, until nothing is new.
	for {
		result, err := c.Compose(spec, observed)
		if err != nil {
			return nil, observed, err
		}
		news := false
		for _, resource := range result.Resources {
			if _, seen := observed.Resources[resource.Key]; !seen {
				observed.Resources[resource.Key] = existing(meta, resource.Object)
				news = true
			}
		}
		for _, requirement := range result.Requirements {
			if _, seen := observed.Required[requirement.Name]; !seen {
				observed.Required[requirement.Name] = existing(meta, fields{
					"apiVersion": requirement.APIVersion, "kind": requirement.Kind, "metadata": fields{"name": requirement.MatchName},
				})
				news = true
			}
		}
		if !news {
			return result, observed, nil
		}
	}
}

// MarkSimulated names, in an annotation of each resource, the fields whose values are simulated.
func (r *Result) MarkSimulated() {
	for _, resource := range r.Resources {
		if len(resource.FromObserved) > 0 {
			c := composed{resource: &resource}
			c.annotate(AnnotationSimulated, strings.Join(slices.Sorted(slices.Values(resource.FromObserved)), ", "))
		}
	}
}

// onlyMeta are the fields of a spec that all claims have.
func onlyMeta(spec map[string]any) map[string]any {
	meta := fields{}
	for _, name := range []string{"environment", "stage", "account", "region", "project", "tags", "adopt"} {
		if value, ok := spec[name]; ok {
			meta[name] = value
		}
	}
	return meta
}

// existing is a resource as the control plane would show it once AWS has made it.
func existing(meta schema.ClaimMeta, object map[string]any) map[string]any {
	seen := maps.Clone(object)
	provider := fields{"id": Simulated + "-" + text(object, "metadata", "name")}
	switch text(object, "kind") {
	case "Key":
		provider["arn"] = arn(meta, "kms", "key/"+Simulated)
	case "LaunchTemplate":
		provider["id"], provider["latestVersion"] = "lt-"+Simulated, int64(1)
	case "EIP":
		provider["publicIp"] = Simulated
	case "Cluster":
		provider["arn"] = arn(meta, "eks", "cluster/"+text(object, "metadata", "annotations", annotationExternalName))
		provider["endpoint"] = "https://" + Simulated + ".gr7." + meta.Region + ".eks.amazonaws.com"
		provider["identity"] = []any{fields{"oidc": []any{fields{
			"issuer": "https://oidc.eks." + meta.Region + ".amazonaws.com/id/" + strings.ToUpper(Simulated),
		}}}}
		provider["certificateAuthority"] = []any{fields{"data": base64.StdEncoding.EncodeToString([]byte(Simulated))}}
		provider["vpcConfig"] = fields{"clusterSecurityGroupId": "sg-" + Simulated}
		if version := text(object, "spec", "forProvider", "version"); version != "" {
			provider["version"] = version
		}
	}
	seen["status"] = fields{
		"atProvider": provider,
		"conditions": []any{fields{"type": "Synced", "status": "True"}, fields{"type": "Ready", "status": "True"}},
	}
	return seen
}
