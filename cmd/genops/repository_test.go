package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// environments is the repository's own environments/.
var environments = filepath.Join("..", "..", "environments")

// TestRepositorySameBytes renders the repository's environments with different numbers of processors and in different folders.
func TestRepositorySameBytes(t *testing.T) {
	t.Parallel()
	here := t.TempDir()
	mustCopy(t, environments, filepath.Join(here, "environments"))
	mustRun(t, process(here, []string{"GOMAXPROCS=1"}, "render"))
	want := mustTake(t, filepath.Join(here, "rendered"))
	if len(want) == 0 {
		t.Fatal("nothing is rendered")
	}

	elsewhere := filepath.Join(t.TempDir(), "a longer name", "of a folder")
	mustCopy(t, environments, filepath.Join(elsewhere, "environments"))
	for name, run := range map[string]struct {
		dir  string
		args []string
	}{
		"in it":        {elsewhere, []string{"render"}},
		"from outside": {here, []string{"-C", elsewhere, "render"}},
	} {
		if err := os.RemoveAll(filepath.Join(elsewhere, "rendered")); err != nil {
			t.Fatal(err)
		}
		mustRun(t, process(run.dir, []string{"GOMAXPROCS=4"}, run.args...))
		got := mustTake(t, filepath.Join(elsewhere, "rendered"))
		if differences := want.differences(got); len(differences) > 0 {
			t.Errorf("%s: other bytes:\n%s", name, strings.Join(differences, "\n"))
		}
	}

	mustRun(t, process(here, []string{"GOMAXPROCS=4"}, "render"))
	if changes := want.changes(mustTake(t, filepath.Join(here, "rendered"))); len(changes) > 0 {
		t.Errorf("the second render wrote:\n%s", strings.Join(changes, "\n"))
	}
}

// subnet is one subnet of a Network claim.
type subnet struct {
	CIDR string `yaml:"cidr"`
	Zone string `yaml:"zone"`
}

// TestRepositoryProofOfConcept holds poc against the terraform.tfvars of the proof of concept.
func TestRepositoryProofOfConcept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustCopy(t, environments, filepath.Join(dir, "environments"))
	mustRun(t, process(dir, nil, "render", "poc"))
	content, err := os.ReadFile(filepath.Join(dir, "rendered", "poc", "claims", "network.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	type spec struct {
		Project string              `yaml:"project"`
		Region  string              `yaml:"region"`
		CIDR    string              `yaml:"cidr"`
		Subnets map[string][]subnet `yaml:"subnets"`
	}
	var claim struct {
		Kind string `yaml:"kind"`
		Spec spec   `yaml:"spec"`
	}
	if err := yaml.Unmarshal(content, &claim); err != nil {
		t.Fatal(err)
	}
	want := spec{
		Project: "acme",
		Region:  "us-east-2",
		CIDR:    "10.50.0.0/16",
		Subnets: map[string][]subnet{
			"public":      {{CIDR: "10.50.0.0/20", Zone: "us-east-2a"}, {CIDR: "10.50.16.0/20", Zone: "us-east-2b"}},
			"privateApp":  {{CIDR: "10.50.32.0/20", Zone: "us-east-2a"}, {CIDR: "10.50.48.0/20", Zone: "us-east-2b"}},
			"privateData": {},
			"pods":        {},
		},
	}
	if claim.Kind != "Network" {
		t.Errorf("kind is %s, want Network", claim.Kind)
	}
	if diff := cmp.Diff(want, claim.Spec); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
}

// TestRepositoryEnvironments holds environments/ against what the seed says of the environments of Innovate Inc.
func TestRepositoryEnvironments(t *testing.T) {
	t.Parallel()
	var got []listed
	if err := json.Unmarshal([]byte(mustRun(t, process(filepath.Join("..", ".."), nil, "list", "-o", "json"))), &got); err != nil {
		t.Fatal(err)
	}
	accounts := map[string]string{}
	var names []string
	for _, e := range got {
		names = append(names, e.Name+" "+e.Stage)
		if other, used := accounts[e.Account]; used {
			t.Errorf("%s and %s are both in the account %s", other, e.Name, e.Account)
		}
		accounts[e.Account] = e.Name
		// Nothing runs in the management account.
		if e.Account == "" || (e.CIDR == "") != (e.Name == "management") {
			t.Errorf("%s has the account %q and the range %q", e.Name, e.Account, e.CIDR)
		}
	}
	for _, want := range []string{"dev dev", "management shared", "poc dev", "prod prod", "shared-services shared", "staging staging"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no environment of this name and stage: %s", want)
		}
	}
}

// TestRepositoryMinimalEnvironment: an environment that leaves everything to the defaults is under ten lines of text, with a cluster, a
// database and an edge.
func TestRepositoryMinimalEnvironment(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join(environments, "dev", "environment.cue"))
	if err != nil {
		t.Fatal(err)
	}
	const limit = 10
	lines := 0
	for line := range strings.Lines(string(content)) {
		if strings.TrimSpace(line) != "" {
			lines++
		}
	}
	if lines >= limit {
		t.Errorf("dev has %d lines, want fewer than %d:\n%s", lines, limit, content)
	}
}

// TestRepositoryChecksItself: the workflow that this repository has is the one that is rendered for it.
func TestRepositoryChecksItself(t *testing.T) {
	t.Parallel()
	workflow := filepath.Join(".github", "workflows", "genops.yml")
	want, err := os.ReadFile(filepath.Join("..", "..", "rendered", "ci", "platform", workflow))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", "..", workflow))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("copy it from rendered/ci/platform (-rendered +here):\n%s", diff)
	}
}
