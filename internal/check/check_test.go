package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
)

// TestOneEnvironment has what is wrong within an environment. Lines of its file start with 4; what a case adds to cluster starts with 6.
func TestOneEnvironment(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		lines  string
		want   check.Result
	}{
		"nothing wrong":           {"an environment as it should be", "account: \"111122223333\"\n" + cluster, check.Result{}},
		"only planned":            {"an environment without an account needs nothing yet", "stage: \"dev\"", check.Result{}},
		"nothing to render":       {"a refusal and not a silent success", "account: \"111122223333\"", check.Result{Errors: []problem.Problem{in(3, 14, "", "the environment renders nothing: it has neither network, cluster, registry, edge, database, stateBackend, baseline, organization nor observability", "give it network: cidr: \"...\", or leave account out while it is only planned")}}},
		"cluster without network": {"it has to run somewhere", "cluster: {}", check.Result{Errors: []problem.Problem{in(4, 10, "cluster", "the cluster has no network to run in", "give the environment network: cidr: \"...\"")}}},
		"VPC not aligned": {
			"AWS would take another range than the one that was written", "network: cidr: \"10.20.1.0/16\"",
			check.Result{Errors: []problem.Problem{in(4, 16, "network.cidr", "10.20.1.0/16 does not start at the first address of a range", "write 10.20.0.0/16")}},
		},
		"VPC not private": {
			"somebody else has these addresses", "network: cidr: \"8.8.0.0/16\"",
			check.Result{Errors: []problem.Problem{in(4, 16, "network.cidr", "8.8.0.0/16 is not private: allowed are ranges in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10")}},
		},
		"VPC in each private range": {"RFC 1918 and RFC 6598", "network: cidr: \"100.127.0.0/16\"", check.Result{}},
		"VPC too small": {
			"the computed subnets would be too small", "network: cidr: \"10.20.0.0/21\"",
			check.Result{Errors: []problem.Problem{in(4, 16, "network.cidr", "10.20.0.0/21 is too small: the computed subnets need a VPC of /16 to /20", "give the subnets of a smaller VPC in network.subnets")}},
		},
		"too many zones": {
			"the region has fewer", "region: \"us-west-1\"\nnetwork: {cidr: \"10.20.0.0/16\", zones: 3}",
			check.Result{Errors: []problem.Problem{in(5, 40, "network.zones", "3 zones, but us-west-1 has 2: us-west-1a, us-west-1c")}},
		},
		"too many zones by default": {
			"the place is the nearest that was written", "region: \"us-west-1\"\nnetwork: cidr: \"10.20.0.0/16\"",
			check.Result{Errors: []problem.Problem{in(5, 10, "network.zones", "3 zones, but us-west-1 has 2: us-west-1a, us-west-1c")}},
		},
		"zone of another region": {
			"AWS would refuse it", "network: {cidr: \"10.20.0.0/16\", zones: [\"eu-west-1a\", \"us-east-1b\"]}",
			check.Result{Errors: []problem.Problem{in(4, 40, "network.zones", "us-east-1b is not a zone of eu-west-1, which has eu-west-1a, eu-west-1b, eu-west-1c")}},
		},
		"subnets": {
			"each in its own way", "network: {\n\tcidr: \"10.20.0.0/16\"\n\tzones: 2\n\tsubnets: {\n\t\tpublic: [\"10.30.0.0/24\", \"10.20.1.1/24\"]\n\t\tprivateApp: [\"10.20.2.0/30\", \"10.20.4.0/22\"]\n\t\tprivateData: [\"10.20.5.0/24\", \"10.0.0.0/15\"]\n\t}\n}",
			check.Result{Errors: []problem.Problem{
				related(in(8, 12, "network.subnets.public[0]", "10.30.0.0/24 is outside the VPC's range 10.20.0.0/16"), at("dev", 5, 8), "the VPC's range is set here"),
				in(8, 28, "network.subnets.public[1]", "10.20.1.1/24 does not start at the first address of a range", "write 10.20.1.0/24"),
				in(9, 16, "network.subnets.privateApp[0]", "10.20.2.0/30 has a size that subnets cannot have: allowed is /16 to /28"),
				related(in(10, 17, "network.subnets.privateData[0]", "10.20.5.0/24 overlaps 10.20.4.0/22 of network.subnets.privateApp[1]"), at("dev", 9, 32), "the other range is set here"),
				in(10, 33, "network.subnets.privateData[1]", "10.0.0.0/15 has a size that subnets cannot have: allowed is /16 to /28"),
			}},
		},
		"subnets and zones": {
			"one range for each zone", "network: {\n\tcidr: \"10.20.0.0/16\"\n\tsubnets: {public: [\"10.20.0.0/24\", \"10.20.1.0/24\"], privateApp: [\"10.20.2.0/24\", \"10.20.3.0/24\"], privateData: [\"10.20.4.0/24\"]}\n}",
			check.Result{Errors: []problem.Problem{
				in(6, 20, "network.subnets.public", "2 ranges for 3 zones: allowed is one range for each zone"),
				in(6, 66, "network.subnets.privateApp", "2 ranges for 3 zones: allowed is one range for each zone"),
				in(6, 113, "network.subnets.privateData", "1 ranges for 3 zones: allowed is one range for each zone"),
			}},
		},
		"service range not aligned": {
			"EKS would refuse it", cluster + "cluster: serviceCIDR: \"172.20.1.0/16\"",
			check.Result{Errors: []problem.Problem{in(6, 23, "cluster.serviceCIDR", "172.20.1.0/16 does not start at the first address of a range", "write 172.20.0.0/16")}},
		},
		"service range in the VPC": {
			"pods could not reach what is behind these addresses", cluster + "cluster: serviceCIDR: \"10.20.128.0/20\"",
			check.Result{Errors: []problem.Problem{related(in(6, 23, "cluster.serviceCIDR", "10.20.128.0/20 overlaps dev's VPC 10.20.0.0/16"), at("dev", 4, 16), "dev's VPC range is set here")}},
		},
		"closed endpoint with addresses": {
			"one of the two is a mistake", cluster + "cluster: endpoint: {public: false, allowedCIDRs: [\"198.51.100.0/24\"]}",
			check.Result{Errors: []problem.Problem{in(6, 50, "cluster.endpoint.allowedCIDRs", "the public endpoint is off, so nobody can be allowed to reach it")}},
		},
		"endpoint, not aligned": {
			"EKS would refuse it", cluster + "cluster: endpoint: allowedCIDRs: [\"198.51.100.7/24\"]",
			check.Result{Errors: []problem.Problem{in(6, 35, "cluster.endpoint.allowedCIDRs[0]", "198.51.100.7/24 does not start at the first address of a range", "write 198.51.100.0/24")}},
		},
		"open endpoint": {
			"allowed, and rarely wanted", cluster + "cluster: endpoint: allowedCIDRs: [\"0.0.0.0/0\"]",
			check.Result{Warnings: []problem.Problem{warn("public-endpoint-open", in(6, 34, "cluster.endpoint.allowedCIDRs", "the Kubernetes API can be reached from the whole Internet"))}},
		},
		"open endpoint, accepted": {
			"with its reason", cluster + "cluster: endpoint: allowedCIDRs: [\"0.0.0.0/0\"]\naccept: \"public-endpoint-open\": \"a workshop for everybody\"", check.Result{},
		},
		"more nodes than the most": {
			"EKS would refuse it", cluster + "cluster: systemNodes: {min: 5, max: 3}",
			check.Result{Errors: []problem.Problem{in(6, 29, "cluster.systemNodes.min", "5 is more than max, which is 3")}},
		},
		"instance of another architecture": {
			"its image would not start", cluster + "cluster: systemNodes: instanceTypes: [\"m7g.large\", \"m7i.large\"]",
			check.Result{Errors: []problem.Problem{in(6, 52, "cluster.systemNodes.instanceTypes[1]", "m7i.large is amd64, but the system nodes are arm64")}},
		},
		"prod, warnings": {
			"what costs less and fails more", "stage: \"prod\"\n" + cluster + "network: natGateways: \"single\"\ncluster: deletionProtection: false",
			check.Result{Warnings: []problem.Problem{
				warn("single-nat-gateway", in(7, 23, "network.natGateways", "a single NAT gateway in prod: when its zone fails, no zone reaches the Internet")),
				warn("deletion-protection-off", in(8, 30, "cluster.deletionProtection", "prod's cluster can be deleted: AWS would not refuse")),
			}},
		},
		"prod, warnings accepted": {
			"each with its reason", "stage: \"prod\"\n" + cluster + "network: natGateways: \"single\"\ncluster: deletionProtection: false\naccept: {\"single-nat-gateway\": \"it costs less\", \"deletion-protection-off\": \"it is not live yet\"}",
			check.Result{},
		},
		"the same in dev": {"nobody is warned", cluster + "network: natGateways: \"single\"\ncluster: deletionProtection: false", check.Result{}},
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

// TestAcceptedInVain: what is accepted and not there would not be heard of when it comes.
func TestAcceptedInVain(t *testing.T) {
	t.Parallel()
	const accept = "accept: \"single-nat-gateway\": \"no traffic before the launch\"\n"
	vain := in(5, 31, "accept.single-nat-gateway", "there is no single-nat-gateway in dev to accept", "remove it, so that you hear of it when it comes")
	vain.Warning = "accepted-in-vain"
	shared := one(network)
	shared.shared = "environment: " + accept
	cases := map[string]struct {
		reason string
		in     input
		want   []problem.Problem
	}{
		"in vain":          {"dev may have one gateway", one(network + accept), []problem.Problem{vain}},
		"needed":           {"prod has one gateway", one("stage: \"prod\"\naccount: \"111122223333\"\nnetwork: {cidr: \"10.20.0.0/16\", natGateways: \"single\"}\n" + accept), nil},
		"for all":          {"others may need it", shared, nil},
		"beside something": {"what is wrong may hide it", one("network: cidr: \"8.8.0.0/16\"\n" + accept), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, plain(check.Run(tc.in.load(t))).Warnings); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
