package function

import (
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// TestRepository asks for every claim that the environments of this repository render, before anything exists and when everything does.
func TestRepository(t *testing.T) {
	t.Parallel()
	config, err := schema.Load(t.Context(), os.DirFS(filepath.Join("..", "..")), "")
	if err != nil {
		t.Fatal(err)
	}
	objects, err := generators.Platform(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range config.Environments {
		own, err := generators.Environment(config, e)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, own...)
	}
	f, asked := quiet(), map[string]int{}
	for _, object := range objects {
		kind, spec, ok := composable(object)
		if !ok {
			continue
		}
		asked[kind]++
		t.Run(object.Path, func(t *testing.T) {
			t.Parallel()
			_, all, err := compositions.Simulate(find(t, kind), spec)
			if err != nil {
				t.Fatal(err)
			}
			parity(t, f, kind, spec, compositions.Observed{})
			parity(t, f, kind, spec, all)
		})
	}
	for _, c := range compositions.All() {
		if asked[c.Kind] == 0 {
			t.Errorf("no environment has a %s", c.Kind)
		}
	}
}

// composable is the kind and spec of an object that there is a composition for.
func composable(object manifest.Object) (string, map[string]any, bool) {
	kind, _ := object.Object["kind"].(string)
	if object.Object["apiVersion"] != compositions.Group+"/"+compositions.Version {
		return "", nil, false
	}
	if _, ok := compositions.Find(kind); !ok {
		return "", nil, false
	}
	spec, ok := object.Object["spec"].(map[string]any)
	if !ok {
		return "", nil, false
	}
	spec = runtime.DeepCopyJSON(spec)
	for _, name := range compositions.Machinery() {
		delete(spec, name)
	}
	return kind, spec, true
}
