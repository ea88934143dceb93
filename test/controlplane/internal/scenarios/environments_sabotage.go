package scenarios

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// comeAndGoSabotages let something go that has to stay, and something stay that has to be found.
func comeAndGoSabotages() []sabotage {
	const long = 4 * time.Minute // Both environments have to come first.
	return []sabotage{
		{
			what: "nothing refuses the deletion of claims", at: "they are removed", limit: long,
			says: []string{"AWS has no ", "any more, which was "},
			do: func(ctx context.Context, w *world.World) (func(context.Context) error, error) {
				return nothing, edit(ctx, w, "bootstrap/admission/validatingadmissionpolicybinding-claims.yaml", func(binding map[string]any) {
					_ = unstructured.SetNestedStringSlice(binding, []string{"Audit"}, "spec", "validationActions")
				})
			},
		},
		{
			what: "Argo CD is told not to ask before it deletes the claims of vault", at: "they may go", limit: long,
			says: []string{"the claims of vault are deleted, and nobody confirmed it"},
			do: func(ctx context.Context, w *world.World) (func(context.Context) error, error) {
				return nothing, doNotAsk(ctx, w)
			},
		},
		{
			what: "the claim of preview does not name the keys that were kept", at: "preview comes back", limit: long,
			says: []string{"AWS made a second ", "/Key", "beside what was kept"},
			do: func(ctx context.Context, w *world.World) (func(context.Context) error, error) {
				return nothing, edit(ctx, w, preview+"/claims/baseline.yaml", func(claim map[string]any) {
					for _, key := range []string{"config-key", "disk-key"} {
						unstructured.RemoveNestedField(claim, "spec", "adopt", key)
					}
				})
			},
		},
	}
}

// doNotAsk takes out of Git what makes Argo CD ask before it deletes the claims of vault, and waits until they do not say it any more.
func doNotAsk(ctx context.Context, w *world.World) error {
	const options = "argocd.argoproj.io/sync-options"
	for _, file := range []string{"network", "baseline"} {
		err := edit(ctx, w, vault+"/claims/"+file+".yaml", func(claim map[string]any) {
			unstructured.RemoveNestedField(claim, "metadata", "annotations", options)
		})
		if err != nil {
			return err
		}
	}
	return process.Until(ctx, "the claims of vault to go unasked", w.Limit, func(ctx context.Context) error {
		claims, err := claimsOf(ctx, w, vault)
		if err != nil {
			return err
		}
		for _, c := range claims {
			if said := c.GetAnnotations()[options]; said != "" {
				return fmt.Errorf("%s %s says %s", c.GetKind(), c.GetName(), said)
			}
		}
		return nil
	})
}
