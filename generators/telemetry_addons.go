package generators

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Pods of what collects telemetry, by the label that the charts put on them (Kubernetes: recommended labels).
const (
	labelInstance    = "app.kubernetes.io/instance"
	nameKubeState    = "kube-state-metrics"
	nameNodeExporter = "prometheus-node-exporter"
)

// Ports of metrics: of Fluent Bit, of the collectors themselves, of kube-state-metrics and of the node exporter.
const (
	portFluentBit    = 2020
	portCollector    = 8888
	portKubeState    = 8080
	portNodeExporter = 9100
)

// telemetryAddons send logs, metrics and traces away, in clusters whose metrics have a workspace.
func telemetryAddons(p *schema.Platform) []addon {
	return []addon{
		{
			chart: nameKubeState, namespace: schema.NamespaceTelemetry, createNamespace: true, only: schema.LabelMetrics,
			image: "registry.k8s.io/kube-state-metrics/kube-state-metrics", images: []string{"image"}, registry: true,
			values: map[string]any{
				"collectors":  kubeStateCollectors(),
				"resources":   resources("20m", "128Mi"),
				"tolerations": systemTolerations(),
			},
		},
		{
			chart: nameNodeExporter, namespace: schema.NamespaceNodeExporter, createNamespace: true, only: schema.LabelMetrics,
			image: "quay.io/prometheus/node-exporter", images: []string{"image"}, registry: true,
			values: map[string]any{
				"containerSecurityContext": restricted(),
				"priorityClassName":        nodeCritical,
				"resources":                resources("20m", "64Mi"),
				"tolerations":              everywhere(),
			},
		},
		{
			chart: schema.ServiceAccountFluentBit, namespace: schema.NamespaceLogging, createNamespace: true, only: schema.LabelMetrics,
			image: "public.ecr.aws/aws-observability/aws-for-fluent-bit", images: []string{"image"}, values: fluentBitValues(),
		},
		newCollector(p, schema.CollectorGateway, gatewayValues()),
		newCollector(p, schema.CollectorScraper, scraperValues()),
	}
}

// nodeCritical is the priority of pods that a node needs.
const nodeCritical = "system-node-critical"

// everywhere lets an add-on run on every node.
func everywhere() []any { return []any{map[string]any{"operator": "Exists"}} }

// resources reserve CPU and memory; memory is limited to what is reserved.
func resources(cpu, memory string) map[string]any {
	return map[string]any{"requests": map[string]any{"cpu": cpu, "memory": memory}, "limits": map[string]any{"memory": memory}}
}

// restricted is a container's part of the Pod Security level restricted.
func restricted() map[string]any {
	return map[string]any{
		"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": map[string]any{"drop": []any{"ALL"}},
	}
}

// scraped are the annotations of pods that the scraper asks for metrics.
func scraped(port, path string) map[string]any {
	return map[string]any{"prometheus.io/scrape": "true", "prometheus.io/port": port, "prometheus.io/path": path}
}

// kubeStateCollectors are the kinds of objects that kube-state-metrics reads. Secrets and ConfigMaps are not among them: it may not read them.
func kubeStateCollectors() []any {
	return []any{
		"cronjobs", "daemonsets", "deployments", "horizontalpodautoscalers", "ingresses", "jobs", "limitranges", "namespaces", "networkpolicies", "nodes",
		"persistentvolumeclaims", "persistentvolumes", "poddisruptionbudgets", "pods", "replicasets", "resourcequotas", "services", "statefulsets",
		"storageclasses",
	}
}

// fluentBitValues send what containers write, and what kubelet and containerd write, to two log groups of the Observability claim. Fluent Bit reads
// files of root, changes none of them, and remembers in a folder of its own how far it is.
func fluentBitValues() map[string]any {
	const logs, state = "/var/log", "/var/fluent-bit/state"
	region := label(schema.LabelRegion)
	volume := func(name, path, kind string) map[string]any {
		return map[string]any{"name": name, "hostPath": map[string]any{"path": path, "type": kind}}
	}
	context := restricted()
	context["runAsUser"] = int64(0)
	context["seccompProfile"] = map[string]any{"type": "RuntimeDefault"}
	return map[string]any{
		"serviceAccount":           map[string]any{"create": true, "name": schema.ServiceAccountFluentBit},
		"annotations":              scraped("2020", "/api/v2/metrics/prometheus"),
		"containerSecurityContext": context,
		"priorityClassName":        nodeCritical,
		"resources":                resources("50m", "250Mi"),
		"tolerations":              everywhere(),
		"env": []any{map[string]any{
			"name": "HOST_NAME", "valueFrom": map[string]any{"fieldRef": map[string]any{"fieldPath": "spec.nodeName"}},
		}},
		"volumes": []any{volume("logs", logs, "Directory"), volume("state", state, "DirectoryOrCreate")},
		"volumeMounts": []any{
			map[string]any{"name": "logs", "mountPath": logs, "readOnly": true},
			map[string]any{"name": "state", "mountPath": state},
		},
		"input": map[string]any{"db": state + "/containers.db", "multilineParser": "docker, cri", "memBufLimit": "20MB"},
		// What could be read as JSON is not sent a second time as text.
		"filter": map[string]any{"keepLog": "Off"},
		"cloudWatchLogs": map[string]any{
			"enabled": true, "match": "kube.*", "region": region,
			"logGroupName": schema.WorkloadLogGroup("{{ .name }}"),
			// The claim makes the groups, with a key and a retention.
			"autoCreateGroup":   false,
			"logStreamPrefix":   "pods-",
			"logStreamTemplate": "$kubernetes['namespace_name'].$kubernetes['pod_name'].$kubernetes['container_name']",
		},
		"additionalInputs": section("INPUT",
			"Name systemd", "Tag dataplane.*", "Path "+logs+"/journal", "DB "+state+"/journal.db", "Read_From_Tail On",
			"Systemd_Filter _SYSTEMD_UNIT=kubelet.service", "Systemd_Filter _SYSTEMD_UNIT=containerd.service"),
		"additionalOutputs": section("OUTPUT",
			"Name cloudwatch_logs", "Match dataplane.*", "region "+region, "log_group_name "+schema.DataplaneLogGroup("{{ .name }}"),
			"log_stream_prefix ${HOST_NAME}-"),
	}
}

// section is a section of Fluent Bit's configuration.
func section(name string, lines ...string) string {
	return "[" + name + "]\n    " + strings.Join(lines, "\n    ") + "\n"
}
