package scenarios

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
			if _, err := c.Client.CoreV1().Pods("default").Create(ctx, pending(arch), metav1.CreateOptions{}); err != nil {
				return fmt.Errorf("pod on %s: %w", name, err)
			}
		}
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	for name, c := range clusters {
		for _, arch := range []string{"amd64", "arm64"} {
			err := process.Until(ctx, "a "+arch+" pod on "+name, limit, func(ctx context.Context) error { return runsOn(ctx, c, arch) })
			if err != nil {
				return err
			}
		}
		w.Say("%s: pods of both architectures run on nodes of their pools", name)
	}
	for name, c := range clusters {
		for _, arch := range []string{"amd64", "arm64"} {
			if err := c.Client.CoreV1().Pods("default").Delete(ctx, "e2e-"+arch, metav1.DeleteOptions{}); err != nil {
				return fmt.Errorf("pod on %s: %w", name, err)
			}
		}
	}
	return nil
}

func pending(arch string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "e2e-" + arch},
		Spec: corev1.PodSpec{
			NodeSelector: map[string]string{corev1.LabelArchStable: arch},
			Containers: []corev1.Container{{Name: "app", Image: "registry.k8s.io/pause:3.10", Resources: corev1.ResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("256Mi")},
			}}},
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
			if status, message := world.Condition(u.Object, "Ready"); status != "True" {
				problems = append(problems, fmt.Errorf("%s: %s %s is not ready: %s", c.Name, u.GetKind(), u.GetName(), message))
			}
		}
	}
	return errors.Join(problems...)
}

// runsOn checks that the pod runs on a node of its architecture which Karpenter launched from a pool that asks for that architecture.
func runsOn(ctx context.Context, c *world.Workload, arch string) error {
	pod, err := c.Client.CoreV1().Pods("default").Get(ctx, "e2e-"+arch, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("pod: %w", err)
	}
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
		if world.Text(claim.Object, "status", "providerID") != node.Spec.ProviderID {
			continue
		}
		if status, message := world.Condition(claim.Object, "Launched"); status != "True" {
			return fmt.Errorf("NodeClaim %s: %s", claim.GetName(), message)
		}
		if pool := claim.GetLabels()["karpenter.sh/nodepool"]; pool != arch {
			return fmt.Errorf("NodeClaim %s comes from the pool %s", claim.GetName(), pool)
		}
		return nil
	}
	return fmt.Errorf("node %s has no NodeClaim", node.Name)
}
