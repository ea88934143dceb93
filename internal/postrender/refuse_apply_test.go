package postrender

import "testing"

// TestRefusedChanges: patches that do not apply, or would make another object.
func TestRefusedChanges(t *testing.T) {
	checkRefusals(t, map[string]refused{
		// Patches that do not apply.
		"RemoveNothing": {
			reason: "what is removed has to be there",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: remove, path: /spec/limit}
`,
			want: `
environments/prod/kustomization.yaml:5:26: patches[0].patch[1].path: NodePool amd64 has nothing at /spec/limit
    hint: did you mean /spec/limits?
`,
		},
		"RemoveFromSeveral": {
			reason: "a mistake is told once, not for each object",
			kustomization: `
patches:
- target: {kind: NodePool}
  patch: |
    - {op: remove, path: /spec/limit}
`,
			want: `
environments/prod/kustomization.yaml:4:26: patches[0].patch[0].path: NodePool arm64 has nothing at /spec/limit (the same for 1 more object)
    hint: did you mean /spec/limits?
`,
		},
		"ReplaceNothing": {
			reason: "what is replaced has to be there",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: replace, path: /spec/template/spec/taints, value: []}
`,
			want: `
environments/prod/kustomization.yaml:5:27: patches[0].patch[1].path: NodePool amd64 has nothing at /spec/template/spec/taints
    hint: /spec/template/spec has: requirements
`,
		},
		"AddNowhere": {
			reason: "what is added to has to be there",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: add, path: /spec/disruption/budgets, value: []}
`,
			want: `
environments/prod/kustomization.yaml:5:23: patches[0].patch[1].path: NodePool amd64 has nothing at /spec/disruption
    hint: /spec has: limits, template, weight
`,
		},
		"AddIndex": {
			reason: "a list ends somewhere",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: add, path: /spec/template/spec/requirements/7, value: {}}
`,
			want: `
environments/prod/kustomization.yaml:5:23: patches[0].patch[1].path: NodePool amd64 has no place for /spec/template/spec/requirements/7
    hint: /spec/template/spec/requirements is a list of 1, counted from 0
`,
		},
		"RemoveIndex": {
			reason: "a list ends somewhere",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: remove, path: /spec/template/spec/requirements/1}
`,
			want: `
environments/prod/kustomization.yaml:5:26: patches[0].patch[1].path: NodePool amd64 has nothing at /spec/template/spec/requirements/1
    hint: /spec/template/spec/requirements is a list of 1, counted from 0
`,
		},
		"IntoValue": {
			reason: "a number holds nothing",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: add, path: /spec/weight/x, value: 1}
`,
			want: `
environments/prod/kustomization.yaml:5:23: patches[0].patch[1].path: NodePool amd64 has no place for /spec/weight/x
    hint: /spec/weight is a value that holds nothing
`,
		},
		"CopyNothing": {
			reason: "the origin has to be there",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: copy, path: /spec/a, from: /spec/wight}
`,
			want: `
environments/prod/kustomization.yaml:5:39: patches[0].patch[1].from: NodePool amd64 has nothing at /spec/wight
    hint: did you mean /spec/weight?
`,
		},
		"Test": {
			reason: "the value that is tested, and the operation in the file",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  path: ops.json
`,
			files: map[string]string{"ops.json": `
[
  {"op": "remove", "path": "/spec/limits"},
  {"op": "test", "path": "/spec/weight", "value": 11}
]
`},
			want: "environments/prod/ops.json:3:51: [1].value: NodePool amd64 has 10 at /spec/weight\n",
		},
		"EscapedPath": {
			reason: "labels hold slashes",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: remove, path: /metadata/labels/example.com~1teir}
`,
			want: `
environments/prod/kustomization.yaml:5:26: patches[0].patch[1].path: NodePool amd64 has nothing at /metadata/labels/example.com~1teir
    hint: /metadata/labels has: tier
`,
		},

		// Identity.
		"Rename": {
			reason: "a name is an identity",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: replace, path: /metadata/name, value: x}
`,
			want: `
environments/prod/kustomization.yaml:5:27: patches[0].patch[1].path: changes the metadata.name of NodePool amd64
    hint: kind, name and namespace come from CUE
`,
		},
		"Rekind": {
			reason: "a kind is an identity",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: replace, path: /kind, value: X}
`,
			want: `
environments/prod/kustomization.yaml:5:27: patches[0].patch[1].path: changes the kind of NodePool amd64
    hint: kind, name and namespace come from CUE
`,
		},
		"Regroup": {
			reason: "a group is part of it",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: replace, path: /apiVersion, value: v1}
`,
			want: `
environments/prod/kustomization.yaml:5:27: patches[0].patch[1].path: changes the apiVersion of NodePool amd64
    hint: kind, name and namespace come from CUE
`,
		},
		"Move": {
			reason: "a namespace is part of it",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: add, path: /metadata/namespace, value: x}
`,
			want: `
environments/prod/kustomization.yaml:5:23: patches[0].patch[1].path: changes the metadata.namespace of NodePool amd64
    hint: kind, name and namespace come from CUE
`,
		},
		"LoseMetadata": {
			reason: "without metadata there is no identity",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd64}
  patch: |
    - {op: test, path: /spec/weight, value: 10}
    - {op: remove, path: /metadata}
`,
			want: `
environments/prod/kustomization.yaml:5:26: patches[0].patch[1].path: changes the metadata.name of NodePool amd64
    hint: kind, name and namespace come from CUE
`,
		},
		"MergeMoves": {
			reason: "kustomize would ignore this namespace",
			kustomization: `
patches:
- target: {kind: Deployment}
  patch: |
    kind: Deployment
    metadata:
      name: any
      namespace: other
`,
			want: `
environments/prod/kustomization.yaml:7:18: patches[0].patch.metadata.namespace: changes the metadata.namespace of Deployment web in apps
    hint: kind, name and namespace come from CUE
`,
		},
		"Delete": {
			reason: "CUE decides what there is",
			kustomization: `
patches:
- patch: |
    $patch: delete
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, namespace: apps}
`,
			want: `
environments/prod/kustomization.yaml:3:13: patches[0].patch: removes ConfigMap settings in apps
    hint: turn the domain off in CUE instead
`,
		},
		"DeleteSelected": {
			reason: "the same with a target",
			kustomization: `
patches:
- target: {kind: NodePool, name: arm64}
  patch: |
    kind: NodePool
    metadata: {name: x}
    $patch: delete
`,
			want: `
environments/prod/kustomization.yaml:6:13: patches[0].patch: removes NodePool arm64
    hint: turn the domain off in CUE instead
`,
		},
		"LocalConfig": {
			reason:        "kustomize leaves such objects out",
			kustomization: "commonAnnotations: {config.kubernetes.io/local-config: 'true'}\n",
			want: `
environments/prod/kustomization.yaml:1:1: commonAnnotations: removes Namespace apps
    hint: turn the domain off in CUE instead
`,
		},
	})
}
