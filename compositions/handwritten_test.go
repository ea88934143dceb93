package compositions_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
)

// change is a claim's spec with a value somewhere: path is names and places in lists, joined by dots. A nil value removes the field.
func change(t testing.TB, c claim, path string, value any) claim {
	t.Helper()
	changed := clone(t, c.spec)
	var at any = changed
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		switch inner := at.(type) {
		case map[string]any:
			at = inner[step]
		case []any:
			var place int
			if _, err := fmt.Sscan(step, &place); err != nil {
				t.Fatal(err)
			}
			at = inner[place]
		}
	}
	last, name := at.(map[string]any), steps[len(steps)-1]
	if last[name] = value; value == nil {
		delete(last, name)
	}
	return claim{kind: c.kind, spec: changed}
}

// deep is a list in a list in a list.
func deep(levels int) any {
	var value any = "a"
	for range levels {
		value = []any{value}
	}
	return value
}

// TestClaimsWrittenByHand holds what people read who write claims without genops: a sentence that names the field, and never a stack trace.
func TestClaimsWrittenByHand(t *testing.T) {
	t.Parallel()
	n, c, r, images := network(t), cluster(t), registration(t), registry(t)
	zone := func(name, cidr string) any { return map[string]any{"zone": name, "cidr": cidr} }
	var many []any
	for i := range 10_000 {
		many = append(many, zone("eu-west-1a", fmt.Sprintf("10.40.%d.%d/28", i/16%256, i%16*16)))
	}
	cases := map[string]struct {
		reason string
		claim  claim
		want   []string
	}{
		"no spec": {"a composite that is older than its definition", claim{kind: "Network"}, []string{
			"spec.environment: is missing", "spec.account: is missing", "spec.region: is missing", "spec.project: is missing",
		}},
		"empty spec":                    {"as before", claim{kind: "Cluster", spec: map[string]any{}}, []string{"spec.environment: is missing", "spec.account: is missing", "spec.region: is missing", "spec.project: is missing"}},
		"no region":                     {"it has no default", change(t, n, "region", nil), []string{"spec.region: is missing"}},
		"empty account":                 {"an empty text is none", change(t, c, "account", ""), []string{"spec.account: is missing"}},
		"null":                          {"as if it were not there", change(t, r, "project", json.RawMessage("null")), []string{"spec.project: is missing"}},
		"unknown field":                 {"what is misspelt must not be ignored", change(t, n, "natGateway", "single"), []string{`spec: there is no field "natGateway"`}},
		"unknown field deep":            {"as before", change(t, n, "flowLogs.trafic", "ALL"), []string{`spec: there is no field "trafic"`}},
		"machinery":                     {"the caller has to take it out", change(t, c, "compositionRef", map[string]any{"name": "a"}), []string{`spec: there is no field "compositionRef"`}},
		"text for a list":               {"type error", change(t, n, "subnets.public", "10.40.0.0/24"), []string{"spec.subnets.public: found a value of type string, allowed is a list"}},
		"object for a list":             {"type error", change(t, c, "zones", map[string]any{"a": 1}), []string{"spec.zones: found a value of type object, allowed is a list"}},
		"list for an object":            {"type error", change(t, c, "endpoint", []any{}), []string{"spec.endpoint: found a value of type array, allowed is an object"}},
		"number for text":               {"type error", change(t, c, "version", 1.35), []string{"spec.version: found a value of type number, allowed is text"}},
		"number for text of all claims": {"type error", change(t, c, "account", 111122223333), []string{"spec.account: found a value of type number, allowed is text"}},
		"text for a bool":               {"type error", change(t, c, "secretsEncryption", "true"), []string{"spec.secretsEncryption: found a value of type string, allowed is true or false"}},
		"text for a number":             {"type error", change(t, n, "flowLogs.retentionDays", "365"), []string{"spec.flowLogs.retentionDays: found a value of type string, allowed is a whole number"}},
		"text in a list":                {"type error", change(t, n, "dataACL.ports", []any{"5432"}), []string{"spec.dataACL.ports: found a value of type string, allowed is a whole number"}},
		"number in a list of objects":   {"type error", change(t, n, "subnets.public", []any{1}), []string{"spec.subnets.public: found a value of type number, allowed is an object"}},
		"number as a label":             {"type error", change(t, r, "labels.a", 1), []string{"spec.labels: found a value of type number, allowed is text"}},
		"a large number":                {"no whole number", change(t, n, "flowLogs.retentionDays", 1e300), []string{"spec.flowLogs.retentionDays: found a value of type number 1e+300, allowed is a whole number"}},
		"a fraction":                    {"no whole number", change(t, c, "systemNodes.min", 2.5), []string{"spec.systemNodes.min: found a value of type number 2.5, allowed is a whole number"}},
		"not a number":                  {"JSON has none", change(t, n, "cidr", math.NaN()), []string{"spec: unsupported value: NaN"}},
		"no JSON":                       {"a value that no JSON can be", change(t, n, "cidr", func() {}), []string{"spec: unsupported type: func()"}},
		"deep":                          {"more levels than any claim has", change(t, n, "cidr", deep(9_000)), []string{"spec.cidr: found a value of type array, allowed is text"}},
		"very deep":                     {"more levels than JSON is read with", change(t, n, "cidr", deep(20_000)), []string{"spec: invalid character '[' exceeded max depth"}},
		"no public subnets": {"NAT gateways have to be somewhere", change(t, n, "subnets.public", []any{}), []string{
			"spec.subnets.public: there is no public subnet, and the NAT gateways need one",
			`spec.subnets.privateApp[0]: there is no public subnet in zone "eu-west-1a": every tier has subnets in the same zones`,
			`spec.subnets.privateApp[1]: there is no public subnet in zone "eu-west-1b": every tier has subnets in the same zones`,
			`spec.subnets.privateApp[2]: there is no public subnet in zone "eu-west-1c": every tier has subnets in the same zones`,
			"spec.subnets.privateApp: found 3 subnets for 0 zones: allowed is one in each zone of the public subnets",
			`spec.subnets.privateData[0]: there is no public subnet in zone "eu-west-1a": every tier has subnets in the same zones`,
			`spec.subnets.privateData[1]: there is no public subnet in zone "eu-west-1b": every tier has subnets in the same zones`,
			`spec.subnets.privateData[2]: there is no public subnet in zone "eu-west-1c": every tier has subnets in the same zones`,
			"spec.subnets.privateData: found 3 subnets for 0 zones: allowed is one in each zone of the public subnets",
		}},
		"a zone too few": {"each zone has all tiers", change(t, n, "subnets.privateApp", []any{zone("eu-west-1a", "10.40.0.0/19")}), []string{
			"spec.subnets.privateApp: found 1 subnets for 3 zones: allowed is one in each zone of the public subnets",
		}},
		"another zone": {"each zone has all tiers", change(t, n, "subnets.privateData.1.zone", "eu-west-1d"), []string{
			`spec.subnets.privateData[1]: there is no public subnet in zone "eu-west-1d": every tier has subnets in the same zones`,
		}},
		"zone twice": {"one would take the other's place", change(t, n, "subnets.privateApp.1.zone", "eu-west-1a"), []string{
			"spec: two resources would have the key subnet-private-app-eu-west-1a",
			"spec: two resources would have the key route-table-private-app-eu-west-1a",
			"spec: two resources would have the key route-table-association-private-app-eu-west-1a",
			"spec: two resources would have the key route-private-app-eu-west-1a",
			"spec: two resources would have the key endpoint-s3-private-app-eu-west-1a",
			"spec: two resources would have the key endpoint-ecr-api-eu-west-1a",
			"spec: two resources would have the key endpoint-sqs-eu-west-1a",
		}},
		"no range":            {"a typing mistake", change(t, n, "cidr", "10.40.0.0"), []string{`spec.cidr: "10.40.0.0" is no address range`}},
		"outside":             {"AWS would refuse it", change(t, n, "subnets.public.0.cidr", "10.41.0.0/24"), []string{"spec.subnets.public[0].cidr: 10.41.0.0/24 is no range inside 10.40.0.0/16"}},
		"larger than the VPC": {"AWS would refuse it", change(t, n, "subnets.public.2.cidr", "10.40.0.0/15"), []string{"spec.subnets.public[2].cidr: 10.40.0.0/15 is no range inside 10.40.0.0/16"}},
		"service twice": {"one would take the other's place", change(t, n, "endpoints.gateway", []any{"s3", "s3"}), []string{
			"spec: two resources would have the key endpoint-s3", "spec: two resources would have the key endpoint-s3-private-app-eu-west-1a",
			"spec: two resources would have the key endpoint-s3-private-app-eu-west-1b", "spec: two resources would have the key endpoint-s3-private-app-eu-west-1c",
			"spec: two resources would have the key endpoint-s3-private-data-eu-west-1a", "spec: two resources would have the key endpoint-s3-private-data-eu-west-1b",
			"spec: two resources would have the key endpoint-s3-private-data-eu-west-1c",
		}},
		"one zone":             {"EKS wants two", change(t, c, "zones", []any{"eu-west-1a"}), []string{"spec.zones: found 1 zone, allowed are at least two"}},
		"no zones":             {"EKS wants two", change(t, c, "zones", []any{}), []string{"spec.zones: found 0 zones, allowed are at least two"}},
		"cluster, zone twice":  {"two are one", change(t, c, "zones", []any{"eu-west-1a", "eu-west-1a"}), []string{"spec.zones[1]: eu-west-1a is given twice", "spec.zones: found 1 zone, allowed are at least two"}},
		"limits":               {"EKS would refuse them", change(t, c, "systemNodes.max", 1), []string{"spec.systemNodes.max: 1 is less than min, which is 2"}},
		"add-on twice":         {"one would take the other's place", change(t, c, "addons", []any{map[string]any{"name": "coredns"}, map[string]any{"name": "coredns"}}), []string{"spec: two resources would have the key addon-coredns"}},
		"continuous and basic": {"only Inspector does that", change(t, images, "scanning.frequency", "continuous"), []string{"spec.scanning.frequency: continuous is for the type enhanced: basic scans an image once"}},
		"images that go":       {"they may run", change(t, images, "forceDelete", true), []string{"spec.forceDelete: found true, allowed in prod is false: images that run may be among those that go"}},
		"nobody pushes": {"a mistake", change(t, change(t, images, "repositories.1.github.branches", []any{}), "repositories.1.github.tags", []any{}), []string{
			"spec.repositories[1].github: found neither a branch nor a tag: nobody could push",
		}},
		"repository twice": {"one would take the other's place", change(t, images, "repositories.1.name", "api"), []string{
			"spec: two resources would have the key lifecycle-api-ba81ac28", "spec: two resources would have the key pull-api",
			"spec: two resources would have the key push-role-api", "spec: two resources would have the key push-policy-api",
		}},
		"fine, no accounts":  {"what is not given is empty", change(t, images, "pullAccounts", nil), nil},
		"host outside":       {"no certificate could be proved", change(t, edge(t), "site.hosts", []any{"shop.other.example"}), []string{"spec.site.hosts[0]: shop.other.example is no name inside app.acme.example"}},
		"host of the origin": {"it would ask itself", change(t, edge(t), "site.hosts", []any{"origin.app.acme.example"}), []string{"spec.site.hosts[0]: origin.app.acme.example is the load balancer's own name"}},
		"host twice":         {"one would take the other's place", change(t, edge(t), "site.hosts", []any{"a.app.acme.example", "a.app.acme.example"}), []string{"spec.site.hosts[1]: a.app.acme.example is given twice"}},
		"delegation outside": {"a zone knows only names inside", change(t, edge(t, platformZone), "delegations", []any{map[string]any{"domain": "dev.other.example", "environment": "dev"}}), []string{"spec.delegations[0].domain: dev.other.example is no name inside acme.example"}},
		"nowhere to go":      {"paths without a load balancer", change(t, edge(t), "site.loadBalancer", nil), []string{"spec.site.loadBalancer: is missing, and there is no other place that requests could go to"}},
		"nobody pays attention": {"a budget without a receiver", change(t, accountBaseline(t), "budget.emails", []any{}), []string{
			"spec.budget: has neither emails nor topicARN: nobody would hear of it",
		}},
		"no such standard": {"AWS would refuse it", change(t, accountBaseline(t), "securityHub.standards", []any{"iso-27001"}), []string{
			"spec.securityHub.standards: there is no standard iso-27001: allowed are cis, fsbp, nist-800-53 and pci-dss",
		}},
		"trail of an account": {"AWS would refuse it", change(t, accountBaseline(t, withTrail), "analyzer", "ACCOUNT"), []string{
			"spec.trail: the trail of the organization is in the management account alone, whose analyzer is ORGANIZATION",
		}},
		"files go before they move": {"nothing would move", change(t, accountBaseline(t, withTrail), "trail.archiveAfterDays", 365), []string{
			"spec.trail.archiveAfterDays: log files go before they move: allowed is less than retentionDays",
		}},
		"Grafana without a cluster": {"there is nothing to show", change(t, observability(t), "clusterName", nil), []string{"spec.grafana: there is no cluster whose metrics it could show"}},
		"fine, no lists":            {"what is not given is empty", change(t, change(t, c, "addons", nil), "access", nil), nil},
		"fine, no tags":             {"genops's own are there", change(t, n, "tags", nil), nil},
		"fine, no endpoints":        {"what is not given is empty", change(t, n, "endpoints", nil), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			composition := tc.claim.composition(t)
			_, err := composition.Compose(tc.claim.spec, compositions.Observed{})
			if diff := cmp.Diff(tc.want, problems(t, err)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			// The CLI reads the same sentences.
			_, _, simulated := compositions.Simulate(composition, tc.claim.spec)
			if diff := cmp.Diff(tc.want, problems(t, simulated)); diff != "" {
				t.Errorf("simulated: %s (-want +got):\n%s", tc.reason, diff)
			}
			if err != nil && err.Error() != strings.Join(tc.want, "; ") {
				t.Errorf("as one text: %s", err)
			}
		})
	}
	t.Run("10,000 subnets", func(t *testing.T) {
		t.Parallel()
		_, err := n.composition(t).Compose(change(t, n, "subnets.public", many).spec, compositions.Observed{})
		got := problems(t, err)
		if len(got) == 0 || got[0] != "spec.subnets.public: found 10000 subnets for 1 zones: allowed is one in each zone of the public subnets" {
			t.Errorf("%d problems, the first is %q", len(got), got[:min(1, len(got))])
		}
	})
}

// TestOpenEndpointIsSaid holds that a public endpoint without ranges says what EKS makes of it: reviewers see it.
func TestOpenEndpointIsSaid(t *testing.T) {
	t.Parallel()
	result := change(t, cluster(t, plain), "endpoint.public", true).compose(t, compositions.Observed{})
	if diff := cmp.Diff([]any{"0.0.0.0/0"}, field(object(t, result, "cluster"), "spec", "forProvider", "vpcConfig", "publicAccessCidrs")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestFind holds which kinds are composed.
func TestFind(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"Network": "XNetwork", "XNetwork": "XNetwork", "Cluster": "XCluster", "XCluster": "XCluster", "ClusterRegistration": "ClusterRegistration",
		"Registry": "XRegistry", "XRegistry": "XRegistry", "Edge": "XEdge", "XEdge": "XEdge",
		"XClusterRegistration": "", "Database": "XDatabase", "Organization": "XOrganization", "XOrganization": "XOrganization", "XDatabase": "XDatabase",
		"AccountBaseline": "XAccountBaseline", "XAccountBaseline": "XAccountBaseline", "Observability": "XObservability", "XObservability": "XObservability", "Cache": "", "": "", "X": "", "network": "",
	} {
		found, ok := compositions.Find(kind)
		if got := found.CompositeKind(); ok != (want != "") || ok && got != want {
			t.Errorf("%s is composed by %q, want %q", kind, got, want)
		}
	}
}
