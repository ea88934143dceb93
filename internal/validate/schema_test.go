package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/internal/validate"
)

// sample is a schema with one thing of each kind that a schema can ask for.
const sample = `
type: object
required: [spec]
properties:
  spec:
    type: object
    required: [size]
    properties:
      size: {type: integer, minimum: 1}
      color: {type: string, enum: [red, green], default: red}
      name:
        type: string
        x-kubernetes-validations: [{rule: self == oldSelf, message: name cannot change}]
      tier:
        type: string
        default: small
        x-kubernetes-validations: [{rule: self == oldSelf, message: tier cannot change}]
      inner: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
      free: {type: object, x-kubernetes-preserve-unknown-fields: true}
      disks:
        type: array
        maxItems: 5
        x-kubernetes-list-type: map
        x-kubernetes-list-map-keys: [device]
        items:
          type: object
          required: [device]
          properties:
            device: {type: string}
            kind: {type: string, default: fast}
      zones: {type: array, maxItems: 5, x-kubernetes-list-type: set, items: {type: string}}
    x-kubernetes-validations: [{rule: "self.color != 'green' || self.size > 9", message: green ones are large}]
`

// read reads YAML into what the API machinery works with.
func read[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// object reads an object; numbers stay whole, as the API server's decoder leaves them.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	value := read[map[string]any](t, text)
	spec, _ := value["spec"].(map[string]any)
	if size, ok := spec["size"].(float64); ok && size == float64(int64(size)) {
		spec["size"] = int64(size)
	}
	return value
}

func TestSchema(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		object string
		old    string
		want   []string
	}{
		"good":              {"nothing is wrong", "spec: {size: 1}", "", nil},
		"missing":           {"size is required", "spec: {}", "", []string{"spec.size: Required value"}},
		"nothing":           {"spec is required", "{}", "", []string{"spec: Required value"}},
		"unknown":           {"pruning would drop it", "spec: {size: 1, sice: 2}", "", []string{"spec.sice: there is no such field"}},
		"unknown in a list": {"pruning would drop it", "spec: {size: 1, disks: [{device: a, knd: b}]}", "", []string{"spec.disks[0].knd: there is no such field"}},
		"free":              {"anything may stand there", "spec: {size: 1, free: {a: {b: c}}}", "", nil},
		"bounds":            {"1 is the least", "spec: {size: 0}", "", []string{"spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1"}},
		"enum":              {"two colours", "spec: {size: 1, color: blue}", "", []string{`spec.color: Unsupported value: "blue": supported values: "red", "green"`}},
		"default":           {"a rule sees the default: without it, there would be no colour", "spec: {size: 1}", "", nil},
		"rule":              {"a rule of CEL", "spec: {size: 1, color: green}", "", []string{"spec: Invalid value: green ones are large"}},
		"rule, kept":        {"a rule of CEL", "spec: {size: 10, color: green}", "", nil},
		"rules wait":        {"a rule over what has the wrong type says nothing of use", "spec: {size: ten, color: green}", "", []string{`spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"`}},
		"one fault":         {"what is no text is in no enumeration", "spec: {size: 1, color: []}", "", []string{`spec.color: Invalid value: "array": spec.color in body must be of type string: "array"`}},
		"null":              {"nothing is nothing", "spec: {size: 1, name: null, color: null}", "", nil},
		"null, required":    {"nothing is nothing", "spec: {size: null}", "", []string{"spec.size: Required value"}},
		"several":           {"their order is always the same", "spec: {color: blue, disks: [{kind: a}]}", "", []string{`spec.color: Unsupported value: "blue": supported values: "red", "green"`, "spec.disks[0].device: Required value", "spec.size: Required value"}},
		"inner":             {"an object within the object", "spec: {size: 1, inner: {apiVersion: a/v1, kind: A, metadata: {name: a}, spec: {b: c}}}", "", nil},
		"inner, no kind":    {"it is an object all the same", "spec: {size: 1, inner: {apiVersion: a/v1}}", "", []string{"spec.inner.kind: Required value"}},
		"inner, metadata":   {"pruning would drop it", "spec: {size: 1, inner: {apiVersion: a/v1, kind: A, metadata: {lables: {}}}}", "", []string{"spec.inner.metadata.lables: there is no such field"}},
		"created":           {"there is nothing to compare with", "spec: {size: 1, name: b}", "", nil},
		"changed":           {"the name is what it was", "spec: {size: 1, name: b}", "spec: {size: 1, name: a}", []string{`spec.name: Invalid value: "b": name cannot change`}},
		"unchanged":         {"the name is what it was", "spec: {size: 2, name: a}", "spec: {size: 1, name: a}", nil},
		"default changed":   {"what was stored had its default", "spec: {size: 1, tier: large}", "spec: {size: 1}", []string{`spec.tier: Invalid value: "large": tier cannot change`}},
		"default written":   {"what was stored had its default", "spec: {size: 1, tier: small}", "spec: {size: 1}", nil},
		"key twice":         {"elements are told apart by their key", "spec: {size: 1, disks: [{device: a}, {device: a}]}", "", []string{`spec.disks[1]: Duplicate value: {"device":"a"}`}},
		"element of a set":  {"a set has everything once", "spec: {size: 1, zones: [a, b, a]}", "", []string{`spec.zones[2]: Duplicate value: "a"`}},
		"set":               {"a set has everything once", "spec: {size: 1, zones: [a, b]}", "", nil},
	}
	schema, err := validate.NewSchema(read[*extv1.JSONSchemaProps](t, sample))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := object(t, tc.object)
			var got []string
			if tc.old == "" {
				got = schema.Validate(t.Context(), given)
			} else {
				got = schema.ValidateUpdate(t.Context(), given, object(t, tc.old))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(object(t, tc.object), given); diff != "" {
				t.Errorf("validating changed the object (-before +after):\n%s", diff)
			}
		})
	}
}

func TestNewSchemaRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		schema string
		want   string
	}{
		"reference": {
			"what it refers to is not there", "type: object\nproperties: {a: {$ref: '#/definitions/a'}}",
			`read structural schema: OpenAPIV3Schema '$ref' is not supported`,
		},
		"several items": {
			"elements have one type", "type: object\nproperties: {a: {type: array, items: [{type: string}, {type: integer}]}}",
			`read structural schema: OpenAPIV3Schema 'items' must be a schema, but is an array`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := validate.NewSchema(read[*extv1.JSONSchemaProps](t, tc.schema))
			if err == nil || err.Error() != tc.want {
				t.Errorf("%s: got error %v, want %s", tc.reason, err, tc.want)
			}
		})
	}
}
