package schema

import (
	_ "embed"
	"encoding/json"
	"fmt"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

//go:generate go test ../internal/claimschema -run TestCommittedSchemas -update

// Schemas of claims and of their status, derived from this package's CUE by internal/claimschema.
var (
	//go:embed claims.json
	claimSchemas []byte
	//go:embed statuses.json
	statusSchemas []byte
)

// ClaimSchema is the structural schema of the spec of claims of a kind.
func ClaimSchema(kind string) (extv1.JSONSchemaProps, error) {
	return schemaOf(claimSchemas, "claim", kind)
}

// StatusSchema is the structural schema of the status of claims of a kind, without what Crossplane adds to it.
func StatusSchema(kind string) (extv1.JSONSchemaProps, error) {
	return schemaOf(statusSchemas, "status", kind)
}

func schemaOf(derived []byte, part, kind string) (extv1.JSONSchemaProps, error) {
	schemas := map[string]extv1.JSONSchemaProps{}
	if err := json.Unmarshal(derived, &schemas); err != nil {
		return extv1.JSONSchemaProps{}, fmt.Errorf("read %s schemas: %w", part, err)
	}
	props, ok := schemas[kind]
	if !ok {
		return extv1.JSONSchemaProps{}, fmt.Errorf("find %s schema: there is no kind %s", part, kind)
	}
	return props, nil
}
