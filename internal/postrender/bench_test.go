package postrender

import (
	"strconv"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/innovate-inc/genops/internal/manifest"
)

// benchObjects are as many objects as an environment has.
func benchObjects() []manifest.Object {
	const count = 50
	objs := testObjects()
	for i := len(objs); i < count; i++ {
		name := "pool-" + strconv.Itoa(i)
		objs = append(objs, manifest.Object{Path: "prod/karpenter/" + name + ".yaml", Object: nodePool(name)})
	}
	return objs
}

const benchPatches = `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: replace, path: /spec/weight, value: 20}
- target: {kind: NodePool}
  patch: |
    - {op: add, path: /metadata/labels/team, value: a}
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: apps}
    spec: {replicas: 3}
replacements:
- source: {kind: ConfigMap, name: settings, fieldPath: data.version}
  targets: [{select: {kind: Deployment}, fieldPaths: ["spec.template.spec.containers.[name=web].env.[name=VERSION].value"]}]
`

// BenchmarkRun gives the cost for the 50 objects of an environment: patches
// and replacements alone, with labels (which need krusty), and what the whole
// thing costs if krusty does it all.
func BenchmarkRun(b *testing.B) {
	objs := benchObjects()
	for name, kustomization := range map[string]string{
		"patches": benchPatches,
		"labels":  benchPatches + "labels: [{pairs: {a: b}}]\n",
	} {
		files := folder(kustomization, nil)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Run(dir, files, objs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("krusty", func(b *testing.B) {
		var docs []byte
		for _, obj := range objs {
			var err error
			if docs, err = manifest.Append(append(docs, "---\n"...), "", obj.Object); err != nil {
				b.Fatal(err)
			}
		}
		options := krusty.MakeDefaultOptions()
		options.Reorder = krusty.ReorderOptionNone
		b.ReportAllocs()
		for b.Loop() {
			memory := filesys.MakeFsInMemory()
			if err := memory.WriteFile("/objects.yaml", docs); err != nil {
				b.Fatal(err)
			}
			if err := memory.WriteFile("/kustomization.yaml", []byte("resources: [objects.yaml]\n"+benchPatches)); err != nil {
				b.Fatal(err)
			}
			result, err := krusty.MakeKustomizer(options).Run(memory, "/")
			if err != nil {
				b.Fatal(err)
			}
			if _, err := result.AsYaml(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
