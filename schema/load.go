package schema

import (
	"context"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strconv"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"golang.org/x/sync/errgroup"

	"github.com/innovate-inc/genops/internal/problem"
)

// Config is the whole input: the platform and its environments, in alphabetical order, with every default filled in.
type Config struct {
	Platform     *Platform
	Environments []*Environment
	// ProviderFacts is what the contract knows of the versions of the AWS provider.
	ProviderFacts ProviderFacts

	source   *source
	defaults *defaultNode
}

// Load reads and evaluates environments/ below fsys. prefix goes before the file names in problems, so that they can be clicked wherever the
// reader stands. What is wrong with the input comes back as one *problem.Error with everything that was found in all environments.
func Load(ctx context.Context, fsys fs.FS, prefix string) (*Config, error) {
	src, err := readSource(fsys, prefix)
	if err != nil {
		return nil, err
	}
	config := &Config{source: src, Platform: &Platform{}}
	names := src.names()
	config.Environments = make([]*Environment, len(names))
	problems := make([][]problem.Problem, len(names)+1)

	// One evaluator a worker: contexts are not for sharing, and making one for each environment would compile the contract each time.
	workers := min(runtime.GOMAXPROCS(0), (len(names)+3)/4)
	next := make(chan int)
	group, ctx := errgroup.WithContext(ctx)
	for range max(1, workers) {
		group.Go(func() error {
			e := &evaluator{}
			for i := range next {
				if err := e.refresh(); err != nil {
					return err
				}
				var err error
				if i == len(names) {
					if err := e.loadFacts(config); err != nil {
						return err
					}
					problems[i], err = e.loadPlatform(src, config.Platform)
				} else {
					config.Environments[i] = &Environment{}
					problems[i], err = e.loadEnvironment(src, names[i], config.Environments[i])
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(next)
		for i := range len(names) + 1 {
			select {
			case next <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if err := problem.Join(slices.Concat(problems...)); err != nil {
		return nil, err
	}
	return config, nil
}

// Environment returns the environment of that name, or nil.
func (c *Config) Environment(name string) *Environment {
	for _, e := range c.Environments {
		if e.Name == name {
			return e
		}
	}
	return nil
}

func (e *evaluator) loadPlatform(src *source, platform *Platform) ([]problem.Problem, error) {
	return e.read(src.shared, target{field: platformField, definition: "#Platform"}, platform)
}

// loadFacts reads what the contract knows and no platform says.
func (e *evaluator) loadFacts(config *Config) error {
	var err error
	if config.defaults, err = readDefaults(stageDefaults); err != nil {
		return err
	}
	facts, err := e.contract("#AWSProvider")
	if err != nil {
		return err
	}
	if err := decode(facts, &config.ProviderFacts); err != nil {
		return fmt.Errorf("read facts of the AWS provider: %w", err)
	}
	return nil
}

func (e *evaluator) loadEnvironment(src *source, name string, environment *Environment) ([]problem.Problem, error) {
	t := target{field: environmentField, definition: "#Environment", environment: name}
	problems, err := e.read(src.files(name), t, environment)
	if err != nil || len(problems) > 0 {
		return problems, err
	}
	zones, err := e.contract("#Zones")
	if err != nil {
		return nil, err
	}
	if environment.zoneLetters, err = zones.LookupPath(cue.MakePath(cue.Str(environment.Region))).String(); err != nil {
		return nil, fmt.Errorf("read zones of %s: %w", environment.Region, err)
	}
	if database := environment.Database; database != nil && database.Replica != nil {
		replica := database.Replica
		if replica.zoneLetters, err = zones.LookupPath(cue.MakePath(cue.Str(replica.Region))).String(); err != nil {
			return nil, fmt.Errorf("read zones of %s: %w", replica.Region, err)
		}
	}
	return nil, nil
}

// target is what is read from a set of files: a field at their top level, what the contract has for it, and whose it is.
type target struct {
	field       string
	definition  string
	environment string
}

// prefixed tells the fields of the platform from those of an environment.
func (t target) prefixed(problems []problem.Problem) []problem.Problem {
	for i := range problems {
		if t.environment == "" && problems[i].Field != "" {
			problems[i].Field = t.field + "." + problems[i].Field
		}
	}
	return problems
}

// contract is a file that says what genops knows: the environment is called like its folder, and the contract holds even if the files forget
// to name it. It is one more file and not a later unification, because that would evaluate everything a second time.
func (t target) contract(files []*ast.File) (*ast.File, error) {
	text := "package " + folder + "\n"
	constraint := "_"
	if !mentions(files, t.field, t.definition) {
		text += "import \"" + importPath + "\"\n"
		constraint = "schema." + t.definition
	}
	if t.environment != "" {
		constraint += " & {name: " + strconv.Quote(t.environment) + "}"
	}
	text += t.field + ": " + constraint + "\n"
	file, err := parser.ParseFile("genops", text)
	if err != nil {
		return nil, fmt.Errorf("write contract file: %w", err)
	}
	return file, nil
}

// without drops from an environment's files the platform, unless the environment refers to it: CUE would evaluate it for each environment.
func (t target) without(files []*ast.File) []*ast.File {
	if t.field == platformField || refers(files, platformField) {
		return slices.Clone(files)
	}
	kept := make([]*ast.File, 0, len(files))
	for _, f := range files {
		rest := slices.DeleteFunc(slices.Clone(f.Decls), func(d ast.Decl) bool {
			field, ok := d.(*ast.Field)
			if !ok {
				return false
			}
			name, _, err := ast.LabelName(field.Label)
			return err == nil && name == platformField
		})
		if len(rest) != len(f.Decls) {
			// A file whose import is no longer used is an error: leave out the whole file if nothing but the platform was in it.
			if !slices.ContainsFunc(rest, func(d ast.Decl) bool { return !preamble(d) }) {
				continue
			}
			if !mentions([]*ast.File{{Decls: rest}}, t.field, t.definition) {
				kept = append(kept, f)
				continue
			}
			f = &ast.File{Filename: f.Filename, Decls: rest}
		}
		kept = append(kept, f)
	}
	return kept
}

// preamble tells package and import clauses, and comments, from what a file says.
func preamble(d ast.Decl) bool {
	switch d.(type) {
	case *ast.Package, *ast.ImportDecl, *ast.CommentGroup:
		return true
	default:
		return false
	}
}

// refers tells whether an identifier is used in files, other than as the name of a field.
func refers(files []*ast.File, name string) bool {
	found := false
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			ast.Walk(n.Value, visit, nil)
			return false
		case *ast.SelectorExpr:
			ast.Walk(n.X, visit, nil)
			return false
		case *ast.Ident:
			found = found || n.Name == name
		}
		return !found
	}
	for _, f := range files {
		ast.Walk(f, visit, nil)
	}
	return found
}

// mentions tells whether the values that files give a field refer to a definition of the contract.
func mentions(files []*ast.File, field, definition string) bool {
	found := false
	for _, written := range locate(files, []string{field}) {
		ast.Walk(written.value, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				name, _, err := ast.LabelName(selector.Sel)
				found = found || err == nil && name == definition
			}
			return !found
		}, nil)
	}
	return found
}

// read reads one target from files into a Go value.
func (e *evaluator) read(files []file, t target, into any) ([]problem.Problem, error) {
	syntax, problems := parse(files, t.environment)
	if len(problems) > 0 {
		return problems, nil
	}
	// Looked at before CUE resolves names: it reports a misspelt top-level field only where the value is used.
	if problems = strayFields(syntax, t.environment); len(problems) > 0 {
		return problems, nil
	}
	contract, err := t.contract(syntax)
	if err != nil {
		return nil, err
	}
	root, problems := e.evaluate(append(t.without(syntax), contract), t.environment)
	if len(problems) > 0 {
		return problems, nil
	}
	value := root.LookupPath(cue.ParsePath(t.field))
	definition, err := e.contract(t.definition)
	if err != nil {
		return nil, err
	}
	d := &diagnosis{target: t, evaluator: e, definition: definition, value: value, files: syntax}
	if unknown := d.unknownReferences(); len(unknown) > 0 {
		return t.prefixed(problem.Sort(append(unknown, d.fields()...))), nil
	}
	if err := value.Validate(cue.Concrete(true), cue.Final()); err != nil {
		return t.prefixed(d.problems(err)), nil
	}
	if problems := topProblems(root, t.environment); len(problems) > 0 {
		return problems, nil
	}
	return nil, decode(value, into)
}
