package compositions_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/schema"
)

// ofKind are the resources of a kind by metadata.name.
func ofKind(all map[string]map[string]any, kind string) map[string]map[string]any {
	found := map[string]map[string]any{}
	for _, object := range all {
		if object["kind"] == kind {
			found[text(object, "metadata", "name")] = object
		}
	}
	return found
}

// zones of a Network claim: those of its public subnets.
func zones(t testing.TB, c claim) []string {
	t.Helper()
	public, _ := field(c.spec, "subnets", "public").([]any)
	found := make([]string, 0, len(public))
	for _, subnet := range public {
		found = append(found, text(subnet, "zone"))
	}
	return found
}

// find is the claim of a kind.
func find(t testing.TB, claims []claim, kind string) claim {
	t.Helper()
	i := slices.IndexFunc(claims, func(c claim) bool { return c.kind == kind })
	if i < 0 {
		t.Fatalf("there is no %s", kind)
	}
	return claims[i]
}

func TestNATGateways(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		claims []claim
		want   []string // Zones with a NAT gateway.
	}{
		"prod":           {"zones fail alone", rendered(t)["prod"], []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
		"dev":            {"one is enough", rendered(t)["dev"], []string{"eu-west-1a"}},
		"perZone":        {"each zone has one", []claim{network(t)}, []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}},
		"perZone of two": {"as many as there are zones", []claim{network(t, smallNetwork, func(s *schema.NetworkSpec) { s.NATGateways = "perZone" })}, []string{"eu-west-1a", "eu-west-1b"}},
		"single, reordered": {"the first zone that is given", []claim{network(t, func(s *schema.NetworkSpec) {
			s.NATGateways = "single"
			slices.Reverse(s.Subnets.Public)
		})}, []string{"eu-west-1c"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := []claim{find(t, tc.claims, "Network")}
			all := everything(t, claims)
			var got []string
			for _, nat := range ofKind(all, "NATGateway") {
				subnet := text(nat, "spec", "forProvider", "subnetIdRef", "name")
				_, zone, public := strings.Cut(subnet, ".network.subnet-public-")
				if !public {
					t.Errorf("%s is in %s, which is not public", text(nat, "metadata", "name"), subnet)
				}
				got = append(got, zone)
				address := text(nat, "spec", "forProvider", "allocationIdRef", "name")
				if ofKind(all, "EIP")[address] == nil {
					t.Errorf("%s has the address %s, which is not there", text(nat, "metadata", "name"), address)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if addresses := len(ofKind(all, "EIP")); addresses != len(tc.want) {
				t.Errorf("%d elastic IPs for %d NAT gateways", addresses, len(tc.want))
			}
			// One private route table for each zone, whose default route leads to the zone's NAT gateway, or to the only one.
			for _, zone := range zones(t, claims[0]) {
				nat := tc.want[0]
				if slices.Contains(tc.want, zone) {
					nat = zone
				}
				route := all["Network/route-private-app-"+zone]
				want := map[string]any{
					"destinationCidrBlock": "0.0.0.0/0", "region": "eu-west-1",
					"routeTableIdRef": map[string]any{"name": text(claims[0].spec, "environment") + ".network.route-table-private-app-" + zone},
					"natGatewayIdRef": map[string]any{"name": text(claims[0].spec, "environment") + ".network.nat-gateway-" + nat},
					"natGatewayId":    "simulated-" + text(claims[0].spec, "environment") + ".network.nat-gateway-" + nat,
				}
				if diff := cmp.Diff(want, field(route, "spec", "forProvider")); diff != "" {
					t.Errorf("route of %s (-want +got):\n%s", zone, diff)
				}
			}
		})
	}
}

func TestPocHasExactlyItsFourSubnets(t *testing.T) {
	t.Parallel()
	poc := find(t, rendered(t)["poc"], "Network")
	got := map[string]string{}
	for name, subnet := range ofKind(everything(t, []claim{poc}), "Subnet") {
		got[name] = text(subnet, "spec", "forProvider", "availabilityZone") + " " + text(subnet, "spec", "forProvider", "cidrBlock")
	}
	want := map[string]string{}
	tiers, _ := field(poc.spec, "subnets").(map[string]any)
	for tier, key := range map[string]string{"public": "public", "privateApp": "private-app"} {
		given, _ := tiers[tier].([]any)
		if len(given) != 2 {
			t.Fatalf("%s has %d subnets", tier, len(given))
		}
		for _, subnet := range given {
			want["poc.network.subnet-"+key+"-"+text(subnet, "zone")] = text(subnet, "zone") + " " + text(subnet, "cidr")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRouteTables holds that zones fail alone and tiers do not leak into one another: each zone and tier has a route table of its own, but for pods,
// which go the way of the nodes; each subnet has exactly one; and the data tier has no way out.
func TestRouteTables(t *testing.T) {
	t.Parallel()
	for name, claims := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := everything(t, claims)
			subnets, tables := ofKind(all, "Subnet"), ofKind(all, "RouteTable")
			tableOf := map[string][]string{}
			for _, association := range ofKind(all, "RouteTableAssociation") {
				subnet := text(association, "spec", "forProvider", "subnetIdRef", "name")
				tableOf[subnet] = append(tableOf[subnet], text(association, "spec", "forProvider", "routeTableIdRef", "name"))
			}
			owners := map[string]string{}
			// A replica's subnets need none: that of its VPC leads nowhere.
			maps.DeleteFunc(subnets, func(subnet string, _ map[string]any) bool { return strings.Contains(subnet, ".database.replica-") })
			for subnet := range subnets {
				if len(tableOf[subnet]) != 1 {
					t.Errorf("%s has the route tables %q, want one", subnet, tableOf[subnet])
					continue
				}
				table := tableOf[subnet][0]
				if tables[table] == nil {
					t.Errorf("%s has the route table %s, which is not there", subnet, table)
				}
				if pods := strings.Contains(subnet, ".subnet-pods-"); pods {
					if want := strings.Replace(subnet, "subnet-pods", "route-table-private-app", 1); table != want {
						t.Errorf("%s has %s, want that of the nodes, %s", subnet, table, want)
					}
					continue
				}
				if other, taken := owners[table]; taken {
					t.Errorf("%s and %s share %s", subnet, other, table)
				}
				owners[table] = subnet
			}
			if len(owners) != len(tables) || len(tableOf) != len(subnets) {
				t.Errorf("%d route tables for %d subnets, %d associated", len(tables), len(subnets), len(tableOf))
			}
			defaults := map[string]string{}
			for _, route := range ofKind(all, "Route") {
				table := text(route, "spec", "forProvider", "routeTableIdRef", "name")
				if defaults[table] != "" {
					t.Errorf("%s has two default routes", table)
				}
				defaults[table] = text(route, "spec", "forProvider", "destinationCidrBlock")
			}
			for table := range tables {
				want := "0.0.0.0/0"
				if strings.Contains(table, "private-data") {
					want = ""
				}
				if defaults[table] != want {
					t.Errorf("%s has the default route %q, want %q", table, defaults[table], want)
				}
			}
		})
	}
}

// TestSubnetTags holds what the load balancer controller, Karpenter and the VPC CNI find subnets by.
func TestSubnetTags(t *testing.T) {
	t.Parallel()
	own := map[string]string{
		"environment": "app", "project": "acme", "owner": "team", "cost-center": "cc-1", "managed-by": "genops", "genops.dev/claim": "Network/app",
	}
	cases := map[string]struct {
		reason string
		claim  claim
		want   map[string]map[string]string // Further tags by tier.
	}{
		"cluster": {"discovery by role and by the cluster's name", network(t, withPods), map[string]map[string]string{
			"public":       {"kubernetes.io/role/elb": "1", "kubernetes.io/cluster/acme-app": "shared"},
			"private-app":  {"kubernetes.io/role/internal-elb": "1", "kubernetes.io/cluster/acme-app": "shared", "karpenter.sh/discovery": "acme-app"},
			"private-data": {},
			"pods":         {"kubernetes.io/role/cni": "1"},
		}},
		"no cluster": {"nothing that names a cluster", network(t, func(s *schema.NetworkSpec) { s.ClusterName = "" }), map[string]map[string]string{
			"public": {"kubernetes.io/role/elb": "1"}, "private-app": {"kubernetes.io/role/internal-elb": "1"}, "private-data": {},
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, _ := tc.claim.simulate(t)
			for tier, further := range tc.want {
				key := "subnet-" + tier + "-eu-west-1c"
				want := map[string]any{"Name": "acme-app-" + key}
				for _, tags := range []map[string]string{own, further} {
					for name, value := range tags {
						want[name] = value
					}
				}
				if diff := cmp.Diff(want, field(object(t, result, key), "spec", "forProvider", "tags")); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", tc.reason, key, diff)
				}
			}
		})
	}
}

// TestEndpointsReachThePrivateTiers holds that gateway endpoints are in every private route table and in no public one, and interface endpoints
// in one subnet of each zone.
func TestEndpointsReachThePrivateTiers(t *testing.T) {
	t.Parallel()
	for name, claims := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := everything(t, claims)
			reached := map[string][]string{}
			for kind, reference := range map[string]string{"VPCEndpointRouteTableAssociation": "routeTableIdRef", "VPCEndpointSubnetAssociation": "subnetIdRef"} {
				for _, association := range ofKind(all, kind) {
					endpoint := text(association, "spec", "forProvider", "vpcEndpointIdRef", "name")
					reached[endpoint] = append(reached[endpoint], text(association, "spec", "forProvider", reference, "name"))
				}
			}
			var tables, nodes []string
			for table := range ofKind(all, "RouteTable") {
				if !strings.Contains(table, ".route-table-public-") {
					tables = append(tables, table)
				}
			}
			for subnet := range ofKind(all, "Subnet") {
				if strings.Contains(subnet, ".subnet-private-app-") {
					nodes = append(nodes, subnet)
				}
			}
			for endpoint, object := range ofKind(all, "VPCEndpoint") {
				want := tables
				if text(object, "spec", "forProvider", "vpcEndpointType") == "Interface" {
					want = nodes
				}
				if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(reached[endpoint]))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", endpoint, diff)
				}
			}
			if len(reached) != len(ofKind(all, "VPCEndpoint")) {
				t.Errorf("%d endpoints, %d associated: %q", len(ofKind(all, "VPCEndpoint")), len(reached), slices.Sorted(maps.Keys(reached)))
			}
		})
	}
}

// TestDataACL holds the rules of the network ACL of the data tier: what a database is asked, and what it answers.
func TestDataACL(t *testing.T) {
	t.Parallel()
	result, _ := network(t, withPods, withACL).simulate(t)
	acl := object(t, result, "data-acl")
	wantSubnets := []string{"app.network.subnet-private-data-eu-west-1a", "app.network.subnet-private-data-eu-west-1b", "app.network.subnet-private-data-eu-west-1c"}
	if diff := cmp.Diff(wantSubnets, names(field(acl, "spec", "forProvider", "subnetIdRefs"))); diff != "" {
		t.Errorf("subnets (-want +got):\n%s", diff)
	}
	type rule struct {
		Egress   bool
		CIDR     string
		From, To float64
	}
	var got []rule
	numbers := map[bool]map[float64]string{true: {}, false: {}}
	for _, key := range matching(keys(result), `^data-acl-`) {
		forProvider, _ := field(clone(t, object(t, result, key)), "spec", "forProvider").(map[string]any)
		r := rule{CIDR: text(forProvider, "cidrBlock")}
		r.Egress, _ = forProvider["egress"].(bool)
		r.From, _ = forProvider["fromPort"].(float64)
		r.To, _ = forProvider["toPort"].(float64)
		number, _ := forProvider["ruleNumber"].(float64)
		if other, taken := numbers[r.Egress][number]; taken {
			t.Errorf("%s and %s have the number %v", key, other, number)
		}
		numbers[r.Egress][number] = key
		if number < 1 || number > 32766 {
			t.Errorf("%s has the number %v, and AWS takes 1 to 32766", key, number)
		}
		if forProvider["ruleAction"] != "allow" || forProvider["protocol"] != "tcp" {
			t.Errorf("%s: %v %v", key, forProvider["ruleAction"], forProvider["protocol"])
		}
		got = append(got, r)
	}
	var want []rule
	for _, caller := range []string{"10.40.0.0/19", "10.40.32.0/19", "10.40.64.0/19", "100.64.0.0/19", "100.64.32.0/19", "100.64.64.0/19"} {
		want = append(want, rule{false, caller, 5432, 5432}, rule{false, caller, 6379, 6379}, rule{true, caller, 1024, 65535})
	}
	for _, peer := range []string{"10.40.240.0/23", "10.40.242.0/23", "10.40.244.0/23"} {
		want = append(want, rule{false, peer, 1, 65535}, rule{true, peer, 1, 65535})
	}
	less := func(a, b rule) int { return strings.Compare(line(t, a), line(t, b)) }
	slices.SortFunc(got, less)
	slices.SortFunc(want, less)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}
