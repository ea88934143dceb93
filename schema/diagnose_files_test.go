package schema

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/problem"
)

// TestProblemsOfFiles has what is wrong with a file or a folder as a whole, with what is shared, or with the platform.
func TestProblemsOfFiles(t *testing.T) {
	t.Parallel()
	const (
		own      = "environments/dev/environment.cue"
		defaults = "environments/defaults.cue"
	)
	platformText, err := os.ReadFile(filepath.Join("testdata", "platform.cue"))
	if err != nil {
		t.Fatal(err)
	}
	// edited is the platform of the tests with one piece replaced.
	edited := func(old, replacement string) map[string]string {
		text := strings.Replace(string(platformText), old, replacement, 1)
		if text == string(platformText) {
			t.Fatalf("the platform of the tests has no %q", old)
		}
		return map[string]string{platformFile: text, own: "package environments\n\nenvironment: stage: \"dev\"\n"}
	}
	sharedWith := func(old, replacement string) string {
		text := strings.Replace(shared, old, replacement, 1)
		if text == shared {
			t.Fatalf("what is shared has no %q", old)
		}
		return text
	}
	// lineOf is where a text stands in the platform of the tests.
	lineOf := func(text string) int {
		before, _, found := strings.Cut(string(platformText), text)
		if !found {
			t.Fatalf("the platform of the tests has no %q", text)
		}
		return 1 + strings.Count(before, "\n")
	}
	at := func(file string, line, column int) problem.Position {
		return problem.Position{File: file, Line: line, Column: column}
	}
	const good = "package environments\n\nenvironment: stage: \"dev\"\n"
	cases := map[string]struct {
		reason string
		files  map[string]string
		want   []problem.Problem
	}{
		"broken syntax": {
			"the place where the reader of CUE stopped",
			map[string]string{own: "package environments\n\nenvironment: {\n\tstage: \"dev\n}\n"},
			[]problem.Problem{{Environment: "dev", Position: at(own, 4, 9), Message: "this is not valid CUE: string literal not terminated"}},
		},
		"no end": {
			"a brace is missing",
			map[string]string{own: "package environments\n\nenvironment: {\n\tstage: \"dev\"\n"},
			[]problem.Problem{{Environment: "dev", Position: at(own, 4, 15), Message: "this is not valid CUE: expected '}', found 'EOF'"}},
		},
		"no package": {
			"CUE would not unify the file with the others",
			map[string]string{own: "environment: stage: \"dev\"\n"},
			[]problem.Problem{{
				Environment: "dev", Position: at(own, 1, 1), Message: "the file has no package clause: allowed is package environments",
				Hint: "write package environments into the first line: CUE unifies the files of one package",
			}},
		},
		"other package": {
			"the same, with another name",
			map[string]string{own: "package dev\n\nenvironment: stage: \"dev\"\n"},
			[]problem.Problem{{
				Environment: "dev", Position: at(own, 1, 9), Message: "package dev: allowed is package environments",
				Hint: "write package environments into the first line: CUE unifies the files of one package",
			}},
		},
		"misspelt top": {
			"CUE would say nothing: the file holds another field",
			map[string]string{own: good + "enviroment: account: \"111122223333\"\n"},
			[]problem.Problem{{
				Environment: "dev", Position: at(own, 4, 1), Field: "enviroment",
				Message: "there is no such field: allowed at the top level are environment and platform", Hint: "did you mean environment?",
			}},
		},
		"helper at the top": {
			"helpers are hidden",
			map[string]string{own: good + "second: 20\n"},
			[]problem.Problem{{
				Environment: "dev", Position: at(own, 4, 1), Field: "second",
				Message: "there is no such field: allowed at the top level are environment and platform",
				Hint:    "a helper of your own starts with an underscore: _second",
			}},
		},
		"import from elsewhere": {
			"genops needs no network and no registry",
			map[string]string{own: "package environments\n\nimport \"example.com/x\"\n\nenvironment: stage: x.stage\n"},
			[]problem.Problem{{
				Environment: "dev", Position: at(own, 3, 8),
				Message: "import \"example.com/x\": allowed are github.com/innovate-inc/genops/schema and CUE's standard library",
			}},
		},
		"unknown reference": {
			"a name that nobody defined",
			map[string]string{own: "package environments\n\nenvironment: stage: _stage\n"},
			[]problem.Problem{{Environment: "dev", Position: at(own, 3, 21), Message: "reference \"_stage\" not found"}},
		},
		"contradiction in one folder": {
			"both places are named",
			map[string]string{own: good + "environment: network: cidr: \"10.0.0.0/16\"\nenvironment: network: cidr: \"10.1.0.0/16\"\n"},
			[]problem.Problem{{
				Environment: "dev", Position: at(own, 4, 29), Field: "network.cidr", Message: `"10.0.0.0/16" contradicts "10.1.0.0/16"`,
				Related: []problem.Related{{Position: at(own, 5, 29), Message: "the other value is set here"}},
				Hint:    "remove one of the two",
			}},
		},
		"contradiction with a long list that is shared": {
			"a value that is cut short is no CUE",
			map[string]string{
				own:      good + "environment: allowDeletion: [\"network\"]\n",
				defaults: shared + "environment: allowDeletion: [\"network\", \"cluster\", \"registry\", \"edge\", \"database\", \"baseline\"]\n",
			},
			[]problem.Problem{{
				Environment: "dev", Position: at(own, 4, 29), Field: "allowDeletion",
				Message: `["network"] contradicts ["network", "cluster", "registry", "edge", "database", "..."`,
				Related: []problem.Related{{Position: at(defaults, 11, 29), Message: "the other value is set here"}},
				Hint:    "a shared value that environments may change is written as a default: * before it, and | _ behind",
			}},
		},
		"contradiction with what is shared": {
			"the environment's own value comes first, the shared one is named",
			map[string]string{own: good + "environment: costCenter: \"cc-2\"\n", defaults: sharedWith(`*"cc-1" | _`, `"cc-1"`)},
			[]problem.Problem{{
				Environment: "dev", Position: at(own, 4, 26), Field: "costCenter", Message: `"cc-2" contradicts "cc-1"`,
				Related: []problem.Related{{Position: at(defaults, 9, 14), Message: "the other value is set here"}},
				Hint:    `a shared value that environments may change is written as a default: *"cc-1" | _`,
			}},
		},
		"wrong in what is shared": {
			"one problem, however many environments share it",
			map[string]string{own: good, "environments/qa/environment.cue": good, defaults: shared + "environment: tag: team: \"a\"\n"},
			[]problem.Problem{{
				Environment: "dev", Position: at(defaults, 11, 14), Field: "tag", Message: "there is no such field: allowed are " + topFields, Hint: "did you mean tags?",
			}},
		},
		"wrong in a condition": {
			"the value is found inside",
			map[string]string{own: good + "if environment.stage == \"dev\" {environment: network: {cidr: \"10.0.0.0/16\", zone: 2}}\n"},
			[]problem.Problem{{
				Environment: "dev", Position: at(own, 4, 76), Field: "network.zone", Message: "there is no such field: allowed are " + networkFields, Hint: "did you mean zones?",
			}},
		},
		"wrong in quoted names": {
			"quotes change nothing",
			map[string]string{own: "package environments\n\n\"environment\": \"stage\": \"prd\"\n"},
			[]problem.Problem{in(3, 25, "stage", `"prd" is not allowed: allowed is "shared", "dev", "staging" or "prod"`, `did you mean "prod"?`)},
		},
		"two environments": {
			"each has its own",
			map[string]string{own: good + "environment: account: \"1\"\n", "environments/qa/environment.cue": good + "environment: acount: \"111122223333\"\n"},
			[]problem.Problem{
				in(4, 23, "account", `"1" is not allowed: allowed is `+accountID),
				{
					Environment: "qa", Position: at("environments/qa/environment.cue", 4, 14), Field: "acount",
					Message: "there is no such field: allowed are " + topFields, Hint: "did you mean account?",
				},
			},
		},
		"folder without CUE": {
			"an environment that is not described",
			map[string]string{own: good, "environments/qa/notes.txt": "later"},
			[]problem.Problem{{
				Environment: "qa", Position: problem.Position{File: "environments/qa"}, Message: "the folder of an environment has no CUE file",
				Hint: "describe the environment in environment.cue, or remove the folder",
			}},
		},
		"no environment": {
			"nothing would be rendered", nil,
			[]problem.Problem{{
				Position: problem.Position{File: "environments"}, Message: "there is no environment: each one is a folder with a CUE file",
				Hint: "start with environments/dev/environment.cue; genops explain lists the fields",
			}},
		},
		"platform, misspelt": {
			"no environment is to blame", edited("account: \"999900000002\"", "acount: \"999900000002\""),
			[]problem.Problem{
				{
					Position: at(platformFile, lineOf("account:"), 3), Field: "platform.bootstrap.acount",
					Message: "there is no such field: allowed are account, clusterName, credentials, egressCIDRs, provisionerRole, region", Hint: "did you mean account?",
				},
			},
		},
		"platform, wrong element of a list": {
			"the element is blamed", edited("order: _", "order: [\"dev\", \"Prod\"]"),
			[]problem.Problem{{Position: at(platformFile, lineOf("order:"), 17), Field: "platform.order[1]", Message: `"Prod" is not allowed: allowed is ` + dnsLabel}},
		},
		"platform, chart missing": {
			"an add-on that cannot be installed", edited("\t\t\tcrossplane: {repository: \"https://charts.crossplane.io/stable\", version: \"2.3.4\"}\n", ""),
			[]problem.Problem{{Position: at(platformFile, lineOf("charts:"), 11), Field: "platform.versions.charts.crossplane", Message: "missing: allowed is a Helm chart and where it comes from"}},
		},
		"platform, unknown chart": {
			"genops would not install it", edited("\t\tpackages: {", "\t\tcharts: istio: {repository: \"https://istio.example\", version: \"1.0.0\"}\n\t\tpackages: {"),
			[]problem.Problem{{
				Position: at(platformFile, lineOf("packages:"), 11), Field: "platform.versions.charts.istio",
				Message: "there is no such field: allowed are aws-for-fluent-bit, aws-load-balancer-controller, crossplane, external-dns, external-secrets, karpenter, karpenter-crd, kube-state-metrics, metrics-server, opentelemetry-collector, prometheus-node-exporter",
			}},
		},
		"platform, number in a map": {
			"names with a dot stand in quotes", edited("\tversions: {", "\tmirrors: images: \"docker.io\": 5\n\tversions: {"),
			[]problem.Problem{{Position: at(platformFile, lineOf("versions:"), 32), Field: `platform.mirrors.images."docker.io"`, Message: "5 (a number) is not allowed: allowed is text in quotes", Hint: `write "5" in quotes`}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, problemsOf(t, inputs(t, tc.files))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestProblemOfNoFolder(t *testing.T) {
	t.Parallel()
	_, err := readSource(os.DirFS(t.TempDir()), "../..")
	want := problem.Join([]problem.Problem{{
		Position: problem.Position{File: "../../environments"},
		Message:  "there is no such folder: it holds platform.cue and a folder for each environment",
		Hint:     "run genops where environments/ is, or name that place with -C DIR",
	}})
	if diff := cmp.Diff(want, err); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPosition has the places that checks ask for: what was written, or the nearest thing around it.
func TestPosition(t *testing.T) {
	t.Parallel()
	config := load(t, inputs(t, map[string]string{
		"environments/dev/environment.cue": "package environments\n\nenvironment: {\n\tstage: \"dev\"\n\tnetwork: {\n\t\tcidr:  \"10.0.0.0/16\"\n\t\tzones: 2\n\t}\n}\n",
		"environments/dev/more.cue":        "package environments\n\nif environment.stage == \"dev\" {\n\tenvironment: tags: \"a.b/c\": \"d\"\n}\nplatform: order: [\"dev\", \"prod\"]\n",
	}))
	cases := map[string]struct {
		reason      string
		environment string
		field       string
		want        string
	}{
		"value":            {"where it stands", "dev", "network.cidr", "environments/dev/environment.cue:6:10"},
		"not written":      {"the struct that it would stand in", "dev", "network.natGateways", "environments/dev/environment.cue:5:11"},
		"nothing near":     {"the environment", "dev", "cluster.version", "environments/dev/environment.cue:3:14"},
		"whole":            {"the environment", "dev", "", "environments/dev/environment.cue:3:14"},
		"in a condition":   {"inside of it, and quoted", "dev", `tags."a.b/c"`, "environments/dev/more.cue:4:30"},
		"shared":           {"the file that all share", "dev", "costCenter", "environments/defaults.cue:9:14"},
		"platform":         {"a field of the platform", "", "bootstrap.region", "environments/platform.cue:14:12"},
		"platform, absent": {"the struct that it would stand in", "", "bootstrap.clusterName", "environments/platform.cue:12:13"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := config.Position(tc.environment, tc.field).String(); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
		})
	}
}

func TestPathsSplitAndJoin(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"network.cidr":                       {"network", "cidr"},
		"order[1]":                           {"order", "1"},
		"nodePools.amd64.taints[0].effect":   {"nodePools", "amd64", "taints", "0", "effect"},
		`mirrors.images."docker.io/library"`: {"mirrors", "images", "docker.io/library"},
		"":                                   nil,
	}
	for text, path := range cases {
		if diff := cmp.Diff(path, splitPath(text)); diff != "" {
			t.Errorf("split %q (-want +got):\n%s", text, diff)
		}
		if got := joinPath(path); got != text {
			t.Errorf("join %q: got %q, want %q", path, got, text)
		}
	}
}
