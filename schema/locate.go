package schema

import (
	"strconv"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/innovate-inc/genops/internal/problem"
)

// place is where a value was written.
type place struct {
	value ast.Expr
	file  string
}

// position is that of the value.
func (p place) position() problem.Position { return position(p.value.Pos(), p.file) }

// written is the value as it was written, on one line. Messages have its text.
func (p place) written() string {
	text, err := format.Node(p.value)
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// text is the value as messages repeat it. What may be a secret is not repeated: messages end in the logs of pull requests.
func (p place) text() string {
	line := p.written()
	if service := SecretAddress(line); service != "" && strings.Contains(line, "/") {
		return "an address of " + service
	}
	return shortened(Masked(line))
}

// literal tells values that stand for themselves from references, defaults and constraints.
func (p place) literal() bool {
	switch value := p.value.(type) {
	case *ast.BasicLit, *ast.ListLit, *ast.StructLit:
		return true
	case *ast.UnaryExpr:
		return value.Op == token.SUB
	default:
		return false
	}
}

// standard is the literal that a value has as its default: "a" of *"a" | _.
func (p place) standard() (place, bool) {
	alternatives, ok := p.value.(*ast.BinaryExpr)
	if !ok || alternatives.Op != token.OR {
		return place{}, false
	}
	for _, side := range []ast.Expr{alternatives.X, alternatives.Y} {
		if marked, ok := side.(*ast.UnaryExpr); ok && marked.Op == token.MUL {
			found := place{value: marked.X, file: p.file}
			return found, found.literal()
		}
	}
	return place{}, false
}

// position turns a position of CUE into one of ours; file is for values that CUE knows no file of.
func position(p token.Pos, file string) problem.Position {
	if !p.IsValid() {
		return problem.Position{File: file}
	}
	if name := p.Filename(); name != "" {
		file = name
	}
	return problem.Position{File: file, Line: p.Line(), Column: p.Column()}
}

// locate finds where a path was written, in the order of the files. Path elements are field names, and numbers in lists.
func locate(files []*ast.File, path []string) []place {
	var found []place
	for _, f := range files {
		for _, value := range locateIn(f.Decls, path) {
			found = append(found, place{value: value, file: f.Filename})
		}
	}
	return found
}

func locateIn(decls []ast.Decl, path []string) []ast.Expr {
	var found []ast.Expr
	for _, decl := range decls {
		switch decl := decl.(type) {
		case *ast.Field:
			if name, _, err := ast.LabelName(decl.Label); err == nil && name == path[0] {
				found = append(found, descend(decl.Value, path[1:])...)
			}
		case *ast.EmbedDecl:
			found = append(found, descendInto(decl.Expr, path)...)
		case *ast.Comprehension:
			found = append(found, descendInto(decl.Value, path)...)
		}
	}
	return found
}

// descend follows the rest of a path into a field's value.
func descend(value ast.Expr, path []string) []ast.Expr {
	if len(path) == 0 {
		return []ast.Expr{value}
	}
	return descendInto(value, path)
}

func descendInto(value ast.Expr, path []string) []ast.Expr {
	switch value := value.(type) {
	case *ast.StructLit:
		return locateIn(value.Elts, path)
	case *ast.BinaryExpr:
		return append(descendInto(value.X, path), descendInto(value.Y, path)...)
	case *ast.ParenExpr:
		return descendInto(value.X, path)
	case *ast.UnaryExpr:
		return descendInto(value.X, path)
	case *ast.ListLit:
		if i, err := strconv.Atoi(path[0]); err == nil && i >= 0 && i < len(value.Elts) {
			return descend(value.Elts[i], path[1:])
		}
	}
	return nil
}

// Position is where a field of an environment was written, or the nearest thing around it: the field it would stand in, or the
// environment's first file. field is a path such as network.cidr; empty is the environment as a whole. environment is empty for a field of
// the platform.
func (c *Config) Position(environment, field string) problem.Position {
	top, files := platformField, c.source.shared
	if environment != "" {
		top, files = environmentField, c.source.files(environment)
	}
	path := append([]string{top}, splitPath(field)...)
	syntax := make([]*ast.File, 0, len(files))
	for _, f := range files {
		if parsed := c.source.parsed(f); parsed != nil {
			syntax = append(syntax, parsed)
		}
	}
	for ; len(path) > 0; path = path[:len(path)-1] {
		if found := locate(syntax, path); len(found) > 0 {
			return best(found).position()
		}
	}
	if len(files) > 0 {
		return problem.Position{File: files[0].name}
	}
	return problem.Position{File: folder}
}

// Own tells whether a field is written in the environment's own folder, and not only in the files that all environments share.
func (c *Config) Own(environment, field string) bool {
	path := append([]string{environmentField}, splitPath(field)...)
	for _, f := range c.source.environments[environment] {
		if parsed, err := parser.ParseFile(f.name, f.text); err == nil && len(locate([]*ast.File{parsed}, path)) > 0 {
			return true
		}
	}
	return false
}

// best prefers the first literal: a person looks for the value that was written, not for a constraint on it.
func best(found []place) place {
	for _, p := range found {
		if p.literal() {
			return p
		}
	}
	return found[0]
}

// splitPath splits network.endpoints.gateway[1] into its elements. Names with dots stand in quotes.
func splitPath(field string) []string {
	var path []string
	for field != "" {
		switch field[0] {
		case '.':
			field = field[1:]
		case '[':
			index, rest, _ := strings.Cut(field[1:], "]")
			path, field = append(path, index), rest
		case '"':
			name, rest, _ := strings.Cut(field[1:], `"`)
			path, field = append(path, name), rest
		default:
			end := strings.IndexAny(field, ".[")
			if end < 0 {
				end = len(field)
			}
			path, field = append(path, field[:end]), field[end:]
		}
	}
	return path
}

// joinPath is the reverse of splitPath.
func joinPath(path []string) string {
	var b strings.Builder
	for _, element := range path {
		if _, err := strconv.Atoi(element); err == nil {
			b.WriteString("[" + element + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteString(".")
		}
		if strings.ContainsAny(element, `.[" `) {
			element = strconv.Quote(element)
		}
		b.WriteString(element)
	}
	return b.String()
}
