package scenarios

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// manager is the field manager that bootstrap/README.md uses for what Argo CD will own.
const manager = "argocd-controller"

// firstDay does what bootstrap/README.md says, and waits until everything is healthy.
func firstDay(ctx context.Context, w *world.World) error {
	w.Say("rendering with mirrors of this machine, and pushing")
	if _, err := w.Publish(ctx); err != nil {
		return err
	}
	w.Say("step 4: applying bootstrap/overlays/eks-pod-identity")
	objects, err := w.Overlay("eks-pod-identity")
	if err != nil {
		return err
	}
	if err := w.Apply(ctx, "kubectl", objects...); err != nil {
		return err
	}
	w.Say("waiting for Argo CD")
	if err := process.Until(ctx, "Argo CD", w.Limit, w.Available("argocd")); err != nil {
		return err
	}
	w.Say("step 6: handing over to Git")
	if err := handOver(ctx, w); err != nil {
		return err
	}
	if err := settle(ctx, w); err != nil {
		return err
	}
	return errors.Join(accepted(ctx, w), registrations(ctx, w), delivered(ctx, w))
}

// accepted checks that neither the API server nor AWS refused anything on the way.
func accepted(ctx context.Context, w *world.World) error {
	var problems []error
	for _, record := range w.AWS.Rejected() {
		problems = append(problems, fmt.Errorf("AWS (stand-in) refused %s %s: %s", record.Kind, record.Name, record.Message))
	}
	events, err := w.List(ctx, "", "v1", "events")
	if err != nil {
		return err
	}
	for _, e := range events {
		kind, message := field.Text(e.Object, "involvedObject", "kind"), field.Text(e.Object, "message")
		if field.Text(e.Object, "type") == "Warning" && composesThings(kind) && strings.Contains(message, "cannot apply") {
			problems = append(problems, fmt.Errorf("%s %s: %s", kind, field.Text(e.Object, "involvedObject", "name"), message))
		}
	}
	managed, err := w.Managed(ctx)
	if err != nil {
		return err
	}
	for _, u := range managed {
		if len(u.GetOwnerReferences()) == 0 {
			continue // A ProviderConfig or its use.
		}
		for _, condition := range []string{"Synced", "Ready"} {
			if status, message := field.Condition(u.Object, condition); status != "True" {
				problems = append(problems, fmt.Errorf("%s %s: %s=%s %s", u.GetKind(), u.GetName(), condition, status, message))
			}
		}
	}
	return first(problems)
}

func composesThings(kind string) bool {
	return strings.HasPrefix(kind, "X") || kind == "ClusterRegistration"
}

// registrations checks that Argo CD knows the cluster of each registration, at the address that EKS gave it.
func registrations(ctx context.Context, w *world.World) error {
	rendered, err := w.Rendered()
	if err != nil {
		return err
	}
	secrets, err := clusterSecrets(ctx, w)
	if err != nil {
		return err
	}
	clusters := w.Workloads()
	var problems []error
	count := 0
	for _, object := range rendered {
		if field.Text(object, "kind") != "ClusterRegistration" {
			continue
		}
		count++
		name := field.Text(object, "spec", "clusterName")
		cluster := clusters[name]
		if cluster == nil {
			problems = append(problems, fmt.Errorf("there is no workload cluster %s", name))
			continue
		}
		if !slices.ContainsFunc(secrets, func(u unstructured.Unstructured) bool {
			return decoded(u, "server") == cluster.URL && decoded(u, "name") == name
		}) {
			problems = append(problems, fmt.Errorf("Argo CD has no Secret for the cluster %s at %s", name, cluster.URL))
		}
	}
	if count != len(secrets) {
		problems = append(problems, fmt.Errorf("there are %d registrations and %d cluster Secrets", count, len(secrets)))
	}
	return errors.Join(problems...)
}

func decoded(secret unstructured.Unstructured, key string) string {
	raw, err := base64.StdEncoding.DecodeString(field.Text(secret.Object, "data", key))
	if err != nil {
		return ""
	}
	return string(raw)
}

// delivered checks that each workload cluster has what is rendered for it, and that its add-ons are available.
func delivered(ctx context.Context, w *world.World) error {
	rendered, err := w.Rendered()
	if err != nil {
		return err
	}
	var problems []error
	for name, c := range w.Workloads() {
		objects, err := world.NewObjects(c.Admin)
		if err != nil {
			return err
		}
		count := 0
		for path, object := range rendered {
			if !inCluster(path, c, rendered) {
				continue
			}
			count++
			if _, err := objects.Get(ctx, object); err != nil {
				problems = append(problems, fmt.Errorf("%s lacks %s: %w", name, path, err))
			}
		}
		deployments, err := c.Client.AppsV1().Deployments("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("deployments of %s: %w", name, err)
		}
		for _, d := range deployments.Items {
			if d.Status.AvailableReplicas < *d.Spec.Replicas {
				problems = append(problems, fmt.Errorf("%s: deployment %s has %d of %d replicas", name, d.Name, d.Status.AvailableReplicas, *d.Spec.Replicas))
			}
		}
		sets, err := c.Client.AppsV1().DaemonSets("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("daemon sets of %s: %w", name, err)
		}
		for _, d := range sets.Items {
			if d.Status.NumberAvailable < d.Status.DesiredNumberScheduled || d.Status.DesiredNumberScheduled == 0 {
				problems = append(problems, fmt.Errorf("%s: daemon set %s has %d of %d pods", name, d.Name, d.Status.NumberAvailable, d.Status.DesiredNumberScheduled))
			}
		}
		if count == 0 || len(deployments.Items) == 0 {
			problems = append(problems, fmt.Errorf("%s has %d rendered objects and %d add-ons", name, count, len(deployments.Items)))
		}
	}
	return errors.Join(problems...)
}

// handOver applies the three objects of step 6, in its order.
func handOver(ctx context.Context, w *world.World) error {
	rendered, err := w.Rendered()
	if err != nil {
		return err
	}
	for _, name := range []string{"configmap-argocd-cm", "appproject-platform", "application-root"} {
		object, ok := rendered[filepath.Join("bootstrap", "argocd", name+".yaml")]
		if !ok {
			return fmt.Errorf("bootstrap/README.md applies %s.yaml, which is not rendered", name)
		}
		if err := w.Apply(ctx, manager, &unstructured.Unstructured{Object: object}); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until everything is healthy, and says now and then what is not.
func settle(ctx context.Context, w *world.World) error {
	last := time.Now()
	lastText := ""
	return process.Until(ctx, "everything to become healthy", w.Limit, func(ctx context.Context) error {
		problems, err := unhealthy(ctx, w)
		if err != nil {
			return err
		}
		if len(problems) == 0 {
			return nil
		}
		const often, most = 10 * time.Second, 12
		text := strings.Join(problems[:min(most, len(problems))], "\n")
		if time.Since(last) > often && text != lastText {
			last, lastText = time.Now(), text
			w.Say("waiting for %d: %s", len(problems), strings.Join(shortened(problems[:min(2, len(problems))]), "; ")) //nolint:mnd // Fits a line.
		}
		return errors.New(text)
	})
}

func shortened(problems []string) []string {
	all := make([]string, 0, len(problems))
	for _, p := range problems {
		all = append(all, shorten(p))
	}
	return all
}

func shorten(text string) string {
	const most = reasonLength
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// unhealthy lists what is not as it has to be.
func unhealthy(ctx context.Context, w *world.World) ([]string, error) {
	var problems []string
	applications, err := w.List(ctx, "argoproj.io", "v1alpha1", "applications")
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, a := range applications {
		names[a.GetName()] = true
		sync, health := field.Text(a.Object, "status", "sync", "status"), field.Text(a.Object, "status", "health", "status")
		if sync != "Synced" || health != "Healthy" {
			problems = append(problems, fmt.Sprintf("Application %s: %s, %s: %s", a.GetName(), sync, health, shorten(operation(a.Object))))
		}
	}
	wanted, err := wantedApplications(w)
	if err != nil {
		return nil, err
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
				problems = append(problems, fmt.Sprintf("%s %s/%s: %s=%s: %s", c.GetKind(), c.GetNamespace(), c.GetName(), condition, status, shorten(message)))
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
					problems = append(problems, fmt.Sprintf("%s %s: %s=%s: %s", p.GetKind(), p.GetName(), condition, status, shorten(message)))
				}
			}
		}
	}
	// What others wait for comes first: an Application waits for claims and packages, and one that is not there for all of them.
	slices.SortFunc(problems, func(a, b string) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a, b)) })
	return problems, nil
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

// operation is what Argo CD says of an Application: why it cannot compare it, which object its last sync failed on, or which one differs.
func operation(application map[string]any) string {
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

// wantedApplications are the Applications that have to come: of root, of each environment, and of each workload cluster.
func wantedApplications(w *world.World) ([]string, error) {
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
		case field.Text(object, "kind") == "ApplicationSet" && len(world.Charts(object, "spec", "template", "spec")) > 0:
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
