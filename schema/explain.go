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
	// Type is text, a number, a whole number, true or false, a list or a struct of fields.
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
	if len(e.Allowed) == 0 {
		return fmt.Sprintf("explain %s: there is no such field: %s has none", e.Field, e.Around)
	}
	return fmt.Sprintf("explain %s: there is no such field; %s there are %s", e.Field, where, strings.Join(e.Allowed, ", "))
}

// Explain finds a field of the contract by its path. An empty path gives the environment as a whole, and platform the platform.
func Explain(field string) (*Field, error) {
	if strings.Contains(field, "..") || strings.HasPrefix(field, ".") || strings.HasSuffix(field, ".") || slices.Contains(splitPath(field), "") ||
		strings.Count(field, "[") != strings.Count(field, "]") {
		return nil, fmt.Errorf("explain %s: a path is made of fields with one dot between two of them", field)
	}
	x := &explainer{evaluator: &evaluator{}, path: splitPath(field)}
	if err := x.evaluator.refresh(); err != nil {
		return nil, err
	}
	definition := "#Environment"
	if len(x.path) > 0 && x.path[0] == platformField {
		definition, x.platform, x.path = "#Platform", true, x.path[1:]
	}
	if len(x.path) > 0 && x.path[0] == environmentField {
		x.path = x.path[1:]
	}
	var err error
	if x.contract, err = x.evaluator.contract(definition); err != nil {
		return nil, err
	}
	if err := x.find(field); err != nil {
		return nil, err
	}
	return x.field(), nil
}

// explainer looks at one field of the contract.
type explainer struct {
	evaluator *evaluator
	contract  cue.Value
	platform  bool
	path      []string
}

// at is what the contract has at a path in a stage.
func (x *explainer) at(stage Stage, path []string) cue.Value {
	if last := len(path) - 1; last > 0 && isIndex(path[last]) {
		return elementOf(x.at(stage, path[:last]))
	}
	filled := x.contract
	if !x.platform && !slices.Equal(path, []string{"name"}) {
		filled = filled.FillPath(cue.ParsePath("name"), "example")
	}
	if !x.platform && !slices.Equal(path, []string{"stage"}) {
		filled = filled.FillPath(cue.ParsePath("stage"), string(stage))
	}
	return probe(x.evaluator.ctx, filled, path)
}

// shown is a path as people write it: that of the platform starts with platform.
func (x *explainer) shown(path []string) string {
	if x.platform {
		path = append([]string{platformField}, path...)
	}
	return joinPath(path)
}

// find makes sure that every step of the path exists.
func (x *explainer) find(field string) error {
	for i, name := range x.path {
		around := x.at(StageDev, x.path[:i])
		open := i == 0 || around.IncompleteKind()&cue.StructKind != 0 || elementOf(around).Exists()
		if !open || !known(around, x.at(StageDev, x.path[:i+1]), name) {
			return unknownField(field, x.shown(x.path[:i]), name, fieldNames(around))
		}
	}
	return nil
}

// field reads everything that is said of the field.
func (x *explainer) field() *Field {
	v := x.at(StageDev, x.path)
	if len(x.path) == 0 {
		v = x.contract
	}
	f := &Field{Path: x.shown(x.path), Documentation: documentation(v), Type: typeName(v), Required: x.required()}
	if len(x.path) > 0 && !f.Required {
		f.Defaults = defaults(x.at, x.path)
	}
	if names := v.Attribute("names"); names.Err() == nil {
		f.Names = nameOf(x.evaluator, names.Contents()).String()
	}
	if v.IncompleteKind() == cue.StructKind {
		x.content(f, v)
		return f
	}
	allowed := describe(v)
	f.Allowed, f.Values = allowed.String(), allowed.Values
	if element := elementOf(v); element.Exists() && element.IncompleteKind() == cue.StructKind {
		f.Fields, f.Elements = summaries(element), true
	}
	return f
}

// required tells whether somebody has to give the field. The name of an environment is given by its folder.
func (x *explainer) required() bool {
	switch {
	case len(x.path) == 0 || !x.platform && x.path[0] == "name":
		return false
	case len(x.path) == 1:
		return required(x.contract, x.path[0])
	default:
		last := len(x.path) - 1
		return required(x.at(StageDev, x.path[:last]), x.path[last])
	}
}

// content lists the fields of a struct, or of the elements of a map.
func (x *explainer) content(f *Field, v cue.Value) {
	f.Fields = summaries(v)
	if len(x.path) == 0 {
		for i := range f.Fields {
			f.Fields[i].Required = f.Fields[i].Required && (x.platform || f.Fields[i].Name != "name")
		}
		return
	}
	// A map takes any name that its pattern matches, a struct does not.
	const free = "example"
	element := x.at(StageDev, append(slices.Clone(x.path), free))
	if !element.Exists() || element.Err() != nil || slices.Contains(fieldNames(v), free) {
		return
	}
	f.Elements, f.Fields = true, summaries(element)
	if element.IncompleteKind() != cue.StructKind {
		f.Allowed = "for each name, " + describe(element).String()
	}
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
		if v.IncompleteKind()&kind.kind == 0 {
			continue
		}
		if kind.kind == cue.IntKind && v.IncompleteKind()&cue.FloatKind != 0 {
			kind.name = "number"
		}
		names = append(names, kind.name)
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
