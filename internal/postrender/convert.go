package postrender

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// toNode builds the YAML tree of unstructured content directly. Going through
// text, as kustomize does, would cost more than all patches together.
func toNode(v any) (*yaml.Node, error) {
	scalar := func(tag, value string) (*yaml.Node, error) {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}, nil
	}
	switch v := v.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: make([]*yaml.Node, 0, 2*len(v))}
		for _, key := range keys(v) {
			value, err := toNode(v[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
		}
		return n, nil
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: make([]*yaml.Node, 0, len(v))}
		for i, item := range v {
			value, err := toNode(item)
			if err != nil {
				return nil, fmt.Errorf("%d: %w", i, err)
			}
			n.Content = append(n.Content, value)
		}
		return n, nil
	case nil:
		return scalar("!!null", "null")
	case string:
		return scalar("!!str", v)
	case bool:
		return scalar("!!bool", strconv.FormatBool(v))
	case int64, int, int32, int16, int8, uint64, uint, uint32, uint16, uint8:
		return scalar("!!int", fmt.Sprint(v))
	case float32:
		return scalar("!!float", strconv.FormatFloat(float64(v), 'g', -1, 32))
	case float64:
		return scalar("!!float", strconv.FormatFloat(v, 'g', -1, 64))
	default:
		return nil, fmt.Errorf("type %T is not unstructured content", v)
	}
}

// toContent is the inverse of toNode. A number without a fraction is an int64,
// as it is for the API server.
func toContent(n *yaml.Node) (any, error) {
	n = deref(n)
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for key, value := range pairs(n) {
			v, err := toContent(value)
			if err != nil {
				return nil, in(key.Value, err)
			}
			m[key.Value] = v
		}
		return m, nil
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for i, item := range n.Content {
			v, err := toContent(item)
			if err != nil {
				return nil, in(index(i), err)
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.DocumentNode:
		if len(n.Content) == 1 {
			return toContent(n.Content[0])
		}
		return nil, errors.New("not one document")
	default:
		return scalarContent(n)
	}
}

func scalarContent(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil //nolint:nilnil // null is a value.
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return nil, &valueError{value: n.Value, want: "true or false"}
		}
		return b, nil
	case "!!int", "!!float":
		return number(n)
	default:
		// Dates are text in JSON.
		return n.Value, nil
	}
}

func number(n *yaml.Node) (any, error) {
	if n.ShortTag() == "!!int" {
		var i int64
		if err := n.Decode(&i); err == nil {
			return i, nil
		}
		var u uint64
		if err := n.Decode(&u); err == nil {
			return u, nil
		}
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, &valueError{value: n.Value, want: "a number"}
	}
	const exact = 1 << 53 // Above, not every integer has a float.
	if f == math.Trunc(f) && math.Abs(f) < exact {
		return int64(f), nil
	}
	return f, nil
}

// valueError is a value of a type that its field did not have before: a
// replacement has put text where a number was.
type valueError struct {
	path  []string // innermost first
	value string
	want  string
}

func (e *valueError) Error() string {
	field := ""
	for _, segment := range slices.Backward(e.path) {
		field = join(field, segment)
	}
	return fmt.Sprintf("%s is %q, and has to be %s", field, e.value, e.want)
}

func in(segment string, err error) error {
	if valueErr, ok := errors.AsType[*valueError](err); ok {
		valueErr.path = append(valueErr.path, segment)
	}
	return err
}
