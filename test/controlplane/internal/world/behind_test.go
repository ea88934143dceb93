package world

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestFollows(t *testing.T) {
	t.Parallel()
	revision := func(name, composition string, number int64) unstructured.Unstructured {
		return unstructured.Unstructured{Object: map[string]any{
			"metadata": map[string]any{"name": name, "labels": map[string]any{"crossplane.io/composition-name": composition}},
			"spec":     map[string]any{"revision": number},
		}}
	}
	latest := latestRevisions([]unstructured.Unstructured{revision("n-2", "networks", 2), revision("n-1", "networks", 1), revision("e-1", "edges", 1)})
	refs := func(revision string) map[string]any {
		return map[string]any{
			"compositionRef":         map[string]any{"name": "networks"},
			"compositionRevisionRef": map[string]any{"name": revision},
		}
	}
	for _, c := range []struct {
		name             string
		spec             map[string]any
		generation, seen int64
		says             string
	}{
		{name: "a claim that follows", spec: refs("n-2"), generation: 3, seen: 3},
		{name: "a composite without a claim that follows", spec: map[string]any{"crossplane": refs("n-2")}, generation: 1, seen: 1},
		{name: "the revision before", spec: refs("n-1"), generation: 3, seen: 3, says: `at revision "n-1" of its composition, not "n-2"`},
		{name: "changed since", spec: refs("n-2"), generation: 4, seen: 3, says: "reconciled in generation 3, not 4"},
		{
			name: "without a revision", spec: map[string]any{"compositionRef": map[string]any{"name": "edges"}}, generation: 1, seen: 1,
			says: `at revision "" of its composition, not "e-1"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			u := unstructured.Unstructured{Object: map[string]any{
				"metadata": map[string]any{"generation": c.generation},
				"spec":     c.spec,
				"status":   map[string]any{"conditions": []any{map[string]any{"type": "Synced", "observedGeneration": c.seen}}},
			}}
			says := follows(u, latest)
			if (c.says == "") != (says == "") || !strings.Contains(says, c.says) {
				t.Errorf("got %q; want %q", says, c.says)
			}
		})
	}
}
