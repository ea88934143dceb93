package graph

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/imports"
	"github.com/innovate-inc/genops/schema"
)

// TestGolden shows the three forms of an environment that has everything, of one that has little, and of the platform.
func TestGolden(t *testing.T) {
	t.Parallel()
	c := small(t)
	cases := map[string]struct {
		graph *Graph
		has   []string
		lacks []string
	}{
		"prod": {
			Environment(c, c.Environment("prod")),
			[]string{
				"Aurora replica", "CloudFront + WAF", "Service web", "ECR registry", "one per zone", "Security Hub", "Prometheus (AMP)", "X-Ray", "Slack channel",
			},
			[]string{"111122223334", "10.20.", "CloudTrail", "T0123ABCD9", "oncall@acme.example"},
		},
		"dev": {
			Environment(c, c.Environment("dev")),
			[]string{"one for all zones", "EKS acme-dev", "crossplane-provisioner"},
			[]string{"Aurora", "CloudFront", "Service", "ECR", "Users", "10.40.", "GuardDuty", "Observability", "Collectors"},
		},
		"management": {
			Environment(c, c.Environment("management")),
			[]string{"Unit Workloads/Prod", "accounts: prod", "policies: deny-root", "Operators", "Admin: dev, prod", "of all accounts", "GuardDuty"},
			[]string{"VPC", "State backend", "Observability"},
		},
		"shared": {
			Environment(c, c.Environment("shared")),
			[]string{"State backend", "DynamoDB table", "Terraform teams", "payments: pay/"},
			[]string{"Organization", "Account baseline", "Collectors"},
		},
		"platform": {
			Platform(c),
			[]string{
				"prod", "dev", "shared", "next is planned", "No AWS account yet", "Argo CD", "ECR registry", "State backend", "CloudTrail", "Observability",
				"4 accounts in 3 units",
			},
			[]string{"NAT gateways", "Private data tier", "GuardDuty", "Grafana"},
		},
	}
	for name, tc := range cases {
		for ending, text := range map[string]string{".mmd": tc.graph.Mermaid(), ".dot": tc.graph.Dot(), ".svg": tc.graph.SVG()} {
			for _, want := range tc.has {
				if !strings.Contains(text, want) {
					t.Errorf("%s%s does not show %q", name, ending, want)
				}
			}
			for _, not := range tc.lacks {
				if strings.Contains(text, not) {
					t.Errorf("%s%s shows %q", name, ending, not)
				}
			}
			file := filepath.Join("testdata", name+ending)
			if *update {
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), text); diff != "" {
				t.Errorf("%s is not up to date (-want +got), rewrite it with -update:\n%s", file, diff)
			}
		}
	}
}

// TestPaths follows what the platform was asked to do: requests from users to the database, images and commits to the cluster.
func TestPaths(t *testing.T) {
	t.Parallel()
	c := committed(t)
	both := [][]string{
		{"users", "zone", "cloudfront", "alb", "service_api", "database"},
		{"cloudfront", "bucket"},
		{"system", "endpoints"},
		{"actions", "registry", "service_api"},
		{"actions", "git", "argocd", "api"},
		{"argocd", "crossplane", "role"},
		{"secrets", "service_api"},
		{"system", "pool_amd64"},
		{"system", "pool_arm64"},
		{"collectors", "metrics", "grafana"},
		{"collectors", "logs", "grafana"},
		{"collectors", "traces", "grafana"},
		{"metrics", "alarms", "receivers"},
		{"database", "alarms"},
		{"guardduty", "securityhub"},
		{"recorder", "securityhub"},
	}
	cases := map[string]struct {
		graph *Graph
		paths [][]string
		not   [][]string
	}{
		"dev": {Environment(c, c.Environment("dev")), both, [][]string{
			{"database", "replica"}, {"users", "alb"}, {"secrets", "service_web"}, {"service_web", "database"}, {"trail", "trailbucket"},
		}},
		"prod": {Environment(c, c.Environment("prod")), slices.Concat(both, [][]string{{"database", "replica"}}), [][]string{{"users", "alb"}, {"argocd", "role"}}},
		"poc": {Environment(c, c.Environment("poc")), [][]string{{"argocd", "api"}}, [][]string{
			{"users", "zone"}, {"registry", "service_sample_amd64"}, {"collectors", "metrics"},
		}},
		"shared-services": {
			Environment(c, c.Environment("shared-services")),
			[][]string{{"actions", "registry"}, {"crossplane", "role"}, {"teams", "statebucket"}, {"teams", "locks"}, {"guardduty", "securityhub"}},
			[][]string{{"argocd", "api"}, {"alarms", "receivers"}, {"trail", "trailbucket"}},
		},
		"management": {
			Environment(c, c.Environment("management")), [][]string{
				{"organization", id("unit", "Infrastructure")},
				{"organization", id("unit", "Workloads"), id("unit", "Workloads/Prod")},
				{"group_platform", id("unit", "Infrastructure")},
				{"group_developers", id("unit", "Workloads/NonProd")},
				{"trail", "trailbucket"},
			}, [][]string{
				{"organization", id("unit", "Workloads/Prod")},
				{"group_developers", id("unit", "Infrastructure")},
				{"group_developers", id("unit", "Workloads")},
				{"teams", "statebucket"},
			},
		},
		"platform": {
			Platform(c), [][]string{
				{"users", "zone_shared_services", "zone_prod", "cloudfront_prod", "cluster_prod", "database_prod", "replica_prod"},
				{"actions", "registry", "cluster_prod"},
				{"git", "argocd", "cluster_poc"},
				{"crossplane", "role_staging"},
				{"cluster_dev", "observability_dev"},
				{"trail_management", "trailbucket_management"},
			}, [][]string{
				{"database_dev", "replica_dev"},
				{"registry", "cluster_poc"},
				{"users", "zone_prod"},
				{"argocd", "cluster_shared_services"},
				{"cluster_poc", "observability_poc"},
				{"cluster_dev", "observability_prod"},
			},
		},
	}
	for name, tc := range cases {
		for _, path := range tc.paths {
			for i := range path[1:] {
				if !linked(tc.graph, path[i], path[i+1]) {
					t.Errorf("%s: nothing passes from %s to %s", name, path[i], path[i+1])
				}
			}
		}
		for _, pair := range tc.not {
			if linked(tc.graph, pair[0], pair[1]) {
				t.Errorf("%s: something passes from %s to %s", name, pair[0], pair[1])
			}
		}
	}
	for _, n := range Environment(c, c.Environment("prod")).Nodes {
		if n.ID == idEndpoints && !strings.Contains(strings.Join(n.Notes, "\n"), "s3") {
			t.Errorf("the endpoints do not name S3: %q", n.Notes)
		}
	}
}

func linked(g *Graph, from, to string) bool {
	return slices.ContainsFunc(g.Links, func(l Link) bool { return l.From == from && l.To == to })
}

// TestTiers holds the frames together: account, VPC, tier, cluster.
func TestTiers(t *testing.T) {
	t.Parallel()
	c := committed(t)
	g := Environment(c, c.Environment("prod"))
	parents := map[string]string{}
	for _, f := range g.Frames {
		parents[f.ID] = f.Parent
	}
	for _, n := range g.Nodes {
		parents[n.ID] = n.Frame
	}
	for child, want := range map[string]string{
		"vpc": "account_100000000005", "tier_public": "vpc", "tier_app": "vpc", "tier_data": "vpc", "cluster": "tier_app", "alb": "tier_public",
		"database": "tier_data", "service_api": "cluster", "pool_arm64": "cluster", "argocd": "hub", "hub": "account_100000000002",
		"registry": "account_100000000002", "bucket": "edge", "replica": "replicaregion", "collectors": "cluster", "metrics": "observability",
		"observability": "account_100000000005", "receivers": "observability", "guardduty": "baseline", "account_100000000005": "", "users": "",
	} {
		if got, ok := parents[child]; !ok || got != want {
			t.Errorf("%s is in %q, want %q", child, got, want)
		}
	}
}

// TestPlanned draws an environment without an account: what is described, and nothing that would be built.
func TestPlanned(t *testing.T) {
	t.Parallel()
	c := small(t)
	g := Environment(c, c.Environment("next"))
	text := g.Mermaid()
	for _, want := range []string{"No AWS account yet · next is planned", "VPC 10.60.0.0/16", "EKS acme-next", "Aurora PostgreSQL"} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	for _, l := range g.Links {
		if l.From == idCrossplane || l.To == idAPI {
			t.Errorf("something builds what is only planned: %v", l)
		}
	}
	for _, l := range Platform(c).Links {
		if strings.HasSuffix(l.To, "_next") && l.From != "cluster_next" {
			t.Errorf("something builds what is only planned: %v", l)
		}
	}
}

// TestBuilder leaves out what has nothing to stand for.
func TestBuilder(t *testing.T) {
	t.Parallel()
	b := newBuilder(&schema.Config{}, "test")
	b.frame(Frame{ID: "outer"})
	b.frame(Frame{ID: "inner", Parent: "outer"})
	b.frame(Frame{ID: "empty"})
	b.frame(Frame{ID: "inner", Title: "again"})
	b.node(Node{ID: "a", Frame: "inner", Notes: []string{"", "note"}})
	b.node(Node{ID: "b"})
	b.link("a", "b", Request, "")
	b.link("a", "b", Request, "")
	b.link("a", "a", Request, "")
	b.link("a", "missing", Request, "")
	b.link("missing", "b", Request, "")
	got := b.done()
	want := &Graph{
		Title:  "test",
		Frames: []Frame{{ID: "outer", order: 1}, {ID: "inner", Parent: "outer", order: 2}},
		Nodes:  []Node{{ID: "a", Frame: "inner", Notes: []string{"note"}, order: 4}, {ID: "b", order: 5}},
		Links:  []Link{{From: "a", To: "b", Flow: Request}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Frame{}, Node{})); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
}

// TestSame makes the same bytes each time, and does not change what it draws from.
func TestSame(t *testing.T) {
	t.Parallel()
	c := committed(t)
	write := func() map[string]string {
		texts := map[string]string{}
		for name, g := range pictures(c) {
			texts[name] = g.Mermaid() + g.Dot() + g.SVG() + g.SVG()
		}
		return texts
	}
	first := write()
	for range 5 {
		if diff := cmp.Diff(first, write()); diff != "" {
			t.Fatalf("the second time differs:\n%s", diff)
		}
	}
}

// TestPure holds that pictures are made of nothing but the configuration.
func TestPure(t *testing.T) {
	t.Parallel()
	used, err := imports.Used(".")
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{
		"cmp", "fmt", "maps", "math", "slices", "strconv", "strings", "unicode", "github.com/innovate-inc/genops/schema",
	}
	for name, files := range used {
		if !slices.Contains(allowed, name) {
			t.Errorf("%v use %s", files, name)
		}
	}
}
