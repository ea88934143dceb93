package schema

import (
	"maps"
	"slices"
	"strings"
)

// Observability is what tells people how an environment is.
type Observability struct {
	LogRetentionDays int            `json:"logRetentionDays"`
	Receivers        AlarmReceivers `json:"receivers"`
	Grafana          Grafana        `json:"grafana"`
	Edge             Objective      `json:"edge"`
}

// AlarmReceivers are whom alarms reach.
type AlarmReceivers struct {
	Emails    []string `json:"emails"`
	Endpoints []string `json:"endpoints"`
	Slack     *Slack   `json:"slack,omitempty"`
}

// Empty tells that alarms reach nobody.
func (r AlarmReceivers) Empty() bool {
	return len(r.Emails) == 0 && len(r.Endpoints) == 0 && r.Slack == nil
}

// Slack is a channel of Slack, by the ids of Slack.
type Slack struct {
	Workspace string `json:"workspace"`
	Channel   string `json:"channel"`
}

// Grafana is where the dashboards of an environment are. Groups are ids of IAM Identity Center.
type Grafana struct {
	Enabled bool     `json:"enabled"`
	Version string   `json:"version"`
	Admins  []string `json:"admins"`
	Editors []string `json:"editors"`
	Viewers []string `json:"viewers"`
}

// Objective is the share of requests in percent that are answered without an error of the server.
type Objective struct {
	Availability float64 `json:"availability"`
}

// ObservabilitySpec is the spec of an Observability claim (#ObservabilitySpec).
type ObservabilitySpec struct {
	ClaimMeta        `json:",inline"`
	LogRetentionDays int             `json:"logRetentionDays"`
	ClusterName      string          `json:"clusterName,omitempty"`
	Grafana          *GrafanaSpec    `json:"grafana,omitempty"`
	Emails           []string        `json:"emails"`
	Endpoints        []string        `json:"endpoints"`
	Slack            *Slack          `json:"slack,omitempty"`
	NATZones         []string        `json:"natZones"`
	Edge             *Objective      `json:"edge,omitempty"`
	Objectives       []ObjectiveSpec `json:"objectives"`
}

// GrafanaSpec is the Grafana of a claim.
type GrafanaSpec struct {
	Version string   `json:"version"`
	Admins  []string `json:"admins"`
	Editors []string `json:"editors"`
	Viewers []string `json:"viewers"`
}

// ObjectiveSpec is what one service promises, in percent.
type ObjectiveSpec struct {
	Service      string  `json:"service"`
	Availability float64 `json:"availability"`
}

// Where what sends logs and metrics runs in a cluster: a role of AWS trusts exactly these ServiceAccounts.
const (
	NamespaceLogging        = "logging"
	ServiceAccountFluentBit = "aws-for-fluent-bit"
	NamespaceTelemetry      = "telemetry"
	ServiceAccountCollector = "otel-collector"
)

// Endings of the names of roles, after the name of the cluster.
const (
	SuffixFluentBit = "fluent-bit"
	SuffixCollector = "otel-collector"
)

// Observed tells whether metrics and logs of the environment's cluster are collected.
func (e *Environment) Observed() bool { return e.Observability != nil && e.Cluster != nil }

// WorkloadLogGroup is the log group of what pods write, with a stream for each pod; empty if nobody collects it.
func (e *Environment) WorkloadLogGroup() string {
	if !e.Observed() {
		return ""
	}
	return WorkloadLogGroup(e.ClusterName())
}

// DataplaneLogGroup is the log group of what the nodes of the cluster write; empty if nobody collects it.
func (e *Environment) DataplaneLogGroup() string {
	if !e.Observed() {
		return ""
	}
	return DataplaneLogGroup(e.ClusterName())
}

// WorkloadLogGroup is the log group of what pods of a cluster write.
func WorkloadLogGroup(cluster string) string { return "/aws/eks/" + cluster + "/workload" }

// DataplaneLogGroup is the log group of what nodes of a cluster write.
func DataplaneLogGroup(cluster string) string { return "/aws/eks/" + cluster + "/dataplane" }

// RemoteWriteURL is where metrics are sent (AMP user guide: endpoints).
func RemoteWriteURL(region, workspace string) string {
	return "https://aps-workspaces." + region + "." + dnsSuffix(region) + "/workspaces/" + workspace + "/api/v1/remote_write"
}

// dnsSuffix ends the host names of AWS in a region's partition.
func dnsSuffix(region string) string {
	if Partition(region) == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// AlarmTopic is the ARN of the SNS topic that an environment's alarms of a region go to. It is known before there is one.
func AlarmTopic(meta ClaimMeta, region string) string {
	return "arn:" + Partition(region) + ":sns:" + region + ":" + meta.Account + ":" + AlarmTopicName(meta.Project, meta.Environment)
}

// AlarmTopicName is the name of that topic.
func AlarmTopicName(project, environment string) string {
	return project + "-" + environment + "-alarms"
}

// NATZones are the zones that have a NAT gateway.
func (e *Environment) NATZones() ([]string, error) {
	if e.Network == nil {
		return []string{}, nil
	}
	tiers, err := e.TierSubnets()
	if err != nil {
		return nil, err
	}
	zones := make([]string, 0, len(tiers.Public))
	for _, subnet := range tiers.Public {
		zones = append(zones, subnet.Zone)
	}
	if e.Network.NATGateways != NATPerZone && len(zones) > 1 {
		zones = zones[:1]
	}
	return zones, nil
}

// ObservabilityClaim resolves what tells of an environment into the spec of its claim.
func (c *Config) ObservabilityClaim(e *Environment) (ObservabilitySpec, error) {
	zones, err := e.NATZones()
	if err != nil {
		return ObservabilitySpec{}, err
	}
	o := e.Observability
	spec := ObservabilitySpec{
		ClaimMeta:        e.Meta(ClaimObservability),
		LogRetentionDays: o.LogRetentionDays,
		ClusterName:      e.ClusterName(),
		Emails:           append([]string{}, o.Receivers.Emails...),
		Endpoints:        append([]string{}, o.Receivers.Endpoints...),
		Slack:            o.Receivers.Slack,
		NATZones:         zones,
		Objectives:       e.Objectives(),
	}
	if e.Cluster != nil && o.Grafana.Enabled {
		spec.Grafana = &GrafanaSpec{
			Version: o.Grafana.Version,
			Admins:  append([]string{}, o.Grafana.Admins...),
			Editors: append([]string{}, o.Grafana.Editors...),
			Viewers: append([]string{}, o.Grafana.Viewers...),
		}
	}
	if e.Serves() {
		spec.Edge = &Objective{Availability: o.Edge.Availability}
	}
	return spec, nil
}

// Objectives are what the environment's services promise, sorted by name.
func (e *Environment) Objectives() []ObjectiveSpec {
	objectives := []ObjectiveSpec{}
	for _, name := range slices.Sorted(maps.Keys(e.Services)) {
		if slo := e.Services[name].SLO; slo != nil {
			objectives = append(objectives, ObjectiveSpec{Service: name, Availability: slo.Availability})
		}
	}
	return objectives
}

// SecretAddress is the service whose addresses have a key in them, if the text has an address of one: whoever reads it could send alarms, or
// silence people with false ones. Empty if there is none.
func SecretAddress(text string) string {
	lower := strings.ToLower(text)
	for _, known := range []struct{ host, service string }{
		{"pagerduty.com", "PagerDuty"},
		{"pagerduty.eu", "PagerDuty"},
		{"hooks.slack.com", "Slack"},
		{"opsgenie.com", "Opsgenie"},
		{"webhook.office.com", "Teams"},
		{"outlook.office.com", "Teams"},
		{"discord.com", "Discord"},
		{"victorops.com", "Splunk On-Call"},
	} {
		if strings.Contains(lower, known.host) {
			return known.service
		}
	}
	return ""
}
