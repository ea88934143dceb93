package awsstandin

import "slices"

// identity is how a kind is identified in AWS, and so what its external-name is (provider configuration: external names).
type identity int

const (
	given    identity = iota // AWS gives an id.
	chosen                   // The name is chosen and stands in the external-name.
	computed                 // It follows from fields.
)

// kind is one kind of managed resource that the stand-in serves.
type kind struct {
	group, version, name string
	identity             identity
	// prefix starts the ids that AWS gives.
	prefix string
	// service and resource are parts of the ARN: the resource comes before the id. Without a service there is none.
	service, resource string
	// longest is how many characters a chosen name may have; zero means any.
	longest int
}

// full is the kind with its group.
func (k kind) full() string { return k.group + "/" + k.name }

// global kinds have no region.
func (k kind) global() bool { return k.service == serviceIAM || worldwide(k.group) }

const (
	groupEC2    = "ec2.aws.upbound.io"
	groupEKS    = "eks.aws.upbound.io"
	groupIAM    = "iam.aws.upbound.io"
	groupKMS    = "kms.aws.upbound.io"
	groupSQS    = "sqs.aws.upbound.io"
	groupEvents = "cloudwatchevents.aws.upbound.io"
	groupLogs   = "cloudwatchlogs.aws.upbound.io"
	groupECR    = "ecr.aws.upbound.io"
	// groupInspector has no ARNs.
	groupInspector = "inspector2.aws.upbound.io"
	groupRDS       = "rds.aws.upbound.io"
	groupSecret    = "secretsmanager.aws.upbound.io"
	groupSSM       = "ssm.aws.upbound.io"
	groupAlarms    = "cloudwatch.aws.upbound.io"
	groupDynamoDB  = "dynamodb.aws.upbound.io"
)

const (
	serviceEC2 = "ec2"
	serviceEKS = "eks"
	serviceIAM = "iam"
	serviceKMS = "kms"
	serviceECR = "ecr"
)

const (
	v1beta1 = "v1beta1"
	v1beta2 = "v1beta2"
)

// Kinds that the checks ask for.
const (
	kindVPC            = groupEC2 + "/VPC"
	kindCIDR           = groupEC2 + "/VPCIPv4CidrBlockAssociation"
	kindSubnet         = groupEC2 + "/Subnet"
	kindEIP            = groupEC2 + "/EIP"
	kindSecurityGroup  = groupEC2 + "/SecurityGroup"
	kindDefaultGroup   = groupEC2 + "/DefaultSecurityGroup"
	kindLaunchTemplate = groupEC2 + "/LaunchTemplate"
	kindNATGateway     = groupEC2 + "/NATGateway"
	kindCluster        = groupEKS + "/Cluster"
	kindNodeGroup      = groupEKS + "/NodeGroup"
	kindAddon          = groupEKS + "/Addon"
	kindAccessEntry    = groupEKS + "/AccessEntry"
	kindRole           = groupIAM + "/Role"
	kindPolicy         = groupIAM + "/Policy"
	kindKey            = groupKMS + "/Key"
	kindQueue          = groupSQS + "/Queue"
	kindRepository     = groupECR + "/Repository"
	kindDatabase       = groupRDS + "/Cluster"
	kindGlobal         = groupRDS + "/GlobalCluster"
	kindTable          = groupDynamoDB + "/Table"
	kindSecret         = groupSecret + "/Secret"
	kindProviderConfig = "aws.upbound.io/ProviderConfig"
)

// ec2 is a kind of EC2 whose ids start with a prefix.
func ec2(name, prefix, resource string) kind {
	k := kind{group: groupEC2, version: v1beta1, name: name, prefix: prefix, resource: resource + "/"}
	if resource != "" {
		k.service = serviceEC2
	}
	return k
}

func (k kind) newer() kind              { k.version = v1beta2; return k }
func (k kind) by(id identity) kind      { k.identity = id; return k }
func (k kind) limited(longest int) kind { k.longest = longest; return k }

// plain is a kind of another service.
func plain(group, name, service, resource string, id identity) kind {
	return kind{group: group, version: v1beta1, name: name, identity: id, service: service, resource: resource}
}

// table is the table of kinds, by group and name. Versions are those that the compositions make.
func table() map[string]kind {
	all := map[string]kind{}
	for _, k := range []kind{
		ec2("VPC", "vpc-", "vpc"),
		ec2("VPCIPv4CidrBlockAssociation", "vpc-cidr-assoc-", ""),
		ec2("Subnet", "subnet-", "subnet"),
		ec2("InternetGateway", "igw-", "internet-gateway"),
		ec2("EIP", "eipalloc-", "elastic-ip"),
		ec2("NATGateway", "nat-", ""),
		ec2("RouteTable", "rtb-", "route-table"),
		ec2("Route", "", "").newer().by(computed),
		ec2("RouteTableAssociation", "rtbassoc-", ""),
		ec2("VPCEndpoint", "vpce-", "vpc-endpoint").newer(),
		ec2("VPCEndpointSubnetAssociation", "", "").by(computed),
		ec2("VPCEndpointSecurityGroupAssociation", "a-vpce-", ""),
		ec2("VPCEndpointRouteTableAssociation", "", "").by(computed),
		ec2("FlowLog", "fl-", "vpc-flow-log").newer(),
		ec2("NetworkACL", "acl-", "network-acl"),
		ec2("NetworkACLRule", "nacl-", ""),
		ec2("SecurityGroup", "sg-", "security-group"),
		ec2("DefaultSecurityGroup", "sg-", "security-group"),
		ec2("SecurityGroupIngressRule", "sgr-", "security-group-rule"),
		ec2("SecurityGroupEgressRule", "sgr-", "security-group-rule"),
		ec2("LaunchTemplate", "lt-", "launch-template").newer(),
		ec2("Tag", "", "").by(computed),

		plain(groupEKS, "Cluster", serviceEKS, "cluster/", chosen).newer().limited(100),
		plain(groupEKS, "NodeGroup", serviceEKS, "nodegroup/", chosen).newer().limited(63),
		plain(groupEKS, "Addon", serviceEKS, "addon/", computed),
		plain(groupEKS, "AccessEntry", "", "", computed),
		plain(groupEKS, "AccessPolicyAssociation", "", "", computed),
		plain(groupEKS, "PodIdentityAssociation", "", "", given),

		plain(groupIAM, "Role", serviceIAM, "role", chosen).limited(64),
		plain(groupIAM, "Policy", serviceIAM, "policy", chosen).limited(128),
		plain(groupIAM, "RolePolicy", serviceIAM, "", chosen).limited(128),
		plain(groupIAM, "RolePolicyAttachment", serviceIAM, "", given),
		plain(groupIAM, "OpenIDConnectProvider", serviceIAM, "oidc-provider/", given),

		plain(groupKMS, "Key", serviceKMS, "key/", given),
		plain(groupKMS, "Alias", serviceKMS, "", chosen).limited(250),
		plain(groupSQS, "Queue", "sqs", "", given),
		plain(groupSQS, "QueuePolicy", "", "", given),
		plain(groupEvents, "Rule", "events", "rule/", chosen).limited(64),
		plain(groupEvents, "Target", "", "", computed).newer(),
		plain(groupLogs, "Group", "logs", "log-group:", chosen).limited(512),

		plain(groupECR, "Repository", serviceECR, "repository/", chosen).newer().limited(256),
		plain(groupECR, "LifecyclePolicy", "", "", given),
		plain(groupECR, "RepositoryPolicy", "", "", given),
		plain(groupECR, "RegistryScanningConfiguration", "", "", given),
		plain(groupInspector, "Enabler", "", "", given),

		plain(groupRDS, "Cluster", "rds", "cluster:", chosen).newer().limited(63),
		plain(groupRDS, "ClusterInstance", "rds", "db:", chosen).limited(63),
		plain(groupRDS, "ClusterParameterGroup", "rds", "cluster-pg:", chosen).limited(255),
		plain(groupRDS, "GlobalCluster", "rds", "global-cluster:", chosen).limited(63),
		plain(groupRDS, "SubnetGroup", "rds", "subgrp:", chosen).limited(255),
		plain(groupSecret, "Secret", "secretsmanager", "secret:", given),
		plain(groupSecret, "SecretVersion", "", "", given),
		plain(groupSSM, "Parameter", "ssm", "parameter", chosen).limited(1011),
		plain(groupAlarms, "MetricAlarm", "cloudwatch", "alarm:", chosen).newer().limited(255),
		plain(groupDynamoDB, "Table", "dynamodb", "table/", chosen).newer().limited(255),
	} {
		all[k.full()] = k
	}
	for _, k := range slices.Concat(edgeKinds(), organizationKinds(), baselineKinds(), observabilityKinds()) {
		all[k.full()] = k
	}
	return all
}
