package check_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// defaults are what the environments of the tests have in common.
const defaults = `package environments

import "github.com/innovate-inc/genops/schema"

environment: schema.#Environment & {
	stage:      *"dev" | _
	region:     *"eu-west-1" | _
	project:    *"acme" | _
	owner:      *"team" | _
	costCenter: *"cc-1" | _
}
`

// input is a set of environments by name, each given by its lines. The first of them is line 4 of environments/<name>/e.cue.
type input struct {
	environments map[string]string
	// order of the environments; nil means the alphabet.
	order []string
	// shared has more lines for the file that all environments share.
	shared string
	// platform has more lines of the platform.
	platform string
}

func (in input) load(t *testing.T) *schema.Config {
	t.Helper()
	platform, err := os.ReadFile(filepath.Join("..", "..", "schema", "testdata", "platform.cue"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{
		"environments/platform.cue": {Data: platform},
		"environments/defaults.cue": {Data: []byte(defaults + in.shared)},
	}
	for name, lines := range in.environments {
		fsys["environments/"+name+"/e.cue"] = &fstest.MapFile{Data: []byte("package environments\n\nenvironment: {\n" + lines + "\n}\n")}
	}
	order := in.order
	if order == nil {
		order = slices.Sorted(maps.Keys(in.environments))
	}
	names, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	fsys["environments/order.cue"] = &fstest.MapFile{Data: fmt.Appendf(nil, "package environments\n\nplatform: order: %s\nplatform: {\n%s\n}\n", names, in.platform)}
	config, err := schema.Load(t.Context(), fsys, "")
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// one is an environment called dev.
func one(lines string) input { return input{environments: map[string]string{"dev": lines}} }

// two are the environments one and two.
func two(first, second string) input {
	return input{environments: map[string]string{"one": first, "two": second}}
}

// at is a place in the file of an environment.
func at(environment string, line, column int) problem.Position {
	return problem.Position{File: "environments/" + environment + "/e.cue", Line: line, Column: column}
}

// in makes a problem of the environment dev.
func in(line, column int, field, message string, hint ...string) problem.Problem {
	p := problem.Problem{Environment: "dev", Position: at("dev", line, column), Field: field, Message: message}
	if len(hint) > 0 {
		p.Hint = hint[0]
	}
	return p
}

// warn makes a warning of a problem.
func warn(id string, p problem.Problem) problem.Problem {
	p.Warning = id
	p.Hint = fmt.Sprintf("to accept it, write accept: %q: \"the reason\" into the environment", id)
	return p
}

// related adds a second place to a problem.
func related(p problem.Problem, position problem.Position, message string) problem.Problem {
	p.Related = append(p.Related, problem.Related{Position: position, Message: message})
	return p
}

// network and cluster are what most cases start with.
const (
	network = "network: cidr: \"10.20.0.0/16\"\n"
	cluster = network + "cluster: {}\n"
)

// plain is the result without the fields that a case says nothing of.
func plain(r check.Result) check.Result {
	if len(r.Errors) == 0 {
		r.Errors = nil
	}
	if len(r.Warnings) == 0 {
		r.Warnings = nil
	}
	return r
}
