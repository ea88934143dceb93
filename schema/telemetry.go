package schema

// Where what collects telemetry runs in a cluster, beside what observability.go names: the scraper asks pods and nodes for metrics and hands them to
// the gateway, which alone has rights in AWS.
const (
	NamespaceNodeExporter = "node-exporter"
	CollectorGateway      = "otel-gateway"
	CollectorScraper      = "otel-scraper"
)

// Ports of OTLP, the protocol of OpenTelemetry (OpenTelemetry specification: OTLP).
const (
	PortOTLPGRPC = 4317
	PortOTLPHTTP = 4318
)

// OTLPEndpoint is where programs in the cluster send traces and metrics, over HTTP.
const OTLPEndpoint = "http://" + CollectorGateway + "." + NamespaceTelemetry + ".svc.cluster.local:4318"

// Sends tells whether pods of a service may send traces and metrics: they may where somebody takes them, unless the service's program says no.
func (e *Environment) Sends(s *Service) bool {
	return e.Observed() && (s.Workload == nil || s.Workload.Telemetry == nil || *s.Workload.Telemetry)
}

// ShowsMetrics tells whether metrics of a service's program are collected.
func (e *Environment) ShowsMetrics(s *Service) bool {
	return e.Observed() && s.Workload != nil && s.Workload.Metrics != nil
}
