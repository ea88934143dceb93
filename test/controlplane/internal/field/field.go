// Package field reads objects of any kind as the API server gives them.
package field

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Text is a text in an object, empty if it is not there.
func Text(object map[string]any, path ...string) string {
	value, _, _ := unstructured.NestedString(object, path...)
	return strings.TrimSpace(value)
}

// Condition is the status and message of a condition.
func Condition(object map[string]any, kind string) (status, message string) {
	conditions, _, _ := unstructured.NestedSlice(object, "status", "conditions")
	for _, c := range conditions {
		if fields, ok := c.(map[string]any); ok && fields["type"] == kind {
			return Text(fields, "status"), strings.TrimSpace(Text(fields, "reason") + " " + Text(fields, "message"))
		}
	}
	return "", "no condition"
}

// ObservedGeneration is the generation of an object that a condition speaks of; zero if it has none.
func ObservedGeneration(object map[string]any, kind string) int64 {
	conditions, _, _ := unstructured.NestedSlice(object, "status", "conditions")
	for _, c := range conditions {
		if fields, ok := c.(map[string]any); ok && fields["type"] == kind {
			generation, _, _ := unstructured.NestedInt64(fields, "observedGeneration")
			return generation
		}
	}
	return 0
}

// Message is the message of a condition without its reason; empty if it has none.
func Message(object map[string]any, kind string) string {
	conditions, _, _ := unstructured.NestedSlice(object, "status", "conditions")
	for _, c := range conditions {
		if fields, ok := c.(map[string]any); ok && fields["type"] == kind {
			return Text(fields, "message")
		}
	}
	return ""
}

// IsReady tells whether an object says that it is ready.
func IsReady(object map[string]any) bool {
	status, _ := Condition(object, "Ready")
	return status == "True"
}
