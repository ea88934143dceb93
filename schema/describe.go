package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"

	"github.com/innovate-inc/genops/internal/problem"
)

// Allowed says what a field may hold, read from its constraint.
type Allowed struct {
	// Values are all allowed values as CUE literals, if they can be counted.
	Values []string
	// Text describes what is allowed where values cannot be counted, or not all of them.
	Text string
}

// String is the sentence for people: the values, or the description.
func (a Allowed) String() string {
	var values string
	switch len(a.Values) {
	case 0:
		return a.Text
	case 1:
		values = a.Values[0]
	default:
		values = strings.Join(a.Values[:len(a.Values)-1], ", ") + " or " + a.Values[len(a.Values)-1]
	}
	if a.Text == "" {
		return values
	}
	return values + ", or " + a.Text
}

// describe reads what a constraint allows. Definitions of the contract are described by the first sentence of their documentation, unless
// their values can be counted.
func describe(v cue.Value) Allowed {
	if root, path := v.ReferencePath(); len(path.Selectors()) == 1 && path.Selectors()[0].IsDefinition() {
		definition := root.LookupPath(path)
		if a := describeExpr(definition); len(a.Values) > 0 && a.Text == "" {
			return a
		}
		if text := sentence(definition); text != "" {
			return Allowed{Text: text}
		}
		return describeExpr(definition)
	}
	return describeExpr(v)
}

// sentence is what the first sentence of a definition's documentation says the definition is: "#CIDR is an IPv4 range." gives "an IPv4 range".
func sentence(definition cue.Value) string {
	for _, doc := range definition.Doc() {
		text := strings.Join(strings.Fields(doc.Text()), " ")
		if _, what, ok := strings.Cut(text, " is "); ok && strings.HasPrefix(text, "#") {
			return strings.TrimSuffix(firstSentence(what), ".")
		}
	}
	return ""
}

// expr is the expression of a value; a disjunction with its default left out is the disjunction.
func expr(v cue.Value) (cue.Op, []cue.Value) {
	op, args := v.Expr()
	for op == cue.NoOp && len(args) == 1 {
		inner, innerArgs := args[0].Expr()
		if inner == cue.NoOp {
			break
		}
		op, args = inner, innerArgs
	}
	return op, args
}

// firstSentence ends at the first full stop that a new sentence follows, and not at one in a list of characters.
func firstSentence(text string) string {
	for i := range len(text) {
		if strings.HasPrefix(text[i:], ". ") && i+2 < len(text) && text[i+2] >= 'A' && text[i+2] <= 'Z' {
			return text[:i+1]
		}
	}
	return text
}

func describeExpr(v cue.Value) Allowed {
	op, args := expr(v)
	switch op {
	case cue.OrOp:
		return anyOf(args)
	case cue.AndOp:
		return allOf(args)
	case cue.GreaterThanEqualOp, cue.GreaterThanOp, cue.LessThanEqualOp, cue.LessThanOp:
		return Allowed{Text: bounds([]cue.Value{v})}
	case cue.RegexMatchOp:
		return Allowed{Text: fmt.Sprintf("text that matches %v", args[0])}
	case cue.NotRegexMatchOp:
		return Allowed{Text: fmt.Sprintf("text that does not match %v", args[0])}
	case cue.CallOp:
		return Allowed{Text: call(args)}
	default:
		return describeKind(v)
	}
}

// describeKind describes a value without operators: a literal, a type, a list or a struct.
func describeKind(v cue.Value) Allowed {
	if v.IsConcrete() && v.IncompleteKind()&(cue.StructKind|cue.ListKind) == 0 {
		return Allowed{Values: []string{fmt.Sprint(v)}}
	}
	switch v.IncompleteKind() {
	case cue.BoolKind:
		return Allowed{Values: []string{"true", "false"}}
	case cue.IntKind:
		return Allowed{Text: "a whole number"}
	case cue.FloatKind, cue.NumberKind:
		return Allowed{Text: "a number"}
	case cue.StringKind:
		return Allowed{Text: "text in quotes"}
	case cue.ListKind:
		return Allowed{Text: list(v)}
	case cue.StructKind:
		return Allowed{Text: fields(v)}
	default:
		return Allowed{}
	}
}

// list describes a list by its elements.
func list(v cue.Value) string {
	typed := elementOf(v)
	if !typed.Exists() {
		return "a list"
	}
	element := describe(typed)
	switch {
	case len(element.Values) > 0:
		return "a list of " + element.String()
	case element.Text != "" && !strings.HasPrefix(element.Text, "the fields "):
		return "a list, each element " + element.Text
	default:
		return "a list"
	}
}

// fields describes a struct by its fields.
func fields(v cue.Value) string {
	names := fieldNames(v)
	if len(names) == 0 {
		return "a struct of fields"
	}
	return "the fields " + strings.Join(names, ", ")
}

// fieldNames lists the fields that a struct has or may have, in alphabetical order.
func fieldNames(v cue.Value) []string {
	iterator, err := v.Fields(cue.Optional(true), cue.Definitions(false))
	if err != nil {
		return nil
	}
	var names []string
	for iterator.Next() {
		names = append(names, iterator.Selector().Unquoted())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// anyOf describes a disjunction: the values that can be counted first.
func anyOf(args []cue.Value) Allowed {
	var all Allowed
	var texts []string
	for _, arg := range args {
		a := describe(arg)
		// A concrete list in a disjunction is a default: the other branch says what is allowed.
		if arg.IncompleteKind() == cue.ListKind && !arg.LookupPath(cue.MakePath(cue.AnyIndex)).Exists() && len(args) > 1 {
			continue
		}
		for _, value := range a.Values {
			if !slices.Contains(all.Values, value) {
				all.Values = append(all.Values, value)
			}
		}
		if a.Text != "" && !slices.Contains(texts, a.Text) {
			texts = append(texts, a.Text)
		}
	}
	slices.SortStableFunc(all.Values, func(a, b string) int {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if errX != nil || errY != nil {
			return 0 // Only numbers have an order that people expect; the rest stays as the contract has it.
		}
		return x - y
	})
	all.Text = strings.Join(texts, ", or ")
	if all.Text != "" && len(all.Values) == 1 {
		// A single value beside a description is a default, and the description covers it.
		all.Values = nil
	}
	return all
}

// allOf describes a conjunction: bounds become one phrase, what says nothing is left out.
func allOf(args []cue.Value) Allowed {
	var texts []string
	var limits []cue.Value
	for _, arg := range flatten(args) {
		op, _ := expr(arg)
		switch op {
		case cue.GreaterThanEqualOp, cue.GreaterThanOp, cue.LessThanEqualOp, cue.LessThanOp:
			limits = append(limits, arg)
			continue
		default:
		}
		a := describe(arg)
		if len(a.Values) > 0 && (a.Text == "" || op == cue.OrOp) {
			return a
		}
		if len(texts) > 0 {
			a.Text = strings.TrimPrefix(a.Text, "text of ")
		}
		if a.Text != "" && a.Text != "a whole number" && !slices.Contains(texts, a.Text) {
			texts = append(texts, a.Text)
		}
	}
	if len(limits) > 0 {
		texts = append([]string{bounds(limits)}, texts...)
	}
	if len(texts) == 0 {
		for _, arg := range args {
			if a := describeKind(arg); a.Text != "" || len(a.Values) > 0 {
				return a
			}
		}
	}
	return Allowed{Text: strings.Join(texts, ", ")}
}

// flatten opens nested conjunctions.
func flatten(args []cue.Value) []cue.Value {
	var flat []cue.Value
	for _, arg := range args {
		_, path := arg.ReferencePath()
		if op, inner := expr(arg); op == cue.AndOp && len(path.Selectors()) == 0 {
			flat = append(flat, flatten(inner)...)
		} else {
			flat = append(flat, arg)
		}
	}
	return flat
}

// bounds describes limits of a number.
func bounds(limits []cue.Value) string {
	from, to := "", ""
	for _, limit := range limits {
		op, args := limit.Expr()
		bound := fmt.Sprint(args[0])
		switch op {
		case cue.GreaterThanEqualOp:
			from = bound
		case cue.GreaterThanOp:
			from = "more than " + bound
		case cue.LessThanEqualOp:
			to = bound
		case cue.LessThanOp:
			to = "less than " + bound
		default:
		}
	}
	switch {
	case from != "" && to != "":
		return "a whole number from " + from + " to " + to
	case from != "":
		return "a whole number from " + from
	default:
		return "a whole number up to " + to
	}
}

// call describes a constraint that is a function of CUE's standard library.
func call(args []cue.Value) string {
	_, path := args[0].ReferencePath()
	if path.String() == "UniqueItems" {
		return "each once"
	}
	if len(args) < 2 {
		return ""
	}
	limit, err := args[1].Int64()
	if err != nil {
		return ""
	}
	switch path.String() {
	case "MinRunes":
		return "text of at least " + problem.Plural(int(limit), "character")
	case "MaxRunes":
		return "text of at most " + problem.Plural(int(limit), "character")
	case "MinItems":
		return "at least " + problem.Plural(int(limit), "element")
	case "MaxItems":
		return "at most " + problem.Plural(int(limit), "element")
	default:
		return ""
	}
}
