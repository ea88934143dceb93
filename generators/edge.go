package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Edge generates the claim of what the Internet sees of an environment, and the definition of such claims.
type Edge struct{}

// Environment makes the Edge claim.
func (Edge) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Edge == nil {
		return nil, nil
	}
	spec, err := c.EdgeClaim(e)
	if err != nil {
		return nil, err
	}
	object, err := newClaim(e, "Edge", schema.ClaimEdge, spec)
	if err != nil {
		return nil, err
	}
	return []manifest.Object{{Path: path.Join(e.Name, folderClaims, "edge.yaml"), Object: object}}, nil
}

// Platform makes the definition of Edge claims.
func (Edge) Platform(c *schema.Config) ([]manifest.Object, error) {
	return definition{
		kind: "Edge",
		columns: []column{
			{name: "DOMAIN", path: ".spec.domain", description: "Domain of the hosted zone."},
			{name: "DISTRIBUTION", path: ".status.distributionDomainName", description: "Host name of the CloudFront distribution."},
			{name: "BUCKET", path: ".status.bucketName", description: "Bucket of the single-page application.", wide: true},
		},
	}.objects(c)
}
