package postrender

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/innovate-inc/genops/internal/problem"
)

// shape compares n with the Go type that kustomize decodes it into and reports
// every field that does not exist or has another type. kustomize's own decoder
// stops at the first, knows no position, and takes misspelt cases.
func (r *run) shape(s source, field string, n *yaml.Node, t reflect.Type) bool {
	before := len(r.problems)
	r.fit(s, field, n, t)
	return len(r.problems) == before
}

func (r *run) fit(s source, field string, n *yaml.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	value := deref(n)
	if value.ShortTag() == "!!null" {
		return // As if it were not there.
	}
	mismatch := func(want string) {
		hint := ""
		if t.Kind() == reflect.String && value.Kind == yaml.ScalarNode {
			hint = `write "` + value.Value + `", with quotes`
		}
		r.report(s, n, field, "want "+want+", found "+found(value), hint)
	}

	switch t.Kind() {
	case reflect.Struct:
		if value.Kind != yaml.MappingNode {
			mismatch("a mapping")
			return
		}
		fields := fieldsOf(t)
		for key, v := range pairs(value) {
			if ft, ok := fields[key.Value]; ok {
				r.fit(s, join(field, key.Value), v, ft)
				continue
			}
			r.reportUnknown(s, key, field, keys(fields))
		}
	case reflect.Slice:
		if value.Kind != yaml.SequenceNode {
			mismatch("a list")
			return
		}
		for i, item := range value.Content {
			r.fit(s, field+index(i), item, t.Elem())
		}
	case reflect.Map:
		if value.Kind != yaml.MappingNode {
			mismatch("a mapping")
			return
		}
		for key, v := range pairs(value) {
			r.fit(s, join(field, key.Value), v, t.Elem())
		}
	case reflect.Bool:
		if value.ShortTag() != "!!bool" {
			mismatch("true or false")
		}
	case reflect.Int, reflect.Int64:
		if value.ShortTag() != "!!int" {
			mismatch("a whole number")
		}
	default:
		// Dates and the like are text to kustomize, too.
		if tag := value.ShortTag(); tag != "!!str" && tag != "!!timestamp" {
			mismatch("text")
		}
	}
}

// reportUnknown reports the key of a mapping that has only other fields.
func (r *run) reportUnknown(s source, key *yaml.Node, field string, fields []string) {
	if key.ShortTag() == "!!merge" {
		r.report(s, key, join(field, key.Value), "merge keys are not read here", "write the fields out")
		return
	}
	r.report(s, key, join(field, key.Value), "there is no such field", suggest(key.Value, fields, "fields here"))
}

// found describes a node for people.
func found(n *yaml.Node) string {
	switch tag := n.ShortTag(); {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case tag == "!!int" || tag == "!!float":
		return "the number " + n.Value
	case tag == "!!bool":
		return n.Value
	default:
		return `"` + n.Value + `"`
	}
}

// fieldsOf returns the fields of a struct by their JSON names, with those of
// the structs that are embedded in it.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type)
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			maps.Copy(fields, fieldsOf(f.Type))
		case f.IsExported() && name != "" && name != "-":
			fields[name] = f.Type
		}
	}
	return fields
}

func keys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// suggest is the hint for a name that does not exist: the one that was
// probably meant, or else all that exist, introduced by what.
func suggest(got string, names []string, what string) string {
	const most = 12
	lower := make(map[string]string, len(names))
	for _, name := range names {
		lower[strings.ToLower(name)] = name
	}
	if name, ok := lower[strings.ToLower(got)]; ok {
		return "did you mean " + name + "?"
	}
	if name, ok := problem.Nearest(got, names); ok {
		return "did you mean " + name + "?"
	}
	if len(names) == 0 {
		return ""
	}
	if len(names) > most {
		return what + ": " + strings.Join(names[:most], ", ") + " ..."
	}
	return what + ": " + strings.Join(names, ", ")
}
