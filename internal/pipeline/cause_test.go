package pipeline

import (
	"testing"

	"github.com/innovate-inc/genops/schema"
)

// TestCause maps fields of rendered objects back to what a person wrote.
func TestCause(t *testing.T) {
	t.Parallel()
	e := &schema.Environment{Name: "dev", Services: map[string]schema.Service{"web": {}, "api": {Namespace: "backend"}}}
	cases := map[string]struct{ reason, object, message, want string }{
		"field of a claim":     {"the claim has the names of the environment", "dev/claims/network.yaml", "spec.flowLogs.retentionDays: Unsupported value: 2", "network.flowLogs.retentionDays"},
		"element of a claim":   {"positions are found in lists, too", "dev/claims/cluster.yaml", "spec.logs[1]: Unsupported value", "cluster.logs[1]"},
		"metadata of a claim":  {"no field of the spec is to blame", "dev/claims/network.yaml", "metadata.name: Invalid value", "network"},
		"adopted id":           {"ids stand outside the claim's own field", "dev/claims/network.yaml", "spec.adopt.vcp: no resource has this key", "adopt.network.vcp"},
		"tag":                  {"tags belong to the environment", "dev/claims/network.yaml", "spec.tags.team: Invalid value", "tags.team"},
		"account":              {"it is the environment's", "dev/claims/cluster.yaml", "spec.account: Invalid value", "account"},
		"sentence":             {"no path begins it", "dev/claims/cluster.yaml", "spec: there is no field \"x\"", "cluster"},
		"node pool":            {"its objects are named after it", "dev/cluster/node-pools/nodepool-arm64.yaml", "spec.weight: Invalid value", "nodePools.arm64"},
		"service":              {"its namespace has its name", "dev/cluster/namespaces/web/limitrange.yaml", "spec.limits: Invalid value", "services.web"},
		"service, renamed":     {"its namespace has a name of its own", "dev/cluster/namespaces/backend/limitrange.yaml", "spec.limits: Invalid value", "services.api"},
		"namespace of nobody":  {"the environment is to blame", "dev/cluster/namespaces/x/limitrange.yaml", "spec.limits: Invalid value", ""},
		"something else below": {"the environment is to blame", "dev/other/x.yaml", "spec.a: Invalid value", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := cause(e, tc.object, tc.message); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
