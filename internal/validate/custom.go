package validate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// noSuchField is what is said of a field that the API does not have. The API server drops such fields.
const noSuchField = ": there is no such field"

// Schema validates objects of one version of a custom resource, as the API server does: unknown fields, structural schema, CEL rules. It is
// safe for concurrent use.
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

// Validate returns what is wrong with an object that is created. Of its metadata it sees no more than the schema does.
func (s *Schema) Validate(ctx context.Context, object map[string]any) []string {
	return s.update(ctx, object, nil)
}

// ValidateUpdate returns what is wrong with changing an object from old to object: rules that compare the two count as well.
func (s *Schema) ValidateUpdate(ctx context.Context, object, old map[string]any) []string {
	return s.update(ctx, object, old)
}

// update goes through the steps of the API server in their order.
func (s *Schema) update(ctx context.Context, object, old map[string]any) []string {
	object, messages := s.decode(object)
	errs := validation.ValidateCustomResource(nil, object, s.schema)
	// Its order is that of a map.
	slices.SortFunc(errs, func(a, b *field.Error) int { return strings.Compare(a.Error(), b.Error()) })
	errs = append(errs, objectmeta.Validate(nil, object, s.structural, false)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, s.structural, object)...)
	if len(errs) == 0 && len(messages) == 0 && s.cel != nil {
		// A nil map in an interface would count as an old object.
		var before any
		if old != nil {
			// What is stored has its defaults.
			before, _ = s.decode(old)
		}
		errs, _ = s.cel.Validate(ctx, (*field.Path)(nil), s.structural, object, before, celconfig.RuntimeCELCostBudget)
	}
	for _, e := range withoutEchoes(errs) {
		messages = append(messages, message(e))
	}
	return messages
}

// decode returns a copy of an object as the API server would store it: with defaults, and without the fields that it has no schema for, which
// are what the messages are about.
func (s *Schema) decode(object map[string]any) (map[string]any, []string) {
	object = runtime.DeepCopyJSON(object)
	defaulting.Default(object, s.structural)
	unknown := pruning.PruneWithOptions(object, s.structural, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	defaulting.PruneNonNullableNullsWithoutDefaults(object, s.structural)
	// The metadata of objects within the object. What cannot be read is for the validation to name.
	_, within := objectmeta.CoerceWithOptions(nil, object, s.structural, false, objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	var messages []string
	for _, path := range append(unknown, within...) {
		messages = append(messages, path+noSuchField)
	}
	return object, messages
}

// withoutEchoes drops what is said of a value besides that its type is wrong, such as that an enumeration does not have it.
func withoutEchoes(errs field.ErrorList) field.ErrorList {
	var wrong []string
	for _, e := range errs {
		if e.Type == field.ErrorTypeTypeInvalid {
			wrong = append(wrong, e.Field)
		}
	}
	return slices.DeleteFunc(errs, func(e *field.Error) bool {
		return e.Type != field.ErrorTypeTypeInvalid && slices.Contains(wrong, e.Field)
	})
}

// message is an error of the API server. Upjet's rules about required fields hang on the spec, and name the field in their text.
func message(err *field.Error) string {
	if missing, ok := strings.CutSuffix(err.Detail, " is a required parameter"); ok && !strings.Contains(missing, " ") {
		return missing + ": Required value"
	}
	return err.Error()
}
