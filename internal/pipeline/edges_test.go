package pipeline_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/internal/pipeline"
	"github.com/innovate-inc/genops/internal/problem"
)

// TestWhatIsRenderedIsValidAtTheEdges has inputs at the edge of what the contract takes. For each there are two good answers: a problem that
// says what is wrong with it, or objects that every API takes. A render that fails in words of Go, or that writes what the API server will
// refuse, is neither. Each case says which answer is expected.
func TestWhatIsRenderedIsValidAtTheEdges(t *testing.T) {
	t.Parallel()
	many := func(count int, line func(i int) string) string {
		var b strings.Builder
		for i := range count {
			b.WriteString(line(i))
		}
		return b.String()
	}
	arn := func(i int) string {
		return fmt.Sprintf("cluster: access: a%d: {principalARN: \"arn:aws:iam::111122223333:role/R%d\", policy: \"View\"}\n", i, i)
	}
	cases := map[string]struct {
		reason  string
		lines   string // More lines of the environment dev.
		refused bool   // Whether a problem is the right answer.
	}{
		"defaults":                   {"nothing special", "", false},
		"all stages of a duration":   {"hours, minutes, seconds", `nodePools: amd64: disruption: {expireAfter: "1h2m3s", terminationGracePeriod: "90m", consolidateAfter: "0s"}`, false},
		"never":                      {"Karpenter knows the word", `nodePools: amd64: disruption: {expireAfter: "Never", consolidateAfter: "Never"}`, false},
		"endless duration":           {"more hours than a duration holds", `nodePools: amd64: disruption: expireAfter: "99999999999h"`, true},
		"endless grace":              {"more hours than a duration holds", `nodePools: amd64: disruption: terminationGracePeriod: "99999999999h"`, true},
		"budget of no time":          {"Karpenter's definition refuses 0s", `nodePools: amd64: disruption: budgets: [{nodes: "1", schedule: "@daily", duration: "0h"}]`, true},
		"budget of 90 minutes":       {"written as hours and minutes", `nodePools: amd64: disruption: budgets: [{nodes: "1", schedule: "@daily", duration: "90m"}]`, false},
		"51 budgets":                 {"Karpenter takes 50", "nodePools: amd64: disruption: budgets: [" + strings.Repeat(`{nodes: "1"}, `, 51) + "]", true},
		"label of a subdomain":       {"Karpenter's own domain and what is below it", `nodePools: amd64: labels: "team.karpenter.sh/x": "y"`, true},
		"label of one's own":         {"any other domain", `nodePools: amd64: labels: "karpenter.example/x": "y"`, false},
		"tag of a cluster":           {"Karpenter sets it", `tags: "kubernetes.io/cluster/acme-dev": "owned"`, true},
		"tag of a pool":              {"Karpenter sets it", `tags: "karpenter.sh/nodepool": "x"`, true},
		"tag of EKS":                 {"Karpenter sets it", `tags: "eks:eks-cluster-name": "x"`, true},
		"tag of genops":              {"it would be replaced in silence", `tags: environment: "other"`, true},
		"eviction":                   {"shares and quantities", `nodePools: amd64: kubelet: evictionHard: {"memory.available": "5.5%", "nodefs.available": "100Mi"}`, false},
		"reserved":                   {"shares of a node", `nodePools: amd64: kubelet: {kubeReserved: {cpu: "80m", pid: "1000"}, systemReserved: "ephemeral-storage": "1Gi", maxPods: 737}`, false},
		"small disk":                 {"what the image needs", `nodePools: amd64: disk: sizeGiB: 20`, false},
		"large disk":                 {"16 TiB", `nodePools: amd64: disk: {sizeGiB: 16384, iops: 16000, throughput: 1000}`, false},
		"capacity":                   {"both kinds", `nodePools: amd64: capacityTypes: ["on-demand", "spot"]`, false},
		"no category":                {"a pool of no instances", `nodePools: amd64: instances: categories: []`, true},
		"default above the most":     {"the API server refuses such a LimitRange", `services: api: containers: memoryLimit: "8Gi"`, true},
		"request above the limit":    {"the API server refuses such a LimitRange", `services: api: containers: memory: "1Gi"`, true},
		"fine limits":                {"in other units", `services: api: containers: {memory: "0.5Gi", memoryLimit: "512Mi", maxMemory: "1G"}`, false},
		"long configuration":         {"the claim takes 8192 characters", `cluster: addons: coredns: configuration: corefile: "` + strings.Repeat("x", 9000) + `"`, true},
		"100 access entries":         {"as many as the claim takes", many(100, arn), false},
		"101 access entries":         {"more than the claim takes", many(101, arn), true},
		"endpoint twice":             {"one resource cannot be made twice", `network: endpoints: interface: ["sts", "sts"]`, true},
		"log twice":                  {"EKS takes each once", `cluster: logs: ["api", "api"]`, true},
		"service that calls itself":  {"pods of one service may talk", `services: api: network: from: ["api"]`, false},
		"architecture of a service":  {"a pool has it", `services: api: architecture: "arm64"`, false},
		"pool with a long name":      {"30 characters", "nodePools: " + strings.Repeat("a", 30) + ": {architecture: \"amd64\", weight: 1}", false},
		"zones by name":              {"in another order", `network: zones: ["eu-west-1c", "eu-west-1a"]`, false},
		"private endpoint":           {"nobody is let in", `cluster: endpoint: public: false`, false},
		"quota of nothing":           {"no volumes", `services: api: quota: {volumes: 0, pods: 1, cpu: "0.1", memory: "1Mi", memoryLimit: "1Mi"}`, false},
		"window in another zone":     {"a zone that Argo CD knows", `argocd: syncWindows: [{kind: "deny", schedule: "@weekly", duration: "1h", timeZone: "America/Argentina/Buenos_Aires"}]`, false},
		"window in this machine":     {"it is another time on each machine", `argocd: syncWindows: [{kind: "deny", schedule: "@weekly", duration: "1h", timeZone: "Local"}]`, true},
		"service in the hub's space": {"Kubernetes' own namespaces are refused by the contract", `services: api: namespace: "kube-node-lease"`, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := pipeline.Render(t.Context(), inputs(t, map[string]string{"dev/e.cue": devLines + tc.lines}), "", nil, silent)
			var problems *problem.Error
			switch {
			case errors.As(err, &problems):
				if !tc.refused {
					t.Errorf("%s, and yet: %v", tc.reason, problems)
				}
				for _, p := range problems.Problems {
					if p.Position.Line == 0 || p.Environment != "dev" {
						t.Errorf("a problem that nobody can click: %+v", p)
					}
				}
			case err != nil:
				t.Errorf("%s: words of Go: %v", tc.reason, err)
			case tc.refused:
				t.Errorf("%s, and it is rendered", tc.reason)
				fallthrough
			default:
				objects := decode(t, result.Files)
				judge := newJudge(t, objects)
				for _, path := range slices.Sorted(maps.Keys(objects)) {
					for _, message := range judge.says(t.Context(), objects[path]) {
						t.Errorf("%s: %s", path, message)
					}
				}
			}
		})
	}
}

// TestNamesOfEnvironmentsDoNotCollide has two environments whose projects in Argo CD would have one name: the claims of the second, and the
// cluster of the first.
func TestNamesOfEnvironmentsDoNotCollide(t *testing.T) {
	t.Parallel()
	_, err := pipeline.Render(t.Context(), inputs(t, map[string]string{
		"dev/e.cue":         devLines,
		"dev-cluster/e.cue": "stage: \"dev\"\naccount: \"222233334444\"\nnetwork: cidr: \"10.30.0.0/16\"\n",
	}), "", nil, silent)
	if _, ok := errors.AsType[*problem.Error](err); !ok {
		t.Errorf("got %v, want a problem that names the environments", err)
	}
}
