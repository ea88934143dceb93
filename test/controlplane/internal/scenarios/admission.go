package scenarios

import (
	"context"
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// refusals tries by hand what the API server has to refuse, and looks at what it says.
func refusals(ctx context.Context, w *world.World) error {
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return err
	}
	network, err := claim(ctx, w, "Network")
	if err != nil {
		return err
	}
	client, err := objects.For(network.Object)
	if err != nil {
		return err
	}
	strict := metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict, DryRun: []string{metav1.DryRunAll}}
	create := func(change func(spec map[string]any)) error {
		wrong := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": network.GetAPIVersion(), "kind": network.GetKind(),
			"metadata": map[string]any{"name": "wrong", "namespace": network.GetNamespace()},
		}}
		spec, _, _ := unstructured.NestedMap(network.Object, "spec")
		for _, field := range []string{"resourceRef", "compositionRevisionRef"} {
			delete(spec, field)
		}
		change(spec)
		wrong.Object["spec"] = spec
		_, err := client.Create(ctx, wrong, strict)
		return err //nolint:wrapcheck // It is looked at.
	}
	_, changed := client.Patch(ctx, network.GetName(), types.MergePatchType, []byte(`{"spec":{"cidr":"10.99.0.0/16"}}`), metav1.PatchOptions{})
	var problems []error
	for _, attempt := range []struct {
		what string
		err  error
		says []string
	}{
		{"a claim without a CIDR", create(func(spec map[string]any) { delete(spec, "cidr") }), []string{"spec.cidr", "Required value"}},
		{"a number as the region", create(func(spec map[string]any) { spec["region"] = int64(1) }), []string{"spec.region", "string"}},
		{"a stage that does not exist", create(func(spec map[string]any) { spec["stage"] = "production" }), []string{"spec.stage", `"production"`, `"prod"`}},
		{"a typo in a field", create(func(spec map[string]any) { spec["natGateway"] = "single" }), []string{`unknown field "spec.natGateway"`}},
		{"a change of the CIDR", changed, []string{"spec.cidr", "cidr cannot change"}},
	} {
		problems = append(problems, refused(attempt.what, attempt.err, attempt.says...))
	}
	return errors.Join(append(problems, protected(ctx, w, objects)...)...)
}

// protected tries to delete each stateful claim, each registration and each composite.
func protected(ctx context.Context, w *world.World, objects *world.Objects) []error {
	claims, err := w.Claims(ctx)
	if err != nil {
		return []error{err}
	}
	var problems []error
	for _, c := range claims {
		client, err := objects.For(c.Object)
		if err != nil {
			return []error{err}
		}
		err = client.Delete(ctx, c.GetName(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
		problems = append(problems, refused("deleting "+c.GetKind()+" "+c.GetName(), err, "is protected", "genops.dev/allow-deletion=true"))
	}
	composites, err := w.Composites(ctx)
	if err != nil {
		return []error{err}
	}
	for _, c := range composites {
		client, err := objects.For(c.Object)
		if err != nil {
			return []error{err}
		}
		err = client.Delete(ctx, c.GetName(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
		problems = append(problems, refused("deleting "+c.GetKind()+" "+c.GetName(), err, "is deleted by"))
	}
	return problems
}

// refused tells whether something was refused with a message that names all of says.
func refused(what string, err error, says ...string) error {
	if err == nil {
		return fmt.Errorf("%s is not refused", what)
	}
	for _, text := range says {
		if !strings.Contains(err.Error(), text) {
			return fmt.Errorf("%s is refused, but the message does not say %q: %w", what, text, err)
		}
	}
	return nil
}

// claim is some claim of a kind: the one of the first environment.
func claim(ctx context.Context, w *world.World, kind string) (*unstructured.Unstructured, error) {
	claims, err := w.Claims(ctx)
	if err != nil {
		return nil, err
	}
	var found *unstructured.Unstructured
	for i := range claims {
		if claims[i].GetKind() == kind && (found == nil || claims[i].GetName() < found.GetName()) {
			found = &claims[i]
		}
	}
	if found == nil {
		return nil, fmt.Errorf("there is no claim of kind %s", kind)
	}
	return found, nil
}
