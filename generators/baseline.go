package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Baseline generates the claim of what an environment's account has whatever runs in it, and the definition of such claims.
type Baseline struct{}

// Environment makes the AccountBaseline claim.
func (Baseline) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if !e.HasBaseline() {
		return nil, nil
	}
	object, err := newClaim(e, "AccountBaseline", schema.ClaimBaseline, c.BaselineClaim(e))
	if err != nil {
		return nil, err
	}
	return []manifest.Object{{Path: path.Join(e.Name, folderClaims, "baseline.yaml"), Object: object}}, nil
}

// Platform makes the definition of AccountBaseline claims.
func (Baseline) Platform(c *schema.Config) ([]manifest.Object, error) {
	return definition{
		kind: "AccountBaseline",
		columns: []column{
			{name: "ACCOUNT", path: ".spec.account", description: "AWS account."},
			{name: "REGION", path: ".spec.region", description: "AWS region."},
			{name: "TRAIL", path: ".status.trailArn", description: "ARN of the organization's trail, where it is."},
		},
	}.objects(c)
}
