package schema

import (
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/token"

	"github.com/innovate-inc/genops/internal/problem"
)

// fieldReference is a field that a file refers to, such as environment.network.cidr.
type fieldReference struct {
	path []string
	// at are the positions of the elements, where they were written as part of the reference.
	at []token.Pos
}

// unknownReferences finds references to fields that the contract does not have. CUE takes one in a condition for a field that has no value yet, and
// leaves out in silence what the condition is for; one in a default goes the same way.
func (d *diagnosis) unknownReferences() []problem.Problem {
	paths := map[ast.Node][]string{}
	for _, f := range d.files {
		writtenPaths(f, nil, paths)
	}
	var found []problem.Problem
	for _, f := range d.files {
		for _, r := range references(f, paths) {
			definition := d.definition
			if r.path[0] != d.field {
				if r.path[0] != platformField {
					continue // Helpers have no contract, and what is said of environments is looked at with them.
				}
				var err error
				if definition, err = d.evaluator.contract("#Platform"); err != nil {
					continue
				}
			}
			n, around := firstUnknown(definition, r.path[1:])
			if n < 0 || !r.at[n+1].IsValid() {
				continue
			}
			p := d.unknown(around, r.path[1:n+2], position(r.at[n+1], f.Filename))
			if r.path[0] != d.field {
				p.Field = r.path[0] + "." + p.Field
			}
			found = append(found, p)
		}
	}
	return found
}

// firstUnknown is the index of the first element of a path that a definition does not have, and what is around it; or -1. What an open struct or a value
// of several kinds may have is not looked into.
func firstUnknown(definition cue.Value, path []string) (int, cue.Value) {
	around := definition
	for i, name := range path {
		if around.IncompleteKind() != cue.StructKind {
			break
		}
		if !around.Allows(cue.Str(name)) {
			return i, around
		}
		next := around.LookupPath(cue.MakePath(cue.Str(name).Optional()))
		if !next.Exists() {
			next = around.LookupPath(cue.MakePath(cue.AnyString))
		}
		if !next.Exists() {
			break
		}
		around = next
	}
	return -1, cue.Value{}
}

// writtenPaths adds the values of the fields below a node, and where they stand.
func writtenPaths(n ast.Node, path []string, paths map[ast.Node][]string) {
	ast.Walk(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			name, _, err := ast.LabelName(n.Label)
			if err != nil {
				return false // A pattern stands for many fields.
			}
			value, inner := n.Value, append(slices.Clone(path), name)
			if alias, ok := value.(*ast.Alias); ok {
				paths[alias], value = inner, alias.Expr
			}
			paths[n], paths[value] = inner, inner
			writtenPaths(value, inner, paths)
			return false
		case *ast.ListLit, *ast.CallExpr:
			return false // What stands in these has no name.
		default:
			return true
		}
	}, nil)
}

// references are the references of a file of which more than the name is written.
func references(f *ast.File, paths map[ast.Node][]string) []fieldReference {
	var found []fieldReference
	ast.Walk(f, func(n ast.Node) bool {
		root, selected := chain(n)
		if root == nil || len(selected.path) == 0 {
			return true
		}
		switch root.Node.(type) {
		case *ast.LetClause, *ast.ImportSpec:
			return false
		}
		base, known := paths[root.Node]
		// What the top level of another file has is resolved to any of the files that have it.
		if _, top := root.Scope.(*ast.File); (top || root.Node == nil) && slices.Contains([]string{environmentField, platformField}, root.Name) {
			base, known = []string{root.Name}, true
		}
		if known {
			found = append(found, fieldReference{
				path: append(slices.Clone(base), selected.path...),
				at:   append(make([]token.Pos, len(base)), selected.at...),
			})
		}
		return false
	}, nil)
	return found
}

// chain opens a.b["c"] into its root and the rest. An index that is not written out ends the rest; of other nodes there is none.
func chain(n ast.Node) (*ast.Ident, fieldReference) {
	switch n := n.(type) {
	case *ast.Ident:
		return n, fieldReference{}
	case *ast.SelectorExpr:
		root, before := chain(n.X)
		name, _, err := ast.LabelName(n.Sel)
		if err != nil || strings.HasPrefix(name, "_") || strings.HasPrefix(name, "#") || root == nil {
			return nil, fieldReference{}
		}
		return root, fieldReference{path: append(before.path, name), at: append(before.at, n.Sel.Pos())}
	case *ast.IndexExpr:
		literal, ok := n.Index.(*ast.BasicLit)
		if !ok {
			return nil, fieldReference{}
		}
		name, err := strconv.Unquote(literal.Value)
		root, before := chain(n.X)
		if err != nil || root == nil {
			return nil, fieldReference{}
		}
		return root, fieldReference{path: append(before.path, name), at: append(before.at, n.Index.Pos())}
	default:
		return nil, fieldReference{}
	}
}
