package schema

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlatformRepositoryOnGitHub(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"https://github.com/innovate-inc/genops.git":   "innovate-inc genops",
		"https://github.com/innovate-inc/genops":       "innovate-inc genops",
		"git@github.com:Acme/my.platform.git":          "Acme my.platform",
		"ssh://git@github.com/acme/platform.git":       "acme platform",
		"https://github.com.evil.example/acme/p.git":   "",
		"https://github.example/acme/platform.git":     "",
		"https://github.com/acme/platform/tree/main":   "",
		"https://user:pw@github.com/acme/platform.git": "",
	} {
		owner, name, ok := Git{URL: url}.GitHub()
		if !ok && want == "" {
			continue
		}
		if got := owner + " " + name; got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
}

// TestFirstUser: a new image goes to the first environment in the order that runs it; one that is only planned runs nothing.
func TestFirstUser(t *testing.T) {
	t.Parallel()
	runs := map[string]Service{
		"b": {Workload: &Workload{Image: Image{Repository: "web"}}}, "a": {Workload: &Workload{Image: Image{Repository: "web"}}},
		"other": {Workload: &Workload{Image: Image{Repository: "api"}}}, "bare": {},
	}
	c := &Config{
		Platform: &Platform{Order: []string{"gone", "tools", "planned", "dev", "prod"}},
		Environments: []*Environment{
			{Name: "prod", Account: "1", Cluster: &Cluster{}, Services: runs},
			{Name: "dev", Account: "2", Cluster: &Cluster{}, Services: runs},
			{Name: "planned", Cluster: &Cluster{}, Services: runs},
			{Name: "tools", Account: "3"},
		},
	}
	e, ok := c.FirstUser("web")
	if !ok || e.Name != "dev" {
		t.Errorf("got %v", e)
	}
	if diff := cmp.Diff([]string{"a", "b"}, e.Users("web")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if e, ok := c.FirstUser("nobody"); ok {
		t.Errorf("nobody's image is run by %s", e.Name)
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"v1.4.2": true, "latest": false, "": false, "a b": false} {
		fits, allowed, err := Fits("#ImageTag", text)
		if err != nil || fits != want || allowed != "a tag of a container image that stays where it is, such as v1.4.2, and not latest, main, master, stable, edge or nightly" {
			t.Errorf("%q: %t, %q, %v", text, fits, allowed, err)
		}
	}
	if _, _, err := Fits("#Nothing", "x"); err == nil {
		t.Error("a definition that is not there takes anything")
	}
}
