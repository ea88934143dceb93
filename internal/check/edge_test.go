package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
)

// manual is an edge whose zone a person points to.
const manual = cluster + "edge: delegation: \"manual\"\n"

// TestEdge has what one environment's edge may be. What several have together is in the scripts of cmd/genops.
func TestEdge(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 53) + ".acme.example" // 66 characters.
	var deep, services []string
	for i := range 9 {
		deep = append(deep, fmt.Sprintf("%q", fmt.Sprintf("a%d.b.dev.acme.example", i)))
	}
	for i := range 31 {
		services = append(services, fmt.Sprintf("s%d: network: {loadBalancer: true, port: %d}", i, 3000+i))
	}
	cases := map[string]struct {
		reason string
		lines  string
		want   check.Result
	}{
		"all defaults":    {"nothing to say", manual, check.Result{}},
		"only planned":    {"nobody has to point to it yet", cluster + "edge: {}", check.Result{}},
		"platform's zone": {"an edge is enough for an environment", "account: \"111122223333\"\nstage: \"shared\"\nedge: zone: \"platform\"", check.Result{}},
		"no parent": {"nobody would find it", "account: \"111122223333\"\n" + cluster + "edge: {}", check.Result{Errors: []problem.Problem{
			in(7, 7, "edge", "nobody points to dev.acme.example: no environment has the zone of acme.example",
				"write edge: zone: \"platform\" into the environment that has it, or edge: delegation: \"manual\" where a person makes the NS record"),
		}}},
		"names of its own": {"directly below and deeper", manual + "edge: hosts: [\"shop.dev.acme.example\", \"eu.shop.dev.acme.example\"]", check.Result{}},
		"too many deep names": {"ACM refuses them", manual + "edge: hosts: [" + strings.Join(deep, ", ") + "]", check.Result{Errors: []problem.Problem{
			in(7, 14, "edge.hosts", "11 names in the certificate: ACM takes 10", "names directly below dev.acme.example need no place in it"),
		}}},
		"long domain": {"ACM refuses it", manual + "edge: domain: \"" + long + "\"", check.Result{Errors: []problem.Problem{
			in(7, 15, "edge.domain", long+" has 66 characters: a certificate takes 64"),
		}}},
		"the platform's domain itself": {"its zone is another one", manual + "edge: domain: \"acme.example\"", check.Result{Errors: []problem.Problem{
			related(in(7, 15, "edge.domain", "acme.example is no name inside the platform's domain acme.example"), problem.Position{File: "environments/platform.cue", Line: 9, Column: 21}, "the platform's domain is set here"),
		}}},
		"many ports": {"a security group has 60 rules", manual + "services: {\n" + strings.Join(services, "\n") + "\n}", check.Result{Errors: []problem.Problem{
			in(7, 11, "services", "services behind load balancers have 31 ports: the security group takes 30"),
		}}},
		"ids for an edge that is not there": {"they would be left out in silence", cluster + "adopt: edge: zone: \"Z1\"", check.Result{Errors: []problem.Problem{
			in(6, 14, "adopt.edge", "dev has no edge that could adopt anything", "remove adopt.edge, or describe the edge"),
		}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, plain(check.Run(one(tc.lines).load(t)))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
