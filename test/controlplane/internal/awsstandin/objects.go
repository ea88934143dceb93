package awsstandin

import (
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// fields is an object, or a part of one, as it comes from JSON.
type fields = map[string]any

// key says which object is meant.
type key struct {
	kind string // With the API group, such as ec2.aws.upbound.io/VPC.
	name string
}

// at is a value inside an object; nil if there is none. Steps are field names and places in lists.
func at(value any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := value.(fields)
			if !ok {
				return nil
			}
			value = m[step]
		case int:
			list, ok := value.([]any)
			if !ok || step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// text is a string inside an object; empty if there is none.
func text(value any, path ...any) string {
	s, _ := at(value, path...).(string)
	return s
}

// child is an object inside an object; nil if there is none.
func child(value any, path ...any) fields {
	m, _ := at(value, path...).(fields)
	return m
}

// texts are the strings of a list inside an object.
func texts(value any, path ...any) []string {
	list, _ := at(value, path...).([]any)
	var all []string
	for _, element := range list {
		if s, ok := element.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// list is a list of strings as objects have it.
func list(values []string) []any {
	all := make([]any, 0, len(values))
	for _, value := range values {
		all = append(all, value)
	}
	return all
}

// dotted makes a path for at of a path such as launchTemplate.name.
func dotted(path string) []any {
	return list(strings.Split(path, "."))
}

// clone copies an object. A nil one becomes empty.
func clone(object fields) fields {
	if object == nil {
		return fields{}
	}
	return runtime.DeepCopyJSON(object)
}

// merge puts what is in upper over what is in lower, and changes neither.
func merge(lower, upper fields) fields {
	merged := clone(lower)
	for name, value := range upper {
		below, both := merged[name].(fields)
		if above, ok := value.(fields); ok && both {
			merged[name] = merge(below, above)
			continue
		}
		merged[name] = runtime.DeepCopyJSONValue(value)
	}
	return merged
}

// difference is the JSON merge patch that makes the one object the other; empty if they are the same.
func difference(from, to fields) fields {
	patch := fields{}
	for name, value := range to {
		old, exists := from[name]
		if exists && same(old, value) {
			continue
		}
		was, wasObject := old.(fields)
		will, willObject := value.(fields)
		if wasObject && willObject {
			patch[name] = difference(was, will)
			continue
		}
		patch[name] = value
	}
	for name := range from {
		if _, stays := to[name]; !stays {
			patch[name] = nil
		}
	}
	return patch
}

// same compares values of JSON. A whole number is the same with and without a fraction of zero.
func same(a, b any) bool {
	return reflect.DeepEqual(normal(a), normal(b))
}

func normal(value any) any {
	switch value := value.(type) {
	case int64:
		return float64(value)
	case int:
		return float64(value)
	case fields:
		all := make(fields, len(value))
		for name, inner := range value {
			all[name] = normal(inner)
		}
		return all
	case []any:
		all := make([]any, len(value))
		for i, inner := range value {
			all[i] = normal(inner)
		}
		return all
	default:
		return value
	}
}

// withoutReferences copies a value without the fields that only refer to other objects: AWS and the status know none of them.
func withoutReferences(value any) any {
	switch value := value.(type) {
	case fields:
		all := fields{}
		for name, inner := range value {
			if _, isObject := inner.(fields); isObject && (strings.HasSuffix(name, "Ref") || strings.HasSuffix(name, "Selector")) {
				continue
			}
			if strings.HasSuffix(name, "Refs") {
				continue
			}
			all[name] = withoutReferences(inner)
		}
		return all
	case []any:
		all := make([]any, 0, len(value))
		for _, inner := range value {
			all = append(all, withoutReferences(inner))
		}
		return all
	default:
		return runtime.DeepCopyJSONValue(value)
	}
}
