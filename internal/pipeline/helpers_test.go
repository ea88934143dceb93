package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/page"
	"github.com/innovate-inc/genops/internal/pipeline"
	"github.com/innovate-inc/genops/internal/tree"
	"github.com/innovate-inc/genops/internal/validate"
)

// silent is the progress of a render that nobody waits for.
func silent(string) {}

const (
	defaults = `package environments

import "github.com/innovate-inc/genops/schema"

environment: schema.#Environment & {
	account:    *"111122223333" | _
	region:     *"eu-west-1" | _
	project:    *"acme" | _
	owner:      *"team" | _
	costCenter: *"cc-1" | _
}
`
	// devLines are an environment with a network and a cluster.
	devLines = "stage: \"dev\"\nnetwork: cidr: \"10.20.0.0/16\"\ncluster: {}\n"
	// kustomization patches each class of nodes.
	kustomization = "patches:\n- target: {kind: EC2NodeClass}\n  patch: |-\n    - op: add\n      path: "
)

// inputs is an environments folder with the platform of the tests and the given files; a value without a package clause is the lines of an
// environment.
func inputs(t *testing.T, files map[string]string) fstest.MapFS {
	t.Helper()
	platform, err := os.ReadFile(filepath.Join("..", "..", "schema", "testdata", "platform.cue"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{
		"environments/platform.cue": {Data: platform},
		"environments/defaults.cue": {Data: []byte(defaults)},
	}
	var names []string
	for name, text := range files {
		if strings.HasSuffix(name, ".cue") && !strings.HasPrefix(text, "package ") {
			text = "package environments\n\nenvironment: {\n" + text + "\n}\n"
		}
		fsys["environments/"+name] = &fstest.MapFile{Data: []byte(text)}
		if folder, _, ok := strings.Cut(name, "/"); ok && !slices.Contains(names, folder) {
			names = append(names, folder)
		}
	}
	slices.Sort(names)
	order, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	fsys["environments/order.cue"] = &fstest.MapFile{Data: []byte("package environments\n\nplatform: order: " + string(order) + "\n")}
	return fsys
}

func render(t *testing.T, fsys fs.FS, names ...string) *pipeline.Result {
	t.Helper()
	result, err := pipeline.Render(t.Context(), fsys, "", names, silent)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// decode reads rendered manifests back, by path.
func decode(t *testing.T, files tree.Files) map[string]map[string]any {
	t.Helper()
	objects := map[string]map[string]any{}
	for path, content := range files {
		if strings.HasPrefix(path, "ci/") || filepath.Base(path) == page.Name {
			continue // Files of other repositories, and pages.
		}
		if !strings.HasSuffix(path, ".yaml") {
			continue // It is no manifest.
		}
		if bytes.Contains(content, []byte("\n---")) {
			t.Errorf("%s holds more than one object", path)
		}
		var object map[string]any
		if err := yaml.UnmarshalStrict(content, &object, func(d *json.Decoder) *json.Decoder { d.UseNumber(); return d }); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		objects[path] = whole(object).(map[string]any)
	}
	return objects
}

// whole turns numbers into what the API server's decoder makes of them.
func whole(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			value[key] = whole(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = whole(inner)
		}
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return n
		}
		f, _ := value.Float64()
		return f
	}
	return value
}

// get is a value inside an object, nil if there is none.
func get(object any, path ...string) any {
	for _, name := range path {
		fields, ok := object.(map[string]any)
		if !ok {
			return nil
		}
		object = fields[name]
	}
	return object
}

// judge holds objects against everything that this repository knows of the APIs which receive them.
type judge struct {
	validator   validate.Validator
	definitions map[string]*validate.Schema
}

// newJudge takes the definitions of claims out of a render.
func newJudge(t *testing.T, objects map[string]map[string]any) *judge {
	t.Helper()
	j := &judge{definitions: map[string]*validate.Schema{}}
	for _, object := range objects {
		if object["kind"] != "CompositeResourceDefinition" {
			continue
		}
		data, err := json.Marshal(get(object, "spec", "versions").([]any)[0].(map[string]any)["schema"].(map[string]any)["openAPIV3Schema"])
		if err != nil {
			t.Fatal(err)
		}
		props := &extv1.JSONSchemaProps{}
		if err := json.Unmarshal(data, props); err != nil {
			t.Fatal(err)
		}
		schema, err := validate.NewSchema(props)
		if err != nil {
			t.Fatal(err)
		}
		kind, isClaim := get(object, "spec", "claimNames", "kind").(string)
		if !isClaim {
			kind = get(object, "spec", "names", "kind").(string)
		}
		j.definitions[kind] = schema
	}
	if kinds := slices.Sorted(maps.Keys(j.definitions)); !slices.Equal(kinds, []string{"AccountBaseline", "Cluster", "ClusterRegistration", "Database", "Edge", "Network", "Observability", "Organization", "Registry", "StateBackend"}) {
		t.Fatalf("definitions of %v", kinds)
	}
	return j
}

// says is what is wrong with an object.
func (j *judge) says(ctx context.Context, object map[string]any) []string {
	said := j.validator.Object(ctx, object)
	if object["apiVersion"] == "aws.genops.dev/v1alpha1" {
		// The definitions do not have what Crossplane adds to them.
		bare := maps.Clone(object["spec"].(map[string]any))
		for _, name := range compositions.Machinery() {
			delete(bare, name)
		}
		said = append(said, j.definitions[object["kind"].(string)].Validate(ctx, map[string]any{"spec": bare})...)
	}
	return append(said, limitRange(object)...)
}
