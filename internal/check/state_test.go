package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
)

// TestStateBackend has what is wrong with state backends.
func TestStateBackend(t *testing.T) {
	t.Parallel()
	const start = "account: \"111122223333\"\nstateBackend: {\n"
	var many, crowded strings.Builder
	for i := range 31 {
		fmt.Fprintf(&many, "teams: t%d: {}\n", i)
	}
	for i := range 11 {
		var roles []string
		for j := range 5 {
			roles = append(roles, fmt.Sprintf("%q", fmt.Sprintf("arn:aws:iam::222233334444:role/%s%d", strings.Repeat("r", 60), j)))
		}
		fmt.Fprintf(&crowded, "teams: t%d: principals: [%s]\n", i, strings.Join(roles, ", "))
	}
	principal := func(arn string) input { return one(start + "teams: a: principals: [\"" + arn + "\"]\n}") }
	cases := map[string]struct {
		reason string
		in     input
		want   []problem.Problem
	}{
		"nothing wrong": {"it needs no network", one(start + "teams: {a: {}, \"a-b\": {}, ab: {}}\n}"), nil},
		"no teams yet":  {"they come one by one", one(start + "}"), nil},
		"roles":         {"here, there, below a path", one(start + "teams: a: principals: [\"arn:aws:iam::111122223333:role/a\", \"arn:aws:iam::222233334444:role/a/b/c\"]\n}"), nil},
		"within": {
			"pay would reach the states of refunds", one(start + "teams: {pay: {}, refunds: prefix: \"pay/refunds\"}\n}"),
			[]problem.Problem{related(
				in(6, 35, "stateBackend.teams.refunds.prefix", "pay/refunds is within the prefix pay of pay, who would reach all states of refunds", "give each team a prefix of its own, such as refunds"),
				at("dev", 6, 14), "pay's is set here",
			)},
		},
		"the same": {
			"told once", one(start + "teams: {a: prefix: \"x\", b: prefix: \"x\"}\n}"),
			[]problem.Problem{related(
				in(6, 36, "stateBackend.teams.b.prefix", "x is the prefix of a already: each would reach the states of the other", "give each team a prefix of its own, such as b"),
				at("dev", 6, 20), "a's is set here",
			)},
		},
		"another's bucket": {
			"the provisioner's rights end with the project", one(start + "bucket: \"states\"\n}"),
			[]problem.Problem{in(6, 9, "stateBackend.bucket", `"states" does not begin with "acme-": crossplane-provisioner may make no other bucket`, `write bucket: "acme-states", or leave it out`)},
		},
		"reserved end": {
			"S3 refuses it", one(start + "bucket: \"acme-states--ol-s3\"\n}"),
			[]problem.Problem{in(6, 9, "stateBackend.bucket", `"acme-states--ol-s3" ends in --ol-s3, which S3 keeps for itself`)},
		},
		"reserved beginning": {
			"S3 refuses it, whatever the project is called", one("project: \"sthree\"\n" + start + "bucket: \"sthree-states\"\n}"),
			[]problem.Problem{in(7, 9, "stateBackend.bucket", `"sthree-states" begins with sthree-, which S3 keeps for itself`)},
		},
		"partition": {
			"no account of one is let into another", principal("arn:aws-us-gov:iam::222233334444:role/a"),
			[]problem.Problem{in(6, 24, "stateBackend.teams.a.principals[0]", "arn:aws-us-gov:iam::222233334444:role/a is of another partition of AWS than eu-west-1")},
		},
		"Identity Center": {
			"AWS refuses to attach a policy", principal("arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"),
			[]problem.Problem{in(6, 24, "stateBackend.teams.a.principals[0]",
				"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef is kept by an AWS service, and nobody else gives it a policy",
				"name the policy acme-dev-state-a in the permission set, or let the role become another one")},
		},
		"Identity Center elsewhere": {
			"nothing is attached there", principal("arn:aws:iam::222233334444:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"), nil,
		},
		"too many": {
			"the claim takes thirty", one(start + many.String() + "}"),
			[]problem.Problem{in(6, 8, "stateBackend.teams", "31 teams: allowed are 30")},
		},
		"too many roles": {
			"the policy of a bucket is full", one(start + crowded.String() + "}"),
			[]problem.Problem{in(6, 8, "stateBackend.teams", "the roles of other accounts make 22402 characters of the bucket's policy: allowed are 18000", "let a team's roles become one role, and name that one")},
		},
		"the same bucket": {
			"there is one of that name in the world",
			two(start+"bucket: \"acme-states\"\n}", "account: \"222233334444\"\nstateBackend: bucket: \"acme-states\""),
			[]problem.Problem{related(
				of("two", 5, 23, "stateBackend.bucket", "acme-states is one's bucket: names of buckets are the whole world's"), at("one", 6, 9), "one's is set here",
			)},
		},
		"planned": {
			"a bucket is somebody's", one("stateBackend: {}"),
			[]problem.Problem{in(4, 15, "stateBackend", "dev is only planned: without an account there is no bucket", `give it account: "...", or remove the stateBackend`)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := check.Run(tc.in.load(t)).Errors
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
