package postrender

import "testing"

// TestRefusedPatches: patches that are none, or are not where they should be.
func TestRefusedPatches(t *testing.T) {
	checkRefusals(t, map[string]refused{
		// Patches: form.
		"NoPatch": {
			reason: "an entry needs content",
			kustomization: `
patches:
- target: {kind: Odd}
`,
			want: "environments/prod/kustomization.yaml:2:3: patches[0]: has neither patch nor path\n",
		},
		"PatchAndPath": {
			reason: "kustomize allows one",
			kustomization: `
patches:
- {patch: a, path: b.yaml}
`,
			want: `
environments/prod/kustomization.yaml:2:20: patches[0].path: patch and path are both set
    hint: keep one of them
`,
		},
		"PatchIsPath": {
			reason: "a file name as inline patch",
			kustomization: `
patches:
- patch: a.yaml
`,
			want: `
environments/prod/kustomization.yaml:2:10: patches[0].patch: want a strategic merge patch or a list of operations, found "a.yaml"
    hint: a file is named with path
`,
		},
		"EmptyPatch": {
			reason: "a file with nothing in it",
			kustomization: `
patches:
- path: a.yaml
`,
			files: map[string]string{"a.yaml": "# later\n"},
			want:  "environments/prod/kustomization.yaml:2:3: patches[0]: the patch is empty\n",
		},
		"EmptyList": {
			reason: "no operations",
			kustomization: `
patches:
- target: {kind: Odd}
  patch: '[]'
`,
			want: "environments/prod/kustomization.yaml:3:10: patches[0].patch: the patch is empty\n",
		},
		"Mixed": {
			reason: "two kinds of patch in one",
			kustomization: `
patches:
- target: {kind: Odd}
  patch: |
    - op: remove
      path: /spec
    ---
    kind: Odd
`,
			want: `
environments/prod/kustomization.yaml:7:5: patches[0].patch: operations share a patch with something else
    hint: give each an entry of its own in patches
`,
		},
		"NoTarget": {
			reason: "operations do not name an object",
			kustomization: `
patches:
- patch: |
    - op: remove
      path: /spec
`,
			want: `
environments/prod/kustomization.yaml:2:3: patches[0]: a list of operations does not say which objects it is for
    hint: add target, with kind and name
`,
		},
		"NoName": {
			reason: "kustomize wants a name although it does not use it",
			kustomization: `
patches:
- target: {kind: Odd}
  patch: |
    kind: Odd
    spec: {a: 1}
`,
			want: `
environments/prod/kustomization.yaml:4:5: patches[0].patch: a strategic merge patch needs metadata.name
    hint: kustomize asks for it even if target picks the objects; any value will do
`,
		},
		"NoKind": {
			reason: "nothing says which object",
			kustomization: `
patches:
- patch: |
    metadata:
      name: web
`,
			want: "environments/prod/kustomization.yaml:3:5: patches[0].patch: a strategic merge patch needs kind\n",
		},
		"TwoMerges": {
			reason: "kustomize allows one with a target",
			kustomization: `
patches:
- target: {kind: Odd}
  patch: |
    kind: Odd
    metadata: {name: a}
    ---
    kind: Odd
    metadata: {name: b}
`,
			want: `
environments/prod/kustomization.yaml:7:5: patches[0].patch: a patch with a target is one document, this is a second one
    hint: give each an entry of its own in patches
`,
		},
		"ObjectList": {
			reason: "kustomize takes a list apart, and positions would be lost",
			kustomization: `
patches:
- patch: |
    apiVersion: v1
    kind: List
    metadata: {name: x}
    items:
    - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}}
    - {apiVersion: v1, kind: Namespace, metadata: {name: apps}}
`,
			want: `
environments/prod/kustomization.yaml:3:5: patches[0].patch: a strategic merge patch is for one object, this is a list of them
    hint: write them as documents, with --- between
`,
		},
		"Options": {
			reason: "they allow to change an identity",
			kustomization: `
patches:
- path: a.yaml
  options: {allowNameChange: true}
`,
			files: map[string]string{"a.yaml": `
kind: Odd
metadata: {name: odd}
`},
			want: `
environments/prod/kustomization.yaml:3:12: patches[0].options: kind and name are an object's identity and cannot be patched
    hint: leave the options out
`,
		},
		"PatchSyntax": {
			reason: "a position in the inline patch",
			kustomization: `
patches:
- patch: |
    a: b
    c: d: e
`,
			want: "environments/prod/kustomization.yaml:4:5: patches[0].patch: not YAML: mapping values are not allowed in this context\n",
		},
		"FileSyntax": {
			reason: "a position in the patch file",
			kustomization: `
patches:
- path: a.yaml
`,
			files: map[string]string{"a.yaml": `
a: b
c: d: e
`},
			want: "environments/prod/a.yaml:2:1: not YAML: mapping values are not allowed in this context\n",
		},
		"FoldedSyntax": {
			reason: "lines of a folded text are not known",
			kustomization: `
patches:
- target: {kind: Odd}
  patch: >
    a: b

    c: d: e
`,
			want: "environments/prod/kustomization.yaml:3:10: patches[0].patch: not YAML: mapping values are not allowed in this context\n",
		},
		"PatchRepeats": {
			reason: "the second would win",
			kustomization: `
patches:
- patch: |
    kind: Odd
    metadata: {name: odd}
    spec:
      a: 1
      a: 2
`,
			want: "environments/prod/kustomization.yaml:7:7: patches[0].patch.spec.a: is set twice\n",
		},
		"Operation": {
			reason: "the form of operations",
			kustomization: `
patches:
- target: {kind: Odd}
  patch: |
    - op: replac
      path: /spec
    - {op: add, path: spec.a}
    - {op: copy, path: /spec/a, form: /spec/b}
    - remove
    - {path: /spec}
    - {op: add, path: 1, value: 2}
`,
			want: `
environments/prod/kustomization.yaml:4:11: patches[0].patch[0].op: there is no such operation
    hint: did you mean replace?
environments/prod/kustomization.yaml:6:7: patches[0].patch[1]: add needs value
environments/prod/kustomization.yaml:6:23: patches[0].patch[1].path: has to start with /
    hint: did you mean /spec/a?
environments/prod/kustomization.yaml:7:7: patches[0].patch[2]: copy needs from
environments/prod/kustomization.yaml:7:33: patches[0].patch[2].form: there is no such field
    hint: did you mean from?
environments/prod/kustomization.yaml:8:7: patches[0].patch[3]: want an operation with op and path, found "remove"
environments/prod/kustomization.yaml:9:7: patches[0].patch[4].op: an operation needs op
    hint: operations: add, remove, replace, move, copy, test
environments/prod/kustomization.yaml:10:23: patches[0].patch[5].path: want text, found the number 1
`,
		},
		"Missing": {
			reason: "the file is not there",
			kustomization: `
patches:
- path: patches/nodepol.yaml
`,
			files: map[string]string{"patches/nodepool.yaml": "a"},
			want: `
environments/prod/kustomization.yaml:2:9: patches[0].path: there is no file environments/prod/patches/nodepol.yaml
    hint: did you mean nodepool.yaml?
`,
		},
		"Folder": {
			reason: "a folder is no patch",
			kustomization: `
patches:
- path: patches
`,
			files: map[string]string{"patches/nodepool.yaml": "a"},
			want: `
environments/prod/kustomization.yaml:2:9: patches[0].path: environments/prod/patches is a folder
    hint: files there: nodepool.yaml
`,
		},
		"Outside": {
			reason: "what is rendered depends on the environment's folder",
			kustomization: `
patches:
- path: ../shared/patch.yaml
- path: /etc/patch.yaml
`,
			want: `
environments/prod/kustomization.yaml:2:9: patches[0].path: ../shared/patch.yaml is not in environments/prod
    hint: copy the file into that folder
environments/prod/kustomization.yaml:3:9: patches[1].path: /etc/patch.yaml is not in environments/prod
    hint: copy the file into that folder
`,
		},
		"Remote": {
			reason: "no network",
			kustomization: `
patches:
- path: https://example.com/patch.yaml
- path: github.com/a/b//patch.yaml?ref=main
`,
			want: `
environments/prod/kustomization.yaml:2:9: patches[0].path: is an address in the network
    hint: copy the file into environments/prod
environments/prod/kustomization.yaml:3:9: patches[1].path: is an address in the network
    hint: copy the file into environments/prod
`,
		},
		"Regexp": {
			reason: "fields of a target are regular expressions",
			kustomization: `
patches:
- target: {kind: Odd, name: 'a('}
  patch: '[{"op": "remove", "path": "/spec"}]'
`,
			want: "environments/prod/kustomization.yaml:2:29: patches[0].target.name: not a regular expression: missing closing ): `a(`\n",
		},
		"LabelSelector": {
			reason: "and selectors have a grammar",
			kustomization: `
patches:
- target: {labelSelector: 'a in'}
  patch: '[{"op": "remove", "path": "/spec"}]'
`,
			want: `
environments/prod/kustomization.yaml:2:27: patches[0].target.labelSelector: not a label selector: cannot parse requirement: found '' expected: '('
    hint: write it like "app=web,tier in (a, b)"
`,
		},
	})
}
