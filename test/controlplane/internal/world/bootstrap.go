package world

import (
	"context"
	"fmt"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// manager is the field manager that bootstrap/README.md uses for what Argo CD will own.
const manager = "argocd-controller"

// Bootstrap does what bootstrap/README.md says: everything after it is Argo CD's.
func (w *World) Bootstrap(ctx context.Context) error {
	w.Say("rendering with mirrors of this machine, and pushing")
	if _, err := w.Publish(ctx); err != nil {
		return err
	}
	if err := w.InstallArgoCD(ctx); err != nil {
		return err
	}
	w.Say("step 6: handing over to Git")
	return w.HandOver(ctx)
}

// InstallArgoCD does step 4.
func (w *World) InstallArgoCD(ctx context.Context) error {
	w.Say("step 4: applying bootstrap/overlays/eks-pod-identity")
	objects, err := w.Overlay("eks-pod-identity")
	if err != nil {
		return err
	}
	if err := w.Apply(ctx, "kubectl", objects...); err != nil {
		return err
	}
	w.Say("waiting for Argo CD")
	return process.Until(ctx, "Argo CD", w.Limit, w.Available("argocd")) //nolint:wrapcheck // It says what was waited for.
}

// HandOver applies the three objects of step 6, in its order.
func (w *World) HandOver(ctx context.Context) error {
	rendered, err := w.Rendered()
	if err != nil {
		return err
	}
	for _, name := range []string{"configmap-argocd-cm", "appproject-platform", "application-root"} {
		object, ok := rendered[filepath.Join("bootstrap", "argocd", name+".yaml")]
		if !ok {
			return fmt.Errorf("bootstrap/README.md applies %s.yaml, which is not rendered", name)
		}
		if err := w.Apply(ctx, manager, &unstructured.Unstructured{Object: object}); err != nil {
			return err
		}
	}
	return nil
}
