package schema

import (
	"embed"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"

	"github.com/innovate-inc/genops/internal/problem"
)

// contract holds the CUE files of this package: what a genops binary checks against, wherever it runs.
//
//go:embed *.cue
var contract embed.FS

const (
	// folder is where people describe their environments.
	folder = "environments"
	// environmentField and platformField are what people fill in at the top level of a file.
	environmentField = "environment"
	platformField    = "platform"
	// importPath is what environments import to get at the contract.
	importPath = "github.com/innovate-inc/genops/schema"
)

// file is a CUE file of the input: its name as people see it, and its text.
type file struct {
	name string
	text []byte
}

// source is everything that people wrote, as bytes. It stays small: what CUE makes of it is dropped after each environment.
type source struct {
	shared       []file
	environments map[string][]file
	// syntax of shared files that positions were looked up in: each environment with a problem looks there again.
	syntax map[string]*ast.File
}

// parsed is the syntax of a file, or nil if it is not CUE.
func (s *source) parsed(f file) *ast.File {
	if known, ok := s.syntax[f.name]; ok {
		return known
	}
	parsed, err := parser.ParseFile(f.name, f.text)
	if err != nil {
		return nil
	}
	if slices.ContainsFunc(s.shared, func(other file) bool { return other.name == f.name }) {
		s.syntax[f.name] = parsed
	}
	return parsed
}

// names returns the environments in alphabetical order.
func (s *source) names() []string {
	names := make([]string, 0, len(s.environments))
	for name := range s.environments {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// files returns the files that make up an environment: its own first, so that they are searched first, then the shared ones.
func (s *source) files(environment string) []file {
	return slices.Concat(s.environments[environment], s.shared)
}

// readSource reads environments/ below fsys. prefix goes before every name that people see.
func readSource(fsys fs.FS, prefix string) (*source, error) {
	if info, err := fs.Stat(fsys, folder); err == nil && !info.IsDir() {
		return nil, problem.Join([]problem.Problem{{
			Position: problem.Position{File: path.Join(prefix, folder)},
			Message:  "this is not a folder: it holds platform.cue and a folder for each environment",
		}})
	}
	entries, err := fs.ReadDir(fsys, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem.Join([]problem.Problem{{
			Position: problem.Position{File: path.Join(prefix, folder)},
			Message:  "there is no such folder: it holds platform.cue and a folder for each environment",
			Hint:     "run genops where environments/ is, or name that place with -C DIR",
		}})
	}
	if err != nil {
		return nil, unreadable(path.Join(prefix, folder), err)
	}
	s := &source{environments: map[string][]file{}, syntax: map[string]*ast.File{}}
	for _, entry := range entries {
		name := entry.Name()
		if hidden(name) {
			continue
		}
		if !entry.IsDir() {
			continue
		}
		if s.environments[name], err = readFiles(fsys, path.Join(folder, name), prefix); err != nil {
			return nil, err
		}
	}
	if s.shared, err = readFiles(fsys, folder, prefix); err != nil {
		return nil, err
	}
	if err := s.check(prefix); err != nil {
		return nil, err
	}
	return s, nil
}

// check finds what is wrong with the folders themselves.
func (s *source) check(prefix string) error {
	var problems []problem.Problem
	if len(s.environments) == 0 {
		problems = append(problems, problem.Problem{
			Position: problem.Position{File: path.Join(prefix, folder)},
			Message:  "there is no environment: each one is a folder with a CUE file",
			Hint:     "start with environments/dev/environment.cue; genops explain lists the fields",
		})
	}
	for _, name := range s.names() {
		if len(s.environments[name]) == 0 {
			problems = append(problems, problem.Problem{
				Environment: name,
				Position:    problem.Position{File: path.Join(prefix, folder, name)},
				Message:     "the folder of an environment has no CUE file",
				Hint:        "describe the environment in environment.cue, or remove the folder",
			})
		}
	}
	return problem.Join(problems)
}

// readFiles reads the CUE files of one folder. Files that CUE itself sets apart (_test.cue, _tool.cue) do not describe environments.
func readFiles(fsys fs.FS, dir, prefix string) ([]file, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, unreadable(path.Join(prefix, dir), err)
	}
	var files []file
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || hidden(name) || path.Ext(name) != ".cue" || strings.HasSuffix(name, "_tool.cue") || strings.HasSuffix(name, "_test.cue") {
			continue
		}
		text, err := fs.ReadFile(fsys, path.Join(dir, name))
		if err != nil {
			return nil, unreadable(path.Join(prefix, dir, name), err)
		}
		files = append(files, file{name: path.Join(prefix, dir, name), text: text})
	}
	return files, nil
}

// unreadable names a file or folder as people see it, with the answer of the system.
func unreadable(shown string, err error) error {
	if system, ok := errors.AsType[*fs.PathError](err); ok {
		err = system.Err
	}
	return &fs.PathError{Op: "read", Path: shown, Err: err}
}

// hidden tells files and folders that CUE does not look at.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}
