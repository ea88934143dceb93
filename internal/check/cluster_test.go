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

// TestWhatWouldNeverWork has what AWS, Kubernetes or Karpenter would refuse or leave waiting for ever.
func TestWhatWouldNeverWork(t *testing.T) {
	t.Parallel()
	egress := func(ranges string) input {
		return input{environments: map[string]string{"dev": cluster}, platform: "bootstrap: egressCIDRs: " + ranges}
	}
	shared := func(field, message string, hint ...string) problem.Problem {
		p := in(5, 26, field, message, hint...)
		p.Environment, p.Position.File = "", "environments/order.cue"
		return p
	}
	const private = " is private: traffic from the Internet never comes from there"
	cases := map[string]struct {
		reason string
		in     input
		want   []problem.Problem
	}{
		"family older than the oldest": {
			"t3 is generation 3, and the oldest that a pool takes is 5: no instance is both", one(cluster + "nodePools: amd64: instances: families: [\"m7i\", \"t3\"]"),
			[]problem.Problem{in(6, 48, "nodePools.amd64.instances.families[1]", "t3 is of generation 3, but the pool takes none older than 5", "set instances: minGeneration: 3, or leave the family out")},
		},
		"family as old as the oldest": {"it is taken", one(cluster + "nodePools: amd64: instances: {families: [\"t3\"], minGeneration: 3}"), nil},
		"no pool at all": {
			"services get no nodes, whatever their architecture", one(cluster + "nodePools: {arm64: enabled: false, amd64: enabled: false}\nservices: api: {}"),
			[]problem.Problem{in(7, 16, "services.api", "no node pool is enabled, so pods of services would never run", "enable a pool: nodePools: arm64: enabled: true")},
		},
		"no pool and no service": {"add-ons run on the system nodes", one(cluster + "nodePools: {arm64: enabled: false, amd64: enabled: false}"), nil},
		"disk faster than its size": {
			"gp3 has at most 500 IOPS for each GiB (EBS user guide)", one(cluster + "nodePools: amd64: disk: {sizeGiB: 20, iops: 10001}"),
			[]problem.Problem{in(6, 45, "nodePools.amd64.disk.iops", "10001 IOPS need a larger disk: allowed with 20 GiB are 10000")},
		},
		"disk as fast as its size": {"at the limit", one(cluster + "nodePools: amd64: disk: {sizeGiB: 20, iops: 10000}"), nil},
		"disk faster than its IOPS": {
			"gp3 has at most 0.25 MiB/s for each IOPS (EBS user guide)", one(cluster + "nodePools: amd64: disk: throughput: 751"),
			[]problem.Problem{in(6, 37, "nodePools.amd64.disk.throughput", "751 MiB/s need more IOPS: allowed with 3000 IOPS are 750")},
		},
		"disk as fast as its IOPS": {"at the limit", one(cluster + "nodePools: amd64: disk: {iops: 4000, throughput: 1000}"), nil},
		"public service range": {
			"EKS takes RFC 1918 only", one(cluster + "cluster: serviceCIDR: \"8.8.0.0/16\""),
			[]problem.Problem{in(6, 23, "cluster.serviceCIDR", "8.8.0.0/16 is not private: allowed are ranges in 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16")},
		},
		"shared service range": {
			"RFC 6598 is for VPCs, not for EKS services", one(cluster + "cluster: serviceCIDR: \"100.64.0.0/16\""),
			[]problem.Problem{in(6, 23, "cluster.serviceCIDR", "100.64.0.0/16 is not private: allowed are ranges in 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16")},
		},
		"private range at the public endpoint": {
			"EKS refuses ranges that cannot come from the Internet", one(cluster + "cluster: endpoint: allowedCIDRs: [\"198.51.100.0/24\", \"10.0.0.0/8\"]"),
			[]problem.Problem{in(6, 54, "cluster.endpoint.allowedCIDRs[1]", "10.0.0.0/8"+private, "give the public address that it leaves from; from inside the VPC the API can always be reached")},
		},
		"bootstrap address not aligned": {
			"EKS refuses it in every cluster", egress("[\"198.51.100.7/24\"]"),
			[]problem.Problem{shared("platform.bootstrap.egressCIDRs[0]", "198.51.100.7/24 does not start at the first address of a range", "write 198.51.100.0/24, or 198.51.100.7/32 for this address alone")},
		},
		"schedule in words": {
			"no day has this name, and no word of Go is shown", one(network + "argocd: syncWindows: [{kind: \"allow\", schedule: \"0 8 * * funday\", duration: \"8h\"}]"),
			[]problem.Problem{in(5, 49, "argocd.syncWindows[0].schedule", "\"0 8 * * funday\" is not a cron schedule", "five fields: minute, hour, day of the month, month, day of the week, such as \"0 8 * * mon-fri\"")},
		},
		"time zone of this machine": {
			"it is another on each machine", one(network + "argocd: syncWindows: [{kind: \"allow\", schedule: \"0 8 * * *\", duration: \"8h\", timeZone: \"Local\"}]"),
			[]problem.Problem{in(5, 88, "argocd.syncWindows[0].timeZone", "\"Local\" is not a time zone: allowed are names such as Europe/Berlin or UTC")},
		},
		"limit above the most": {
			"the API server refuses such a LimitRange", one(cluster + "services: api: containers: memoryLimit: \"5Gi\""),
			[]problem.Problem{in(6, 41, "services.api.containers.memoryLimit", "5Gi is more than maxMemory, which is 4Gi")},
		},
		"request above the limit": {
			"the API server refuses such a LimitRange", one(cluster + "services: api: containers: memory: \"1Gi\""),
			[]problem.Problem{in(6, 36, "services.api.containers.memory", "1Gi is more than memoryLimit, which is 512Mi")},
		},
		"the same in other units": {"1024Mi is 1Gi", one(cluster + "services: api: containers: {memory: \"1Gi\", memoryLimit: \"1024Mi\", maxMemory: \"1048576Ki\"}"), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(check.Result{Errors: tc.want}, plain(check.Run(tc.in.load(t)))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestOpenEndpoints has a public endpoint that everybody may reach: for EKS, no list means 0.0.0.0/0.
func TestOpenEndpoints(t *testing.T) {
	t.Parallel()
	const open = "the Kubernetes API can be reached from the whole Internet"
	cases := map[string]struct {
		reason string
		lines  string
		egress string
		want   []problem.Problem
	}{
		"nobody is named": {
			"no list is everybody", cluster, "[]",
			[]problem.Problem{warn("public-endpoint-open", in(5, 10, "cluster.endpoint", open+": EKS takes no ranges for all of them; set platform.bootstrap.egressCIDRs"))},
		},
		"everybody is named":      {"by the environment", cluster + "cluster: endpoint: allowedCIDRs: [\"0.0.0.0/0\"]", "[\"198.51.100.10/32\"]", []problem.Problem{warn("public-endpoint-open", in(6, 34, "cluster.endpoint.allowedCIDRs", open))}},
		"somebody is named":       {"by the environment", cluster + "cluster: endpoint: allowedCIDRs: [\"198.51.100.10/32\"]", "[]", nil},
		"the bootstrap cluster":   {"by the platform", cluster, "[\"198.51.100.10/32\"]", nil},
		"closed":                  {"there is nothing to reach", cluster + "cluster: endpoint: public: false", "[]", nil},
		"accepted":                {"with the reason", cluster + "accept: \"public-endpoint-open\": \"a workshop for everybody\"", "[]", nil},
		"closed, everybody there": {"what the platform says does not matter", cluster + "cluster: endpoint: public: false", "[\"0.0.0.0/0\"]", nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := one(tc.lines)
			in.platform = "bootstrap: egressCIDRs: " + tc.egress
			if diff := cmp.Diff(check.Result{Warnings: tc.want}, plain(check.Run(in.load(t)))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestRangesOfThePlatform has ranges that every public endpoint gets: what is wrong with them is wrong for all clusters.
func TestRangesOfThePlatform(t *testing.T) {
	t.Parallel()
	many := make([]string, 40)
	for i := range many {
		many[i] = fmt.Sprintf("\"198.51.100.%d/32\"", i)
	}
	forty := cluster + "cluster: endpoint: allowedCIDRs: [" + strings.Join(many, ", ") + "]"
	cases := map[string]struct {
		reason string
		lines  string
		egress string
		field  string // Of the one finding; empty: none.
	}{
		"everybody":          {"all clusters are open", cluster, "[\"0.0.0.0/0\"]", "platform.bootstrap.egressCIDRs[0]"},
		"private":            {"EKS refuses addresses that cannot come from the Internet", cluster, "[\"198.51.100.10/32\", \"10.0.0.0/24\"]", "platform.bootstrap.egressCIDRs[1]"},
		"forty in all":       {"as many as EKS takes (service quotas: public endpoint access CIDR ranges per cluster)", forty, "[]", ""},
		"one more":           {"EKS takes 40", forty, "[\"203.0.113.7/32\"]", "cluster.endpoint.allowedCIDRs"},
		"one that was there": {"each counts once", forty, "[\"198.51.100.7/32\"]", ""},
		"closed":             {"what nobody uses is no problem", cluster + "cluster: endpoint: public: false", "[\"198.51.100.10/32\"]", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := one(tc.lines)
			in.platform = "bootstrap: egressCIDRs: " + tc.egress
			result := check.Run(in.load(t))
			var fields []string
			for _, p := range append(result.Errors, result.Warnings...) {
				fields = append(fields, p.Field)
			}
			if got := strings.Join(fields, " "); got != tc.field {
				t.Errorf("%s: findings in %q, want %q", tc.reason, got, tc.field)
			}
		})
	}
}
