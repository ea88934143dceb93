package compositions

import (
	"fmt"
	"math"
	"strconv"

	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/schema"
)

// ruleFile is a file of rules (Prometheus: recording and alerting rules).
type ruleFile struct {
	Groups []ruleGroup `json:"groups"`
}

type ruleGroup struct {
	Name  string `json:"name"`
	Rules []rule `json:"rules"`
}

// rule records a series, or alerts when its expression has had a result for a time.
type rule struct {
	Record      string            `json:"record,omitempty"`
	Alert       string            `json:"alert,omitempty"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Severities of alerts: critical means that somebody has to look now.
const (
	severityCritical = "critical"
	severityWarning  = "warning"
)

func alertRule(name, severity, lasts, expression, summary string) rule {
	return rule{
		Alert: name, Expr: expression, For: lasts, Labels: map[string]string{"severity": severity}, Annotations: map[string]string{"summary": summary},
	}
}

// alertRules are those of every cluster, on the series of kube-state-metrics, and those of the services that promise something.
func alertRules(objectives []schema.ObjectiveSpec) ruleFile {
	file := ruleFile{Groups: []ruleGroup{{Name: "cluster", Rules: []rule{
		alertRule("MetricsMissing", severityCritical, "15m", `absent(kube_node_info)`, "No metrics arrive: nothing else here can alert."),
		alertRule("NodeNotReady", severityCritical, "15m", `kube_node_status_condition{condition="Ready",status="true"} == 0`,
			"Node {{ $labels.node }} has not been ready for a quarter of an hour."),
		alertRule("PodCrashLooping", severityWarning, "15m",
			`max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) >= 1`,
			"Container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} keeps ending."),
		alertRule("PodPending", severityWarning, "15m", `sum by (namespace, pod) (kube_pod_status_phase{phase="Pending"}) > 0`,
			"Pod {{ $labels.namespace }}/{{ $labels.pod }} finds no node, or does not start on it."),
		alertRule("AutoscalerAtMaximum", severityWarning, "15m",
			`kube_horizontalpodautoscaler_status_current_replicas >= kube_horizontalpodautoscaler_spec_max_replicas`+
				` and kube_horizontalpodautoscaler_spec_max_replicas > kube_horizontalpodautoscaler_spec_min_replicas`,
			"{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} has as many pods as it may have."),
	}}}}
	for _, objective := range objectives {
		file.Groups = append(file.Groups, objectiveRules(objective))
	}
	return file
}

// objectiveRules tell when a service uses up its error budget too fast: over a long window, so that a moment is no alarm, and over a short one, so
// that the alarm ends with its reason (Google, The Site Reliability Workbook: multiwindow, multi-burn-rate alerts).
func objectiveRules(objective schema.ObjectiveSpec) ruleGroup {
	group := ruleGroup{Name: "slo-" + objective.Service}
	labels := map[string]string{"service": objective.Service}
	// OpenTelemetry's metric as Prometheus names it; the job is <namespace>/<name> of the service, or its name alone.
	series := `http_server_request_duration_seconds_count{job=~"(.*/)?` + objective.Service + `"`
	for _, window := range []string{"5m", "30m", "1h", "6h"} {
		group.Rules = append(group.Rules, rule{
			Record: errorRatio(window), Labels: labels,
			Expr: fmt.Sprintf(`sum(rate(%s,http_response_status_code=~"5.."}[%s])) / sum(rate(%s}[%s]))`, series, window, series, window),
		})
	}
	burns := func(name, severity string, factor float64, long, short, lasts string) {
		limit := budgetShare(objective.Availability, factor)
		selector := `{service="` + objective.Service + `"}`
		made := alertRule(name, severity, lasts,
			fmt.Sprintf("%s%s > %s and %s%s > %s", errorRatio(long), selector, limit, errorRatio(short), selector, limit),
			fmt.Sprintf("%s promises %g %%. At this rate the errors of a month are used up in %s days.", objective.Service, objective.Availability, daysLeft(factor)))
		made.Labels["service"] = objective.Service
		group.Rules = append(group.Rules, made)
	}
	burns("ErrorBudgetBurnsFast", severityCritical, fastBurn, "1h", "5m", "2m")
	burns("ErrorBudgetBurnsSlowly", severityWarning, slowBurn, "6h", "30m", "15m")
	return group
}

// errorRatio is the series of the share of requests that failed in a window.
func errorRatio(window string) string { return "service:request_errors:ratio_rate" + window }

// budgetShare is the share of requests that may fail, times a factor.
func budgetShare(availability, factor float64) string {
	const percent, digits = 100, 1e8
	return strconv.FormatFloat(math.Round(percentLeft(availability)*factor/percent*digits)/digits, 'f', -1, 64)
}

// daysLeft is how long a budget of 30 days lasts.
func daysLeft(factor float64) string {
	const month = 30
	return strconv.FormatFloat(math.Round(month/factor*10)/10, 'f', -1, 64)
}

// alertManager is what the alert manager of a workspace does with alerts (AMP user guide: alert manager configuration file). It sends to SNS alone.
type alertManager struct {
	Route     alertRoute      `json:"route"`
	Receivers []alertReceiver `json:"receivers"`
}

type alertRoute struct {
	Receiver       string   `json:"receiver"`
	GroupBy        []string `json:"group_by"`
	GroupWait      string   `json:"group_wait"`
	GroupInterval  string   `json:"group_interval"`
	RepeatInterval string   `json:"repeat_interval"`
}

type alertReceiver struct {
	Name string       `json:"name"`
	SNS  []snsMessage `json:"sns_configs"`
}

type snsMessage struct {
	TopicARN     string            `json:"topic_arn"`
	Sigv4        map[string]string `json:"sigv4"`
	SendResolved bool              `json:"send_resolved"`
	Subject      string            `json:"subject"`
	Message      string            `json:"message,omitempty"`
}

// alertManagerDefinition sends all alerts to the topic.
func (o *observability) alertManagerDefinition() string {
	message := snsMessage{
		TopicARN: o.topicARN(o.home()), Sigv4: map[string]string{"region": o.meta.Region}, SendResolved: true,
		Subject: prefix(o.meta) + ": {{ .Status }} {{ .CommonLabels.alertname }}",
	}
	if o.spec.Slack != nil {
		message.Message = slackMessage(prefix(o.meta))
	}
	const receiver = "alarms"
	return yamlText(map[string]string{"alertmanager_config": yamlText(alertManager{
		Route: alertRoute{
			Receiver: receiver, GroupBy: []string{"alertname", "namespace", "service"}, GroupWait: "30s", GroupInterval: "5m", RepeatInterval: "12h",
		},
		Receivers: []alertReceiver{{Name: receiver, SNS: []snsMessage{message}}},
	})})
}

// slackMessage is what Amazon Q Developer in chat applications shows of what is no event of AWS: it drops messages of any other form (its
// administrator guide: custom notifications). The texts of alerts are ours and have no quotes.
func slackMessage(environment string) string {
	return `{"version":"1.0","source":"custom","content":{"title":"` + environment + `: {{ .Status }} {{ .CommonLabels.alertname }}",` +
		`"description":"{{ range .Alerts }}{{ .Annotations.summary }} {{ end }}"}}`
}

// yamlText is a value as YAML, with sorted keys.
func yamlText(value any) string {
	text, err := yaml.Marshal(value)
	if err != nil {
		panic(err) // Texts, numbers and lists of them always encode.
	}
	return string(text)
}
