package schema

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"cuelang.org/go/cue"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// platformFile is the platform of the tests.
const platformFile = "environments/platform.cue"

// shared is what the environments of the tests have in common, so that a case states what it is about and nothing else.
const shared = `package environments

import "github.com/innovate-inc/genops/schema"

environment: schema.#Environment & {
	region:     *"eu-west-1" | _
	project:    *"acme" | _
	owner:      *"team" | _
	costCenter: *"cc-1" | _
}
`

// inputs is an environments folder: the platform of the tests, what environments share, and the files of the case, which may replace both.
func inputs(t *testing.T, files map[string]string) fstest.MapFS {
	t.Helper()
	platform, err := os.ReadFile(filepath.Join("testdata", "platform.cue"))
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{
		platformFile:                {Data: platform},
		"environments/defaults.cue": {Data: []byte(shared)},
	}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// dev is the file of an environment called dev with these lines in it. The first of them is line 4.
func dev(lines string) map[string]string {
	return map[string]string{"environments/dev/environment.cue": "package environments\n\nenvironment: {\n" + lines + "\n}\n"}
}

// newEvaluator gives a test the contract.
func newEvaluator(t *testing.T) *evaluator {
	t.Helper()
	e := &evaluator{}
	if err := e.refresh(); err != nil {
		t.Fatal(err)
	}
	return e
}

// definition is a definition of the contract.
func definition(t *testing.T, e *evaluator, name string) cue.Value {
	t.Helper()
	v, err := e.contract(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// golden compares got with a file below testdata, or writes the file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), rewrite with -update if this is meant:\n%s", file, diff)
	}
}
