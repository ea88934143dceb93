package generators

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/innovate-inc/genops/schema"
)

// envPodName is the variable with the pod's own name. It sorts before OTEL_RESOURCE_ATTRIBUTES, which contains it: Kubernetes replaces only what
// stands before (Kubernetes: dependent environment variables).
const envPodName = "OTEL_K8S_POD_NAME"

// telemetry are the variables of OpenTelemetry (its specification: SDK environment variables, resource semantic conventions); none if the program
// sends nothing. The name of the pod keeps the metrics of pods apart.
func (w *workload) telemetry() map[string]string {
	if !w.e.Sends(w.service) {
		return nil
	}
	attributes := []string{
		"service.instance.id=$(" + envPodName + ")",
		"deployment.environment.name=" + w.e.Name,
		"k8s.cluster.name=" + w.e.ClusterName(),
		"k8s.namespace.name=" + w.service.Namespace,
		"k8s.pod.name=$(" + envPodName + ")",
		"k8s.deployment.name=" + w.name,
	}
	return map[string]string{
		envPodName:                    "", // The pod says it.
		"OTEL_EXPORTER_OTLP_ENDPOINT": schema.OTLPEndpoint,
		"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
		"OTEL_RESOURCE_ATTRIBUTES":    strings.Join(attributes, ","),
		"OTEL_SERVICE_NAME":           w.name,
	}
}

// ports are what the program listens on.
func (w *workload) ports() []corev1.ContainerPort {
	ports := []corev1.ContainerPort{{
		Name: portName, ContainerPort: int32(w.service.Network.Port), Protocol: corev1.ProtocolTCP, //nolint:gosec // Ports fit.
	}}
	if metrics := w.program.Metrics; metrics != nil {
		ports = append(ports, corev1.ContainerPort{
			Name: "metrics", ContainerPort: int32(metrics.Port), Protocol: corev1.ProtocolTCP, //nolint:gosec // As above.
		})
	}
	return ports
}

// shownMetrics are the annotations by which the scraper finds the program's metrics; none if nobody collects them.
func (w *workload) shownMetrics() map[string]string {
	if !w.e.ShowsMetrics(w.service) {
		return nil
	}
	return map[string]string{
		"prometheus.io/scrape": "true",
		"prometheus.io/port":   strconv.Itoa(w.program.Metrics.Port),
		"prometheus.io/path":   w.program.Metrics.Path,
	}
}
