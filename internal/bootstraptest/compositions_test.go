package bootstraptest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/scp"
	"github.com/innovate-inc/genops/schema"
)

// everything is an environment that uses all that compositions can make.
func everything(t *testing.T) *schema.Environment {
	t.Helper()
	e := config(t).Environment("prod")
	if e == nil {
		t.Fatal("there is no prod")
	}
	e.Network.PodCIDR = "100.64.0.0/16"
	e.Network.DataACL.Enabled = true
	e.Cluster.SecretsEncryption = true
	if e.Database == nil || e.Database.Replica == nil {
		t.Fatal("prod has no database with a replica")
	}
	for _, name := range []string{
		"vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver", "aws-efs-csi-driver", "snapshot-controller", "eks-node-monitoring-agent",
	} {
		e.Cluster.Addons[name] = schema.Addon{Enabled: true}
	}
	// The trail of the organization is in the management account alone.
	e.Account = config(t).Platform.ManagementAccount
	e.Baseline.Trail = &schema.Trail{
		OrganizationID: "o-a1b2c3d4e5", ArchiveAfterDays: 90, RetentionDays: 365, Logs: schema.TrailLogs{Enabled: true, RetentionDays: 365},
	}
	e.Registry = &schema.Registry{
		GitHub: schema.GitHub{Organization: "acme"}, Scanning: schema.Scanning{Type: schema.ScanEnhanced, Frequency: schema.ScanContinuous},
		Lifecycle:    schema.Lifecycle{UntaggedDays: 1, Releases: 1, Others: 1},
		Repositories: map[string]schema.Repository{"web": {GitHub: schema.Pushers{Branches: []string{"main"}}}},
	}
	e.StateBackend = &schema.StateBackend{
		NoncurrentDays: 1, KeepVersions: 1,
		Teams: map[string]schema.StateTeam{"payments": {Principals: []string{"arn:aws:iam::" + e.Account + ":role/ci/terraform", "arn:aws:iam::999999999999:role/terraform"}}},
	}
	e.Observability.Receivers.Endpoints = []string{"https://alarms.acme.example/aws"}
	e.Observability.Grafana.Admins = []string{"61e5a0f4-1c5a-4b0e-9f0a-2d1b7c3e4f50"}
	e.Cluster.Access = map[string]schema.Access{"admins": {PrincipalARN: "arn:aws:iam::" + e.Account + ":role/Admins", Policy: "ClusterAdmin"}}
	return e
}

// managed are all managed resources of an environment, as its claims are composed.
func managed(t *testing.T, e *schema.Environment) []map[string]any {
	t.Helper()
	resources := managedOf(t, e)
	if len(resources) < 200 {
		t.Fatalf("%d managed resources prove nothing", len(resources))
	}
	return resources
}

// managedOf are all managed resources of an environment of any size.
func managedOf(t *testing.T, e *schema.Environment) []map[string]any {
	t.Helper()
	objects, err := generators.Environment(config(t), e)
	if err != nil {
		t.Fatal(err)
	}
	var resources []map[string]any
	for _, object := range objects {
		kind, _ := object.Object["kind"].(string)
		composition, ok := compositions.Find(kind)
		if !ok || !strings.HasPrefix(object.Path, e.Name+"/claims/") {
			continue
		}
		spec := maps.Clone(object.Object["spec"].(map[string]any))
		for _, name := range compositions.Machinery() {
			delete(spec, name)
		}
		result, _, err := compositions.Simulate(composition, spec)
		if err != nil {
			t.Fatalf("%s: %v", object.Path, err)
		}
		for _, resource := range result.Resources {
			if group, _ := resource.Object["apiVersion"].(string); strings.Contains(group, ".aws.upbound.io/") {
				resources = append(resources, resource.Object)
			}
		}
	}
	return resources
}

// str is a text inside an object; empty if there is none.
func str(value any, keys ...string) string {
	s, _ := at(value, keys...).(string)
	return s
}

// TestAttachedPoliciesAreKnown: crossplane-provisioner may attach exactly the policies of AWS that compositions attach.
func TestAttachedPoliciesAreKnown(t *testing.T) {
	attached := map[string]bool{}
	for _, resource := range managed(t, everything(t)) {
		if resource["kind"] != "RolePolicyAttachment" {
			continue
		}
		if arn := str(resource, "spec", "forProvider", "policyArn"); arn != "" {
			attached[arn] = true
		}
	}
	known := map[string]bool{}
	for _, s := range allowed(t, "provisioner-iam") {
		for _, arn := range s.Condition["ArnLike"]["iam:PolicyARN"] {
			if strings.HasPrefix(arn, "arn:aws:iam::aws:") {
				known[arn] = true
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(attached)), slices.Sorted(maps.Keys(known))); diff != "" {
		t.Errorf("AttachKnownPolicies of provisioner-iam.json, -attached by compositions +allowed:\n%s", diff)
	}
}

// actions are what the AWS provider calls, at least, to make, change and delete a resource of a kind (Terraform's AWS provider, and the Service
// Authorization Reference for what an action needs besides itself). Actions without a service are EC2's.
func actions() map[string]string {
	return map[string]string{
		"ec2/VPC":                                 "CreateVpc ModifyVpcAttribute DeleteVpc DescribeVpcs DescribeVpcAttribute CreateTags",
		"ec2/VPCIPv4CidrBlockAssociation":         "AssociateVpcCidrBlock DisassociateVpcCidrBlock",
		"ec2/Subnet":                              "CreateSubnet ModifySubnetAttribute DeleteSubnet DescribeSubnets DescribeNetworkInterfaces DeleteNetworkInterface",
		"ec2/InternetGateway":                     "CreateInternetGateway AttachInternetGateway DetachInternetGateway DeleteInternetGateway DescribeInternetGateways",
		"ec2/EIP":                                 "AllocateAddress DisassociateAddress ReleaseAddress DescribeAddresses DescribeAddressesAttribute",
		"ec2/NATGateway":                          "CreateNatGateway DeleteNatGateway DescribeNatGateways",
		"ec2/RouteTable":                          "CreateRouteTable DeleteRouteTable DescribeRouteTables",
		"ec2/Route":                               "CreateRoute ReplaceRoute DeleteRoute DescribeRouteTables",
		"ec2/RouteTableAssociation":               "AssociateRouteTable ReplaceRouteTableAssociation DisassociateRouteTable",
		"ec2/VPCEndpoint":                         "CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints DescribeVpcEndpoints DescribePrefixLists route53:AssociateVPCWithHostedZone",
		"ec2/VPCEndpointSubnetAssociation":        "ModifyVpcEndpoint DescribeVpcEndpoints",
		"ec2/VPCEndpointSecurityGroupAssociation": "ModifyVpcEndpoint DescribeVpcEndpoints",
		"ec2/VPCEndpointRouteTableAssociation":    "ModifyVpcEndpoint DescribeVpcEndpoints",
		"ec2/FlowLog":                             "CreateFlowLogs DeleteFlowLogs DescribeFlowLogs iam:PassRole",
		"ec2/NetworkACL":                          "CreateNetworkAcl ReplaceNetworkAclAssociation DeleteNetworkAcl DescribeNetworkAcls",
		"ec2/NetworkACLRule":                      "CreateNetworkAclEntry DeleteNetworkAclEntry DescribeNetworkAcls",
		"ec2/SecurityGroup":                       "CreateSecurityGroup RevokeSecurityGroupEgress DeleteSecurityGroup DescribeSecurityGroups",
		"ec2/DefaultSecurityGroup":                "DescribeSecurityGroups RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateTags",
		"ec2/SecurityGroupIngressRule":            "AuthorizeSecurityGroupIngress ModifySecurityGroupRules RevokeSecurityGroupIngress DescribeSecurityGroupRules",
		"ec2/SecurityGroupEgressRule":             "AuthorizeSecurityGroupEgress ModifySecurityGroupRules RevokeSecurityGroupEgress DescribeSecurityGroupRules",
		"ec2/LaunchTemplate":                      "CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate DescribeLaunchTemplates DescribeLaunchTemplateVersions",

		"eks/Cluster": "eks:CreateCluster eks:UpdateClusterConfig eks:UpdateClusterVersion eks:DeleteCluster eks:DescribeCluster eks:DescribeUpdate eks:TagResource " +
			"iam:PassRole iam:CreateServiceLinkedRole kms:CreateGrant kms:DescribeKey",
		"eks/NodeGroup": "eks:CreateNodegroup eks:UpdateNodegroupConfig eks:UpdateNodegroupVersion eks:DeleteNodegroup eks:DescribeNodegroup iam:PassRole " +
			"iam:CreateServiceLinkedRole RunInstances DescribeLaunchTemplateVersions",
		"eks/Addon":                   "eks:CreateAddon eks:UpdateAddon eks:DeleteAddon eks:DescribeAddon eks:CreatePodIdentityAssociation iam:PassRole",
		"eks/AccessEntry":             "eks:CreateAccessEntry eks:UpdateAccessEntry eks:DeleteAccessEntry eks:DescribeAccessEntry",
		"eks/AccessPolicyAssociation": "eks:AssociateAccessPolicy eks:DisassociateAccessPolicy eks:ListAssociatedAccessPolicies",
		"eks/PodIdentityAssociation": "eks:CreatePodIdentityAssociation eks:UpdatePodIdentityAssociation eks:DeletePodIdentityAssociation " +
			"eks:DescribePodIdentityAssociation iam:PassRole iam:GetRole",

		"iam/Role": "iam:CreateRole iam:UpdateRole iam:UpdateRoleDescription iam:UpdateAssumeRolePolicy iam:DeleteRole iam:GetRole iam:TagRole iam:ListRolePolicies " +
			"iam:ListAttachedRolePolicies iam:ListInstanceProfilesForRole",
		"iam/Policy":                "iam:CreatePolicy iam:CreatePolicyVersion iam:DeletePolicyVersion iam:DeletePolicy iam:GetPolicy iam:GetPolicyVersion iam:ListPolicyVersions iam:TagPolicy",
		"iam/RolePolicy":            "iam:PutRolePolicy iam:GetRolePolicy iam:DeleteRolePolicy",
		"iam/RolePolicyAttachment":  "iam:AttachRolePolicy iam:DetachRolePolicy iam:ListAttachedRolePolicies",
		"iam/OpenIDConnectProvider": "iam:CreateOpenIDConnectProvider iam:GetOpenIDConnectProvider iam:DeleteOpenIDConnectProvider iam:TagOpenIDConnectProvider",

		"ecr/Repository": "ecr:CreateRepository ecr:DescribeRepositories ecr:PutImageTagMutability ecr:PutImageScanningConfiguration ecr:DeleteRepository " +
			"ecr:TagResource ecr:ListTagsForResource kms:CreateGrant kms:RetireGrant kms:DescribeKey",
		"ecr/LifecyclePolicy":               "ecr:PutLifecyclePolicy ecr:GetLifecyclePolicy",
		"ecr/RepositoryPolicy":              "ecr:SetRepositoryPolicy ecr:GetRepositoryPolicy ecr:DeleteRepositoryPolicy",
		"ecr/RegistryScanningConfiguration": "ecr:PutRegistryScanningConfiguration ecr:GetRegistryScanningConfiguration",
		"inspector2/Enabler":                "inspector2:Enable inspector2:BatchGetAccountStatus inspector2:Disable iam:CreateServiceLinkedRole",

		"dynamodb/Table": "dynamodb:CreateTable dynamodb:DescribeTable dynamodb:UpdateTable dynamodb:DeleteTable dynamodb:TagResource dynamodb:ListTagsOfResource " +
			"dynamodb:DescribeContinuousBackups dynamodb:UpdateContinuousBackups dynamodb:DescribeTimeToLive kms:CreateGrant kms:DescribeKey kms:Decrypt kms:Encrypt " +
			"kms:GenerateDataKey kms:ReEncryptFrom kms:ReEncryptTo",
		"kms/Key":                 "kms:CreateKey kms:DescribeKey kms:EnableKeyRotation kms:GetKeyRotationStatus kms:GetKeyPolicy kms:ListResourceTags kms:TagResource kms:ScheduleKeyDeletion",
		"kms/Alias":               "kms:CreateAlias kms:UpdateAlias kms:DeleteAlias kms:ListAliases",
		"sqs/Queue":               "sqs:CreateQueue sqs:SetQueueAttributes sqs:GetQueueAttributes sqs:DeleteQueue sqs:TagQueue sqs:ListQueueTags",
		"sqs/QueuePolicy":         "sqs:SetQueueAttributes sqs:GetQueueAttributes",
		"cloudwatchevents/Rule":   "events:PutRule events:DescribeRule events:DeleteRule events:TagResource events:ListTagsForResource",
		"cloudwatchevents/Target": "events:PutTargets events:ListTargetsByRule events:RemoveTargets",
		"rds/Cluster": "rds:CreateDBCluster rds:ModifyDBCluster rds:DeleteDBCluster rds:DescribeDBClusters rds:DescribeGlobalClusters rds:RemoveFromGlobalCluster " +
			"rds:AddTagsToResource rds:CreateDBClusterSnapshot iam:CreateServiceLinkedRole kms:CreateGrant kms:DescribeKey kms:Decrypt kms:GenerateDataKey " +
			"secretsmanager:CreateSecret secretsmanager:TagResource",
		"rds/ClusterInstance":          "rds:CreateDBInstance rds:ModifyDBInstance rds:DeleteDBInstance rds:DescribeDBInstances rds:AddTagsToResource",
		"rds/ClusterParameterGroup":    "rds:CreateDBClusterParameterGroup rds:ModifyDBClusterParameterGroup rds:ResetDBClusterParameterGroup rds:DeleteDBClusterParameterGroup rds:DescribeDBClusterParameterGroups rds:DescribeDBClusterParameters rds:ListTagsForResource",
		"rds/SubnetGroup":              "rds:CreateDBSubnetGroup rds:ModifyDBSubnetGroup rds:DeleteDBSubnetGroup rds:DescribeDBSubnetGroups",
		"rds/GlobalCluster":            "rds:CreateGlobalCluster rds:ModifyGlobalCluster rds:DeleteGlobalCluster rds:DescribeGlobalClusters rds:RemoveFromGlobalCluster",
		"secretsmanager/Secret":        "secretsmanager:CreateSecret secretsmanager:UpdateSecret secretsmanager:DeleteSecret secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy secretsmanager:TagResource",
		"secretsmanager/SecretVersion": "secretsmanager:PutSecretValue secretsmanager:GetSecretValue secretsmanager:UpdateSecretVersionStage",
		"ssm/Parameter":                "ssm:PutParameter ssm:GetParameter ssm:DescribeParameters ssm:DeleteParameter ssm:AddTagsToResource ssm:ListTagsForResource",
		"cloudwatch/MetricAlarm":       "cloudwatch:PutMetricAlarm cloudwatch:DescribeAlarms cloudwatch:DeleteAlarms cloudwatch:ListTagsForResource cloudwatch:TagResource",
		"amp/Workspace": "aps:CreateWorkspace aps:DescribeWorkspace aps:UpdateWorkspaceAlias aps:DeleteWorkspace aps:TagResource aps:UntagResource " +
			"aps:ListTagsForResource aps:CreateLoggingConfiguration aps:DescribeLoggingConfiguration aps:UpdateLoggingConfiguration " +
			"aps:DeleteLoggingConfiguration kms:CreateGrant kms:DescribeKey kms:Decrypt kms:GenerateDataKey logs:CreateLogDelivery logs:PutResourcePolicy " +
			"logs:DescribeResourcePolicies logs:DescribeLogGroups",
		"amp/RuleGroupNamespace": "aps:CreateRuleGroupsNamespace aps:DescribeRuleGroupsNamespace aps:PutRuleGroupsNamespace aps:DeleteRuleGroupsNamespace",
		"amp/AlertManagerDefinition": "aps:CreateAlertManagerDefinition aps:DescribeAlertManagerDefinition aps:PutAlertManagerDefinition " +
			"aps:DeleteAlertManagerDefinition",
		"grafana/Workspace": "grafana:CreateWorkspace grafana:DescribeWorkspace grafana:UpdateWorkspace grafana:DeleteWorkspace grafana:TagResource " +
			"grafana:DescribeWorkspaceConfiguration grafana:UpdateWorkspaceConfiguration iam:PassRole sso:CreateManagedApplicationInstance organizations:DescribeOrganization",
		"grafana/RoleAssociation": "grafana:UpdatePermissions grafana:ListPermissions sso:AssociateProfile sso:DisassociateProfile sso-directory:DescribeGroup " +
			"sso-directory:DescribeUser",
		"sns/Topic":             "sns:CreateTopic sns:GetTopicAttributes sns:SetTopicAttributes sns:DeleteTopic sns:TagResource sns:ListTagsForResource",
		"sns/TopicPolicy":       "sns:SetTopicAttributes sns:GetTopicAttributes",
		"sns/TopicSubscription": "sns:Subscribe sns:GetSubscriptionAttributes sns:SetSubscriptionAttributes sns:ListSubscriptionsByTopic sns:Unsubscribe",
		"cloudcontrol/Resource": "cloudformation:CreateResource cloudformation:GetResource cloudformation:UpdateResource cloudformation:DeleteResource " +
			"cloudformation:GetResourceRequestStatus chatbot:CreateSlackChannelConfiguration chatbot:DescribeSlackChannelConfigurations " +
			"chatbot:UpdateSlackChannelConfiguration chatbot:DeleteSlackChannelConfiguration chatbot:AssociateToConfiguration chatbot:DisassociateFromConfiguration chatbot:ListAssociations " +
			"chatbot:ListTagsForResource chatbot:TagResource chatbot:UntagResource iam:PassRole iam:CreateServiceLinkedRole",
		"cloudwatchlogs/Group": "logs:CreateLogGroup logs:AssociateKmsKey logs:PutRetentionPolicy logs:DescribeLogGroups logs:DeleteLogGroup logs:TagResource logs:ListTagsForResource",

		"route53/Zone": "route53:CreateHostedZone route53:GetHostedZone route53:GetChange route53:UpdateHostedZoneComment route53:DeleteHostedZone " +
			"route53:ChangeTagsForResource route53:ListTagsForResource",
		"route53/Record":            "route53:ChangeResourceRecordSets route53:ListResourceRecordSets route53:GetHostedZone route53:GetChange",
		"acm/Certificate":           "acm:RequestCertificate acm:DescribeCertificate acm:DeleteCertificate acm:AddTagsToCertificate acm:ListTagsForCertificate",
		"acm/CertificateValidation": "acm:DescribeCertificate",
		"cloudfront/Distribution": "cloudfront:CreateDistribution cloudfront:CreateDistributionWithTags cloudfront:UpdateDistribution cloudfront:GetDistribution " +
			"cloudfront:DeleteDistribution cloudfront:TagResource cloudfront:ListTagsForResource wafv2:GetWebACL s3:GetBucketAcl s3:PutBucketAcl",
		"cloudfront/Function": "cloudfront:CreateFunction cloudfront:PublishFunction cloudfront:UpdateFunction cloudfront:DescribeFunction cloudfront:GetFunction " +
			"cloudfront:DeleteFunction",
		"cloudfront/OriginAccessControl": "cloudfront:CreateOriginAccessControl cloudfront:UpdateOriginAccessControl cloudfront:GetOriginAccessControl " +
			"cloudfront:DeleteOriginAccessControl",
		"cloudfront/ResponseHeadersPolicy": "cloudfront:CreateResponseHeadersPolicy cloudfront:UpdateResponseHeadersPolicy cloudfront:GetResponseHeadersPolicy " +
			"cloudfront:DeleteResponseHeadersPolicy",
		"wafv2/WebACL": "wafv2:CreateWebACL wafv2:UpdateWebACL wafv2:GetWebACL wafv2:DeleteWebACL wafv2:TagResource wafv2:ListTagsForResource",
		"wafv2/WebACLLoggingConfiguration": "wafv2:PutLoggingConfiguration wafv2:GetLoggingConfiguration wafv2:DeleteLoggingConfiguration logs:CreateLogDelivery " +
			"logs:DeleteLogDelivery logs:PutResourcePolicy logs:DescribeResourcePolicies logs:DescribeLogGroups",
		"s3/Bucket":                                  "s3:CreateBucket s3:DeleteBucket s3:ListBucket s3:GetBucketTagging s3:PutBucketTagging",
		"s3/BucketPolicy":                            "s3:PutBucketPolicy s3:GetBucketPolicy s3:DeleteBucketPolicy",
		"s3/BucketPublicAccessBlock":                 "s3:PutBucketPublicAccessBlock s3:GetBucketPublicAccessBlock",
		"s3/BucketOwnershipControls":                 "s3:PutBucketOwnershipControls s3:GetBucketOwnershipControls",
		"s3/BucketVersioning":                        "s3:PutBucketVersioning s3:GetBucketVersioning",
		"s3/BucketServerSideEncryptionConfiguration": "s3:PutEncryptionConfiguration s3:GetEncryptionConfiguration",
		"s3/BucketLifecycleConfiguration":            "s3:PutLifecycleConfiguration s3:GetLifecycleConfiguration",

		"ec2/EBSEncryptionByDefault": "EnableEbsEncryptionByDefault GetEbsEncryptionByDefault",
		"ec2/EBSDefaultKMSKey":       "ModifyEbsDefaultKmsKeyId GetEbsDefaultKmsKeyId kms:DescribeKey",
		"guardduty/Detector": "guardduty:CreateDetector guardduty:UpdateDetector guardduty:GetDetector guardduty:TagResource guardduty:ListTagsForResource " +
			"iam:CreateServiceLinkedRole",
		"securityhub/Account":                          "securityhub:EnableSecurityHub securityhub:UpdateSecurityHubConfiguration securityhub:DescribeHub iam:CreateServiceLinkedRole",
		"securityhub/StandardsSubscription":            "securityhub:BatchEnableStandards securityhub:GetEnabledStandards securityhub:BatchDisableStandards",
		"configservice/ConfigurationRecorder":          "config:PutConfigurationRecorder config:DescribeConfigurationRecorders iam:PassRole",
		"configservice/DeliveryChannel":                "config:PutDeliveryChannel config:DescribeDeliveryChannels",
		"configservice/AWSConfigurationRecorderStatus": "config:StartConfigurationRecorder config:DescribeConfigurationRecorderStatus",
		"accessanalyzer/Analyzer": "access-analyzer:CreateAnalyzer access-analyzer:GetAnalyzer access-analyzer:DeleteAnalyzer access-analyzer:TagResource " +
			"access-analyzer:ListTagsForResource iam:CreateServiceLinkedRole organizations:DescribeOrganization",
		"budgets/Budget":                     "budgets:ModifyBudget budgets:ViewBudget budgets:TagResource budgets:ListTagsForResource",
		"iam/AccountPasswordPolicy":          "iam:UpdateAccountPasswordPolicy iam:GetAccountPasswordPolicy",
		"s3control/AccountPublicAccessBlock": "s3:PutAccountPublicAccessBlock s3:GetAccountPublicAccessBlock",
		"cloudtrail/Trail": "cloudtrail:CreateTrail cloudtrail:UpdateTrail cloudtrail:StartLogging cloudtrail:DescribeTrails cloudtrail:GetTrailStatus " +
			"cloudtrail:GetEventSelectors cloudtrail:GetInsightSelectors cloudtrail:AddTags cloudtrail:ListTags iam:PassRole iam:CreateServiceLinkedRole " +
			"organizations:DescribeOrganization organizations:ListAWSServiceAccessForOrganization",
	}
}

// provisioner are all statements that allow crossplane-provisioner something.
func provisioner(t *testing.T) []statement {
	t.Helper()
	var statements []statement
	for _, part := range append(provisionerParts(t), optionalParts()...) {
		statements = append(statements, allowed(t, "provisioner-"+part)...)
	}
	for _, file := range policyFiles(t) {
		if strings.HasPrefix(file, "management-") {
			statements = append(statements, allowed(t, file)...)
		}
	}
	return statements
}

// kindOf is the service and the kind of a managed resource, such as ec2/VPC.
func kindOf(resource map[string]any) string {
	service, _, _ := strings.Cut(str(resource, "apiVersion"), ".")
	return service + "/" + str(resource, "kind")
}

// TestProvisionerMayMakeEveryKind walks through the kinds that compositions make.
func TestProvisionerMayMakeEveryKind(t *testing.T) {
	may := map[string]bool{}
	for _, s := range provisioner(t) {
		for _, action := range s.Action {
			may[action] = true
		}
	}
	seen := map[string]bool{}
	for _, resource := range managed(t, everything(t)) {
		seen[kindOf(resource)] = true
	}
	needed := actions()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(needed))); diff != "" {
		t.Errorf("kinds, -that compositions make +whose actions are listed here:\n%s", diff)
	}
	for _, kind := range slices.Sorted(maps.Keys(needed)) {
		for action := range strings.FieldsSeq(needed[kind]) {
			if !strings.Contains(action, ":") {
				action = "ec2:" + action
			}
			if !may[action] {
				t.Errorf("%s needs %s, which no policy of crossplane-provisioner allows", kind, action)
			}
		}
	}
}

// TestGuardrailsSpareEveryKind: what a kind needs is not denied outright, but for the trail, which changes in the management account alone.
func TestGuardrailsSpareEveryKind(t *testing.T) {
	p, err := readPolicy(read(t, "bootstrap", "iam", "provisioner-guardrails.json"))
	if err != nil {
		t.Fatal(err)
	}
	denials := slices.DeleteFunc(p.Statement, func(s statement) bool { return len(s.Condition) > 0 || !slices.Contains(s.Resource, "*") })
	for kind, needed := range actions() {
		for action := range strings.FieldsSeq(needed) {
			for _, s := range denials {
				if kind != "cloudtrail/Trail" && slices.ContainsFunc(s.Action, func(pattern string) bool { return scp.Matches(pattern, action) }) {
					t.Errorf("%s needs %s, which %s denies", kind, action, s.Sid)
				}
			}
		}
	}
}

// TestComposedNamesAreTheProjects: what has a name of ours is within what crossplane-provisioner may touch, whichever project it belongs to.
func TestComposedNamesAreTheProjects(t *testing.T) {
	arns := map[string]string{ // %s is the name.
		"eks/Cluster":           "arn:aws:eks:REGION:ACCOUNT_ID:cluster/%s",
		"iam/Role":              "arn:aws:iam::ACCOUNT_ID:role/%s",
		"iam/Policy":            "arn:aws:iam::ACCOUNT_ID:policy/%s",
		"kms/Alias":             "arn:aws:kms:REGION:ACCOUNT_ID:alias/%s",
		"ecr/Repository":        "arn:aws:ecr:REGION:ACCOUNT_ID:repository/%s",
		"sqs/Queue":             "arn:aws:sqs:REGION:ACCOUNT_ID:%s",
		"cloudwatchevents/Rule": "arn:aws:events:REGION:ACCOUNT_ID:rule/%s",
		"cloudwatchlogs/Group":  "arn:aws:logs:REGION:ACCOUNT_ID:log-group:%s",
		"cloudfront/Function":   "arn:aws:cloudfront::ACCOUNT_ID:function/%s",
		"s3/Bucket":             "arn:aws:s3:::%s",
		"wafv2/WebACL":          "arn:aws:wafv2:REGION:ACCOUNT_ID:regional/webacl/%s/id",

		"dynamodb/Table":            "arn:aws:dynamodb:REGION:ACCOUNT_ID:table/%s",
		"rds/Cluster":               "arn:aws:rds:REGION:ACCOUNT_ID:cluster:%s",
		"rds/ClusterInstance":       "arn:aws:rds:REGION:ACCOUNT_ID:db:%s",
		"rds/ClusterParameterGroup": "arn:aws:rds:REGION:ACCOUNT_ID:cluster-pg:%s",
		"rds/SubnetGroup":           "arn:aws:rds:REGION:ACCOUNT_ID:subgrp:%s",
		"rds/GlobalCluster":         "arn:aws:rds::ACCOUNT_ID:global-cluster:%s",
		"secretsmanager/Secret":     "arn:aws:secretsmanager:REGION:ACCOUNT_ID:secret:%s-AbCdEf",
		"ssm/Parameter":             "arn:aws:ssm:REGION:ACCOUNT_ID:parameter%s",
		"cloudwatch/MetricAlarm":    "arn:aws:cloudwatch:REGION:ACCOUNT_ID:alarm:%s",
		"cloudtrail/Trail":          "arn:aws:cloudtrail:REGION:ACCOUNT_ID:trail/%s",
		"accessanalyzer/Analyzer":   "arn:aws:access-analyzer:REGION:ACCOUNT_ID:analyzer/%s",
		"budgets/Budget":            "arn:aws:budgets::ACCOUNT_ID:budget/%s",
		"sns/Topic":                 "arn:aws:sns:REGION:ACCOUNT_ID:%s",
	}
	statements := provisioner(t)
	for _, longest := range []string{"", strings.Repeat("e", 30)} {
		e := everything(t)
		if longest != "" {
			e.Name, e.Cluster.Name = longest, e.Project+"-"+strings.Repeat("c", 40-len(e.Project)-1)
		}
		seen := map[string]bool{}
		for _, resource := range managed(t, e) {
			pattern, ok := arns[kindOf(resource)]
			if !ok {
				continue
			}
			seen[kindOf(resource)] = true
			name := str(resource, "metadata", "annotations", "crossplane.io/external-name")
			if name == "" {
				name = str(resource, "spec", "forProvider", "name")
			}
			fill := strings.NewReplacer("ACCOUNT_ID", e.Account, "REGION", str(resource, "spec", "forProvider", "region"))
			if str(resource, "spec", "forProvider", "scope") == "CLOUDFRONT" {
				pattern = strings.Replace(pattern, ":regional/", ":global/", 1)
			}
			if arn := fmt.Sprintf(fill.Replace(pattern), name); name == "" || !covers(statements, e, arn) {
				t.Errorf("no policy of crossplane-provisioner covers %s of %s", arn, str(resource, "metadata", "name"))
			}
		}
		if len(seen) != len(arns) {
			t.Errorf("saw %v, want all of %v", slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(arns)))
		}
	}
}

// TestProvidersOfComposedKindsAreInstalled: Crossplane knows a kind only by the package of its service, and says of one that is missing no more
// than that an informer does not sync.
func TestProvidersOfComposedKindsAreInstalled(t *testing.T) {
	services := config(t).Platform.Versions.Packages.Services
	for _, resource := range managed(t, everything(t)) {
		if service, _, _ := strings.Cut(kindOf(resource), "/"); !slices.Contains(services, service) {
			t.Errorf("%s is of %s, and the platform installs only %v", str(resource, "metadata", "name"), service, services)
		}
	}
}

// TestPackagesOfClaims: what genops demands of the platform's packages for a claim is what the claim is made of.
func TestPackagesOfClaims(t *testing.T) {
	for name, e := range map[string]*schema.Environment{
		"everything": everything(t), "prod": config(t).Environment("prod"), "dev": config(t).Environment("dev"),
		"shared-services": config(t).Environment("shared-services"), "poc": config(t).Environment("poc"),
		"management": config(t).Environment("management"),
	} {
		made := map[string]map[string]bool{}
		for _, resource := range managedOf(t, e) {
			claim := strings.Split(str(resource, "metadata", "name"), ".")[1]
			service, _, _ := strings.Cut(str(resource, "apiVersion"), ".")
			if made[claim] == nil {
				made[claim] = map[string]bool{}
			}
			made[claim][service] = true
		}
		want := map[string][]string{}
		for claim, services := range made {
			want[claim] = slices.Sorted(maps.Keys(services))
		}
		got := map[string][]string{}
		for claim, services := range check.Packages(e) {
			got[claim] = slices.Sorted(slices.Values(services))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-composed +demanded):\n%s", name, diff)
		}
	}
}
