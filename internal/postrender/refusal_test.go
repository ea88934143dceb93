package postrender

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/innovate-inc/genops/internal/problem"
)

// refused is a kustomization and what people see of it. A text may start on
// the line after its quote.
type refused struct {
	reason        string
	kustomization string
	files         map[string]string
	want          string
}

func checkRefusals(t *testing.T, cases map[string]refused) {
	t.Helper()
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"kustomization.yaml": {Data: text(tc.kustomization)}}
			for name, data := range tc.files {
				files[name] = &fstest.MapFile{Data: text(data)}
			}
			got, _, err := Run(dir, files, testObjects())
			if got != nil {
				t.Errorf("%s: there are objects, too", tc.reason)
			}
			var refusal *problem.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("%s: error %v is not about the input", tc.reason, err)
			}
			var out bytes.Buffer
			problem.Write(&out, refusal.Problems, problem.Style{})
			if diff := cmp.Diff(string(text(tc.want)), out.String()); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tc.reason, diff)
			}
			for _, p := range refusal.Problems {
				if p.Environment != "prod" {
					t.Errorf("the problem is in environment %q", p.Environment)
				}
			}
		})
	}
}

func text(s string) []byte {
	return []byte(strings.TrimPrefix(s, "\n"))
}

// TestFieldsAreKnown: a field that a new kustomize brings has to be decided on.
func TestFieldsAreKnown(t *testing.T) {
	for name := range fieldsOf(reflect.TypeFor[types.Kustomization]()) {
		_, _, refused := refusal(name)
		if allowed(name) == refused {
			t.Errorf("%s is neither allowed nor refused, or both", name)
		}
	}
}

func TestTwoKustomizations(t *testing.T) {
	_, _, err := Run(dir, fstest.MapFS{"kustomization.yaml": {}, "kustomization.yml": {}}, testObjects())
	var refusal *problem.Error
	if !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	want := []problem.Problem{{
		Environment: "prod",
		Position:    problem.Position{File: "environments/prod/kustomization.yml"},
		Message:     "there is a second kustomization, kustomization.yaml",
		Hint:        "keep one of them",
	}}
	if diff := cmp.Diff(want, refusal.Problems); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
