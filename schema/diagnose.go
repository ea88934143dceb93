package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"

	"github.com/innovate-inc/genops/internal/problem"
)

// diagnosis turns the errors of CUE into problems: one for each field, at the value that a person wrote, with what is allowed there.
type diagnosis struct {
	target
	evaluator  *evaluator
	definition cue.Value
	value      cue.Value
	files      []*ast.File
	probed     map[string]cue.Value
}

// problems explains err, the outcome of validating d.value.
func (d *diagnosis) problems(err error) []problem.Problem {
	// CUE stops looking for unknown and missing fields when it finds something else wrong: look for all of them.
	found := d.fields()
	seen := map[string]bool{}
	for _, p := range found {
		seen[p.Field] = true
	}
	for _, e := range errors.Errors(err) {
		path := d.relative(e.Path())
		if i := slices.IndexFunc(path, isIndex); i >= 0 {
			path = path[:i] // explain looks for the element itself.
		}
		field := joinPath(path)
		if seen[field] || slices.ContainsFunc(found, func(p problem.Problem) bool { return inside(field, p.Field) }) {
			continue
		}
		seen[field] = true
		found = append(found, d.explain(path, e))
	}
	return found
}

// isIndex tells the elements of lists from fields.
func isIndex(element string) bool {
	_, err := strconv.Atoi(element)
	return err == nil
}

// inside tells whether a field is part of another.
func inside(field, outer string) bool {
	return strings.HasPrefix(field, outer+".") || strings.HasPrefix(field, outer+"[")
}

// relative drops the top-level field from a path of CUE.
func (d *diagnosis) relative(path []string) []string {
	if len(path) > 0 && path[0] == d.field {
		path = path[1:]
	}
	relative := make([]string, 0, len(path))
	for _, element := range path {
		if unquoted, err := strconv.Unquote(element); err == nil {
			element = unquoted
		}
		relative = append(relative, element)
	}
	return relative
}

// explain makes the problem of one field.
func (d *diagnosis) explain(path []string, err errors.Error) problem.Problem {
	p := problem.Problem{Environment: d.environment, Field: joinPath(path)}
	allowed := describe(d.constraint(path))
	places := locate(d.files, append([]string{d.field}, path...))
	if len(places) == 0 {
		return d.missing(p, path, allowed, err)
	}
	var literals []place
	for _, candidate := range places {
		if candidate.literal() {
			literals = append(literals, candidate)
		}
	}
	wrong := best(places)
	p.Position = wrong.position()
	if len(literals) > 1 && literals[0].text() != literals[1].text() && d.fits(path, literals[0]) && d.fits(path, literals[1]) {
		p.Message = fmt.Sprintf("%s contradicts %s", literals[0].text(), literals[1].text())
		p.Related = []problem.Related{{Position: literals[1].position(), Message: "the other value is set here"}}
		p.Hint = "a shared value that environments may change is written as a default: *" + literals[1].text() + " | _"
		return p
	}
	for _, candidate := range literals {
		if !d.fits(path, candidate) {
			wrong = candidate
			p.Position = wrong.position()
			break
		}
	}
	if path[len(path)-1] == "name" && len(path) == 1 && d.environment != "" {
		p.Message = fmt.Sprintf("%s is not the name of the folder, %q", wrong.text(), d.environment)
		p.Hint = "leave name out: an environment is called like its folder"
		return p
	}
	if !wrong.literal() {
		p.Message = "the value is not settled: " + message(err)
		if text := allowed.String(); text != "" {
			p.Message += "; allowed is " + text
		}
		return p
	}
	if deeper, ok := d.inList(path, wrong); ok {
		return deeper
	}
	p.Message = wrong.text() + kindNote(wrong.value, d.constraint(path)) + " is not allowed"
	if text := allowed.String(); text != "" {
		p.Message += ": allowed is " + text
	} else {
		p.Message += ": " + message(err)
	}
	p.Hint = hint(wrong, allowed)
	return p
}

// missing explains a field that nobody wrote, at the nearest field around it.
func (d *diagnosis) missing(p problem.Problem, path []string, allowed Allowed, err errors.Error) problem.Problem {
	for around := path; ; around = around[:len(around)-1] {
		if places := locate(d.files, append([]string{d.field}, around...)); len(places) > 0 {
			p.Position = places[0].position()
			break
		}
		if len(around) == 0 {
			if len(d.files) > 0 {
				p.Position = problem.Position{File: d.files[0].Filename, Line: 1, Column: 1}
			}
			break
		}
	}
	p.Message = "missing"
	if text := allowed.String(); text != "" {
		p.Message += ": allowed is " + text
	} else if len(path) > 0 {
		p.Message += ": " + message(err)
	}
	if p.Field == "" {
		p.Message = message(err)
	}
	return p
}

// constraint is what the contract has at a path, whatever optional fields and patterns lie on the way.
func (d *diagnosis) constraint(path []string) cue.Value {
	field := joinPath(path)
	if known, ok := d.probed[field]; ok {
		return known
	}
	probed := d.definition
	if d.environment != "" {
		probed = probed.FillPath(cue.ParsePath("name"), d.environment)
		if stage := d.value.LookupPath(cue.ParsePath("stage")); !slices.Equal(path, []string{"stage"}) {
			if _, err := stage.String(); err == nil {
				probed = probed.FillPath(cue.ParsePath("stage"), stage)
			} else {
				probed = probed.FillPath(cue.ParsePath("stage"), string(StageDev))
			}
		}
	}
	if d.probed == nil {
		d.probed = map[string]cue.Value{}
	}
	d.probed[field] = probe(d.evaluator.ctx, probed, path)
	return d.probed[field]
}

// inList finds the element of a list that is wrong. CUE blames the whole list where it is one branch of a disjunction.
func (d *diagnosis) inList(path []string, list place) (problem.Problem, bool) {
	literal, ok := list.value.(*ast.ListLit)
	if !ok {
		return problem.Problem{}, false
	}
	_, branches := expr(d.constraint(path))
	for _, branch := range append(flattenDisjunction(branches), d.constraint(path)) {
		element := branch.LookupPath(cue.MakePath(cue.AnyIndex))
		if !element.Exists() {
			continue
		}
		for i, written := range literal.Elts {
			inner := &diagnosis{
				target:     target{field: d.field, environment: d.environment},
				evaluator:  d.evaluator,
				definition: element,
				value:      element.Unify(d.evaluator.ctx.BuildExpr(written)),
			}
			if err := inner.value.Validate(cue.Concrete(true)); err != nil {
				return inner.element(written, list.file, append(slices.Clone(path), strconv.Itoa(i)), err), true
			}
		}
	}
	return problem.Problem{}, false
}

// flattenDisjunction opens the disjunctions in the parts of an expression.
func flattenDisjunction(parts []cue.Value) []cue.Value {
	var flat []cue.Value
	for _, part := range parts {
		if op, inner := expr(part); op == cue.OrOp || op == cue.AndOp {
			flat = append(flat, flattenDisjunction(inner)...)
		}
		flat = append(flat, part)
	}
	return flat
}

// element explains what is wrong with an element of a list: the element itself, or a field of it.
func (d *diagnosis) element(written ast.Expr, file string, path []string, err error) problem.Problem {
	whole := place{value: written, file: file}
	p := problem.Problem{Environment: d.environment, Position: whole.position(), Field: joinPath(path)}
	definition := d.definition
	d.environment = "" // The definition is that of the element: it has no name and no stage.
	if found := d.unknownIn(written, file, nil); len(found) > 0 {
		found[0].Field = joinPath(append(path, found[0].Field))
		found[0].Environment = p.Environment
		return found[0]
	}
	first := errors.Errors(err)[0]
	inner := first.Path()
	if _, isStruct := written.(*ast.StructLit); !isStruct || len(inner) == 0 {
		p.Message = whole.text() + kindNote(written, definition) + " is not allowed: allowed is " + describe(definition).String()
		p.Hint = hint(whole, describe(definition))
		return p
	}
	name := inner[len(inner)-1]
	constraint := probe(d.evaluator.ctx, definition, []string{name})
	p.Field = joinPath(append(path, name))
	values := descend(written, []string{name})
	if len(values) == 0 {
		p.Message = "missing: allowed is " + describe(constraint).String()
		return p
	}
	value := place{value: values[0], file: file}
	p.Position = value.position()
	p.Message = value.text() + kindNote(value.value, constraint) + " is not allowed: allowed is " + describe(constraint).String()
	p.Hint = hint(value, describe(constraint))
	return p
}

// probe looks a path up in a definition as if somebody had written it: this reaches optional fields and patterns alike.
func probe(ctx *cue.Context, definition cue.Value, path []string) cue.Value {
	source := "_"
	selectors := make([]cue.Selector, len(path))
	for i := len(path) - 1; i >= 0; i-- {
		if index, err := strconv.Atoi(path[i]); err == nil {
			source = "[" + strings.Repeat("_, ", index) + source + ", ...]"
			selectors[i] = cue.Index(index)
		} else {
			source = "{" + strconv.Quote(path[i]) + ": " + source + "}"
			selectors[i] = cue.Str(path[i])
		}
	}
	return definition.Unify(ctx.CompileString(source)).LookupPath(cue.MakePath(selectors...))
}

// fits tells whether a literal alone is allowed at a path.
func (d *diagnosis) fits(path []string, p place) bool {
	constraint := d.constraint(path)
	return constraint.Unify(d.evaluator.ctx.BuildExpr(p.value)).Validate() == nil
}

// fields finds the fields that a person wrote and the contract does not have, and those that it demands and nobody wrote.
func (d *diagnosis) fields() []problem.Problem {
	var found []problem.Problem
	for _, top := range locate(d.files, []string{d.field}) {
		found = append(found, d.unknownIn(top.value, top.file, nil)...)
	}
	return problem.Sort(found)
}

// missingIn finds the required fields of a struct that have no value.
func (d *diagnosis) missingIn(around cue.Value, file string, where ast.Node, path []string) []problem.Problem {
	iterator, err := around.Fields(cue.Optional(true))
	if err != nil {
		return nil
	}
	var found []problem.Problem
	for iterator.Next() {
		if iterator.FieldType()&cue.RequiredConstraint == 0 {
			continue
		}
		inner := append(slices.Clone(path), iterator.Selector().Unquoted())
		selectors := make([]cue.Selector, len(inner))
		for i, element := range inner {
			selectors[i] = cue.Str(element)
		}
		if d.value.LookupPath(cue.MakePath(selectors...)).Exists() || len(locate(d.files, append([]string{d.field}, inner...))) > 0 {
			continue
		}
		found = append(found, problem.Problem{
			Environment: d.environment,
			Position:    position(where.Pos(), file),
			Field:       joinPath(inner),
			Message:     "missing: allowed is " + describe(d.constraint(inner)).String(),
		})
	}
	return found
}

func (d *diagnosis) unknownIn(value ast.Expr, file string, path []string) []problem.Problem {
	switch value := value.(type) {
	case *ast.BinaryExpr:
		return append(d.unknownIn(value.X, file, path), d.unknownIn(value.Y, file, path)...)
	case *ast.ParenExpr:
		return d.unknownIn(value.X, file, path)
	case *ast.ListLit:
		var found []problem.Problem
		for i, element := range value.Elts {
			found = append(found, d.unknownIn(element, file, append(slices.Clone(path), strconv.Itoa(i)))...)
		}
		return found
	case *ast.StructLit:
		return d.unknownDecls(value.Elts, file, path)
	default:
		return nil
	}
}

func (d *diagnosis) unknownDecls(decls []ast.Decl, file string, path []string) []problem.Problem {
	var found []problem.Problem
	for _, decl := range decls {
		switch decl := decl.(type) {
		case *ast.Comprehension:
			found = append(found, d.unknownIn(decl.Value, file, path)...)
		case *ast.EmbedDecl:
			found = append(found, d.unknownIn(decl.Expr, file, path)...)
		case *ast.Field:
			name, _, err := ast.LabelName(decl.Label)
			if err != nil || strings.HasPrefix(name, "_") || strings.HasPrefix(name, "#") {
				continue
			}
			inner := append(slices.Clone(path), name)
			around := d.constraint(path)
			if around.IncompleteKind() != cue.StructKind {
				continue
			}
			if !known(around, d.constraint(inner), name) {
				found = append(found, d.unknown(around, inner, position(decl.Label.Pos(), file)))
				continue
			}
			found = append(found, d.unknownIn(decl.Value, file, inner)...)
			if written, ok := decl.Value.(*ast.StructLit); ok && d.environment != "" {
				found = append(found, d.missingIn(d.constraint(inner), file, written, inner)...)
			}
		}
	}
	return found
}

// known tells whether a struct has or takes a field. An open list that is too short is an error of its own before anything is in it, so the
// field's value alone does not tell.
func known(around, field cue.Value, name string) bool {
	return slices.Contains(fieldNames(around), name) || field.Exists() && field.Err() == nil
}

// unknown is the problem of a field that the contract does not have.
func (d *diagnosis) unknown(around cue.Value, path []string, where problem.Position) problem.Problem {
	name := path[len(path)-1]
	p := problem.Problem{Environment: d.environment, Position: where, Field: joinPath(path), Message: "there is no such field"}
	names := slices.DeleteFunc(fieldNames(around), func(n string) bool { return n == name })
	if pattern := around.LookupPath(cue.MakePath(cue.AnyString)); pattern.Exists() || len(names) == 0 {
		p.Message = fmt.Sprintf("%q is not allowed as a name here", name)
	}
	if len(names) > 0 {
		p.Message += ": allowed are " + strings.Join(names, ", ")
	}
	if nearest, ok := problem.Nearest(name, names); ok {
		p.Hint = "did you mean " + nearest + "?"
	}
	return p
}
