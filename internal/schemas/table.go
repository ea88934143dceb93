package schemas

// ProviderAWSVersion is the version of the AWS provider whose schemas are embedded. What the platform installs is another fact.
const ProviderAWSVersion = "v2.4.0"

// CrossplaneVersion is the version of Crossplane whose schemas are embedded.
const CrossplaneVersion = "v2.3.4"

// ExternalSecretsVersion is the version of External Secrets whose schemas are embedded. The chart that the platform installs is newer.
const ExternalSecretsVersion = "v0.16.2"

// Module is a Go module that has definitions of custom resources.
type Module struct {
	Path string
	// Version is pinned in tools/schemas/go.mod. Without one, the version of the product's go.mod counts.
	Version string
	// Files is the pattern of the definitions' file names inside the module; GROUP stands for the API group.
	Files string
	Kinds []Wanted
}

// Wanted is a kind that is taken from a module.
type Wanted struct {
	Group string
	Kind  string
	// Versions is empty for the newest version that is served.
	Versions []string
}

// Table says what is in the archive.
func Table() []Module {
	return []Module{
		{Path: "github.com/upbound/provider-aws/v2", Version: ProviderAWSVersion, Files: "package/crds/GROUP_*.yaml", Kinds: aws()},
		{
			Path: "github.com/crossplane/crossplane/v2", Version: CrossplaneVersion, Files: "cluster/crds/GROUP_*.yaml",
			Kinds: []Wanted{
				{Group: "apiextensions.crossplane.io", Kind: "CompositeResourceDefinition", Versions: []string{"v1", "v2"}},
				{Group: "apiextensions.crossplane.io", Kind: "Composition"},
				{Group: "apiextensions.crossplane.io", Kind: "ManagedResourceActivationPolicy"},
				{Group: "pkg.crossplane.io", Kind: "DeploymentRuntimeConfig"},
				{Group: "pkg.crossplane.io", Kind: "Function"},
				{Group: "pkg.crossplane.io", Kind: "ImageConfig"},
				{Group: "pkg.crossplane.io", Kind: "Provider"},
				{Group: "protection.crossplane.io", Kind: "ClusterUsage"},
				{Group: "protection.crossplane.io", Kind: "Usage"},
			},
		},
		{
			Path: "github.com/external-secrets/external-secrets", Version: ExternalSecretsVersion, Files: "config/crds/bases/GROUP_*.yaml",
			Kinds: []Wanted{
				{Group: "external-secrets.io", Kind: "ClusterSecretStore"},
				{Group: "external-secrets.io", Kind: "ExternalSecret"},
			},
		},
		{
			Path: "github.com/argoproj/argo-cd/v2", Files: "manifests/crds/*-crd.yaml",
			Kinds: []Wanted{
				{Group: "argoproj.io", Kind: "AppProject"},
				{Group: "argoproj.io", Kind: "Application"},
				{Group: "argoproj.io", Kind: "ApplicationSet"},
			},
		},
		{
			// It has the kinds of sigs.k8s.io/karpenter as well, with the labels that AWS adds to them.
			Path: "github.com/aws/karpenter-provider-aws", Files: "pkg/apis/crds/GROUP_*.yaml",
			Kinds: []Wanted{
				{Group: "karpenter.k8s.aws", Kind: "EC2NodeClass"},
				{Group: "karpenter.sh", Kind: "NodePool"},
			},
		},
	}
}

// aws are the kinds of managed resources that compositions are made of. Claims compose the cluster-scoped groups.
func aws() []Wanted {
	return []Wanted{
		{Group: "aws.upbound.io", Kind: "ProviderConfig"},

		{Group: "accessanalyzer.aws.upbound.io", Kind: "Analyzer"},

		{Group: "acm.aws.upbound.io", Kind: "Certificate"},
		{Group: "acm.aws.upbound.io", Kind: "CertificateValidation"},

		{Group: "budgets.aws.upbound.io", Kind: "Budget"},

		{Group: "amp.aws.upbound.io", Kind: "AlertManagerDefinition"},
		{Group: "amp.aws.upbound.io", Kind: "RuleGroupNamespace"},
		{Group: "amp.aws.upbound.io", Kind: "Workspace"},

		{Group: "cloudcontrol.aws.upbound.io", Kind: "Resource"},

		{Group: "cloudfront.aws.upbound.io", Kind: "Distribution"},
		{Group: "cloudfront.aws.upbound.io", Kind: "Function"},
		{Group: "cloudfront.aws.upbound.io", Kind: "OriginAccessControl"},
		{Group: "cloudfront.aws.upbound.io", Kind: "ResponseHeadersPolicy"},

		{Group: "cloudtrail.aws.upbound.io", Kind: "Trail"},

		{Group: "cloudwatch.aws.upbound.io", Kind: "MetricAlarm"},

		{Group: "cloudwatchevents.aws.upbound.io", Kind: "Rule"},
		{Group: "cloudwatchevents.aws.upbound.io", Kind: "Target"},

		{Group: "cloudwatchlogs.aws.upbound.io", Kind: "Group"},

		{Group: "dynamodb.aws.upbound.io", Kind: "Table"},

		{Group: "configservice.aws.upbound.io", Kind: "AWSConfigurationRecorderStatus"},
		{Group: "configservice.aws.upbound.io", Kind: "ConfigurationRecorder"},
		{Group: "configservice.aws.upbound.io", Kind: "DeliveryChannel"},

		{Group: "ec2.aws.upbound.io", Kind: "DefaultSecurityGroup"},
		{Group: "ec2.aws.upbound.io", Kind: "EBSDefaultKMSKey"},
		{Group: "ec2.aws.upbound.io", Kind: "EBSEncryptionByDefault"},
		{Group: "ec2.aws.upbound.io", Kind: "EIP"},
		{Group: "ec2.aws.upbound.io", Kind: "FlowLog"},
		{Group: "ec2.aws.upbound.io", Kind: "InternetGateway"},
		{Group: "ec2.aws.upbound.io", Kind: "LaunchTemplate"},
		{Group: "ec2.aws.upbound.io", Kind: "NATGateway"},
		{Group: "ec2.aws.upbound.io", Kind: "NetworkACL"},
		{Group: "ec2.aws.upbound.io", Kind: "NetworkACLRule"},
		{Group: "ec2.aws.upbound.io", Kind: "Route"},
		{Group: "ec2.aws.upbound.io", Kind: "RouteTable"},
		{Group: "ec2.aws.upbound.io", Kind: "RouteTableAssociation"},
		{Group: "ec2.aws.upbound.io", Kind: "SecurityGroup"},
		{Group: "ec2.aws.upbound.io", Kind: "SecurityGroupEgressRule"},
		{Group: "ec2.aws.upbound.io", Kind: "SecurityGroupIngressRule"},
		{Group: "ec2.aws.upbound.io", Kind: "Subnet"},
		{Group: "ec2.aws.upbound.io", Kind: "Tag"},
		{Group: "ec2.aws.upbound.io", Kind: "VPC"},
		{Group: "ec2.aws.upbound.io", Kind: "VPCEndpoint"},
		{Group: "ec2.aws.upbound.io", Kind: "VPCEndpointRouteTableAssociation"},
		{Group: "ec2.aws.upbound.io", Kind: "VPCEndpointSecurityGroupAssociation"},
		{Group: "ec2.aws.upbound.io", Kind: "VPCEndpointSubnetAssociation"},
		{Group: "ec2.aws.upbound.io", Kind: "VPCIPv4CidrBlockAssociation"},

		{Group: "ecr.aws.upbound.io", Kind: "LifecyclePolicy"},
		{Group: "ecr.aws.upbound.io", Kind: "RegistryScanningConfiguration"},
		{Group: "ecr.aws.upbound.io", Kind: "Repository"},
		{Group: "ecr.aws.upbound.io", Kind: "RepositoryPolicy"},

		{Group: "eks.aws.upbound.io", Kind: "AccessEntry"},
		{Group: "eks.aws.upbound.io", Kind: "AccessPolicyAssociation"},
		{Group: "eks.aws.upbound.io", Kind: "Addon"},
		{Group: "eks.aws.upbound.io", Kind: "Cluster"},
		{Group: "eks.aws.upbound.io", Kind: "NodeGroup"},
		{Group: "eks.aws.upbound.io", Kind: "PodIdentityAssociation"},

		{Group: "guardduty.aws.upbound.io", Kind: "Detector"},

		{Group: "iam.aws.upbound.io", Kind: "AccountPasswordPolicy"},
		{Group: "grafana.aws.upbound.io", Kind: "RoleAssociation"},
		{Group: "grafana.aws.upbound.io", Kind: "Workspace"},

		{Group: "iam.aws.upbound.io", Kind: "OpenIDConnectProvider"},
		{Group: "iam.aws.upbound.io", Kind: "Policy"},
		{Group: "iam.aws.upbound.io", Kind: "Role"},
		{Group: "iam.aws.upbound.io", Kind: "RolePolicy"},
		{Group: "iam.aws.upbound.io", Kind: "RolePolicyAttachment"},

		{Group: "identitystore.aws.upbound.io", Kind: "Group"},

		{Group: "inspector2.aws.upbound.io", Kind: "Enabler"},

		{Group: "kms.aws.upbound.io", Kind: "Alias"},
		{Group: "kms.aws.upbound.io", Kind: "Key"},

		{Group: "organizations.aws.upbound.io", Kind: "Account"},
		{Group: "organizations.aws.upbound.io", Kind: "DelegatedAdministrator"},
		{Group: "organizations.aws.upbound.io", Kind: "Organization"},
		{Group: "organizations.aws.upbound.io", Kind: "OrganizationalUnit"},
		{Group: "organizations.aws.upbound.io", Kind: "Policy"},
		{Group: "organizations.aws.upbound.io", Kind: "PolicyAttachment"},

		{Group: "rds.aws.upbound.io", Kind: "Cluster"},
		{Group: "rds.aws.upbound.io", Kind: "ClusterInstance"},
		{Group: "rds.aws.upbound.io", Kind: "ClusterParameterGroup"},
		{Group: "rds.aws.upbound.io", Kind: "GlobalCluster"},
		{Group: "rds.aws.upbound.io", Kind: "SubnetGroup"},

		{Group: "route53.aws.upbound.io", Kind: "Record"},
		{Group: "route53.aws.upbound.io", Kind: "Zone"},

		{Group: "s3.aws.upbound.io", Kind: "Bucket"},
		{Group: "s3.aws.upbound.io", Kind: "BucketLifecycleConfiguration"},
		{Group: "s3.aws.upbound.io", Kind: "BucketOwnershipControls"},
		{Group: "s3.aws.upbound.io", Kind: "BucketPolicy"},
		{Group: "s3.aws.upbound.io", Kind: "BucketPublicAccessBlock"},
		{Group: "s3.aws.upbound.io", Kind: "BucketServerSideEncryptionConfiguration"},
		{Group: "s3.aws.upbound.io", Kind: "BucketVersioning"},

		{Group: "s3control.aws.upbound.io", Kind: "AccountPublicAccessBlock"},

		{Group: "secretsmanager.aws.upbound.io", Kind: "Secret"},
		{Group: "secretsmanager.aws.upbound.io", Kind: "SecretVersion"},

		{Group: "securityhub.aws.upbound.io", Kind: "Account"},
		{Group: "securityhub.aws.upbound.io", Kind: "StandardsSubscription"},

		{Group: "sns.aws.upbound.io", Kind: "Topic"},
		{Group: "sns.aws.upbound.io", Kind: "TopicPolicy"},
		{Group: "sns.aws.upbound.io", Kind: "TopicSubscription"},

		{Group: "sqs.aws.upbound.io", Kind: "Queue"},
		{Group: "sqs.aws.upbound.io", Kind: "QueuePolicy"},

		{Group: "ssm.aws.upbound.io", Kind: "Parameter"},

		{Group: "ssoadmin.aws.upbound.io", Kind: "AccountAssignment"},
		{Group: "ssoadmin.aws.upbound.io", Kind: "ManagedPolicyAttachment"},
		{Group: "ssoadmin.aws.upbound.io", Kind: "PermissionSet"},
		{Group: "ssoadmin.aws.upbound.io", Kind: "PermissionSetInlinePolicy"},

		{Group: "wafv2.aws.upbound.io", Kind: "WebACL"},
		{Group: "wafv2.aws.upbound.io", Kind: "WebACLLoggingConfiguration"},
	}
}
