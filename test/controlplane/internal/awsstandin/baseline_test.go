package awsstandin

import (
	"strings"
	"testing"
)

// watchedAccount is an account that is watched already.
func watchedAccount() []fields {
	return []fields{
		managed(kindDetector, "detector", `{enable: true}`),
		managed(kindHub, "hub", `{enableDefaultStandards: false}`),
		named(managed(kindRole, "role", `{assumeRolePolicy: '{"Version": "2012-10-17", "Statement": []}'}`), "the-role"),
		named(managed(kindBucket, "bucket", `{}`), "files"),
		named(managed(kindRecorder, "recorder", `{roleArnRef: {name: role}}`), "default"),
		named(managed(kindChannel, "channel", `{s3BucketNameRef: {name: bucket}}`), "default"),
		named(managed(kindRecorderStatus, "status", `{isEnabled: true}`), "default"),
	}
}

// TestAccountIsWatched holds what AWS gives, and the order that it asks for: whatever is told first, all of it is there in the end.
func TestAccountIsWatched(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, watchedAccount()...)
	for kind, want := range map[[2]string]string{
		{kindDetector, "detector"}:     "arn:aws:guardduty:eu-west-1:" + account + ":detector/",
		{kindHub, "hub"}:               "arn:aws:securityhub:eu-west-1:" + account + ":hub/default",
		{kindRecorderStatus, "status"}: "",
		{groupIAM + "/Role", "role"}:   "arn:aws:iam::" + account + ":role/the-role",
	} {
		if got := text(h.ready(kind[0], kind[1]), "status", "atProvider", "arn"); !strings.HasPrefix(got, want) {
			t.Errorf("ARN of %s is %q, want %s...", kind[1], got, want)
		}
	}
	if got := text(h.ready(kindHub, "hub"), "status", "atProvider", "id"); got != account {
		t.Errorf("Security Hub is called %q, want the account", got)
	}
}

// TestBaselineIsRefused has what AWS refuses.
func TestBaselineIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason, kind, name, parameters, want string
	}{
		"second detector":   {"a region has one", kindDetector, "", `{enable: true}`, "a detector already exists"},
		"second recorder":   {"a region has one", kindRecorder, "other", `{roleArnRef: {name: role}}`, "MaxNumberOfConfigurationRecordersExceededException"},
		"standard":          {"there is none", kindStandard, "", `{standardsArn: "arn:aws:securityhub:eu-west-1::standards/iso-27001/v/1.0.0"}`, "is not a standard"},
		"budget":            {"nobody hears of it", kindBudget, "b", `{budgetType: COST, timeUnit: MONTHLY, notification: [{threshold: 80}]}`, "at least one subscriber"},
		"trail of nothing":  {"there is no bucket", kindTrail, "t", `{s3BucketName: gone}`, "S3BucketDoesNotExistException"},
		"trail of a bucket": {"it may not write", kindTrail, "t", `{s3BucketName: files}`, "InsufficientS3BucketPolicyException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, Options{}, watchedAccount()...)
			h.ready(kindRecorderStatus, "status")
			h.ready(kindDetector, "detector")
			h.ready(kindHub, "hub")
			wrong := managed(tc.kind, "wrong", tc.parameters)
			if tc.name != "" {
				wrong = named(wrong, tc.name)
			}
			h.create(wrong)
			h.refused(tc.kind, "wrong", tc.want)
		})
	}
}

// TestStandardNeedsSecurityHub holds that a standard is not subscribed to before Security Hub is on, and that both need nobody's help then.
func TestStandardNeedsSecurityHub(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, managed(kindStandard, "standard", `{standardsArn: "arn:aws:securityhub:eu-west-1::standards/nist-800-53/v/5.0.0"}`))
	h.refused(kindStandard, "standard", "is not subscribed to AWS Security Hub")
	h.create(managed(kindHub, "hub", `{enableDefaultStandards: false}`))
	h.ready(kindStandard, "standard")
}
