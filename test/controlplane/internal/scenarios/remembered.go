package scenarios

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// comparisons does what bootstrap/README.md says of Applications that stay OutOfSync while their syncs succeed. Argo CD remembers how an object
// compares by its resourceVersion (controller/state.go and util/argo/diff of Argo CD 3.2), which an apply that changes nothing leaves alone: what
// it compared while a definition was new may be wrong, until the next commit or a hard refresh.
type comparisons struct {
	text  string
	since time.Time
}

// refresh asks for a hard refresh if nothing but such Applications is in the way, and nothing has changed for a time.
func (c *comparisons) refresh(ctx context.Context, w *world.World, problems []string) error {
	const long = 2 * time.Minute
	only := !slices.ContainsFunc(problems, func(p string) bool {
		return !strings.HasPrefix(p, "Application ") || !strings.Contains(p, ": OutOfSync, Healthy")
	})
	if text := strings.Join(problems, "\n"); !only || len(problems) == 0 || text != c.text {
		c.text, c.since = text, time.Now()
		return nil
	}
	if time.Since(c.since) < long {
		return nil
	}
	c.since = time.Now()
	found, err := w.List(ctx, "argoproj.io", "v1alpha1", "applications")
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	patch := []byte(`{"metadata":{"annotations":{"argocd.argoproj.io/refresh":"hard"}}}`)
	for _, a := range found {
		if field.Text(a.Object, "status", "sync", "status") != "OutOfSync" {
			continue
		}
		w.Say("Application %s is OutOfSync for %s: a hard refresh", a.GetName(), long)
		if _, err := w.Dynamic.Resource(applications).Namespace(a.GetNamespace()).Patch(ctx, a.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			return fmt.Errorf("refresh %s: %w", a.GetName(), err)
		}
	}
	return nil
}
