package compositions_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// usage is a declared order of deletion, by the keys of the two resources under the kinds of their claims.
type usage struct{ of, by string }

// usages of an environment's resources, by the key of the usage.
func usages(all map[string]map[string]any) map[string]usage {
	keys := map[string]string{}
	for key, object := range all {
		keys[text(object, "kind")+" "+text(object, "metadata", "name")] = key
	}
	found := map[string]usage{}
	for key, object := range all {
		if object["kind"] == "ClusterUsage" {
			side := func(name string) string {
				return keys[text(object, "spec", name, "kind")+" "+text(object, "spec", name, "resourceRef", "name")]
			}
			found[key] = usage{of: side("of"), by: side("by")}
		}
	}
	return found
}

// TestDeletionOrder holds exactly which resources stay until another one is gone.
func TestDeletionOrder(t *testing.T) {
	t.Parallel()
	for name, claims := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := everything(t, claims)
			want := map[usage]bool{}
			for key := range all {
				_, zone, found := strings.Cut(key, "Network/nat-gateway-")
				if found {
					want[usage{"Network/route-public-" + zone, key}] = true
					want[usage{"Network/internet-gateway", key}] = true
					want[usage{"Network/nat-address-" + zone, key}] = true
				}
			}
			if flowLogs := matching(slices.Collect(maps.Keys(all)), `^Network/flow-logs-(all|reject)$`); len(flowLogs) > 0 {
				want[usage{"Network/flow-logs-role", flowLogs[0]}] = true
			}
			for key, object := range all {
				if strings.HasPrefix(key, "Edge/") && object["kind"] == "Record" {
					want[usage{"Edge/zone", key}] = true
				}
			}
			if all["Edge/distribution"] != nil {
				want[usage{"Edge/web-acl", "Edge/distribution"}] = true
				want[usage{"Edge/security-headers", "Edge/distribution"}] = true
			}
			if all["Edge/load-balancer-security-group"] != nil {
				want[usage{"Network/vpc", "Edge/load-balancer-security-group"}] = true
			}
			if all["Cluster/cluster"] != nil {
				spec := find(t, claims, "Cluster").spec
				zones, _ := spec["zones"].([]any)
				for _, zone := range zones {
					for _, of := range []string{"subnet", "route-table-association", "route"} {
						want[usage{fmt.Sprintf("Network/%s-private-app-%s", of, zone), "Cluster/cluster"}] = true
					}
				}
				for _, of := range []string{"control-plane-role", "control-plane-role-amazoneksclusterpolicy", "control-plane-security-group", "log-group"} {
					want[usage{"Cluster/" + of, "Cluster/cluster"}] = true
				}
				if spec["secretsEncryption"] == true {
					want[usage{"Cluster/secrets-key", "Cluster/cluster"}] = true
				}
				group := matching(slices.Collect(maps.Keys(all)), `^Cluster/system-nodes-group-`)[0]
				for _, of := range []string{
					"cluster", "system-nodes-template", "system-nodes-role", "system-nodes-role-amazoneksworkernodepolicy",
					"system-nodes-role-amazonec2containerregistrypullonly", "system-nodes-role-amazonssmmanagedinstancecore",
				} {
					want[usage{"Cluster/" + of, group}] = true
				}
			}
			for _, repository := range matching(slices.Collect(maps.Keys(all)), `^Registry/repository-`) {
				want[usage{"Registry/key", repository}] = true
			}
			for _, by := range []string{"StateBackend/bucket", "StateBackend/lock-table"} {
				if all[by] != nil {
					want[usage{"StateBackend/key", by}] = true
				}
			}
			if all["AccountBaseline/detector"] != nil {
				const channel = "AccountBaseline/config-delivery-channel"
				want[usage{"AccountBaseline/config-bucket", channel}] = true
				want[usage{"AccountBaseline/config-key", channel}] = true
				want[usage{"AccountBaseline/disk-key", "AccountBaseline/disk-default-key"}] = true
			}
			if all["AccountBaseline/trail"] != nil {
				want[usage{"AccountBaseline/trail-bucket", "AccountBaseline/trail"}] = true
				want[usage{"AccountBaseline/trail-key", "AccountBaseline/trail"}] = true
			}
			if all["Observability/workspace"] != nil {
				want[usage{"Observability/key", "Observability/workspace"}] = true
			}
			if all["Database/cluster"] != nil {
				wantedOfDatabase(t, all, want)
			}
			wantedOfOrganization(all, want)
			got := map[usage]bool{}
			for _, u := range usages(all) {
				got[u] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// wantedOfOrganization adds that policies and permission sets stay until nobody has them any more.
func wantedOfOrganization(all map[string]map[string]any, want map[usage]bool) {
	for key, object := range all {
		_, name, _ := strings.Cut(key, "Organization/")
		switch text(object, "kind") {
		case "PolicyAttachment":
			policy, _, _ := strings.Cut(strings.TrimPrefix(name, "attachment-"), ".")
			want[usage{"Organization/policy-" + policy, key}] = true
		case "AccountAssignment":
			set, _, _ := strings.Cut(strings.TrimPrefix(name, "assignment-"), ".")
			want[usage{"Organization/permission-set-" + set, key}] = true
		}
	}
}

// wantedOfDatabase adds the order of a database: instances, copy, global database, cluster, and what that needs.
func wantedOfDatabase(t *testing.T, all map[string]map[string]any, want map[usage]bool) {
	t.Helper()
	for key := range all {
		place, zone, found := strings.Cut(key, "instance-")
		switch {
		case !found || strings.Contains(key, "usage-") || !strings.HasPrefix(key, "Database/"):
		case place == "Database/":
			want[usage{"Database/cluster", key}] = true
			want[usage{"Network/subnet-private-data-" + zone, key}] = true
		default:
			want[usage{"Database/replica-cluster", key}] = true
		}
	}
	for _, side := range []string{"", "replica-"} {
		if all["Database/"+side+"cluster"] == nil {
			continue
		}
		for _, of := range []string{"key", "subnet-group", "security-group", "log-group"} {
			want[usage{"Database/" + side + of, "Database/" + side + "cluster"}] = true
		}
	}
	if all["Database/global-cluster"] != nil {
		want[usage{"Database/cluster", "Database/global-cluster"}] = true
		want[usage{"Database/global-cluster", "Database/replica-cluster"}] = true
	}
	if all["Database/nodes-postgresql"] != nil {
		want[usage{"Cluster/cluster", "Database/nodes-postgresql"}] = true
	}
}

// TestUsages holds what Crossplane reads in a usage.
func TestUsages(t *testing.T) {
	t.Parallel()
	all := everything(t, configurations(t)["everything"])
	want := map[string]any{
		"apiVersion": "protection.crossplane.io/v1beta1", "kind": "ClusterUsage", "metadata": map[string]any{"name": "app.cluster.usage-secrets-key-by-cluster"},
		"spec": map[string]any{
			"of":             map[string]any{"apiVersion": "kms.aws.upbound.io/v1beta1", "kind": "Key", "resourceRef": map[string]any{"name": "app.cluster.secrets-key"}},
			"by":             map[string]any{"apiVersion": "eks.aws.upbound.io/v1beta2", "kind": "Cluster", "resourceRef": map[string]any{"name": "app.cluster.cluster"}},
			"reason":         "Without its key the cluster cannot read its Secrets.",
			"replayDeletion": true, // Or a person would have to delete it a second time.
		},
	}
	if diff := cmp.Diff(want, all["Cluster/usage-secrets-key-by-cluster"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for key := range usages(all) {
		if reason := text(all[key], "spec", "reason"); len(reason) < 20 || !strings.HasSuffix(reason, ".") || all[key]["apiVersion"] != want["apiVersion"] {
			t.Errorf("%s: %q is what people read when a deletion is refused", key, reason)
		}
	}
}

// TestNoUsageHoldsBackWhatMayGo walks through edits, each in both directions. Crossplane removes a usage only after its user is gone. So what may go
// while its user stays must not be in a usage, or it would stay for ever, paid and unwanted.
func TestNoUsageHoldsBackWhatMayGo(t *testing.T) {
	t.Parallel()
	for name, e := range edits(t) {
		var kept []string
		for _, walk := range []struct{ from, to map[string]map[string]any }{{e.before, e.after}, {e.after, e.before}} {
			for key, u := range usages(walk.from) {
				if walk.to[u.of] == nil && walk.to[u.by] != nil {
					kept = append(kept, key)
				}
			}
		}
		slices.Sort(kept)
		var expected []string
		if e.kept != "" {
			expected = matching(kept, e.kept)
		}
		if diff := cmp.Diff(expected, kept); diff != "" || (e.kept != "") != (len(kept) > 0) {
			t.Errorf("%s: %s (-expected +held back):\n%s", name, e.reason, diff)
		}
	}
}
