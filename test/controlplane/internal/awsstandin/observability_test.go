package awsstandin

import (
	"strings"
	"testing"
)

// watching is what an environment's alarms and metrics stand on.
func watching() []fields {
	return []fields{
		managed(kindKey, "key", `{description: a}`),
		named(managed(groupLogs+"/Group", "group", `{retentionInDays: 30}`), "/aws/vendedlogs/prometheus/app"),
		named(managed(kindRole, "role", `{assumeRolePolicy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"grafana.amazonaws.com"},"Action":"sts:AssumeRole"}]}'}`), "app-grafana"),
		named(managed(kindTopic, "topic", `{displayName: alarms}`), "app-alarms"),
		managed(kindMetrics, "metrics", `{alias: app}`),
	}
}

// TestObservability holds what AMP, Grafana, SNS and CloudWatch refuse.
func TestObservability(t *testing.T) {
	t.Parallel()
	const elsewhere = "arn:aws:sns:us-east-1:111122223333:app-alarms"
	for name, tc := range map[string]struct {
		kind, spec, want string
	}{
		"id of a key":            {kindMetrics, `{kmsKeyArn: "0123"}`, "is no ARN of a key"},
		"streams left out":       {kindMetrics, `{loggingConfiguration: {logGroupArn: "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/vendedlogs/prometheus/app"}}`, "does not end in :*"},
		"no log group":           {kindMetrics, `{loggingConfiguration: {logGroupArn: "arn:aws:logs:eu-west-1:111122223333:log-group:gone:*"}}`, "does not exist"},
		"rules of nothing":       {kindRules, `{workspaceId: ws-gone, data: ""}`, "ws-gone"},
		"rule without a name":    {kindRules, `{workspaceIdRef: {name: metrics}, data: "groups: [{name: a, rules: [{expr: up}]}]"}`, "either record or alert"},
		"no rules":               {kindRules, `{workspaceIdRef: {name: metrics}, data: "groups: ["}`, "error parsing rules"},
		"receiver of a webhook":  {kindAlertManager, `{workspaceIdRef: {name: metrics}, definition: "alertmanager_config: '{receivers: [{name: a, webhook_configs: []}]}'"}`, "receivers of webhook_configs are not supported"},
		"nobody receives":        {kindAlertManager, `{workspaceIdRef: {name: metrics}, definition: "alertmanager_config: '{}'"}`, "has no receivers"},
		"Grafana without a role": {kindGrafana, `{roleArn: "arn:aws:iam::111122223333:role/gone"}`, "gone"},
		"role in no Grafana":     {kindGrafanaRole, `{workspaceId: g-gone, role: ADMIN}`, "g-gone"},
		"topic of elsewhere":     {kindSubscription, `{topicArn: "` + elsewhere + `", protocol: email, endpoint: a@acme.example}`, "Topic does not exist"},
		"policy of no topic":     {kindTopicPolicy, `{arn: "arn:aws:sns:eu-west-1:111122223333:gone", policy: "{}"}`, "Topic does not exist"},
		"alarm to elsewhere":     {kindAlarm, `{alarmActions: ["` + elsewhere + `"]}`, "Invalid region in ARN"},
		"Slack of no topic":      {kindControl, `{typeName: "AWS::Chatbot::SlackChannelConfiguration", desiredState: '{"SnsTopicArns":["` + elsewhere + `"],"IamRoleArn":"arn:aws:iam::111122223333:role/app-grafana"}'}`, "does not exist"},
		"another type":           {kindControl, `{typeName: "AWS::S3::Bucket", desiredState: '{}'}`, "does not know AWS::S3::Bucket"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, Options{}, watching()...)
			h.ready(kindMetrics, "metrics")
			h.ready(kindTopic, "topic")
			wrong := managed(tc.kind, "wrong", tc.spec)
			if table()[tc.kind].identity == chosen {
				wrong = named(wrong, "wrong")
			}
			h.create(wrong)
			h.eventually(tc.kind, "wrong", "refused", func(object fields) bool { return strings.Contains(syncedMessage(object), tc.want) })
		})
	}
}

// TestWhatObservabilityGives holds what compositions and people read of these kinds.
func TestWhatObservabilityGives(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, append(watching(),
		managed(kindGrafana, "grafana", `{roleArnRef: {name: role}}`),
		managed(kindGrafanaRole, "admins", `{workspaceIdRef: {name: grafana}, role: ADMIN, groupIds: [a]}`),
		named(managed(kindRules, "rules", `{workspaceIdRef: {name: metrics}, data: "groups: [{name: a, rules: [{alert: b, expr: up}]}]"}`), "app"),
		managed(kindAlertManager, "alert-manager", `{workspaceIdRef: {name: metrics}, definition: "alertmanager_config: '{receivers: [{name: a, sns_configs: []}]}'"}`),
		managed(kindSubscription, "email", `{topicArnRef: {name: topic}, protocol: email, endpoint: a@acme.example}`),
	)...)
	for _, want := range []struct{ kind, name, field, prefix string }{
		{kindMetrics, "metrics", "arn", "arn:aws:aps:eu-west-1:111122223333:workspace/ws-"},
		{kindMetrics, "metrics", "prometheusEndpoint", "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-"},
		{kindGrafana, "grafana", "endpoint", "g-"},
		{kindGrafanaRole, "admins", "id", "g-"},
		{kindRules, "rules", "workspaceId", "ws-"},
		{kindAlertManager, "alert-manager", "id", "ws-"},
		{kindTopic, "topic", "arn", "arn:aws:sns:eu-west-1:111122223333:app-alarms"},
		{kindSubscription, "email", "id", "arn:aws:sns:eu-west-1:111122223333:app-alarms:"},
	} {
		if got := text(h.ready(want.kind, want.name), "status", "atProvider", want.field); !strings.HasPrefix(got, want.prefix) {
			t.Errorf("%s of %s is %q, want %s...", want.field, want.name, got, want.prefix)
		}
	}
}
