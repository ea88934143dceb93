package schema

import (
	"fmt"
	pathpkg "path"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"

	"github.com/innovate-inc/genops/internal/problem"
)

// fields finds the fields that a person wrote and the contract does not have, and those that it demands and nobody wrote.
func (d *diagnosis) fields() []problem.Problem {
	var found []problem.Problem
	for i, top := range locate(d.files, []string{d.field}) {
		found = append(found, d.unknownIn(top.value, top.file, nil)...)
		_, isList := top.value.(*ast.ListLit)
		_, isScalar := top.value.(*ast.BasicLit)
		if i == 0 && !isList && !isScalar {
			found = append(found, d.missingIn(d.definition, d.begin(top), nil)...)
		}
	}
	return problem.Sort(found)
}

// begin is where the environment begins: in its own folder, whose files come first, even if only shared files say something.
func (d *diagnosis) begin(top place) problem.Position {
	if own := d.files[0].Filename; d.environment != "" && pathpkg.Dir(own) != pathpkg.Dir(top.file) {
		return problem.Position{File: own, Line: 1, Column: 1}
	}
	return top.position()
}

// missingIn finds the required fields of a struct that have no value.
func (d *diagnosis) missingIn(around cue.Value, where problem.Position, path []string) []problem.Problem {
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
		p := problem.Problem{Environment: d.environment, Position: where, Field: joinPath(inner)}
		p.Message = missingText + describe(d.constraint(inner)).String()
		found = append(found, p)
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
				found = append(found, d.missingIn(d.constraint(inner), position(written.Pos(), file), inner)...)
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

// nameOf describes the names that a map allows: those of a definition.
func nameOf(e *evaluator, definition string) Allowed {
	names, err := e.contract(definition)
	if err != nil {
		return Allowed{}
	}
	allowed := describe(names)
	if text := sentence(names); len(allowed.Values) == 0 && text != "" {
		allowed.Text = text
	}
	return allowed
}

// unknown is the problem of a field that the contract does not have.
func (d *diagnosis) unknown(around cue.Value, path []string, where problem.Position) problem.Problem {
	name := path[len(path)-1]
	p := problem.Problem{Environment: d.environment, Position: where, Field: joinPath(path)}
	// A map says of itself which names its elements may have.
	if names := around.Attribute("names"); names.Err() == nil {
		allowed := nameOf(d.evaluator, names.Contents())
		p.Message = fmt.Sprintf("%q is not allowed as a name here: allowed is %s", name, allowed)
		if nearest, ok := problem.Nearest(strconv.Quote(name), allowed.Values); ok {
			p.Hint = "did you mean " + nearest + "?"
		}
		return p
	}
	names := slices.DeleteFunc(fieldNames(around), func(n string) bool { return n == name })
	p.Message = "there is no such field: allowed are " + strings.Join(names, ", ")
	if nearest, ok := problem.Nearest(name, names); ok {
		p.Hint = "did you mean " + nearest + "?"
		d.meant = append(d.meant, joinPath(append(slices.Clone(path[:len(path)-1]), nearest)))
	}
	return p
}
