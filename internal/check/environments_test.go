package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
)

// of makes a problem of an environment.
func of(environment string, line, column int, field, message string, hint ...string) problem.Problem {
	p := in(line, column, field, message, hint...)
	p.Environment, p.Position = environment, at(environment, line, column)
	return p
}

// TestEnvironmentsTogether has what is wrong between environments, each place named.
func TestEnvironmentsTogether(t *testing.T) {
	t.Parallel()
	const (
		first  = "network: cidr: \"10.20.0.0/16\"\n"
		second = "network: cidr: \"10.30.0.0/16\"\n"
		shared = "environment: network: cidr: *\"10.99.0.0/16\" | _\n"
	)
	platform := func(line, column int) problem.Position {
		return problem.Position{File: "environments/order.cue", Line: line, Column: column}
	}
	long := strings.Repeat("a", 30)
	cases := map[string]struct {
		reason string
		in     input
		want   check.Result
	}{
		"nothing wrong": {"two that have nothing in common", two(first+"cluster: {}", second+"cluster: {}"), check.Result{}},
		"the same range": {
			"the later in the alphabet is told", two(first, first),
			check.Result{Errors: []problem.Problem{related(
				of("two", 4, 16, "network.cidr", "10.20.0.0/16 overlaps one's 10.20.0.0/16", "free ranges of the same size in 10.0.0.0/8: 10.10.0.0/16, 10.30.0.0/16, 10.40.0.0/16"),
				at("one", 4, 16), "one's is set here",
			)}},
		},
		"a range in a range": {
			"whichever starts first", two("network: cidr: \"10.20.16.0/20\"", first),
			check.Result{Errors: []problem.Problem{related(
				of("two", 4, 16, "network.cidr", "10.20.0.0/16 overlaps one's 10.20.16.0/20", "free ranges of the same size in 10.0.0.0/8: 10.10.0.0/16, 10.30.0.0/16, 10.40.0.0/16"),
				at("one", 4, 16), "one's is set here",
			)}},
		},
		"ranges side by side": {"they do not overlap", two("network: cidr: \"10.20.0.0/20\"", "network: cidr: \"10.20.16.0/20\""), check.Result{}},
		"a range that all share": {
			"each environment has one of its own",
			input{environments: map[string]string{"dev": "stage: \"dev\""}, shared: shared},
			check.Result{Errors: []problem.Problem{{
				Environment: "dev", Position: problem.Position{File: "environments/defaults.cue", Line: 12, Column: 29}, Field: "network.cidr",
				Message: "the range is set outside the environment's own folder: each environment has a range of its own",
				Hint:    "write network: cidr: \"10.99.0.0/16\" into environments/dev/",
			}}},
		},
		"a default that is replaced": {"its own range counts", input{environments: map[string]string{"dev": first}, shared: shared}, check.Result{}},
		"services in another's VPC": {
			"networks may be connected one day", two(first+"cluster: serviceCIDR: \"10.30.240.0/20\"", second),
			check.Result{Errors: []problem.Problem{related(
				of("one", 5, 23, "cluster.serviceCIDR", "10.30.240.0/20 overlaps two's VPC 10.30.0.0/16"), at("two", 4, 16), "two's VPC range is set here",
			)}},
		},
		"the same account": {
			"an account of its own keeps an environment apart", two("account: \"111122223333\"\n"+first, "account: \"111122223333\"\n"+second),
			check.Result{Errors: []problem.Problem{related(
				of("two", 4, 10, "account", "111122223333 is one's account", "an account of its own keeps an environment apart; if they share it on purpose, set sharedAccount: true in both"),
				at("one", 4, 10), "one's is set here",
			)}},
		},
		"shared by one side": {
			"both have to know", two("account: \"111122223333\"\nsharedAccount: true\n"+first, "account: \"111122223333\"\n"+second),
			check.Result{Errors: []problem.Problem{related(
				of("two", 4, 10, "account", "111122223333 is one's account", "an account of its own keeps an environment apart; if they share it on purpose, set sharedAccount: true in both"),
				at("one", 4, 10), "one's is set here",
			)}},
		},
		"shared on purpose": {"both know", two("account: \"111122223333\"\nsharedAccount: true\n"+first, "account: \"111122223333\"\nsharedAccount: true\n"+second), check.Result{}},
		"the same names": {
			"project and name are put together with a dash",
			input{environments: map[string]string{"b": "project: \"a-b\"\n" + first, "b-b": "project: \"a\"\n" + second}},
			check.Result{Errors: []problem.Problem{related(
				of("b-b", 4, 10, "project", "project and environment make the name a-b-b, as b's do"), at("b", 4, 10), "b's project is set here",
			)}},
		},
		"the same cluster": {
			"Argo CD knows clusters by name", two(first+"cluster: name: \"main\"", second+"cluster: name: \"main\""),
			check.Result{Errors: []problem.Problem{related(
				of("two", 5, 16, "cluster.name", "the cluster is called main, as one's is"), at("one", 5, 16), "one's cluster is named here",
			)}},
		},
		"a long name": {
			"41 characters are too many, 40 are not",
			input{environments: map[string]string{"dev1234567": "project: \"" + long + "\"\n" + first + "cluster: {}", "dev123456": "project: \"" + long + "\"\n" + second + "cluster: {}"}},
			check.Result{Errors: []problem.Problem{of(
				"dev1234567", 4, 10, "project", "project and environment make the cluster name "+long+"-dev1234567 of 41 characters: allowed are 40",
				"set cluster.name, or shorten the project",
			)}},
		},
		"a long name, replaced": {"a name of one's own is short enough", input{environments: map[string]string{"dev1234567": "project: \"" + long + "\"\n" + first + "cluster: name: \"main\""}}, check.Result{}},
		"reserved names": {
			"the platform has these folders",
			input{environments: map[string]string{"bootstrap": first, "platform": second, "ci": "stage: \"dev\"\n"}},
			check.Result{Errors: []problem.Problem{
				of("bootstrap", 3, 14, "", "an environment cannot be called bootstrap: rendered/bootstrap is for what belongs to the platform"),
				of("ci", 3, 14, "", "an environment cannot be called ci: rendered/ci is for the workflows of other repositories"),
				of("platform", 3, 14, "", "an environment cannot be called platform: rendered/platform is for what belongs to the platform"),
			}},
		},
		"not in the order": {
			"no change would reach it",
			input{environments: map[string]string{"one": first, "two": second}, order: []string{"one"}},
			check.Result{Errors: []problem.Problem{related(
				of("two", 3, 14, "", "two is missing from the platform's order, so no change would reach it", "add \"two\" to order where a change should reach it"),
				platform(3, 18), "the order is set here",
			)}},
		},
		"twice in the order": {
			"which of them counts?",
			input{environments: map[string]string{"one": first}, order: []string{"one", "one"}},
			check.Result{Errors: []problem.Problem{{Position: platform(3, 25), Field: "platform.order[1]", Message: "\"one\" stands in the order twice"}}},
		},
		"in the order only": {
			"a warning: its folder was removed",
			input{environments: map[string]string{"one": first}, order: []string{"one", "ome", "qa"}},
			check.Result{Warnings: []problem.Problem{
				{Position: platform(3, 25), Field: "platform.order[1]", Message: "there is no environment \"ome\"", Hint: "did you mean one?", Warning: "order-without-environment"},
				{Position: platform(3, 31), Field: "platform.order[2]", Message: "there is no environment \"qa\"", Warning: "order-without-environment"},
			}},
		},
		"Kubernetes behind prod": {
			"an upgrade is tried before prod",
			input{environments: map[string]string{"dev": first + "cluster: version: \"1.34\"", "live": second + "stage: \"prod\"\ncluster: {}"}, order: []string{"dev", "live"}},
			check.Result{Errors: []problem.Problem{related(
				of("dev", 5, 19, "cluster.version", "Kubernetes 1.34 is behind live's 1.35: upgrade dev first"),
				problem.Position{File: "environments/platform.cue", Line: 18, Column: 15}, "live's is set here",
			)}},
		},
		"Kubernetes before prod":    {"that is the way", input{environments: map[string]string{"dev": first + "cluster: {}", "live": second + "stage: \"prod\"\ncluster: version: \"1.34\""}, order: []string{"dev", "live"}}, check.Result{}},
		"Kubernetes after prod":     {"it comes later in the order", input{environments: map[string]string{"dev": first + "cluster: version: \"1.34\"", "live": second + "stage: \"prod\"\ncluster: {}"}, order: []string{"live", "dev"}}, check.Result{}},
		"Kubernetes of what shares": {"it is outside of the order of stages", input{environments: map[string]string{"dev": first + "stage: \"shared\"\ncluster: version: \"1.34\"", "live": second + "stage: \"prod\"\ncluster: {}"}, order: []string{"dev", "live"}}, check.Result{}},
		"a cluster's things without a cluster": {
			"they would be left out in silence",
			input{environments: map[string]string{"dev": first + "services: api: {}\nnodePools: amd64: enabled: false"}},
			check.Result{Errors: []problem.Problem{
				of("dev", 5, 11, "services", "dev has no cluster for them", "give the environment cluster: {}, or remove services"),
				of("dev", 6, 12, "nodePools", "dev has no cluster for them", "give the environment cluster: {}, or remove nodePools"),
			}},
		},
		"the same, shared": {"what all share is for those that have a cluster", input{environments: map[string]string{"dev": first}, shared: "environment: nodePools: amd64: weight: 30\n"}, check.Result{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, plain(check.Run(tc.in.load(t)))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
