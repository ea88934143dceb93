package world

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// Behind lists what has not yet followed the last commit: Applications that have not seen it, claims and composites that Crossplane has not
// looked at since they changed, and composites on a composition's revision before its last. All of them may be healthy, as they were before it.
func (w *World) Behind(ctx context.Context) ([]string, error) {
	head, err := w.Git.Head(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	if err := w.Synced(ctx, head); err != nil {
		return []string{err.Error()}, nil
	}
	revisions, err := w.List(ctx, "apiextensions.crossplane.io", "v1", "compositionrevisions")
	if err != nil {
		return nil, err
	}
	ours, err := w.ClaimsAndComposites(ctx)
	if err != nil {
		return nil, err
	}
	latest := latestRevisions(revisions)
	var behind []string
	for _, u := range ours {
		if why := follows(u, latest); why != "" {
			behind = append(behind, fmt.Sprintf("%s %s %s", u.GetKind(), u.GetName(), why))
		}
	}
	return behind, nil
}

// latestRevisions are the names of the last revisions of compositions.
func latestRevisions(revisions []unstructured.Unstructured) map[string]string {
	names, numbers := map[string]string{}, map[string]int64{}
	for _, r := range revisions {
		composition := r.GetLabels()["crossplane.io/composition-name"]
		if number, _, _ := unstructured.NestedInt64(r.Object, "spec", "revision"); number > numbers[composition] {
			names[composition], numbers[composition] = r.GetName(), number
		}
	}
	return names
}

// follows says why a claim or composite is not where its text and its composition are; empty if it is.
func follows(u unstructured.Unstructured, latest map[string]string) string {
	spec, _, _ := unstructured.NestedMap(u.Object, "spec")
	if own, ok := spec["crossplane"].(map[string]any); ok {
		spec = own // A composite without a claim keeps what is Crossplane's apart.
	}
	composition, revision := field.Text(spec, "compositionRef", "name"), field.Text(spec, "compositionRevisionRef", "name")
	if last := latest[composition]; revision != last {
		return fmt.Sprintf("is at revision %q of its composition, not %q", revision, last)
	}
	if seen := field.ObservedGeneration(u.Object, "Synced"); seen != u.GetGeneration() {
		return fmt.Sprintf("was last reconciled in generation %d, not %d", seen, u.GetGeneration())
	}
	return ""
}
