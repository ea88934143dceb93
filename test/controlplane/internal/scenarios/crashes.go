package scenarios

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// crash is the end of a controller at a point of the first day at which it has something to do.
type crash struct {
	what string
	// when is the point, and is tells why it is not reached yet.
	when string
	is   func(context.Context, *world.World) error
	kill func(context.Context, *world.World) error
}

// crashes are those of the first day, in its order. composed is how many resources claims become in the end; the pods that are killed and their
// restarts until then are noted in before.
func crashes(composed int, before map[types.UID]int32) []crash {
	pod := func(namespace, label string) func(context.Context, *world.World) error {
		return func(ctx context.Context, w *world.World) error { return killPods(ctx, w, namespace, label, before) }
	}
	argocd := func(name string) func(context.Context, *world.World) error {
		return pod("argocd", "app.kubernetes.io/name="+name)
	}
	program := func(name string) func(context.Context, *world.World) error {
		return func(ctx context.Context, w *world.World) error { return w.Restart(ctx, w.Hub.Name+"-"+name) }
	}
	const half, third, quarter = 2, 3, 4
	return []crash{
		{"Redis of Argo CD", "root is being synced", rootSyncs, argocd("argocd-redis")},
		{"Argo CD's repo server", "the Application crossplane is there", exists("argoproj.io", "v1alpha1", "applications", "crossplane"), argocd("argocd-repo-server")},
		{"Argo CD's application controller", "the Deployment of Crossplane is there", deployed("crossplane-system", "crossplane"), argocd("argocd-application-controller")},
		{"the scheduler", "the first provider is installed", packages("Installed", 0), program("kube-scheduler")},
		{"Crossplane's RBAC manager", "the first provider is healthy", packages("Healthy", 0), pod("crossplane-system", "app=crossplane-rbac-manager")},
		{"the controller manager", "a quarter of the providers are healthy", packages("Healthy", quarter), program("kube-controller-manager")},
		{"Crossplane", "half of the providers are healthy", packages("Healthy", half), pod("crossplane-system", "app=crossplane")},
		{"Argo CD's ApplicationSet controller", "the ApplicationSet of claims is there", exists("argoproj.io", "v1alpha1", "applicationsets", "claims"), argocd("argocd-applicationset-controller")},
		{"the function", "the first resource is composed", resources(0, composed, isComposed), pod("crossplane-system", "pkg.crossplane.io/function")},
		{"the provider", "the first composed resource is ready", resources(0, composed, isReady), restartProvider},
		{"the API server", "a quarter of the composed resources are ready", resources(quarter, composed, isReady), program("kube-apiserver")},
		{"the old version of the function", "a third of the composed resources are ready", resources(third, composed, isReady), replaceFunction},
		{"etcd", "the first workload cluster is up", clusterUp, func(ctx context.Context, w *world.World) error { return w.Restart(ctx, "etcd") }},
		{"Argo CD's server", "Argo CD knows the first workload cluster", clusterKnown, argocd("argocd-server")},
		{"Karpenter", "Karpenter runs in a workload cluster", karpenterRuns, killKarpenter},
		{"the controllers of workload clusters", "the first node pool is ready", poolReady, restartControllers},
	}
}

// killPods kills the containers of the pods that a label selects.
func killPods(ctx context.Context, w *world.World, namespace, label string, before map[types.UID]int32) error {
	const limit = time.Minute
	return process.Until(ctx, label+" to run", limit, func(ctx context.Context) error {
		pods, err := w.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: label})
		if err != nil {
			return fmt.Errorf("pods of %s: %w", namespace, err)
		}
		killed := 0
		for _, p := range pods.Items {
			count := w.Kubelet.Kill(p.Name)
			if count > 0 && len(p.Status.ContainerStatuses) > 0 {
				before[p.UID] = p.Status.ContainerStatuses[0].RestartCount
			}
			killed += count
		}
		if killed == 0 {
			return errors.New("no such pod has processes")
		}
		return nil
	})
}

// restartProvider ends the provider and starts the next one.
func restartProvider(ctx context.Context, w *world.World) error {
	start := w.StopProvider()
	if err := moment(ctx, "the provider is away"); err != nil {
		return errors.Join(err, start(ctx))
	}
	return start(ctx)
}

// killKarpenter kills the one process that all replicas of Karpenter share: the others are available before it is.
func killKarpenter(ctx context.Context, w *world.World) error {
	const limit = time.Minute
	return process.Until(ctx, "Karpenter to run", limit, func(context.Context) error {
		for _, c := range w.Workloads() {
			if c.Kubelet.Kill("karpenter-") > 0 {
				return nil
			}
		}
		return errors.New("no workload cluster has its process")
	})
}

func restartControllers(ctx context.Context, w *world.World) error {
	for _, c := range w.Workloads() {
		c.StopControllers()
		c.StartControllers(ctx)
	}
	return nil
}

func rootSyncs(ctx context.Context, w *world.World) error {
	root, err := w.Application(ctx, "root")
	if err != nil {
		return err
	}
	if root == nil || field.Text(root.Object, "status", "operationState", "phase") == "" {
		return errors.New("no sync has begun")
	}
	return nil
}

func exists(group, version, plural, name string) func(context.Context, *world.World) error {
	return func(ctx context.Context, w *world.World) error {
		found, err := w.List(ctx, group, version, plural)
		if err != nil {
			return err
		}
		for _, u := range found {
			if u.GetName() == name {
				return nil
			}
		}
		return fmt.Errorf("%d %s, none of them %s", len(found), plural, name)
	}
}

func deployed(namespace, name string) func(context.Context, *world.World) error {
	return func(ctx context.Context, w *world.World) error {
		if _, err := w.Client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{}); err != nil {
			return fmt.Errorf("deployment: %w", err)
		}
		return nil
	}
}

// packages is reached when a part of the providers have a condition: the part is one of so many, or a single one if part is zero.
func packages(condition string, part int) func(context.Context, *world.World) error {
	return func(ctx context.Context, w *world.World) error {
		all, err := w.List(ctx, "pkg.crossplane.io", "v1", "providers")
		if err != nil {
			return err
		}
		has := 0
		for _, p := range all {
			if status, _ := field.Condition(p.Object, condition); status == "True" {
				has++
			}
		}
		if has == 0 || has*part < len(all) && part > 0 {
			return fmt.Errorf("%d of %d providers are %s", has, len(all), condition)
		}
		return nil
	}
}

func isComposed(u unstructured.Unstructured) bool { return len(u.GetOwnerReferences()) > 0 }

func isReady(u unstructured.Unstructured) bool { return isComposed(u) && field.IsReady(u.Object) }

// resources is reached when a part of the composed resources are as wanted, in the same way.
func resources(part, composed int, wanted func(unstructured.Unstructured) bool) func(context.Context, *world.World) error {
	return func(ctx context.Context, w *world.World) error {
		all, err := w.Managed(ctx)
		if err != nil {
			return err
		}
		has := 0
		for _, u := range all {
			if wanted(u) {
				has++
			}
		}
		if has == 0 || has*part < composed && part > 0 {
			// A look at everything is work for the API server.
			const rest = time.Second
			time.Sleep(rest)
			return fmt.Errorf("%d of %d", has, composed)
		}
		return nil
	}
}

func clusterUp(_ context.Context, w *world.World) error {
	if len(w.Workloads()) == 0 {
		return errors.New("EKS has no cluster")
	}
	return nil
}

func clusterKnown(ctx context.Context, w *world.World) error {
	secrets, err := clusterSecrets(ctx, w)
	if err == nil && len(secrets) == 0 {
		err = errors.New("there is no Secret of a cluster")
	}
	return err
}

func karpenterRuns(ctx context.Context, w *world.World) error {
	for _, c := range w.Workloads() {
		found, err := c.Client.AppsV1().Deployments("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("deployments of %s: %w", c.Name, err)
		}
		for _, d := range found.Items {
			if strings.HasPrefix(d.Name, "karpenter") && d.Status.AvailableReplicas > 0 {
				return nil
			}
		}
	}
	return errors.New("no workload cluster has an available Karpenter")
}

func poolReady(ctx context.Context, w *world.World) error {
	for _, c := range w.Workloads() {
		pools, err := c.List(ctx, "karpenter.sh", "v1", "nodepools")
		if err != nil {
			return err
		}
		for _, p := range pools {
			if status, _ := field.Condition(p.Object, "Ready"); status == "True" {
				return nil
			}
		}
	}
	return errors.New("no node pool is ready")
}
