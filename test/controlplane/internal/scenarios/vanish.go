package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// missingFor is how long the required resource is missing.
const missingFor = time.Minute

// takenAway is the managed resource that the scenario itself deletes.
const takenAway = "dev.cluster.cluster"

// nothingIsLost takes away what compositions look at, and checks that what they made stays.
func nothingIsLost(ctx context.Context, w *world.World) error {
	before, err := snapshot(ctx, w)
	if err != nil {
		return err
	}
	unharmed := func(run func(context.Context, *world.World) error) func(context.Context, *world.World) error {
		return func(ctx context.Context, w *world.World) error {
			if err := run(ctx, w); err != nil {
				return err
			}
			if err := settle(ctx, w); err != nil {
				return err
			}
			after, err := snapshot(ctx, w)
			if err != nil {
				return err
			}
			lost := slices.DeleteFunc(changes(before, after), func(change string) bool {
				return change == "hub: Cluster "+takenAway+" was deleted and made again" // By this scenario.
			})
			before = after
			if len(lost) > 0 {
				return errors.New("afterwards:\n  " + strings.Join(lost, "\n  "))
			}
			return nil
		}
	}
	return inOrder(ctx, w,
		step{"the observed status of dev's composites disappears", unharmed(forgetStatus)},
		step{"the EKS cluster that a registration requires is missing for a minute", unharmed(missRequired)},
		step{"the function restarts while everything is composed again", unharmed(restartFunction)},
	)
}

func composites(plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: world.ClaimGroup, Version: world.ClaimVersion, Resource: plural}
}

// eachComposite does something to the composites, in the order in which the API server lists them.
func eachComposite(ctx context.Context, w *world.World, do func(client dynamic.ResourceInterface, u *unstructured.Unstructured) error) error {
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return err
	}
	found, err := w.Composites(ctx)
	if err != nil {
		return err
	}
	for _, u := range found {
		client, err := objects.For(u.Object)
		if err == nil {
			err = do(client, &u)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", u.GetKind(), u.GetName(), err)
		}
	}
	return nil
}

// forgetStatus removes the status of the composites of dev.
func forgetStatus(ctx context.Context, w *world.World) error {
	return eachComposite(ctx, w, func(client dynamic.ResourceInterface, u *unstructured.Unstructured) error {
		if field.Text(u.Object, "spec", "environment") != "dev" {
			return nil
		}
		if _, err := client.Patch(ctx, u.GetName(), types.MergePatchType, []byte(`{"status":null}`), metav1.PatchOptions{}, "status"); err != nil {
			return fmt.Errorf("status: %w", err)
		}
		return process.Until(ctx, "the status to come back", w.Limit, func(ctx context.Context) error {
			live, err := client.Get(ctx, u.GetName(), metav1.GetOptions{})
			if err != nil {
				return fmt.Errorf("composite: %w", err)
			}
			if status, message := field.Condition(live.Object, "Ready"); status != "True" {
				return errors.New(message)
			}
			return nil
		})
	})
}

// missRequired takes the managed resource of dev's cluster away, while AWS keeps the cluster, as somebody might who cleans up by hand: its
// composite is paused, so that it does not bring it back at once.
func missRequired(ctx context.Context, w *world.World) error {
	if err := pause(ctx, w, true); err != nil {
		return err
	}
	client := w.Dynamic.Resource(schema.GroupVersionResource{Group: "eks.aws.upbound.io", Version: "v1beta2", Resource: "clusters"})
	const name = takenAway
	live, err := client.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("managed resource: %w", err)
	}
	if err := client.Delete(ctx, name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}); err == nil || !strings.Contains(err.Error(), "in-use") {
		return fmt.Errorf("deleting the managed resource %s while others use it is not refused by their Usages: %w", name, err)
	}
	if err := orphan(ctx, w, client, name); err != nil {
		return err
	}
	secret := func(ctx context.Context) (string, error) {
		object, err := w.Client.CoreV1().Secrets("argocd").Get(ctx, registered(ctx, w), metav1.GetOptions{})
		if err != nil {
			return "", fmt.Errorf("secret of the cluster: %w", err)
		}
		return string(object.UID), nil
	}
	was, err := secret(ctx)
	if err != nil {
		return err
	}
	gone := time.Now()
	err = process.Until(ctx, "a minute to pass", 2*missingFor, func(ctx context.Context) error {
		is, err := secret(ctx)
		if err == nil && is != was {
			return errors.New("the Secret of the cluster was made again")
		}
		if err != nil {
			return err
		}
		if _, err := client.Get(ctx, name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return errors.New("the managed resource came back too early")
		}
		if time.Since(gone) < missingFor {
			return errors.New("the minute is not over")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := pause(ctx, w, false); err != nil {
		return err
	}
	return process.Until(ctx, "the managed resource to come back", w.Limit, func(ctx context.Context) error {
		back, err := client.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("managed resource: %w", err)
		}
		if status, message := field.Condition(back.Object, "Ready"); status != "True" {
			return errors.New(message)
		}
		if back.GetLabels()["crossplane.io/in-use"] != "true" {
			return errors.New("its Usages do not know it yet")
		}
		if a, b := field.Text(live.Object, "status", "atProvider", "endpoint"), field.Text(back.Object, "status", "atProvider", "endpoint"); a != b {
			return fmt.Errorf("it stands for another cluster: %s", b)
		}
		return nil
	})
}

// registered is the name of the Secret of dev's cluster.
func registered(ctx context.Context, w *world.World) string {
	secrets, err := clusterSecrets(ctx, w)
	if err != nil {
		return ""
	}
	for _, s := range secrets {
		if s.GetLabels()["genops.dev/environment"] == "dev" {
			return s.GetName()
		}
	}
	return ""
}

// pause pauses the composite of dev's cluster, or lets it go on.
func pause(ctx context.Context, w *world.World, yes bool) error {
	found, err := w.List(ctx, world.ClaimGroup, world.ClaimVersion, "xclusters")
	if err != nil {
		return err
	}
	value := "null"
	if yes {
		value = `"true"`
	}
	for _, u := range found {
		if field.Text(u.Object, "spec", "environment") != "dev" {
			continue
		}
		patch := []byte(`{"metadata":{"annotations":{"crossplane.io/paused":` + value + `}}}`)
		if _, err := w.Dynamic.Resource(composites("xclusters")).Patch(ctx, u.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			return fmt.Errorf("pause %s: %w", u.GetName(), err)
		}
		if !yes {
			return nil
		}
		return process.Until(ctx, "the pause", w.Limit, func(ctx context.Context) error {
			live, err := w.Dynamic.Resource(composites("xclusters")).Get(ctx, u.GetName(), metav1.GetOptions{})
			if err != nil {
				return fmt.Errorf("composite: %w", err)
			}
			if _, message := field.Condition(live.Object, "Synced"); !strings.HasPrefix(message, "ReconcilePaused") {
				return errors.New(message)
			}
			return nil
		})
	}
	return errors.New("dev has no composite of a cluster")
}

// orphan deletes a managed resource and leaves what it stands for.
func orphan(ctx context.Context, w *world.World, client dynamic.ResourceInterface, name string) error {
	patch := []byte(`{"metadata":{"labels":{"crossplane.io/in-use":null}},"spec":{"managementPolicies":["Observe","Create","Update","LateInitialize"]}}`)
	if _, err := client.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("orphan %s: %w", name, err)
	}
	if err := client.Delete(ctx, name, metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return process.Until(ctx, name+" to go", w.Limit, func(ctx context.Context) error {
		_, err := client.Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.New("it is still there")
	})
}

// restartFunction makes Crossplane compose everything again and kills the function meanwhile.
func restartFunction(ctx context.Context, w *world.World) error {
	if err := composeAgain(ctx, w); err != nil {
		return err
	}
	if killed := w.Kubelet.Kill("genops-"); killed == 0 {
		return errors.New("the function does not run")
	}
	return process.Until(ctx, "the function to be back", w.Limit, w.Available("crossplane-system"))
}

// composeAgain makes Crossplane look at all composites.
func composeAgain(ctx context.Context, w *world.World) error {
	return eachComposite(ctx, w, func(client dynamic.ResourceInterface, u *unstructured.Unstructured) error {
		patch := []byte(`{"metadata":{"annotations":{"` + again + `":"` + time.Now().Format(time.RFC3339Nano) + `"}}}`)
		_, err := client.Patch(ctx, u.GetName(), types.MergePatchType, patch, metav1.PatchOptions{})
		return err //nolint:wrapcheck // What it is about is added above.
	})
}
