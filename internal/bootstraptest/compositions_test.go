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
	for _, name := range []string{
		"vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver", "aws-efs-csi-driver", "snapshot-controller", "eks-node-monitoring-agent",
	} {
		e.Cluster.Addons[name] = schema.Addon{Enabled: true}
	}
	e.Cluster.Access = map[string]schema.Access{"admins": {PrincipalARN: "arn:aws:iam::" + e.Account + ":role/Admins", Policy: "ClusterAdmin"}}
	return e
}

// managed are all managed resources of an environment, as its claims are composed.
func managed(t *testing.T, e *schema.Environment) []map[string]any {
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
	if len(resources) < 200 {
		t.Fatalf("%d managed resources prove nothing", len(resources))
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

		"kms/Key":                 "kms:CreateKey kms:DescribeKey kms:EnableKeyRotation kms:GetKeyRotationStatus kms:GetKeyPolicy kms:ListResourceTags kms:TagResource kms:ScheduleKeyDeletion",
		"kms/Alias":               "kms:CreateAlias kms:UpdateAlias kms:DeleteAlias kms:ListAliases",
		"sqs/Queue":               "sqs:CreateQueue sqs:SetQueueAttributes sqs:GetQueueAttributes sqs:DeleteQueue sqs:TagQueue sqs:ListQueueTags",
		"sqs/QueuePolicy":         "sqs:SetQueueAttributes sqs:GetQueueAttributes",
		"cloudwatchevents/Rule":   "events:PutRule events:DescribeRule events:DeleteRule events:TagResource events:ListTagsForResource",
		"cloudwatchevents/Target": "events:PutTargets events:ListTargetsByRule events:RemoveTargets",
		"cloudwatchlogs/Group":    "logs:CreateLogGroup logs:PutRetentionPolicy logs:DescribeLogGroups logs:DeleteLogGroup logs:TagResource logs:ListTagsForResource",
	}
}

// provisioner are all statements that allow crossplane-provisioner something.
func provisioner(t *testing.T) []statement {
	t.Helper()
	var statements []statement
	for _, part := range []string{"read", "network", "eks", "iam", "services"} {
		statements = append(statements, allowed(t, "provisioner-"+part)...)
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

// TestComposedNamesAreTheProjects: what has a name of ours is within what crossplane-provisioner may touch, whichever project it belongs to.
func TestComposedNamesAreTheProjects(t *testing.T) {
	arns := map[string]string{ // %s is the name.
		"eks/Cluster":           "arn:aws:eks:REGION:ACCOUNT_ID:cluster/%s",
		"iam/Role":              "arn:aws:iam::ACCOUNT_ID:role/%s",
		"iam/Policy":            "arn:aws:iam::ACCOUNT_ID:policy/%s",
		"kms/Alias":             "arn:aws:kms:REGION:ACCOUNT_ID:alias/%s",
		"sqs/Queue":             "arn:aws:sqs:REGION:ACCOUNT_ID:%s",
		"cloudwatchevents/Rule": "arn:aws:events:REGION:ACCOUNT_ID:rule/%s",
		"cloudwatchlogs/Group":  "arn:aws:logs:REGION:ACCOUNT_ID:log-group:%s",
	}
	statements := provisioner(t)
	for _, longest := range []string{"", strings.Repeat("e", 30)} {
		e := everything(t)
		if longest != "" {
			e.Name, e.Cluster.Name = longest, e.Project+"-"+strings.Repeat("c", 40-len(e.Project)-1)
		}
		fill := strings.NewReplacer("ACCOUNT_ID", e.Account, "REGION", e.Region)
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
