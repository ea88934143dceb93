package compositions

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Keys of the baseline's resources that others refer to, and those of buckets and keys, which start the keys of what belongs to them.
const (
	keyDetector        = "detector"
	keySecurityHub     = "security-hub"
	keyDiskKey         = "disk-key"
	keyConfigKey       = "config-key"
	keyConfigBucket    = "config-bucket"
	keyConfigRole      = "config-role"
	keyRecorder        = "config-recorder"
	keyDeliveryChannel = "config-delivery-channel"
	keyRecorderStatus  = "config-recorder-status"
	keyTrail           = "trail"
	keyTrailKey        = "trail-key"
	keyTrailBucket     = "trail-bucket"
	keyTrailLogs       = "trail-log-group"
	keyTrailLogsRole   = "trail-logs-role"
)

// baseline composes what an account has whatever runs in it.
type baseline struct {
	*builder

	spec *schema.AccountBaselineSpec
}

// composeBaseline makes what watches an account, its settings, its budget, and where there is one the trail of the organization. What watches stays
// in AWS when the claim goes, with all that it needs: a person turns it off.
func composeBaseline(spec *schema.AccountBaselineSpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	if problems := checkBaseline(spec); len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	a := &baseline{builder: newBuilder(meta, "AccountBaseline", claimBaseline, observed), spec: spec}
	a.threats()
	a.recording()
	a.standards()
	a.disks()
	a.analyze()
	a.account()
	a.costs()
	if spec.Trail != nil {
		a.trails()
	}
	result, err := a.result()
	if err != nil {
		return nil, err
	}
	result.Status = a.status()
	return result, nil
}

// lasting makes a resource that stays in AWS when its claim goes.
func (a *baseline) lasting(key string, k kind, forProvider fields) *composed {
	return a.add(key, k.settings(), forProvider)
}

// after tells whether a resource can be made: the others that AWS asks for are there, or it exists itself. Otherwise it is held back.
func (a *baseline) after(key string, k kind, others ...string) bool {
	if _, exists := a.observed.Resources[key]; exists {
		return true
	}
	for _, other := range others {
		if !a.ready(other) {
			a.hold(key, k.noun)
			return false
		}
	}
	return true
}

// keyARN is the ARN of a key of this claim. where is the place in the resource that has it, which keeps it while the key is not observed.
func (a *baseline) keyARN(key, resource string, where ...any) string {
	if found := a.observedText(key, "status", "atProvider", "arn"); found != "" {
		return found
	}
	return a.observedText(resource, append([]any{"spec", "forProvider"}, where...)...)
}

// threats turns on GuardDuty. The features that the resource does not know are a person's to turn on (docs/BASELINE.md).
func (a *baseline) threats() {
	on := a.spec.GuardDuty
	a.lasting(keyDetector, a.detector, fields{
		"enable": true, "findingPublishingFrequency": on.Frequency, "datasources": fields{
			"kubernetes":        fields{"auditLogs": fields{"enable": on.Kubernetes}},
			"s3Logs":            fields{"enable": on.S3},
			"malwareProtection": fields{"scanEc2InstanceWithFindings": fields{"ebsVolumes": fields{"enable": on.Malware}}},
		},
	})
}

// standardsOfSecurityHub are the versions of standards, as their ARNs end (Security Hub user guide: standards reference).
func standardsOfSecurityHub() map[string]string {
	return map[string]string{
		"fsbp":        "aws-foundational-security-best-practices/v/1.0.0",
		"cis":         "cis-aws-foundations-benchmark/v/3.0.0",
		"nist-800-53": "nist-800-53/v/5.0.0",
		"pci-dss":     "pci-dss/v/3.2.1",
	}
}

// standards turns on Security Hub and holds the account against standards. AWS changes no standard into another, so the version is in its key.
func (a *baseline) standards() {
	a.lasting(keySecurityHub, a.securityHub, fields{
		"enableDefaultStandards": false, "autoEnableControls": true, "controlFindingGenerator": "SECURITY_CONTROL",
	})
	for _, name := range a.spec.SecurityHub.Standards {
		standard := standardsOfSecurityHub()[name]
		_, version, _ := strings.Cut(standard, "/v/")
		key := "standard-" + name + "-" + strings.ReplaceAll(version, ".", "-")
		if a.after(key, a.standard, keySecurityHub) {
			a.add(key, a.standard, fields{
				"standardsArn": "arn:" + schema.Partition(a.meta.Region) + ":securityhub:" + a.meta.Region + "::standards/" + standard,
			})
		}
	}
}

// disks makes all new disks of the region encrypted with a key of the account: instances, nodes of clusters and volumes of pods say nothing else.
func (a *baseline) disks() {
	a.addKey(keyDiskKey, "disks", "Disks of "+prefix(a.meta), statement{
		// As AWS's own key of EBS has it: services with roles of their own, such as Auto Scaling, start instances with encrypted disks, too.
		Sid: "ThroughEBS", Effect: allow, Principal: fields{"AWS": "*"}, Resource: []string{"*"},
		Wildcard: thisKey + " Principals of the account alone, and only through EC2.",
		Action: []string{
			"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
			"kms:ReEncryptFrom", "kms:ReEncryptTo",
		},
		Condition: conditions{"StringEquals": {"kms:CallerAccount": a.meta.Account, "kms:ViaService": "ec2." + a.meta.Region + ".amazonaws.com"}},
	})
	a.lasting("disk-default-key", a.diskKey, fields{"keyArnRef": a.ref(keyDiskKey)})
	a.lasting("disk-encryption", a.diskEncryption, fields{"enabled": true})
	a.usage(a.own(keyDiskKey, a.kinds.key), a.own("disk-default-key", a.diskKey), "Disks that are encrypted with the key are lost without it.")
}

// analyze finds what others reach. AWS changes no analyzer into one of the other sort, so the sort is in its key and name.
func (a *baseline) analyze() {
	sort := strings.ToLower(a.spec.Analyzer)
	a.add("analyzer-"+sort, a.analyzer, fields{"type": a.spec.Analyzer}).external(shorten(prefix(a.meta)+"-"+sort, limitAnalyzer))
}

// account makes the settings that an account has once: no bucket is public, whatever its own settings say, and passwords are long.
func (a *baseline) account() {
	if a.spec.Passwords == nil {
		return
	}
	a.lasting("public-access", a.accountAccess, fields{
		"accountId": a.meta.Account, "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
	})
	a.lasting("password-policy", a.passwordPolicy, fields{
		"minimumPasswordLength": int64(a.spec.Passwords.MinimumLength), "passwordReusePrevention": int64(a.spec.Passwords.ReusePrevention),
		"maxPasswordAge": int64(a.spec.Passwords.MaxAgeDays), "hardExpiry": false, "allowUsersToChangePassword": true,
		"requireLowercaseCharacters": true, "requireUppercaseCharacters": true, "requireNumbers": true, "requireSymbols": true,
	})
}

// costs makes the budget.
func (a *baseline) costs() {
	budget := a.spec.Budget
	if budget == nil {
		return
	}
	var notifications []any
	notify := func(sort string, thresholds []int) {
		for _, threshold := range thresholds {
			notification := fields{
				"notificationType": sort, "comparisonOperator": "GREATER_THAN", "threshold": int64(threshold), "thresholdType": "PERCENTAGE",
			}
			if len(budget.Emails) > 0 {
				notification["subscriberEmailAddresses"] = list(budget.Emails)
			}
			if budget.TopicARN != "" {
				notification["subscriberSnsTopicArns"] = []any{budget.TopicARN}
			}
			notifications = append(notifications, notification)
		}
	}
	notify("ACTUAL", budget.Actual)
	notify("FORECASTED", budget.Forecasted)
	a.add("budget", a.budget, fields{
		"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": decimal(budget.AmountUSD), "limitUnit": "USD", "notification": notifications,
	}).external(shorten(prefix(a.meta), limitBudget))
}

// status is what people look for.
func (a *baseline) status() map[string]any {
	status := fields{"configBucket": bucketName(a.meta, "config")}
	set := func(name, value string) {
		if value != "" {
			status[name] = value
		}
	}
	set("detectorId", a.observedText(keyDetector, "status", "atProvider", "id"))
	set("securityHubArn", a.observedText(keySecurityHub, "status", "atProvider", "arn"))
	set("analyzerArn", a.observedText("analyzer-"+strings.ToLower(a.spec.Analyzer), "status", "atProvider", "arn"))
	set("diskKeyArn", a.observedText(keyDiskKey, "status", "atProvider", "arn"))
	if a.spec.Trail != nil {
		set("trailBucket", bucketName(a.meta, "trail"))
		set("trailArn", a.observedText(keyTrail, "status", "atProvider", "arn"))
	}
	return status
}

// checkBaseline finds what the schema of claims cannot say.
func checkBaseline(spec *schema.AccountBaselineSpec) []string {
	var problems []string
	for _, name := range spec.SecurityHub.Standards {
		if standardsOfSecurityHub()[name] == "" {
			problems = append(problems, "spec.securityHub.standards: there is no standard "+name+": allowed are cis, fsbp, nist-800-53 and pci-dss")
		}
	}
	if b := spec.Budget; b != nil && len(b.Emails) == 0 && b.TopicARN == "" {
		problems = append(problems, "spec.budget: has neither emails nor topicARN: nobody would hear of it")
	}
	if t := spec.Trail; t != nil && t.ArchiveAfterDays >= t.RetentionDays {
		problems = append(problems, "spec.trail.archiveAfterDays: log files go before they move: allowed is less than retentionDays")
	}
	if spec.Trail != nil && spec.Analyzer != schema.AnalyzeOrganization {
		problems = append(problems, "spec.trail: the trail of the organization is in the management account alone, whose analyzer is ORGANIZATION")
	}
	return problems
}
