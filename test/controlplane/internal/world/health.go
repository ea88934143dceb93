package world

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// Unhealthy lists what is not as it has to be.
func (w *World) Unhealthy(ctx context.Context) ([]string, error) {
	wanted, err := w.WantedApplications()
	if err != nil {
		return nil, err
	}
	return w.UnhealthyOf(ctx, wanted)
}

// UnhealthyOf does the same for those who know which Applications have to come.
func (w *World) UnhealthyOf(ctx context.Context, wanted []string) ([]string, error) {
	var problems []string
	applications, err := w.List(ctx, "argoproj.io", "v1alpha1", "applications")
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, a := range applications {
		names[a.GetName()] = true
		sync := cmp.Or(field.Text(a.Object, "status", "sync", "status"), "Unknown")
		health := cmp.Or(field.Text(a.Object, "status", "health", "status"), "Unknown")
		if a.GetDeletionTimestamp() != nil {
			problems = append(problems, fmt.Sprintf("Application %s is being deleted: %s", a.GetName(), Shorten(Operation(a.Object))))
		}
		if sync != "Synced" || health != "Healthy" {
			said := fmt.Sprintf("Application %s: %s, %s: %s", a.GetName(), sync, health, Shorten(Operation(a.Object)))
			problems = append(problems, strings.TrimSuffix(said, ": "))
		}
	}
	for _, name := range wanted {
		if !names[name] {
			problems = append(problems, "Application "+name+missing)
		}
	}
	claims, err := w.Claims(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range claims {
		for _, condition := range []string{"Synced", "Ready"} {
			if status, message := field.Condition(c.Object, condition); status != "True" {
				if state, why := field.Condition(c.Object, "InfrastructureReady"); state == "False" {
					message = why // What it waits for; Crossplane only says that it does.
				}
				problems = append(problems, fmt.Sprintf("%s %s/%s: %s=%s: %s", c.GetKind(), c.GetNamespace(), c.GetName(), condition, status, Shorten(message)))
			}
		}
	}
	for name, c := range w.Workloads() {
		for _, problem := range c.Controllers.Problems() {
			problems = append(problems, name+": "+problem)
		}
	}
	for _, plural := range []string{"functions", "providers"} {
		packages, err := w.List(ctx, "pkg.crossplane.io", "v1", plural)
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			for _, condition := range []string{"Installed", "Healthy"} {
				if status, message := field.Condition(p.Object, condition); status != "True" {
					problems = append(problems, fmt.Sprintf("%s %s: %s=%s: %s", p.GetKind(), p.GetName(), condition, status, Shorten(message)))
				}
			}
		}
	}
	// What others wait for comes first: an Application waits for claims and packages, and one that is not there for all of them.
	slices.SortFunc(problems, func(a, b string) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a, b)) })
	return problems, nil
}

// Synced checks that every Application that reads Git has seen a commit.
func (w *World) Synced(ctx context.Context, commit string) error {
	applications, err := w.List(ctx, "argoproj.io", "v1alpha1", "applications")
	if err != nil {
		return err
	}
	for _, a := range applications {
		if field.Text(a.Object, "spec", "source", "path") == "" {
			continue
		}
		if revision := field.Text(a.Object, "status", "sync", "revision"); revision != commit {
			return fmt.Errorf("application %s is at %.7s", a.GetName(), revision)
		}
	}
	return nil
}

// rank says how far a problem is from a cause.
func rank(problem string) int {
	switch {
	case strings.HasSuffix(problem, missing):
		return 2 //nolint:mnd // The last of three.
	case strings.HasPrefix(problem, "Application "):
		return 1
	default:
		return 0
	}
}

// missing ends what is said of an Application that is not there.
const missing = ": is not there"

// Operation is what Argo CD says of an Application: why it cannot compare it, which object its last sync failed on, or which one differs.
func Operation(application map[string]any) string {
	conditions, _, _ := unstructured.NestedSlice(application, "status", "conditions")
	for _, c := range conditions {
		if fields, ok := c.(map[string]any); ok && strings.HasSuffix(field.Text(fields, "type"), "Error") {
			message := field.Text(fields, "message")
			return message[max(0, len(message)-reasonLength):] // The cause is what comes last.
		}
	}
	resources, _, _ := unstructured.NestedSlice(application, "status", "operationState", "syncResult", "resources")
	for _, r := range resources {
		fields, ok := r.(map[string]any)
		if ok && (fields["status"] == "SyncFailed" || fields["hookPhase"] == "Failed") {
			return field.Text(fields, "kind") + " " + field.Text(fields, "name") + ": " + field.Text(fields, "message")
		}
	}
	different, _, _ := unstructured.NestedSlice(application, "status", "resources")
	for _, r := range different {
		if fields, ok := r.(map[string]any); ok && fields["status"] == "OutOfSync" {
			return field.Text(fields, "kind") + " " + field.Text(fields, "name") + " is not as in Git"
		}
	}
	return field.Text(application, "status", "operationState", "message")
}

// reasonLength is how much of a message is shown.
const reasonLength = 160

// WantedApplications are the Applications that have to come: of root, of each environment, and of each workload cluster.
func (w *World) WantedApplications() ([]string, error) {
	rendered, err := w.Rendered()
	if err != nil {
		return nil, err
	}
	var names []string
	var clusters, sets []map[string]any
	folders := map[string]bool{}
	for path, object := range rendered {
		parts := strings.Split(path, string(filepath.Separator))
		switch {
		case field.Text(object, "kind") == "Application":
			names = append(names, field.Text(object, "metadata", "name"))
		case field.Text(object, "kind") == "ClusterRegistration":
			clusters = append(clusters, object)
		case field.Text(object, "kind") == "ApplicationSet" && len(Charts(object, "spec", "template", "spec")) > 0:
			sets = append(sets, object)
		case len(parts) > 2 && parts[1] == "cluster":
			folders[parts[0]+"-"+parts[2]] = true
		case len(parts) == 3 && parts[1] == "claims":
			folders["claims-"+parts[0]] = true
		}
	}
	for _, cluster := range clusters {
		labels, _, _ := unstructured.NestedStringMap(cluster, "spec", "labels")
		if metrics, _, _ := unstructured.NestedBool(cluster, "spec", "metrics"); metrics {
			labels["genops.dev/metrics"] = "" // Its value comes once AWS has given it.
		}
		for _, set := range sets {
			if selected(set, labels) {
				names = append(names, field.Text(cluster, "metadata", "name")+"-"+field.Text(set, "metadata", "name"))
			}
		}
	}
	for name := range folders {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// selected tells whether an ApplicationSet is for a cluster with these labels: sets select by labels that are there.
func selected(set map[string]any, labels map[string]string) bool {
	generators, _, _ := unstructured.NestedSlice(set, "spec", "generators")
	for _, g := range generators {
		fields, _ := g.(map[string]any)
		expressions, _, _ := unstructured.NestedSlice(fields, "clusters", "selector", "matchExpressions")
		for _, e := range expressions {
			expression, _ := e.(map[string]any)
			if _, there := labels[field.Text(expression, "key")]; !there {
				return false
			}
		}
	}
	return true
}

// Shorten is the first line of a text, cut where it is longer than what is shown.
func Shorten(text string) string {
	const most = reasonLength
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}
