package scenarios

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// scaleSabotages are what the scenario about scale has to notice.
func scaleSabotages() []sabotage {
	const limit = 90 * time.Second
	return []sabotage{
		{
			what: "the function crashes again and again", at: "change", do: crashingFunction, limit: limit,
			says: []string{"Function genops-v0-1-0: Healthy=False", "function package deployment"},
		},
		{
			what: "the application controller has a memory limit that is too small", do: smallController, limit: limit,
			says: []string{"argocd-application-controller", "more than its limit of 64 MiB: it would be killed"},
		},
		{
			what: "AWS never makes the VPC of one environment available", at: "change", limit: limit,
			do: func(_ context.Context, w *world.World) (func(context.Context) error, error) {
				remove := w.AWS.Inject(awsstandin.Fault{Kind: "VPC", Name: `scale-01\..*`, Mode: awsstandin.NeverReady})
				return func(context.Context) error { remove(); return nil }, nil
			},
			says: []string{"Network env-scale-01/scale-01", "Ready=False", "1 of 1 VPC"},
		},
	}
}

// crashingFunction kills the function whenever it runs.
func crashingFunction(ctx context.Context, w *world.World) (func(context.Context) error, error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			for _, u := range w.Group.Usages() {
				if strings.HasPrefix(u.Name, "hub-genops-") {
					_ = syscall.Kill(-u.PID, syscall.SIGKILL)
				}
			}
			wait(ctx, 100*time.Millisecond) //nolint:mnd // Before it listens.
		}
	}()
	return func(context.Context) error { cancel(); <-ended; return nil }, nil
}

// smallController gives the application controller a limit, and waits for the pod that has it.
func smallController(ctx context.Context, w *world.World) (func(context.Context) error, error) {
	const name, container = "argocd-application-controller", "argocd-application-controller"
	sets := w.Client.AppsV1().StatefulSets("argocd")
	before, err := sets.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("stateful set: %w", err)
	}
	stated := before.Spec.Template.Spec.Containers[0].Resources
	set := func(ctx context.Context, request, limit string) error {
		patch := fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":%q,"resources":{"requests":{"memory":%q},"limits":{"memory":%q}}}]}}}}`,
			container, request, limit)
		changed, err := sets.Patch(ctx, name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
		if err != nil {
			return fmt.Errorf("stateful set: %w", err)
		}
		return process.Until(ctx, "the new "+name, w.Limit, func(ctx context.Context) error {
			now, err := sets.Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return fmt.Errorf("stateful set: %w", err)
			}
			if now.Status.ObservedGeneration < changed.Generation || now.Status.UpdatedReplicas < *now.Spec.Replicas ||
				now.Status.ReadyReplicas < *now.Spec.Replicas {
				return fmt.Errorf("%d of %d pods are new", now.Status.UpdatedReplicas, *now.Spec.Replicas)
			}
			return nil
		})
	}
	undo := func(ctx context.Context) error {
		return set(ctx, stated.Requests.Memory().String(), stated.Limits.Memory().String())
	}
	return undo, set(ctx, "64Mi", "64Mi")
}
