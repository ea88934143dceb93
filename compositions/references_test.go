package compositions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// referenced are the kinds that fields refer to (provider v2.4.0: generated resolvers), by the kind and the field.
func referenced() map[string]string {
	return map[string]string{
		"DefaultSecurityGroup.vpcIdRef":                          "VPC",
		"ConfigurationRecorder.roleArnRef":                       "Role",
		"DeliveryChannel.s3BucketNameRef":                        "Bucket",
		"EBSDefaultKMSKey.keyArnRef":                             "Key",
		"Trail.cloudWatchLogsRoleArnRef":                         "Role",
		"Trail.s3BucketNameRef":                                  "Bucket",
		"FlowLog.iamRoleArnRef":                                  "Role",
		"FlowLog.logDestinationRef":                              "Group",
		"FlowLog.vpcIdRef":                                       "VPC",
		"InternetGateway.vpcIdRef":                               "VPC",
		"NATGateway.allocationIdRef":                             "EIP",
		"NATGateway.subnetIdRef":                                 "Subnet",
		"NetworkACL.subnetIdRefs":                                "Subnet",
		"NetworkACL.vpcIdRef":                                    "VPC",
		"NetworkACLRule.networkAclIdRef":                         "NetworkACL",
		"Route.gatewayIdRef":                                     "InternetGateway",
		"Route.natGatewayIdRef":                                  "NATGateway",
		"Route.routeTableIdRef":                                  "RouteTable",
		"RouteTable.vpcIdRef":                                    "VPC",
		"RouteTableAssociation.routeTableIdRef":                  "RouteTable",
		"RouteTableAssociation.subnetIdRef":                      "Subnet",
		"SecurityGroup.vpcIdRef":                                 "VPC",
		"SecurityGroupIngressRule.securityGroupIdRef":            "SecurityGroup",
		"Subnet.vpcIdRef":                                        "VPC",
		"VPCEndpoint.vpcIdRef":                                   "VPC",
		"VPCEndpointRouteTableAssociation.routeTableIdRef":       "RouteTable",
		"VPCEndpointRouteTableAssociation.vpcEndpointIdRef":      "VPCEndpoint",
		"VPCEndpointSecurityGroupAssociation.securityGroupIdRef": "SecurityGroup",
		"VPCEndpointSecurityGroupAssociation.vpcEndpointIdRef":   "VPCEndpoint",
		"VPCEndpointSubnetAssociation.subnetIdRef":               "Subnet",
		"VPCEndpointSubnetAssociation.vpcEndpointIdRef":          "VPCEndpoint",
		"VPCIPv4CidrBlockAssociation.vpcIdRef":                   "VPC",
		"AccessEntry.clusterNameRef":                             "Cluster",
		"AccessEntry.principalArnFromRoleRef":                    "Role",
		"AccessPolicyAssociation.clusterNameRef":                 "Cluster",
		"AccessPolicyAssociation.principalArnRef":                "AccessEntry",
		"Addon.clusterNameRef":                                   "Cluster",
		"Cluster.roleArnRef":                                     "Role",
		"Cluster.vpcConfig.securityGroupIdRefs":                  "SecurityGroup",
		"Cluster.vpcConfig.subnetIdRefs":                         "Subnet",
		"NodeGroup.clusterNameRef":                               "Cluster",
		"NodeGroup.nodeRoleArnRef":                               "Role",
		"NodeGroup.subnetIdRefs":                                 "Subnet",
		"PodIdentityAssociation.clusterNameRef":                  "Cluster",
		"PodIdentityAssociation.roleArnRef":                      "Role",
		"RolePolicy.roleRef":                                     "Role",
		"RolePolicyAttachment.policyArnRef":                      "Policy",
		"RolePolicyAttachment.roleRef":                           "Role",
		"Alias.targetKeyIdRef":                                   "Key",
		"QueuePolicy.queueUrlRef":                                "Queue",
		"Target.ruleRef":                                         "Rule",
		"LifecyclePolicy.repositoryRef":                          "Repository",
		"RepositoryPolicy.repositoryRef":                         "Repository",
		"BucketLifecycleConfiguration.bucketRef":                 "Bucket",
		"BucketOwnershipControls.bucketRef":                      "Bucket",
		"BucketPolicy.bucketRef":                                 "Bucket",
		"BucketPublicAccessBlock.bucketRef":                      "Bucket",
		"BucketServerSideEncryptionConfiguration.bucketRef":      "Bucket",
		"BucketVersioning.bucketRef":                             "Bucket",
		"CertificateValidation.certificateArnRef":                "Certificate",
		"Function.codeSecretRef":                                 "Secret",
		"Record.zoneIdRef":                                       "Zone",
		"SecurityGroupEgressRule.securityGroupIdRef":             "SecurityGroup",
		"WebACLLoggingConfiguration.resourceArnRef":              "WebACL",
		"Cluster.dbSubnetGroupNameRef":                           "SubnetGroup",
		"Cluster.kmsKeyIdRef":                                    "Key",
		"Cluster.masterUserSecretKmsKeyIdRef":                    "Key",
		"Cluster.vpcSecurityGroupIdRefs":                         "SecurityGroup",
		"ClusterInstance.clusterIdentifierRef":                   "Cluster",
		"GlobalCluster.sourceDbClusterIdentifierRef":             "Cluster",
		"Group.kmsKeyIdRef":                                      "Key",
		"Secret.kmsKeyIdRef":                                     "Key",
		"SecretVersion.secretIdRef":                              "Secret",
		"SubnetGroup.subnetIdRefs":                               "Subnet",
		"AccountAssignment.permissionSetArnRef":                  "PermissionSet",
		"AccountAssignment.principalIdFromGroupRef":              "Group",
		"DelegatedAdministrator.accountIdRef":                    "Account",
		"ManagedPolicyAttachment.permissionSetArnRef":            "PermissionSet",
		"PermissionSetInlinePolicy.permissionSetArnRef":          "PermissionSet",
		"PolicyAttachment.policyIdRef":                           "Policy",
		"AlertManagerDefinition.workspaceIdRef":                  "Workspace",
		"RoleAssociation.workspaceIdRef":                         "Workspace",
		"RuleGroupNamespace.workspaceIdRef":                      "Workspace",
		"TopicPolicy.arnRef":                                     "Topic",
		"TopicSubscription.topicArnRef":                          "Topic",
		"Workspace.roleArnRef":                                   "Role",
	}
}

// reference is a field that refers to a resource.
type reference struct{ field, name string }

// references inside an object's parameters.
func references(path string, value any) []reference {
	var found []reference
	if list, ok := value.([]any); ok {
		for _, element := range list {
			found = append(found, references(path, element)...)
		}
	}
	fields, _ := value.(map[string]any)
	for name, inner := range fields {
		switch {
		case strings.HasSuffix(name, "SecretRef") && name != "codeSecretRef": // Crossplane makes these Secrets, with passwords.
		case strings.HasSuffix(name, "Ref"):
			found = append(found, reference{path + "." + name, text(inner, "name")})
		case strings.HasSuffix(name, "Refs"):
			for _, target := range names(inner) {
				found = append(found, reference{path + "." + name, target})
			}
		default:
			found = append(found, references(path+"."+name, inner)...)
		}
	}
	return found
}

// judgeReferences says which references of an environment's resources lead nowhere, and which fields were seen.
func judgeReferences(all map[string]map[string]any) (wrong []string, seen map[string]bool) {
	kinds := map[string]string{}
	for _, object := range all {
		kinds[text(object, "metadata", "name")+" "+text(object, "kind")] = text(object, "apiVersion")
	}
	seen = map[string]bool{}
	for key, object := range all {
		for _, r := range references(text(object, "kind"), field(object, "spec", "forProvider")) {
			kind, known := referenced()[r.field]
			seen[r.field] = true
			switch _, there := kinds[r.name+" "+kind]; {
			case !known:
				wrong = append(wrong, fmt.Sprintf("%s: nobody says what %s refers to", key, r.field))
			case !there:
				wrong = append(wrong, fmt.Sprintf("%s: %s names %s, and there is no such %s", key, r.field, r.name, kind))
			}
		}
		for _, side := range []string{"of", "by"} {
			usage, _ := field(object, "spec", side).(map[string]any)
			if object["kind"] != "ClusterUsage" {
				continue
			}
			version, there := kinds[text(usage, "resourceRef", "name")+" "+text(usage, "kind")]
			if !there || version != text(usage, "apiVersion") {
				wrong = append(wrong, fmt.Sprintf("%s: %s is %v, which is not there", key, side, usage))
			}
		}
	}
	slices.Sort(wrong)
	return wrong, seen
}

// TestReferencesLeadSomewhere holds that each reference names a resource of the right kind, of this claim or of another one of the environment.
func TestReferencesLeadSomewhere(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for name, claims := range configurations(t) {
		wrong, fields := judgeReferences(everything(t, claims))
		for _, message := range wrong {
			t.Errorf("%s: %s", name, message)
		}
		for field := range fields {
			seen[field] = true
		}
	}
	for field := range referenced() {
		if !seen[field] {
			t.Errorf("nothing has a %s", field)
		}
	}
}

// TestJudgeReferencesFinds shows the judge above something that is wrong.
func TestJudgeReferencesFinds(t *testing.T) {
	t.Parallel()
	all := everything(t, []claim{network(t), cluster(t)})
	delete(all, "Network/subnet-private-app-eu-west-1b")
	all["Network/route-public-eu-west-1a"] = map[string]any{"kind": "Route", "spec": map[string]any{"forProvider": map[string]any{
		"gatewayIdRef": map[string]any{"name": "app.network.vpc"}, "carrierGatewayIdRef": map[string]any{"name": "a"},
	}}}
	wrong, _ := judgeReferences(all)
	want := []string{
		"Cluster/cluster: Cluster.vpcConfig.subnetIdRefs names app.network.subnet-private-app-eu-west-1b, and there is no such Subnet",
		"Cluster/system-nodes-group-3e74e367: NodeGroup.subnetIdRefs names app.network.subnet-private-app-eu-west-1b, and there is no such Subnet",
		"Cluster/usage-network-subnet-private-app-eu-west-1b-by-cluster: of is map[apiVersion:ec2.aws.upbound.io/v1beta1 kind:Subnet resourceRef:map[name:app.network.subnet-private-app-eu-west-1b]], which is not there",
		"Network/endpoint-ecr-api-eu-west-1b: VPCEndpointSubnetAssociation.subnetIdRef names app.network.subnet-private-app-eu-west-1b, and there is no such Subnet",
		"Network/endpoint-sqs-eu-west-1b: VPCEndpointSubnetAssociation.subnetIdRef names app.network.subnet-private-app-eu-west-1b, and there is no such Subnet",
		"Network/route-public-eu-west-1a: Route.gatewayIdRef names app.network.vpc, and there is no such InternetGateway",
		"Network/route-public-eu-west-1a: nobody says what Route.carrierGatewayIdRef refers to",
		"Network/route-table-association-private-app-eu-west-1b: RouteTableAssociation.subnetIdRef names app.network.subnet-private-app-eu-west-1b, and there is no such Subnet",
		"Network/usage-route-public-eu-west-1a-by-nat-gateway-eu-west-1a: of is map[apiVersion:ec2.aws.upbound.io/v1beta2 kind:Route resourceRef:map[name:app.network.route-public-eu-west-1a]], which is not there",
	}
	if diff := cmp.Diff(want, wrong); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
