package scenarios

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// everything checks each claim that is rendered, and each service with what it needs: pods, autoscaler, database, address.
func everything(ctx context.Context, w *world.World) error {
	rendered, err := w.Rendered()
	if err != nil {
		return err
	}
	var last error
	err = process.Until(ctx, "everything of the seed", w.Limit, func(ctx context.Context) error {
		claims, claimsErr := claimsReady(ctx, w, rendered)
		services, servicesErr := servicesWork(ctx, w, rendered)
		if last = errors.Join(claimsErr, servicesErr); last == nil {
			w.Say("%s; %s", claims, services)
		}
		return last
	})
	return err
}

// claimsReady checks that each rendered claim is there and ready, and that the whole platform has a claim of each kind.
func claimsReady(ctx context.Context, w *world.World, rendered map[string]map[string]any) (string, error) {
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return "", err
	}
	var problems []error
	count, kinds := 0, map[string]bool{}
	for path, object := range rendered {
		if parts := strings.Split(path, string(filepath.Separator)); len(parts) != 3 || parts[1] != "claims" || field.Text(object, "kind") == "Usage" {
			continue
		}
		count++
		kinds[field.Text(object, "kind")] = true
		live, err := objects.Get(ctx, object)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", path, err))
			continue
		}
		for _, condition := range []string{"Synced", "Ready", "InfrastructureReady"} {
			if status, message := field.Condition(live.Object, condition); status != "True" {
				problems = append(problems, fmt.Errorf("%s of %s: %s=%s: %s", live.GetKind(), live.GetName(), condition, status, message))
			}
		}
	}
	if len(w.Environments) == 0 {
		for path, object := range rendered {
			kind := field.Text(object, "spec", "claimNames", "kind")
			if kind != "" && !kinds[kind] {
				problems = append(problems, fmt.Errorf("%s defines %s, and no environment has such a claim", path, kind))
			}
		}
	}
	return fmt.Sprintf("%d claims of %d kinds are ready", count, len(kinds)), first(problems)
}

// servicesWork checks what is rendered for services in each workload cluster.
func servicesWork(ctx context.Context, w *world.World, rendered map[string]map[string]any) (string, error) {
	var problems []error
	count := map[string]int{}
	for _, c := range w.Workloads() {
		objects, err := world.NewObjects(c.Admin)
		if err != nil {
			return "", err
		}
		for path, object := range rendered {
			if !inCluster(path, c, rendered) || !strings.Contains(path, string(filepath.Separator)+"workloads"+string(filepath.Separator)) {
				continue
			}
			live, err := objects.Get(ctx, object)
			if err == nil {
				err = serves(ctx, w, c, live)
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %s %s/%s: %w", c.Name, field.Text(object, "kind"),
					field.Text(object, "metadata", "namespace"), field.Text(object, "metadata", "name"), err))
			}
			count[field.Text(object, "kind")]++
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return fmt.Sprintf("%d services run, %d have an address, %d the Secret of their database", count["Deployment"], count["Ingress"],
		count["ExternalSecret"]), first(problems)
}

// serves checks one object of a service.
func serves(ctx context.Context, w *world.World, c *world.Workload, live *unstructured.Unstructured) error {
	switch live.GetKind() {
	case "Deployment":
		return runs(ctx, c, live)
	case "HorizontalPodAutoscaler":
		if status, message := field.Condition(live.Object, "ScalingActive"); status != "True" {
			return fmt.Errorf("ScalingActive=%s: %s", status, message)
		}
	case "Ingress":
		if addresses, _, _ := unstructured.NestedSlice(live.Object, "status", "loadBalancer", "ingress"); len(addresses) == 0 {
			return errors.New("it has no address: " + strings.Join(c.Controllers.Problems(), "; "))
		}
	case "ExternalSecret":
		return databaseKnown(ctx, w, c, live)
	}
	return nil
}

// runs checks the pods of a Deployment: as many as are wanted, of what is wanted now.
func runs(ctx context.Context, c *world.Workload, live *unstructured.Unstructured) error {
	d, err := c.Client.AppsV1().Deployments(live.GetNamespace()).Get(ctx, live.GetName(), metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("deployment: %w", err)
	}
	if d.Status.UpdatedReplicas == *d.Spec.Replicas && d.Status.AvailableReplicas == *d.Spec.Replicas && d.Status.ObservedGeneration == d.Generation {
		return nil
	}
	said := fmt.Errorf("%d of %d pods are available", d.Status.AvailableReplicas, *d.Spec.Replicas)
	pods, err := c.Client.CoreV1().Pods(d.Namespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(d.Spec.Selector)})
	if err != nil {
		return fmt.Errorf("pods: %w", err)
	}
	for _, p := range pods.Items {
		for _, s := range p.Status.ContainerStatuses {
			if s.State.Waiting != nil {
				return fmt.Errorf("%w: %s: %s", said, s.State.Waiting.Reason, s.State.Waiting.Message)
			}
		}
		if p.Status.Phase == corev1.PodPending {
			said = fmt.Errorf("%w: pod %s is pending", said, p.Name)
		}
	}
	return said
}

// databaseKnown checks that an ExternalSecret became a Secret with the host of the database that AWS has.
func databaseKnown(ctx context.Context, w *world.World, c *world.Workload, live *unstructured.Unstructured) error {
	if status, message := field.Condition(live.Object, "Ready"); status != "True" {
		return fmt.Errorf("Ready=%s: %s", status, message)
	}
	name := field.Text(live.Object, "spec", "target", "name")
	secret, err := c.Client.CoreV1().Secrets(live.GetNamespace()).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("its Secret: %w", err)
	}
	host := string(secret.Data["DATABASE_HOST"])
	databases, err := w.Dynamic.Resource(schema.GroupVersionResource{Group: "rds.aws.upbound.io", Version: "v1beta2", Resource: "clusters"}).
		List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("databases: %w", err)
	}
	for _, d := range databases.Items {
		if c.EKS.AccountOf(ctx, d.Object) == c.EKS.Account && field.Text(d.Object, "status", "atProvider", "endpoint") == host && host != "" {
			if len(secret.Data["DATABASE_PASSWORD"]) == 0 {
				return errors.New("its Secret has no DATABASE_PASSWORD")
			}
			return nil
		}
	}
	return fmt.Errorf("its Secret says DATABASE_HOST=%s, and account %s has no database there", host, c.EKS.Account)
}

// seedSabotages take away what services need.
func seedSabotages() []sabotage {
	return []sabotage{
		{
			what: "a VPC turns unready", says: []string{"Network of ", "InfrastructureReady=False", "vpc"},
			do: turnsUnready("Network", awsstandin.Fault{Kind: "VPC", Mode: awsstandin.NeverReady}),
		},
		{
			what: "the image of a service cannot be pulled any more", says: []string{"Deployment ", "ImagePullBackOff", "manifest unknown"},
			do: func(ctx context.Context, w *world.World) (func(context.Context) error, error) {
				for _, c := range w.Workloads() {
					image := "nginx-unprivileged"
					if strings.HasPrefix(c.Name, "innovate-") {
						image = "/api:"
					}
					back := c.Kubelet.Refuse(image, "manifest unknown")
					return func(ctx context.Context) error { back(); return c.Kubelet.Evict(ctx, image) }, c.Kubelet.Evict(ctx, image)
				}
				return nil, errors.New("there is no workload cluster")
			},
		},
		{
			what: "the databases turn unready", says: []string{"ExternalSecret api/database", "Database of ", "InfrastructureReady=False"},
			do: turnsUnready("Database", awsstandin.Fault{Kind: "rds.aws.upbound.io/Cluster", Mode: awsstandin.NeverReady}),
		},
	}
}

// turnsUnready lets AWS misbehave until claims of a kind say so.
func turnsUnready(kind string, fault awsstandin.Fault) func(context.Context, *world.World) (func(context.Context) error, error) {
	return func(ctx context.Context, w *world.World) (func(context.Context) error, error) {
		back := undo(w.AWS.Inject(fault))
		return back, process.Until(ctx, "a claim "+kind+" to be unready", w.Limit, func(ctx context.Context) error {
			claims, err := w.Claims(ctx)
			if err != nil {
				return err
			}
			for _, c := range claims {
				if status, _ := field.Condition(c.Object, "InfrastructureReady"); c.GetKind() == kind && status == "False" {
					return nil
				}
			}
			return errors.New("all are ready")
		})
	}
}

// undo makes what takes a fault away fit sabotages.
func undo(remove func()) func(context.Context) error {
	return func(context.Context) error { remove(); return nil }
}
