package awsstandin

import (
	"strings"
	"testing"
)

// ask asks a cloud for a managed resource.
func ask(c *cloud, full, name, external, params string) error {
	k := table()[full]
	p := place{"aws", account, region}
	if k.global() {
		p.region = ""
	}
	if external == "" && k.identity == chosen {
		external = name
	}
	all := policies{create: true, update: true, remove: true, lateInitialize: true}
	_, err := c.ensure(want{kind: k, place: p, object: name, uid: "uid-" + name, external: external, may: all, params: parse(params)})
	return err
}

// TestRefusals asks for what AWS refuses.
func TestRefusals(t *testing.T) {
	t.Parallel()
	type asked struct{ kind, name, params string }
	id := func(kind, name string) string {
		return hexID(table()[kind].prefix, account, region, kind, name)
	}
	vpc, subnetA := id(kindVPC, "vpc"), id(kindSubnet, "a")
	before := []asked{
		{kindVPC, "vpc", `{cidrBlock: 10.0.0.0/16}`},
		{kindSubnet, "a", `{vpcId: ` + vpc + `, cidrBlock: 10.0.0.0/24, availabilityZone: eu-west-1a}`},
		{kindSecurityGroup, "group", `{vpcId: ` + vpc + `, name: group}`},
		{groupEC2 + "/SecurityGroupIngressRule", "rule", `{securityGroupId: ` + id(kindSecurityGroup, "group") + `, cidrIpv4: 10.0.0.0/16, ipProtocol: tcp, fromPort: 443, toPort: 443}`},
		{groupEC2 + "/NetworkACL", "acl", `{vpcId: ` + vpc + `}`},
		{groupEC2 + "/NetworkACLRule", "in", `{networkAclId: ` + id(groupEC2+"/NetworkACL", "acl") + `, ruleNumber: 100, egress: false}`},
		{kindRole, "role", `{assumeRolePolicy: '{"Statement": []}'}`},
		{kindRepository, "acme/web", `{imageTagMutability: IMMUTABLE}`},
		{groupECR + "/LifecyclePolicy", "old", `{repository: acme/web, policy: '{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged", "countNumber": 1}}]}'}`},
		{groupEC2 + "/RouteTable", "table", `{vpcId: ` + vpc + `}`},
		{groupEC2 + "/VPCEndpoint", "s3", `{vpcId: ` + vpc + `, vpcEndpointType: Gateway}`},
	}
	cases := map[string]struct {
		ask  asked
		want string // Empty if it is accepted.
	}{
		"unknown VPC":               {asked{kindSubnet, "x", `{vpcId: vpc-0000000000000000f, cidrBlock: 10.0.1.0/24}`}, "InvalidVpcID.NotFound: The vpc ID 'vpc-0000000000000000f' does not exist"},
		"an id that is none":        {asked{kindSubnet, "x", `{vpcId: simulated, cidrBlock: 10.0.1.0/24}`}, "InvalidVpcID.NotFound"},
		"id in another field":       {asked{groupEC2 + "/Tag", "x", `{resourceId: subnet-0000000000000000f, key: a, value: b}`}, "InvalidSubnetID.NotFound"},
		"subnet outside":            {asked{kindSubnet, "x", `{vpcId: ` + vpc + `, cidrBlock: 10.1.0.0/24}`}, "InvalidSubnet.Range"},
		"overlapping subnet":        {asked{kindSubnet, "x", `{vpcId: ` + vpc + `, cidrBlock: 10.0.0.128/25}`}, "InvalidSubnet.Conflict"},
		"another subnet":            {asked{kindSubnet, "x", `{vpcId: ` + vpc + `, cidrBlock: 10.0.1.0/24, availabilityZone: eu-west-1b}`}, ""},
		"zone of another region":    {asked{kindSubnet, "x", `{vpcId: ` + vpc + `, cidrBlock: 10.0.1.0/24, availabilityZone: us-east-1a}`}, "InvalidParameterValue"},
		"range of host bits":        {asked{kindVPC, "x", `{cidrBlock: 10.0.0.1/16}`}, "InvalidVpc.Range"},
		"second range overlaps":     {asked{kindCIDR, "x", `{vpcId: ` + vpc + `, cidrBlock: 10.0.0.0/20}`}, "conflicts with another range"},
		"group of the same name":    {asked{kindSecurityGroup, "x", `{vpcId: ` + vpc + `, name: group}`}, "InvalidGroup.Duplicate"},
		"the same rule":             {asked{groupEC2 + "/SecurityGroupIngressRule", "x", before[3].params}, "InvalidPermission.Duplicate"},
		"rule for the default":      {asked{groupEC2 + "/SecurityGroupEgressRule", "x", `{securityGroupId: ` + defaultGroup(vpc) + `, ipProtocol: "-1", cidrIpv4: 0.0.0.0/0}`}, ""},
		"ACL rule of the same":      {asked{groupEC2 + "/NetworkACLRule", "x", before[5].params}, "NetworkAclEntryAlreadyExists"},
		"ACL rule outwards":         {asked{groupEC2 + "/NetworkACLRule", "x", strings.Replace(before[5].params, "false", "true", 1)}, ""},
		"route to nowhere":          {asked{groupEC2 + "/Route", "x", `{routeTableId: ` + id(groupEC2+"/RouteTable", "table") + `, destinationCidrBlock: 0.0.0.0/0}`}, "a route has one target"},
		"subnet of a gateway":       {asked{groupEC2 + "/VPCEndpointSubnetAssociation", "x", `{vpcEndpointId: ` + id(groupEC2+"/VPCEndpoint", "s3") + `, subnetId: ` + subnetA + `}`}, "InvalidParameter: Endpoint type"},
		"role of the same name":     {asked{kindRole, "role", `{}`}, ""},
		"policy that is no JSON":    {asked{kindPolicy, "x", `{policy: "{"}`}, "MalformedPolicyDocument"},
		"policy with no statement":  {asked{kindPolicy, "x", `{policy: "{}"}`}, "there is no statement"},
		"policy of no role":         {asked{groupIAM + "/RolePolicy", "x", `{role: nobody, policy: '{"Statement": []}'}`}, "NoSuchEntity: The role with name nobody"},
		"attachment":                {asked{groupIAM + "/RolePolicyAttachment", "x", `{role: role, policyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess"}`}, ""},
		"attachment of no policy":   {asked{groupIAM + "/RolePolicyAttachment", "x", `{role: role, policyArn: "arn:aws:iam::111122223333:policy/none"}`}, "NoSuchEntity: Policy"},
		"role of another account":   {asked{groupEC2 + "/FlowLog", "x", `{vpcId: ` + vpc + `, iamRoleArn: "arn:aws:iam::999999999999:role/role"}`}, "is of another account"},
		"name that is too long":     {asked{kindRole, strings.Repeat("x", 65), `{}`}, "ValidationError"},
		"add-on of no cluster":      {asked{kindAddon, "x", `{clusterName: prod, addonName: coredns}`}, "ResourceNotFoundException: No cluster found"},
		"cluster in one zone":       {asked{kindCluster, "x", `{vpcConfig: {subnetIds: [` + subnetA + `]}}`}, "at least two different AZs"},
		"target of no rule":         {asked{groupEvents + "/Target", "x", `{rule: none, targetId: a}`}, "Rule none does not exist"},
		"alias of no key":           {asked{groupKMS + "/Alias", "x", `{targetKeyId: none}`}, "NotFoundException"},
		"policy of no queue":        {asked{groupSQS + "/QueuePolicy", "x", `{queueUrl: "https://none"}`}, "NonExistentQueue"},
		"repository in capitals":    {asked{kindRepository, "acme/Web", `{imageTagMutability: IMMUTABLE}`}, "Invalid parameter at 'repositoryName'"},
		"two dashes in a row":       {asked{kindRepository, "acme--x/web", `{imageTagMutability: IMMUTABLE}`}, "Invalid parameter at 'repositoryName'"},
		"key of no repository":      {asked{kindRepository, "acme/api", `{imageTagMutability: IMMUTABLE, encryptionConfiguration: [{kmsKey: "arn:aws:kms:eu-west-1:111122223333:key/none"}]}`}, "NotFoundException"},
		"exclusions of none":        {asked{kindRepository, "acme/api", `{imageTagMutability: IMMUTABLE_WITH_EXCLUSION}`}, "exclusion filters"},
		"another lifecycle":         {asked{groupECR + "/LifecyclePolicy", "new", `{repository: acme/web, policy: '{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged", "countNumber": 2}}]}'}`}, ""},
		"lifecycle of nothing":      {asked{groupECR + "/LifecyclePolicy", "x", `{repository: acme/none, policy: "{}"}`}, "RepositoryNotFoundException"},
		"lifecycle that keeps none": {asked{groupECR + "/LifecyclePolicy", "x", `{repository: acme/web, policy: '{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "tagged", "tagPatternList": ["*"], "countNumber": 0}}]}'}`}, "validation failure: rule 1"},
		"lifecycle without rules":   {asked{groupECR + "/LifecyclePolicy", "x", `{repository: acme/web, policy: "{}"}`}, "there is no rule"},
		"policy with a resource":    {asked{groupECR + "/RepositoryPolicy", "x", `{repository: acme/web, policy: '{"Statement": [{"Principal": "*", "Resource": "*"}]}'}`}, "no resource"},
		"continuous and basic":      {asked{groupECR + "/RegistryScanningConfiguration", "x", `{scanType: BASIC, rule: [{scanFrequency: CONTINUOUS_SCAN}]}`}, "CONTINUOUS_SCAN"},
		"Inspector of another":      {asked{groupInspector + "/Enabler", "x", `{accountIds: ["999999999999"], resourceTypes: [ECR]}`}, "delegated administrator"},
		"issuer without encryption": {asked{groupIAM + "/OpenIDConnectProvider", "x", `{url: "http://x"}`}, "InvalidInput"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud()
			for _, a := range before {
				if err := ask(c, a.kind, a.name, "", a.params); err != nil {
					t.Fatalf("%s: %v", a.name, err)
				}
			}
			err := ask(c, tc.ask.kind, tc.ask.name, "", tc.ask.params)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

// TestClusterRefusals asks for what EKS refuses in a cluster.
func TestClusterRefusals(t *testing.T) {
	t.Parallel()
	c := newCloud()
	subnets := make([]string, 0, 2)
	for _, zone := range []string{"a", "b"} {
		r := &resource{kind: table()[kindSubnet], place: place{"aws", account, region}, identity: hexID("subnet-", zone), params: fields{"availabilityZone": region + zone}}
		c.add(r)
		subnets = append(subnets, r.identity)
	}
	in := strings.Join(subnets, ", ")
	role := func(name string) string { return "arn:aws:iam::" + account + ":role/" + name }
	if err := ask(c, kindRole, "nodes", "", `{}`); err != nil {
		t.Fatal(err)
	}
	if err := ask(c, kindCluster, "prod", "", `{version: "1.34", vpcConfig: {subnetIds: [`+in+`]}}`); err != nil {
		t.Fatal(err)
	}
	steps := []struct{ kind, name, params, want string }{
		{kindAddon, "early", `{clusterName: prod, addonName: coredns}`, "not in ACTIVE status"},
		{kindAddon, "addon", `{clusterName: prod, addonName: coredns}`, ""},
		{kindAddon, "again", `{clusterName: prod, addonName: coredns}`, "ResourceInUseException"},
		{kindAccessEntry, "entry", `{clusterName: prod, principalArn: "` + role("admin") + `"}`, ""},
		{kindAccessEntry, "again", `{clusterName: prod, principalArn: "` + role("admin") + `"}`, "ResourceInUseException"},
		{groupEKS + "/AccessPolicyAssociation", "policy", `{clusterName: prod, principalArn: "` + role("other") + `"}`, "ResourceNotFoundException"},
		{groupEKS + "/PodIdentityAssociation", "pods", `{clusterName: prod, namespace: a, serviceAccount: b, roleArn: "` + role("nodes") + `"}`, ""},
		{groupEKS + "/PodIdentityAssociation", "again", `{clusterName: prod, namespace: a, serviceAccount: b, roleArn: "` + role("nodes") + `"}`, "ResourceInUseException"},
		{kindNodeGroup, "new", `{clusterName: prod, version: "1.35", nodeRoleArn: "` + role("nodes") + `", scalingConfig: {minSize: 1, maxSize: 2}}`, "is newer"},
		{kindNodeGroup, "template", `{clusterName: prod, launchTemplate: {name: none}}`, "Launch template none does not exist"},
		{kindNodeGroup, "size", `{clusterName: prod, scalingConfig: {minSize: 2, maxSize: 4, desiredSize: 1}}`, "desired capacity"},
		{kindNodeGroup, "group", `{clusterName: prod, version: "1.34", nodeRoleArn: "` + role("nodes") + `", scalingConfig: {minSize: 1, maxSize: 2}}`, ""},
		{kindAccessEntry, "nodes", `{clusterName: prod, principalArn: "` + role("nodes") + `"}`, "ResourceInUseException"},
	}
	for _, step := range steps {
		err := ask(c, step.kind, step.name, "", step.params)
		if step.want == "" && err != nil || step.want != "" && (err == nil || !strings.Contains(err.Error(), step.want)) {
			t.Errorf("%s %s: got %v, want %q", step.kind, step.name, err, step.want)
		}
		if step.name == "early" {
			c.started(ClusterRequest{Name: "prod", Account: account, Region: region}, ClusterAddress{Endpoint: "https://x"}, nil)
		}
	}
	if _, err := c.forget(key{kindCluster, "prod"}, true); err == nil || !strings.Contains(err.Error(), "ResourceInUseException") {
		t.Errorf("deleted with node groups: %v", err)
	}
}

// TestInitProvider holds that what counts only at creation is left alone afterwards.
func TestInitProvider(t *testing.T) {
	t.Parallel()
	has := fields{"scalingConfig": fields{"minSize": int64(1), "desiredSize": int64(2)}, "x": "y"}
	got := kept(fields{"scalingConfig": fields{"desiredSize": int64(1)}}, fields{"scalingConfig": fields{"minSize": int64(1)}}, has)
	if want := (fields{"scalingConfig": fields{"desiredSize": int64(2)}}); !same(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
