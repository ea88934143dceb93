package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// architectures runs a pod of each architecture on each workload cluster.
func architectures(ctx context.Context, w *world.World) error {
	var problems []error
	clusters := w.Workloads()
	if len(clusters) == 0 {
		return errors.New("there is no workload cluster")
	}
	for name, c := range clusters {
		problems = append(problems, poolsReady(ctx, c))
		for _, arch := range []string{"amd64", "arm64"} {
			if _, err := c.Client.AppsV1().Deployments("default").Create(ctx, deployment(arch), metav1.CreateOptions{}); err != nil {
				return fmt.Errorf("deployment on %s: %w", name, err)
			}
		}
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	for name, c := range clusters {
		for _, arch := range []string{"amd64", "arm64"} {
			err := process.Until(ctx, "a "+arch+" pod on "+name, w.Limit, func(ctx context.Context) error { return runsOn(ctx, c, "default", "app=e2e-"+arch, arch) })
			if err != nil {
				return err
			}
		}
		w.Say("%s: pods of both architectures run on nodes of their pools", name)
		if err := servicesRun(ctx, w, c); err != nil {
			return err
		}
	}
	for name, c := range clusters {
		for _, arch := range []string{"amd64", "arm64"} {
			if err := c.Client.AppsV1().Deployments("default").Delete(ctx, "e2e-"+arch, metav1.DeleteOptions{}); err != nil {
				return fmt.Errorf("deployment on %s: %w", name, err)
			}
		}
	}
	return nil
}

// deployment has one pod that asks for an architecture. It is no bare pod: the controller manager may see the pod on the new node before it
// sees that Karpenter has taken its taint away, and evicts it then.
func deployment(arch string) *appsv1.Deployment {
	labels := map[string]string{"app": "e2e-" + arch}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "e2e-" + arch},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
				NodeSelector: map[string]string{corev1.LabelArchStable: arch},
				Containers: []corev1.Container{{Name: "app", Image: "registry.k8s.io/pause:3.10", Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("256Mi")},
				}}},
			}},
		},
	}
}

// poolsReady checks the node classes and pools that Karpenter has judged.
func poolsReady(ctx context.Context, c *world.Workload) error {
	var problems []error
	for _, kind := range []struct{ group, version, plural string }{{"karpenter.k8s.aws", "v1", "ec2nodeclasses"}, {"karpenter.sh", "v1", "nodepools"}} {
		found, err := c.List(ctx, kind.group, kind.version, kind.plural)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			problems = append(problems, fmt.Errorf("%s has no %s", c.Name, kind.plural))
		}
		for _, u := range found {
			if status, message := field.Condition(u.Object, "Ready"); status != "True" {
				problems = append(problems, fmt.Errorf("%s: %s %s is not ready: %s", c.Name, u.GetKind(), u.GetName(), message))
			}
		}
	}
	return errors.Join(problems...)
}

// servicesRun checks the programs of services that name an architecture, as they are rendered.
func servicesRun(ctx context.Context, w *world.World, c *world.Workload) error {
	deployments, err := c.Client.AppsV1().Deployments("").List(ctx, metav1.ListOptions{LabelSelector: "genops.dev/environment"})
	if err != nil {
		return fmt.Errorf("deployments: %w", err)
	}
	for _, d := range deployments.Items {
		arch, chosen := d.Spec.Template.Spec.NodeSelector[corev1.LabelArchStable]
		if !chosen {
			continue
		}
		selector := metav1.FormatLabelSelector(d.Spec.Selector)
		err := process.Until(ctx, d.Name+" on "+c.Name, w.Limit, func(ctx context.Context) error { return runsOn(ctx, c, d.Namespace, selector, arch) })
		if err != nil {
			return err
		}
		w.Say("%s: the service %s runs on %s", c.Name, d.Name, arch)
	}
	return nil
}

// runsOn checks that pods run on nodes of their architecture which Karpenter launched from a pool that asks for that architecture.
func runsOn(ctx context.Context, c *world.Workload, namespace, selector, arch string) error {
	pods, err := c.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return fmt.Errorf("pods: %w", err)
	}
	living := slices.DeleteFunc(pods.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil })
	if len(living) == 0 {
		return errors.New("there is no pod")
	}
	for _, pod := range living {
		if err := podRunsOn(ctx, c, &pod, arch); err != nil {
			return err
		}
	}
	return nil
}

func podRunsOn(ctx context.Context, c *world.Workload, pod *corev1.Pod, arch string) error {
	if pod.Status.Phase != corev1.PodRunning {
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodScheduled {
				return fmt.Errorf("the pod is %s: %s", pod.Status.Phase, condition.Message)
			}
		}
		return fmt.Errorf("the pod is %s", pod.Status.Phase)
	}
	node, err := c.Client.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if node.Labels[corev1.LabelArchStable] != arch {
		return fmt.Errorf("the pod runs on %s, which is %s", node.Name, node.Labels[corev1.LabelArchStable])
	}
	claims, err := c.List(ctx, "karpenter.sh", "v1", "nodeclaims")
	if err != nil {
		return err
	}
	for _, claim := range claims {
		if field.Text(claim.Object, "status", "providerID") != node.Spec.ProviderID {
			continue
		}
		if status, message := field.Condition(claim.Object, "Launched"); status != "True" {
			return fmt.Errorf("NodeClaim %s: %s", claim.GetName(), message)
		}
		if pool := claim.GetLabels()["karpenter.sh/nodepool"]; pool != arch {
			return fmt.Errorf("NodeClaim %s comes from the pool %s", claim.GetName(), pool)
		}
		return nil
	}
	return fmt.Errorf("node %s has no NodeClaim", node.Name)
}
