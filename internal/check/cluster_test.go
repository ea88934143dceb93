package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
)

// TestPoolsServicesAndWindows has what a cluster runs, and when Argo CD may change it.
func TestPoolsServicesAndWindows(t *testing.T) {
	t.Parallel()
	const fields = "five fields: minute, hour, day of the month, month, day of the week, such as \"0 8 * * mon-fri\""
	cases := map[string]struct {
		reason string
		lines  string
		want   check.Result
	}{
		"family of another architecture": {
			"the pool would never get a node", cluster + "nodePools: arm64: instances: families: [\"m7g\", \"m7i\"]",
			check.Result{Errors: []problem.Problem{in(6, 48, "nodePools.arm64.instances.families[1]", "m7i is amd64, but the pool's architecture is arm64: it would never get a node")}},
		},
		"zone of a pool": {
			"the environment is not there", cluster + "nodePools: amd64: zones: [\"eu-west-1a\", \"eu-west-2a\"]",
			check.Result{Errors: []problem.Problem{in(6, 41, "nodePools.amd64.zones[1]", "eu-west-2a is not a zone of the environment, which has eu-west-1a, eu-west-1b, eu-west-1c")}},
		},
		"half a budget": {
			"Karpenter refuses it", cluster + "nodePools: amd64: disruption: budgets: [{nodes: \"1\"}, {nodes: \"2\", schedule: \"@daily\"}]",
			check.Result{Errors: []problem.Problem{in(6, 55, "nodePools.amd64.disruption.budgets[1]", "schedule and duration go together: the one says when the budget starts, the other for how long")}},
		},
		"schedule of a budget": {
			"an hour that no day has", cluster + "nodePools: amd64: disruption: budgets: [{nodes: \"1\", schedule: \"0 25 * * *\", duration: \"1h\"}]",
			check.Result{Errors: []problem.Problem{in(6, 64, "nodePools.amd64.disruption.budgets[0].schedule", "\"0 25 * * *\" is not a cron schedule", fields)}},
		},
		"a pool that is off": {"nobody looks at it", cluster + "nodePools: amd64: {enabled: false, instances: families: [\"m7g\"], zones: [\"eu-west-2a\"]}", check.Result{}},
		"equal pools": {
			"chance decides", cluster + "nodePools: more: {architecture: \"arm64\"}",
			check.Result{Warnings: []problem.Problem{warn("equal-weight-pools", in(6, 18, "nodePools.more", "arm64 and more have the same architecture and weight 10: which of them gets a pod is up to Karpenter"))}},
		},
		"equal pools, accepted":   {"with the reason", cluster + "nodePools: more: {architecture: \"arm64\"}\naccept: \"equal-weight-pools\": \"they are the same\"", check.Result{}},
		"equal but for taints":    {"pods choose by toleration", cluster + "nodePools: more: {architecture: \"arm64\", taints: [{key: \"a\", effect: \"NoSchedule\"}]}", check.Result{}},
		"equal but for weight":    {"the heavier one is first", cluster + "nodePools: more: {architecture: \"arm64\", weight: 11}", check.Result{}},
		"equal, one of them off":  {"there is one", cluster + "nodePools: more: {architecture: \"arm64\", enabled: false}", check.Result{}},
		"services as they should": {"callers, architectures, ranges", cluster + "services: {web: architecture: \"amd64\", api: network: {from: [\"web\"], egress: [{cidr: \"10.20.240.0/20\", ports: [5432]}]}}", check.Result{}},
		"namespace twice": {
			"quotas would add up to nonsense", cluster + "services: {\n\tapi: {}\n\tweb: namespace: \"api\"\n}",
			check.Result{Errors: []problem.Problem{related(in(8, 18, "services.web.namespace", "api is the namespace of api: each service has its own"), at("dev", 7, 7), "api is set here")}},
		},
		"architecture without a pool": {
			"no node would come", cluster + "nodePools: arm64: enabled: false\nservices: api: architecture: \"arm64\"",
			check.Result{Errors: []problem.Problem{in(7, 30, "services.api.architecture", "no node pool has arm64, so its pods would never run")}},
		},
		"unknown caller": {
			"the nearest is suggested", cluster + "services: {web: {}, api: network: from: [\"wep\"]}",
			check.Result{Errors: []problem.Problem{in(6, 42, "services.api.network.from[0]", "there is no service \"wep\" in dev, which has api, web", "did you mean web?")}},
		},
		"egress not aligned": {
			"the policy would mean another range", cluster + "services: api: network: egress: [{cidr: \"10.20.1.0/16\", ports: [443]}]",
			check.Result{Errors: []problem.Problem{in(6, 41, "services.api.network.egress[0].cidr", "10.20.1.0/16 does not start at the first address of a range", "write 10.20.0.0/16")}},
		},
		"schedule of a window": {
			"Argo CD would not sync any more", network + "argocd: syncWindows: [{kind: \"allow\", schedule: \"0 8 * * 9\", duration: \"8h\"}]",
			check.Result{Errors: []problem.Problem{in(5, 49, "argocd.syncWindows[0].schedule", "\"0 8 * * 9\" is not a cron schedule", fields)}},
		},
		"time zone of a window": {
			"Argo CD would not know it", network + "argocd: syncWindows: [{kind: \"allow\", schedule: \"0 8 * * *\", duration: \"8h\", timeZone: \"Europe/Berln\"}]",
			check.Result{Errors: []problem.Problem{in(5, 88, "argocd.syncWindows[0].timeZone", "\"Europe/Berln\" is not a time zone: allowed are names such as Europe/Berlin or UTC")}},
		},
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

// TestArchitectures has families whose names do not tell at first sight (EC2 user guide: instance type names).
func TestArchitectures(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"arm64": {"a1", "m6g", "m7gd", "c7gn", "t4g", "im4gn", "is4gen", "x2gd", "hpc7g", "g5g", "r8g", "i8ge", "c8gn"},
		"amd64": {"m5", "m7i", "m7i-flex", "c6in", "g4dn", "g4ad", "g5", "g6e", "gr6", "p5", "x2iezn", "inf2", "trn1", "z1d", "hpc7a", "d3en", "t3a"},
	}
	// pools has one pool for each family, all of an architecture.
	pools := func(architecture string, families []string) input {
		var b strings.Builder
		b.WriteString(cluster + "nodePools: {amd64: enabled: false, arm64: enabled: false}\n")
		for i, family := range families {
			fmt.Fprintf(&b, "nodePools: p%02d: {architecture: %q, weight: %d, instances: {families: [%q], minGeneration: 1}}\n", i, architecture, i+1, family)
		}
		return one(b.String())
	}
	other := map[string]string{"arm64": "amd64", "amd64": "arm64"}
	for architecture, families := range cases {
		if got := check.Run(pools(architecture, families).load(t)); len(got.Errors)+len(got.Warnings) > 0 {
			t.Errorf("%v are %s: %v", families, architecture, got)
		}
		var fields, want []string
		for _, p := range check.Run(pools(other[architecture], families).load(t)).Errors {
			fields = append(fields, p.Field)
		}
		for i := range families {
			want = append(want, fmt.Sprintf("nodePools.p%02d.instances.families[0]", i))
		}
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Errorf("%v are not %s (-want +got):\n%s", families, other[architecture], diff)
		}
	}
}

// TestWhatWouldNeverWork has what AWS, Kubernetes or Karpenter would refuse or leave waiting for ever, and names the field to blame. How it is
// said is not for this test, but it is not in words of Go.
func TestWhatWouldNeverWork(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		in     input
		field  string
	}{
		"family older than the oldest": {
			"t3 is generation 3, and the oldest that a pool takes is 5: no instance is both", one(cluster + "nodePools: amd64: instances: families: [\"t3\"]"),
			"nodePools.amd64.instances.families[0]",
		},
		"no pool at all": {
			"services get no nodes, whatever their architecture", one(cluster + "nodePools: {arm64: enabled: false, amd64: enabled: false}\nservices: api: {}"),
			"services.api",
		},
		"disk faster than its size": {
			"gp3 has at most 500 IOPS for each GiB (EBS user guide)", one(cluster + "nodePools: amd64: disk: {sizeGiB: 20, iops: 16000}"),
			"nodePools.amd64.disk.iops",
		},
		"disk faster than its IOPS": {
			"gp3 has at most 0.25 MiB/s for each IOPS (EBS user guide)", one(cluster + "nodePools: amd64: disk: throughput: 1000"),
			"nodePools.amd64.disk.throughput",
		},
		"public service range": {
			"EKS takes RFC 1918 only", one(cluster + "cluster: serviceCIDR: \"8.8.0.0/16\""),
			"cluster.serviceCIDR",
		},
		"private range at the public endpoint": {
			"EKS refuses ranges that cannot come from the Internet", one(cluster + "cluster: endpoint: allowedCIDRs: [\"10.0.0.0/8\"]"),
			"cluster.endpoint.allowedCIDRs[0]",
		},
		"bootstrap address not aligned": {
			"EKS refuses it in every cluster", input{environments: map[string]string{"dev": cluster}, platform: "bootstrap: egressCIDRs: [\"198.51.100.7/24\"]"},
			"platform.bootstrap.egressCIDRs[0]",
		},
		"schedule in words": {
			"no day has this name", one(network + "argocd: syncWindows: [{kind: \"allow\", schedule: \"0 8 * * funday\", duration: \"8h\"}]"),
			"argocd.syncWindows[0].schedule",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := check.Run(tc.in.load(t)).Errors
			if len(got) != 1 || got[0].Field != tc.field {
				t.Fatalf("%s: got %v, want one problem in %s", tc.reason, got, tc.field)
			}
			for _, word := range []string{"strconv", "failed", "<nil>", "error"} {
				if strings.Contains(got[0].Message, word) {
					t.Errorf("people read %q", got[0].Message)
				}
			}
		})
	}
}

// TestAnEndpointForNobodyIsAnEndpointForAll has a public endpoint, and no address that may reach it: for EKS, no list means 0.0.0.0/0.
func TestAnEndpointForNobodyIsAnEndpointForAll(t *testing.T) {
	t.Parallel()
	in := one(cluster)
	in.platform = "bootstrap: egressCIDRs: []"
	if got := check.Run(in.load(t)); len(got.Errors)+len(got.Warnings) == 0 {
		t.Error("the Kubernetes API is open to the whole Internet, and nobody is told")
	}
}
