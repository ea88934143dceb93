package scenarios

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// firstDay does what bootstrap/README.md says, and waits until everything is healthy.
func firstDay(ctx context.Context, w *world.World) error {
	if err := w.Bootstrap(ctx); err != nil {
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
		if field.Text(e.Object, "type") == "Warning" && composesThings(kind) && strings.Contains(message, "cannot apply") && !notYetAllowed(message) {
			problems = append(problems, fmt.Errorf("%s %s: %s", kind, field.Text(e.Object, "involvedObject", "name"), message))
		}
	}
	found, err := notReady(ctx, w)
	if err != nil {
		return err
	}
	return first(append(problems, found...))
}

// notReady are the composed managed resources that are not ready.
func notReady(ctx context.Context, w *world.World) ([]error, error) {
	managed, err := w.Managed(ctx)
	if err != nil {
		return nil, err
	}
	var problems []error
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
	return problems, nil
}

// notYetAllowed is what a composite says between the moment a provider's kinds exist and the one when the API server knows that Crossplane
// may write them: its RBAC manager writes a role for each provider, which is aggregated later. Crossplane tries again; where it stays
// forbidden, the claim never gets ready. Refusals of policies read differently ("is forbidden: ValidatingAdmissionPolicy").
func notYetAllowed(message string) bool {
	return strings.Contains(message, `is forbidden: User "system:serviceaccount:crossplane-system:crossplane" cannot `)
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
	var problems []error
	counts := map[string]int{}
	err := eachDelivered(ctx, w, func(c *world.Workload, path string, _ *unstructured.Unstructured, err error) error {
		counts[c.Name]++
		if err != nil {
			problems = append(problems, fmt.Errorf("%s lacks %s: %w", c.Name, path, err))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for name, c := range w.Workloads() {
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
		if counts[name] == 0 || len(deployments.Items) == 0 {
			problems = append(problems, fmt.Errorf("%s has %d rendered objects and %d add-ons", name, counts[name], len(deployments.Items)))
		}
	}
	return errors.Join(problems...)
}

// settle waits until everything has followed the last commit and is healthy.
func settle(ctx context.Context, w *world.World) error {
	compared := &comparisons{}
	return telling(ctx, w, "everything to become healthy", func(ctx context.Context) ([]string, error) {
		behind, err := w.Behind(ctx) // First: what follows may become unhealthy by it.
		if err != nil {
			return nil, err
		}
		problems, err := w.Unhealthy(ctx)
		if err == nil {
			err = compared.refresh(ctx, w, problems)
		}
		if err != nil || len(problems) > 0 {
			return problems, err
		}
		return behind, nil
	})
}

// telling waits until there are no problems any more, and says now and then which there are.
func telling(ctx context.Context, w *world.World, what string, look func(context.Context) ([]string, error)) error {
	last := time.Now()
	lastText := ""
	return process.Until(ctx, what, w.Limit, func(ctx context.Context) error {
		problems, err := look(ctx)
		if err != nil || len(problems) == 0 {
			return err
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

// atTheEnd waits for the end state of a scenario, and says now and then what is not as it has to be.
func atTheEnd(ctx context.Context, w *world.World, is func(context.Context) error) error {
	return telling(ctx, w, "the end state", func(ctx context.Context) ([]string, error) {
		if err := is(ctx); err != nil {
			return strings.Split(err.Error(), "\n"), nil
		}
		return nil, nil
	})
}

func shortened(problems []string) []string {
	all := make([]string, 0, len(problems))
	for _, p := range problems {
		all = append(all, world.Shorten(p))
	}
	return all
}
