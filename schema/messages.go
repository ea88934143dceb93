package schema

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

	"github.com/innovate-inc/genops/internal/problem"
)

// message is the text of an error of CUE, without its path and positions, and without what may be a secret.
func message(e errors.Error) string {
	format, args := e.Msg()
	return Masked(fmt.Sprintf(format, args...))
}

// topProblems finds what is wrong at the top level of an environment's files and part of no field: conditions that have no answer. Those of the platform's
// file alone are looked at with an environment, which is what they ask for.
func topProblems(root cue.Value, environment string) []problem.Problem {
	if environment == "" {
		return nil
	}
	var found []problem.Problem
	for _, e := range errors.Errors(root.Err()) {
		if len(e.Path()) == 0 {
			found = append(found, plainProblems(e, environment)...)
		}
	}
	return found
}

// plainProblems turns errors of CUE that have a position of their own into problems: broken references, imports and the like.
func plainProblems(err error, environment string) []problem.Problem {
	var found []problem.Problem
	for _, e := range errors.Errors(err) {
		p := problem.Problem{Environment: environment, Message: message(e), Hint: writtenHint(e)}
		if format, args := e.Msg(); format == optionalFormat && len(args) == 1 {
			p.Field, p.Message = fmt.Sprint(args[0]), "an environment that reads this has no such field"
		}
		positions := append([]token.Pos{e.Position()}, e.InputPositions()...)
		for _, candidate := range positions {
			if candidate.IsValid() {
				p.Position = position(candidate, "")
				break
			}
		}
		found = append(found, p)
	}
	return found
}

// optionalFormat is what CUE says of a reference to a field that may be there and is not.
const optionalFormat = "cannot reference optional field: %s"

// cyclic begins what CUE says of conditions and loops that wait for each other.
const (
	cyclic     = "cyclic reference to field "
	cyclicHint = "look for a condition or a loop over what it is part of, or over what another one makes: it may read other fields only"
)

// writtenHint says how to write what people who come from YAML write otherwise: text without quotes, = in place of a colon, a field that may be missing.
// The formats are those of CUE's parser, compiler and evaluator; another one has no hint.
func writtenHint(e errors.Error) string {
	format, args := e.Msg()
	if len(args) != 1 {
		return ""
	}
	name := fmt.Sprint(args[0])
	if Masked(name) != name {
		return ""
	}
	switch format {
	case "reference %q not found":
		switch {
		case strings.HasPrefix(name, "_") || strings.HasPrefix(name, "#"):
			return ""
		case name == path.Base(importPath):
			return "the contract is imported: import " + strconv.Quote(importPath)
		case slices.Contains(library(), name):
			return "the package of CUE's library is imported: import " + strconv.Quote(name)
		}
		return "text is written in quotes: " + strconv.Quote(name)
	case optionalFormat:
		return "ask first whether it is there"
	case cyclic + "%s", cyclic + "%[1]v":
		return cyclicHint
	case "missing ',' in %s":
		return "text is written in quotes, and each field on a line of its own"
	case "unreferenced alias or let clause %s":
		return "a field is written with a colon: " + name + ": ..."
	default:
		return ""
	}
}

// library are packages of CUE's standard library that environments have a use for.
func library() []string {
	return []string{"list", "math", "net", "regexp", "strconv", "strings", "struct", "time"}
}

// importProblems finds imports that genops cannot answer: it reads the contract and CUE's own library, nothing from elsewhere.
func importProblems(f *ast.File, environment string) []problem.Problem {
	var found []problem.Problem
	for spec := range f.ImportSpecs() {
		name, err := strconv.Unquote(spec.Path.Value)
		first, _, _ := strings.Cut(name, "/")
		if err != nil || name == importPath || name == importPath+":schema" || !strings.Contains(first, ".") {
			continue
		}
		found = append(found, problem.Problem{
			Environment: environment,
			Position:    position(spec.Path.Pos(), f.Filename),
			Message:     fmt.Sprintf("import %q: allowed are %s and CUE's standard library", name, importPath),
		})
	}
	return found
}

// strayFields finds top-level fields that genops does not read. Helpers are hidden fields, definitions or let clauses.
func strayFields(files []*ast.File, environment string) []problem.Problem {
	read := []string{environmentField, platformField}
	var found []problem.Problem
	for _, f := range files {
		for _, decl := range f.Decls {
			field, ok := decl.(*ast.Field)
			if !ok {
				continue
			}
			name, _, err := ast.LabelName(field.Label)
			if err != nil || slices.Contains(read, name) || strings.HasPrefix(name, "_") || strings.HasPrefix(name, "#") {
				continue
			}
			p := problem.Problem{
				Environment: environment,
				Position:    position(field.Label.Pos(), f.Filename),
				Field:       name,
				Message:     "there is no such field: allowed at the top level are environment and platform",
				Hint:        "a helper of your own starts with an underscore: _" + name,
			}
			if nearest, ok := problem.Nearest(name, read); ok {
				p.Hint = "did you mean " + nearest + "?"
			}
			found = append(found, p)
		}
	}
	return found
}

// kindNote says what a literal is, if it is of another kind than what is allowed.
func kindNote(value ast.Expr, constraint cue.Value) string {
	kind, name := literalKind(value)
	if name == "" || constraint.IncompleteKind()&kind != 0 || kind == cue.ListKind && elementOf(constraint).Exists() {
		return ""
	}
	return " (" + name + ")"
}

func literalKind(value ast.Expr) (cue.Kind, string) {
	switch value := value.(type) {
	case *ast.ListLit:
		return cue.ListKind, "a list"
	case *ast.StructLit:
		return cue.StructKind, "a struct"
	case *ast.BasicLit:
		switch value.Kind {
		case token.STRING:
			return cue.StringKind, "text"
		case token.INT:
			return cue.IntKind, "a number"
		case token.FLOAT:
			return cue.FloatKind, "a number"
		case token.TRUE, token.FALSE:
			return cue.BoolKind, "a truth value"
		case token.NULL:
			return cue.NullKind, "null"
		default:
		}
	}
	return cue.BottomKind, ""
}

// hint suggests the nearest allowed value, or quotes that are missing or too many.
func hint(wrong place, allowed Allowed, constraint cue.Value) string {
	text := wrong.text()
	unquoted, quotedErr := strconv.Unquote(text)
	if slices.Contains(allowed.Values, unquoted) && quotedErr == nil {
		return "write " + unquoted + " without quotes"
	}
	if slices.Contains(allowed.Values, strconv.Quote(text)) {
		return "write " + strconv.Quote(text) + " in quotes"
	}
	if quotedErr == nil && constraint.IncompleteKind()&(cue.IntKind|cue.StringKind) == cue.IntKind {
		if _, err := strconv.Atoi(unquoted); err == nil {
			return "write " + unquoted + " without quotes"
		}
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil && constraint.IncompleteKind() == cue.StringKind && len(allowed.Values) == 0 {
		return "write " + strconv.Quote(text) + " in quotes"
	}
	if number, err := strconv.Atoi(text); err == nil {
		return nearestNumber(number, allowed.Values)
	}
	if nearest, ok := problem.Nearest(text, allowed.Values); ok {
		return "did you mean " + nearest + "?"
	}
	return ""
}

// nearestNumber suggests the nearest of the allowed numbers.
func nearestNumber(number int, values []string) string {
	best, distance := "", 0
	for _, value := range values {
		candidate, err := strconv.Atoi(value)
		if err != nil {
			continue
		}
		if d := max(candidate-number, number-candidate); best == "" || d < distance {
			best, distance = value, d
		}
	}
	if best == "" {
		return ""
	}
	return "the nearest allowed number is " + best
}
