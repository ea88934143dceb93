package world

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// Overlay builds an overlay of bootstrap/. The one file that it takes from the internet comes from the module of Argo CD; it has to have the
// checksum that bootstrap/README.md tells people to compare.
func (w *World) Overlay(name string) ([]*unstructured.Unstructured, error) {
	files := filesys.MakeFsInMemory()
	source := filepath.Join(w.Root, "bootstrap")
	err := filepath.WalkDir(source, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err //nolint:wrapcheck // Below.
		}
		relative, err := filepath.Rel(source, path)
		if err != nil {
			return err //nolint:wrapcheck // Below.
		}
		return files.WriteFile("/bootstrap/"+relative, remote.ReplaceAll(text, []byte("- install.yaml")))
	})
	if err != nil {
		return nil, fmt.Errorf("read bootstrap/: %w", err)
	}
	manifest, err := w.argocdManifest()
	if err != nil {
		return nil, err
	}
	if err := files.WriteFile("/bootstrap/argocd/install.yaml", manifest); err != nil {
		return nil, fmt.Errorf("bootstrap/: %w", err)
	}
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsNone
	built, err := krusty.MakeKustomizer(options).Run(files, "/bootstrap/overlays/"+name)
	if err != nil {
		return nil, fmt.Errorf("kustomize bootstrap/overlays/%s: %w", name, err)
	}
	var objects []*unstructured.Unstructured
	for _, r := range built.Resources() {
		fields, err := r.Map()
		if err != nil {
			return nil, fmt.Errorf("kustomize bootstrap/overlays/%s: %w", name, err)
		}
		objects = append(objects, &unstructured.Unstructured{Object: fields})
	}
	return objects, nil
}

var (
	remote   = regexp.MustCompile(`- https://\S+/install\.yaml`)
	checksum = regexp.MustCompile(`(?m)^# ([0-9a-f]{64})$`)
)

func (w *World) argocdManifest() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(w.Programs.Modules[moduleArgoCD], "manifests", "install.yaml"))
	if err != nil {
		return nil, fmt.Errorf("manifest of Argo CD: %w", err)
	}
	page, err := os.ReadFile(filepath.Join(w.Root, "bootstrap", "README.md"))
	if err != nil {
		return nil, fmt.Errorf("bootstrap page: %w", err)
	}
	sum := sha256.Sum256(text)
	if wanted := checksum.FindSubmatch(page); wanted == nil || string(wanted[1]) != hex.EncodeToString(sum[:]) {
		return nil, errors.New("bootstrap/README.md names another checksum of Argo CD's manifest than the file has that is installed here")
	}
	return text, nil
}

// Apply applies objects server-side, as kubectl apply --server-side --force-conflicts does, and tries again while their kinds are not served.
func (w *World) Apply(ctx context.Context, manager string, objects ...*unstructured.Unstructured) error {
	found, err := NewObjects(w.Hub.Admin)
	if err != nil {
		return err
	}
	for _, object := range ordered(objects) {
		const limit = time.Minute
		what := object.GetKind() + " " + object.GetName()
		err := process.Until(ctx, "applying "+what, limit, func(ctx context.Context) error {
			client, err := found.For(object.Object)
			if err == nil {
				_, err = client.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: manager, Force: true})
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ordered puts namespaces and definitions first, as kubectl does with kustomize's order.
func ordered(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	var first, second, rest []*unstructured.Unstructured
	for _, o := range objects {
		switch {
		case o.GetKind() == "Namespace" || o.GetKind() == "CustomResourceDefinition":
			first = append(first, o)
		case strings.HasSuffix(o.GetKind(), "Role") || o.GetKind() == "ServiceAccount" || o.GetKind() == "ConfigMap" || o.GetKind() == "Secret":
			second = append(second, o)
		default:
			rest = append(rest, o)
		}
	}
	return append(append(first, second...), rest...)
}
