package awsstandin

import (
	"fmt"
	"strings"
)

// immutable are the fields of a kind that AWS cannot change; the provider refuses to replace a resource.
func immutable(kind string) []string {
	rows := map[string]string{
		"ec2/DefaultSecurityGroup": "vpcId",
		"ec2/EIP":                  "address domain ipamPoolId networkBorderGroup publicIpv4Pool",
		"ec2/FlowLog": "deliverCrossAccountRole destinationOptions eniId iamRoleArn logDestination logDestinationType " +
			"logFormat maxAggregationInterval subnetId trafficType transitGatewayAttachmentId transitGatewayId vpcId",
		"ec2/LaunchTemplate": "name",
		"ec2/NATGateway":     "allocationId availabilityMode connectivityType privateIp subnetId vpcId",
		"ec2/NetworkACL":     "vpcId",
		"ec2/NetworkACLRule": "cidrBlock egress fromPort icmpCode icmpType " +
			"ipv6CidrBlock networkAclId protocol ruleAction ruleNumber toPort",
		"ec2/Route":                    "destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId routeTableId",
		"ec2/RouteTable":               "vpcId",
		"ec2/RouteTableAssociation":    "gatewayId subnetId",
		"ec2/SecurityGroup":            "description name vpcId",
		"ec2/SecurityGroupEgressRule":  "securityGroupId",
		"ec2/SecurityGroupIngressRule": "securityGroupId",
		"ec2/Subnet":                   "availabilityZone availabilityZoneId cidrBlock ipv4IpamPoolId ipv6Native outpostArn vpcId",
		"ec2/Tag":                      "key resourceId",
		"ec2/VPC":                      "cidrBlock ipv4IpamPoolId ipv4NetmaskLength",
		"ec2/VPCEndpoint": "dnsOptions.privateDnsPreference dnsOptions.privateDnsSpecifiedDomains privateDnsEnabled resourceConfigurationArn " +
			"serviceName serviceNetworkArn serviceRegion vpcEndpointType vpcId",
		"ec2/VPCEndpointRouteTableAssociation":    "routeTableId vpcEndpointId",
		"ec2/VPCEndpointSecurityGroupAssociation": "replaceDefaultAssociation securityGroupId vpcEndpointId",
		"ec2/VPCEndpointSubnetAssociation":        "subnetId vpcEndpointId",
		"ec2/VPCIPv4CidrBlockAssociation":         "cidrBlock ipv4IpamPoolId ipv4NetmaskLength vpcId",
		"ecr/LifecyclePolicy":                     "policy repository",
		"dynamodb/Table":                          "hashKey rangeKey",
		"ecr/Repository":                          "encryptionConfiguration",
		"ecr/RepositoryPolicy":                    "repository",
		"eks/AccessEntry":                         "clusterName principalArn type",
		"eks/AccessPolicyAssociation":             "accessScope clusterName policyArn principalArn",
		"eks/Addon":                               "addonName clusterName",
		"eks/Cluster": "accessConfig.bootstrapClusterCreatorAdminPermissions bootstrapSelfManagedAddons " +
			"kubernetesNetworkConfig.ipFamily kubernetesNetworkConfig.serviceIpv4Cidr roleArn",
		"eks/NodeGroup": "amiType capacityType clusterName diskSize instanceTypes " +
			"launchTemplate.id launchTemplate.name nodeRoleArn remoteAccess subnetIds",
		"eks/PodIdentityAssociation": "clusterName namespace serviceAccount",
		"iam/OpenIDConnectProvider":  "url",
		"iam/Policy":                 "description path",
		"iam/Role":                   "path",
		"iam/RolePolicy":             "role",
		"iam/RolePolicyAttachment":   "policyArn role",
		"kms/Key":                    "customKeyStoreId customerMasterKeySpec keyUsage multiRegion xksKeyId",
		"sqs/QueuePolicy":            "queueUrl",

		"identitystore/Group":                  "identityStoreId",
		"organizations/Account":                "email iamUserAccessToBilling",
		"organizations/DelegatedAdministrator": "accountId servicePrincipal",
		"organizations/OrganizationalUnit":     "parentId",
		"organizations/Policy":                 "type",
		"organizations/PolicyAttachment":       "policyId targetId",
		"ssoadmin/AccountAssignment":           "instanceArn permissionSetArn principalId principalType targetId targetType",
		"ssoadmin/ManagedPolicyAttachment":     "instanceArn managedPolicyArn permissionSetArn",
		"ssoadmin/PermissionSet":               "instanceArn name",
		"ssoadmin/PermissionSetInlinePolicy":   "instanceArn permissionSetArn",

		"rds/Cluster": "availabilityZones clusterScalabilityType databaseName dbSubnetGroupName dbSystemId engine engineMode kmsKeyId masterUsername " +
			"snapshotIdentifier sourceRegion storageEncrypted",
		"rds/ClusterInstance":                        "availabilityZone clusterIdentifier customIamInstanceProfile dbSubnetGroupName engine",
		"rds/ClusterParameterGroup":                  "description family",
		"rds/GlobalCluster":                          "databaseName engine sourceDbClusterIdentifier storageEncrypted",
		"secretsmanager/Secret":                      "name",
		"secretsmanager/SecretVersion":               "secretId",
		"amp/AlertManagerDefinition":                 "workspaceId",
		"amp/RuleGroupNamespace":                     "workspaceId",
		"amp/Workspace":                              "kmsKeyArn",
		"cloudcontrol/Resource":                      "typeName",
		"grafana/RoleAssociation":                    "workspaceId",
		"grafana/Workspace":                          "authenticationProviders",
		"sns/TopicPolicy":                            "arn",
		"sns/TopicSubscription":                      "endpoint protocol topicArn",
		"cloudwatchevents/Rule":                      "eventBusName",
		"cloudwatchevents/Target":                    "eventBusName rule targetId",
		"cloudwatchlogs/Group":                       "logGroupClass",
		"acm/Certificate":                            "certificateAuthorityArn domainName keyAlgorithm subjectAlternativeNames validationMethod",
		"acm/CertificateValidation":                  "certificateArn validationRecordFqdns",
		"cloudfront/Distribution":                    "staging",
		"route53/Record":                             "name type zoneId",
		"route53/Zone":                               "delegationSetId name",
		"s3/Bucket":                                  "objectLockEnabled",
		"s3/BucketLifecycleConfiguration":            "bucket expectedBucketOwner",
		"s3/BucketOwnershipControls":                 "bucket",
		"s3/BucketPolicy":                            "bucket",
		"s3/BucketPublicAccessBlock":                 "bucket",
		"s3/BucketServerSideEncryptionConfiguration": "bucket",
		"s3/BucketVersioning":                        "bucket",
		"accessanalyzer/Analyzer":                    "configuration type",
		"budgets/Budget":                             "accountId",
		"securityhub/Account":                        "enableDefaultStandards",
		"securityhub/StandardsSubscription":          "standardsArn",
		"wafv2/WebACL":                               "name scope",
		"wafv2/WebACLLoggingConfiguration":           "logDestinationConfigs resourceArn",
	}
	return strings.Fields(rows[strings.Replace(kind, ".aws.upbound.io/", "/", 1)])
}

// replaces tells whether a change would need another resource. What is not asked for, or was not known before, is no change.
func replaces(k kind, before, after fields) error {
	for _, path := range immutable(k.full()) {
		from, to := at(before, dotted(path)...), at(after, dotted(path)...)
		if from == nil || to == nil || same(from, to) {
			continue
		}
		const message = "refuse to update the external resource because the following update requires replacing it: " +
			"cannot change the value of the argument %q from \"%v\" to \"%v\""
		return fmt.Errorf(message, path, from, to)
	}
	return nil
}
