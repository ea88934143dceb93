package compositions_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/schemas"
	"github.com/innovate-inc/genops/schema"
)

// identities are how AWS knows the resources of each kind (provider configuration v2.4.0: config/externalname.go). The external-name is the name
// of a resource that is ours to choose, an id that AWS gives, or computed from fields.
func identities() map[string]string {
	identities := map[string]string{}
	for identity, kinds := range map[string]string{
		"name": "eks/Cluster eks/NodeGroup iam/Role iam/Policy iam/RolePolicy kms/Alias cloudwatchevents/Rule cloudwatchlogs/Group ecr/Repository " +
			"s3/Bucket cloudfront/Function dynamodb/Table " +
			"rds/Cluster rds/ClusterInstance rds/ClusterParameterGroup rds/GlobalCluster rds/SubnetGroup ssm/Parameter cloudwatch/MetricAlarm " +
			"configservice/ConfigurationRecorder configservice/AWSConfigurationRecorderStatus configservice/DeliveryChannel accessanalyzer/Analyzer " +
			"budgets/Budget cloudtrail/Trail " +
			"amp/RuleGroupNamespace sns/Topic",
		"id": "ec2/VPC ec2/VPCIPv4CidrBlockAssociation ec2/Subnet ec2/InternetGateway ec2/EIP ec2/NATGateway ec2/RouteTable ec2/RouteTableAssociation " +
			"ec2/VPCEndpoint ec2/VPCEndpointSecurityGroupAssociation ec2/FlowLog ec2/NetworkACL ec2/NetworkACLRule ec2/SecurityGroup " +
			"ec2/SecurityGroupIngressRule ec2/DefaultSecurityGroup ec2/LaunchTemplate eks/PodIdentityAssociation iam/RolePolicyAttachment " +
			"iam/OpenIDConnectProvider kms/Key sqs/Queue sqs/QueuePolicy ecr/LifecyclePolicy ecr/RepositoryPolicy ecr/RegistryScanningConfiguration " +
			"inspector2/Enabler ec2/SecurityGroupEgressRule route53/Zone route53/Record acm/Certificate " +
			"acm/CertificateValidation cloudfront/Distribution cloudfront/OriginAccessControl cloudfront/ResponseHeadersPolicy wafv2/WebACL " +
			"s3/BucketPolicy s3/BucketPublicAccessBlock s3/BucketOwnershipControls s3/BucketVersioning s3/BucketServerSideEncryptionConfiguration " +
			"s3/BucketLifecycleConfiguration secretsmanager/Secret secretsmanager/SecretVersion " +
			"guardduty/Detector securityhub/Account iam/AccountPasswordPolicy s3control/AccountPublicAccessBlock ec2/EBSEncryptionByDefault ec2/EBSDefaultKMSKey " +
			"organizations/Organization organizations/OrganizationalUnit organizations/Account organizations/Policy ssoadmin/PermissionSet identitystore/Group amp/Workspace amp/AlertManagerDefinition grafana/Workspace " +
			"grafana/RoleAssociation sns/TopicPolicy sns/TopicSubscription cloudcontrol/Resource",
		"fields": "ec2/Route ec2/VPCEndpointSubnetAssociation ec2/VPCEndpointRouteTableAssociation eks/Addon eks/AccessEntry " +
			"eks/AccessPolicyAssociation cloudwatchevents/Target wafv2/WebACLLoggingConfiguration " +
			"securityhub/StandardsSubscription organizations/PolicyAttachment " +
			"organizations/DelegatedAdministrator ssoadmin/AccountAssignment ssoadmin/ManagedPolicyAttachment ssoadmin/PermissionSetInlinePolicy",
	} {
		for kind := range strings.FieldsSeq(kinds) {
			identities[kind] = identity
		}
	}
	return identities
}

// identity of a managed resource.
func identity(t testing.TB, object map[string]any) string {
	t.Helper()
	service, _, _ := strings.Cut(text(object, "apiVersion"), ".")
	found, ok := identities()[service+"/"+text(object, "kind")]
	if !ok {
		t.Errorf("nobody says how AWS knows a %s/%s", service, text(object, "kind"))
	}
	return found
}

// resource is a managed resource of a configuration, with what it is judged by.
type resource struct {
	configuration, key string
	claim              claim
	object             map[string]any
	parameters         map[string]extv1.JSONSchemaProps // What forProvider can hold, by the provider's own schema.
}

// resources are the managed resources of all configurations.
func resources(t testing.TB) []resource {
	t.Helper()
	parameters := map[string]map[string]extv1.JSONSchemaProps{}
	var found []resource
	for name, claims := range configurations(t) {
		for _, c := range claims {
			result, _ := c.simulate(t)
			for _, r := range result.Resources {
				if !managed(r.Object) {
					continue
				}
				version, kind := text(r.Object, "apiVersion"), text(r.Object, "kind")
				if parameters[version+kind] == nil {
					props, known, err := schemas.Lookup(version, kind)
					if err != nil || !known {
						t.Fatalf("schema of %s %s: %v", version, kind, err)
					}
					parameters[version+kind] = props.Properties["spec"].Properties["forProvider"].Properties
				}
				found = append(found, resource{name, r.Key, c, r.Object, parameters[version+kind]})
			}
		}
	}
	return found
}

// TestManagedResources holds every managed resource of every configuration against what all have in common.
func TestManagedResources(t *testing.T) {
	t.Parallel()
	// IAM user guide: tag naming; the same characters are allowed everywhere.
	tagName, tagValue := regexp.MustCompile(`^[\w .:/=+@-]{1,128}$`), regexp.MustCompile(`^[\w .:/=+@-]{0,256}$`)
	cases := map[string]struct {
		reason string
		wrong  func(t *testing.T, r resource) string
	}{
		"name": {
			"a name that Crossplane makes up cannot be referred to",
			func(_ *testing.T, r resource) string {
				name := text(r.object, "metadata", "name")
				pattern := `^` + text(r.claim.spec, "environment") + `\.(network|cluster|registry|edge|database|state-backend|baseline|organization|observability)\.[a-z0-9]([-.a-z0-9]*[a-z0-9])?$`
				if !regexp.MustCompile(pattern).MatchString(name) || len(name) > 253 {
					return name
				}
				return ""
			},
		},
		"policies": {
			"what the provider may do is said, and it can write down an id that AWS gives only together with LateInitialize",
			func(t *testing.T, r resource) string {
				want := []any{"Observe", "Create", "Update", "Delete"}
				switch kind := text(r.object, "kind"); {
				case kind == "LifecyclePolicy":
					want = want[:3] // It goes with its repository, and a new one takes its place.
				case r.claim.kind == "StateBackend" && strings.HasPrefix(r.key, "bucket-"):
					want = want[:3] // It goes with its bucket.
				case r.claim.kind == "AccountBaseline" && !regexp.MustCompile(`^(standard|analyzer)-|^budget$`).MatchString(r.key):
					want = want[:3] // What watches an account stays.
				case r.claim.kind == "Organization" && slices.Contains([]string{"Organization", "OrganizationalUnit", "Account", "Group"}, kind):
					want = want[:3] // They outlive their claim.
				}
				if identity(t, r.object) == "id" {
					want = append(want, "LateInitialize")
				}
				_, deletion := field(r.object, "spec").(map[string]any)["deletionPolicy"]
				if got := field(r.object, "spec", "managementPolicies"); !cmp.Equal(want, got) || deletion {
					return fmt.Sprintf("%v, deletionPolicy: %t", got, deletion)
				}
				return ""
			},
		},
		"account": {
			"without it the resource would be made in the account of a default, if there is one",
			func(_ *testing.T, r resource) string {
				if got := field(r.object, "spec", "providerConfigRef"); !cmp.Equal(map[string]any{"name": text(r.claim.spec, "environment")}, got) {
					return fmt.Sprint(got)
				}
				return ""
			},
		},
		"region": {
			"what is not global is somewhere",
			func(_ *testing.T, r resource) string {
				_, regional := r.parameters["region"]
				want := ""
				if regional {
					want = text(r.claim.spec, "region")
					if strings.HasPrefix(r.key, "replica-") {
						want = text(r.claim.spec, "replica", "region")
					}
				}
				// CloudFront finds its certificate and its web ACL in one region alone.
				if r.claim.kind == "Edge" && regexp.MustCompile(`^(certificate(-[0-9a-f]{8})?(-validation)?|web-acl(-logs|-log-group(-key(-alias)?)?)?)$`).MatchString(r.key) {
					want = "us-east-1"
				}
				// Identity Center is where somebody enabled it.
				if regional && r.claim.kind == "Organization" {
					want = text(r.claim.spec, "identityCenter", "region")
				}
				// Its metrics are there, too, and alarms are where metrics are.
				if r.claim.kind == "Observability" && regional && regexp.MustCompile(`^(alarm-)?edge-`).MatchString(r.key) {
					want = "us-east-1"
				}
				if got := text(r.object, "spec", "forProvider", "region"); got != want {
					return fmt.Sprintf("%q, want %q", got, want)
				}
				return ""
			},
		},
		"tags": {
			"costs, rights and people go by them",
			func(_ *testing.T, r resource) string {
				_, taggable := r.parameters["tags"]
				tags, tagged := field(r.object, "spec", "forProvider", "tags").(map[string]any)
				if tagged != taggable {
					return fmt.Sprintf("takes tags: %t, has tags: %t", taggable, tagged)
				}
				var wrong []string
				own, _ := field(r.claim.spec, "tags").(map[string]any)
				for _, name := range []string{"environment", "project", "owner", "cost-center", "managed-by"} {
					if tagged && (tags[name] != own[name] || own[name] == nil) {
						wrong = append(wrong, fmt.Sprintf("%s: %v", name, tags[name]))
					}
				}
				if tagged && (tags["genops.dev/claim"] != r.claim.kind+"/"+text(r.claim.spec, "environment") || tags["Name"] == nil) {
					wrong = append(wrong, fmt.Sprintf("genops.dev/claim: %v, Name: %v", tags["genops.dev/claim"], tags["Name"]))
				}
				for name, value := range tags {
					if !tagName.MatchString(name) || !tagValue.MatchString(fmt.Sprint(value)) {
						wrong = append(wrong, fmt.Sprintf("%s: %v", name, value))
					}
				}
				return strings.Join(wrong, ", ")
			},
		},
		"external name": {
			"an invented id would be looked up for ever; a name that is missing would be that of the object",
			func(t *testing.T, r resource) string {
				name := text(r.object, "metadata", "annotations", "crossplane.io/external-name")
				adopted, _ := field(r.claim.spec, "adopt").(map[string]any)
				if r.claim.kind == "Organization" && adopted[r.key] == name {
					return "" // There is no organization that nobody made before.
				}
				if len(adopted) > 0 && r.claim.kind != "Organization" {
					t.Fatal("the configurations adopt nothing")
				}
				if (name != "") != (identity(t, r.object) == "name") || strings.HasPrefix(name, "alias/") {
					return fmt.Sprintf("%q for a %s", name, r.object["kind"])
				}
				return ""
			},
		},
		"selectors": {
			"a selector picks what it likes",
			func(_ *testing.T, r resource) string {
				return strings.Join(matching(fieldNames(r.object), `Selectors?$`), ", ")
			},
		},
		"parameters": {
			"what the provider does not know is pruned in silence",
			func(_ *testing.T, r resource) string {
				forProvider, _ := field(r.object, "spec", "forProvider").(map[string]any)
				var wrong []string
				for name := range forProvider {
					if _, ok := r.parameters[name]; !ok {
						wrong = append(wrong, name)
					}
				}
				return strings.Join(wrong, ", ")
			},
		},
	}
	all := resources(t)
	if len(all) < 500 {
		t.Fatalf("%d resources prove nothing", len(all))
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, r := range all {
				if wrong := tc.wrong(t, r); wrong != "" {
					t.Errorf("%s: %s: %s: %s", r.configuration, r.key, wrong, tc.reason)
				}
			}
		})
	}
}

// fieldNames are the names of all fields of a value, at any depth.
func fieldNames(value any) []string {
	var found []string
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			found = append(append(found, name), fieldNames(inner)...)
		}
	case []any:
		for _, inner := range value {
			found = append(found, fieldNames(inner)...)
		}
	}
	return found
}

// TestTable holds that every kind that AWS knows by name, id or fields is composed somewhere, so that no line of the table is dead.
func TestTable(t *testing.T) {
	t.Parallel()
	composed := map[string]bool{}
	for _, claims := range configurations(t) {
		for _, object := range everything(t, claims) {
			service, _, _ := strings.Cut(text(object, "apiVersion"), ".")
			composed[service+"/"+text(object, "kind")] = true
		}
	}
	for kind := range identities() {
		if !composed[kind] {
			t.Errorf("no %s is composed", kind)
		}
	}
}

// TestAdopt holds what happens to an id in a claim's adopt.
func TestAdopt(t *testing.T) {
	t.Parallel()
	adopt := func(ids map[string]string) claim {
		return network(t, func(s *schema.NetworkSpec) { s.Adopt = ids })
	}
	t.Run("every id of AWS", func(t *testing.T) {
		t.Parallel()
		result, _ := network(t, withPods, withACL).simulate(t)
		ids := map[string]string{}
		for key, object := range objects(result) {
			if managed(object) && identity(t, object) == "id" {
				ids[key] = "id-of-" + key
			}
		}
		adopted, _ := network(t, withPods, withACL, func(s *schema.NetworkSpec) { s.Adopt = ids }).simulate(t)
		if diff := cmp.Diff(keys(result), keys(adopted)); diff != "" {
			t.Errorf("keys (-want +got):\n%s", diff)
		}
		for key, id := range ids {
			if got := text(object(t, adopted, key), "metadata", "annotations", "crossplane.io/external-name"); got != id {
				t.Errorf("%s has the external-name %q, want %q", key, got, id)
			}
		}
		if len(ids) < 60 {
			t.Errorf("%d ids prove nothing", len(ids))
		}
	})
	t.Run("what waits", func(t *testing.T) {
		t.Parallel()
		c := cluster(t, func(s *schema.ClusterSpec) {
			s.Adopt = map[string]string{"oidc-provider": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"}
		})
		if first := c.compose(t, compositions.Observed{}); !slices.Contains(first.Held, "oidc-provider") {
			t.Errorf("held: %q", first.Held)
		}
		result, _ := c.simulate(t)
		want := "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"
		if got := text(object(t, result, "oidc-provider"), "metadata", "annotations", "crossplane.io/external-name"); got != want {
			t.Errorf("external-name %q, want %q", got, want)
		}
	})
	for name, tc := range map[string]struct {
		reason string
		ids    map[string]string
		want   []string
	}{
		"unknown": {"a misspelt key would make a second resource", map[string]string{"vcp": "vpc-1", "a": "b"}, []string{
			"spec.adopt.a: no resource of this claim has this key", "spec.adopt.vcp: no resource of this claim has this key",
		}},
		"name":   {"it would get another name", map[string]string{"flow-logs-role": "old"}, []string{"spec.adopt.flow-logs-role: the name of a role is made by genops: what has this name is adopted without an id"}},
		"fields": {"the provider computes it", map[string]string{"route-public-eu-west-1a": "rtb-1_0.0.0.0/0"}, []string{"spec.adopt.route-public-eu-west-1a: the id of a route follows from its fields: what is there is adopted without an id"}},
		"usage":  {"it is nothing in AWS", map[string]string{"usage-flow-logs-role-by-flow-logs-all": "a"}, []string{"spec.adopt.usage-flow-logs-role-by-flow-logs-all: no resource of this claim has this key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := adopt(tc.ids).composition(t).Compose(adopt(tc.ids).spec, compositions.Observed{})
			if diff := cmp.Diff(tc.want, problems(t, err)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
