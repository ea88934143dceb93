package schema

import (
	"slices"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"

	"github.com/innovate-inc/genops/internal/problem"
)

// inList finds the elements of a list that are wrong. CUE blames the whole list where it is one branch of a disjunction.
func (d *diagnosis) inList(path []string, list place, constraint cue.Value) []problem.Problem {
	literal, ok := list.value.(*ast.ListLit)
	element := elementOf(constraint)
	if !ok || !element.Exists() {
		return nil
	}
	var found []problem.Problem
	for i, written := range literal.Elts {
		value := element.Unify(d.evaluator.ctx.BuildExpr(written))
		if err := value.Validate(cue.Concrete(true)); err != nil {
			inner := append(slices.Clone(path), strconv.Itoa(i))
			found = append(found, d.element(inner, place{value: written, file: list.file}, element, errors.Errors(err)[0])...)
		}
	}
	return found
}

// elementOf is the type of a list's elements, also where the list is one branch of a disjunction.
func elementOf(v cue.Value) cue.Value {
	_, parts := expr(v)
	for _, part := range append(flattenDisjunction(parts), v) {
		if element := part.LookupPath(cue.MakePath(cue.AnyIndex)); element.Exists() {
			return element
		}
	}
	return cue.Value{}
}

// flattenDisjunction opens the disjunctions in the parts of an expression.
func flattenDisjunction(parts []cue.Value) []cue.Value {
	var flat []cue.Value
	for _, part := range parts {
		op, inner := expr(part)
		switch {
		case op == cue.OrOp || op == cue.AndOp:
			flat = append(flat, flattenDisjunction(inner)...)
		case op == cue.NoOp && len(inner) == 1:
			// A disjunction with its default left out, and nothing else in it.
			flat = append(flat, inner[0])
		}
		flat = append(flat, part)
	}
	return flat
}

// element explains what is wrong with an element of a list: the element itself, or a field of it.
func (d *diagnosis) element(path []string, written place, constraint cue.Value, err errors.Error) []problem.Problem {
	p := problem.Problem{Environment: d.environment, Position: written.position(), Field: joinPath(path)}
	if _, isStruct := written.value.(*ast.StructLit); !isStruct {
		if deeper := d.inList(path, written, constraint); len(deeper) > 0 {
			return deeper
		}
		return []problem.Problem{d.wrongValue(p, written, constraint, err)}
	}
	// The definition is now that of the element: it has no name and no stage.
	inner := &diagnosis{target: target{field: d.field}, evaluator: d.evaluator, definition: constraint}
	if found := inner.unknownIn(written.value, written.file, nil); len(found) > 0 {
		for i := range found {
			found[i].Field = joinPath(append(slices.Clone(path), splitPath(found[i].Field)...))
			found[i].Environment = d.environment
		}
		return found
	}
	field, value := writtenField(written.value, err.Path())
	p.Field = joinPath(append(slices.Clone(path), field...))
	definition := probe(d.evaluator.ctx, constraint, field)
	if value == nil {
		p.Message = missingText + describe(definition).String()
		return []problem.Problem{p}
	}
	at := place{value: value, file: written.file}
	if deeper := d.inList(append(slices.Clone(path), field...), at, definition); len(deeper) > 0 {
		return deeper
	}
	return []problem.Problem{d.wrongValue(p, at, definition, err)}
}

// writtenField finds which field of an element an error is about. The path of an error starts outside the element, so its longest end that was
// written counts; if none was, the last field of the path is missing.
func writtenField(element ast.Expr, path []string) ([]string, ast.Expr) {
	if i := slices.IndexFunc(path, isIndex); i >= 0 && i > 0 {
		for start := range path[:i] {
			if values := descend(element, path[start:i]); len(values) > 0 {
				return path[start:i], values[0]
			}
		}
	}
	for start := range path {
		if values := descend(element, path[start:]); len(values) > 0 {
			return path[start:], values[0]
		}
	}
	if len(path) == 0 {
		return nil, element
	}
	return path[len(path)-1:], nil
}
