package schema

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"errors"

	"github.com/innovate-inc/genops/internal/problem"
)

func TestScratch(t *testing.T) {
	platform, _ := os.ReadFile("testdata/platform.cue")
	head := "package environments\n\nimport \"github.com/innovate-inc/genops/schema\"\n\nenvironment: schema.#Environment & {\n\tregion: *\"eu-west-1\" | _\n\tproject: *\"acme\" | _\n\towner: *\"team\" | _\n\tcostCenter: *\"cc\" | _\n}\nplatform: order: [\"dev\"]\n"
	type fm = map[string]string
	env := "environments/dev/environment.cue"
	ok := "package environments\n\nenvironment: stage: \"dev\"\n"
	plat := string(platform)
	cases := []struct{ name string; files fm }{
		{"syntax", fm{env: "package environments\n\nenvironment: {\n\tstage: \"dev\n}\n"}},
		{"syntax2", fm{env: "package environments\n\nenvironment: {\n\tstage: \"dev\"\n"}},
		{"nopkg", fm{env: "environment: stage: \"dev\"\n"}},
		{"pkg", fm{env: "package dev\n\nenvironment: stage: \"dev\"\n"}},
		{"stray", fm{env: ok+"enviroment: stage: \"dev\"\n"}},
		{"stray2", fm{env: ok+"helper: 3\n"}},
		{"import", fm{env: "package environments\n\nimport \"example.com/x\"\n\nenvironment: stage: x.stage\n"}},
		{"import unused", fm{env: "package environments\n\nimport \"strings\"\n\nenvironment: stage: \"dev\"\n"}},
		{"import std unknown", fm{env: "package environments\n\nimport \"foo\"\n\nenvironment: stage: foo.x\n"}},
		{"ref", fm{env: "package environments\n\nenvironment: stage: _nowhere\n"}},
		{"empty", fm{env: "package environments\n"}},
		{"number", fm{env: "package environments\n\nenvironment: 5\n"}},
		{"conflict shared", fm{"environments/defaults.cue": strings.Replace(head, "*\"cc\" | _", "\"cc\"", 1), env: ok+"environment: costCenter: \"dd\"\n"}},
		{"conflict shared 2", fm{"environments/defaults.cue": head+"environment: network: natGateways: \"single\"\n", env: ok+"environment: network: {cidr: \"10.0.0.0/16\", natGateways: \"perZone\"}\n"}},
		{"comprehension", fm{env: ok+"environment: {if environment.stage == \"dev\" {network: {cidr: \"x\"}}}\n"}},
		{"comprehension2", fm{env: ok+"if environment.stage == \"dev\" {environment: network: {cidr: \"10.0.0.0/16\", zone: 2}}\n"}},
		{"shared wrong", fm{"environments/defaults.cue": head+"environment: tag: a: \"b\"\n", env: ok, "environments/qa/e.cue": ok}},
		{"two envs", fm{env: ok+"environment: account: \"1\"\n", "environments/qa/e.cue": ok+"environment: acount: \"111122223333\"\n"}},
		{"no cue", fm{env: ok, "environments/qa/notes.txt": "x"}},
		{"no env", fm{}},
		{"folder name", fm{env: ok, "environments/QA_1/e.cue": ok}},
		{"no region", fm{"environments/defaults.cue": "package environments\n\nplatform: order: [\"dev\"]\n", env: "package environments\n\nenvironment: {stage: \"dev\"}\n"}},
		{"no schema import", fm{"environments/defaults.cue": "package environments\n\nplatform: order: [\"dev\"]\nenvironment: {region: \"eu-west-1\", project: \"a\", owner: \"o\", costCenter: \"c\"}\n", env: "package environments\n\nenvironment: {stage: \"dev\"}\n"}},
		{"plat no order", fm{env: ok, "environments/defaults.cue": strings.Replace(head, "platform: order: [\"dev\"]\n", "", 1)}},
		{"plat misspelt", fm{env: ok, "environments/x.cue": "package environments\n\nplatform: bootstrap: acount: \"999900000002\"\n"}},
		{"plat chart", fm{env: ok, "environments/x.cue": "package environments\n\nplatform: versions: charts: istio: {repository: \"x\", version: \"1.0.0\"}\n"}},
		{"plat no charts", fm{env: ok, "environments/platform.cue": strings.Replace(plat, "\t\t\tcrossplane: {repository: \"https://charts.crossplane.io/stable\", version: \"2.3.4\"}\n", "", 1)}},
		{"plat no account", fm{env: ok, "environments/platform.cue": strings.Replace(plat, "\t\taccount: \"999900000002\"\n", "", 1)}},
		{"plat url", fm{env: ok, "environments/platform.cue": strings.Replace(plat, "https://git.example.org/acme/platform.git", "git.example.org", 1)}},
		{"plat mirror", fm{env: ok, "environments/x.cue": "package environments\n\nplatform: mirrors: images: \"docker.io\": 5\n"}},
		{"plat region", fm{env: ok, "environments/platform.cue": strings.Replace(plat, "region:  \"eu-west-1\"", "region:  \"eu-wst-1\"", 1)}},
		{"plat addon", fm{env: ok, "environments/x.cue": "package environments\n\nplatform: versions: addons: coredns: \"1.31\": \"v1.0.0-eksbuild.1\"\n"}},
		{"plat order", fm{env: ok, "environments/platform.cue": strings.Replace(plat, "order: _", "order: [\"dev\", \"Prod\"]", 1), "environments/defaults.cue": strings.Replace(head, "platform: order: [\"dev\"]\n", "", 1)}},
		{"plat missing all", fm{env: ok, "environments/platform.cue": "package environments\n\nplatform: {}\n"}},
		{"plat absent", fm{env: ok, "environments/platform.cue": "package environments\n", "environments/defaults.cue": strings.Replace(head, "platform: order: [\"dev\"]\n", "", 1)}},
		{"two conflicting envs same shared file", fm{"environments/defaults.cue": strings.Replace(head, "*\"cc\" | _", "\"\"", 1), env: ok, "environments/qa/e.cue": ok}},
		{"refers to platform", fm{env: ok+"environment: owner: platform.organization\n"}},
		{"let", fm{env: "package environments\n\nlet s = \"dev\"\nenvironment: stage: s\n"}},
		{"hidden", fm{env: "package environments\n\n_s: \"dev\"\nenvironment: stage: _s\n"}},
		{"hidden wrong", fm{env: "package environments\n\n_s: \"devel\"\nenvironment: stage: _s\n"}},
		{"definition", fm{env: "package environments\n\n#D: stage: \"dev\"\nenvironment: #D\n"}},
		{"definition wrong", fm{env: "package environments\n\n#D: stage: \"devel\"\nenvironment: #D\n"}},
		{"nodepool opt", fm{env: ok+"environment: nodePools: amd64: kubelet: maxpods: 5\n"}},
		{"struct elem", fm{env: ok+"environment: nodePools: amd64: taints: [\"gpu\"]\n"}},
		{"list for struct", fm{env: ok+"environment: nodePools: [{architecture: \"amd64\"}]\n"}},
		{"ints", fm{env: ok+"environment: network: {cidr: \"10.0.0.0/16\", endpoints: gateway: [\"s4\"]}\n"}},
		{"unknown in sub", fm{env: ok+"environment: network: {cidr: \"10.0.0.0/16\", subnets: {public: [\"10.0.0.0/24\", \"10.0.1.0/24\"], privateApps: []}}\n"}},
		{"several in list", fm{env: ok+"environment: nodePools: amd64: taints: [{key: \"a\", effect: \"x\"}, {key: \"b\", effect: \"y\"}]\n"}},
		{"if false", fm{env: ok+"environment: {if environment.stage == \"prod\" {netwrok: 1}}\n"}},
		{"quoted name", fm{env: "package environments\n\n\"environment\": \"stage\": \"prd\"\n"}},
		{"dup key list cond", fm{env: ok+"environment: cluster: endpoint: allowedCIDRs: [\"10.0.0.0/8\", 5]\n"}},
		{"zones names dup", fm{env: ok+"environment: network: {cidr: \"10.0.0.0/16\", zones: [\"eu-west-1a\", \"eu-west-1a\"]}\n"}},
		{"env template", fm{env: ok+"environment: network: cidr: \"10.\\(_n).0.0/16\"\n_n: 5\n"}},
	}
	for i, tc := range cases {
		if v := os.Getenv("CASE"); v != "" && v != fmt.Sprint(i) { continue }
		fsys := fstest.MapFS{
			"environments/platform.cue": {Data: platform},
			"environments/defaults.cue": {Data: []byte(head)},
		}
		for n, c := range tc.files { fsys[n] = &fstest.MapFile{Data: []byte(c)} }
		fmt.Printf("## %s\n", tc.name)
		c, err := Load(context.Background(), fsys, "")
		var pe *problem.Error
		if errors.As(err, &pe) {
			for _, p := range pe.Problems {
				fmt.Printf("   [%s] %s: %s: %s\n", p.Environment, p.Position, p.Field, p.Message)
				for _, r := range p.Related { fmt.Printf("       related %s %s\n", r.Position, r.Message) }
				if p.Hint != "" { fmt.Printf("       hint: %s\n", p.Hint) }
			}
		} else {
			fmt.Printf("   ERR %v\n", err)
			if c != nil { fmt.Printf("   %+v\n", c.Environments[0].Owner) }
		}
	}
}
