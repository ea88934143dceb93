package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// externalNameAnnotation says which resource of AWS a managed resource stands for.
const externalNameAnnotation = "crossplane.io/external-name"

// restorer is the field manager of bootstrap/README.md, "Backup and restore".
const restorer = "restore"

// backup is what the jq program of bootstrap/README.md, "Backup and restore", makes of managed resources.
func backup(managed []unstructured.Unstructured) []*unstructured.Unstructured {
	var items []*unstructured.Unstructured
	for _, u := range managed {
		id := u.GetAnnotations()[externalNameAnnotation]
		if id == "" {
			continue
		}
		items = append(items, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": u.GetAPIVersion(), "kind": u.GetKind(), "spec": u.Object["spec"],
			"metadata": map[string]any{"name": u.GetName(), "annotations": map[string]any{externalNameAnnotation: id}},
		}})
	}
	return items
}

// withoutSpecs is what jq 'del(.items[].spec)' makes of a backup.
func withoutSpecs(items []*unstructured.Unstructured) []*unstructured.Unstructured {
	var all []*unstructured.Unstructured
	for _, u := range items {
		object := maps.Clone(u.Object)
		delete(object, "spec")
		all = append(all, &unstructured.Unstructured{Object: object})
	}
	return all
}

// pairs are the names and external-names of a backup.
func pairs(items []*unstructured.Unstructured) []string {
	var all []string
	for _, u := range items {
		all = append(all, u.GetKind()+" "+u.GetName()+" is "+u.GetAnnotations()[externalNameAnnotation])
	}
	slices.Sort(all)
	return all
}

// backupFile is the file of the backup.
func backupFile(w *world.World) string { return filepath.Join(w.State, "managed.json") }

func writeBackup(w *world.World, items []*unstructured.Unstructured) error {
	objects := make([]any, 0, len(items))
	for _, u := range items {
		objects = append(objects, u.Object)
	}
	text, err := json.MarshalIndent(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects}, "", "  ")
	if err == nil {
		err = os.WriteFile(backupFile(w), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

func readBackup(w *world.World) ([]*unstructured.Unstructured, error) {
	text, err := os.ReadFile(backupFile(w))
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	list := &unstructured.UnstructuredList{}
	if err := list.UnmarshalJSON(text); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	items := make([]*unstructured.Unstructured, 0, len(list.Items))
	for i := range list.Items {
		items = append(items, &list.Items[i])
	}
	return items, nil
}

// applyBackup is kubectl apply --server-side --field-manager=restore; force is --force-conflicts, which the page does not use.
func applyBackup(ctx context.Context, w *world.World, items []*unstructured.Unstructured, force bool) error {
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return err
	}
	for _, u := range items {
		client, err := objects.For(u.Object)
		if err != nil {
			return err
		}
		if _, err := client.Apply(ctx, u.GetName(), u, metav1.ApplyOptions{FieldManager: restorer, Force: force}); err != nil {
			return fmt.Errorf("apply %s %s of the backup: %w", u.GetKind(), u.GetName(), err)
		}
	}
	return nil
}

// scaleApplicationSets scales the controller that makes the Applications of claims.
func scaleApplicationSets(ctx context.Context, w *world.World, replicas int32) error {
	const name = "argocd-applicationset-controller"
	scale, err := w.Client.AppsV1().Deployments("argocd").GetScale(ctx, name, metav1.GetOptions{})
	if err == nil {
		scale.Spec.Replicas = replicas
		_, err = w.Client.AppsV1().Deployments("argocd").UpdateScale(ctx, name, scale, metav1.UpdateOptions{})
	}
	if err != nil {
		return fmt.Errorf("scale %s: %w", name, err)
	}
	return process.Until(ctx, name+" to be scaled", w.Limit, func(ctx context.Context) error {
		d, err := w.Client.AppsV1().Deployments("argocd").Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("deployment: %w", err)
		}
		if d.Status.Replicas != replicas || d.Status.AvailableReplicas != replicas {
			return fmt.Errorf("it has %d replicas", d.Status.Replicas)
		}
		return nil
	})
}
