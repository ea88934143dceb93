package postrender

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestRun(t *testing.T) {
	const json6902 = `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - op: replace
      path: /spec/weight
      value: 20
    - {op: add, path: /spec/template/spec/requirements/-, value: {key: size, operator: Gt, values: ["7"]}}
    - op: remove
      path: /spec/limits
`
	cases := map[string]struct {
		reason        string
		kustomization string
		files         map[string]string
		// want is what changes in the objects that went in.
		want []edit
		// differs says why plain kustomize gives another result.
		differs string
	}{
		"Nothing": {
			reason:        "without a field that does something, all is as it was",
			kustomization: "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: prod}\n",
			differs:       "kustomize refuses a kustomization that asks for nothing",
		},
		"JSON6902": {
			reason:        "operations on the one object that the target names",
			kustomization: json6902,
			want: []edit{
				{"amd64", "spec/weight", int64(20)},
				{"amd64", "spec/limits", gone{}},
				{"amd64", "spec/template/spec/requirements", []any{
					map[string]any{"key": "kubernetes.io/arch", "operator": "In", "values": []any{"amd64"}},
					map[string]any{"key": "size", "operator": "Gt", "values": []any{"7"}},
				}},
			},
		},
		"JSON6902Numbers": {
			reason: "numbers that the patch does not name stay what they are",
			kustomization: `
patches:
- target: {kind: Odd}
  patch: '[{"op": "add", "path": "/spec/new", "value": 9007199254740993}, {"op": "test", "path": "/spec/million", "value": 1000000}]'
`,
			want: []edit{
				{"odd", "spec/new", int64(9007199254740993)},
			},
			differs: "kustomize makes a float of 9007199254740993",
		},
		"StrategicMerge": {
			reason: "lists of built-in kinds merge by key, and the target is what the patch names",
			kustomization: `
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      namespace: apps
    spec:
      template:
        spec:
          containers:
          - name: web
            env:
            - name: VERSION
              value: "1.40"
          - name: proxy
            image: example.com/proxy:2
`,
			want: []edit{
				{"web", "spec/template/spec/containers/0/env/0/value", "1.40"},
				{"web", "spec/template/spec/containers/1/image", "example.com/proxy:2"},
			},
		},
		"MergeInFile": {
			reason:        "a file may hold several patches, one per document",
			kustomization: "patches: [{path: patches/both.yaml}]\n",
			files: map[string]string{"patches/both.yaml": `
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: arm64}
spec: {limits: {cpu: "200", memory: 1Ti}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: apps}
data: {version: null, "on": "off"}
`},
			want: []edit{
				{"arm64", "spec/limits/cpu", "200"},
				{"arm64", "spec/limits/memory", "1Ti"},
				{"settings", "data/version", gone{}},
				{"settings", "data/on", "off"},
			},
		},
		"MergeOfCustomKind": {
			reason: "kustomize knows no schema of other kinds: lists are replaced, null removes, the rest stays",
			kustomization: `
patches:
- target: {kind: Odd}
  patch: |
    kind: Odd
    metadata: {name: any}
    spec:
      items: [{name: c}]
      million: null
      extra: 1.5
      version: "1.30"
`,
			want: []edit{
				{"odd", "spec/items", []any{map[string]any{"name": "c"}}},
				{"odd", "spec/million", gone{}},
				{"odd", "spec/extra", 1.5},
				{"odd", "spec/version", "1.30"},
			},
		},
		"Labels": {
			reason: "a target may pick several objects of several kinds by label",
			kustomization: `
patches:
- target: {labelSelector: "tier in (front,nodes)", name: "web|settings|a.*"}
  patch: |
    - {op: add, path: /metadata/labels/patched, value: "true"}
`,
			want: []edit{
				{"web", "metadata/labels/patched", "true"},
				{"settings", "metadata/labels/patched", "true"},
				{"amd64", "metadata/labels/patched", "true"},
				{"arm64", "metadata/labels/patched", "true"},
			},
		},
		"Sequence": {
			reason: "each patch sees what those before it did",
			kustomization: `
patches:
- target: {kind: NodePool, name: arm64}
  patch: '[{"op": "replace", "path": "/metadata/labels/tier", "value": "special"}]'
- target: {labelSelector: tier=special}
  patch: |
    - {op: replace, path: /spec/weight, value: 1}
`,
			want: []edit{
				{"arm64", "metadata/labels/tier", "special"},
				{"arm64", "spec/weight", int64(1)},
			},
		},
		"Replacements": {
			reason: "values go from one object into others; the type is that of the target",
			kustomization: `
replacements:
- source: {kind: Deployment, name: web, fieldPath: spec.replicas}
  targets:
  - select: {kind: NodePool}
    reject: [{name: arm64}]
    fieldPaths: [spec.weight]
  - select: {kind: ConfigMap}
    fieldPaths: [data.version]
- path: more.yaml
`,
			files: map[string]string{"more.yaml": `
- sourceValue: new
  targets:
  - select: {name: settings}
    fieldPaths: [data.host]
    options: {delimiter: ".", index: 0}
- source: {kind: ConfigMap, fieldPath: data.version}
  targets: [{select: {kind: Deployment}, fieldPaths: ["spec.template.spec.containers.[name=web].env.[name=VERSION].value"]}]
`},
			want: []edit{
				{"amd64", "spec/weight", int64(2)},
				{"settings", "data/version", "2"},
				{"settings", "data/host", "new.example.com"},
				{"web", "spec/template/spec/containers/0/env/0/value", "2"},
			},
		},
		"AllObjects": {
			reason: "labels, annotations, images and replicas go where kustomize knows the fields",
			kustomization: `
labels: [{pairs: {team: a}, includeTemplates: true}]
commonAnnotations: {owner: "1.30"}
images: [{name: example.com/web, newTag: "2.0"}, {name: example.com/proxy, newName: mirror/proxy}]
replicas: [{name: web, count: 5}]
`,
			want: []edit{
				{"apps", "metadata/labels/team", "a"},
				{"apps", "metadata/annotations/owner", "1.30"},
				{"arm64", "metadata/labels/team", "a"},
				{"arm64", "metadata/annotations/owner", "1.30"},
				{"amd64", "metadata/labels/team", "a"},
				{"amd64", "metadata/annotations/owner", "1.30"},
				{"web", "metadata/labels/team", "a"},
				{"web", "metadata/annotations/owner", "1.30"},
				{"settings", "metadata/labels/team", "a"},
				{"settings", "metadata/annotations/owner", "1.30"},
				{"odd", "metadata/labels/team", "a"},
				{"odd", "metadata/annotations/owner", "1.30"},
				{"web", "spec/template/metadata/labels/team", "a"},
				{"web", "spec/template/metadata/annotations/owner", "1.30"},
				{"web", "spec/template/spec/containers/0/image", "example.com/web:2.0"},
				{"web", "spec/template/spec/containers/1/image", "mirror/proxy"},
				{"web", "spec/replicas", int64(5)},
			},
		},
		"Order": {
			reason: "patches come before images, images before replacements, whatever the order in the file",
			kustomization: `
replacements:
- source: {kind: Deployment, fieldPath: "spec.template.spec.containers.[name=web].image"}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.host]}]
images: [{name: example.com/patched, newTag: "3"}]
patches:
- target: {kind: Deployment}
  patch: '[{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "example.com/patched:1"}]'
`,
			want: []edit{
				{"web", "spec/template/spec/containers/0/image", "example.com/patched:3"},
				{"settings", "data/host", "example.com/patched:3"},
			},
		},
		"Anchors": {
			reason: "YAML's anchors work in the kustomization and in patches",
			kustomization: `
patches:
- target: &pool {kind: NodePool, name: arm64}
  patch: &patch |
    - {op: add, path: /spec/a, value: &v {x: 1}}
    - {op: add, path: /spec/b, value: *v}
- target: {kind: NodePool, name: amd64}
  patch: *patch
`,
			want: []edit{
				{"arm64", "spec/a", map[string]any{"x": int64(1)}},
				{"arm64", "spec/b", map[string]any{"x": int64(1)}},
				{"amd64", "spec/a", map[string]any{"x": int64(1)}},
				{"amd64", "spec/b", map[string]any{"x": int64(1)}},
			},
		},
		"ImagesOnly": {
			reason: "what krusty has nothing to do for stays as it is, byte by byte",
			kustomization: `
images: [{name: example.com/web, digest: "sha256:0123"}]
`,
			want: []edit{
				{"web", "spec/template/spec/containers/0/image", "example.com/web@sha256:0123"},
			},
		},
		"Version": {
			reason: "the version of an API is not part of an identity",
			kustomization: `
patches:
- target: {kind: NodePool, name: arm64}
  patch: '[{"op": "replace", "path": "/apiVersion", "value": "karpenter.sh/v2"}]'
`,
			want: []edit{
				{"arm64", "apiVersion", "karpenter.sh/v2"},
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			objs, before := testObjects(), testObjects()
			files := folder(tc.kustomization, tc.files)
			got, _, err := Run(dir, files, objs)
			if err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			checkSame(t, "the objects that went in", before, objs)
			want := copyObjects(before)
			for _, e := range tc.want {
				set(t, want, e)
			}
			checkSame(t, tc.reason, want, got)

			if tc.differs != "" {
				return
			}
			built := plainKustomize(t, files, before)
			for _, obj := range got {
				content := obj.Object
				name := content["kind"].(string) + " " + content["metadata"].(map[string]any)["name"].(string)
				// Which krusty always drops.
				encoded := strings.Replace(encode(t, obj), "  annotations: {}\n", "", 1)
				if diff := cmp.Diff(built[name], encoded); diff != "" {
					t.Errorf("%s: -kustomize +genops:\n%s", name, diff)
				}
			}
		})
	}
}

func TestNoKustomization(t *testing.T) {
	objs := testObjects()
	got, _, err := Run(dir, fstest.MapFS{"environment.cue": {}}, objs)
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, "nothing to apply", objs, got)
}

func TestHasKustomization(t *testing.T) {
	cases := map[string]struct {
		reason string
		files  fstest.MapFS
		want   bool
	}{
		"Usual":  {reason: "the name that everybody uses", files: fstest.MapFS{"kustomization.yaml": {}}, want: true},
		"Short":  {reason: "kustomize takes .yml", files: fstest.MapFS{"kustomization.yml": {}}, want: true},
		"Legacy": {reason: "and no extension", files: fstest.MapFS{"Kustomization": {}}, want: true},
		"None":   {reason: "most environments have none", files: fstest.MapFS{"environment.cue": {}}},
		"Below":  {reason: "only the folder itself counts", files: fstest.MapFS{"x/kustomization.yaml": {}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := HasKustomization(tc.files); got != tc.want {
				t.Errorf("%s: got %t", tc.reason, got)
			}
		})
	}
}
