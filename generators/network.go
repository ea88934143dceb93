package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Network generates the claim of an environment's VPC, and the definition of such claims.
type Network struct{}

// Environment makes the Network claim.
func (Network) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Network == nil {
		return nil, nil
	}
	spec, err := c.NetworkClaim(e)
	if err != nil {
		return nil, err
	}
	object, err := newClaim(e, "Network", schema.ClaimNetwork, spec)
	if err != nil {
		return nil, err
	}
	return []manifest.Object{{Path: path.Join(e.Name, folderClaims, "network.yaml"), Object: object}}, nil
}

// Platform makes the definition of Network claims.
func (Network) Platform(c *schema.Config) ([]manifest.Object, error) {
	return definition{
		kind: "Network",
		columns: []column{
			{name: "CIDR", path: ".spec.cidr", description: "Address range of the VPC."},
			{name: "REGION", path: ".spec.region", description: "AWS region."},
			{name: "VPC", path: ".status.vpcId", description: "Id of the VPC."},
		},
	}.objects(c)
}
