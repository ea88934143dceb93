package incluster

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// verdict is the condition Ready of a custom resource.
type verdict struct {
	ready           bool
	reason, message string
}

// report writes the condition Ready and more of a status, unless it is there already.
func (c *Controllers) report(
	ctx context.Context, resource schema.GroupVersionResource, u unstructured.Unstructured, v verdict, more map[string]any,
) error {
	status := "False"
	if v.ready {
		status = "True"
	}
	since := time.Now().UTC().Format(time.RFC3339)
	before, _, _ := unstructured.NestedMap(u.Object, "status")
	conditions, _, _ := unstructured.NestedSlice(before, "conditions")
	for _, condition := range conditions {
		if has, ok := condition.(map[string]any); ok && has["type"] == "Ready" && has["status"] == status {
			since = field.Text(has, "lastTransitionTime")
		}
	}
	after := runtime.DeepCopyJSON(before)
	if after == nil {
		after = map[string]any{}
	}
	after["conditions"] = []any{map[string]any{
		"type": "Ready", "status": status, "reason": v.reason, "message": v.message, "lastTransitionTime": since,
	}}
	maps.Copy(after, more)
	if reflect.DeepEqual(before, after) {
		return nil
	}
	u = *u.DeepCopy()
	u.Object["status"] = after
	_, err := c.Dynamic.Resource(resource).Namespace(u.GetNamespace()).UpdateStatus(ctx, &u, metav1.UpdateOptions{})
	if err := changed(err); err != nil {
		return fmt.Errorf("status of %s: %w", title(u.GetKind(), u.GetNamespace(), u.GetName()), err)
	}
	return nil
}

// title names an object.
func title(kind, namespace, name string) string {
	if namespace == "" {
		return kind + " " + name
	}
	return kind + " " + namespace + "/" + name
}
