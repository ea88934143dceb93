package function

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/structpb"
	kjson "k8s.io/apimachinery/pkg/util/json"
)

// maxExact is the largest whole number up to which a float64, the only number that protobuf's structs have, holds every one.
const maxExact = 1 << 53

// decode is the content of a struct the way apimachinery keeps objects: whole numbers are int64. It never returns nil without an error.
func decode(s *structpb.Struct) (map[string]any, error) {
	content := make(map[string]any, len(s.GetFields()))
	for name, field := range s.GetFields() {
		value, err := decodeValue(field)
		if err != nil {
			return nil, err
		}
		content[name] = value
	}
	return content, nil
}

func decodeValue(v *structpb.Value) (any, error) {
	switch v := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return v.StringValue, nil
	case *structpb.Value_BoolValue:
		return v.BoolValue, nil
	case *structpb.Value_NumberValue:
		return decodeNumber(v.NumberValue)
	case *structpb.Value_StructValue:
		return decode(v.StructValue)
	case *structpb.Value_ListValue:
		list := make([]any, 0, len(v.ListValue.GetValues()))
		for _, element := range v.ListValue.GetValues() {
			value, err := decodeValue(element)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	default:
		return nil, nil //nolint:nilnil // null is a value.
	}
}

func decodeNumber(n float64) (any, error) {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return nil, fmt.Errorf("found the number %v, allowed are those of JSON", n)
	}
	if n == math.Trunc(n) && n >= math.MinInt64 && n < math.MaxInt64 { // The upper bound is 2^63, which is not an int64.
		return int64(n), nil
	}
	return n, nil
}

// encode makes a struct of an object's content.
func encode(content map[string]any) (*structpb.Struct, error) {
	fields := make(map[string]*structpb.Value, len(content))
	for name, field := range content {
		value, err := encodeValue(field)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		fields[name] = value
	}
	return &structpb.Struct{Fields: fields}, nil
}

func encodeValue(v any) (*structpb.Value, error) {
	switch v := v.(type) {
	case nil:
		return structpb.NewNullValue(), nil
	case bool:
		return structpb.NewBoolValue(v), nil
	case string:
		if !utf8.ValidString(v) {
			return nil, errors.New("it is not UTF-8")
		}
		return structpb.NewStringValue(v), nil
	case int64:
		if v > maxExact || v < -maxExact {
			return nil, fmt.Errorf("%d is too large for a number of protobuf", v)
		}
		return structpb.NewNumberValue(float64(v)), nil
	case int:
		return encodeValue(int64(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%v is no number of JSON", v)
		}
		return structpb.NewNumberValue(v), nil
	case map[string]any:
		s, err := encode(v)
		if err != nil {
			return nil, err
		}
		return structpb.NewStructValue(s), nil
	case []any:
		values := make([]*structpb.Value, 0, len(v))
		for i, element := range v {
			value, err := encodeValue(element)
			if err != nil {
				return nil, fmt.Errorf("%d: %w", i, err)
			}
			values = append(values, value)
		}
		return structpb.NewListValue(&structpb.ListValue{Values: values}), nil
	default:
		return encodeTyped(v)
	}
}

// encodeTyped takes the way of the CLI, which writes what a composition returns as text: a list of strings must not be right there and wrong here.
func encodeTyped(v any) (*structpb.Value, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	var content any
	if err := kjson.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return encodeValue(content)
}
