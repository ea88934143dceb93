package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Cluster generates the claim of an environment's EKS cluster, and the definition of such claims.
type Cluster struct{}

// Environment makes the Cluster claim.
func (Cluster) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Cluster == nil {
		return nil, nil
	}
	spec, err := c.ClusterClaim(e)
	if err != nil {
		return nil, err
	}
	object, err := newClaim(e, "Cluster", spec)
	if err != nil {
		return nil, err
	}
	return []manifest.Object{{Path: path.Join(e.Name, folderClaims, "cluster.yaml"), Object: object}}, nil
}

// Platform makes the definition of Cluster claims.
func (Cluster) Platform(*schema.Config) ([]manifest.Object, error) {
	return definition{
		kind:   "Cluster",
		plural: "clusters",
		columns: []column{
			{name: "CLUSTER", path: ".spec.name", description: "Name of the EKS cluster."},
			{name: "VERSION", path: ".spec.version", description: "Kubernetes version."},
			{name: "REGION", path: ".spec.region", description: "AWS region."},
		},
	}.objects()
}
