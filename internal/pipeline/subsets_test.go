package pipeline_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/internal/pipeline"
)

// optional are the domains that an environment may have or not: the lines that turn one on, the domains that it needs, and a kind that only it
// renders.
func optional() map[string]struct{ lines, needs, kind string } {
	return map[string]struct{ lines, needs, kind string }{
		"cluster":  {"cluster: {}\n", "", "Cluster"},
		"registry": {"registry: {github: organization: \"acme\", repositories: web: {}}\n", "", "Registry"},
		"database": {"database: {}\n", "", "Database"},
		"states":   {"stateBackend: teams: payments: {}\n", "", "StateBackend"},
		"baseline": {"baseline: budget: emails: [\"costs@acme.example\"]\n", "", "AccountBaseline"},
		"observed": {"observability: {}\n", "", "Observability"},
		"slo":      {"services: api: slo: availability: 99.9\n", "workload observed", "Observability"},
		"metrics":  {"services: api: workload: metrics: {}\n", "workload observed", "Deployment"},
		"edge":     {"edge: delegation: \"manual\"\n", "", "Edge"},
		"workload": {"services: api: workload: image: {address: \"public.ecr.aws/nginx/nginx\", tag: \"1.29\"}\n", "cluster", "Deployment"},
		"ingress":  {"services: api: workload: ingress: paths: [\"/api\"]\n", "workload edge", "Ingress"},
		"organization": {
			"account: \"999900000001\"\nadopt: organization: organization: \"o-a1b2c3d4e5\"\norganization: {serviceAccess: [\"sso.amazonaws.com\"], " +
				"policyTypes: [\"SERVICE_CONTROL_POLICY\"], accountEmail: \"aws+*@acme.example\", rootPolicies: [\"deny-leaving\"]}\n",
			"", "Organization",
		},
		"login": {"services: api: workload: database: true\n", "workload database", "ExternalSecret"},
		"image": {"services: web: workload: image: {repository: \"web\", tag: \"v1\"}\n", "cluster registry", "Deployment"},
	}
}

// TestEveryDomainCanBeLeftOut has none, each, each two and all of the optional domains in an environment, with what they need: each renders what it
// says, and all of it is valid, alone and composed. The smallest is an environment of four lines. All subsets would double the time with each domain.
func TestEveryDomainCanBeLeftOut(t *testing.T) {
	t.Parallel()
	names := slices.Sorted(maps.Keys(optional()))
	subsets := map[string]map[string]bool{}
	add := func(names ...string) {
		chosen := map[string]bool{}
		for _, name := range names {
			choose(chosen, name)
		}
		subsets[fmt.Sprint(slices.Sorted(maps.Keys(chosen)))] = chosen
	}
	add()
	add(names...)
	for i, one := range names {
		for _, other := range names[i:] {
			add(one, other)
		}
	}
	if len(subsets) < 2*len(names) {
		t.Errorf("%d subsets prove nothing", len(subsets))
	}
	for name, chosen := range subsets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			judgeSubset(t, chosen)
		})
	}
}

// choose adds a domain, and before it what it needs.
func choose(chosen map[string]bool, name string) {
	for need := range strings.FieldsSeq(optional()[name].needs) {
		choose(chosen, need)
	}
	chosen[name] = true
}

func judgeSubset(t *testing.T, chosen map[string]bool) {
	t.Helper()
	var lines strings.Builder
	lines.WriteString("stage: \"dev\"\nnetwork: cidr: \"10.20.0.0/16\"\n")
	wanted := map[string]bool{"Network": true}
	for name := range maps.Keys(chosen) {
		lines.WriteString(optional()[name].lines)
		wanted[optional()[name].kind] = true
	}
	fsys := inputs(t, map[string]string{"dev/environment.cue": lines.String()})
	rendered := map[string]bool{}
	for path, object := range decode(t, render(t, fsys).Files) {
		kind, _ := object["kind"].(string)
		if strings.HasPrefix(path, "dev/") {
			rendered[kind] = true
		}
	}
	for _, domain := range optional() {
		if rendered[domain.kind] != wanted[domain.kind] {
			t.Errorf("%s is rendered: %t, want %t", domain.kind, rendered[domain.kind], wanted[domain.kind])
		}
	}
	in, err := pipeline.Load(t.Context(), fsys, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	validation, err := in.Validate(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if validation.Objects == 0 || validation.Resources == 0 {
		t.Errorf("%+v was validated", validation)
	}
}
