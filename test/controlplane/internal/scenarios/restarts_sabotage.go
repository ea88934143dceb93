package scenarios

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// sabotageLimit is for sabotages whose scenario waits for pods and syncs before it sees them.
const sabotageLimit = 2 * time.Minute

// restartSabotages kill in a world that is up already.
func restartSabotages() []sabotage {
	return []sabotage{
		{
			what: "the image of Argo CD's repo server has left its registry",
			do: func(_ context.Context, w *world.World) (func(context.Context) error, error) {
				back := w.Kubelet.Refuse("argocd-repo-server-", "manifest unknown")
				return func(ctx context.Context) error {
					back()
					return process.Until(ctx, "Argo CD", w.Limit, w.Available("argocd"))
				}, nil
			},
			says:  []string{"deployment argocd-repo-server is not available", "manifest unknown"},
			limit: sabotageLimit,
		},
		{
			what:  "the platform names a version of the function that nobody has pushed",
			at:    "the new version is written down",
			do:    wrongVersion,
			says:  []string{"Function genops-v9-9-9: Installed="},
			limit: sabotageLimit,
		},
		{
			what:  "a VPC loses its external-name while the provider is away",
			at:    "the provider is away",
			do:    forgetVPC,
			says:  []string{"VPC ", ".network.vpc was made 2 times"},
			limit: sabotageLimit,
		},
	}
}

func wrongVersion(ctx context.Context, w *world.World) (func(context.Context) error, error) {
	head, err := w.Git.Head(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	text, err := os.ReadFile(platformFile(w))
	if err != nil {
		return nil, fmt.Errorf("sabotage: %w", err)
	}
	i := bytes.Index(text, []byte(`genops-function", version: "`))
	if i < 0 {
		return nil, errors.New("sabotage: platform.cue names no function")
	}
	begin := i + len(`genops-function", version: "`)
	end := begin + bytes.IndexByte(text[begin:], '"')
	wrong := string(text[:begin]) + "v9.9.9" + string(text[end:])
	if err := os.WriteFile(platformFile(w), []byte(wrong), 0o644); err != nil {
		return nil, fmt.Errorf("sabotage: %w", err)
	}
	return func(ctx context.Context) error {
		if err := w.Git.Restore(ctx, head); err != nil {
			return err //nolint:wrapcheck // It says what failed.
		}
		return rootFollows(ctx, w)
	}, nil
}

// rootFollows waits until root has begun a sync of the last commit.
func rootFollows(ctx context.Context, w *world.World) error {
	head, err := w.Git.Head(ctx)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	return process.Until(ctx, "root to follow", w.Limit, func(ctx context.Context) error {
		root, err := w.Application(ctx, "root")
		if err != nil {
			return err
		}
		if at := field.Text(root.Object, "status", "operationState", "operation", "sync", "revision"); at != head {
			return errors.Join(fmt.Errorf("its last sync is of %.7s", at), endSync(ctx, w))
		}
		return nil
	})
}

var vpcs = schema.GroupVersionResource{Group: "ec2.aws.upbound.io", Version: "v1beta1", Resource: "vpcs"} //nolint:gochecknoglobals // A constant.

func forgetVPC(ctx context.Context, w *world.World) (func(context.Context) error, error) {
	found, err := w.List(ctx, vpcs.Group, vpcs.Version, vpcs.Resource)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errors.New("sabotage: there is no VPC")
	}
	name, id := found[0].GetName(), found[0].GetAnnotations()["crossplane.io/external-name"]
	if err := setExternalName(ctx, w, name, "null"); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		if err := setExternalName(ctx, w, name, `"`+id+`"`); err != nil {
			return err
		}
		return removeSecond(ctx, w, name, id)
	}, nil
}

func setExternalName(ctx context.Context, w *world.World, vpc, value string) error {
	patch := []byte(`{"metadata":{"annotations":{"crossplane.io/external-name":` + value + `}}}`)
	if _, err := w.Dynamic.Resource(vpcs).Patch(ctx, vpc, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("external-name of %s: %w", vpc, err)
	}
	return nil
}

// removeSecond removes what was made a second time for a VPC, as soon as its managed resource stands for the first again.
func removeSecond(ctx context.Context, w *world.World, name, id string) error {
	return process.Until(ctx, "the second "+name+" to go", w.Limit, func(context.Context) error {
		var problems []error
		for _, e := range w.AWS.History() {
			if e.What == awsstandin.Created && e.Object == name && e.ID != id {
				problems = append(problems, w.AWS.Remove(e))
			}
		}
		return errors.Join(problems...)
	})
}
