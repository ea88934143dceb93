package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Cluster generates the claim of an environment's EKS cluster, and the definition of such claims.
type Cluster struct{}

// Environment makes the Cluster claim, and says that it uses the Network claim.
func (Cluster) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Cluster == nil {
		return nil, nil
	}
	spec, err := c.ClusterClaim(e)
	if err != nil {
		return nil, err
	}
	object, err := newClaim(e, "Cluster", schema.ClaimCluster, spec)
	if err != nil {
		return nil, err
	}
	objects := typed{objects: []manifest.Object{{Path: path.Join(e.Name, folderClaims, "cluster.yaml"), Object: object}}}
	if e.Network != nil {
		addNetworkUsage(&objects, e, networkUser{name: "network", kind: "Cluster", reason: "The cluster runs in the network."})
	}
	return objects.done()
}

// Platform makes the definition of Cluster claims.
func (Cluster) Platform(c *schema.Config) ([]manifest.Object, error) {
	return definition{
		kind: "Cluster",
		columns: []column{
			{name: "CLUSTER", path: ".spec.name", description: "Name of the EKS cluster."},
			{name: "VERSION", path: ".spec.version", description: "Kubernetes version."},
			{name: "REGION", path: ".spec.region", description: "AWS region."},
			{name: "ENDPOINT", path: ".status.endpoint", description: "Address of the Kubernetes API.", wide: true},
		},
	}.objects(c)
}
