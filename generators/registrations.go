package generators

import (
	"fmt"
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Registrations generates what makes Argo CD know the workload clusters: a ClusterRegistration per cluster, and the definition of such composites.
//
// Crossplane needs no rights for it beyond those that it has: on Secrets by its chart, on EKS clusters and workspaces of metrics by the provider
// packages eks and amp, whose roles aggregate to Crossplane's.
type Registrations struct{}

// Platform makes the definition, and the registrations of all environments with a cluster.
func (Registrations) Platform(c *schema.Config) ([]manifest.Object, error) {
	objects, err := definition{
		kind: "ClusterRegistration",
		columns: []column{
			{name: "CLUSTER", path: ".spec.clusterName", description: "Name of the EKS cluster."},
			{name: "SERVER", path: ".status.server", description: "Address of the Kubernetes API."},
		},
	}.objects(c)
	if err != nil {
		return nil, err
	}
	for _, e := range active(c) {
		if e.Cluster == nil {
			continue
		}
		registration, err := newRegistration(c, e)
		if err != nil {
			return nil, fmt.Errorf("register cluster of %s: %w", e.Name, err)
		}
		objects = append(objects, manifest.Object{Path: path.Join(Bootstrap, "registrations", e.Name+".yaml"), Object: registration})
	}
	return objects, nil
}

// newRegistration registers an environment's cluster. It stands apart from the claim and outlives it, so that Argo CD reaches a cluster to its
// end; a person deletes it. In the last wave, because it waits for claims, which come in that wave.
func newRegistration(c *schema.Config, e *schema.Environment) (map[string]any, error) {
	composition, err := compositionOf("ClusterRegistration")
	if err != nil {
		return nil, err
	}
	meta := e.Meta("")
	meta.Tags = map[string]string{} // It makes nothing in AWS.
	labels := e.Labels()
	if c.OriginHost(e) != "" {
		labels[schema.LabelDomain] = c.EdgeDomain(e)
	}
	spec, err := manifest.FromTyped(schema.ClusterRegistrationSpec{
		ClaimMeta:   meta,
		ClusterName: e.ClusterName(),
		RoleARN:     e.ArgoCDRoleARN(),
		Labels:      labels,
		Metrics:     e.Observed(),
	})
	if err != nil {
		return nil, fmt.Errorf("convert spec: %w", err)
	}
	spec[fieldCrossplane] = map[string]any{fieldCompositionRef: compositionRef(composition, e.Stage)}
	annotations := deletable(e, schema.ClaimCluster, option(wave(waveApplications), "Prune=false,Delete=false"))
	return map[string]any{
		"apiVersion": Group + "/" + Version,
		"kind":       composition.CompositeKind(),
		"metadata": map[string]any{
			"name": e.Name, "namespace": namespaceArgoCD, "labels": fields(e.Labels()), "annotations": fields(annotations),
		},
		"spec": spec,
	}, nil
}

// fields are labels or annotations as the content of an object has them.
func fields(m map[string]string) map[string]any {
	content := make(map[string]any, len(m))
	for key, value := range m {
		content[key] = value
	}
	return content
}
