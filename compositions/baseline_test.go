package compositions_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// baselineSpec is a baseline as the contract's defaults have it.
func baselineSpec() schema.AccountBaselineSpec {
	return schema.AccountBaselineSpec{
		ClaimMeta:   meta("acme", "app"),
		GuardDuty:   schema.GuardDuty{Frequency: "FIFTEEN_MINUTES", Kubernetes: true, S3: true, Malware: true},
		SecurityHub: schema.SecurityHub{Standards: []string{"cis", "fsbp"}},
		Config:      schema.Recording{Recording: "continuous", RetentionDays: 2555},
		Analyzer:    schema.AnalyzeAccount,
		Passwords:   &schema.Passwords{MinimumLength: 14, ReusePrevention: 24, MaxAgeDays: 90},
		Budget:      &schema.CostBudget{AmountUSD: 5000, Actual: []int{80, 100}, Forecasted: []int{100}, Emails: []string{"costs@acme.example"}},
	}
}

// withTrail is the baseline of the management account.
func withTrail(s *schema.AccountBaselineSpec) {
	s.Analyzer = schema.AnalyzeOrganization
	s.Trail = &schema.TrailSpec{OrganizationID: "o-a1b2c3d4e5", ArchiveAfterDays: 90, RetentionDays: 365, LogRetentionDays: 365}
}

// allStandards asks for every standard, and a message in place of e-mails.
func allStandards(s *schema.AccountBaselineSpec) {
	s.SecurityHub.Standards = []string{"cis", "fsbp", "nist-800-53", "pci-dss"}
	s.Budget.Emails, s.Budget.TopicARN = []string{}, "arn:aws:sns:eu-west-1:111122223333:costs"
}

// secondRegion is the baseline of an account that has what it has once elsewhere.
func secondRegion(s *schema.AccountBaselineSpec) {
	s.Passwords, s.Budget = nil, nil
	s.Config = schema.Recording{Recording: schema.RecordDaily, RetentionDays: 365}
	s.SecurityHub.Standards = []string{"fsbp"}
}

// accountBaseline is an AccountBaseline claim with some edits.
func accountBaseline(t testing.TB, edits ...func(*schema.AccountBaselineSpec)) claim {
	t.Helper()
	s := baselineSpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "AccountBaseline", spec: spec(t, s)}
}

// editsOfBaseline are edits of a baseline that people may make.
func editsOfBaseline(t testing.TB) map[string]edit {
	t.Helper()
	before := everything(t, []claim{accountBaseline(t, withTrail)})
	made := map[string]edit{}
	for name, e := range map[string]struct {
		reason, keys string
		change       func(*schema.AccountBaselineSpec)
	}{
		"tags":    {"tags are on every resource", ``, func(s *schema.AccountBaselineSpec) { s.Tags = map[string]string{"owner": "others"} }},
		"threats": {"a setting", ``, func(s *schema.AccountBaselineSpec) { s.GuardDuty.Malware = false }},
		"standard more": {"the others stay", `^AccountBaseline/standard-nist-800-53-5-0-0$`, func(s *schema.AccountBaselineSpec) {
			s.SecurityHub.Standards = append(s.SecurityHub.Standards, "nist-800-53")
		}},
		"standard fewer":    {"the others stay", `^AccountBaseline/standard-cis-3-0-0$`, func(s *schema.AccountBaselineSpec) { s.SecurityHub.Standards = []string{"fsbp"} }},
		"standards moved":   {"a place in a list is nothing", ``, func(s *schema.AccountBaselineSpec) { slices.Reverse(s.SecurityHub.Standards) }},
		"recording":         {"a setting", ``, func(s *schema.AccountBaselineSpec) { s.Config.Recording = schema.RecordDaily }},
		"another account's": {"what an account has once", `^AccountBaseline/(budget|password-policy|public-access)$`, func(s *schema.AccountBaselineSpec) { s.Passwords, s.Budget = nil, nil }},
		"amount":            {"a setting", ``, func(s *schema.AccountBaselineSpec) { s.Budget.AmountUSD = 1 }},
		"no copy":           {"of the trail", `^AccountBaseline/trail-log`, func(s *schema.AccountBaselineSpec) { s.Trail.LogRetentionDays = 0 }},
		"no trail":          {"its objects go, and not what is in AWS", `^AccountBaseline/(usage-)?trail`, func(s *schema.AccountBaselineSpec) { s.Trail = nil }},
		"an account's analyzer": {"AWS cannot change it", `^AccountBaseline/((usage-)?trail|analyzer-)`, func(s *schema.AccountBaselineSpec) {
			s.Trail, s.Analyzer = nil, schema.AnalyzeAccount
		}},
	} {
		made["baseline, "+name] = edit{reason: e.reason, keys: e.keys, before: before, after: everything(t, []claim{accountBaseline(t, withTrail, e.change)})}
	}
	return made
}

// TestBaselineWaitsInOrder holds what is asked of AWS at first, and that nothing is asked which AWS would refuse then.
func TestBaselineWaitsInOrder(t *testing.T) {
	t.Parallel()
	c := accountBaseline(t, withTrail)
	first := c.compose(t, compositions.Observed{})
	want := []string{
		"config-bucket-encryption", "config-delivery-channel", "config-recorder-status", "standard-cis-3-0-0", "standard-fsbp-1-0-0", "trail",
		"trail-bucket-encryption",
	}
	if diff := cmp.Diff(want, first.Held); diff != "" {
		t.Errorf("held back at first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{
		"configBucket": "acme-app-config-111122223333", "trailBucket": "acme-app-trail-111122223333",
	}, first.Status); diff != "" {
		t.Errorf("status at first (-want +got):\n%s", diff)
	}
	_, observed := c.simulate(t)
	for gone, held := range map[string]string{
		"security-hub": "standard-fsbp-1-0-0", "config-recorder": "config-delivery-channel", "config-role-delivery": "config-delivery-channel",
		"config-delivery-channel": "config-recorder-status", "trail-bucket-policy": "trail", "trail-logs-role-write": "trail",
	} {
		if got := c.compose(t, without(observed, gone, held)).Held; !slices.Contains(got, held) {
			t.Errorf("without %s %s is not held back, but %q", gone, held, got)
		}
		// What exists is wanted whatever else is missing: what a function stops returning is deleted.
		if got := c.compose(t, without(observed, gone)).Held; slices.Contains(got, held) {
			t.Errorf("without %s the existing %s is dropped", gone, held)
		}
	}
}

// TestKeysOfTheBaselineAreKept holds that ARNs of keys, which only AWS gives, stay when a key is not observed for a moment.
func TestKeysOfTheBaselineAreKept(t *testing.T) {
	t.Parallel()
	c := accountBaseline(t, withTrail)
	settled, observed := c.settled(t)
	part := c.compose(t, without(observed, "config-key", "trail-key"))
	if len(part.Held) > 0 {
		t.Errorf("held back: %q", part.Held)
	}
	for _, key := range []string{"config-bucket-encryption", "config-delivery-channel", "trail", "trail-bucket-encryption"} {
		if diff := cmp.Diff(line(t, object(t, settled, key)), line(t, object(t, part, key))); diff != "" {
			t.Errorf("%s (-with keys +without):\n%s", key, diff)
		}
	}
}

// TestBaselineStatus holds what people read in the status.
func TestBaselineStatus(t *testing.T) {
	t.Parallel()
	result, _ := accountBaseline(t, withTrail).simulate(t)
	want := map[string]any{
		"configBucket": "acme-app-config-111122223333", "trailBucket": "acme-app-trail-111122223333", "detectorId": "simulated-app.baseline.detector",
		"securityHubArn": "arn:aws:securityhub:eu-west-1:111122223333:hub/default", "diskKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/simulated",
		"analyzerArn": "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/acme-app-organization",
		"trailArn":    "arn:aws:cloudtrail:eu-west-1:111122223333:trail/acme-app-organization",
	}
	if diff := cmp.Diff(want, result.Status); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
