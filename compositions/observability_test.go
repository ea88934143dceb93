package compositions_test

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// observabilitySpec watches over a cluster with an edge.
func observabilitySpec() schema.ObservabilitySpec {
	return schema.ObservabilitySpec{
		ClaimMeta: meta("acme", "app"), LogRetentionDays: 365, ClusterName: "acme-app",
		Grafana: &schema.GrafanaSpec{Version: "12.4", Admins: []string{}, Editors: []string{}, Viewers: []string{}},
		Emails:  []string{"alarms@acme.example"}, Endpoints: []string{},
		NATZones: []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}, Edge: &schema.Objective{Availability: 99.9},
		Objectives: []schema.ObjectiveSpec{{Service: "api", Availability: 99.9}},
	}
}

// withReceivers reaches people in every way, and lets groups into Grafana.
func withReceivers(s *schema.ObservabilitySpec) {
	s.Endpoints = []string{"https://alarms.acme.example/aws"}
	s.Slack = &schema.Slack{Workspace: "T0123ABCD9", Channel: "C0123ABCD9"}
	s.Grafana.Admins = []string{"61e5a0f4-1c5a-4b0e-9f0a-2d1b7c3e4f50"}
	s.Grafana.Viewers = []string{"9067642ac7-61e5a0f4-1c5a-4b0e-9f0a-2d1b7c3e4f50", "61e5a0f4-1c5a-4b0e-9f0a-2d1b7c3e4f51"}
}

// onlyAlarms is what an environment without a cluster has.
func onlyAlarms(s *schema.ObservabilitySpec) {
	s.ClusterName, s.Grafana, s.Edge, s.NATZones, s.Objectives = "", nil, nil, s.NATZones[:1], []schema.ObjectiveSpec{}
}

// observability is an Observability claim with some edits.
func observability(t testing.TB, edits ...func(*schema.ObservabilitySpec)) claim {
	t.Helper()
	s := observabilitySpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "Observability", spec: spec(t, s)}
}

// editsOfObservability are edits that people may make, beside a cluster that does not change.
func editsOfObservability(t testing.TB) map[string]edit {
	t.Helper()
	before := everything(t, []claim{observability(t, withReceivers)})
	made := map[string]edit{}
	for name, e := range map[string]struct {
		reason, keys string
		change       func(*schema.ObservabilitySpec)
	}{
		"retention":        {"a setting", ``, func(s *schema.ObservabilitySpec) { s.LogRetentionDays = 30 }},
		"objective":        {"rules and thresholds", ``, func(s *schema.ObservabilitySpec) { s.Edge.Availability, s.Objectives[0].Availability = 99, 99 }},
		"email more":       {"in both regions", `^Observability/(edge-)?email-`, func(s *schema.ObservabilitySpec) { s.Emails = append(s.Emails, "team@acme.example") }},
		"another email":    {"AWS changes no receiver", `^Observability/(edge-)?email-`, func(s *schema.ObservabilitySpec) { s.Emails = []string{"team@acme.example"} }},
		"no Slack":         {"with its role", `^Observability/slack`, func(s *schema.ObservabilitySpec) { s.Slack = nil }},
		"other channel":    {"a setting", ``, func(s *schema.ObservabilitySpec) { s.Slack.Channel = "C0123ABCDE" }},
		"no Grafana":       {"with its role and rights", `^Observability/grafana`, func(s *schema.ObservabilitySpec) { s.Grafana = nil }},
		"no edge":          {"nothing is in us-east-1", `^Observability/(edge-|alarm-edge-)`, func(s *schema.ObservabilitySpec) { s.Edge = nil }},
		"a NAT gateway":    {"the other zones have none", `^Observability/alarm-nat-ports-eu-west-1[bc]$`, func(s *schema.ObservabilitySpec) { s.NATZones = s.NATZones[:1] }},
		"group of Grafana": {"a setting", ``, func(s *schema.ObservabilitySpec) { s.Grafana.Viewers = s.Grafana.Viewers[:1] }},
	} {
		made["observability, "+name] = edit{
			reason: e.reason, keys: e.keys, before: before, after: everything(t, []claim{observability(t, withReceivers, e.change)}),
		}
	}
	return made
}

// TestObservabilityStatus holds what people and other claims read in the status.
func TestObservabilityStatus(t *testing.T) {
	t.Parallel()
	logs := map[string]any{
		"workload": "/aws/eks/acme-app/workload", "dataplane": "/aws/eks/acme-app/dataplane", "metrics": "/aws/vendedlogs/prometheus/acme-app",
	}
	first := observability(t).compose(t, compositions.Observed{})
	if diff := cmp.Diff(map[string]any{"logGroups": logs}, first.Status); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	result, _ := observability(t).simulate(t)
	want := map[string]any{
		"logGroups": logs, "workspaceId": "ws-simulated", "grafanaEndpoint": "g-simulated.grafana-workspace.eu-west-1.amazonaws.com",
		"remoteWriteURL": "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-simulated/api/v1/remote_write",
		"topicARNs": map[string]any{
			"eu-west-1": "arn:aws:sns:eu-west-1:111122223333:acme-app-alarms", "us-east-1": "arn:aws:sns:us-east-1:111122223333:acme-app-alarms",
		},
	}
	if diff := cmp.Diff(want, result.Status); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	alone, _ := observability(t, onlyAlarms).simulate(t)
	want = map[string]any{"topicARNs": map[string]any{"eu-west-1": "arn:aws:sns:eu-west-1:111122223333:acme-app-alarms"}}
	if diff := cmp.Diff(want, alone.Status); diff != "" {
		t.Errorf("without a cluster (-want +got):\n%s", diff)
	}
}

// TestWhatWaitsForIds holds which resources wait for a value that only AWS knows: an alarm on nothing never rings.
func TestWhatWaitsForIds(t *testing.T) {
	t.Parallel()
	want := []string{
		"alarm-edge-errors-fast", "alarm-edge-errors-slow", "alarm-nat-ports-eu-west-1a", "alarm-nat-ports-eu-west-1b", "alarm-nat-ports-eu-west-1c",
		"grafana-metrics", "otel-collector-metrics", "slack", "workspace",
	}
	first := observability(t, withReceivers).compose(t, compositions.Observed{})
	if diff := cmp.Diff(want, first.Held); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	required := make([]string, 0, len(first.Requirements))
	for _, requirement := range first.Requirements {
		required = append(required, requirement.Kind+" "+requirement.MatchName)
	}
	wantRequired := []string{
		"Distribution app.edge.distribution", "NATGateway app.network.nat-gateway-eu-west-1a", "NATGateway app.network.nat-gateway-eu-west-1b",
		"NATGateway app.network.nat-gateway-eu-west-1c",
	}
	if diff := cmp.Diff(wantRequired, required); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAlarmsReachTheTopicOfTheirRegion holds that each alarm tells a topic of its own region when it begins and when it ends: AWS takes no other.
func TestAlarmsReachTheTopicOfTheirRegion(t *testing.T) {
	t.Parallel()
	result, _ := observability(t).simulate(t)
	alarms := 0
	for key, alarm := range objects(result) {
		if alarm["kind"] != "MetricAlarm" {
			continue
		}
		alarms++
		region := text(alarm, "spec", "forProvider", "region")
		want := []any{"arn:aws:sns:" + region + ":111122223333:acme-app-alarms"}
		for _, action := range []string{"alarmActions", "okActions"} {
			if diff := cmp.Diff(want, field(alarm, "spec", "forProvider", action)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", key, action, diff)
			}
		}
		if (text(alarm, "spec", "forProvider", "namespace") == "AWS/CloudFront") != (region == "us-east-1") {
			t.Errorf("%s is in %s", key, region)
		}
	}
	if alarms != 8 {
		t.Errorf("%d alarms", alarms)
	}
	// In the region of CloudFront itself one topic is enough.
	one, _ := observability(t, func(s *schema.ObservabilitySpec) { s.Region = "us-east-1" }).simulate(t)
	if found := matching(keys(one), `^edge-`); len(found) > 0 {
		t.Errorf("made twice: %q", found)
	}
}

// ruleText is a rule as Prometheus reads it.
type ruleText struct {
	Record      string            `json:"record"`
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// rulesOf are the rules of a claim by group.
func rulesOf(t *testing.T, c claim) map[string][]ruleText {
	t.Helper()
	result, _ := c.simulate(t)
	var file struct {
		Groups []struct {
			Name  string     `json:"name"`
			Rules []ruleText `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.UnmarshalStrict([]byte(text(object(t, result, "rules"), "spec", "forProvider", "data")), &file); err != nil {
		t.Fatal(err)
	}
	groups := map[string][]ruleText{}
	for _, group := range file.Groups {
		groups[group.Name] = group.Rules
	}
	return groups
}

// TestErrorBudgets holds at which share of failed requests the alerts of an objective begin: 14.4 times the budget in an hour, six times in six.
func TestErrorBudgets(t *testing.T) {
	t.Parallel()
	for availability, want := range map[float64][2]string{99.9: {"0.0144", "0.006"}, 99.5: {"0.072", "0.03"}, 99.99: {"0.00144", "0.0006"}, 95: {"0.72", "0.3"}} {
		groups := rulesOf(t, observability(t, func(s *schema.ObservabilitySpec) { s.Objectives[0].Availability = availability }))
		alerts := map[string]string{}
		for _, rule := range groups["slo-api"] {
			if rule.Alert != "" {
				alerts[rule.Alert] = rule.Expr
			}
		}
		const ratio = `service:request_errors:ratio_rate`
		expected := map[string]string{
			"ErrorBudgetBurnsFast":   ratio + `1h{service="api"} > ` + want[0] + ` and ` + ratio + `5m{service="api"} > ` + want[0],
			"ErrorBudgetBurnsSlowly": ratio + `6h{service="api"} > ` + want[1] + ` and ` + ratio + `30m{service="api"} > ` + want[1],
		}
		if diff := cmp.Diff(expected, alerts); diff != "" {
			t.Errorf("%g (-want +got):\n%s", availability, diff)
		}
	}
	// CloudFront counts in percent of requests.
	result, _ := observability(t).simulate(t)
	for name, want := range map[string]float64{"fast": 1.44, "slow": 0.6} {
		got, _ := field(object(t, result, "alarm-edge-errors-"+name), "spec", "forProvider", "threshold").(float64)
		if math.Abs(got-want) > 1e-9 || len(strconv.FormatFloat(got, 'f', -1, 64)) > 6 {
			t.Errorf("%s: threshold %v, want %v", name, got, want)
		}
	}
}

// TestRecordedIsWhatAlertsRead holds that no alert reads a series that no rule makes.
func TestRecordedIsWhatAlertsRead(t *testing.T) {
	t.Parallel()
	groups := rulesOf(t, observability(t))
	recorded, seen := map[string]bool{}, 0
	for _, rule := range groups["slo-api"] {
		recorded[rule.Record] = true
	}
	for _, rule := range groups["slo-api"] {
		for word := range strings.FieldsSeq(rule.Expr) {
			if name, _, found := strings.Cut(word, "{"); found && strings.HasPrefix(name, "service:") {
				seen++
				if !recorded[name] {
					t.Errorf("%s reads %s, which nobody records", rule.Alert, name)
				}
			}
		}
	}
	if seen != 4 || len(groups["cluster"]) < 5 {
		t.Errorf("%d series and %d rules prove nothing", seen, len(groups["cluster"]))
	}
}

// TestAlertManagerSendsToTheTopic holds what the alert manager does: AMP takes SNS alone, and Slack's messages need a form of their own.
func TestAlertManagerSendsToTheTopic(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		claim claim
		form  bool
	}{"emails": {observability(t), false}, "Slack": {observability(t, withReceivers), true}} {
		result, _ := tc.claim.simulate(t)
		var outer map[string]string
		if err := yaml.Unmarshal([]byte(text(object(t, result, "alert-manager"), "spec", "forProvider", "definition")), &outer); err != nil {
			t.Fatal(err)
		}
		var inner map[string]any
		if err := yaml.Unmarshal([]byte(outer["alertmanager_config"]), &inner); err != nil {
			t.Fatal(err)
		}
		receivers, _ := inner["receivers"].([]any)
		if len(receivers) != 1 || text(inner, "route", "receiver") != text(receivers[0], "name") {
			t.Fatalf("%s: %v", name, inner)
		}
		message := field(receivers[0], "sns_configs").([]any)[0]
		if text(message, "topic_arn") != "arn:aws:sns:eu-west-1:111122223333:acme-app-alarms" || text(message, "sigv4", "region") != "eu-west-1" {
			t.Errorf("%s: %v", name, message)
		}
		content := text(message, "message")
		if tc.form != (content != "") {
			t.Errorf("%s: message %q", name, content)
		}
		if tc.form && !json.Valid([]byte(content)) {
			t.Errorf("%s: %q is no JSON", name, content)
		}
	}
}

// TestSecretAddressesAreRefusedUnseen holds that an address with a key in it is refused, and that the message does not repeat it.
func TestSecretAddressesAreRefusedUnseen(t *testing.T) {
	t.Parallel()
	const key = "0123456789abcdef0123456789abcdef"
	for address, service := range map[string]string{
		"https://events.pagerduty.com/integration/" + key + "/enqueue":    "PagerDuty",
		"https://events.eu.pagerduty.com/integration/" + key + "/enqueue": "PagerDuty",
		"https://hooks.slack.com/services/T0/B0/" + key:                   "Slack",
	} {
		c := observability(t, func(s *schema.ObservabilitySpec) { s.Endpoints = []string{"https://alarms.acme.example/aws", address} })
		_, err := c.composition(t).Compose(c.spec, compositions.Observed{})
		want := []string{"spec.endpoints[1]: an address of " + service + " has a key in it: subscribe it by hand"}
		if diff := cmp.Diff(want, problems(t, err)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if strings.Contains(err.Error(), key) {
			t.Errorf("the message repeats the key")
		}
	}
}

// TestTopicsTakeWhatIsForThisAccount holds who may send to a topic and use its key: services, each only for this account, and with TLS.
func TestTopicsTakeWhatIsForThisAccount(t *testing.T) {
	t.Parallel()
	result, _ := observability(t).simulate(t)
	forAccount := map[string]map[string]any{"StringEquals": {"aws:SourceAccount": "111122223333"}}
	for prefix, services := range map[string][]any{"": {"aps.amazonaws.com", "cloudwatch.amazonaws.com"}, "edge-": {"cloudwatch.amazonaws.com"}} {
		sends := document(t, object(t, result, prefix+"topic-policy"), "policy")
		topic := []string{"arn:aws:sns:" + text(object(t, result, prefix+"topic"), "spec", "forProvider", "region") + ":111122223333:acme-app-alarms"}
		want := []statement{
			{
				Sid: "Alarms", Effect: "Allow", Principal: map[string]any{"Service": services}, Action: []string{"sns:GetTopicAttributes", "sns:Publish"},
				Resource: topic, Condition: forAccount,
			},
			{
				Sid: "OnlyTls", Effect: "Deny", Principal: "*", Action: []string{"sns:Publish", "sns:Subscribe"}, Resource: topic,
				Condition: map[string]map[string]any{"Bool": {"aws:SecureTransport": "false"}},
			},
		}
		if diff := cmp.Diff(want, sends.Statement); diff != "" {
			t.Errorf("%stopic (-want +got):\n%s", prefix, diff)
		}
		uses := document(t, object(t, result, prefix+"key"), "policy").Statement[1]
		if diff := cmp.Diff(map[string]any{"Service": services}, uses.Principal); diff != "" || !cmp.Equal(forAccount, uses.Condition) {
			t.Errorf("%skey: %v (-want +got):\n%s", prefix, uses.Condition, diff)
		}
		if got := text(object(t, result, prefix+"topic"), "spec", "forProvider", "kmsMasterKeyId"); got != "alias/acme-app-observability" {
			t.Errorf("%stopic is encrypted with %s", prefix, got)
		}
	}
}

// TestSendersReachOnlyTheirs holds what the pods that send logs and metrics may do: the two log groups, and this workspace.
func TestSendersReachOnlyTheirs(t *testing.T) {
	t.Parallel()
	result, _ := observability(t).simulate(t)
	got := map[string][]string{}
	for _, key := range []string{"fluent-bit-logs", "otel-collector-metrics", "grafana-metrics"} {
		for _, s := range document(t, object(t, result, key), "policy").Statement {
			got[key] = append(got[key], s.Resource...)
		}
	}
	want := map[string][]string{
		"fluent-bit-logs": {
			"arn:aws:logs:eu-west-1:111122223333:log-group:/aws/eks/acme-app/workload:*", "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/eks/acme-app/dataplane:*",
		},
		"otel-collector-metrics": {"arn:aws:aps:eu-west-1:111122223333:workspace/ws-simulated"},
		"grafana-metrics":        {"arn:aws:aps:eu-west-1:111122223333:workspace/ws-simulated"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSlackMayOnlyLook holds what a channel of Slack can do: AWS gives it the rights of an administrator if nobody says otherwise.
func TestSlackMayOnlyLook(t *testing.T) {
	t.Parallel()
	result, _ := observability(t, withReceivers).simulate(t)
	made := object(t, result, "slack")
	if got := text(made, "spec", "forProvider", "typeName"); got != "AWS::Chatbot::SlackChannelConfiguration" {
		t.Errorf("made is a %s", got)
	}
	var state map[string]any
	if err := json.Unmarshal([]byte(text(made, "spec", "forProvider", "desiredState")), &state); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"ConfigurationName": "acme-app-slack", "SlackWorkspaceId": "T0123ABCD9", "SlackChannelId": "C0123ABCD9", "UserRoleRequired": false, "LoggingLevel": "ERROR",
		"IamRoleArn":        "arn:aws:iam::111122223333:role/acme-app-slack",
		"GuardrailPolicies": []any{"arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"},
		"SnsTopicArns":      []any{"arn:aws:sns:eu-west-1:111122223333:acme-app-alarms", "arn:aws:sns:us-east-1:111122223333:acme-app-alarms"},
	}
	if diff := cmp.Diff(want, state); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, s := range document(t, object(t, result, "slack-read"), "policy").Statement {
		for _, action := range s.Action {
			if _, name, _ := strings.Cut(action, ":"); !slices.ContainsFunc([]string{"Describe", "Get", "List"}, func(verb string) bool { return strings.HasPrefix(name, verb) }) {
				t.Errorf("%s is more than looking", action)
			}
		}
	}
	if names := slices.Sorted(maps.Keys(state)); len(names) != 8 {
		t.Errorf("%q", names)
	}
}
