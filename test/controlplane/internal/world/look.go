package world

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// List lists objects of the hub in all namespaces. A kind that is not served has none.
func (w *World) List(ctx context.Context, group, version, plural string) ([]unstructured.Unstructured, error) {
	return list(ctx, w.Dynamic, group, version, plural)
}

// List lists objects of a workload cluster in all namespaces.
func (c *Workload) List(ctx context.Context, group, version, plural string) ([]unstructured.Unstructured, error) {
	return list(ctx, c.Dynamic, group, version, plural)
}

func list(ctx context.Context, client dynamic.Interface, group, version, plural string) ([]unstructured.Unstructured, error) {
	found, err := client.Resource(schema.GroupVersionResource{Group: group, Version: version, Resource: plural}).List(ctx, metav1.ListOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", plural, err)
	}
	return found.Items, nil
}

// Group of the claims and composites.
const (
	ClaimGroup   = "aws.genops.dev"
	ClaimVersion = "v1alpha1"
)

// Claims are all claims and registrations.
func (w *World) Claims(ctx context.Context) ([]unstructured.Unstructured, error) {
	return w.ours(ctx, func(kind string) bool { return !strings.HasPrefix(kind, "X") })
}

// Composites are the composites of all claims.
func (w *World) Composites(ctx context.Context) ([]unstructured.Unstructured, error) {
	return w.ours(ctx, func(kind string) bool { return strings.HasPrefix(kind, "X") })
}

// ClaimsAndComposites are both.
func (w *World) ClaimsAndComposites(ctx context.Context) ([]unstructured.Unstructured, error) {
	return w.ours(ctx, func(string) bool { return true })
}

// ours are the objects of the kinds that genops defines.
func (w *World) ours(ctx context.Context, wanted func(kind string) bool) ([]unstructured.Unstructured, error) {
	plurals, err := w.served(ClaimGroup + "/" + ClaimVersion)
	if err != nil {
		return nil, err
	}
	var all []unstructured.Unstructured
	for plural, kind := range plurals {
		if !wanted(kind) {
			continue
		}
		found, err := w.List(ctx, ClaimGroup, ClaimVersion, plural)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// served lists the kinds of an API group, by their plurals.
func (w *World) served(groupVersion string) (map[string]string, error) {
	resources, err := w.Client.Discovery().ServerResourcesForGroupVersion(groupVersion)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("kinds of %s: %w", groupVersion, err)
	}
	kinds := map[string]string{}
	for _, r := range resources.APIResources {
		if !strings.Contains(r.Name, "/") {
			kinds[r.Name] = r.Kind
		}
	}
	return kinds, nil
}

// Managed are all managed resources of AWS.
func (w *World) Managed(ctx context.Context) ([]unstructured.Unstructured, error) {
	_, lists, err := w.Client.Discovery().ServerGroupsAndResources()
	if err != nil {
		return nil, fmt.Errorf("kinds of managed resources: %w", err)
	}
	// A kind that is served in two versions is listed twice: the newer one counts, so that two looks show the same.
	slices.SortFunc(lists, func(a, b *metav1.APIResourceList) int { return strings.Compare(b.GroupVersion, a.GroupVersion) })
	var all []unstructured.Unstructured
	for _, l := range lists {
		version, err := schema.ParseGroupVersion(l.GroupVersion)
		if err != nil || !strings.HasSuffix(version.Group, ".aws.upbound.io") {
			continue
		}
		for _, r := range l.APIResources {
			if strings.Contains(r.Name, "/") {
				continue
			}
			found, err := w.List(ctx, version.Group, version.Version, r.Name)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	seen := map[string]bool{}
	unique := all[:0]
	for _, u := range all {
		if !seen[string(u.GetUID())] {
			seen[string(u.GetUID())] = true
			unique = append(unique, u)
		}
	}
	return unique, nil
}

// Available checks that the Deployments and StatefulSets of a namespace have all their replicas.
func (w *World) Available(namespace string) func(context.Context) error {
	return func(ctx context.Context) error {
		deployments, err := w.Client.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("deployments of %s: %w", namespace, err)
		}
		sets, err := w.Client.AppsV1().StatefulSets(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("stateful sets of %s: %w", namespace, err)
		}
		for _, d := range deployments.Items {
			if d.Status.AvailableReplicas < *d.Spec.Replicas {
				return fmt.Errorf("deployment %s is not available: %s", d.Name, w.whyNot(ctx, namespace))
			}
		}
		for _, s := range sets.Items {
			if s.Status.ReadyReplicas < *s.Spec.Replicas {
				return fmt.Errorf("stateful set %s is not ready: %s", s.Name, w.whyNot(ctx, namespace))
			}
		}
		if len(deployments.Items) == 0 {
			return errors.New("no deployments in " + namespace)
		}
		return nil
	}
}

// whyNot says which pod of a namespace is not ready, and why.
func (w *World) whyNot(ctx context.Context, namespace string) string {
	pods, err := w.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err.Error()
	}
	for _, p := range pods.Items {
		if !ready(p) {
			return "pod " + p.Name + ": " + waits(p)
		}
	}
	return "its pods are ready"
}

func ready(p corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

func waits(p corev1.Pod) string {
	for _, c := range p.Status.ContainerStatuses {
		if c.State.Waiting != nil {
			return c.State.Waiting.Message
		}
	}
	for _, c := range p.Status.Conditions {
		if c.Status != corev1.ConditionTrue {
			return string(c.Type) + ": " + c.Message
		}
	}
	return string(p.Status.Phase)
}

// Applications is the kind of Argo CD's Applications.
var Applications = schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "applications"} //nolint:gochecknoglobals // A constant.

// Application is an Application of Argo CD; nil if there is none.
func (w *World) Application(ctx context.Context, name string) (*unstructured.Unstructured, error) {
	found, err := w.Dynamic.Resource(Applications).Namespace("argocd").Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil //nolint:nilnil // There is none.
	}
	if err != nil {
		return nil, fmt.Errorf("application %s: %w", name, err)
	}
	return found, nil
}
