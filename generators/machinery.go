package generators

import (
	"fmt"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// Fields of Crossplane's machinery that rendered objects carry: claims have the reference in their spec, namespaced composites below a field
// that Crossplane has to itself (crossplane: internal/xcrd).
const (
	fieldCompositionRef = "compositionRef"
	fieldCrossplane     = "crossplane"
)

// compositionOf is the composition of a kind.
func compositionOf(kind string) (compositions.Composition, error) {
	composition, ok := compositions.Find(kind)
	if !ok {
		return composition, fmt.Errorf("find composition: there is none of %s", kind)
	}
	return composition, nil
}

// compositionRef chooses the composition of a stage.
func compositionRef(c compositions.Composition, stage schema.Stage) map[string]any {
	return map[string]any{"name": compositionName(c, stage)}
}

// AppliedSchema is the schema of the claims and composites that genops renders, as the API server gets them: what the contract has of their spec,
// and the reference to their composition. Crossplane adds the reference to what it makes of a definition, so it is not in the definition; of the
// other fields that Crossplane adds, rendered objects carry none.
func AppliedSchema(kind string) (*extv1.JSONSchemaProps, error) {
	composition, err := compositionOf(kind)
	if err != nil {
		return nil, err
	}
	spec, err := schema.ClaimSchema(composition.Kind)
	if err != nil {
		return nil, err
	}
	reference := extv1.JSONSchemaProps{
		Type: "object", Required: []string{"name"}, Properties: map[string]extv1.JSONSchemaProps{"name": {Type: "string"}},
	}
	if composition.Claim {
		spec.Properties[fieldCompositionRef] = reference
	} else {
		spec.Properties[fieldCrossplane] = extv1.JSONSchemaProps{
			Type: "object", Properties: map[string]extv1.JSONSchemaProps{fieldCompositionRef: reference},
		}
	}
	return &extv1.JSONSchemaProps{Type: "object", Required: []string{"spec"}, Properties: map[string]extv1.JSONSchemaProps{"spec": spec}}, nil
}
