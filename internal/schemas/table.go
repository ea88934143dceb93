package schemas

// ProviderAWSVersion is the version of the AWS provider whose schemas are embedded. What the platform installs is another fact.
const ProviderAWSVersion = "v2.4.0"

// CrossplaneVersion is the version of Crossplane whose schemas are embedded.
const CrossplaneVersion = "v2.3.4"

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

		{Group: "cloudwatchevents.aws.upbound.io", Kind: "Rule"},
		{Group: "cloudwatchevents.aws.upbound.io", Kind: "Target"},

		{Group: "cloudwatchlogs.aws.upbound.io", Kind: "Group"},

		{Group: "ec2.aws.upbound.io", Kind: "DefaultSecurityGroup"},
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

		{Group: "eks.aws.upbound.io", Kind: "AccessEntry"},
		{Group: "eks.aws.upbound.io", Kind: "AccessPolicyAssociation"},
		{Group: "eks.aws.upbound.io", Kind: "Addon"},
		{Group: "eks.aws.upbound.io", Kind: "Cluster"},
		{Group: "eks.aws.upbound.io", Kind: "NodeGroup"},
		{Group: "eks.aws.upbound.io", Kind: "PodIdentityAssociation"},

		{Group: "iam.aws.upbound.io", Kind: "OpenIDConnectProvider"},
		{Group: "iam.aws.upbound.io", Kind: "Policy"},
		{Group: "iam.aws.upbound.io", Kind: "Role"},
		{Group: "iam.aws.upbound.io", Kind: "RolePolicy"},
		{Group: "iam.aws.upbound.io", Kind: "RolePolicyAttachment"},

		{Group: "kms.aws.upbound.io", Kind: "Alias"},
		{Group: "kms.aws.upbound.io", Kind: "Key"},

		{Group: "sqs.aws.upbound.io", Kind: "Queue"},
		{Group: "sqs.aws.upbound.io", Kind: "QueuePolicy"},
	}
}
