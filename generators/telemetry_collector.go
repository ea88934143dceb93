package generators

import (
	"maps"
	"strconv"

	"github.com/innovate-inc/genops/schema"
)

// Limits of what collectors do at once: how many replicas the gateway has, and how many values go out in one request, because AMP refuses large ones.
const (
	gatewayReplicas = 2
	batchSize       = 1000
)

// newCollector is a release of the OpenTelemetry collector, of the AWS distribution, on the system nodes.
func newCollector(p *schema.Platform, name string, values map[string]any) addon {
	const user = 10001
	ports := map[string]any{}
	for _, port := range []string{"jaeger-compact", "jaeger-thrift", "jaeger-grpc", "zipkin"} {
		ports[port] = map[string]any{"enabled": false}
	}
	for _, port := range []string{"otlp", "otlp-http"} {
		ports[port] = map[string]any{"enabled": name == schema.CollectorGateway}
	}
	ports["metrics"] = map[string]any{"enabled": true}
	maps.Copy(values, map[string]any{
		"fullnameOverride": name,
		"mode":             "deployment",
		"image":            map[string]any{"repository": "public.ecr.aws/aws-observability/aws-otel-collector", "tag": p.Versions.Collector},
		"command":          map[string]any{"name": "awscollector"},
		"ports":            ports,
		"podAnnotations":   scraped(strconv.Itoa(portCollector), "/metrics"),
		"podSecurityContext": map[string]any{
			"runAsNonRoot": true, "runAsUser": int64(user), "runAsGroup": int64(user), "seccompProfile": map[string]any{"type": "RuntimeDefault"},
		},
		"securityContext": restricted(),
		"nodeSelector":    map[string]any{"genops.dev/node-group": "system"},
		"tolerations":     systemTolerations(),
	})
	return addon{
		chart: "opentelemetry-collector", release: name, namespace: schema.NamespaceTelemetry, createNamespace: true, only: schema.LabelMetrics,
		image: "public.ecr.aws/aws-observability/aws-otel-collector", images: []string{"image"}, values: values,
	}
}

// gatewayValues are those of the collector that programs send to. It signs requests to AWS, and has no rights in Kubernetes.
func gatewayValues() map[string]any {
	const aps, remoteWrite = "sigv4auth/aps", "prometheus_remote_write"
	region := label(schema.LabelRegion)
	exporters := map[string]any{
		remoteWrite: map[string]any{
			"endpoint":        schema.RemoteWriteURL(region, label(schema.LabelMetrics)),
			"auth":            map[string]any{"authenticator": aps},
			"external_labels": map[string]any{"cluster": "{{ .name }}", "environment": label(schema.LabelEnvironment)},
			// The rules of the Observability claim know metrics by these names.
			"translation_strategy": "UnderscoreEscapingWithSuffixes",
		},
		"awsxray": map[string]any{"region": region},
	}
	receivers := map[string]any{"otlp": map[string]any{"protocols": map[string]any{
		"grpc": map[string]any{"endpoint": podAddress(schema.PortOTLPGRPC)},
		"http": map[string]any{"endpoint": podAddress(schema.PortOTLPHTTP)},
	}}}
	extensions := map[string]any{aps: map[string]any{"region": region, "service": "aps"}}
	return map[string]any{
		"replicaCount":        int64(gatewayReplicas),
		"podDisruptionBudget": map[string]any{"enabled": true, "maxUnavailable": int64(1)},
		"topologySpreadConstraints": []any{map[string]any{
			"maxSkew": int64(1), "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway",
			"labelSelector": map[string]any{"matchLabels": map[string]any{labelInstance: schema.CollectorGateway}},
		}},
		// The association of EKS Pod Identity is with this name.
		"serviceAccount": map[string]any{"create": true, "name": schema.ServiceAccountCollector, "automountServiceAccountToken": false},
		"resources":      resources("200m", "512Mi"),
		"alternateConfig": collectorConfig(extensions, receivers, exporters, map[string]any{
			"metrics": collectorPipeline("otlp", remoteWrite),
			"traces":  collectorPipeline("otlp", "awsxray"),
		}),
	}
}

// scraperValues are those of the collector that asks pods and nodes for metrics and hands them to the gateway. There is one: two would count
// everything twice. It may list pods, and has no rights in AWS.
func scraperValues() map[string]any {
	exporters := map[string]any{"otlp_grpc": map[string]any{
		"endpoint": schema.CollectorGateway + "." + schema.NamespaceTelemetry + ".svc.cluster.local:" + strconv.Itoa(schema.PortOTLPGRPC),
		"tls":      map[string]any{"insecure": true},
	}}
	receivers := map[string]any{"prometheus": map[string]any{"config": map[string]any{
		"global":         map[string]any{"scrape_interval": "30s", "scrape_timeout": "10s"},
		"scrape_configs": scrapeConfigs(),
	}}}
	return map[string]any{
		"replicaCount":   int64(1),
		"rollout":        map[string]any{"strategy": "Recreate"},
		"serviceAccount": map[string]any{"create": true, "name": schema.CollectorScraper},
		"service":        map[string]any{"enabled": false},
		"clusterRole": map[string]any{"create": true, "rules": []any{map[string]any{
			"apiGroups": []any{""}, "resources": []any{"pods"}, "verbs": []any{"get", "list", "watch"},
		}}},
		"resources": resources("200m", "1Gi"),
		"alternateConfig": collectorConfig(map[string]any{}, receivers, exporters, map[string]any{
			"metrics": collectorPipeline("prometheus", "otlp_grpc"),
		}),
	}
}

// podAddress is a port of the collector's pod; the chart sets the variable.
func podAddress(port int) string { return "${env:MY_POD_IP}:" + strconv.Itoa(port) }

// collectorConfig is the configuration of a collector, whole: the chart's own also listens for Jaeger and Zipkin.
func collectorConfig(extensions, receivers, exporters, pipelines map[string]any) map[string]any {
	const health = 13133 // The chart's probes ask there.
	names := []any{"health_check"}
	for name := range extensions {
		names = append(names, name) // There is one at most.
	}
	extensions["health_check"] = map[string]any{"endpoint": podAddress(health)}
	return map[string]any{
		"extensions": extensions,
		"receivers":  receivers,
		"processors": map[string]any{
			"memory_limiter": map[string]any{"check_interval": "1s", "limit_percentage": int64(80), "spike_limit_percentage": int64(25)},
			"batch":          map[string]any{"timeout": "5s", "send_batch_size": int64(batchSize), "send_batch_max_size": int64(batchSize)},
		},
		"exporters": exporters,
		"service": map[string]any{
			"extensions": names,
			"pipelines":  pipelines,
			"telemetry": map[string]any{
				"logs": map[string]any{"encoding": "json"},
				"metrics": map[string]any{"readers": []any{map[string]any{"pull": map[string]any{"exporter": map[string]any{
					"prometheus": map[string]any{"host": "${env:MY_POD_IP}", "port": int64(portCollector)},
				}}}}},
			},
		},
	}
}

// collectorPipeline takes from a receiver and gives to an exporter; it refuses before memory is full.
func collectorPipeline(receiver, exporter string) map[string]any {
	return map[string]any{"receivers": []any{receiver}, "processors": []any{"memory_limiter", "batch"}, "exporters": []any{exporter}}
}

// scrapeConfigs are whom the scraper asks (Prometheus: configuration). The collector reads $$ as a dollar.
func scrapeConfigs() []any {
	const pod = "__meta_kubernetes_pod_"
	keep := func(regex string, labels ...any) map[string]any {
		return map[string]any{"action": "keep", "source_labels": labels, "regex": regex}
	}
	set := func(target, label string) map[string]any {
		return map[string]any{"source_labels": []any{label}, "target_label": target}
	}
	discover := func(namespaces ...any) []any {
		sd := map[string]any{"role": "pod"}
		if len(namespaces) > 0 {
			sd["namespaces"] = map[string]any{"names": namespaces}
		}
		return []any{sd}
	}
	namespace, name := set("namespace", "__meta_kubernetes_namespace"), set("pod", pod+"name")
	const annotation, label = pod + "annotation_prometheus_io_", pod + "label_app_kubernetes_io_name"
	return []any{
		map[string]any{
			"job_name": nameKubeState, "honor_labels": true,
			"static_configs": []any{map[string]any{"targets": []any{
				nameKubeState + "." + schema.NamespaceTelemetry + ".svc.cluster.local:" + strconv.Itoa(portKubeState),
			}}},
		},
		map[string]any{
			"job_name": "node-exporter", "kubernetes_sd_configs": discover(schema.NamespaceNodeExporter),
			"relabel_configs": []any{keep(nameNodeExporter+";metrics", label, pod+"container_port_name"), set("node", pod+"node_name")},
		},
		map[string]any{
			"job_name": "karpenter", "kubernetes_sd_configs": discover("kube-system"),
			"relabel_configs": []any{keep("karpenter;http-metrics", label, pod+"container_port_name"), namespace, name},
		},
		// Every pod that says so by its annotations.
		map[string]any{
			"job_name": "pods", "kubernetes_sd_configs": discover(),
			"relabel_configs": []any{
				keep("true;[0-9]+", annotation+"scrape", annotation+"port"),
				map[string]any{"action": "drop", "source_labels": []any{pod + "phase"}, "regex": "Pending|Succeeded|Failed"},
				map[string]any{
					"source_labels": []any{pod + "ip", annotation + "port"}, "regex": "(.+);([0-9]+)", "replacement": "$$1:$$2", "target_label": "__address__",
				},
				map[string]any{"source_labels": []any{annotation + "path"}, "regex": "(/.*)", "target_label": "__metrics_path__"},
				namespace, name, set("service", label),
			},
		},
	}
}
