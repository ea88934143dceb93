package postrender

import "testing"

// TestRefusedMatches: entries that match nothing, or not what they need.
func TestRefusedMatches(t *testing.T) {
	checkRefusals(t, map[string]refused{
		// Patches that match nothing.
		"MatchName": {
			reason: "a misspelt name",
			kustomization: `
patches:
- target: {kind: NodePool, name: amd46}
  patch: |
    - {op: remove, path: /spec}
`,
			want: `
environments/prod/kustomization.yaml:2:34: patches[0].target.name: matches nothing: no NodePool is called amd46
    hint: did you mean amd64?
`,
		},
		"MatchNames": {
			reason: "a name like no other",
			kustomization: `
patches:
- target: {kind: NodePool, name: windows}
  patch: |
    - {op: remove, path: /spec}
`,
			want: `
environments/prod/kustomization.yaml:2:34: patches[0].target.name: matches nothing: no NodePool is called windows
    hint: names here: amd64, arm64
`,
		},
		"MatchKind": {
			reason: "a misspelt kind",
			kustomization: `
patches:
- target: {kind: Nodepool}
  patch: |
    - {op: remove, path: /spec}
`,
			want: `
environments/prod/kustomization.yaml:2:18: patches[0].target.kind: matches nothing: no object of kind Nodepool
    hint: did you mean NodePool?
`,
		},
		"MatchKinds": {
			reason: "a kind that is not there",
			kustomization: `
patches:
- target: {kind: StatefulSet}
  patch: |
    - {op: remove, path: /spec}
`,
			want: `
environments/prod/kustomization.yaml:2:18: patches[0].target.kind: matches nothing: no object of kind StatefulSet
    hint: kinds here: ConfigMap, Deployment, Namespace, NodePool, Odd
`,
		},
		"MatchGroup": {
			reason: "another group",
			kustomization: `
patches:
- target: {group: extensions, kind: Deployment}
  patch: |
    - {op: remove, path: /spec}
`,
			want: `
environments/prod/kustomization.yaml:2:19: patches[0].target.group: matches nothing: no Deployment is in the group extensions
    hint: groups here: apps
`,
		},
		"MatchVersion": {
			reason: "another version",
			kustomization: `
patches:
- target: {kind: NodePool, version: v1beta1}
  patch: |
    - {op: remove, path: /spec}
`,
			want: `
environments/prod/kustomization.yaml:2:37: patches[0].target.version: matches nothing: no NodePool has the version v1beta1
    hint: versions here: v1
`,
		},
		"MatchNamespace": {
			reason: "another namespace",
			kustomization: `
patches:
- target: {kind: Deployment, name: web, namespace: app}
  patch: |
    - {op: remove, path: /spec}
`,
			want: `
environments/prod/kustomization.yaml:2:52: patches[0].target.namespace: matches nothing: no Deployment web is in the namespace app
    hint: did you mean apps?
`,
		},
		"MatchLabels": {
			reason: "other labels",
			kustomization: `
patches:
- target: {kind: NodePool, labelSelector: tier=back}
  patch: |
    - {op: remove, path: /spec}
`,
			want: "environments/prod/kustomization.yaml:2:43: patches[0].target.labelSelector: matches nothing: no NodePool has the labels tier=back\n",
		},
		"MatchAnnotation": {
			reason: "other annotations",
			kustomization: `
patches:
- target: {annotationSelector: a=b}
  patch: |
    - {op: remove, path: /spec}
`,
			want: "environments/prod/kustomization.yaml:2:32: patches[0].target.annotationSelector: matches nothing: no object has the annotations a=b\n",
		},
		"MergeName": {
			reason: "a merge patch names its object",
			kustomization: `
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: wep
      namespace: apps
`,
			want: `
environments/prod/kustomization.yaml:6:13: patches[0].patch.metadata.name: matches nothing: no Deployment is called wep
    hint: did you mean web?
`,
		},
		"MergeNamespace": {
			reason: "the namespace is easily forgotten",
			kustomization: `
patches:
- path: a.yaml
`,
			files: map[string]string{"a.yaml": `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
`},
			want: `
environments/prod/a.yaml:1:1: matches nothing: no Deployment web is without a namespace
    hint: add metadata.namespace, one of: apps
`,
		},
		"MergeVersion": {
			reason: "the version has to be the same",
			kustomization: `
patches:
- path: a.yaml
`,
			files: map[string]string{"a.yaml": `
apiVersion: karpenter.sh/v1beta1
kind: NodePool
metadata:
  name: amd64
`},
			want: `
environments/prod/a.yaml:1:13: apiVersion: matches nothing: no NodePool has the apiVersion karpenter.sh/v1beta1
    hint: did you mean karpenter.sh/v1?
`,
		},
		"MergeKind": {
			reason: "several documents, each with its problem",
			kustomization: `
patches:
- path: a.yaml
`,
			files: map[string]string{"a.yaml": `
kind: Pool
apiVersion: v1
metadata: {name: amd64}
---
kind: ConfigMap
apiVersion: v1
metadata: {name: setting, namespace: apps}
`},
			want: `
environments/prod/a.yaml:1:7: kind: matches nothing: no object of kind Pool
    hint: kinds here: ConfigMap, Deployment, Namespace, NodePool, Odd
environments/prod/a.yaml:7:18: metadata.name: matches nothing: no ConfigMap is called setting
    hint: did you mean settings?
`,
		},

		// Replacements.
		"NoSource": {
			reason: "a value has to come from somewhere",
			kustomization: `
replacements:
- targets: [{select: {kind: NodePool}, fieldPaths: [spec.weight]}]
- {sourceValue: a, source: {kind: A}}
`,
			want: `
environments/prod/kustomization.yaml:2:3: replacements[0]: has neither source nor sourceValue
environments/prod/kustomization.yaml:3:3: replacements[1]: has no targets
environments/prod/kustomization.yaml:3:17: replacements[1].sourceValue: source and sourceValue are both set
    hint: keep one of them
`,
		},
		"NoSelect": {
			reason: "and to go somewhere",
			kustomization: `
replacements:
- sourceValue: a
  targets: [{fieldPaths: [a.b]}]
`,
			want: "environments/prod/kustomization.yaml:3:13: replacements[0].targets[0]: a target needs select\n",
		},
		"SourceNothing": {
			reason: "a misspelt source",
			kustomization: `
replacements:
- source: {kind: ConfigMap, name: seting, fieldPath: data.host}
  targets:
  - select: {kind: NodePool}
    fieldPaths:
    - spec.weight
`,
			want: `
environments/prod/kustomization.yaml:2:35: replacements[0].source.name: matches nothing: no ConfigMap is called seting
    hint: did you mean settings?
`,
		},
		"SourceSeveral": {
			reason: "a source is one object",
			kustomization: `
replacements:
- source: {kind: NodePool, fieldPath: spec.weight}
  targets:
  - select: {kind: Odd}
    fieldPaths:
    - spec.million
`,
			want: `
environments/prod/kustomization.yaml:2:11: replacements[0].source: matches 2 objects, and a source is one: NodePool arm64, NodePool amd64
    hint: say kind, name and namespace
`,
		},
		"SourceField": {
			reason: "the field has to be there",
			kustomization: `
replacements:
- source: {kind: ConfigMap, fieldPath: data.hots}
  targets:
  - select: {kind: Odd}
    fieldPaths:
    - spec.million
`,
			want: "environments/prod/kustomization.yaml:2:40: replacements[0].source.fieldPath: ConfigMap settings in apps has nothing at data.hots\n",
		},
		"TargetNothing": {
			reason: "kustomize does not mind a target that matches nothing",
			kustomization: `
replacements:
- source: {kind: ConfigMap, fieldPath: data.host}
  targets:
  - select: {kind: NodePool, name: amd46}
    fieldPaths:
    - spec.weight
`,
			want: `
environments/prod/kustomization.yaml:4:36: replacements[0].targets[0].select.name: matches nothing: no NodePool is called amd46
    hint: did you mean amd64?
`,
		},
		"TargetField": {
			reason: "the field has to be there",
			kustomization: `
replacements:
- source: {kind: ConfigMap, fieldPath: data.host}
  targets:
  - select: {kind: NodePool}
    fieldPaths:
    - spec.weigth
`,
			want: `
environments/prod/kustomization.yaml:6:7: replacements[0].targets[0].fieldPaths[0]: a target has nothing at spec.weigth
    hint: options with create: true adds the field
`,
		},
		"TargetType": {
			reason: "text does not fit where a number is",
			kustomization: `
replacements:
- source: {kind: ConfigMap, fieldPath: data.host}
  targets:
  - select: {kind: NodePool, name: amd64}
    fieldPaths:
    - spec.weight
`,
			want: "environments/prod/kustomization.yaml:2:3: replacements[0]: NodePool amd64: spec.weight is \"old.example.com\", and has to be a number\n",
		},
		"TargetName": {
			reason: "a name is an identity",
			kustomization: `
replacements:
- source: {kind: ConfigMap, fieldPath: data.host}
  targets:
  - select: {kind: NodePool, name: amd64}
    fieldPaths:
    - metadata.name
`,
			want: `
environments/prod/kustomization.yaml:4:3: replacements[0].targets: changes the metadata.name of NodePool amd64
    hint: kind, name and namespace come from CUE
`,
		},
		"Rejected": {
			reason: "nothing is left",
			kustomization: `
replacements:
- sourceValue: a
  targets: [{select: {kind: Odd}, reject: [{name: odd}], fieldPaths: [spec.y]}]
`,
			want: "environments/prod/kustomization.yaml:3:43: replacements[0].targets[0].reject: matches nothing: everything that select picks is rejected\n",
		},
		"ReplacementFile": {
			reason: "a position in the file",
			kustomization: `
replacements:
- path: a.yaml
`,
			files: map[string]string{"a.yaml": `
- sourceValue: a
  targets:
  - select: {kind: Odd}
    fieldPath: [spec.y]
  - select: {kind: Od}
`},
			want: `
environments/prod/a.yaml:4:5: [0].targets[0].fieldPath: there is no such field
    hint: did you mean fieldPaths?
`,
		},
		"ReplacementInline": {
			reason: "one of the two",
			kustomization: `
replacements:
- path: a.yaml
  sourceValue: a
`,
			want: `
environments/prod/kustomization.yaml:2:9: replacements[0].path: path and an inline replacement are both set
    hint: keep one of them
`,
		},

		// The rest.
		"ImageName": {
			reason:        "kustomize does not mind an image that is nowhere",
			kustomization: "images: [{name: example.com/wep, newTag: a}]\n",
			want: `
environments/prod/kustomization.yaml:1:17: images[0].name: matches nothing: no image is called example.com/wep
    hint: did you mean example.com/web?
`,
		},
		"ImageRegexp": {
			reason:        "kustomize would panic",
			kustomization: "images: [{name: 'a(', newTag: a}, {newTag: b}]\n",
			want:          "environments/prod/kustomization.yaml:1:17: images[0].name: not a regular expression: missing closing ): `a(`\nenvironments/prod/kustomization.yaml:1:35: images[1]: has no name\n",
		},
		"ReplicaName": {
			reason:        "kustomize answers with a list of Go values",
			kustomization: "replicas: [{name: wep, count: 1}]\n",
			want: `
environments/prod/kustomization.yaml:1:19: replicas[0].name: matches nothing: no Deployment, StatefulSet, ReplicaSet or ReplicationController is called wep
    hint: did you mean web?
`,
		},
	})
}
