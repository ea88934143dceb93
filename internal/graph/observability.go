package graph

import "github.com/innovate-inc/genops/schema"

// IDs of what tells people how an environment is.
const (
	idObservability = "observability"
	idCollectors    = "collectors"
	idMetrics       = "metrics"
	idLogs          = "logs"
	idTraces        = "traces"
	idGrafana       = "grafana"
	idAlarms        = "alarms"
	idReceivers     = "receivers"
)

// observability draws where metrics, logs and traces of an environment go, and whom alarms reach.
func observability(b *builder, e *schema.Environment) {
	o := e.Observability
	if o == nil {
		return
	}
	b.frame(Frame{ID: idObservability, Parent: accountFrame(e), Style: FrameNetwork, Title: "Observability", Note: e.Region, Column: 2})
	if notes := receivers(o.Receivers); len(notes) > 0 {
		b.node(Node{ID: idReceivers, Frame: idObservability, Kind: Person, Title: "Alarm receivers", Notes: notes})
	}
	b.node(Node{ID: idAlarms, Frame: idObservability, Kind: Monitoring, Title: "Alarm topic (SNS)", Notes: []string{"CloudWatch, Prometheus"}})
	b.link(idDatabase, idAlarms, Signal, "")
	b.link(idAlarms, idReceivers, Signal, "alarms")
	if e.Observed() {
		b.telemetry(e)
	}
}

// telemetry draws what comes with a cluster. What sends it runs beside the services.
func (b *builder) telemetry(e *schema.Environment) {
	o := e.Observability
	b.clusterFrame(e)
	b.node(Node{ID: idCollectors, Frame: idCluster, Kind: Monitoring, Title: "Collectors", Notes: []string{"Fluent Bit, OpenTelemetry"}})
	b.node(Node{ID: idMetrics, Frame: idObservability, Kind: Monitoring, Store: true, Title: "Prometheus (AMP)", Notes: []string{"metrics, alerts"}})
	if o.Grafana.Enabled {
		b.node(Node{ID: idGrafana, Frame: idObservability, Kind: Monitoring, Title: "Grafana", Notes: []string{"dashboards"}})
	}
	b.node(Node{
		ID: idLogs, Frame: idObservability, Kind: Monitoring, Store: true, Title: "CloudWatch Logs", Notes: []string{"kept " + count(o.LogRetentionDays, "day")},
	})
	b.node(Node{ID: idTraces, Frame: idObservability, Kind: Monitoring, Store: true, Title: "X-Ray", Notes: []string{"traces"}})
	for _, kept := range []string{idMetrics, idLogs, idTraces} {
		b.link(idCollectors, kept, Signal, "")
		b.link(kept, idGrafana, Signal, "")
	}
	b.link(idMetrics, idAlarms, Signal, "")
}

// receivers says whom alarms reach: how many and not who, because pictures are passed on.
func receivers(r schema.AlarmReceivers) []string {
	var notes []string
	if r.Slack != nil {
		notes = append(notes, "Slack channel")
	}
	if n := len(r.Emails); n > 0 {
		notes = append(notes, count(n, "e-mail receiver"))
	}
	if n := len(r.Endpoints); n > 0 {
		notes = append(notes, count(n, "endpoint"))
	}
	return notes
}

// observabilityPlatform draws where what each environment's cluster tells of itself goes.
func observabilityPlatform(b *builder) {
	for _, e := range b.config.Environments {
		if e.Observability == nil {
			continue
		}
		node := Node{ID: id(idObservability, e.Name), Frame: id("environment", e.Name), Kind: Monitoring, Title: "Alarms", Column: 2}
		if e.Observed() {
			node.Title, node.Notes = "Observability", []string{"AMP, CloudWatch, X-Ray"}
		}
		node.Notes = append(node.Notes, receivers(e.Observability.Receivers)...)
		b.node(node)
		b.link(id("cluster", e.Name), node.ID, Signal, "")
	}
}
