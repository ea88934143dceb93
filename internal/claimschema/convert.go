package claimschema

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// convert makes the structural schema of a value. What has no word in a schema is an error: the API server would let it pass.
func convert(v cue.Value) (*extv1.JSONSchemaProps, error) {
	props := &extv1.JSONSchemaProps{Description: description(v)}
	var err error
	switch kind := listOr(v).IncompleteKind(); kind {
	case cue.StructKind:
		err = convertStruct(props, v)
	case cue.ListKind:
		err = convertList(props, v)
	case cue.BoolKind:
		props.Type = "boolean"
	case cue.IntKind:
		props.Type = "integer"
		props.Format = "int64"
		err = constrain(props, v)
	case cue.NumberKind:
		props.Type = "number"
		err = constrain(props, v)
	case cue.StringKind:
		props.Type = "string"
		err = constrain(props, v)
	default:
		return nil, fmt.Errorf("%v: a field of kind %v has no schema", v.Path(), kind)
	}
	return props, err
}

// listOr gives the list type in an open list with a smallest length, which alone CUE evaluates to an error because it is still empty; any
// other value is given back.
func listOr(v cue.Value) cue.Value {
	if v.IncompleteKind() != cue.BottomKind {
		return v
	}
	_, args := v.Expr()
	for _, arg := range args {
		if inner := listOr(arg); inner.IncompleteKind() == cue.ListKind {
			if element := inner.LookupPath(cue.MakePath(cue.AnyIndex)); element.Exists() {
				return inner
			}
		}
	}
	return v
}

// description is the documentation of a field, without line breaks.
func description(v cue.Value) string {
	for _, doc := range v.Doc() {
		text := strings.Join(strings.Fields(doc.Text()), " ")
		if !strings.HasPrefix(text, "#") {
			return text
		}
		name := v.Path().String()
		if _, what, ok := strings.Cut(text, " is the "); ok && (strings.HasSuffix(name, "Spec") || strings.HasSuffix(name, "Status")) {
			return "The " + what
		}
	}
	return ""
}

func convertStruct(props *extv1.JSONSchemaProps, v cue.Value) error {
	props.Type = "object"
	if pattern := v.LookupPath(cue.MakePath(cue.AnyString)); pattern.Exists() {
		values, err := convert(pattern)
		if err != nil {
			return err
		}
		props.AdditionalProperties = &extv1.JSONSchemaPropsOrBool{Allows: true, Schema: values}
		return nil
	}
	fields, err := v.Fields(cue.Optional(true))
	if err != nil {
		return fmt.Errorf("%v: list fields: %w", v.Path(), err)
	}
	props.Properties = map[string]extv1.JSONSchemaProps{}
	for fields.Next() {
		name := fields.Selector().Unquoted()
		property, err := convert(fields.Value())
		if err != nil {
			return err
		}
		property.XValidations = append(property.XValidations, transitions(name, fields.Value())...)
		if key := fields.Value().Attribute("key"); key.Err() == nil {
			// Elements are told apart by this field: rules inside an element then compare it with what it was.
			property.XListType = new("map")
			property.XListMapKeys = []string{key.Contents()}
		}
		props.Properties[name] = *property
		if fields.FieldType()&cue.OptionalConstraint == 0 {
			props.Required = append(props.Required, name)
		}
	}
	slices.Sort(props.Required)
	return nil
}

// transitions are the rules for how a field may change, from its attributes: @immutable() and @oneway(reason).
func transitions(name string, v cue.Value) []extv1.ValidationRule {
	var rules []extv1.ValidationRule
	if attribute := v.Attribute("immutable"); attribute.Err() == nil {
		rules = append(rules, extv1.ValidationRule{Rule: "self == oldSelf", Message: name + " cannot change"})
	}
	if attribute := v.Attribute("oneway"); attribute.Err() == nil {
		rules = append(rules, extv1.ValidationRule{Rule: "self || !oldSelf", Message: attribute.Contents()})
	}
	return rules
}

func convertList(props *extv1.JSONSchemaProps, v cue.Value) error {
	props.Type = "array"
	element := listOr(v).LookupPath(cue.MakePath(cue.AnyIndex))
	if !element.Exists() {
		return fmt.Errorf("%v: a list without a type of its elements has no schema", v.Path())
	}
	items, err := convert(element)
	if err != nil {
		return err
	}
	items.Description = "" // The list's description says it.
	props.Items = &extv1.JSONSchemaPropsOrArray{Schema: items}
	return constrain(props, v)
}

// constrain adds the constraints of a list, a number or a string.
func constrain(props *extv1.JSONSchemaProps, v cue.Value) error {
	op, args := v.Expr()
	switch op {
	case cue.AndOp:
		for _, arg := range args {
			if err := constrain(props, arg); err != nil {
				return err
			}
		}
		return nil
	case cue.SelectorOp:
		root, path := v.ReferencePath()
		if len(path.Selectors()) == 0 {
			return nil
		}
		return constrain(props, root.LookupPath(path))
	case cue.OrOp:
		return enumerate(props, v, args)
	case cue.RegexMatchOp:
		return match(props, args[0])
	case cue.NotRegexMatchOp:
		text, err := args[0].String()
		if err != nil {
			return fmt.Errorf("read pattern: %w", err)
		}
		props.AllOf = append(props.AllOf, extv1.JSONSchemaProps{Not: &extv1.JSONSchemaProps{Pattern: text}})
		return nil
	case cue.GreaterThanEqualOp, cue.LessThanEqualOp:
		bound, err := args[0].Float64()
		if err != nil && !errors.Is(err, cue.ErrBelow) && !errors.Is(err, cue.ErrAbove) {
			return fmt.Errorf("read bound: %w", err)
		}
		if op == cue.GreaterThanEqualOp {
			props.Minimum = new(bound)
		} else {
			props.Maximum = new(bound)
		}
		return nil
	case cue.CallOp:
		return call(props, v, args)
	case cue.NoOp:
		if len(args) == 1 {
			if inner, _ := args[0].Expr(); inner != cue.NoOp {
				return constrain(props, args[0])
			}
		}
		return nil
	default:
		return fmt.Errorf("%v: operator %v has no schema", v.Path(), op)
	}
}

// match adds a regular expression; a second one stands beside the first.
func match(props *extv1.JSONSchemaProps, pattern cue.Value) error {
	text, err := pattern.String()
	if err != nil {
		return fmt.Errorf("read pattern: %w", err)
	}
	switch props.Pattern {
	case "", text:
		props.Pattern = text
	default:
		props.AllOf = append(props.AllOf, extv1.JSONSchemaProps{Pattern: text})
	}
	return nil
}

// enumerate adds the values of a disjunction.
func enumerate(props *extv1.JSONSchemaProps, v cue.Value, branches []cue.Value) error {
	for _, branch := range branches {
		if inner, more := branch.Expr(); inner == cue.OrOp {
			if err := enumerate(props, v, more); err != nil {
				return err
			}
			continue
		}
		if !branch.IsConcrete() {
			return fmt.Errorf("%v: a disjunction of anything but values has no schema", v.Path())
		}
		value, err := branch.MarshalJSON()
		if err != nil {
			return fmt.Errorf("%v: write value: %w", v.Path(), err)
		}
		props.Enum = append(props.Enum, extv1.JSON{Raw: json.RawMessage(value)})
	}
	return nil
}

// call adds a constraint of CUE's standard library.
func call(props *extv1.JSONSchemaProps, v cue.Value, args []cue.Value) error {
	_, path := args[0].ReferencePath()
	if path.String() == "or" || len(path.Selectors()) == 0 {
		return enumerateCall(props, v)
	}
	if path.String() == "UniqueItems" {
		props.XListType = new("set")
		return nil
	}
	limits := map[string]**int64{
		"MinRunes": &props.MinLength, "MaxRunes": &props.MaxLength, "MinItems": &props.MinItems, "MaxItems": &props.MaxItems,
	}
	limit, ok := limits[path.String()]
	if !ok {
		return fmt.Errorf("%v: %v has no schema", v.Path(), path)
	}
	value, err := args[1].Int64()
	if err != nil {
		return fmt.Errorf("%v: read limit: %w", v.Path(), err)
	}
	*limit = &value
	return nil
}

// enumerateCall adds the values of or(list), once evaluated.
func enumerateCall(props *extv1.JSONSchemaProps, v cue.Value) error {
	op, branches := v.Eval().Expr()
	if op != cue.OrOp {
		return fmt.Errorf("%v: a function call has no schema", v.Path())
	}
	return enumerate(props, v, branches)
}
