package bootstraptest

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/schema"
)

// committed are the managed resources of each committed environment, and of one that has everything.
func committed(t *testing.T) map[string][]map[string]any {
	t.Helper()
	all := map[string][]map[string]any{"everything": managed(t, everything(t))}
	for _, e := range config(t).Environments {
		all[e.Name] = managedOf(t, e)
	}
	return all
}

// settingsOf calls f with the settings of each managed resource of a kind, such as s3/Bucket, and fails if there is none.
func settingsOf(t *testing.T, all map[string][]map[string]any, kind string, f func(name string, settings map[string]any)) {
	t.Helper()
	seen := 0
	for _, resources := range all {
		for _, resource := range resources {
			if kindOf(resource) == kind {
				seen++
				f(str(resource, "metadata", "name"), at(resource, "spec", "forProvider").(map[string]any))
			}
		}
	}
	if seen == 0 {
		t.Errorf("there is no %s, which proves nothing", kind)
	}
}

// TestNoSecurityGroupIsOpenToTheWorld: what comes in comes from ranges of the environment, from other groups, or from CloudFront's prefix list, and
// that list leads to HTTPS of the load balancers' group alone.
func TestNoSecurityGroupIsOpenToTheWorld(t *testing.T) {
	all := committed(t)
	private := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("172.16.0.0/12")}
	settingsOf(t, all, "ec2/SecurityGroupIngressRule", func(name string, settings map[string]any) {
		group := str(settings, "securityGroupIdRef", "name")
		switch {
		case str(settings, "cidrIpv6") != "":
			t.Errorf("%s lets in %s", name, str(settings, "cidrIpv6"))
		case str(settings, "cidrIpv4") != "":
			cidr := netip.MustParsePrefix(str(settings, "cidrIpv4"))
			if !slices.ContainsFunc(private, func(p netip.Prefix) bool { return p.Bits() <= cidr.Bits() && p.Contains(cidr.Addr()) }) {
				t.Errorf("%s lets in %s", name, cidr)
			}
		case str(settings, "prefixListId") != "":
			if !strings.HasSuffix(group, ".edge.load-balancer-security-group") || settings["fromPort"] != int64(443) || settings["toPort"] != int64(443) {
				t.Errorf("%s lets a prefix list into ports %v to %v of %s", name, settings["fromPort"], settings["toPort"], group)
			}
		case str(settings, "referencedSecurityGroupId") == "" && str(settings, "referencedSecurityGroupIdRef", "name") == "":
			t.Errorf("%s does not say whom it lets in", name)
		}
		if strings.HasSuffix(group, ".edge.load-balancer-security-group") && str(settings, "prefixListId") == "" {
			t.Errorf("%s lets somebody else than CloudFront into load balancers", name)
		}
	})
	settingsOf(t, all, "ec2/SecurityGroup", func(name string, settings map[string]any) {
		if settings["ingress"] != nil || settings["egress"] != nil {
			t.Errorf("%s has rules that nobody looks at", name)
		}
	})
}

// TestBucketsAreClosed: each bucket has all four blocks of public access, encryption, versions or an end of its files, and refuses what comes
// without TLS.
func TestBucketsAreClosed(t *testing.T) {
	all := committed(t)
	with := map[string]map[string]bool{}
	note := func(kind string, good func(settings map[string]any) bool) {
		settingsOf(t, all, kind, func(_ string, settings map[string]any) {
			bucket := str(settings, "bucketRef", "name")
			if with[bucket] == nil {
				with[bucket] = map[string]bool{}
			}
			with[bucket][kind] = good(settings)
		})
	}
	note("s3/BucketPublicAccessBlock", func(settings map[string]any) bool {
		for _, block := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
			if settings[block] != true {
				return false
			}
		}
		return true
	})
	note("s3/BucketServerSideEncryptionConfiguration", func(settings map[string]any) bool {
		text, err := json.Marshal(settings["rule"])
		ownKey := strings.Contains(string(text), `"sseAlgorithm":"aws:kms"`) && strings.Contains(string(text), `"kmsMasterKeyId":"arn:`)
		return err == nil && (ownKey || strings.Contains(string(text), `"sseAlgorithm":"AES256"`))
	})
	note("s3/BucketPolicy", func(settings map[string]any) bool {
		policy := str(settings, "policy")
		return strings.Contains(policy, `"aws:SecureTransport":"false"`) && !strings.Contains(policy, `"Effect":"Allow","Principal":"*"`)
	})
	settingsOf(t, all, "s3/Bucket", func(name string, settings map[string]any) {
		for _, kind := range []string{"s3/BucketPublicAccessBlock", "s3/BucketServerSideEncryptionConfiguration", "s3/BucketPolicy"} {
			if !with[name][kind] {
				t.Errorf("%s has no good %s", name, kind)
			}
		}
		if settings["forceDestroy"] == true {
			t.Errorf("%s is deleted with what it holds", name)
		}
	})
}

// TestStoresAreEncrypted: everything that keeps data says how it is encrypted.
func TestStoresAreEncrypted(t *testing.T) {
	all := committed(t)
	for kind, good := range map[string]func(settings map[string]any) bool{
		"rds/Cluster": func(s map[string]any) bool {
			return s["storageEncrypted"] == true && str(s, "kmsKeyIdRef", "name") != ""
		},
		"rds/ClusterInstance": func(s map[string]any) bool {
			return s["publiclyAccessible"] == false && (s["performanceInsightsEnabled"] != true || str(s, "performanceInsightsKmsKeyId") != "")
		},
		"secretsmanager/Secret": func(s map[string]any) bool { return str(s, "kmsKeyIdRef", "name") != "" },
		"ecr/Repository": func(s map[string]any) bool {
			text, err := json.Marshal(s["encryptionConfiguration"])
			return err == nil && strings.Contains(string(text), `"encryptionType":"KMS"`)
		},
		"eks/Cluster": func(s map[string]any) bool { return at(s, "encryptionConfig") != nil },
		"ec2/LaunchTemplate": func(s map[string]any) bool {
			text, err := json.Marshal(s["blockDeviceMappings"])
			return err == nil && strings.Contains(string(text), `"encrypted":"true"`) && !strings.Contains(string(text), `"encrypted":"false"`)
		},
		"sqs/Queue": func(s map[string]any) bool {
			return s["sqsManagedSseEnabled"] == true || str(s, "kmsMasterKeyId") != ""
		},
		"dynamodb/Table": func(s map[string]any) bool {
			return s["deletionProtectionEnabled"] == true && at(s, "pointInTimeRecovery", "enabled") == true &&
				at(s, "serverSideEncryption", "enabled") == true && str(s, "serverSideEncryption", "kmsKeyArn") != ""
		},
		"kms/Key": func(s map[string]any) bool { return s["enableKeyRotation"] == true },
		"cloudwatchlogs/Group": func(s map[string]any) bool {
			days, ok := s["retentionInDays"].(int64)
			return ok && days > 0 && str(s, "kmsKeyIdRef", "name") != ""
		},
		"sns/Topic": func(s map[string]any) bool { // With the key of AWS no alarm gets through.
			key := str(s, "kmsMasterKeyId")
			return strings.HasPrefix(key, "alias/") && !strings.HasPrefix(key, "alias/aws/")
		},
		"amp/Workspace": func(s map[string]any) bool { return str(s, "kmsKeyArn") != "" },
	} {
		settingsOf(t, all, kind, func(name string, settings map[string]any) {
			if !good(settings) {
				t.Errorf("%s %s is not encrypted as it should be: %v", kind, name, settings)
			}
		})
	}
}

// TestTLSIsNewEnough: whatever speaks TLS wants 1.2 at least.
func TestTLSIsNewEnough(t *testing.T) {
	all := committed(t)
	settingsOf(t, all, "cloudfront/Distribution", func(name string, settings map[string]any) {
		text, err := json.Marshal(settings)
		if err != nil {
			t.Fatal(err)
		}
		content := string(text)
		if !strings.Contains(content, `"minimumProtocolVersion":"TLSv1.2_2021"`) || strings.Contains(content, `"cloudfrontDefaultCertificate":true`) {
			t.Errorf("%s accepts old versions", name)
		}
		if strings.Contains(content, `"viewerProtocolPolicy":"allow-all"`) || strings.Contains(content, `"originProtocolPolicy":"http-only"`) ||
			strings.Contains(content, `"originProtocolPolicy":"match-viewer"`) {
			t.Errorf("%s speaks HTTP", name)
		}
		if strings.Contains(content, `"originSslProtocols"`) && !strings.Contains(content, `"originSslProtocols":["TLSv1.2"]`) {
			t.Errorf("%s asks the load balancer with old versions", name)
		}
	})
	settingsOf(t, all, "rds/ClusterParameterGroup", func(name string, settings map[string]any) {
		text, err := json.Marshal(settings["parameter"])
		if err != nil || !strings.Contains(string(text), `"name":"rds.force_ssl","value":"1"`) {
			t.Errorf("%s does not force TLS: %s", name, text)
		}
	})
}

// TestProductionIsKept: what holds data in prod refuses to be deleted, and leaves something behind if it is.
func TestProductionIsKept(t *testing.T) {
	prod := 0
	for _, resource := range managedOf(t, config(t).Environment("prod")) {
		settings, name := at(resource, "spec", "forProvider").(map[string]any), str(resource, "metadata", "name")
		switch kindOf(resource) {
		case "rds/Cluster":
			prod++
			copied := strings.Contains(name, "replica") // It goes with the database that it copies.
			if !copied && (settings["deletionProtection"] != true || settings["skipFinalSnapshot"] == true || str(settings, "finalSnapshotIdentifier") == "") {
				t.Errorf("%s may be deleted", name)
			}
		case "eks/Cluster":
			prod++
			if settings["deletionProtection"] != true {
				t.Errorf("%s may be deleted", name)
			}
		case "s3/Bucket", "ecr/Repository":
			prod++
			if settings["forceDestroy"] == true || settings["forceDelete"] == true {
				t.Errorf("%s is deleted with what it holds", name)
			}
		}
	}
	if prod < 4 {
		t.Errorf("%d stores prove nothing", prod)
	}
	if e := config(t).Environment("prod"); !e.Protected() || len(e.AllowDeletion) > 0 || e.Stage != schema.StageProd {
		t.Error("the claims of prod may be deleted")
	}
}
