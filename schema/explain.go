package schema

import (
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"

	"github.com/innovate-inc/genops/internal/problem"
)

// Field is what the contract says of a field: for people who write environments.
type Field struct {
	// Path is the field's path, such as network.natGateways; platform fields start with platform.
	Path string `json:"path"`
	// Documentation as it stands in the contract.
	Documentation string `json:"documentation"`
	// Type is text, a whole number, true or false, a list or a struct of fields.
	Type string `json:"type"`
	// Required tells that there is no default.
	Required bool `json:"required"`
	// Defaults by stage, as CUE; one entry without a stage if all stages have the same.
	Defaults []Default `json:"defaults,omitempty"`
	// Allowed says what the field may hold; Values has all values if they can be counted.
	Allowed string   `json:"allowed,omitempty"`
	Values  []string `json:"values,omitempty"`
	// Fields are the fields of a struct, or of each element of a map or list.
	Fields []FieldSummary `json:"fields,omitempty"`
	// Elements tells that Fields are those of each element, of a list or of a map with names of one's own.
	Elements bool `json:"elements,omitempty"`
	// Names says which names the elements of a map may have.
	Names string `json:"names,omitempty"`
}

// Default is the default of a field in a stage.
type Default struct {
	Stage Stage  `json:"stage,omitempty"`
	Value string `json:"value"`
}

// FieldSummary is one line about a field of a struct.
type FieldSummary struct {
	Name          string `json:"name"`
	Required      bool   `json:"required"`
	Documentation string `json:"documentation"`
}

// UnknownFieldError is a field that the contract does not have.
type UnknownFieldError struct {
	Field   string
	Around  string
	Allowed []string
	Nearest string
}

// Error says what is there instead.
func (e *UnknownFieldError) Error() string {
	where := "at the top"
	if e.Around != "" {
		where = "in " + e.Around
	}
	return fmt.Sprintf("explain %s: there is no such field; %s there are %s", e.Field, where, strings.Join(e.Allowed, ", "))
}

// Explain finds a field of the contract by its path. An empty path gives the environment as a whole, and platform the platform.
func Explain(field string) (*Field, error) {
	e := &evaluator{}
	if err := e.refresh(); err != nil {
		return nil, err
	}
	path := splitPath(field)
	definition, name := "#Environment", ""
	if len(path) > 0 && path[0] == "platform" {
		definition, name, path = "#Platform", "platform", path[1:]
	}
	if len(path) > 0 && path[0] == "environment" {
		path = path[1:]
	}
	contract, err := e.contract(definition)
	if err != nil {
		return nil, err
	}
	at := func(stage Stage, path []string) cue.Value {
		if definition == "#Platform" {
			return probe(e.ctx, contract, path)
		}
		filled := contract
		if !slices.Equal(path, []string{"name"}) {
			filled = filled.FillPath(cue.ParsePath("name"), "example")
		}
		if !slices.Equal(path, []string{"stage"}) {
			filled = filled.FillPath(cue.ParsePath("stage"), string(stage))
		}
		return probe(e.ctx, filled, path)
	}
	for i := range path {
		if around := at(StageDev, path[:i]); i > 0 && around.IncompleteKind()&cue.StructKind == 0 && !elementOf(around).Exists() || !known(at(StageDev, path[:i]), at(StageDev, path[:i+1]), path[i]) {
			return nil, unknownField(field, joinPath(slices.Concat(splitPath(name), path[:i])), path[i], fieldNames(at(StageDev, path[:i])))
		}
	}
	v := at(StageDev, path)
	if definition == "#Environment" && len(path) == 0 {
		v = contract
	}
	f := &Field{Path: joinPath(append(splitPath(name), path...)), Documentation: documentation(v), Type: typeName(v)}
	if len(path) > 0 {
		around := path[:len(path)-1]
		if len(around) == 0 {
			f.Required = required(contract, path[0])
		} else {
			f.Required = required(at(StageDev, around), path[len(around)])
		}
		if !f.Required {
			f.Defaults = defaults(at, path)
		}
		if f.Path == "name" {
			f.Required = false // The folder gives it.
		}
		if names := v.Attribute("names"); names.Err() == nil {
			f.Names = nameOf(e, names.Contents()).String()
		}
	}
	if v.IncompleteKind() == cue.StructKind {
		f.Fields = summaries(v)
		for i := range f.Fields {
			f.Fields[i].Required = f.Fields[i].Required && (len(path) > 0 || f.Fields[i].Name != "name")
		}
		// A map of elements with names of one's own takes any name that the contract's pattern matches.
		const free = "example"
		element := at(StageDev, append(slices.Clone(path), free))
		if len(path) > 0 && element.Exists() && element.Err() == nil && !slices.Contains(fieldNames(v), free) {
			f.Elements = true
			f.Fields = summaries(element)
			if element.IncompleteKind() != cue.StructKind {
				f.Allowed = "for each name, " + describe(element).String()
			}
		}
		return f, nil
	}
	allowed := describe(v)
	f.Allowed, f.Values = allowed.String(), allowed.Values
	if element := elementOf(v); element.Exists() && element.IncompleteKind() == cue.StructKind {
		f.Fields = summaries(element)
		f.Elements = true
	}
	return f, nil
}

func unknownField(field, around, name string, allowed []string) error {
	err := &UnknownFieldError{Field: field, Around: around, Allowed: slices.DeleteFunc(allowed, func(n string) bool { return n == name })}
	err.Nearest, _ = problem.Nearest(name, err.Allowed)
	return err
}

// documentation joins the comments on a field. Those on definitions that it refers to describe the value and are left to Allowed.
func documentation(v cue.Value) string {
	var paragraphs []string
	for _, doc := range v.Doc() {
		text := strings.Join(strings.Fields(doc.Text()), " ")
		if slices.Contains(paragraphs, text) || strings.HasPrefix(text, "#") && len(paragraphs) > 0 {
			continue
		}
		paragraphs = append(paragraphs, text)
	}
	if len(paragraphs) > 1 {
		paragraphs = slices.DeleteFunc(paragraphs, func(p string) bool { return strings.HasPrefix(p, "#") })
	}
	return strings.Join(paragraphs, "\n")
}

// typeName names the kinds that a value may have.
func typeName(v cue.Value) string {
	var names []string
	for _, kind := range []struct {
		kind cue.Kind
		name string
	}{
		{cue.StringKind, "text"}, {cue.IntKind, "whole number"}, {cue.BoolKind, "true or false"}, {cue.ListKind, "list"}, {cue.StructKind, "struct"},
	} {
		if v.IncompleteKind()&kind.kind != 0 {
			names = append(names, kind.name)
		}
	}
	if v.IncompleteKind() == cue.BottomKind || elementOf(v).Exists() && !slices.Contains(names, "list") {
		names = append(names, "list")
	}
	return strings.Join(names, " or ")
}

// required tells whether a struct demands a field.
func required(around cue.Value, name string) bool {
	iterator, err := around.Fields(cue.Optional(true))
	if err != nil {
		return false
	}
	for iterator.Next() {
		if iterator.Selector().Unquoted() == name {
			return iterator.FieldType()&cue.RequiredConstraint != 0
		}
	}
	return false
}

// defaults evaluates a field in each stage.
func defaults(at func(Stage, []string) cue.Value, path []string) []Default {
	var found []Default
	same := true
	for _, stage := range []Stage{StageShared, StageDev, StageStaging, StageProd} {
		value, ok := at(stage, path).Default()
		if !ok && !value.IsConcrete() || value.IncompleteKind() == cue.StructKind {
			return nil
		}
		text := literal(value)
		same = same && (len(found) == 0 || found[0].Value == text)
		found = append(found, Default{Stage: stage, Value: text})
	}
	if same {
		return []Default{{Value: found[0].Value}}
	}
	return found
}

// literal is a value as people would write it.
func literal(v cue.Value) string {
	if data, err := v.MarshalJSON(); err == nil {
		return string(data)
	}
	return strings.Join(strings.Fields(fmt.Sprint(v)), " ")
}

// summaries lists the fields of a struct.
func summaries(v cue.Value) []FieldSummary {
	iterator, err := v.Fields(cue.Optional(true))
	if err != nil {
		return nil
	}
	var fields []FieldSummary
	for iterator.Next() {
		doc, _, more := strings.Cut(documentation(iterator.Value()), ". ")
		if more {
			doc += "."
		}
		fields = append(fields, FieldSummary{
			Name:          iterator.Selector().Unquoted(),
			Required:      iterator.FieldType()&cue.RequiredConstraint != 0,
			Documentation: doc,
		})
	}
	return fields
}
