package scenarios

import (
	"reflect"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestPointed(t *testing.T) {
	t.Parallel()
	object := map[string]any{
		"spec":     map[string]any{"containers": []any{map[string]any{"image": "a"}}, "none": nil},
		"metadata": map[string]any{"labels": map[string]any{"example.org/stage": "dev", "a~b": "c"}},
	}
	for pointer, want := range map[string]any{
		"/spec/containers/0/image":            "a",
		"/metadata/labels/example.org~1stage": "dev",
		"/metadata/labels/a~0b":               "c",
		"/spec/none":                          nil,
	} {
		if got, there := pointed(object, pointer); !there || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %t", pointer, got, there)
		}
	}
	for _, pointer := range []string{"/spec/containers/1/image", "/spec/containers/x", "/spec/containers/-1", "/other", "/spec/containers/0/image/more"} {
		if got, there := pointed(object, pointer); there {
			t.Errorf("%s: %v", pointer, got)
		}
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	yes := true
	tracked := map[string]string{"argocd.argoproj.io/tracking-id": "claims-dev:aws.genops.dev/Network:env-dev/dev"}
	for want, change := range map[string]func(*unstructured.Unstructured){
		"nobody":                 func(*unstructured.Unstructured) {},
		"Application claims-dev": func(u *unstructured.Unstructured) { u.SetAnnotations(tracked) },
		"Network dev": func(u *unstructured.Unstructured) { // Crossplane copies a claim's annotations to its composite.
			u.SetAnnotations(tracked)
			u.Object["spec"] = map[string]any{"claimRef": map[string]any{"kind": "Network", "name": "dev"}}
		},
		"XNetwork dev-abc": func(u *unstructured.Unstructured) {
			u.SetOwnerReferences([]metav1.OwnerReference{{Kind: "XNetwork", Name: "dev-abc", Controller: &yes}})
		},
	} {
		u := &unstructured.Unstructured{Object: map[string]any{}}
		change(u)
		if got := owner(u); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
