package validate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/internal/schemas"
	"github.com/innovate-inc/genops/internal/validate"
)

// examples are the objects of testdata/kinds: of each kind with a schema the least that is valid, and a little of what is usual.
func examples(t testing.TB) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "kinds", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]map[string]any{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for document := range bytes.SplitSeq(text, []byte("---\n")) {
			data, err := yaml.YAMLToJSON(document)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			object := &unstructured.Unstructured{}
			if err := object.UnmarshalJSON(data); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			name := object.GetAPIVersion() + "/" + object.GetKind()
			if objects[name] != nil {
				t.Fatalf("%s: a second %s", file, name)
			}
			objects[name] = object.Object
		}
	}
	return objects
}

// TestEveryKindRefusesMistakes makes every mistake of three sorts in an object of every kind.
func TestEveryKindRefusesMistakes(t *testing.T) {
	t.Parallel()
	kinds, err := schemas.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	objects := examples(t)
	judge := &validate.Validator{}
	for _, kind := range kinds {
		name := kind.APIVersion + "/" + kind.Kind
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object, ok := objects[name]
			if !ok {
				t.Fatal("there is no example in testdata/kinds")
			}
			if said := judge.Object(t.Context(), object); len(said) > 0 {
				t.Fatalf("the example is refused: %q", said)
			}
			schema, _, err := schemas.Lookup(kind.APIVersion, kind.Kind)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[sort]int{}
			for _, m := range mutate(object, schema) {
				seen[m.sort]++
				if diff := cmp.Diff(m.want, judge.Object(t.Context(), m.object)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", m.reason, diff)
				}
			}
			if seen[missing] == 0 || seen[misspelt] == 0 || seen[wrongType] == 0 {
				t.Errorf("not every sort of mistake was made: %v", seen)
			}
		})
	}
	if len(objects) != len(kinds) {
		t.Errorf("testdata/kinds has %d objects for %d kinds", len(objects), len(kinds))
	}
}
