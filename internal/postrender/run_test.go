package postrender

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/problem"
)

// TestConversion: content that nothing touches comes back as the same YAML.
func TestConversion(t *testing.T) {
	for _, obj := range testObjects() {
		n, err := toNode(obj.Object)
		if err != nil {
			t.Fatal(err)
		}
		content, err := toContent(n)
		if err != nil {
			t.Fatal(err)
		}
		back, ok := content.(map[string]any)
		if !ok {
			t.Fatalf("%s became %T", obj.Path, content)
		}
		if diff := cmp.Diff(encode(t, obj), encode(t, manifest.Object{Object: back})); diff != "" {
			t.Errorf("%s: -before +after:\n%s", obj.Path, diff)
		}
	}
}

// TestMachineErrors: what is not the fault of the person who wrote the
// kustomization is no problem.Error.
func TestMachineErrors(t *testing.T) {
	const patch = "patches:\n- {target: {kind: Odd}, path: patch.yaml}\n"
	object := func(kind, name string) manifest.Object {
		return manifest.Object{Path: "prod/" + kind + name + ".yaml", Object: map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": name}}}
	}
	cases := map[string]struct {
		reason string
		files  fs.FS
		objs   []manifest.Object
		want   string
	}{
		"Kustomization": {
			reason: "a file that cannot be read",
			files:  unreadable{folder(patch, nil), "kustomization.yaml"},
			want:   "read environments/prod/kustomization.yaml: permission denied",
		},
		"Patch": {
			reason: "a patch that cannot be read",
			files:  unreadable{folder(patch, map[string]string{"patch.yaml": "a"}), "patch.yaml"},
			want:   "read environments/prod/patch.yaml: permission denied",
		},
		"Identity": {
			reason: "a generator that emits an object twice",
			files:  folder("commonAnnotations: {a: b}\n", nil),
			objs:   []manifest.Object{object("ConfigMap", "a"), object("Secret", "a"), object("ConfigMap", "a")},
			want:   "convert prod/ConfigMapa.yaml: the object has the identity of the one in prod/ConfigMapa.yaml",
		},
		"NoName": {
			reason: "a generator that forgets the name",
			files:  folder("commonAnnotations: {a: b}\n", nil),
			objs:   []manifest.Object{object("ConfigMap", "")},
			want:   "convert prod/ConfigMap.yaml: the object has no kind or no name",
		},
		"GoType": {
			reason: "content that is not unstructured",
			files:  folder("commonAnnotations: {a: b}\n", nil),
			objs:   []manifest.Object{{Path: "prod/a.yaml", Object: map[string]any{"kind": "A", "data": map[string]any{"list": []any{1, []string{"a"}}}}}},
			want:   "convert prod/a.yaml: data: list: 1: type []string is not unstructured content",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := Run(dir, tc.files, tc.objs)
			if err == nil || err.Error() != tc.want {
				t.Errorf("%s: error %v, want %s", tc.reason, err, tc.want)
			}
			if _, ok := errors.AsType[*problem.Error](err); ok {
				t.Errorf("%s: is a problem of the input", tc.reason)
			}
		})
	}
}

// unreadable is a folder in which one file may not be read.
type unreadable struct {
	fstest.MapFS

	name string
}

func (u unreadable) Open(name string) (fs.File, error) {
	if name == u.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.MapFS.Open(name)
}

func (u unreadable) ReadFile(name string) ([]byte, error) {
	if name == u.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return u.MapFS.ReadFile(name)
}

// TestConcurrent: runs wait for each other, which the race detector checks.
func TestConcurrent(t *testing.T) {
	files := folder("commonAnnotations: {a: b}\npatches:\n- target: {kind: NodePool}\n  patch: |\n    - {op: remove, path: /spec/limits}\n", nil)
	want, _, err := Run(dir, files, testObjects())
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			got, _, err := Run(dir, files, testObjects())
			if err != nil {
				t.Error(err)
				return
			}
			for i := range want {
				if diff := cmp.Diff(want[i], got[i]); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	wait.Wait()
}

// FuzzRun demands that no kustomization or patch makes Run panic, lose an
// object, or say something else than problems with a position.
func FuzzRun(f *testing.F) {
	f.Add(benchPatches, "")
	f.Add("patches: [{path: a.yaml, target: {kind: Odd}}]", "kind: Odd\nmetadata: {name: odd}\nspec: {$patch: replace, a: [{$patch: delete}]}\n")
	f.Add("patches: [{path: a.yaml}]", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: apps}\nspec: {template: {spec: {containers: [{name: web, $patch: delete}, 1]}}}\n")
	f.Add("patches: [{path: a.yaml, target: {name: a.*}}]", `[{"op": "move", "from": "/spec", "path": "/data"}, {"op": "test", "path": "/kind", "value": null}]`)
	f.Add("replacements: [{path: a.yaml}]", "source: {kind: Odd, fieldPath: spec.list}\ntargets: [{select: {}, fieldPaths: [spec.a.b, 'metadata.labels.[x=y]', 'spec.*'], options: {create: true, delimiter: '', index: -1}}]\n")
	f.Add("labels: [{pairs: {a: b}, includeSelectors: true, fields: [{path: spec/x, create: true}]}]\nimages: [{name: .*, newTag: a, digest: b}]\nreplicas: [{name: web, count: 1}]\n", "")
	f.Fuzz(func(t *testing.T, kustomization, file string) {
		objs := testObjects()
		got, _, err := Run(dir, folder(kustomization, map[string]string{"a.yaml": file}), objs)
		checkSame(t, "the objects that went in", testObjects(), objs)
		var refusal *problem.Error
		switch {
		case errors.As(err, &refusal):
			for _, p := range refusal.Problems {
				if p.Position.File == "" || p.Message == "" || strings.Contains(p.Message, "failed") || strings.Contains(p.Message, ".go:") {
					t.Errorf("%+v", p)
				}
			}
		case err != nil:
			t.Errorf("not about the input: %v", err)
		case len(got) != len(objs):
			t.Errorf("%d objects, want %d", len(got), len(objs))
		default:
			for i, obj := range got {
				if obj.Path != objs[i].Path {
					t.Errorf("object %d is %s", i, obj.Path)
				}
				encode(t, obj)
			}
		}
	})
}
