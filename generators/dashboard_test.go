package generators_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// dashboards are the dashboards of all environments, by path.
func dashboards(t *testing.T, config *schema.Config) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, object := range all(t, config) {
		if strings.HasSuffix(object.Path, "/dashboard.json") {
			found[object.Path] = object.Raw
		}
	}
	return found
}

// TestDashboards holds what people import: a panel for each promise, none on top of another, and no source of data of one environment.
func TestDashboards(t *testing.T) {
	t.Parallel()
	const lines = devLines + "\n\tobservability: {}\n\tservices: {api: slo: availability: 99.9, web: {}}"
	found := dashboards(t, load(t, "\torder: [\"app\", \"none\", \"alone\"]", map[string]string{
		"app": lines, "none": "\tstage: \"dev\"\n\taccount: \"222233334444\"\n\tnetwork: cidr: \"10.30.0.0/16\"\n\tcluster: {}\n\tobservability: grafana: enabled: false",
		"alone": "\tstage: \"dev\"\n\taccount: \"333344445555\"\n\tnetwork: cidr: \"10.50.0.0/16\"\n\tobservability: {}",
	}))
	if len(found) != 1 {
		t.Fatalf("%d dashboards", len(found))
	}
	golden(t, "observability/dashboard.json", string(found["app/observability/dashboard.json"]))
	var board struct {
		UID    string `json:"uid"`
		Panels []struct {
			ID         int               `json:"id"`
			Title      string            `json:"title"`
			Datasource map[string]string `json:"datasource"`
			Grid       struct {
				H int `json:"h"`
				W int `json:"w"`
				X int `json:"x"`
				Y int `json:"y"`
			} `json:"gridPos"`
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(found["app/observability/dashboard.json"], &board); err != nil {
		t.Fatal(err)
	}
	taken := map[[2]int]string{}
	var titles []string
	for _, panel := range board.Panels {
		titles = append(titles, panel.Title)
		if panel.Grid.X+panel.Grid.W > 24 || panel.Datasource["uid"] != "${datasource}" || len(panel.Targets) == 0 {
			t.Errorf("%s: %+v", panel.Title, panel)
		}
		for x := range panel.Grid.W {
			for y := range panel.Grid.H {
				cell := [2]int{panel.Grid.X + x, panel.Grid.Y + y}
				if other, there := taken[cell]; there {
					t.Fatalf("%s lies on %s", panel.Title, other)
				}
				taken[cell] = panel.Title
			}
		}
	}
	if !slices.Contains(titles, "Share of failed requests: api") || strings.Contains(strings.Join(titles, " "), "web") || len(board.UID) > 40 {
		t.Errorf("%s: %q", board.UID, titles)
	}
}

// TestDashboardsShowWhatIsRecorded holds that dashboards read no series of ours that the rules do not make.
func TestDashboardsShowWhatIsRecorded(t *testing.T) {
	t.Parallel()
	series := regexp.MustCompile(`service:[a-z_]+:[a-z0-9_]+`)
	for name, config := range configurations(t) {
		claims := []manifest.Object{}
		for _, object := range all(t, config) {
			if object.Object["kind"] == "Observability" {
				claims = append(claims, object)
			}
		}
		var recorded, shown []string
		for _, results := range composed(t, claims) {
			for _, result := range results {
				for _, resource := range result.Resources {
					recorded = append(recorded, series.FindAllString(text(resource.Object, "spec", "forProvider", "data"), -1)...)
				}
			}
		}
		for _, content := range dashboards(t, config) {
			shown = append(shown, series.FindAllString(string(content), -1)...)
		}
		if len(shown) == 0 || len(recorded) == 0 {
			t.Errorf("%s: %d and %d series prove nothing", name, len(shown), len(recorded))
		}
		for _, one := range shown {
			if !slices.Contains(recorded, one) {
				t.Errorf("%s: %s is shown, and nobody records it", name, one)
			}
		}
	}
}
