package pipeline_test

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// limitRange is what the API server has against a LimitRange: for each resource, defaultRequest is at most default, and default at most max
// (kubernetes: ValidateLimitRange).
func limitRange(object map[string]any) []string {
	if object["kind"] != "LimitRange" {
		return nil
	}
	data, err := json.Marshal(object)
	if err != nil {
		return []string{err.Error()}
	}
	var r corev1.LimitRange
	if err := json.Unmarshal(data, &r); err != nil {
		return []string{err.Error()}
	}
	var said []string
	for i, item := range r.Spec.Limits {
		for name, most := range item.Max {
			for what, list := range map[string]corev1.ResourceList{"default": item.Default, "defaultRequest": item.DefaultRequest} {
				if value, ok := list[name]; ok && value.Cmp(most) > 0 {
					said = append(said, fmt.Sprintf("spec.limits[%d].%s[%s]: %s is greater than max value %s", i, what, name, value.String(), most.String()))
				}
			}
		}
		for name, value := range item.Default {
			if request, ok := item.DefaultRequest[name]; ok && request.Cmp(value) > 0 {
				said = append(said, fmt.Sprintf("spec.limits[%d].defaultRequest[%s]: %s is greater than default limit value %s", i, name, request.String(), value.String()))
			}
		}
	}
	return said
}
