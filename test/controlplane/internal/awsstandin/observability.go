package awsstandin

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

const (
	groupAMP     = "amp.aws.upbound.io"
	groupGrafana = "grafana.aws.upbound.io"
	groupSNS     = "sns.aws.upbound.io"
	groupControl = "cloudcontrol.aws.upbound.io"
)

const (
	kindMetrics      = groupAMP + "/Workspace"
	kindRules        = groupAMP + "/RuleGroupNamespace"
	kindAlertManager = groupAMP + "/AlertManagerDefinition"
	kindGrafana      = groupGrafana + "/Workspace"
	kindGrafanaRole  = groupGrafana + "/RoleAssociation"
	kindTopic        = groupSNS + "/Topic"
	kindTopicPolicy  = groupSNS + "/TopicPolicy"
	kindSubscription = groupSNS + "/TopicSubscription"
	kindControl      = groupControl + "/Resource"
	kindAlarm        = groupAlarms + "/MetricAlarm"
)

// observabilityKinds are what an Observability claim is made of, beside kinds that others have, too.
func observabilityKinds() []kind {
	return []kind{
		plain(groupAMP, "Workspace", "aps", "workspace/", given).newer().withPrefix("ws-"),
		plain(groupAMP, "RuleGroupNamespace", "aps", "rulegroupsnamespace/", chosen).limited(64),
		plain(groupAMP, "AlertManagerDefinition", "", "", given),
		plain(groupGrafana, "Workspace", "grafana", "/workspaces/", given).newer().withPrefix("g-"),
		plain(groupGrafana, "RoleAssociation", "", "", given),
		plain(groupSNS, "Topic", "sns", "", chosen).limited(256),
		plain(groupSNS, "TopicPolicy", "", "", given),
		plain(groupSNS, "TopicSubscription", "", "", given),
		plain(groupControl, "Resource", "", "", given),
	}
}

// observabilityID is the id that AWS gives a resource of observability; empty if it is made as all others.
func observabilityID(r *resource, seed []string) string {
	switch r.kind.full() {
	case kindAlertManager:
		return text(r.params, "workspaceId")
	case kindGrafanaRole:
		return text(r.params, "workspaceId") + "/" + text(r.params, "role")
	case kindTopicPolicy:
		return text(r.params, "arn")
	case kindSubscription:
		return text(r.params, "topicArn") + ":" + uuid(seed...)
	case kindControl:
		return arn(r.place, "chatbot", "chat-configuration/slack-channel/"+hash(seed...)[:8])
	default:
		return ""
	}
}

func observabilityAttributes(r *resource) fields {
	switch r.kind.full() {
	case kindMetrics:
		return fields{"prometheusEndpoint": "https://aps-workspaces." + r.place.region + ".amazonaws.com/workspaces/" + r.identity + "/"}
	case kindGrafana:
		return fields{"endpoint": r.identity + ".grafana-workspace." + r.place.region + ".amazonaws.com"}
	case kindTopic, kindTopicPolicy:
		return fields{"owner": r.place.account}
	case kindSubscription:
		// Whoever gets mail confirms it by a link, and until then nothing comes.
		return fields{"ownerId": r.place.account, "pendingConfirmation": text(r.params, "protocol") == "email"}
	default:
		return nil
	}
}

// checkObservability checks the kinds of observability.
func (c *cloud) checkObservability(r *resource) error {
	switch r.kind.full() {
	case kindMetrics:
		return c.checkMetrics(r)
	case kindRules:
		return c.checkRules(r)
	case kindAlertManager:
		if id := text(r.params, "workspaceId"); c.lookup(r.place, kindMetrics, id) == nil {
			return missing(kindMetrics, id)
		}
		return checkAlertManager(text(r.params, "definition"))
	case kindGrafana:
		return c.checkRoleARN(r, text(r.params, "roleArn"))
	case kindGrafanaRole:
		if id := text(r.params, "workspaceId"); c.lookup(r.place, kindGrafana, id) == nil {
			return missing(kindGrafana, id)
		}
	case kindTopicPolicy:
		if err := c.checkTopic(r, text(r.params, "arn")); err != nil {
			return err
		}
		return checkDocument(r.params, "policy")
	case kindSubscription:
		return c.checkTopic(r, text(r.params, "topicArn"))
	case kindControl:
		return c.checkSlack(r)
	}
	return nil
}

// checkTopic checks that a topic is there, in the region of what names it.
func (c *cloud) checkTopic(r *resource, name string) error {
	if c.lookup(r.place, kindTopic, name[strings.LastIndex(name, ":")+1:]) == nil || !strings.Contains(name, ":sns:"+r.place.region+":") {
		return fmt.Errorf("NotFoundException: Topic does not exist: %s", name)
	}
	return nil
}

func (c *cloud) checkRoleARN(r *resource, name string) error {
	role := name[strings.LastIndex(name, "/")+1:]
	if c.lookup(r.place, kindRole, role) == nil {
		return missing(kindRole, role)
	}
	return nil
}

// checkMetrics checks a workspace: its key has to be named by its ARN, and its log group with all streams.
func (c *cloud) checkMetrics(r *resource) error {
	name := text(r.params, "kmsKeyArn")
	if _, id, found := strings.Cut(name, ":key/"); name != "" && (!found || c.lookup(r.place, kindKey, id) == nil) {
		return fmt.Errorf("ValidationException: %q is no ARN of a key that exists", name)
	}
	group := text(r.params, "loggingConfiguration", "logGroupArn")
	if group == "" {
		return nil
	}
	_, group, _ = strings.Cut(group, ":log-group:")
	group, all := strings.CutSuffix(group, ":*")
	if !all || c.lookup(r.place, groupLogs+"/Group", group) == nil {
		return fmt.Errorf("ValidationException: log group %q does not exist, or its ARN does not end in :*", group)
	}
	return nil
}

// checkRules checks that a file of rules is one.
func (c *cloud) checkRules(r *resource) error {
	if id := text(r.params, "workspaceId"); c.lookup(r.place, kindMetrics, id) == nil {
		return missing(kindMetrics, id)
	}
	var file struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []struct {
				Record string `json:"record"`
				Alert  string `json:"alert"`
				Expr   string `json:"expr"`
			} `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.Unmarshal([]byte(text(r.params, "data")), &file); err != nil {
		return fmt.Errorf("ValidationException: error parsing rules: %w", err)
	}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if group.Name == "" || rule.Expr == "" || (rule.Record == "") == (rule.Alert == "") {
				return fmt.Errorf("ValidationException: a rule of group %q has an expression and either record or alert", group.Name)
			}
		}
	}
	return nil
}

// checkAlertManager checks a definition: AMP takes it as a text within YAML, and knows no other receivers than SNS.
func checkAlertManager(definition string) error {
	var outer map[string]string
	if err := yaml.Unmarshal([]byte(definition), &outer); err != nil {
		return fmt.Errorf("ValidationException: error parsing alert manager definition: %w", err)
	}
	var inner struct {
		Receivers []map[string]any `json:"receivers"`
	}
	if err := yaml.Unmarshal([]byte(outer["alertmanager_config"]), &inner); err != nil {
		return fmt.Errorf("ValidationException: error parsing alertmanager_config: %w", err)
	}
	if len(inner.Receivers) == 0 {
		return errors.New("ValidationException: alertmanager_config has no receivers")
	}
	for _, receiver := range inner.Receivers {
		for name := range receiver {
			if name != "name" && name != "sns_configs" {
				return fmt.Errorf("ValidationException: receivers of %s are not supported", name)
			}
		}
	}
	return nil
}

// checkSlack checks a channel of Slack, which Cloud Control makes.
func (c *cloud) checkSlack(r *resource) error {
	if name := text(r.params, "typeName"); name != "AWS::Chatbot::SlackChannelConfiguration" {
		return fmt.Errorf("TypeNotFoundException: the stand-in does not know %s", name)
	}
	state := fields{}
	if err := json.Unmarshal([]byte(text(r.params, "desiredState")), &state); err != nil {
		return fmt.Errorf("InvalidRequestException: %w", err)
	}
	for _, topic := range texts(state, "SnsTopicArns") {
		there := r.place
		there.region = strings.Split(topic+":::", ":")[3]
		if c.lookup(there, kindTopic, topic[strings.LastIndex(topic, ":")+1:]) == nil {
			return fmt.Errorf("InvalidRequestException: topic %s does not exist", topic)
		}
	}
	return c.checkRoleARN(r, text(state, "IamRoleArn"))
}

// checkAlarm checks that an alarm tells topics of its own region: CloudWatch takes no others.
func checkAlarm(r *resource) error {
	for _, field := range []string{"alarmActions", "okActions"} {
		for _, action := range texts(r.params, field) {
			if strings.Contains(action, ":sns:") && !strings.Contains(action, ":sns:"+r.place.region+":") {
				return fmt.Errorf("ValidationError: Invalid region in ARN: %s", action)
			}
		}
	}
	return nil
}
