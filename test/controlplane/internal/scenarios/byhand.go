package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// editor is the field manager of kubectl edit.
const editor = "kubectl-edit"

// byHand is something that a person changes beside Git.
type byHand struct {
	// what is changed, such as "hub: AppProject argocd/poc .spec.sourceRepos".
	what string
	// owner is who has to put it right, such as "Application root".
	owner string
	do    func(context.Context) error
	// healed says what is still wrong.
	healed func(context.Context) error
	// again is the change of a snapshot that stays: what was deleted has another UID.
	again string
	// restore puts right what nobody has.
	restore func(context.Context) error
}

// target is an object that is changed by hand.
type target struct {
	client dynamic.ResourceInterface
	live   *unstructured.Unstructured
	what   string
}

// aim looks at an object of a cluster.
func aim(ctx context.Context, cluster string, objects *world.Objects, manifest map[string]any) (*target, error) {
	client, err := objects.For(manifest)
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	live, err := objects.Get(ctx, manifest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cluster, err)
	}
	name := strings.TrimPrefix(live.GetNamespace()+"/"+live.GetName(), "/")
	return &target{client: client, live: live, what: cluster + ": " + live.GetKind() + " " + name}, nil
}

// edit changes the field that a JSON pointer leads to.
func (t *target) edit(pointer string, value any) byHand {
	was, there := pointed(t.live.Object, pointer)
	patch := func(ctx context.Context, value any) error {
		text, err := json.Marshal([]map[string]any{{"op": "add", "path": pointer, "value": value}})
		if err == nil {
			_, err = t.client.Patch(ctx, t.live.GetName(), types.JSONPatchType, text, metav1.PatchOptions{FieldManager: editor})
		}
		if err != nil {
			return fmt.Errorf("edit %s %s: %w", t.what, pointer, err)
		}
		return nil
	}
	return byHand{
		what: t.what + " " + pointer, owner: owner(t.live),
		do: func(ctx context.Context) error {
			if !there || reflect.DeepEqual(was, value) {
				return fmt.Errorf("%s has no other %s that could be edited", t.what, pointer)
			}
			return patch(ctx, value)
		},
		healed: func(ctx context.Context) error {
			live, err := t.client.Get(ctx, t.live.GetName(), metav1.GetOptions{})
			if err != nil {
				return fmt.Errorf("it cannot be read: %w", err)
			}
			if is, _ := pointed(live.Object, pointer); !reflect.DeepEqual(is, was) {
				return fmt.Errorf("it stays %v, it was %v", is, was)
			}
			return nil
		},
		restore: func(ctx context.Context) error { return patch(ctx, was) },
	}
}

// remove deletes the object.
func (t *target) remove() byHand {
	return byHand{
		what: t.what, owner: owner(t.live), again: t.what + " was deleted and made again",
		do: func(ctx context.Context) error {
			if err := t.client.Delete(ctx, t.live.GetName(), metav1.DeleteOptions{}); err != nil {
				return fmt.Errorf("delete %s: %w", t.what, err)
			}
			return nil
		},
		healed: func(ctx context.Context) error {
			live, err := t.client.Get(ctx, t.live.GetName(), metav1.GetOptions{})
			switch {
			case apierrors.IsNotFound(err):
				return errors.New("it stays deleted")
			case err != nil:
				return fmt.Errorf("it cannot be read: %w", err)
			case live.GetUID() == t.live.GetUID():
				return errors.New("it was not deleted")
			}
			return nil
		},
		restore: func(ctx context.Context) error {
			fresh := t.live.DeepCopy()
			unstructured.RemoveNestedField(fresh.Object, "status")
			for _, name := range []string{"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"} {
				unstructured.RemoveNestedField(fresh.Object, "metadata", name)
			}
			if _, err := t.client.Create(ctx, fresh, metav1.CreateOptions{FieldManager: editor}); err != nil && !apierrors.IsAlreadyExists(err) {
				return fmt.Errorf("make %s again: %w", t.what, err)
			}
			return nil
		},
	}
}

// inAWS changes a field of what AWS has for a managed resource, behind the provider's back.
func inAWS(w *world.World, managed *target, name string, value any) byHand {
	kind := managed.live.GetKind()
	before, _ := w.AWS.Find(kind, managed.live.GetName())
	was := before.Asked[name]
	return byHand{
		what: "AWS: " + kind + " " + managed.live.GetName() + " ." + name, owner: "the provider",
		do: func(context.Context) error {
			if reflect.DeepEqual(was, value) || !w.AWS.Edit(kind, managed.live.GetName(), map[string]any{name: value}) {
				return fmt.Errorf("AWS has no %s %s that could be edited", kind, managed.live.GetName())
			}
			return nil
		},
		healed: func(ctx context.Context) error {
			after, _ := w.AWS.Find(kind, managed.live.GetName())
			if reflect.DeepEqual(after.Asked[name], was) {
				return nil
			}
			return fmt.Errorf("it stays %v, it was %v%s", after.Asked[name], was, managed.paused(ctx))
		},
		restore: func(context.Context) error {
			w.AWS.Edit(kind, managed.live.GetName(), map[string]any{name: was})
			return nil
		},
	}
}

// paused says whether nobody looks at an object because a person wants it so.
func (t *target) paused(ctx context.Context) string {
	live, err := t.client.Get(ctx, t.live.GetName(), metav1.GetOptions{})
	if err == nil && live.GetAnnotations()[pausedAnnotation] == "true" {
		return ": " + live.GetKind() + " " + live.GetName() + " is paused"
	}
	return ""
}

// owner is who puts an object right.
func owner(live *unstructured.Unstructured) string {
	if by := metav1.GetControllerOf(live); by != nil {
		return by.Kind + " " + by.Name
	}
	if name := field.Text(live.Object, "spec", "claimRef", "name"); name != "" {
		return field.Text(live.Object, "spec", "claimRef", "kind") + " " + name
	}
	if application, _, found := strings.Cut(live.GetAnnotations()["argocd.argoproj.io/tracking-id"], ":"); found {
		return "Application " + application
	}
	return "nobody"
}

// pointed is the value that a JSON pointer leads to.
func pointed(object any, pointer string) (any, bool) {
	for _, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch inner := object.(type) {
		case map[string]any:
			next, there := inner[step]
			if !there {
				return nil, false
			}
			object = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(inner) {
				return nil, false
			}
			object = inner[i]
		default:
			return nil, false
		}
	}
	return object, true
}

// state says how an owner is, for who asks why it does not put things right.
func state(ctx context.Context, w *world.World, owner string) string {
	name, ok := strings.CutPrefix(owner, "Application ")
	if !ok {
		if err := w.Available("crossplane-system")(ctx); err != nil {
			return owner + ": Crossplane does not work: " + err.Error()
		}
		return owner
	}
	application, err := application(ctx, w, name)
	if err != nil {
		return owner + ": " + err.Error()
	}
	said := owner + ": " + field.Text(application.Object, "status", "sync", "status")
	if heals, _, _ := unstructured.NestedBool(application.Object, "spec", "syncPolicy", "automated", "selfHeal"); !heals {
		said += ", selfHeal is off"
	}
	return said + ": " + world.Shorten(world.Operation(application.Object))
}

// annotate sets an annotation, or takes it away.
func (t *target) annotate(ctx context.Context, key string, value any) error {
	text, err := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]any{key: value}}})
	if err == nil {
		_, err = t.client.Patch(ctx, t.live.GetName(), types.MergePatchType, text, metav1.PatchOptions{FieldManager: editor})
	}
	if err != nil {
		return fmt.Errorf("annotate %s: %w", t.what, err)
	}
	return nil
}
