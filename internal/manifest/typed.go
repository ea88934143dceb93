package manifest

import (
	"encoding/json"
	"fmt"

	kjson "k8s.io/apimachinery/pkg/util/json"
)

// FromTyped returns the unstructured content of a typed API object, or of any
// struct with json tags, without what a client must not send: the top-level
// status, and creationTimestamp where it is null or empty, in every metadata
// (those of pod templates, too).
//
// It goes through JSON on purpose. apimachinery's converter is no faster on
// the objects that genops emits, and wrong on some: it gives the bytes of the
// JSON text, quotes included, for karpenter's NillableDuration.
func FromTyped(v any) (map[string]any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("convert %T: %w", v, err)
	}
	// This decoder keeps integers integers, as the API server's does.
	var content map[string]any
	if err := kjson.Unmarshal(data, &content); err != nil {
		return nil, fmt.Errorf("convert %T: %w", v, err)
	}
	if content == nil {
		return nil, fmt.Errorf("convert %T: not an object", v)
	}
	delete(content, "status")
	dropTimestamps(content)
	return content, nil
}

// dropTimestamps removes creationTimestamp without a value from every metadata
// in v.
func dropTimestamps(v any) {
	switch v := v.(type) {
	case map[string]any:
		if metadata, ok := v["metadata"].(map[string]any); ok {
			if at, ok := metadata["creationTimestamp"]; ok && (at == nil || at == "") {
				delete(metadata, "creationTimestamp")
			}
		}
		for _, child := range v {
			dropTimestamps(child)
		}
	case []any:
		for _, child := range v {
			dropTimestamps(child)
		}
	}
}
