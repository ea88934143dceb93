package compositions

import (
	"encoding/json"
	"slices"

	"github.com/innovate-inc/genops/schema"
)

// Keys of web ACLs.
const (
	keyWebACL         = "web-acl"
	keyBalancerWebACL = "load-balancer-web-acl"
)

// webACLs makes CloudFront's web ACL and that of the load balancer, each with its logs. CloudFront's counts requests and knows bad addresses; the
// load balancer sees no other addresses than CloudFront's.
func (e *edge) webACLs() {
	e.addWebACL(keyWebACL, shorten(prefix(e.meta)+"-edge", limitWebACL), "CLOUDFRONT", regionOfCloudFront, true)
	if e.site.WAF.LoadBalancer && e.site.LoadBalancer != nil {
		name := schema.LoadBalancerName(e.meta.Project, e.meta.Environment)
		e.addWebACL(keyBalancerWebACL, shorten(name, limitWebACL), "REGIONAL", e.meta.Region, false)
	}
}

func (e *edge) addWebACL(key, name, scope, region string, addresses bool) {
	e.add(key, e.webACL, fields{
		"name": name, "scope": scope, "description": "By genops for " + prefix(e.meta), "defaultAction": fields{"allow": fields{}},
		"ruleJson": rulesText(webACLRules(e.site.WAF, addresses)),
		"visibilityConfig": fields{
			"cloudwatchMetricsEnabled": true, "sampledRequestsEnabled": true, "metricName": name,
		},
	}).in(region)
	// AWS WAF writes only to groups whose name begins like this (AWS WAF developer guide: logging to CloudWatch Logs).
	group := shorten("aws-waf-logs-"+name, limitLogGroup)
	e.addLogs(logs{key: key + "-log-group", group: group, alias: name + "-logs", region: region, days: e.site.Logs.RetentionDays})
	if _, exists := e.observed.Resources[key+"-logs"]; !exists && !e.ready(key+"-log-group") {
		// AWS WAF refuses a group that is not there yet, and the provider has no reference for it.
		e.hold(key+"-logs", e.webACLLogs.noun)
		return
	}
	e.add(key+"-logs", e.webACLLogs, fields{
		"resourceArnRef":        e.ref(key),
		"logDestinationConfigs": []any{"arn:" + schema.Partition(region) + ":logs:" + region + ":" + e.meta.Account + ":log-group:" + group},
		// Whoever may read the logs must not get into sessions.
		"redactedFields": []any{fields{"singleHeader": fields{"name": "authorization"}}, fields{"singleHeader": fields{"name": "cookie"}}},
	}).in(region)
}

// webACLRule is a rule of a web ACL, as the API of AWS WAF has it.
type webACLRule struct {
	Name             string         `json:"Name"`
	Priority         int            `json:"Priority"`
	Statement        map[string]any `json:"Statement"`
	OverrideAction   map[string]any `json:"OverrideAction,omitempty"`
	Action           map[string]any `json:"Action,omitempty"`
	VisibilityConfig map[string]any `json:"VisibilityConfig"`
}

// webACLRules are the rules of a web ACL: 1,327 of the 1,500 units of capacity that cost nothing more (AWS WAF developer guide: managed rule
// groups). addresses adds what goes by a request's address.
func webACLRules(waf schema.WAF, addresses bool) []webACLRule {
	var rules []webACLRule
	add := func(rule webACLRule) {
		const step = 10
		rule.Priority = step * (len(rules) + 1)
		rule.VisibilityConfig = fields{"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": rule.Name}
		rules = append(rules, rule)
	}
	group := func(name, managed string, counted ...string) {
		statement := fields{"VendorName": "AWS", "Name": managed}
		if len(counted) > 0 {
			overrides := make([]any, 0, len(counted))
			for _, rule := range slices.Sorted(slices.Values(counted)) {
				overrides = append(overrides, fields{"Name": rule, "ActionToUse": fields{"Count": fields{}}})
			}
			statement["RuleActionOverrides"] = overrides
		}
		override := fields{"None": fields{}}
		if waf.Mode == "count" {
			override = fields{"Count": fields{}}
		}
		add(webACLRule{Name: name, Statement: fields{"ManagedRuleGroupStatement": statement}, OverrideAction: override})
	}
	if addresses {
		const window = 300
		group("ip-reputation", "AWSManagedRulesAmazonIpReputationList")
		add(webACLRule{
			Name: "rate-limit", Action: fields{"Block": fields{}},
			Statement: fields{"RateBasedStatement": fields{"Limit": waf.RateLimit, "AggregateKeyType": "IP", "EvaluationWindowSec": window}},
		})
	}
	group("common", "AWSManagedRulesCommonRuleSet", waf.CountedRules...)
	group("known-bad-inputs", "AWSManagedRulesKnownBadInputsRuleSet")
	group("sql-injection", "AWSManagedRulesSQLiRuleSet")
	group("linux", "AWSManagedRulesLinuxRuleSet")
	return rules
}

// rulesText is what the field ruleJson takes: the provider has no fields for rules.
func rulesText(rules []webACLRule) string {
	text, err := json.Marshal(rules)
	if err != nil {
		panic(err) // Texts, numbers and maps of them always encode.
	}
	return string(text)
}
