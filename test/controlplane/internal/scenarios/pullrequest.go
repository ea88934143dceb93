package scenarios

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// pullRequest changes two values of dev, and looks at what changes in all clusters.
func pullRequest(ctx context.Context, w *world.World) error {
	before, err := snapshot(ctx, w)
	if err != nil {
		return err
	}
	const change = "package environments\n\nenvironment: {\n\tnodePools: amd64: limits: cpu: \"80\"\n\tnetwork: flowLogs: retentionDays: 90\n}\n"
	if err := os.WriteFile(filepath.Join(w.Git.Dir, "environments", "dev", "change.cue"), []byte(change), 0o644); err != nil {
		return fmt.Errorf("change dev: %w", err)
	}
	commit, err := w.RenderAndPush(ctx, "dev: a smaller amd64 pool, flow logs for 90 days")
	if err != nil {
		return err
	}
	dev := w.Workloads()["innovate-dev"]
	if dev == nil {
		return errors.New("dev has no workload cluster")
	}
	err = process.Until(ctx, "the change to arrive", w.Limit, func(ctx context.Context) error {
		pool, err := dev.Dynamic.Resource(schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodepools"}).
			Get(ctx, "amd64", metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("node pool: %w", err)
		}
		if cpu := field.Text(pool.Object, "spec", "limits", "cpu"); cpu != "80" {
			return fmt.Errorf("the limit of the node pool is %s", cpu)
		}
		group, err := w.Dynamic.Resource(schema.GroupVersionResource{Group: "cloudwatchlogs.aws.upbound.io", Version: "v1beta1", Resource: "groups"}).
			Get(ctx, "dev.network.flow-logs-group", metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("log group: %w", err)
		}
		days, _, _ := unstructured.NestedNumberAsFloat64(group.Object, "status", "atProvider", "retentionInDays")
		if days != 90 { //nolint:mnd // As above.
			return fmt.Errorf("flow logs are kept %v days", days)
		}
		return w.Synced(ctx, commit)
	})
	if err != nil {
		return err
	}
	if err := settle(ctx, w); err != nil {
		return err
	}
	after, err := snapshot(ctx, w)
	if err != nil {
		return err
	}
	changed := changes(before, after)
	wanted := []string{
		"hub: Group dev.network.flow-logs-group changed: .spec.forProvider.retentionInDays",
		"hub: Network env-dev/dev changed: .spec.flowLogs.retentionDays",
		"hub: XNetwork * changed",
		"innovate-dev: NodePool amd64 changed: .spec.limits.cpu",
	}
	for i, name := range changed {
		if strings.HasPrefix(name, "hub: XNetwork dev-") {
			changed[i] = "hub: XNetwork * changed" // Crossplane adds some letters to the name of the claim.
		}
	}
	if !slices.Equal(changed, wanted) {
		return fmt.Errorf("these should have changed:\n  %s\nand these did:\n  %s", strings.Join(wanted, "\n  "), strings.Join(changed, "\n  "))
	}
	w.Say("four objects changed, and nothing else")
	return nil
}
