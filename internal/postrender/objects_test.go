package postrender

import (
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/innovate-inc/genops/internal/manifest"
)

const dir = "environments/prod"

// testObjects are an environment's objects, with the values that other YAML
// code mistakes for something else.
func testObjects() []manifest.Object {
	return []manifest.Object{
		{Path: "prod/namespaces/apps.yaml", Object: map[string]any{
			"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "apps"},
		}},
		{Path: "prod/karpenter/arm64.yaml", Object: nodePool("arm64")},
		{Path: "prod/karpenter/amd64.yaml", Object: nodePool("amd64")},
		{Path: "prod/apps/web.yaml", Object: map[string]any{
			"apiVersion": "apps/v1", "kind": "Deployment",
			"metadata": map[string]any{"name": "web", "namespace": "apps", "labels": map[string]any{"app": "web", "tier": "front"}},
			"spec": map[string]any{
				"replicas": int64(2),
				"selector": map[string]any{"matchLabels": map[string]any{"app": "web"}},
				"template": map[string]any{
					"metadata": map[string]any{"labels": map[string]any{"app": "web"}},
					"spec": map[string]any{
						"containers": []any{
							map[string]any{
								"name": "web", "image": "example.com/web:1.30", "args": []any{"--port=8080", "on", "1e3"},
								"env":   []any{map[string]any{"name": "VERSION", "value": "1.30"}, map[string]any{"name": "DEBUG", "value": "no"}},
								"ports": []any{map[string]any{"containerPort": int64(8080), "protocol": "TCP"}},
							},
							map[string]any{"name": "proxy", "image": "example.com/proxy"},
						},
						"volumes": []any{map[string]any{"name": "tmp", "emptyDir": map[string]any{}}},
					},
				},
			},
		}},
		{Path: "prod/apps/settings.yaml", Object: map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": "settings", "namespace": "apps", "labels": map[string]any{"tier": "front"}},
			"data":     map[string]any{"version": "1.30", "on": "yes", "text": "a\n  b\n", "host": "old.example.com", "trailing": "a \nb"},
		}},
		{Path: "prod/crds/odd.yaml", Object: map[string]any{
			"apiVersion": "example.com/v1", "kind": "Odd", "metadata": map[string]any{"name": "odd", "annotations": map[string]any{}},
			"spec": map[string]any{
				"big": int64(math.MaxInt64), "million": int64(1000000), "float": 0.5, "small": 1e-7, "whole": 100000.0, "huge": 1e21,
				"null": nil, "list": []any{}, "map": map[string]any{}, "nulls": []any{nil, map[string]any{}}, "y": true, "date": "2024-01-02",
				"items": []any{map[string]any{"name": "a", "v": int64(1)}, map[string]any{"name": "b", "v": int64(2)}},
			},
		}},
	}
}

func nodePool(arch string) map[string]any {
	return map[string]any{
		"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": map[string]any{"name": arch, "labels": map[string]any{"tier": "nodes"}},
		"spec": map[string]any{
			"weight": int64(10),
			"limits": map[string]any{"cpu": "100"},
			"template": map[string]any{"spec": map[string]any{"requirements": []any{
				map[string]any{"key": "kubernetes.io/arch", "operator": "In", "values": []any{arch}},
			}}},
		},
	}
}

// copyObjects copies what a test may change.
func copyObjects(objs []manifest.Object) []manifest.Object {
	copies := make([]manifest.Object, 0, len(objs))
	for _, obj := range objs {
		copies = append(copies, manifest.Object{Path: obj.Path, Object: runtime.DeepCopyJSON(obj.Object)})
	}
	return copies
}

// edit is a changed value. file is the last element of the object's path, path
// leads to the value, list elements as numbers.
type edit struct {
	file, path string
	value      any
}

// set makes an edit.
func set(t *testing.T, objs []manifest.Object, e edit) {
	t.Helper()
	for _, obj := range objs {
		if !strings.HasSuffix(obj.Path, "/"+e.file+".yaml") {
			continue
		}
		segments := strings.Split(e.path, "/")
		var at any = obj.Object
		for _, segment := range segments[:len(segments)-1] {
			switch v := at.(type) {
			case map[string]any:
				if _, ok := v[segment]; !ok {
					v[segment] = map[string]any{}
				}
				at = v[segment]
			case []any:
				at = v[segment[0]-'0']
			}
		}
		last := segments[len(segments)-1]
		switch v := at.(type) {
		case map[string]any:
			v[last] = e.value
			if _, ok := e.value.(gone); ok {
				delete(v, last)
			}
		case []any:
			v[last[0]-'0'] = e.value
		}
		return
	}
	t.Fatalf("no object %s", e.file)
}

// gone is the value of a field that is removed.
type gone struct{}

// folder is an environment's folder with a kustomization and other files.
func folder(kustomization string, others map[string]string) fstest.MapFS {
	files := fstest.MapFS{"kustomization.yaml": {Data: []byte(kustomization)}}
	for name, data := range others {
		files[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return files
}

func encode(t *testing.T, obj manifest.Object) string {
	t.Helper()
	data, err := manifest.Encode("", obj.Object)
	if err != nil {
		t.Fatalf("%s: %v", obj.Path, err)
	}
	return string(data)
}

// plainKustomize is what `kustomize build` makes of objs and files, by kind
// and name.
func plainKustomize(t *testing.T, files fstest.MapFS, objs []manifest.Object) map[string]string {
	t.Helper()
	memory := filesys.MakeFsInMemory()
	write := func(name string, data []byte) {
		if err := memory.WriteFile("/"+name, data); err != nil {
			t.Fatal(err)
		}
	}
	for name, file := range files {
		data := file.Data
		if name == "kustomization.yaml" {
			data = append([]byte("resources: [generated.yaml]\n"), data...)
		}
		write(name, data)
	}
	var docs []byte
	for _, obj := range objs {
		docs = append(docs, "---\n"+encode(t, obj)...)
	}
	write("generated.yaml", docs)

	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionNone
	result, err := krusty.MakeKustomizer(options).Run(memory, "/")
	if err != nil {
		t.Fatal(err)
	}
	built := make(map[string]string)
	for _, res := range result.Resources() {
		content, err := toContent(res.YNode())
		if err != nil {
			t.Fatal(err)
		}
		obj, ok := content.(map[string]any)
		if !ok {
			t.Fatalf("not an object: %v", content)
		}
		built[res.GetKind()+" "+res.GetName()] = encode(t, manifest.Object{Object: obj})
	}
	return built
}

// checkSame demands the same objects, in the same order, as YAML.
func checkSame(t *testing.T, reason string, want, got []manifest.Object) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%s: %d objects, want %d", reason, len(got), len(want))
	}
	for i := range want {
		if got[i].Path != want[i].Path {
			t.Errorf("%s: object %d is %s, want %s", reason, i, got[i].Path, want[i].Path)
			continue
		}
		if diff := cmp.Diff(encode(t, want[i]), encode(t, got[i])); diff != "" {
			t.Errorf("%s: %s: -want +got:\n%s", reason, want[i].Path, diff)
		}
	}
}
