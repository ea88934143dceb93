package scenarios

import (
	"context"
	"errors"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// rebuildLimit is for sabotages that strike while a hub is built.
const rebuildLimit = 10 * time.Minute

// hubSabotages lose the hub once each.
func hubSabotages() []sabotage {
	return []sabotage{
		{
			what: "the backup was made without VPCs",
			at:   "the backup is at hand",
			do: changeBackup(func(items []*unstructured.Unstructured) []*unstructured.Unstructured {
				return slices.DeleteFunc(items, func(u *unstructured.Unstructured) bool { return u.GetKind() == "VPC" })
			}),
			says:  []string{"VPC ", ".network.vpc was made 2 times"},
			limit: rebuildLimit,
		},
		{
			what: "the backup has an id of a subnet that AWS does not have",
			at:   "the backup is at hand",
			do: changeBackup(func(items []*unstructured.Unstructured) []*unstructured.Unstructured {
				for _, u := range items {
					if u.GetKind() == "Subnet" {
						u.SetAnnotations(map[string]string{externalNameAnnotation: "subnet-0123456789abcdef0"})
						break
					}
				}
				return items
			}),
			says:  []string{"Subnet ", "Synced=False", "The subnet ID 'subnet-0123456789abcdef0' does not exist"},
			limit: rebuildLimit,
		},
		{
			what:  "the old hub's Crossplane goes on",
			do:    keepOldHub,
			says:  []string{"changed hands", "between managed resources of two hubs"},
			limit: rebuildLimit,
		},
	}
}

// changeBackup changes the file of the backup. What waits for its resources waits a minute then.
func changeBackup(change func([]*unstructured.Unstructured) []*unstructured.Unstructured) func(context.Context, *world.World) (func(context.Context) error, error) {
	return func(_ context.Context, w *world.World) (func(context.Context) error, error) {
		good, err := readBackup(w)
		if err != nil {
			return nil, err
		}
		copied := make([]*unstructured.Unstructured, 0, len(good))
		for _, u := range good {
			copied = append(copied, u.DeepCopy())
		}
		w.Limit = time.Minute
		return func(context.Context) error { return writeBackup(w, good) }, writeBackup(w, change(copied))
	}
}

// keepOldHub lets the hub go on when it is lost. Its provider looks at its resources every few seconds: the real one every few minutes.
func keepOldHub(ctx context.Context, w *world.World) (func(context.Context) error, error) {
	w.Survives = true
	// The RBAC manager of the next hub needs the port that this one binds.
	w.Kubelet.Refuse("crossplane-rbac-manager-", "manifest unknown")
	w.Kubelet.Kill("crossplane-rbac-manager-")
	end, provider := w.Leave(), w.AWS
	ctx, cancel := context.WithCancel(ctx)
	polling := make(chan struct{})
	go func() {
		defer close(polling)
		const every = 2 * time.Second
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				provider.Poll()
			}
		}
	}()
	return func(ctx context.Context) error {
		cancel()
		<-polling
		w.Survives = false
		if provider == w.AWS {
			return errors.New("the hub was not lost")
		}
		return end(ctx)
	}, nil
}
