package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Registry generates the claim of the platform's container registry, and the definition of such claims.
type Registry struct{}

// Environment makes the Registry claim.
func (Registry) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Registry == nil {
		return nil, nil
	}
	object, err := newClaim(e, "Registry", schema.ClaimRegistry, c.RegistryClaim(e))
	if err != nil {
		return nil, err
	}
	return []manifest.Object{{Path: path.Join(e.Name, folderClaims, "registry.yaml"), Object: object}}, nil
}

// Platform makes the definition of Registry claims.
func (Registry) Platform(c *schema.Config) ([]manifest.Object, error) {
	return definition{
		kind: "Registry",
		columns: []column{
			{name: "ORGANIZATION", path: ".spec.github.organization", description: "GitHub organization whose workflows push."},
			{name: "REGION", path: ".spec.region", description: "AWS region."},
			{name: "URL", path: ".status.registryURL", description: "Address of the registry."},
		},
	}.objects(c)
}
