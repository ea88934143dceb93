package validate

import (
	"context"
	"fmt"
	"sync"

	karpenteraws "github.com/aws/karpenter-provider-aws/pkg/apis"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/innovate-inc/genops/generators"
	contract "github.com/innovate-inc/genops/schema"
)

// Schema validates objects of one version of a custom resource, as the API server does: unknown fields, structural schema, CEL rules.
type Schema struct {
	structural *structural.Structural
	schema     validation.SchemaValidator
	cel        *cel.Validator
}

// NewSchema compiles a schema.
func NewSchema(props *extv1.JSONSchemaProps) (*Schema, error) {
	internal := &apiextensions.JSONSchemaProps{}
	if err := extv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(props, internal, nil); err != nil {
		return nil, fmt.Errorf("convert schema: %w", err)
	}
	s, err := structural.NewStructural(internal)
	if err != nil {
		return nil, fmt.Errorf("read structural schema: %w", err)
	}
	validator, _, err := validation.NewSchemaValidator(internal)
	if err != nil {
		return nil, fmt.Errorf("compile schema: %w", err)
	}
	return &Schema{structural: s, schema: validator, cel: cel.NewValidator(s, true, celconfig.PerCallLimit)}, nil
}

// Validate returns what is wrong with an object that is created.
func (s *Schema) Validate(ctx context.Context, object map[string]any) []string {
	return s.update(ctx, object, nil)
}

// ValidateUpdate returns what is wrong with changing an object from old to object: rules that compare the two count as well.
func (s *Schema) ValidateUpdate(ctx context.Context, object, old map[string]any) []string {
	return s.update(ctx, object, old)
}

func (s *Schema) update(ctx context.Context, object, old map[string]any) []string {
	var messages []string
	object = runtime.DeepCopyJSON(object)
	track := structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, unknown := range pruning.PruneWithOptions(runtime.DeepCopyJSON(object), s.structural, true, track) {
		messages = append(messages, fmt.Sprintf("%s: there is no such field", unknown))
	}
	defaulting.Default(object, s.structural)
	for _, e := range validation.ValidateCustomResource(nil, object, s.schema) {
		messages = append(messages, e.Error())
	}
	for _, e := range listtype.ValidateListSetsAndMaps(nil, s.structural, object) {
		messages = append(messages, e.Error())
	}
	if s.cel == nil || len(messages) > 0 {
		return messages
	}
	// A nil map in an interface would count as an old object.
	var before any
	if old != nil {
		before = old
	}
	errors, _ := s.cel.Validate(ctx, (*field.Path)(nil), s.structural, object, before, celconfig.RuntimeCELCostBudget)
	for _, e := range errors {
		messages = append(messages, e.Error())
	}
	return messages
}

// Validator validates objects one after the other and compiles each schema once, which costs more than validating with it. It is safe for
// concurrent use.
type Validator struct {
	mu      sync.Mutex
	schemas map[string]*Schema
}

// Object returns what is wrong with an object, one sentence each.
func (v *Validator) Object(ctx context.Context, object map[string]any) []string {
	schema, ok, err := v.schema(object)
	if err != nil {
		return []string{err.Error()}
	}
	// What the schema finds the Go type finds, too: one fault is one sentence.
	if ok {
		if messages := schema.Validate(ctx, object); len(messages) > 0 {
			return messages
		}
	}
	return strict(object)
}

// schema is that of an object's kind, if it is known: the linked modules export the definitions of Karpenter's kinds.
func (v *Validator) schema(object map[string]any) (*Schema, bool, error) {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	v.mu.Lock()
	defer v.mu.Unlock()
	if schema, ok := v.schemas[apiVersion+"/"+kind]; ok {
		return schema, true, nil
	}
	props, err := definition(apiVersion, kind)
	if props == nil || err != nil {
		return nil, false, err
	}
	schema, err := NewSchema(props)
	if err != nil {
		return nil, false, fmt.Errorf("read definition of %s: %w", kind, err)
	}
	if v.schemas == nil {
		v.schemas = map[string]*Schema{}
	}
	v.schemas[apiVersion+"/"+kind] = schema
	return schema, true, nil
}

// definition is the schema of a custom resource, or nil if it is not known here: that of claims comes from the contract.
func definition(apiVersion, kind string) (*extv1.JSONSchemaProps, error) {
	if apiVersion == generators.Group+"/"+generators.Version {
		spec, err := contract.ClaimSchema(kind)
		if err != nil {
			return nil, fmt.Errorf("find definition: %w", err)
		}
		return &extv1.JSONSchemaProps{Type: "object", Required: []string{"spec"}, Properties: map[string]extv1.JSONSchemaProps{"spec": spec}}, nil
	}
	for _, crd := range karpenteraws.CRDs {
		for _, version := range crd.Spec.Versions {
			if crd.Spec.Names.Kind == kind && crd.Spec.Group+"/"+version.Name == apiVersion {
				return version.Schema.OpenAPIV3Schema, nil
			}
		}
	}
	return nil, nil //nolint:nilnil // Most kinds have a Go type instead.
}
