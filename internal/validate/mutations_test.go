package validate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// mutation is an object with one mistake that its schema must not let pass.
type mutation struct {
	reason string
	sort   sort
	object map[string]any
	want   []string
}

type sort string

const (
	missing   sort = "missing field"
	misspelt  sort = "misspelt field"
	wrongType sort = "wrong type"
)

// mutator collects the mutations of an object, which it takes from the schema: each field that the object has is misspelt and gets a value of
// another type, and each that must be there is removed. A misspelt name has its last letter twice.
type mutator struct {
	object    map[string]any
	mutations []mutation
}

// mutate makes all mutations of an object.
func mutate(object map[string]any, schema *extv1.JSONSchemaProps) []mutation {
	m := &mutator{object: object}
	for _, field := range slices.Sorted(maps.Keys(object)) {
		if field != "apiVersion" && field != "kind" && field != "metadata" {
			m.field(object, schema, field, nil)
		}
	}
	// Upjet asks for the rest of the fields with rules, unless the object is only observed.
	for _, rule := range schema.Properties["spec"].XValidations {
		if path, ok := strings.CutSuffix(rule.Message, " is a required parameter"); ok {
			steps := []any{}
			for step := range strings.SplitSeq(path, ".") {
				steps = append(steps, step)
			}
			m.add(missing, steps, changed(m.object, nil, steps...), path+": Required value")
		}
	}
	return m.mutations
}

func (m *mutator) add(s sort, path []any, object map[string]any, want ...string) {
	m.mutations = append(m.mutations, mutation{reason: fmt.Sprintf("%s %s", s, dotted(path)), sort: s, object: object, want: want})
}

// field mutates a field of a struct at a path, and what is in it.
func (m *mutator) field(around map[string]any, schema *extv1.JSONSchemaProps, name string, path []any) {
	at := slices.Concat(path, []any{name})
	property, known := schema.Properties[name]
	if !known {
		if schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil {
			m.value(around[name], schema.AdditionalProperties.Schema, at)
		}
		return
	}
	var gone []string
	if slices.Contains(schema.Required, name) && property.Default == nil {
		gone = []string{dotted(at) + ": Required value"}
		m.add(missing, at, changed(m.object, nil, at...), gone...)
	}
	if schema.XPreserveUnknownFields == nil {
		wrong := slices.Concat(path, []any{name + name[len(name)-1:]})
		renamed := changed(changed(m.object, around[name], wrong...), nil, at...)
		if left := int64(len(around) - 1); schema.MinProperties != nil && left < *schema.MinProperties {
			const few = "%[1]s: Invalid value: %[2]d: %[1]s in body should have at least %[3]d properties"
			gone = append(gone, fmt.Sprintf(few, dotted(path), left, *schema.MinProperties))
		}
		m.add(misspelt, wrong, renamed, slices.Concat([]string{dotted(wrong) + ": there is no such field"}, gone)...)
	}
	m.value(around[name], &property, at)
}

// value mutates a value and what is in it.
func (m *mutator) value(value any, schema *extv1.JSONSchemaProps, path []any) {
	switch {
	case schema.XIntOrString:
		m.add(wrongType, path, changed(m.object, []any{}, path...),
			fmt.Sprintf(`%[1]s: Invalid value: "array": %[1]s in body must be of type integer,string: "array"`, dotted(path)))
	case schema.Type == "array":
		m.add(wrongType, path, changed(m.object, "a", path...),
			fmt.Sprintf(`%[1]s: Invalid value: "string": %[1]s in body must be of type array: "string"`, dotted(path)))
	case schema.Type != "":
		m.add(wrongType, path, changed(m.object, []any{}, path...),
			fmt.Sprintf(`%[1]s: Invalid value: "array": %[1]s in body must be of type %[2]s: "array"`, dotted(path), schema.Type))
	}
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			m.field(value, schema, name, path)
		}
	case []any:
		for i, element := range value {
			m.value(element, schema.Items.Schema, slices.Concat(path, []any{i}))
		}
	}
}

// dotted is a path as messages write it.
func dotted(path []any) string {
	var text strings.Builder
	for _, step := range path {
		if i, ok := step.(int); ok {
			fmt.Fprintf(&text, "[%d]", i)
			continue
		}
		if text.Len() > 0 {
			text.WriteByte('.')
		}
		fmt.Fprint(&text, step)
	}
	return text.String()
}
