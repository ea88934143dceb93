package schema

import (
	_ "embed"
	"encoding/json"
	"fmt"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

//go:generate go test ../internal/claimschema -run TestCommittedSchemas -update

// claimSchemas are the schemas of claims, derived from this package's CUE by internal/claimschema.
//
//go:embed claims.json
var claimSchemas []byte

// ClaimSchema is the structural schema of the spec of claims of a kind.
func ClaimSchema(kind string) (extv1.JSONSchemaProps, error) {
	schemas := map[string]extv1.JSONSchemaProps{}
	if err := json.Unmarshal(claimSchemas, &schemas); err != nil {
		return extv1.JSONSchemaProps{}, fmt.Errorf("read claim schemas: %w", err)
	}
	props, ok := schemas[kind]
	if !ok {
		return extv1.JSONSchemaProps{}, fmt.Errorf("find claim schema: there is no kind %s", kind)
	}
	return props, nil
}
