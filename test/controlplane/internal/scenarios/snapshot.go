package scenarios

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// seen is what is remembered of an object.
type seen struct {
	UID string
	// Wanted is everything but status and what API servers and controllers write: values by their paths.
	Wanted map[string]string
}

// snapshot remembers all composed resources, composites, claims, cluster Secrets, and what is rendered for the workload clusters, by
// "cluster: Kind namespace/name".
func snapshot(ctx context.Context, w *world.World) (map[string]seen, error) {
	all := map[string]seen{}
	add := func(cluster string, objects ...unstructured.Unstructured) {
		for _, u := range objects {
			all[cluster+": "+u.GetKind()+" "+strings.TrimPrefix(u.GetNamespace()+"/"+u.GetName(), "/")] = seen{UID: string(u.GetUID()), Wanted: wants(u)}
		}
	}
	managed, err := w.Managed(ctx)
	if err != nil {
		return nil, err
	}
	ours, err := w.ClaimsAndComposites(ctx)
	if err != nil {
		return nil, err
	}
	add("hub", append(managed, ours...)...)
	for _, kind := range []struct{ group, version, plural string }{
		{"protection.crossplane.io", "v1beta1", "clusterusages"},
		{"argoproj.io", "v1alpha1", "applicationsets"},
		{"argoproj.io", "v1alpha1", "appprojects"},
	} {
		found, err := w.List(ctx, kind.group, kind.version, kind.plural)
		if err != nil {
			return nil, err
		}
		add("hub", found...)
	}
	secrets, err := clusterSecrets(ctx, w)
	if err != nil {
		return nil, err
	}
	add("hub", secrets...)
	err = eachDelivered(ctx, w, func(c *world.Workload, _ string, live *unstructured.Unstructured, err error) error {
		if err == nil {
			add(c.Name, *live)
		}
		return err
	})
	return all, err
}

// eachDelivered looks up what is rendered for each workload cluster. It hands over the file, and the live object or why there is none.
func eachDelivered(
	ctx context.Context, w *world.World, do func(c *world.Workload, path string, live *unstructured.Unstructured, err error) error,
) error {
	rendered, err := w.Rendered()
	if err != nil {
		return err
	}
	for _, c := range w.Workloads() {
		objects, err := world.NewObjects(c.Admin)
		if err != nil {
			return err
		}
		for path, object := range rendered {
			if !inCluster(path, c, rendered) {
				continue
			}
			live, err := objects.Get(ctx, object)
			if err := do(c, path, live, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// inCluster tells whether a file is rendered for a workload cluster: it is in the folder of the environment whose registration names it.
func inCluster(path string, c *world.Workload, rendered map[string]map[string]any) bool {
	parts := strings.Split(path, string(filepath.Separator))
	if len(parts) < 2 || parts[1] != "cluster" {
		return false
	}
	registration := rendered[filepath.Join("bootstrap", "registrations", parts[0]+".yaml")]
	return field.Text(registration, "spec", "clusterName") == c.EKS.Name && field.Text(registration, "spec", "account") == c.EKS.Account
}

// clusterSecrets are the Secrets by which Argo CD knows clusters.
func clusterSecrets(ctx context.Context, w *world.World) ([]unstructured.Unstructured, error) {
	secrets, err := w.List(ctx, "", "v1", "secrets")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(secrets, func(u unstructured.Unstructured) bool {
		return u.GetLabels()["argocd.argoproj.io/secret-type"] != "cluster"
	}), nil
}

// again is an annotation by which scenarios make Crossplane reconcile.
const again = "e2e.genops.dev/again"

// wants is what people and genops want of an object.
func wants(u unstructured.Unstructured) map[string]string {
	fields := map[string]any{}
	for key, value := range u.Object {
		if key != "status" && key != "metadata" {
			fields[key] = value
		}
	}
	annotations := u.GetAnnotations()
	for key := range annotations {
		if strings.HasPrefix(key, "karpenter.") || strings.HasPrefix(key, "deployment.kubernetes.io/") || key == again || key == pausedAnnotation {
			delete(annotations, key)
		}
	}
	fields["labels"], fields["annotations"] = u.GetLabels(), annotations
	values := map[string]string{}
	flatten(values, "", map[string]any(fields))
	return values
}

// flatten notes the values inside a value by their paths.
func flatten(values map[string]string, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			flatten(values, path+"."+key, inner)
		}
	case map[string]string:
		for key, inner := range value {
			values[path+"."+key] = inner
		}
	case []any:
		for i, inner := range value {
			flatten(values, fmt.Sprintf("%s[%d]", path, i), inner)
		}
	default:
		values[path] = fmt.Sprint(value)
	}
}

// different are the paths at which two objects differ.
func different(was, is map[string]string) []string {
	var paths []string
	for path, value := range was {
		if now, there := is[path]; !there || now != value {
			paths = append(paths, path)
		}
	}
	for path := range is {
		if _, there := was[path]; !there {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// changes lists what differs between two snapshots: what came, went, was made again, or is wanted differently.
func changes(before, after map[string]seen) []string {
	var all []string
	for name, was := range before {
		switch is, ok := after[name]; {
		case !ok:
			all = append(all, name+" is gone")
		case is.UID != was.UID:
			all = append(all, name+" was deleted and made again")
		default:
			if paths := different(was.Wanted, is.Wanted); len(paths) > 0 {
				all = append(all, name+" changed: "+strings.Join(paths, ", "))
			}
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			all = append(all, name+" is new")
		}
	}
	slices.Sort(all)
	return all
}
