package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// parity compares what genops expand shows offline with what Crossplane applied: each object, each field that the function composed. Where
// genops says that a value is simulated, the cluster has to have a real one.
func parity(ctx context.Context, w *world.World) error {
	expanded, err := w.Expand(ctx, w.Git.Dir)
	if err != nil {
		return err
	}
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return err
	}
	var problems []error
	wanted := map[string]bool{}
	for _, e := range expanded {
		wanted[field.Text(e.Resource, "kind")+"/"+field.Text(e.Resource, "metadata", "name")] = true
		live, err := objects.Get(ctx, e.Resource)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s, %s: genops expand shows it, the cluster has none: %w", e.Claim, e.Key, err))
			continue
		}
		for _, difference := range compare(e.Resource, world.Owned(live, world.ComposedManager)) {
			problems = append(problems, fmt.Errorf("%s, %s (%s): %s", e.Claim, e.Key, live.GetKind(), difference))
		}
	}
	managed, err := w.Managed(ctx)
	if err != nil {
		return err
	}
	usages, err := w.List(ctx, "protection.crossplane.io", "v1beta1", "clusterusages")
	if err != nil {
		return err
	}
	for _, u := range append(managed, usages...) {
		if len(u.GetOwnerReferences()) > 0 && !wanted[u.GetKind()+"/"+u.GetName()] {
			problems = append(problems, fmt.Errorf("%s %s is in the cluster, and genops expand does not show it", u.GetKind(), u.GetName()))
		}
	}
	if len(problems) == 0 {
		w.Say("%d composed resources are as genops expand says", len(expanded))
	}
	return first(problems)
}

// first joins the first few errors.
func first(problems []error) error {
	const most = 8
	if len(problems) > most {
		problems = append(problems[:most:most], fmt.Errorf("and %d more", len(problems)-most))
	}
	return errors.Join(problems...)
}

// simulated is the annotation that names simulated fields.
const simulated = "genops.dev/simulated"

// compare lists the fields in which an expanded resource and what was applied differ.
func compare(expanded, applied map[string]any) []string {
	expanded = clone(expanded)
	metadata, _ := expanded["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	var invented []string
	if text, ok := annotations[simulated].(string); ok {
		invented = strings.Split(text, ", ")
		delete(annotations, simulated)
	}
	var differences []string
	for _, part := range []string{"spec", "data", "type"} {
		diff(part, expanded[part], applied[part], &differences)
	}
	appliedMetadata, _ := applied["metadata"].(map[string]any)
	for _, part := range []string{"labels", "annotations"} {
		has, _ := appliedMetadata[part].(map[string]any)
		has = clone(has)
		for key := range has {
			// Crossplane's own, on every composed resource.
			if strings.HasPrefix(key, "crossplane.io/") && key != "crossplane.io/external-name" {
				delete(has, key)
			}
		}
		wants, _ := metadata[part].(map[string]any)
		diff("metadata."+part, wants, has, &differences)
	}
	return slices.DeleteFunc(differences, func(difference string) bool {
		path, rest, _ := strings.Cut(difference, ": ")
		known := slices.ContainsFunc(invented, func(field string) bool { return path == field || strings.HasPrefix(path, field+".") })
		return known && !strings.HasPrefix(rest, "applied nothing")
	})
}

// diff walks maps; everything else has to be equal as JSON. What is empty on one side may be missing on the other.
func diff(path string, expanded, applied any, differences *[]string) {
	a, aIs := expanded.(map[string]any)
	b, bIs := applied.(map[string]any)
	if (aIs || expanded == nil) && (bIs || applied == nil) {
		for _, key := range keys(a, b) {
			diff(path+"."+key, a[key], b[key], differences)
		}
		return
	}
	if !reflect.DeepEqual(normal(expanded), normal(applied)) {
		*differences = append(*differences, fmt.Sprintf("%s: applied %s, expand shows %s", path, show(applied), show(expanded)))
	}
}

func keys(maps ...map[string]any) []string {
	var all []string
	for _, m := range maps {
		for key := range m {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func normal(value any) any {
	text, err := json.Marshal(value)
	var back any
	if err != nil || json.Unmarshal(text, &back) != nil {
		return value
	}
	return back
}

func clone(object map[string]any) map[string]any {
	copied, _ := normal(object).(map[string]any)
	if copied == nil {
		return map[string]any{}
	}
	return copied
}

func show(value any) string {
	if value == nil {
		return "nothing"
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return world.Shorten(string(text))
}
