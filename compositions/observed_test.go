package compositions_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// group is the key of the system nodes of the cluster of the tests, and the one of the same with Amazon Linux.
const (
	group    = "system-nodes-group-3e74e367"
	newGroup = "system-nodes-group-ce33f966"
)

// waitingEdge are the keys of an edge that wait while nothing was observed.
func waitingEdge() []string {
	return []string{"address-apex", "address-shop", "ipv6-apex", "ipv6-shop", "external-dns-records", "load-balancer-web-acl-logs", "web-acl-logs", "distribution", "validation-apex"}
}

// TestNothingIsHeldBackButWhatNeedsAValue holds what is composed before anything was observed, and how the rest follows.
func TestNothingIsHeldBackButWhatNeedsAValue(t *testing.T) {
	t.Parallel()
	encrypted, bare := cluster(t), cluster(t, plain)
	_, observed := encrypted.simulate(t)
	_, observedBare := bare.simulate(t)
	_, observedEdge := edge(t).simulate(t)
	cases := map[string]struct {
		reason   string
		claim    claim
		observed compositions.Observed
		want     []string
	}{
		"encrypted, nothing observed": {"the cluster needs the key's ARN, the OIDC provider the issuer, the node group a version", encrypted, compositions.Observed{}, []string{"cluster", "oidc-provider", group}},
		"plain, nothing observed":     {"the cluster needs nothing", bare, compositions.Observed{}, []string{"oidc-provider", group}},
		"the key has no ARN yet":      {"a key without a status is nothing", encrypted, with(compositions.Observed{}, "secrets-key", map[string]any{"kind": "Key"}), []string{"cluster", "oidc-provider", group}},
		"the key":                     {"now the cluster", encrypted, only(observed, "secrets-key"), []string{"oidc-provider", group}},
		"the launch template":         {"now the node group", encrypted, only(observed, "system-nodes-template"), []string{"cluster", "oidc-provider"}},
		"the key and the cluster":     {"now the OIDC provider", encrypted, only(observed, "secrets-key", "cluster"), []string{group}},
		"plain, the cluster":          {"now the OIDC provider", bare, only(observedBare, "cluster"), []string{group}},
		"all":                         {"nothing waits", encrypted, observed, nil},
		"network":                     {"references are enough", network(t, withPods, withACL), compositions.Observed{}, nil},
		"edge, nothing observed":      {"what AWS has not said cannot be asked for", edge(t), compositions.Observed{}, waitingEdge()},
		"edge, all":                   {"nothing waits", edge(t), observedEdge, nil},
		"edge, a certificate":         {"now the proof, but for the distribution it has to be valid", edge(t), only(observedEdge, "certificate", "web-acl", "security-headers", "spa-origin-access", "spa-router", "access-logs-bucket-ownership"), waitingEdge()[:8]},
		"edge, a valid certificate":   {"now the distribution", edge(t), only(observedEdge, "certificate", "certificate-validation", "web-acl", "security-headers", "spa-origin-access", "spa-router", "access-logs-bucket-ownership"), waitingEdge()[:7]},
		"edge, a distribution":        {"now the addresses; what makes it stays with it", edge(t), only(observedEdge, "distribution"), []string{"external-dns-records", "load-balancer-web-acl-logs", "validation-apex", "web-acl-logs"}},
		"platform's zone":             {"a zone without name servers cannot be pointed to", edge(t, platformZone), compositions.Observed{}, []string{"delegation-app", "delegation-dev"}},
		"registration":                {"there is no Secret without an endpoint", registration(t), compositions.Observed{}, []string{"secret"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := tc.claim.compose(t, tc.observed)
			tc.want = slices.Sorted(slices.Values(tc.want))
			if diff := cmp.Diff(tc.want, result.Held); diff != "" {
				t.Errorf("%s: held back (-want +got):\n%s", tc.reason, diff)
			}
			// What is held back and what is composed are all that there will be, but for the usages of what is held back.
			complete, _ := tc.claim.simulate(t)
			var missing []string
			for _, key := range keys(complete) {
				if !slices.Contains(keys(result), key) && len(matching([]string{key}, `^usage-.*-by-(cluster|distribution|(address|ipv6|validation|delegation)-.*|`+group+`)$`)) == 0 {
					missing = append(missing, key)
				}
			}
			if diff := cmp.Diff(tc.want, missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

// TestObservedValues holds where the values come from that only AWS knows.
func TestObservedValues(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b"
	_, observed := cluster(t).simulate(t)
	observed = with(observed, "secrets-key", observedKey(arn).Resources["secrets-key"])
	issuer := clone(t, observed.Resources["cluster"])
	field(issuer, "status", "atProvider").(map[string]any)["identity"] = []any{map[string]any{"oidc": []any{map[string]any{"issuer": "https://oidc.example/id/1"}}}}
	field(issuer, "status", "atProvider").(map[string]any)["version"] = "1.34"
	observed = with(observed, "cluster", issuer)
	cases := map[string]struct {
		version any // Of the launch template, as an observation can have it.
		want    string
	}{
		"number of JSON":  {float64(7), "7"},
		"number of Go":    {int64(7), "7"},
		"a large version": {float64(1_234_567), "1234567"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := with(observed, "system-nodes-template", map[string]any{
				"kind": "LaunchTemplate", "status": map[string]any{"atProvider": map[string]any{"latestVersion": tc.version}},
			})
			result := cluster(t).compose(t, seen)
			for _, value := range []struct{ got, want any }{
				{field(object(t, result, "cluster"), "spec", "forProvider", "encryptionConfig"), map[string]any{"provider": map[string]any{"keyArn": arn}, "resources": []any{"secrets"}}},
				{field(object(t, result, "oidc-provider"), "spec", "forProvider"), map[string]any{
					"url": "https://oidc.example/id/1", "clientIdList": []any{"sts.amazonaws.com"},
					"tags": field(object(t, result, "oidc-provider"), "spec", "forProvider", "tags"),
				}},
				{field(object(t, result, group), "spec", "forProvider", "launchTemplate"), map[string]any{"name": "acme-app-system", "version": tc.want}},
				{field(object(t, result, group), "spec", "forProvider", "version"), "1.34"},
			} {
				if diff := cmp.Diff(value.want, value.got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestNothingIsDroppedWhenAStatusVanishes takes the status of each resource in turn, and of all: what a composition stops returning is deleted, and
// what it stops setting is taken out of AWS.
func TestNothingIsDroppedWhenAStatusVanishes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]claim{
		"network": network(t, withPods, withACL), "cluster": cluster(t, withAccess), "registration": registration(t),
		"registration with metrics": registration(t, withMetrics),
		"edge":                      edge(t, deepHost), "platform's zone": edge(t, platformZone), "edge without an application": edge(t, onlyAPI),
		"database": database(t, withAlarms), "database with a replica": database(t, withReplica),
		"organization":  organization(t),
		"observability": observability(t, withReceivers), "observability without a cluster": observability(t, onlyAlarms),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, observed := c.settled(t)
			want := objects(result)
			judge := func(what string, seen compositions.Observed) {
				got := c.compose(t, seen)
				// go-cmp takes its time, and what is equal needs no difference.
				if !reflect.DeepEqual(want, objects(got)) {
					// What is kept as it was observed came as JSON, whose numbers are all of one kind.
					if diff := cmp.Diff(clone(t, want), clone(t, objects(got))); diff != "" {
						t.Errorf("%s (-before +after):\n%s", what, diff)
					}
				}
				if len(got.Held) > 0 {
					t.Errorf("%s: held back %q", what, got.Held)
				}
			}
			blind := compositions.Observed{Resources: map[string]map[string]any{}}
			for key, seen := range observed.Resources {
				without := maps.Clone(seen)
				delete(without, "status")
				judge("status of "+key, with(observed, key, without))
				blind.Resources[key] = without
			}
			judge("all of them, and what is only read", blind)
		})
	}
}

// TestEncryptionTurnedOnLater holds that a cluster that is there stays while its key is made.
func TestEncryptionTurnedOnLater(t *testing.T) {
	t.Parallel()
	off := func(s *schema.ClusterSpec) { s.SecretsEncryption = false }
	_, observed := cluster(t, off).simulate(t)
	waiting := cluster(t).compose(t, observed)
	if len(waiting.Held) > 0 {
		t.Errorf("held back: %q", waiting.Held)
	}
	if got := field(object(t, waiting, "cluster"), "spec", "forProvider", "encryptionConfig"); got != nil {
		t.Errorf("encrypted with %v before there is a key", got)
	}
	object(t, waiting, "secrets-key")
	encrypted := cluster(t).compose(t, with(observed, "secrets-key", observedKey("arn:key").Resources["secrets-key"]))
	if got := text(object(t, encrypted, "cluster"), "spec", "forProvider", "encryptionConfig", "provider", "keyArn"); got != "arn:key" {
		t.Errorf("encrypted with %q", got)
	}
}

// TestReplacedNodeGroupStays holds that what runs on old nodes has somewhere to go before they go.
func TestReplacedNodeGroupStays(t *testing.T) {
	t.Parallel()
	_, before := cluster(t).simulate(t)
	_, after := cluster(t, amd64).simulate(t)
	unready := func(status string) map[string]any {
		object := clone(t, after.Resources[newGroup])
		object["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": status}}}
		return object
	}
	other := clone(t, before.Resources[group])
	other["metadata"].(map[string]any)["name"] = "app.cluster.system-nodes-group-00000000"
	cases := map[string]struct {
		reason   string
		observed compositions.Observed
		want     []string
	}{
		"new one not made":    {"there is nothing else to run on", before, []string{group, newGroup}},
		"new one is made":     {"it may never become ready", with(before, newGroup, unready("False")), []string{group, newGroup}},
		"no status yet":       {"nothing is assumed", with(before, newGroup, map[string]any{"kind": "NodeGroup"}), []string{group, newGroup}},
		"new one is ready":    {"now the old one goes", with(before, newGroup, unready("True")), []string{newGroup}},
		"old one is gone":     {"nothing is left", with(without(before, group), newGroup, unready("True")), []string{newGroup}},
		"two edits in a row":  {"both old ones stay", with(before, "system-nodes-group-00000000", other), []string{"system-nodes-group-00000000", group, newGroup}},
		"template is unknown": {"the new one waits, the old one stays", without(before, "system-nodes-template"), []string{group}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := cluster(t, amd64).compose(t, tc.observed)
			if diff := cmp.Diff(tc.want, matching(keys(result), `^system-nodes-group-`)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if !slices.Contains(keys(result), group) {
				return
			}
			kept := object(t, result, group)
			want := clone(t, before.Resources[group])
			delete(want, "status")
			if diff := cmp.Diff(want, clone(t, kept)); diff != "" {
				t.Errorf("the old one changed (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNodesFollowTheControlPlane holds that nodes are never asked for a newer version than the control plane has: EKS refuses.
func TestNodesFollowTheControlPlane(t *testing.T) {
	t.Parallel()
	upgrade := cluster(t, func(s *schema.ClusterSpec) { s.Version = "1.36" })
	_, observed := cluster(t).simulate(t) // Has 1.35.
	blind := maps.Clone(observed.Resources["cluster"])
	delete(blind, "status")
	upgraded := clone(t, observed.Resources["cluster"])
	field(upgraded, "status", "atProvider").(map[string]any)["version"] = "1.36"
	cases := map[string]struct {
		reason   string
		observed compositions.Observed
		want     string
	}{
		"while it is upgraded":    {"AWS does one after the other", observed, "1.35"},
		"after it was upgraded":   {"now the nodes", with(observed, "cluster", upgraded), "1.36"},
		"it cannot be seen":       {"the nodes keep their version", with(observed, "cluster", blind), "1.35"},
		"nothing but a template":  {"the first nodes have the version that the control plane is made with", only(observed, "system-nodes-template"), "1.36"},
		"the nodes are gone, too": {"as for the first nodes", without(with(observed, "cluster", blind), group), "1.36"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := upgrade.compose(t, tc.observed)
			if got := text(object(t, result, group), "spec", "forProvider", "version"); got != tc.want {
				t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
			}
			if slices.Contains(keys(result), "cluster") {
				if got := text(object(t, result, "cluster"), "spec", "forProvider", "version"); got != "1.36" {
					t.Errorf("the control plane is asked for %s", got)
				}
			}
		})
	}
}

// TestNodesMoveWithTheirLimits holds that the number of nodes is left alone but where EKS would refuse the limits.
func TestNodesMoveWithTheirLimits(t *testing.T) {
	t.Parallel()
	_, observed := cluster(t).simulate(t)
	running := func(size any) compositions.Observed {
		seen := clone(t, observed.Resources[group])
		field(seen, "status", "atProvider").(map[string]any)["scalingConfig"] = map[string]any{"desiredSize": size}
		return with(observed, group, seen)
	}
	for name, tc := range map[string]struct {
		reason   string
		observed compositions.Observed
		want     map[string]any
	}{
		"not known":      {"nothing is assumed", observed, map[string]any{"minSize": int64(2), "maxSize": int64(4)}},
		"within":         {"a person may have reason to change it", running(float64(3)), map[string]any{"minSize": int64(2), "maxSize": int64(4)}},
		"fewer than min": {"EKS refuses a smallest number above what runs", running(float64(1)), map[string]any{"minSize": int64(2), "maxSize": int64(4), "desiredSize": int64(2)}},
		"more than max":  {"EKS refuses a largest number below what runs", running(int64(6)), map[string]any{"minSize": int64(2), "maxSize": int64(4), "desiredSize": int64(4)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := object(t, cluster(t).compose(t, tc.observed), group)
			if diff := cmp.Diff(tc.want, field(made, "spec", "forProvider", "scalingConfig")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(map[string]any{"scalingConfig": map[string]any{"desiredSize": int64(2)}}, field(made, "spec", "initProvider")); diff != "" {
				t.Errorf("at the beginning (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRoutesMoveWithTheirGateways holds that a route gets the id of another NAT gateway as soon as there is one, and keeps its own until then.
func TestRoutesMoveWithTheirGateways(t *testing.T) {
	t.Parallel()
	perZone, single := network(t), network(t, func(s *schema.NetworkSpec) { s.NATGateways = "single" })
	_, many := perZone.settled(t)
	_, few := single.settled(t)
	id := func(zone string) string { return fmt.Sprintf("simulated-app.network.nat-gateway-%s", zone) }
	for name, tc := range map[string]struct {
		reason   string
		claim    claim
		observed compositions.Observed
		ref, id  string
	}{
		"nothing observed":   {"the reference is enough", perZone, compositions.Observed{}, "eu-west-1b", ""},
		"its own":            {"as it was", perZone, many, "eu-west-1b", id("eu-west-1b")},
		"to the single one":  {"its own is going", single, many, "eu-west-1a", id("eu-west-1a")},
		"one that is coming": {"the single one serves until then", perZone, few, "eu-west-1b", id("eu-west-1a")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forProvider := field(object(t, tc.claim.compose(t, tc.observed), "route-private-app-eu-west-1b"), "spec", "forProvider")
			if got := text(forProvider, "natGatewayIdRef", "name"); got != "app.network.nat-gateway-"+tc.ref {
				t.Errorf("%s: refers to %s", tc.reason, got)
			}
			if got := text(forProvider, "natGatewayId"); got != tc.id {
				t.Errorf("%s: goes to %q, want %q", tc.reason, got, tc.id)
			}
		})
	}
}

// TestNewZonesAreInsideTheDataACL holds the same for the subnets of the network ACL.
func TestNewZonesAreInsideTheDataACL(t *testing.T) {
	t.Parallel()
	c := network(t, withACL)
	_, observed := c.simulate(t)
	id := func(zone string) any { return "simulated-app.network.subnet-private-data-" + zone }
	small := clone(t, observed.Resources["data-acl"])
	field(small, "spec", "forProvider").(map[string]any)["subnetIds"] = []any{id("eu-west-1a"), id("eu-west-1b")}
	for name, tc := range map[string]struct {
		reason   string
		observed compositions.Observed
		want     any
	}{
		"nothing observed": {"references are enough", compositions.Observed{}, nil},
		"all subnets":      {"also that of a zone that was added", with(observed, "data-acl", small), []any{id("eu-west-1a"), id("eu-west-1b"), id("eu-west-1c")}},
		"one is coming":    {"the others stay inside until then", with(without(observed, "subnet-private-data-eu-west-1c"), "data-acl", small), []any{id("eu-west-1a"), id("eu-west-1b")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := field(object(t, c.compose(t, tc.observed), "data-acl"), "spec", "forProvider", "subnetIds")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
