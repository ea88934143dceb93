package scenarios

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// restarts is the first day, and each controller is killed once in its middle. In a world that is up already everything is killed at once.
func restarts(ctx context.Context, w *world.World) error {
	root, err := w.Application(ctx, "root")
	if err != nil {
		return err
	}
	if root == nil {
		if err := w.Bootstrap(ctx); err != nil {
			return err
		}
	}
	composed, err := w.Expand(ctx, w.Git.Dir)
	if err != nil {
		return err
	}
	before := map[types.UID]int32{}
	for _, c := range crashes(len(composed), before) {
		if err := process.Until(ctx, c.when, w.Limit, func(ctx context.Context) error { return c.is(ctx, w) }); err != nil {
			return fmt.Errorf("%s was to be killed: %w", c.what, err)
		}
		w.Say("%s: killing %s", c.when, c.what)
		if err := c.kill(ctx, w); err != nil {
			return fmt.Errorf("killing %s: %w", c.what, err)
		}
	}
	if err := restarted(ctx, w, before); err != nil {
		return err
	}
	if err := settle(ctx, w); err != nil {
		return errors.Join(onceInAWS(w), err)
	}
	return atTheEnd(ctx, w, sameEnd(w))
}

// sameEnd checks what has to be true at the end, no matter what was killed on the way. left is what nobody managed or was made again before that, as it was meant.
func sameEnd(w *world.World, left ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		problems, err := notReady(ctx, w)
		if err != nil {
			return err
		}
		for _, record := range w.AWS.Rejected() {
			if !record.Recovered {
				problems = append(problems, fmt.Errorf("AWS (stand-in) refuses %s %s: %s", record.Kind, record.Name, record.Message))
			}
		}
		err = errors.Join(onceInAWS(w, left...), first(problems), functions(ctx, w), registrations(ctx, w), delivered(ctx, w))
		if err != nil {
			return err
		}
		return parity(ctx, w) // The dearest look, and it says what it has seen.
	}
}

// onceInAWS checks that nothing was made twice in AWS, and that nothing is there which no managed resource stands for, but for what was left before.
func onceInAWS(w *world.World, left ...string) error {
	var problems []error
	for _, text := range awsstandin.Twice(w.AWS.History()) {
		if !slices.Contains(left, text) {
			problems = append(problems, errors.New("AWS (stand-in): "+text))
		}
	}
	for _, text := range w.AWS.Orphans() {
		if !slices.Contains(left, text) {
			problems = append(problems, fmt.Errorf("AWS (stand-in): no managed resource stands for %s", text))
		}
	}
	return first(problems)
}

// functions checks that the functions that are rendered are installed, and no other.
func functions(ctx context.Context, w *world.World) error {
	rendered, err := w.Rendered()
	if err != nil {
		return err
	}
	live, err := w.List(ctx, "pkg.crossplane.io", "v1", "functions")
	if err != nil {
		return err
	}
	var wanted, found []string
	for _, object := range rendered {
		if field.Text(object, "kind") == "Function" {
			wanted = append(wanted, field.Text(object, "spec", "package"))
		}
	}
	for _, f := range live {
		found = append(found, field.Text(f.Object, "spec", "package"))
	}
	slices.Sort(wanted)
	slices.Sort(found)
	if !slices.Equal(wanted, found) {
		return fmt.Errorf("these functions are rendered: %q, and these are there: %q", wanted, found)
	}
	return nil
}

// restarted checks that the pods whose containers were killed run again: the same pods, with one restart more.
func restarted(ctx context.Context, w *world.World, before map[types.UID]int32) error {
	return process.Until(ctx, "what was killed to run again", w.Limit, func(ctx context.Context) error {
		for _, namespace := range []string{"argocd", "crossplane-system"} {
			if err := w.Available(namespace)(ctx); err != nil {
				return err
			}
			pods, err := w.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
			if err != nil {
				return fmt.Errorf("pods of %s: %w", namespace, err)
			}
			for _, p := range pods.Items {
				was, killed := before[p.UID]
				if killed && (len(p.Status.ContainerStatuses) == 0 || p.Status.ContainerStatuses[0].RestartCount <= was) {
					return fmt.Errorf("pod %s/%s was killed and has no new restart", namespace, p.Name)
				}
			}
		}
		return nil
	})
}

// replaceFunction replaces the function by its next version, in all stages, and ends a sync of root that would wait for what the old one makes,
// as bootstrap/README.md says.
func replaceFunction(ctx context.Context, w *world.World) error {
	version, err := w.NextFunction(ctx)
	if err != nil {
		return err
	}
	if err := moment(ctx, "the new version is written down"); err != nil {
		return err
	}
	if _, err := w.RenderAndPush(ctx, "Function "+version); err != nil {
		return err
	}
	return endSync(ctx, w)
}

// endSync ends the sync of root that runs, as bootstrap/README.md says: it would go on with the commit that it began with.
func endSync(ctx context.Context, w *world.World) error {
	root, err := w.Application(ctx, "root")
	if err != nil || root == nil || field.Text(root.Object, "status", "operationState", "phase") != "Running" {
		return err
	}
	_, err = w.Dynamic.Resource(world.Applications).Namespace("argocd").Patch(ctx, "root", types.MergePatchType,
		[]byte(`{"status":{"operationState":{"phase":"Terminating"}}}`), metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("end the sync of root: %w", err)
	}
	return nil
}

// platformFile is the file of the served repository that names versions.
func platformFile(w *world.World) string {
	return filepath.Join(w.Git.Dir, "environments", "platform.cue")
}
