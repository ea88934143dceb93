package awsstandin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	groupGuardDuty = "guardduty.aws.upbound.io"
	groupHub       = "securityhub.aws.upbound.io"
	groupConfig    = "configservice.aws.upbound.io"
	groupAnalyzer  = "accessanalyzer.aws.upbound.io"
	groupBudgets   = "budgets.aws.upbound.io"
	groupS3Control = "s3control.aws.upbound.io"
	groupTrail     = "cloudtrail.aws.upbound.io"
)

const (
	kindDetector       = groupGuardDuty + "/Detector"
	kindHub            = groupHub + "/Account"
	kindStandard       = groupHub + "/StandardsSubscription"
	kindRecorder       = groupConfig + "/ConfigurationRecorder"
	kindRecorderStatus = groupConfig + "/AWSConfigurationRecorderStatus"
	kindChannel        = groupConfig + "/DeliveryChannel"
	kindAnalyzer       = groupAnalyzer + "/Analyzer"
	kindBudget         = groupBudgets + "/Budget"
	kindPasswords      = groupIAM + "/AccountPasswordPolicy"
	kindAccountAccess  = groupS3Control + "/AccountPublicAccessBlock"
	kindDiskEncryption = groupEC2 + "/EBSEncryptionByDefault"
	kindDiskKey        = groupEC2 + "/EBSDefaultKMSKey"
	kindTrail          = groupTrail + "/Trail"
)

// baselineKinds are what an AccountBaseline claim is made of.
func baselineKinds() []kind {
	return []kind{
		plain(groupGuardDuty, "Detector", "guardduty", "detector/", given).newer(),
		plain(groupHub, "Account", "securityhub", "", given),
		plain(groupHub, "StandardsSubscription", "", "", computed),
		plain(groupConfig, "ConfigurationRecorder", "", "", chosen).newer().limited(256),
		plain(groupConfig, "AWSConfigurationRecorderStatus", "", "", chosen).limited(256),
		plain(groupConfig, "DeliveryChannel", "", "", chosen).newer().limited(256),
		plain(groupAnalyzer, "Analyzer", "access-analyzer", "analyzer/", chosen).newer().limited(255),
		plain(groupBudgets, "Budget", "budgets", "budget/", chosen).newer().limited(100),
		plain(groupIAM, "AccountPasswordPolicy", "", "", given),
		plain(groupS3Control, "AccountPublicAccessBlock", "", "", given),
		ec2("EBSEncryptionByDefault", "terraform-", ""),
		ec2("EBSDefaultKMSKey", "", ""),
		plain(groupTrail, "Trail", "cloudtrail", "trail/", chosen).limited(128),
	}
}

// baselineID is the id that AWS gives what watches an account, and what Terraform calls its settings; empty if it is made as all others.
func baselineID(r *resource, seed []string) string {
	const characters = 32
	switch r.kind.full() {
	case kindDetector:
		return hash(seed...)[:characters]
	case kindHub, kindAccountAccess:
		return r.place.account
	case kindPasswords:
		return "iam-account-password-policy"
	case kindDiskKey:
		return text(r.params, "keyArn")
	default:
		return ""
	}
}

// ofAccount tells the kinds that are a setting of an account: setting it takes the place of what was set.
func ofAccount(k kind) bool {
	return slices.Contains([]string{kindPasswords, kindAccountAccess, kindDiskEncryption, kindDiskKey}, k.full())
}

// checkBaseline checks the kinds of a baseline.
func (c *cloud) checkBaseline(r *resource) error {
	switch r.kind.full() {
	case kindDetector:
		return c.alone(r, "BadRequestException: The request is rejected because a detector already exists for the current account")
	case kindRecorder:
		return c.alone(r, "MaxNumberOfConfigurationRecordersExceededException: the account has a configuration recorder")
	case kindStandard:
		return c.checkStandard(r)
	case kindChannel:
		if !c.some(r, kindRecorder) {
			return errors.New("NoAvailableConfigurationRecorderException: Configuration recorder is not available to put delivery channel")
		}
		if bucket := text(r.params, "s3BucketName"); c.lookup(r.place, kindBucket, bucket) == nil {
			return fmt.Errorf("NoSuchBucketException: Cannot find a S3 bucket with name %s: it does not exist", bucket)
		}
	case kindRecorderStatus:
		if !c.some(r, kindChannel) {
			return errors.New("NoAvailableDeliveryChannelException: Delivery channel is not available to start configuration recorder")
		}
	case kindBudget:
		return checkBudget(r)
	case kindTrail:
		return c.checkTrail(r)
	}
	return nil
}

// some tells whether there is a resource of a kind in the same account and region.
func (c *cloud) some(r *resource, kind string) bool {
	found := false
	c.each(r.place, kind, func(other *resource) bool {
		found = other != r
		return !found
	})
	return found
}

// alone refuses a second resource of a kind in an account and region.
func (c *cloud) alone(r *resource, message string) error {
	if c.some(r, r.kind.full()) {
		return errors.New(message)
	}
	return nil
}

func (c *cloud) checkStandard(r *resource) error {
	if !c.some(r, kindHub) {
		return fmt.Errorf("InvalidAccessException: Account %s is not subscribed to AWS Security Hub", r.place.account)
	}
	name := text(r.params, "standardsArn")
	start := "arn:" + r.place.partition + ":securityhub:" + r.place.region + "::standards/"
	known := []string{"aws-foundational-security-best-practices/v/1.0.0", "cis-aws-foundations-benchmark/v/3.0.0", "nist-800-53/v/5.0.0", "pci-dss/v/3.2.1"}
	if rest, ok := strings.CutPrefix(name, start); !ok || !slices.Contains(known, rest) {
		return fmt.Errorf("InvalidInputException: %s is not a standard of %s", name, r.place.region)
	}
	return nil
}

// checkBudget checks the notifications of a budget (AWS Budgets API: CreateBudget).
func checkBudget(r *resource) error {
	const most = 5
	notifications, _ := r.params["notification"].([]any)
	if len(notifications) > most {
		return fmt.Errorf("CreationLimitExceededException: %d notifications, allowed are %d", len(notifications), most)
	}
	for _, notification := range notifications {
		if at(notification, "subscriberEmailAddresses") == nil && at(notification, "subscriberSnsTopicArns") == nil {
			return errors.New("InvalidParameterException: a notification has at least one subscriber")
		}
	}
	return nil
}

// checkTrail looks up where a trail writes to: CloudTrail tries it.
func (c *cloud) checkTrail(r *resource) error {
	bucket := text(r.params, "s3BucketName")
	if c.lookup(r.place, kindBucket, bucket) == nil {
		return fmt.Errorf("S3BucketDoesNotExistException: S3 bucket %s does not exist", bucket)
	}
	if c.lookup(r.place, groupS3+"/BucketPolicy", bucket) == nil {
		return fmt.Errorf("InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected for bucket: %s", bucket)
	}
	name := text(r.params, "cloudWatchLogsGroupArn")
	if name == "" {
		return nil
	}
	_, group, _ := strings.Cut(name, ":log-group:")
	group, all := strings.CutSuffix(group, ":*")
	if !all || c.lookup(r.place, groupLogs+"/Group", group) == nil || text(r.params, "cloudWatchLogsRoleArn") == "" {
		return fmt.Errorf("InvalidCloudWatchLogsLogGroupArnException: CloudTrail cannot validate the specified log group ARN %s", name)
	}
	return nil
}
