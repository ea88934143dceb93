package generators

import "reflect"

// tidy drops from an object what Go types write only because they cannot leave it out: nulls, empty metadata and the empty templates inside the
// generators of an ApplicationSet. Empty maps elsewhere stay, because an empty selector means something.
func tidy(object map[string]any) map[string]any {
	for key, value := range object {
		if value == nil || empty(key, value) {
			delete(object, key)
			continue
		}
		tidyValue(value)
	}
	return object
}

func tidyValue(value any) {
	switch value := value.(type) {
	case map[string]any:
		tidy(value)
	case []any:
		for _, element := range value {
			tidyValue(element)
		}
	}
}

// empty tells whether a field says nothing.
func empty(key string, value any) bool {
	fields, ok := value.(map[string]any)
	if !ok {
		return false
	}
	switch key {
	case "metadata", "strategy", "jsonnet", "spec":
		return len(fields) == 0
	case "template":
		return reflect.DeepEqual(fields, map[string]any{
			"metadata": map[string]any{}, "spec": map[string]any{"destination": map[string]any{}, "project": ""},
		})
	default:
		return false
	}
}
