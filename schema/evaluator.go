package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/innovate-inc/genops/internal/problem"
)

// evaluator turns files into values. It is for one goroutine: the values of a cue.Context must not be shared between two.
type evaluator struct {
	ctx    *cue.Context
	build  *build.Context
	schema *build.Instance
	used   int
}

// contextLife is how many environments one cue.Context evaluates. A context keeps everything that it ever built, about 1 MiB an environment;
// a new one costs as much as evaluating a few environments, because the contract is compiled again.
const contextLife = 32

// refresh makes sure that the evaluator has a context with room for another environment.
func (e *evaluator) refresh() error {
	if e.ctx != nil && e.used < contextLife {
		e.used++
		return nil
	}
	*e = evaluator{ctx: cuecontext.New(), used: 1}
	e.build = build.NewContext(build.Loader(e.load))
	e.schema = e.build.NewInstance("schema", nil)
	e.schema.ImportPath = importPath
	names, err := fs.Glob(contract, "*.cue")
	if err != nil {
		return fmt.Errorf("list the contract: %w", err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(contract, name)
		if err != nil {
			return fmt.Errorf("read the contract: %w", err)
		}
		syntax, err := parser.ParseFile(path.Join("schema", name), text, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("read the contract: %w", err)
		}
		if err := e.schema.AddSyntax(syntax); err != nil {
			return fmt.Errorf("read the contract: %w", err)
		}
	}
	if err := e.schema.Complete(); err != nil {
		return fmt.Errorf("read the contract: %w", err)
	}
	return nil
}

// load answers the imports of the input: the contract; everything else is left to CUE, which knows its standard library.
func (e *evaluator) load(_ token.Pos, importing string) *build.Instance {
	if importing == importPath || importing == importPath+":schema" {
		return e.schema
	}
	return nil
}

// contract returns the value of a definition of the contract, such as #Environment.
func (e *evaluator) contract(definition string) (cue.Value, error) {
	value := e.ctx.BuildInstance(e.schema).LookupPath(cue.ParsePath(definition))
	if err := value.Err(); err != nil {
		return cue.Value{}, fmt.Errorf("read the contract: %w", err)
	}
	return value, nil
}

// parse reads the files. Text that is not CUE comes back as problems, each file's first.
func parse(files []file, environment string) ([]*ast.File, []problem.Problem) {
	var problems []problem.Problem
	parsed := make([]*ast.File, 0, len(files))
	for _, f := range files {
		syntax, err := parser.ParseFile(f.name, f.text, parser.ParseComments)
		if err != nil {
			first := errors.Errors(err)[0]
			if line := conflict(f.text, first.Position().Line()); line > 0 {
				problems = append(problems, problem.Problem{
					Environment: environment,
					Position:    problem.Position{File: f.name, Line: line, Column: 1},
					Message:     "two sides of a merge stand here",
					Hint:        "keep one side of it, remove the markers",
				})
				continue
			}
			problems = append(problems, problem.Problem{
				Environment: environment,
				Position:    position(first.Position(), f.name),
				Message:     "this is not valid CUE: " + message(first),
				Hint:        writtenHint(first),
			})
			continue
		}
		if name := syntax.PackageName(); name != folder {
			problems = append(problems, packageProblem(syntax, f.name, environment))
			continue
		}
		parsed = append(parsed, syntax)
	}
	return parsed, problems
}

// conflict is the line of the first marker of Git in a file that is not CUE, or 0. A line of = counts alone where reading stopped: a text of
// several lines may have one.
func conflict(text []byte, stopped int) int {
	middle := 0
	for i, line := range bytes.Split(text, []byte("\n")) {
		switch {
		case bytes.HasPrefix(line, []byte("<<<<<<<")), bytes.HasPrefix(line, []byte(">>>>>>>")):
			if middle > 0 {
				return middle
			}
			return i + 1
		case bytes.HasPrefix(line, []byte("=======")) && middle == 0:
			middle = i + 1
		}
	}
	if middle == stopped {
		return middle
	}
	return 0
}

func packageProblem(syntax *ast.File, name, environment string) problem.Problem {
	p := problem.Problem{
		Environment: environment,
		Position:    problem.Position{File: name, Line: 1, Column: 1},
		Message:     "the file has no package clause: allowed is package " + folder,
		Hint:        "write package " + folder + " into the first line: CUE unifies the files of one package",
	}
	for _, decl := range syntax.Decls {
		if clause, ok := decl.(*ast.Package); ok {
			p.Position = position(clause.Name.Pos(), name)
			p.Message = fmt.Sprintf("package %s: allowed is package %s", clause.Name.Name, folder)
		}
	}
	return p
}

// evaluate unifies the files into one value.
func (e *evaluator) evaluate(syntax []*ast.File, environment string) (cue.Value, []problem.Problem) {
	instance := e.build.NewInstance(environment, nil)
	instance.PkgName = folder
	for _, f := range syntax {
		if problems := importProblems(f, environment); len(problems) > 0 {
			return cue.Value{}, problems
		}
		if err := instance.AddSyntax(f); err != nil {
			return cue.Value{}, plainProblems(err, environment)
		}
	}
	if err := instance.Complete(); err != nil {
		return cue.Value{}, plainProblems(err, environment)
	}
	value := e.ctx.BuildInstance(instance)
	if err := value.Err(); err != nil && instance.Err != nil {
		return cue.Value{}, plainProblems(err, environment)
	}
	return value, nil
}

// decode fills target from a concrete value. A field that target lacks is an error: contract and Go types must agree.
func decode(value cue.Value, target any) error {
	data, err := value.MarshalJSON()
	if err != nil {
		return fmt.Errorf("export value: %w", err)
	}
	if err := json.Unmarshal(data, target); err != nil {
		return fmt.Errorf("read exported value: %w", err)
	}
	return nil
}
