package artifacts

import (
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// schemaFile is what Helm checks values against.
const schemaFile = "values.schema.json"

// freeForm are values that Kubernetes defines and no chart, by the end of their names: the keys in a chart's defaults are not all there are.
func freeForm(name string) bool {
	name = strings.ToLower(name)
	for _, end := range []string{"selector", "affinity", "strategy", "context", "labels", "annotations", "probe", "limits", "requests"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// knownKeys is a schema that refuses keys which a chart's defaults do not have. The charts themselves take any key, and ignore what they do not
// know: a misspelt value would go unseen.
func knownKeys(defaults []byte) ([]byte, error) {
	var values map[string]any
	if err := yaml.Unmarshal(defaults, &values); err != nil {
		return nil, fmt.Errorf("read default values: %w", err)
	}
	schema := keysOf(values)
	schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write schema of values: %w", err)
	}
	return text, nil
}

func keysOf(values map[string]any) map[string]any {
	properties := map[string]any{}
	for name, value := range values {
		properties[name] = kindOf(name, value)
	}
	return map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
}

// kindOf tells objects and lists; what scalars may be, defaults do not say.
func kindOf(name string, value any) map[string]any {
	switch value := value.(type) {
	case map[string]any:
		if len(value) == 0 || freeForm(name) {
			return map[string]any{"type": "object"}
		}
		return keysOf(value)
	case []any:
		return map[string]any{"type": "array"}
	default:
		return map[string]any{}
	}
}
