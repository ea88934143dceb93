package main

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/schemas"
)

// crds are files as a module has them: two definitions of a kind of the same name, one of them in several versions.
var crds = fstest.MapFS{
	"crds/a.example.com_things.yaml": {Data: []byte(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: a.example.com
  names:
    kind: Thing
    plural: things
  scope: Namespaced
  versions:
  - name: v1beta1
    served: true
    schema:
      openAPIV3Schema: {type: object, description: old}
  - name: v1
    served: true
    schema:
      openAPIV3Schema:
        type: object
        description: A thing.
        title: Thing
        example: none
        externalDocs: {url: https://example.com}
        x-kubernetes-validations: [{rule: "true", message: kept}]
        properties:
          description: {type: string, description: A field of this name.}
          list: {type: array, items: {type: object, description: An element.}, x-kubernetes-list-type: atomic}
          map: {type: object, additionalProperties: {type: string, description: A value., default: a}}
          any: {anyOf: [{type: integer, description: A number.}], not: {description: Nothing.}}
  - name: v2alpha1
    served: true
    schema:
      openAPIV3Schema: {type: object}
  - name: v2
    served: false
    schema:
      openAPIV3Schema: {type: object}
`)},
	"crds/b.example.com_things.yaml": {Data: []byte(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: b.example.com
  names:
    kind: Thing
    plural: things
  scope: Cluster
  versions:
  - name: v1
    served: true
    schema:
      openAPIV3Schema: {type: object}
`)},
	"crds/c.example.com_broken.yaml": {Data: []byte("spec:\n  names:\n    kind: Broken\n    kinds: 1\n")},
}

func TestDefine(t *testing.T) {
	t.Parallel()
	const thing = `{"type":"object","properties":{` +
		`"any":{"anyOf":[{"type":"integer"}],"not":{}},` +
		`"description":{"type":"string"},` +
		`"list":{"type":"array","items":{"type":"object"},"x-kubernetes-list-type":"atomic"},` +
		`"map":{"type":"object","additionalProperties":{"type":"string","default":"a"}}` +
		`},"x-kubernetes-validations":[{"rule":"true","message":"kept"}]}`
	cases := map[string]struct {
		reason  string
		pattern string
		wanted  schemas.Wanted
		want    map[schemas.Kind]string
		wantErr string
	}{
		"newest": {
			reason:  "stable versions are newer than others, v2 is not served, and documentation is dropped",
			pattern: "crds/GROUP_*.yaml", wanted: schemas.Wanted{Group: "a.example.com", Kind: "Thing"},
			want: map[schemas.Kind]string{{APIVersion: "a.example.com/v1", Kind: "Thing", Namespaced: true}: thing},
		},
		"named": {
			reason:  "these versions and no others",
			pattern: "crds/GROUP_*.yaml", wanted: schemas.Wanted{Group: "a.example.com", Kind: "Thing", Versions: []string{"v1beta1", "v2alpha1"}},
			want: map[schemas.Kind]string{
				{APIVersion: "a.example.com/v1beta1", Kind: "Thing", Namespaced: true}:  `{"type":"object"}`,
				{APIVersion: "a.example.com/v2alpha1", Kind: "Thing", Namespaced: true}: `{"type":"object"}`,
			},
		},
		"other group": {
			reason:  "names of kinds are not unique",
			pattern: "crds/*.yaml", wanted: schemas.Wanted{Group: "b.example.com", Kind: "Thing"},
			want: map[schemas.Kind]string{{APIVersion: "b.example.com/v1", Kind: "Thing"}: `{"type":"object"}`},
		},
		"not served": {
			reason:  "the API server would not take it",
			pattern: "crds/GROUP_*.yaml", wanted: schemas.Wanted{Group: "a.example.com", Kind: "Thing", Versions: []string{"v2"}},
			wantErr: `Thing of a.example.com: version "v2" is not served`,
		},
		"no such kind": {
			reason:  "a line of the table is misspelt",
			pattern: "crds/GROUP_*.yaml", wanted: schemas.Wanted{Group: "a.example.com", Kind: "Thin"},
			wantErr: "Thin of a.example.com: no file crds/a.example.com_*.yaml defines it",
		},
		"not a definition": {
			reason:  "what is not understood could be what counts",
			pattern: "crds/GROUP_*.yaml", wanted: schemas.Wanted{Group: "c.example.com", Kind: "Broken"},
			wantErr: `read crds/c.example.com_broken.yaml: error unmarshaling JSON: while decoding JSON: json: unknown field "kinds"`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			definitions, err := define(crds, tc.pattern, tc.wanted)
			if text := message(err); text != tc.wantErr {
				t.Fatalf("%s: got error %q, want %q", tc.reason, text, tc.wantErr)
			}
			var got map[schemas.Kind]string
			for _, d := range definitions {
				if got == nil {
					got = map[schemas.Kind]string{}
				}
				data, err := json.Marshal(d.Schema)
				if err != nil {
					t.Fatal(err)
				}
				got[d.Kind] = string(data)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// message is the text of an error, "" without one.
func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
