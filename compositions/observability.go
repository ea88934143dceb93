package compositions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Keys of the resources of observability that others refer to.
const (
	keyMetrics      = "workspace"
	keyAlarmKey     = "key"
	keyTopic        = "topic"
	keyMetricsLogs  = "log-group-metrics"
	keyGrafana      = "grafana"
	keyGrafanaRole  = "grafana-role"
	keyCollectorFor = schema.SuffixCollector + "-role"
	keySlackRole    = "slack-role"
	keySlack        = "slack"
)

// observability composes what tells people how an environment is.
type observability struct {
	*builder

	spec *schema.ObservabilitySpec
}

// composeObservability makes the topics that alarms go to, their receivers and alarms. For a cluster also the workspace of metrics with its rules,
// the log groups, Grafana, and the roles of what sends metrics and logs.
func composeObservability(spec *schema.ObservabilitySpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	if problems := checkObservability(spec); len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	o := &observability{builder: newBuilder(meta, "Observability", claimObservability, observed), spec: spec}
	for _, p := range o.places() {
		o.topics(p)
	}
	if spec.Slack != nil {
		o.slack()
	}
	o.alarms()
	if spec.ClusterName != "" {
		o.logGroups()
		o.workspace()
		o.senders()
	}
	if spec.Grafana != nil {
		o.dashboards()
	}
	result, err := o.result()
	if err != nil {
		return nil, err
	}
	result.Status = o.status()
	if result.Requirements = o.requirements(); len(result.Requirements) > 0 {
		// Crossplane does not watch what is only read.
		if result.TTL = registeredTTL; len(o.held) > 0 {
			result.TTL = waitingTTL
		}
	}
	return result, nil
}

// place is a region that alarms are in: an alarm reaches topics of its own region only. prefix starts the keys of what is there.
type place struct{ prefix, region string }

// home is the environment's region.
func (o *observability) home() place { return place{region: o.meta.Region} }

// edgePlace is where CloudFront's metrics are (CloudFront developer guide: monitoring with CloudWatch).
func (o *observability) edgePlace() place {
	if o.meta.Region == regionOfCloudFront {
		return o.home()
	}
	return place{prefix: "edge-", region: regionOfCloudFront}
}

func (o *observability) places() []place {
	places := []place{o.home()}
	if o.spec.Edge != nil && o.edgePlace() != o.home() {
		places = append(places, o.edgePlace())
	}
	return places
}

func (p place) key(name string) string { return p.prefix + name }

// topicARN is known before there is a topic: its name is ours.
func (o *observability) topicARN(p place) string { return schema.AlarmTopic(o.meta, p.region) }

// alias is the name of the key. SNS takes it in place of the key's id, which only AWS knows.
func (o *observability) alias() string { return shorten(prefix(o.meta)+"-observability", limitAlias) }

// topics makes the topic of a region with its key, who may send to it, and its receivers.
func (o *observability) topics(p place) {
	o.add(p.key(keyAlarmKey), o.key, fields{
		"description": "Metrics, logs and alarms of " + prefix(o.meta), "enableKeyRotation": true, "deletionWindowInDays": int64(30),
	}).in(p.region).withPolicy("policy", o.keyPolicy(p))
	o.add(p.key("key-alias"), o.builder.alias, fields{"targetKeyIdRef": o.ref(p.key(keyAlarmKey))}).in(p.region).external(o.alias())
	o.add(p.key(keyTopic), o.topic, fields{"displayName": prefix(o.meta) + " alarms", "kmsMasterKeyId": "alias/" + o.alias()}).
		in(p.region).external(schema.AlarmTopicName(o.meta.Project, o.meta.Environment))
	o.add(p.key("topic-policy"), o.topicPolicy, fields{"arnRef": o.ref(p.key(keyTopic))}).in(p.region).withPolicy("policy", o.sendPolicy(p))
	for _, email := range o.spec.Emails {
		o.subscribe(p, "email", email, fields{})
	}
	for _, endpoint := range o.spec.Endpoints {
		o.subscribe(p, "https", endpoint, fields{"endpointAutoConfirms": true, "confirmationTimeoutInMinutes": int64(5)})
	}
}

// subscribe adds a receiver to a topic. AWS changes none, so whom it reaches is part of its key.
func (o *observability) subscribe(p place, protocol, endpoint string, forProvider fields) {
	forProvider["topicArnRef"], forProvider["protocol"], forProvider["endpoint"] = o.ref(p.key(keyTopic)), protocol, endpoint
	o.add(p.key(protocol+"-"+shortHash(endpoint)), o.subscription, forProvider).in(p.region)
}

// publishers are who sends to a topic: alarms, and in the environment's region the alert manager of metrics.
func (o *observability) publishers(p place) []string {
	if p == o.home() && o.spec.ClusterName != "" {
		return []string{"aps.amazonaws.com", "cloudwatch.amazonaws.com"}
	}
	return []string{"cloudwatch.amazonaws.com"}
}

// ofAccount is the condition that a service acts for something in the claim's account (IAM user guide: the confused deputy problem).
func (o *observability) ofAccount() conditions {
	return conditions{"StringEquals": {"aws:SourceAccount": o.meta.Account}}
}

// keyPolicy gives a key to the policies of the account, to what sends to the topic (SNS developer guide: encrypted topics), and for its log groups
// to CloudWatch Logs. The workspace of metrics gets grants from whoever makes it.
func (o *observability) keyPolicy(p place) document {
	statements := []statement{accountsKey(o.meta), {
		Sid: "Alarms", Effect: allow, Principal: fields{"Service": o.publishers(p)}, Resource: []string{"*"}, Wildcard: thisKey,
		Action: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Condition: o.ofAccount(),
	}}
	if p == o.home() && o.spec.ClusterName != "" {
		var groups []string
		for _, name := range []string{o.workloadLogs(), o.dataplaneLogs(), o.metricsLogs()} {
			groups = append(groups, arn(o.meta, "logs", "log-group:"+name))
		}
		statements = append(statements, logsOfKey(p.region, groups...))
	}
	return newDocument(statements...)
}

// sendPolicy says who may send to a topic: services for this account, and nobody without TLS.
func (o *observability) sendPolicy(p place) document {
	topic := []string{o.topicARN(p)}
	return newDocument(statement{
		Sid: "Alarms", Effect: allow, Principal: fields{"Service": o.publishers(p)}, Action: []string{"sns:GetTopicAttributes", "sns:Publish"},
		Resource: topic, Condition: o.ofAccount(),
	}, statement{
		Sid: "OnlyTls", Effect: deny, Principal: "*", Action: []string{"sns:Publish", "sns:Subscribe"}, Resource: topic,
		Condition: conditions{"Bool": {"aws:SecureTransport": "false"}},
	})
}

func (o *observability) workloadLogs() string { return schema.WorkloadLogGroup(o.spec.ClusterName) }

func (o *observability) dataplaneLogs() string { return schema.DataplaneLogGroup(o.spec.ClusterName) }

// metricsLogs is where the workspace says what is wrong with rules and alerts (AMP user guide: its name should begin like this).
func (o *observability) metricsLogs() string {
	return shorten("/aws/vendedlogs/prometheus/"+prefix(o.meta), limitLogGroup)
}

// logGroups makes the log groups before anybody writes to them: otherwise they would keep logs for ever, and without the key.
func (o *observability) logGroups() {
	for key, name := range map[string]string{
		"log-group-workload": o.workloadLogs(), "log-group-dataplane": o.dataplaneLogs(), keyMetricsLogs: o.metricsLogs(),
	} {
		o.add(key, o.logGroup, fields{
			"retentionInDays": int64(o.spec.LogRetentionDays), "kmsKeyIdRef": o.ref(keyAlarmKey),
		}).external(name)
	}
}

// workspace makes the workspace of metrics, its rules and its alert manager.
func (o *observability) workspace() {
	// The provider's reference gives the id of the key, and the workspace takes only its ARN, once and for all.
	keyARN := cmp.Or(
		o.observedText(keyMetrics, "spec", "forProvider", "kmsKeyArn"),
		o.observedText(keyAlarmKey, "status", "atProvider", "arn"),
	)
	if _, exists := o.observed.Resources[keyMetrics]; keyARN == "" || !exists && !o.ready(keyMetricsLogs) {
		// AMP refuses a log group that is not there yet, and there is no reference for it.
		o.hold(keyMetrics, o.metrics.noun)
	} else {
		o.add(keyMetrics, o.metrics, fields{
			"alias": shorten(prefix(o.meta), limitWorkspace), "kmsKeyArn": keyARN,
			"loggingConfiguration": fields{"logGroupArn": arn(o.meta, "logs", "log-group:"+o.metricsLogs()+":*")},
		}).fromObserved("spec.forProvider.kmsKeyArn")
		o.usage(o.own(keyAlarmKey, o.key), o.own(keyMetrics, o.metrics), "Without its key nobody can read the metrics.")
	}
	o.add("alert-manager", o.alertManager, fields{"workspaceIdRef": o.ref(keyMetrics), "definition": o.alertManagerDefinition()})
	o.add("rules", o.ruleGroups, fields{"workspaceIdRef": o.ref(keyMetrics), "data": yamlText(alertRules(o.spec.Objectives))}).
		external(shorten(prefix(o.meta), limitRuleGroups))
}

// workspaceARN is the ARN of the workspace of metrics; empty while AWS has not given its id.
func (o *observability) workspaceARN() string {
	return o.observedText(keyMetrics, "status", "atProvider", "arn")
}

// status are names and addresses that people and other claims look for.
func (o *observability) status() map[string]any {
	status, topics := fields{}, fields{}
	for _, p := range o.places() {
		if o.observedText(p.key(keyTopic), "status", "atProvider", "arn") != "" {
			topics[p.region] = o.topicARN(p)
		}
	}
	if len(topics) > 0 {
		status["topicARNs"] = topics
	}
	if endpoint := o.observedText(keyGrafana, "status", "atProvider", "endpoint"); endpoint != "" {
		status["grafanaEndpoint"] = endpoint
	}
	if o.spec.ClusterName == "" {
		return status
	}
	status["logGroups"] = fields{"workload": o.workloadLogs(), "dataplane": o.dataplaneLogs(), "metrics": o.metricsLogs()}
	if id := o.observedText(keyMetrics, "status", "atProvider", "id"); id != "" {
		status["workspaceId"] = id
		status["remoteWriteURL"] = schema.RemoteWriteURL(o.meta.Region, id)
	}
	return status
}

// requirements are what alarms look at and other claims make.
func (o *observability) requirements() []Requirement {
	var all []Requirement
	for _, zone := range o.spec.NATZones {
		all = append(all, o.require(natKey(zone), claimNetwork, natKey(zone), o.natGateway))
	}
	if o.spec.Edge != nil {
		all = append(all, o.require(keyDistribution, claimEdge, keyDistribution, o.distribution))
	}
	slices.SortFunc(all, func(a, b Requirement) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// checkObservability finds what the schema of claims cannot say.
func checkObservability(spec *schema.ObservabilitySpec) []string {
	var problems []string
	for i, endpoint := range spec.Endpoints {
		if service := schema.SecretAddress(endpoint); service != "" {
			// What was found is not repeated: it would be read by everybody who sees the status.
			problems = append(problems, fmt.Sprintf("spec.endpoints[%d]: an address of %s has a key in it: subscribe it by hand", i, service))
		}
	}
	if spec.ClusterName == "" && spec.Grafana != nil {
		problems = append(problems, "spec.grafana: there is no cluster whose metrics it could show")
	}
	return problems
}
