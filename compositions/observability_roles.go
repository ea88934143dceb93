package compositions

import (
	"encoding/json"
	"slices"

	"github.com/innovate-inc/genops/schema"
)

// senders makes the roles of what sends logs and metrics out of the cluster (EKS Pod Identity).
func (o *observability) senders() {
	streams := make([]string, 0, 2)
	for _, group := range []string{o.workloadLogs(), o.dataplaneLogs()} {
		streams = append(streams, arn(o.meta, "logs", "log-group:"+group+":*"))
	}
	o.sender(schema.SuffixFluentBit, schema.NamespaceLogging, schema.ServiceAccountFluentBit)
	o.add(schema.SuffixFluentBit+"-logs", o.rolePolicy, fields{"roleRef": o.ref(schema.SuffixFluentBit + "-role")}).external("logs").
		withPolicy("policy", newDocument(statement{
			Sid: "Write", Effect: allow, Action: []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}, Resource: streams,
			Wildcard: "Streams are made as pods come. Only in the two groups of this cluster.",
		}))

	o.sender(schema.SuffixCollector, schema.NamespaceTelemetry, schema.ServiceAccountCollector)
	o.add(schema.SuffixCollector+"-traces", o.rolePolicy, fields{"roleRef": o.ref(keyCollectorFor)}).external("traces").
		withPolicy("policy", newDocument(statement{
			Sid: "Traces", Effect: allow, Resource: []string{"*"}, Condition: conditions{"StringEquals": {"aws:RequestedRegion": o.meta.Region}},
			Action: []string{
				"xray:GetSamplingRules", "xray:GetSamplingStatisticSummaries", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
			},
			Wildcard: "X-Ray has one store of traces for an account and region, which is no resource. What is written cannot be read with this.",
		}))
	o.onWorkspace(schema.SuffixCollector+"-metrics", keyCollectorFor, "metrics", func(workspace string) document {
		return newDocument(statement{Sid: "Write", Effect: allow, Action: []string{"aps:RemoteWrite"}, Resource: []string{workspace}})
	})
}

// sender makes a role and gives it to the pods of one ServiceAccount of the cluster.
func (o *observability) sender(name, namespace, serviceAccount string) {
	role, cluster := name+"-role", o.spec.ClusterName
	o.add(role, o.role, fields{"description": "EKS cluster " + cluster + ": " + name}).
		external(shorten(cluster+"-"+name, limitRole)).
		withPolicy("assumeRolePolicy", podIdentityTrust(arn(o.meta, "eks", "cluster/"+cluster), namespace, serviceAccount))
	o.add(name+"-pod-identity", o.podIdentity, fields{
		"clusterNameRef": o.refTo(claimCluster, keyCluster), "namespace": namespace, "serviceAccount": serviceAccount, "roleArnRef": o.ref(role),
	})
}

// onWorkspace makes the policy of a role that names the workspace of metrics: it waits for the ARN, and stays when that is not observed for a moment.
func (o *observability) onWorkspace(key, role, name string, policy func(workspace string) document) {
	workspace := o.workspaceARN()
	if workspace == "" {
		if !o.keep(key, o.rolePolicy) {
			o.hold(key, o.rolePolicy.noun)
		}
		return
	}
	made := o.add(key, o.rolePolicy, fields{"roleRef": o.ref(role)}).external(name)
	made.withPolicy("policy", policy(workspace))
	made.fromObserved("spec.forProvider.policy")
}

// dashboards makes Grafana, what it may read, and who may do what in it.
func (o *observability) dashboards() {
	o.add(keyGrafanaRole, o.role, fields{"description": "Grafana of " + prefix(o.meta) + " reads metrics, logs and traces"}).
		external(shorten(prefix(o.meta)+"-grafana", limitRole)).
		withPolicy("assumeRolePolicy", o.trustGrafana())
	o.add("grafana-read", o.rolePolicy, fields{"roleRef": o.ref(keyGrafanaRole)}).external("read").withPolicy("policy", o.readPolicy())
	o.onWorkspace("grafana-metrics", keyGrafanaRole, "metrics", func(workspace string) document {
		return newDocument(statement{
			Sid: "Metrics", Effect: allow, Resource: []string{workspace},
			Action: []string{"aps:DescribeWorkspace", "aps:GetLabels", "aps:GetMetricMetadata", "aps:GetSeries", "aps:QueryMetrics"},
		})
	})
	o.add(keyGrafana, o.grafana, fields{
		"name": shorten(prefix(o.meta), limitGrafana), "description": "Dashboards of " + prefix(o.meta), "grafanaVersion": o.spec.Grafana.Version,
		"accountAccessType": "CURRENT_ACCOUNT", "authenticationProviders": []any{"AWS_SSO"}, "permissionType": "CUSTOMER_MANAGED",
		"dataSources": []any{"CLOUDWATCH", "PROMETHEUS", "XRAY"}, "roleArnRef": o.ref(keyGrafanaRole),
	})
	for _, members := range []struct {
		key, role string
		groups    []string
	}{
		{"grafana-admins", "ADMIN", o.spec.Grafana.Admins},
		{"grafana-editors", "EDITOR", o.spec.Grafana.Editors},
		{"grafana-viewers", "VIEWER", o.spec.Grafana.Viewers},
	} {
		if len(members.groups) > 0 {
			o.add(members.key, o.grafanaRole, fields{
				"role": members.role, "groupIds": list(slices.Sorted(slices.Values(members.groups))), "workspaceIdRef": o.ref(keyGrafana),
			})
		}
	}
}

// trustGrafana lets workspaces of Grafana in this account become the role (Grafana user guide: permissions and policies).
func (o *observability) trustGrafana() document {
	trusted := trust("grafana.amazonaws.com", "sts:AssumeRole")
	trusted.Statement[0].Condition = conditions{
		"StringEquals": {"aws:SourceAccount": o.meta.Account},
		"ArnLike":      {"aws:SourceArn": arn(o.meta, "grafana", "/workspaces/*")},
	}
	return trusted
}

// readPolicy is what data sources of Grafana need of CloudWatch and X-Ray, whose actions for reading know hardly any resources.
func (o *observability) readPolicy() document {
	here := conditions{"StringEquals": {"aws:RequestedRegion": o.regions()}}
	const why = "Metrics and traces of an account and region are no resources. Reading alone, and only in the environment's regions."
	return newDocument(statement{
		Sid: "CloudWatch", Effect: allow, Resource: []string{"*"}, Condition: here, Wildcard: why,
		Action: []string{
			"cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms", "cloudwatch:DescribeAlarmsForMetric", "cloudwatch:GetMetricData",
			"cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics",
		},
	}, statement{
		Sid: "Traces", Effect: allow, Resource: []string{"*"}, Condition: here, Wildcard: why,
		Action: []string{
			"xray:BatchGetTraces", "xray:GetGroup", "xray:GetGroups", "xray:GetServiceGraph", "xray:GetTimeSeriesServiceStatistics", "xray:GetTraceGraph",
			"xray:GetTraceSummaries",
		},
	}, statement{
		Sid: "FindLogs", Effect: allow, Resource: []string{"*"}, Condition: here, Action: []string{"aps:ListWorkspaces", "logs:DescribeLogGroups"},
		Wildcard: "They are searched by name, which needs the right to list all of the account and region. Names and settings, no data.",
	}, statement{
		Sid: "Logs", Effect: allow, Action: []string{"logs:GetLogGroupFields", "logs:GetQueryResults", "logs:StartQuery", "logs:StopQuery"},
		Resource: []string{
			arn(o.meta, "logs", "log-group:"+o.workloadLogs()+":*"), arn(o.meta, "logs", "log-group:"+o.dataplaneLogs()+":*"),
		},
		Wildcard: "All streams of the two groups of this cluster.",
	})
}

// regions are those that have something of the environment's alarms.
func (o *observability) regions() []string {
	var regions []string
	for _, p := range o.places() {
		regions = append(regions, p.region)
	}
	return regions
}

// slackType is the kind of resource of AWS that shows alarms in Slack. The provider has no kind of its own for it.
const slackType = "AWS::Chatbot::SlackChannelConfiguration"

// slack sends alarms to a channel of Slack (Amazon Q Developer in chat applications). Whoever is in the channel may look at metrics of alarms, and
// do nothing: the guardrail holds for everybody, whatever role they choose.
func (o *observability) slack() {
	name := shorten(prefix(o.meta)+"-slack", limitRole)
	o.add(keySlackRole, o.role, fields{"description": "Amazon Q shows metrics of alarms of " + prefix(o.meta) + " in Slack"}).
		external(name).withPolicy("assumeRolePolicy", trust("chatbot.amazonaws.com", "sts:AssumeRole"))
	o.add("slack-read", o.rolePolicy, fields{"roleRef": o.ref(keySlackRole)}).external("read").withPolicy("policy", newDocument(statement{
		Sid: "Alarms", Effect: allow, Resource: []string{"*"}, Condition: conditions{"StringEquals": {"aws:RequestedRegion": o.regions()}},
		Action:   []string{"cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"},
		Wildcard: "Metrics of an account and region are no resources. Reading alone, for the pictures beside alarms.",
	}))
	if _, exists := o.observed.Resources[keySlack]; !exists && !o.slackPossible() {
		// AWS refuses a role or a topic that is not there yet, and there are no references for them.
		o.hold(keySlack, o.cloudControl.noun)
		return
	}
	var topics []string
	for _, p := range o.places() {
		topics = append(topics, o.topicARN(p))
	}
	state, err := json.Marshal(fields{
		"ConfigurationName": name, "SlackWorkspaceId": o.spec.Slack.Workspace, "SlackChannelId": o.spec.Slack.Channel,
		"IamRoleArn": iamARN(o.meta, "role/"+name), "SnsTopicArns": topics, "LoggingLevel": "ERROR", "UserRoleRequired": false,
		"GuardrailPolicies": []string{managedPolicy(o.meta, "CloudWatchReadOnlyAccess")},
	})
	if err != nil {
		panic(err) // Texts and lists of them always encode.
	}
	o.add(keySlack, o.cloudControl, fields{"typeName": slackType, "desiredState": string(state)})
}

func (o *observability) slackPossible() bool {
	for _, p := range o.places() {
		if !o.ready(p.key(keyTopic)) {
			return false
		}
	}
	return o.ready(keySlackRole)
}
