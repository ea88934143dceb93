package schema

import (
	"fmt"
	pathpkg "path"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/token"

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
	// meant are the fields that misspelt ones were probably meant to be.
	meant []string
}

// missingText begins what is said of a field that nobody wrote.
const missingText = "missing: allowed is "

// problems explains err, the outcome of validating d.value.
func (d *diagnosis) problems(err error) []problem.Problem {
	// CUE stops looking for unknown and missing fields when it finds something else wrong: look for all of them.
	found := d.fields()
	for _, e := range errors.Errors(err) {
		path := d.relative(e.Path())
		if i := slices.IndexFunc(path, isIndex); i >= 0 {
			path = path[:i] // explain looks for the element itself.
		}
		field := joinPath(path)
		// Without a stage nothing that depends on it has a value: that is one problem and not many.
		stageless := slices.ContainsFunc(found, func(p problem.Problem) bool { return p.Field == "stage" })
		if stageless && len(locate(d.files, append([]string{d.field}, path...))) == 0 {
			continue
		}
		if len(path) == 0 || slices.ContainsFunc(found, func(p problem.Problem) bool {
			return p.Field == field || inside(field, p.Field) || inside(p.Field, field)
		}) {
			continue
		}
		found = append(found, d.explain(path, e)...)
	}
	if len(found) == 0 {
		found = append(found, d.whole(err))
	}
	// A field that is there under a misspelt name is one problem and not two.
	return slices.DeleteFunc(found, func(p problem.Problem) bool {
		return strings.HasPrefix(p.Message, missingText) && slices.Contains(d.meant, p.Field)
	})
}

// whole explains what is wrong with the environment or platform as a whole, and not with one of its fields.
func (d *diagnosis) whole(err error) problem.Problem {
	p := problem.Problem{Environment: d.environment}
	places := locate(d.files, []string{d.field})
	for _, written := range places {
		if _, isStruct := written.value.(*ast.StructLit); written.literal() && !isStruct {
			p.Position = written.position()
			p.Message = written.text() + kindNote(written.value, d.definition) + " is not allowed: allowed is a struct of fields"
			return p
		}
	}
	first := errors.Errors(err)[0]
	p.Message = message(first)
	written := func(at token.Pos) bool {
		return slices.ContainsFunc(d.files, func(f *ast.File) bool { return at.IsValid() && at.Filename() == f.Filename })
	}
	positions := append([]token.Pos{first.Position()}, first.InputPositions()...)
	if i := slices.IndexFunc(positions, written); i >= 0 {
		p.Position = position(positions[i], "")
	} else if len(places) > 0 {
		p.Position = places[0].position()
	} else if len(d.files) > 0 {
		p.Position = problem.Position{File: d.files[0].Filename, Line: 1, Column: 1}
	}
	return p
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

// explain makes the problems of one field: several if it is a list with several wrong elements.
func (d *diagnosis) explain(path []string, err errors.Error) []problem.Problem {
	p := problem.Problem{Environment: d.environment, Field: joinPath(path)}
	places := locate(d.files, append([]string{d.field}, path...))
	isName := d.environment != "" && slices.Equal(path, []string{"name"})
	switch {
	case isName && len(d.files) > 0 && !slices.ContainsFunc(places, place.literal):
		p.Position = problem.Position{File: pathpkg.Dir(d.files[0].Filename)}
		p.Message = fmt.Sprintf("%q is not allowed as the name of a folder here: allowed is %s", d.environment, describe(d.constraint(path)))
		return []problem.Problem{p}
	case len(places) == 0:
		return []problem.Problem{d.missing(p, path)}
	}
	wrong := best(places)
	p.Position = wrong.position()
	if isName {
		p.Message = fmt.Sprintf("%s is not the name of the folder, %q", wrong.text(), d.environment)
		p.Hint = "leave name out: an environment is called like its folder"
		return []problem.Problem{p}
	}
	var literals []place
	for _, candidate := range places {
		if candidate.literal() {
			literals = append(literals, candidate)
		}
	}
	if len(literals) > 1 && literals[0].written() != literals[1].written() && d.fits(path, literals[0]) && d.fits(path, literals[1]) {
		p.Message = fmt.Sprintf("%s contradicts %s", literals[0].text(), literals[1].text())
		p.Related = []problem.Related{{Position: literals[1].position(), Message: "the other value is set here"}}
		p.Hint = reconciled(p.Position, literals[1])
		return []problem.Problem{p}
	}
	for _, candidate := range literals {
		if !d.fits(path, candidate) {
			wrong = candidate
			break
		}
	}
	if standard, ok := wrong.standard(); ok && !d.fits(path, standard) {
		wrong = standard
	}
	if deeper := d.inList(path, wrong, d.constraint(path)); len(deeper) > 0 {
		return deeper
	}
	return []problem.Problem{d.wrongValue(p, wrong, d.constraint(path), err)}
}

// reconciled is the hint where a value contradicts another one: of one folder one is too many, and a shared one should have been a default.
func reconciled(here problem.Position, other place) string {
	const asDefault = "a shared value that environments may change is written as a default: "
	switch {
	case pathpkg.Dir(here.File) == pathpkg.Dir(other.position().File):
		return "remove one of the two"
	case other.text() != other.written():
		return asDefault + "* before it, and | _ behind"
	default:
		return asDefault + "*" + other.text() + " | _"
	}
}

// wrongValue says of a value what is allowed in its place.
func (d *diagnosis) wrongValue(p problem.Problem, wrong place, constraint cue.Value, err errors.Error) problem.Problem {
	p.Position = wrong.position()
	allowed := describe(constraint)
	_, isStruct := wrong.value.(*ast.StructLit)
	switch {
	case isStruct && (strings.HasPrefix(message(err), "incomplete value") || strings.HasPrefix(message(err), cyclic)):
		p.Message = "it gets no value: something waits for what it adds to itself"
		p.Hint = cyclicHint
		return p
	case wrong.literal():
		p.Message = wrong.text() + kindNote(wrong.value, constraint) + " is not allowed"
		p.Hint = hint(wrong, allowed, constraint)
	case strings.Contains(message(err), "undefined field") || strings.Contains(message(err), "invalid interpolation"):
		// What is missing stands elsewhere: what is allowed here is not the point.
		p.Message = wrong.text() + " has no value: something that it refers to does not exist"
		return p
	case strings.HasPrefix(message(err), "incomplete value"):
		p.Message = wrong.text() + " has no value yet"
	default:
		p.Message = "the value of " + wrong.text() + " is not allowed"
	}
	if text := allowed.String(); text != "" {
		p.Message += ": allowed is " + text
	}
	return p
}

// missing explains a field that nobody wrote, at the nearest field around it.
func (d *diagnosis) missing(p problem.Problem, path []string) problem.Problem {
	if len(d.files) > 0 {
		p.Position = problem.Position{File: d.files[0].Filename, Line: 1, Column: 1}
	}
	for n := range slices.Backward(path) {
		if places := locate(d.files, append([]string{d.field}, path[:n]...)); len(places) > 0 {
			p.Position = places[0].position()
			if n == 0 {
				p.Position = d.begin(places[0])
			}
			break
		}
	}
	p.Message = missingText + describe(d.constraint(path)).String()
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
		if !slices.Equal(path, []string{"name"}) {
			probed = probed.FillPath(cue.ParsePath("name"), "example")
		}
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

// probe looks a path up in a definition as if somebody had written it: this reaches optional fields and patterns alike.
func probe(ctx *cue.Context, definition cue.Value, path []string) cue.Value {
	source := "_"
	selectors := make([]cue.Selector, len(path))
	for i, element := range slices.Backward(path) {
		if index, err := strconv.Atoi(element); err == nil {
			source = "[" + strings.Repeat("_, ", index) + source + ", ...]"
			selectors[i] = cue.Index(index)
		} else {
			source = "{" + strconv.Quote(element) + ": " + source + "}"
			selectors[i] = cue.Str(element)
		}
	}
	return definition.Unify(ctx.CompileString(source)).LookupPath(cue.MakePath(selectors...))
}

// fits tells whether a literal alone is allowed at a path.
func (d *diagnosis) fits(path []string, p place) bool {
	constraint := d.constraint(path)
	return constraint.Unify(d.evaluator.ctx.BuildExpr(p.value)).Validate() == nil
}
