package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// registryConfig is a platform with a registry in tools, and clusters here and there.
func registryConfig() *Config {
	tools := &Environment{
		Name: "tools", Account: "111122223333", Region: "eu-west-1", Project: "acme",
		Registry: &Registry{
			GitHub: GitHub{Organization: "Acme"},
			Repositories: map[string]Repository{
				"web": {GitHub: Pushers{Branches: []string{"main"}}},
				"api": {GitHub: Pushers{Repository: "Backend", Branches: []string{"main"}, Tags: []string{"v*", "v1.0.0"}}},
			},
		},
	}
	return &Config{Environments: []*Environment{
		{Name: "prod", Account: "333333333333", Region: "us-east-1", Project: "acme", Cluster: &Cluster{}},
		{Name: "dev", Account: "222222222222", Region: "eu-west-1", Project: "acme", Cluster: &Cluster{}},
		{Name: "dev-two", Account: "222222222222", Region: "eu-west-1", Project: "other", Cluster: &Cluster{}},
		{Name: "later", Region: "eu-west-1", Project: "acme", Cluster: &Cluster{}},
		{Name: "network", Account: "444444444444", Region: "eu-west-1", Project: "acme", Network: &Network{}},
		{Name: "china", Account: "555555555555", Region: "cn-north-1", Project: "acme", Cluster: &Cluster{}},
		{Name: "beside", Account: "111122223333", Region: "eu-west-1", Project: "acme", Cluster: &Cluster{}},
		tools,
	}}
}

func TestRegistryClaim(t *testing.T) {
	t.Parallel()
	c := registryConfig()
	e, ok := c.Registry()
	if !ok || e.Name != "tools" {
		t.Fatalf("the registry is in %v", e)
	}
	got := c.RegistryClaim(e)
	if diff := cmp.Diff([]string{"222222222222", "333333333333"}, got.PullAccounts); diff != "" {
		t.Errorf("accounts with a cluster, other than its own, each once, of its partition (-want +got):\n%s", diff)
	}
	want := []RepositorySpec{
		{Name: "api", GitHub: PushersSpec{Repository: "Backend", Branches: []string{"main"}, Tags: []string{"v*", "v1.0.0"}}},
		{Name: "web", GitHub: PushersSpec{Repository: "web", Branches: []string{"main"}, Tags: []string{}}},
	}
	if diff := cmp.Diff(want, got.Repositories); diff != "" {
		t.Errorf("repositories (-want +got):\n%s", diff)
	}
	exact, patterns := got.Repositories[0].GitHub.Subjects(got.GitHub.Organization)
	if diff := cmp.Diff([]string{"repo:Acme/Backend:ref:refs/heads/main", "repo:Acme/Backend:ref:refs/tags/v1.0.0"}, exact); diff != "" {
		t.Errorf("exact subjects (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"repo:Acme/Backend:ref:refs/tags/v*"}, patterns); diff != "" {
		t.Errorf("patterns of subjects (-want +got):\n%s", diff)
	}
}

func TestImageRepository(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		change func(*Environment)
		name   string
		want   string
	}{
		"there":         {"the address has account, region and project", func(*Environment) {}, "web", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/acme/web"},
		"China":         {"the partition has a domain of its own", func(e *Environment) { e.Region = "cn-north-1" }, "web", "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/acme/web"},
		"GovCloud":      {"the partition has the domain of all others", func(e *Environment) { e.Region = "us-gov-west-1" }, "web", "111122223333.dkr.ecr.us-gov-west-1.amazonaws.com/acme/web"},
		"not there":     {"nobody pushes to it", func(*Environment) {}, "db", ""},
		"no account":    {"there is nowhere to pull from", func(e *Environment) { e.Account = "" }, "web", ""},
		"no registry":   {"images come from elsewhere", func(e *Environment) { e.Registry = nil }, "web", ""},
		"GitHub's name": {"it is not the name of the image", func(*Environment) {}, "Backend", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := registryConfig()
			tc.change(c.Environment("tools"))
			if got, ok := c.ImageRepository(tc.name); got != tc.want || ok != (tc.want != "") {
				t.Errorf("%s: got %q, %t, want %q", tc.reason, got, ok, tc.want)
			}
		})
	}
}
