package postrender

import "testing"

// TestRefusedFields: what a kustomization cannot hold, or that is none.
func TestRefusedFields(t *testing.T) {
	checkRefusals(t, map[string]refused{
		// The file itself.
		"Syntax": {
			reason: "YAML's own complaint with the line",
			kustomization: `
patches:
- patch: a
 target: b
`,
			want: "environments/prod/kustomization.yaml:2:1: not YAML: did not find expected key\n",
		},
		"Tab": {
			reason: "the most common reason for YAML that is none",
			kustomization: `
patches:
	- patch: a
`,
			want: `
environments/prod/kustomization.yaml:2:1: not YAML: found character that cannot start any token
    hint: YAML is indented with spaces; this line has a tab
`,
		},
		"List": {
			reason:        "a kustomization is a mapping",
			kustomization: "- patches\n",
			want: `
environments/prod/kustomization.yaml:1:1: want a mapping, found a list
    hint: allowed here: patches, replacements, labels, commonAnnotations, images, replicas
`,
		},
		"SecondDocument": {
			reason: "kustomize ignores a second document without a word",
			kustomization: `
kind: Kustomization
---
kind: Kustomization
`,
			want: "environments/prod/kustomization.yaml:3:1: a kustomization is one document, this is a second one\n",
		},
		"DuplicateKey": {
			reason: "the second would silently win",
			kustomization: `
labels: []
images: []
labels: []
`,
			want: "environments/prod/kustomization.yaml:3:1: labels: is set twice\n",
		},
		"Cycle": {
			reason: "an anchor in itself has no end",
			kustomization: `
patches: &a
- *a
`,
			want: "environments/prod/kustomization.yaml:2:3: patches[0]: the anchor a contains itself\n",
		},
		"APIVersion": {
			reason: "a component is something else, and so is another version",
			kustomization: `
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
`,
			want: `
environments/prod/kustomization.yaml:1:13: apiVersion: want kustomize.config.k8s.io/v1beta1, found "kustomize.config.k8s.io/v1alpha1"
environments/prod/kustomization.yaml:2:7: kind: want Kustomization, found "Component"
`,
		},

		// Fields.
		"Unknown": {
			reason: "a typing error would silently do nothing",
			kustomization: `
patchs: []
Patches: []
xyz: 1
`,
			want: `
environments/prod/kustomization.yaml:1:1: patchs: there is no such field
    hint: did you mean patches?
environments/prod/kustomization.yaml:2:1: Patches: there is no such field
    hint: did you mean patches?
environments/prod/kustomization.yaml:3:1: xyz: there is no such field
    hint: fields here: apiVersion, commonAnnotations, images, kind, labels, metadata, patches, replacements, replicas
`,
		},
		"UnknownBelow": {
			reason: "the same below; merge keys hide fields from this check",
			kustomization: `
patches:
- pach: a
  target: {kind: Odd, nam: odd}
- &x {patch: a}
- <<: *x
`,
			want: `
environments/prod/kustomization.yaml:2:3: patches[0].pach: there is no such field
    hint: did you mean patch or path?
environments/prod/kustomization.yaml:3:23: patches[0].target.nam: there is no such field
    hint: did you mean name?
environments/prod/kustomization.yaml:4:14: patches[1].patch: want a strategic merge patch or a list of operations, found "a"
environments/prod/kustomization.yaml:5:3: patches[2].<<: merge keys are not read here
    hint: write the fields out
`,
		},
		"Types": {
			reason: "values of a type that the field does not have",
			kustomization: `
commonAnnotations: {version: 1.30}
replicas: [{name: web, count: two}]
labels: [{pairs: [a], includeSelectors: 1}]
patches: {}
images: x
replacements: 1
`,
			want: `
environments/prod/kustomization.yaml:1:30: commonAnnotations.version: want text, found the number 1.30
    hint: write "1.30", with quotes
environments/prod/kustomization.yaml:2:31: replicas[0].count: want a whole number, found "two"
environments/prod/kustomization.yaml:3:18: labels[0].pairs: want a mapping, found a list
environments/prod/kustomization.yaml:3:41: labels[0].includeSelectors: want true or false, found the number 1
environments/prod/kustomization.yaml:4:10: patches: want a list, found a mapping
environments/prod/kustomization.yaml:5:9: images: want a list, found "x"
environments/prod/kustomization.yaml:6:15: replacements: want a list, found the number 1
`,
		},
		"Resources": {
			reason:        "genops adds the objects",
			kustomization: "resources: [a.yaml]\n",
			want: `
environments/prod/kustomization.yaml:1:1: resources: adds objects; a kustomization here only changes the ones that genops generates
    hint: allowed here: patches, replacements, labels, commonAnnotations, images, replicas
`,
		},
		"Components": {
			reason:        "they may add objects",
			kustomization: "components: [a]\n",
			want: `
environments/prod/kustomization.yaml:1:1: components: adds objects; a kustomization here only changes the ones that genops generates
    hint: allowed here: patches, replacements, labels, commonAnnotations, images, replicas
`,
		},
		"Bases": {
			reason:        "they add objects",
			kustomization: "bases: [a]\n",
			want: `
environments/prod/kustomization.yaml:1:1: bases: adds objects; a kustomization here only changes the ones that genops generates
    hint: allowed here: patches, replacements, labels, commonAnnotations, images, replicas
`,
		},
		"Generators": {
			reason: "they add objects",
			kustomization: `
configMapGenerator: [{name: a}]
helmCharts: []
`,
			want: `
environments/prod/kustomization.yaml:1:1: configMapGenerator: adds objects; a kustomization here only changes the ones that genops generates
    hint: allowed here: patches, replacements, labels, commonAnnotations, images, replicas
environments/prod/kustomization.yaml:2:1: helmCharts: adds objects; a kustomization here only changes the ones that genops generates
    hint: allowed here: patches, replacements, labels, commonAnnotations, images, replicas
`,
		},
		"NamePrefix": {
			reason:        "names are identity",
			kustomization: "namePrefix: a-\n",
			want: `
environments/prod/kustomization.yaml:1:1: namePrefix: changes the names of objects, and a name is an object's identity
    hint: labels or commonAnnotations mark all objects
`,
		},
		"NameSuffix": {
			reason:        "names are identity",
			kustomization: "nameSuffix: -a\n",
			want: `
environments/prod/kustomization.yaml:1:1: nameSuffix: changes the names of objects, and a name is an object's identity
    hint: labels or commonAnnotations mark all objects
`,
		},
		"Namespace": {
			reason:        "namespaces are identity",
			kustomization: "namespace: a\n",
			want: `
environments/prod/kustomization.yaml:1:1: namespace: moves objects, and the namespace is part of an object's identity
    hint: labels or commonAnnotations mark all objects
`,
		},
		"CommonLabels": {
			reason:        "they change selectors",
			kustomization: "commonLabels: {a: b}\n",
			want: `
environments/prod/kustomization.yaml:1:1: commonLabels: is deprecated by kustomize, and changes selectors that cannot change
    hint: use labels
`,
		},
		"Deprecated": {
			reason: "kustomize wants them replaced, too",
			kustomization: `
patchesJson6902: []
patchesStrategicMerge: []
imageTags: []
vars: []
`,
			want: `
environments/prod/kustomization.yaml:1:1: patchesJson6902: is deprecated by kustomize
    hint: use patches
environments/prod/kustomization.yaml:2:1: patchesStrategicMerge: is deprecated by kustomize
    hint: use patches
environments/prod/kustomization.yaml:3:1: imageTags: is deprecated by kustomize
    hint: use images
environments/prod/kustomization.yaml:4:1: vars: is deprecated by kustomize
    hint: use replacements
`,
		},
		"Machinery": {
			reason: "validation and order are the same everywhere",
			kustomization: `
transformers: []
openapi: {}
`,
			want: `
environments/prod/kustomization.yaml:1:1: transformers: changes how kustomize works, which is the same for all environments
    hint: allowed here: patches, replacements, labels, commonAnnotations, images, replicas
environments/prod/kustomization.yaml:2:1: openapi: changes how kustomize works, which is the same for all environments
    hint: allowed here: patches, replacements, labels, commonAnnotations, images, replicas
`,
		},
		"SeveralAtOnce": {
			reason: "all problems come together",
			kustomization: `
namePrefix: a
patches:
- path: nope.yaml
- target: {kind: Nope}
  patch: '[{"op": "remove", "path": "/spec"}]'
`,
			want: `
environments/prod/kustomization.yaml:1:1: namePrefix: changes the names of objects, and a name is an object's identity
    hint: labels or commonAnnotations mark all objects
environments/prod/kustomization.yaml:3:9: patches[0].path: there is no file environments/prod/nope.yaml
environments/prod/kustomization.yaml:4:18: patches[1].target.kind: matches nothing: no object of kind Nope
    hint: kinds here: ConfigMap, Deployment, Namespace, NodePool, Odd
`,
		},
	})
}
