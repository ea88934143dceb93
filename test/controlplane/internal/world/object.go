package world

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// Objects finds objects of a cluster by what a manifest says about them.
type Objects struct {
	client dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
}

// NewObjects makes a finder.
func NewObjects(config *rest.Config) (*Objects, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("objects: %w", err)
	}
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("objects: %w", err)
	}
	return &Objects{client: client, mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(kinds))}, nil
}

// For is the interface to the object that a manifest means.
func (o *Objects) For(manifest map[string]any) (dynamic.ResourceInterface, error) {
	object := &unstructured.Unstructured{Object: manifest}
	kind := object.GroupVersionKind()
	mapping, err := o.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		o.mapper.Reset()
		mapping, err = o.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, fmt.Errorf("kind %s: %w", kind.Kind, err)
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return o.client.Resource(mapping.Resource), nil
	}
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return o.client.Resource(mapping.Resource).Namespace(namespace), nil
}

// Get is the live object that a manifest means.
func (o *Objects) Get(ctx context.Context, manifest map[string]any) (*unstructured.Unstructured, error) {
	client, err := o.For(manifest)
	if err != nil {
		return nil, err
	}
	name := field.Text(manifest, "metadata", "name")
	live, err := client.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", field.Text(manifest, "kind"), name, err)
	}
	return live, nil
}

// ComposedManager begins the names under which Crossplane applies what a function composes.
const ComposedManager = "apiextensions.crossplane.io/composed"

// Owned is the part of an object that field managers own whose names begin with prefix: what they applied.
func Owned(object *unstructured.Unstructured, prefix string) map[string]any {
	owned := map[string]any{}
	for _, entry := range object.GetManagedFields() {
		if !strings.HasPrefix(entry.Manager, prefix) || entry.Subresource != "" || entry.FieldsV1 == nil {
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal(entry.FieldsV1.Raw, &fields); err == nil {
			merge(owned, extract(object.Object, fields))
		}
	}
	return owned
}

// extract takes the fields of an object that a FieldsV1 names. Lists are taken whole.
func extract(object, fields map[string]any) map[string]any {
	taken := map[string]any{}
	for key, below := range fields {
		name, ok := strings.CutPrefix(key, "f:")
		if !ok {
			continue
		}
		value, ok := object[name]
		if !ok {
			continue
		}
		inner, isMap := value.(map[string]any)
		deeper, _ := below.(map[string]any)
		if isMap && len(deeper) > 0 {
			taken[name] = extract(inner, deeper)
			continue
		}
		taken[name] = value
	}
	return taken
}

func merge(into, from map[string]any) {
	for key, value := range from {
		inner, ok := value.(map[string]any)
		existing, both := into[key].(map[string]any)
		if ok && both {
			merge(existing, inner)
			continue
		}
		into[key] = value
	}
}
