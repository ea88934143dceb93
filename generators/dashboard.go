package generators

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/innovate-inc/genops/schema"
)

// board is a dashboard of Grafana, as far as it is used here (Grafana: dashboard JSON model).
type board struct {
	UID           string         `json:"uid"`
	Title         string         `json:"title"`
	Tags          []string       `json:"tags"`
	SchemaVersion int            `json:"schemaVersion"`
	Editable      bool           `json:"editable"`
	Refresh       string         `json:"refresh"`
	Time          map[string]any `json:"time"`
	Templating    map[string]any `json:"templating"`
	Panels        []panel        `json:"panels"`
}

type panel struct {
	ID          int            `json:"id"`
	Title       string         `json:"title"`
	Description string         `json:"description,omitempty"`
	Type        string         `json:"type"`
	Datasource  map[string]any `json:"datasource"`
	GridPos     gridPos        `json:"gridPos"`
	FieldConfig map[string]any `json:"fieldConfig"`
	Targets     []query        `json:"targets"`
}

type gridPos struct {
	Height int `json:"h"`
	Width  int `json:"w"`
	X      int `json:"x"`
	Y      int `json:"y"`
}

type query struct {
	RefID  string `json:"refId"`
	Expr   string `json:"expr"`
	Legend string `json:"legendFormat"`
}

// Sizes of a dashboard: Grafana's grid has 24 columns.
const (
	columns     = 24
	panelHeight = 8
)

// prometheus is the source of data that people choose at the top of the dashboard: its id is Grafana's own.
func prometheus() map[string]any { return map[string]any{"type": "prometheus", "uid": "${datasource}"} }

// newDashboard is the dashboard of an environment as JSON: what its alerts look at. Grafana keeps no files: a person imports it.
func newDashboard(e *schema.Environment) ([]byte, error) {
	made := board{
		UID: "genops-" + e.Prefix(), Title: e.Prefix(), Tags: []string{"genops", string(e.Stage)}, Editable: true, Refresh: "1m",
		SchemaVersion: 39, //nolint:mnd // That of Grafana 10.4; newer ones read it.
		Time:          map[string]any{"from": "now-6h", "to": "now"},
		Templating: map[string]any{"list": []any{map[string]any{
			"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source",
		}}},
	}
	quarter, half := columns/4, columns/2 //nolint:mnd // Parts of a row.
	made.add(quarter, "stat", "Nodes that are not ready", "short", "",
		query{Expr: `count(kube_node_status_condition{condition="Ready",status="true"} == 0) or vector(0)`})
	made.add(quarter, "stat", "Pods that wait", "short", "", query{Expr: `sum(kube_pod_status_phase{phase="Pending"})`})
	made.add(quarter, "stat", "Containers that keep ending", "short", "",
		query{Expr: `sum(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}) or vector(0)`})
	made.add(quarter, "stat", "Autoscalers at their maximum", "short", "", query{
		Expr: `count(kube_horizontalpodautoscaler_status_current_replicas >= kube_horizontalpodautoscaler_spec_max_replicas) or vector(0)`,
	})
	made.add(half, "timeseries", "Requested CPU by namespace", "short", "Cores.",
		query{Expr: `sum by (namespace) (kube_pod_container_resource_requests{resource="cpu"})`, Legend: "{{namespace}}"})
	made.add(half, "timeseries", "Requested memory by namespace", "bytes", "",
		query{Expr: `sum by (namespace) (kube_pod_container_resource_requests{resource="memory"})`, Legend: "{{namespace}}"})
	for _, objective := range e.Objectives() {
		made.add(columns, "timeseries", "Share of failed requests: "+objective.Service, "percentunit",
			fmt.Sprintf("%s promises %g %% of requests without an error of its own.", objective.Service, objective.Availability),
			query{Expr: fmt.Sprintf(`service:request_errors:ratio_rate5m{service=%q}`, objective.Service), Legend: "5 minutes"},
			query{Expr: fmt.Sprintf(`service:request_errors:ratio_rate1h{service=%q}`, objective.Service), Legend: "1 hour"},
			query{Expr: fmt.Sprintf(`service:request_errors:ratio_rate6h{service=%q}`, objective.Service), Legend: "6 hours"})
	}
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(made); err != nil {
		return nil, fmt.Errorf("write dashboard of %s: %w", e.Name, err)
	}
	return content.Bytes(), nil
}

// add puts a panel beside the last one, or below it where there is no room.
func (b *board) add(width int, kind, title, unit, description string, queries ...query) {
	place := gridPos{Height: panelHeight, Width: width}
	if n := len(b.Panels); n > 0 {
		last := b.Panels[n-1].GridPos
		place.X, place.Y = last.X+last.Width, last.Y
		if place.X+width > columns {
			place.X, place.Y = 0, last.Y+last.Height
		}
	}
	for i := range queries {
		queries[i].RefID = string(rune('A' + i))
	}
	b.Panels = append(b.Panels, panel{
		ID: len(b.Panels) + 1, Title: title, Description: description, Type: kind, Datasource: prometheus(), GridPos: place,
		FieldConfig: map[string]any{"defaults": map[string]any{"unit": unit}, "overrides": []any{}}, Targets: queries,
	})
}
