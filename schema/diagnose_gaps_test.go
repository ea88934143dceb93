package schema

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/problem"
)

const (
	pools    = "\"amd64\" or \"arm64\""
	tagValue = "the value of an AWS tag: at most 256 letters, digits, spaces and any of _ . : / = + - @"
)

// TestProblemsOfNamesAndLists has what is hard to blame: names that a map does not take, and elements of lists that are open to any length,
// stand in lists, or in one branch of a disjunction. Each says which element, what is allowed there, and what was meant.
func TestProblemsOfNamesAndLists(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		line   string
		want   []problem.Problem
	}{
		"element of a list of any length": {
			"the element is blamed, as in other lists", `network: {cidr: "10.0.0.0/16", endpoints: interface: ["ecr.api", "ecr.dkt"]}`,
			[]problem.Problem{in(5, 66, "network.endpoints.interface[1]", `"ecr.dkt" is not allowed: allowed is "aps-workspaces", "autoscaling", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "events", "kms", "logs", "monitoring", "secretsmanager", "sns", "sqs", "ssm", "ssmmessages", "sts" or "xray"`, `did you mean "ecr.dkr"?`)},
		},
		"list in a struct in a list": {
			"the innermost element is blamed", `nodePools: amd64: disruption: budgets: [{nodes: "10%", reasons: ["Drift"]}]`,
			[]problem.Problem{in(5, 66, "nodePools.amd64.disruption.budgets[0].reasons[0]", `"Drift" is not allowed: allowed is "Underutilized", "Empty" or "Drifted"`, `did you mean "Drifted"?`)},
		},
		"number in a list in a struct in a list": {
			"the innermost element is blamed", `services: api: network: egress: [{cidr: "10.0.0.0/8", ports: [443, 70000]}]`,
			[]problem.Problem{in(5, 68, "services.api.network.egress[0].ports[1]", "70000 is not allowed: allowed is a whole number from 1 to 65535")},
		},
		"two wrong elements": {
			"each of them is found", `nodePools: amd64: taints: [{key: "a", effect: "x"}, {key: "b", effect: "y"}]`,
			[]problem.Problem{
				in(5, 47, "nodePools.amd64.taints[0].effect", `"x" is not allowed: allowed is "NoSchedule", "PreferNoSchedule" or "NoExecute"`),
				in(5, 72, "nodePools.amd64.taints[1].effect", `"y" is not allowed: allowed is "NoSchedule", "PreferNoSchedule" or "NoExecute"`),
			},
		},
		"too short a list": {
			"a list is what is allowed: that it is a list is not what is wrong", `network: {cidr: "10.0.0.0/16", zones: ["eu-west-1a"]}`,
			[]problem.Problem{in(5, 39, "network.zones", `["eu-west-1a"] is not allowed: allowed is `+zonesAllowed)},
		},
		"name of a pool": {
			"any DNS label is a name here, not only the two that are there", `nodePools: "GPU": architecture: "amd64"`,
			[]problem.Problem{in(5, 12, "nodePools.GPU", `"GPU" is not allowed as a name here: allowed is `+dnsLabel)},
		},
		"name of an access entry": {
			"what a name may look like is said", `cluster: access: Admins: {policy: "Admin", principalARN: "arn:aws:iam::111122223333:role/A"}`,
			[]problem.Problem{in(5, 18, "cluster.access.Admins", `"Admins" is not allowed as a name here: allowed is `+dnsLabel)},
		},
		"name of an add-on": {
			"all add-ons that may be named, not only those that are there by default", `cluster: addons: "aws-efs-csi": enabled: true`,
			[]problem.Problem{in(5, 18, "cluster.addons.aws-efs-csi", `"aws-efs-csi" is not allowed as a name here: allowed is "vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver", "aws-efs-csi-driver", "snapshot-controller" or "eks-node-monitoring-agent"`)},
		},
		"name of a warning": {
			"the ids that can be accepted", `accept: "single-nat-gatway": "it costs less"`,
			[]problem.Problem{in(5, 9, "accept.single-nat-gatway", `"single-nat-gatway" is not allowed as a name here: allowed is "single-nat-gateway", "deletion-protection-off", "public-endpoint-open", "equal-weight-pools", "database-deletion-protection-off", "database-unreachable", "permission-set-unassigned", "alarms-without-receiver" or "account-unwatched"`, `did you mean "single-nat-gateway"?`)},
		},
		"format with a dot in its documentation": {
			"a sentence ends at its end, not at a dot in a list of characters", `owner: ""`,
			[]problem.Problem{in(5, 8, "owner", `"" is not allowed: allowed is `+tagValue+`, at least 1 character`)},
		},
		"empty list": {
			"one element, not 1 elements", `cluster: systemNodes: instanceTypes: []`,
			[]problem.Problem{in(5, 38, "cluster.systemNodes.instanceTypes", "[] is not allowed: allowed is a list, each element an EC2 instance type, such as m7g.large, at least 1 element, at most 20 elements")},
		},
		"architecture": {
			"the default is no second value", `nodePools: amd64: architecture: "x86"`,
			[]problem.Problem{in(5, 33, "nodePools.amd64.architecture", `"x86" is not allowed: allowed is `+pools)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problemsOf(t, inputs(t, dev("stage: \"dev\"\n"+tc.line)))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestProblemsNeverShowCUE has values that CUE explains in words of its own. What people read names their field, what is allowed, and none
// of the words of an evaluator.
func TestProblemsNeverShowCUE(t *testing.T) {
	t.Parallel()
	file := func(lines string) map[string]string {
		return map[string]string{"environments/dev/environment.cue": "package environments\n\n" + lines}
	}
	cases := map[string]struct {
		reason string
		files  map[string]string
		field  string
	}{
		"wrong by reference":      {"the value stands elsewhere", file("_s: \"devel\"\nenvironment: stage: _s\n"), "stage"},
		"open by reference":       {"the value is a type", file("_c: string\nenvironment: {stage: \"dev\", network: cidr: _c}\n"), "network.cidr"},
		"no stage":                {"it is the one field that everybody has to give", file("environment: account: \"111122223333\"\n"), "stage"},
		"nothing at all":          {"a file that was only begun", file(""), "stage"},
		"not a struct":            {"the environment itself is wrong", file("environment: 5\n"), ""},
		"list of the environment": {"the environment itself is wrong", file("environment: []\n"), ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problemsOf(t, inputs(t, tc.files))
			if len(got) != 1 {
				t.Fatalf("%s: got %d problems, want one: %v", tc.reason, len(got), got)
			}
			p := got[0]
			if p.Field != tc.field || p.Environment != "dev" || p.Position.File != "environments/dev/environment.cue" || p.Position.Line == 0 {
				t.Errorf("%s: got field %q at %s, want %q in dev's file", tc.reason, p.Field, p.Position, tc.field)
			}
			for _, word := range []string{"disjunction", "incomplete", "conflicting", "=~", "bottom", "_|_", "schema/", "failed"} {
				if strings.Contains(p.Message, word) {
					t.Errorf("%s: people read %q", tc.reason, p.Message)
				}
			}
			if !strings.Contains(p.Message, "allowed") {
				t.Errorf("%s: what is allowed is not said: %q", tc.reason, p.Message)
			}
		})
	}
}

// TestProblemOfAFolderName has a folder whose name no environment can have: what is wrong is the name and not that somebody left it out.
func TestProblemOfAFolderName(t *testing.T) {
	t.Parallel()
	got := problemsOf(t, inputs(t, map[string]string{"environments/QA_1/environment.cue": "package environments\n\nenvironment: stage: \"dev\"\n"}))
	if len(got) != 1 || !strings.Contains(got[0].Message, `"QA_1" is not allowed`) || !strings.Contains(got[0].Message, dnsLabel) {
		t.Errorf("got %v, want one problem that says what folders may be called", got)
	}
}
