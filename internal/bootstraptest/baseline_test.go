package bootstraptest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/scp"
	"github.com/innovate-inc/genops/schema"
)

// watched are what each account has, and when it is as it should be.
func watched() map[string]func(settings map[string]any) bool {
	return map[string]func(settings map[string]any) bool{
		"guardduty/Detector": func(s map[string]any) bool {
			text, err := json.Marshal(s["datasources"])
			return err == nil && s["enable"] == true && !strings.Contains(string(text), "false")
		},
		"securityhub/Account":                 func(s map[string]any) bool { return s["autoEnableControls"] == true },
		"configservice/ConfigurationRecorder": func(s map[string]any) bool { return at(s, "recordingGroup", "allSupported") == true },
		"configservice/AWSConfigurationRecorderStatus": func(s map[string]any) bool {
			return s["isEnabled"] == true
		},
		"configservice/DeliveryChannel": func(s map[string]any) bool { return str(s, "s3KmsKeyArn") != "" },
		"accessanalyzer/Analyzer":       func(s map[string]any) bool { return str(s, "type") != "" },
		"ec2/EBSEncryptionByDefault":    func(s map[string]any) bool { return s["enabled"] == true },
		"ec2/EBSDefaultKMSKey":          func(s map[string]any) bool { return str(s, "keyArnRef", "name") != "" },
		"s3control/AccountPublicAccessBlock": func(s map[string]any) bool {
			return s["blockPublicAcls"] == true && s["blockPublicPolicy"] == true && s["ignorePublicAcls"] == true && s["restrictPublicBuckets"] == true
		},
		"iam/AccountPasswordPolicy": func(s map[string]any) bool {
			length, ok := s["minimumPasswordLength"].(int64)
			return ok && length >= 14 && s["requireNumbers"] == true
		},
		"budgets/Budget": func(s map[string]any) bool {
			notifications, _ := s["notification"].([]any)
			return len(notifications) > 0 && !slices.ContainsFunc(notifications, func(n any) bool {
				return at(n, "subscriberEmailAddresses") == nil && at(n, "subscriberSnsTopicArns") == nil
			})
		},
	}
}

// TestEveryAccountIsWatched: each account of the platform has, turned on, all that looks for threats, mistakes and costs.
func TestEveryAccountIsWatched(t *testing.T) {
	accounts := map[string]bool{}
	has := map[string]map[string]bool{}
	for _, e := range config(t).Environments {
		if e.Account == "" {
			continue
		}
		accounts[e.Account] = true
		for _, resource := range managedOf(t, e) {
			good, ok := watched()[kindOf(resource)]
			if !ok {
				continue
			}
			if !good(at(resource, "spec", "forProvider").(map[string]any)) {
				t.Errorf("%s is not as it should be: %v", str(resource, "metadata", "name"), at(resource, "spec", "forProvider"))
			}
			if has[kindOf(resource)] == nil {
				has[kindOf(resource)] = map[string]bool{}
			}
			has[kindOf(resource)][e.Account] = true
		}
	}
	if management := config(t).Platform.ManagementAccount; !accounts[management] || len(accounts) < 5 {
		t.Errorf("accounts %v, want all, and %s among them", accounts, management)
	}
	for kind := range watched() {
		if diff := cmp.Diff(accounts, has[kind]); diff != "" {
			t.Errorf("%s, -accounts +accounts that have one:\n%s", kind, diff)
		}
	}
}

// TestOrganizationHasOneTrail: it records all accounts and regions, its files are encrypted with a key of ours and show whether somebody changed
// them, and deleting its object deletes nothing in AWS.
func TestOrganizationHasOneTrail(t *testing.T) {
	var trails []map[string]any
	for _, e := range config(t).Environments {
		resources := managedOf(t, e)
		for _, resource := range resources {
			if kindOf(resource) != "cloudtrail/Trail" {
				continue
			}
			trails = append(trails, resource)
			if e.Account != config(t).Platform.ManagementAccount {
				t.Errorf("%s is in %s", str(resource, "metadata", "name"), e.Account)
			}
			trailBucket(t, resources, str(resource, "spec", "forProvider", "s3BucketNameRef", "name"))
		}
	}
	if len(trails) != 1 {
		t.Fatalf("%d trails, want one", len(trails))
	}
	settings, name := at(trails[0], "spec", "forProvider").(map[string]any), str(trails[0], "metadata", "name")
	for _, on := range []string{"isOrganizationTrail", "isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "enableLogging"} {
		if settings[on] != true {
			t.Errorf("%s: %s is %v", name, on, settings[on])
		}
	}
	if !strings.HasPrefix(str(settings, "kmsKeyId"), "arn:aws:kms:") {
		t.Errorf("%s is encrypted with %q", name, str(settings, "kmsKeyId"))
	}
	policies, _ := at(trails[0], "spec", "managementPolicies").([]any)
	if len(policies) == 0 || slices.Contains(policies, any("Delete")) || slices.Contains(policies, any("*")) {
		t.Errorf("%s may be deleted: %v", name, policies)
	}
}

// trailBucket checks who writes into the bucket of the trail: CloudTrail, for this trail, in the name of the account and of the organization.
func trailBucket(t *testing.T, resources []map[string]any, bucket string) {
	t.Helper()
	writes := map[string]bool{}
	for _, resource := range resources {
		if str(resource, "spec", "forProvider", "bucketRef", "name") != bucket || kindOf(resource) != "s3/BucketPolicy" {
			continue
		}
		var document map[string]any
		if err := json.Unmarshal([]byte(str(resource, "spec", "forProvider", "policy")), &document); err != nil {
			t.Fatal(err)
		}
		statements, _ := document["Statement"].([]any)
		for _, s := range statements {
			if str(s, "Effect") != "Allow" {
				continue
			}
			writes[str(s, "Sid")] = true
			if source := str(s, "Condition", "StringEquals", "aws:SourceArn"); str(s, "Principal", "Service") != "cloudtrail.amazonaws.com" || !strings.Contains(source, ":trail/") {
				t.Errorf("%s of %s is for %v on behalf of %q", str(s, "Sid"), bucket, at(s, "Principal"), source)
			}
		}
	}
	if diff := cmp.Diff(map[string]bool{"AclCheck": true, "ManagementWrite": true, "OrganizationWrite": true}, writes); diff != "" {
		t.Errorf("who writes into %s (-want +got):\n%s", bucket, diff)
	}
}

// TestRecordsStay: both guardrails cover the keys and buckets of every baseline by their names, and no key or bucket of another claim.
func TestRecordsStay(t *testing.T) {
	for _, file := range []string{"provisioner-guardrails", "management-guardrails"} {
		p, err := readPolicy(read(t, "bootstrap", "iam", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var aliases, resources []string
		for _, s := range p.Statement {
			switch s.Sid {
			case "KeysOfAuditStay":
				aliases = s.Condition["ForAnyValue:StringLike"]["kms:ResourceAliases"]
			case "FilesOfAuditStay":
				resources = s.Resource
				// An alias that moves to another key would take the guardrail of its key along.
				for _, action := range []string{"kms:DeleteAlias", "kms:UpdateAlias", "s3:DeleteBucket"} {
					if !slices.Contains(s.Action, action) {
						t.Errorf("%s: %s allows %s", file, s.Sid, action)
					}
				}
			}
		}
		seen := map[string]int{}
		for _, e := range append(slices.Clone(config(t).Environments), everything(t)) {
			fill := strings.NewReplacer("ACCOUNT_ID", e.Account, "PROJECT", e.Project)
			fits := func(patterns []string, name string) bool {
				return slices.ContainsFunc(patterns, func(pattern string) bool { return scp.Matches(fill.Replace(pattern), name) })
			}
			for _, resource := range managedOf(t, e) {
				name := str(resource, "metadata", "annotations", "crossplane.io/external-name")
				want := strings.Split(str(resource, "metadata", "name"), ".")[1] == schema.ClaimBaseline
				var got bool
				switch kindOf(resource) {
				case "kms/Alias":
					got = fits(aliases, "alias/"+name)
					if arn := "arn:aws:kms:" + e.Region + ":" + e.Account + ":alias/" + name; fits(resources, arn) != got {
						t.Errorf("%s: %s is not as its key", file, arn)
					}
				case "s3/Bucket":
					got = fits(resources, "arn:aws:s3:::"+name)
				default:
					continue
				}
				if got {
					seen[kindOf(resource)]++
				}
				if got != want {
					t.Errorf("%s: %s stays %t, want %t", file, name, got, want)
				}
			}
		}
		if seen["kms/Alias"] == 0 || seen["s3/Bucket"] == 0 {
			t.Errorf("%s: %v proves nothing", file, seen)
		}
	}
}

// TestWatchingIsNotTurnedOff: Crossplane may turn on and change what watches an account. Whatever else is attached to its role, the guardrails keep
// it from turning it off.
func TestWatchingIsNotTurnedOff(t *testing.T) {
	off := []string{
		"cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail", "config:DeleteConfigurationRecorder",
		"config:DeleteDeliveryChannel", "config:StopConfigurationRecorder", "ec2:DisableEbsEncryptionByDefault", "ec2:ResetEbsDefaultKmsKeyId",
		"guardduty:DeleteDetector", "iam:DeleteAccountPasswordPolicy", "securityhub:DisableSecurityHub",
	}
	guardrails, err := readPolicy(read(t, "bootstrap", "iam", "provisioner-guardrails.json"))
	if err != nil {
		t.Fatal(err)
	}
	var denied []string
	for _, s := range guardrails.Statement {
		if s.Effect == "Deny" && s.Sid == "AuditStays" && slices.Equal(s.Resource, texts{"*"}) && len(s.Condition) == 0 {
			denied = s.Action
		}
	}
	if diff := cmp.Diff(off, denied); diff != "" {
		t.Errorf("AuditStays (-want +got):\n%s", diff)
	}
	for _, s := range provisioner(t) {
		for _, action := range s.Action {
			// In the management account other guardrails hold: the trail may change there.
			if slices.Contains(off, action) && action != "cloudtrail:UpdateTrail" {
				t.Errorf("%s allows %s, which the guardrails deny", s.Sid, action)
			}
		}
	}
}
