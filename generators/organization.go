package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Organization generates the claim of the AWS organization, and the definition of such claims.
type Organization struct{}

// Environment makes the Organization claim.
func (Organization) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Organization == nil {
		return nil, nil
	}
	object, err := newClaim(e, "Organization", schema.ClaimOrganization, c.OrganizationClaim(e))
	if err != nil {
		return nil, err
	}
	return []manifest.Object{{Path: path.Join(e.Name, folderClaims, "organization.yaml"), Object: object}}, nil
}

// Platform makes the definition of Organization claims.
func (Organization) Platform(c *schema.Config) ([]manifest.Object, error) {
	return definition{
		kind: "Organization",
		columns: []column{
			{name: "ORGANIZATION", path: ".status.organizationId", description: "Id of the organization."},
			{name: "ROOT", path: ".status.rootId", description: "Id of its root."},
			{name: "ACCOUNT", path: ".spec.account", description: "The management account."},
		},
	}.objects(c)
}
