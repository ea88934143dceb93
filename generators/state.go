package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// StateBackend generates the claims of buckets and lock tables for Terraform, and their definition.
type StateBackend struct{}

// Environment makes the StateBackend claim.
func (StateBackend) Environment(_ *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.StateBackend == nil {
		return nil, nil
	}
	object, err := newClaim(e, "StateBackend", schema.ClaimStateBackend, e.StateBackendClaim())
	if err != nil {
		return nil, err
	}
	return []manifest.Object{{Path: path.Join(e.Name, folderClaims, "statebackend.yaml"), Object: object}}, nil
}

// Platform makes the definition of StateBackend claims.
func (StateBackend) Platform(c *schema.Config) ([]manifest.Object, error) {
	return definition{
		kind: "StateBackend",
		columns: []column{
			{name: "BUCKET", path: ".spec.bucket", description: "S3 bucket of the states."},
			{name: "TABLE", path: ".status.table", description: "DynamoDB table of the locks."},
			{name: "REGION", path: ".spec.region", description: "AWS region."},
		},
	}.objects(c)
}
