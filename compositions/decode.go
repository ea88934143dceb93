package compositions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// decode reads a spec into its type, strictly: a field that is misspelt must not be ignored.
func decode[S any](spec map[string]any) (*S, schema.ClaimMeta, error) {
	var meta schema.ClaimMeta
	text, err := json.Marshal(spec)
	if err != nil {
		return nil, meta, misfit(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	decoded := new(S)
	if err := decoder.Decode(decoded); err != nil {
		return nil, meta, misfit(err)
	}
	if err := json.Unmarshal(text, &meta); err != nil {
		return nil, meta, misfit(err)
	}
	if problems := incomplete(meta); len(problems) > 0 {
		return nil, meta, &InvalidError{Problems: problems}
	}
	return decoded, meta, nil
}

// misfit says in people's words why a spec does not fit its type.
func misfit(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		// What all claims have stands in a type of its own, which people do not see.
		field := strings.TrimPrefix(wrong.Field, "ClaimMeta.")
		return invalidf("spec.%s: found a value of type %s, allowed is %s", field, wrong.Value, word(wrong.Type))
	}
	message := strings.TrimPrefix(err.Error(), "json: ")
	if name, unknown := strings.CutPrefix(message, "unknown field "); unknown {
		return invalidf("spec: there is no field %s", name)
	}
	return invalidf("spec: %s", message)
}

// word is what people call a type.
func word(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	default:
		return "a whole number"
	}
}

// incomplete lists what every claim has to say and this one does not. The API server asks for it, too; a composite may be older than its definition.
func incomplete(meta schema.ClaimMeta) []string {
	var problems []string
	for _, f := range []struct{ name, value string }{
		{"environment", meta.Environment}, {"account", meta.Account}, {"region", meta.Region}, {"project", meta.Project},
	} {
		if f.value == "" {
			problems = append(problems, fmt.Sprintf("spec.%s: is missing", f.name))
		}
	}
	return problems
}

func invalidf(format string, args ...any) error {
	return &InvalidError{Problems: []string{fmt.Sprintf(format, args...)}}
}
