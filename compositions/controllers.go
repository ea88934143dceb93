package compositions

import "github.com/innovate-inc/genops/schema"

// loadBalancerController gives the AWS Load Balancer Controller its rights.
func (c *cluster) loadBalancerController() {
	c.controller("aws-load-balancer-controller", "kube-system",
		policyPart{"discovery", newDocument(balancerDiscovery(c.meta)...)},
		policyPart{"security-groups", newDocument(balancerGroups(c.meta, c.spec.Name)...)},
		policyPart{"load-balancers", newDocument(balancers(c.meta, c.spec.Name)...)},
	)
}

// externalSecrets lets External Secrets read the environment's own secrets.
func (c *cluster) externalSecrets() {
	parts := []policyPart{{"read", newDocument(statement{
		Sid: "ReadSecrets", Effect: allow,
		Action: []string{
			"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds",
		},
		Resource: []string{arn(c.meta, "secretsmanager", "secret:"+prefix(c.meta)+"/*")},
		Wildcard: "Services bring secrets of their own, and AWS adds characters to each name. Only names that start with the environment's.",
	})}}
	if c.spec.DatabaseARN != "" {
		parts = append(parts, policyPart{"database", newDocument(databaseAccess(c.meta, c.spec.DatabaseARN)...)})
	}
	c.controller("external-secrets", "external-secrets", parts...)
}

// tagBalancer is the tag that the controller gives to what it makes.
const tagBalancer = "elbv2.k8s.aws/cluster"

// balancerDiscovery is what the controller reads, and the services that an Ingress may attach to a load balancer (AWS Load Balancer Controller
// 3.5: IAM policy).
func balancerDiscovery(meta schema.ClaimMeta) []statement {
	region := conditions{"StringEquals": {"aws:RequestedRegion": meta.Region}}
	return []statement{
		{
			Sid: "ServiceLinkedRole", Effect: allow, Action: []string{"iam:CreateServiceLinkedRole"},
			Resource:  []string{iamARN(meta, "role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing")},
			Condition: conditions{"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
		},
		{
			Sid: "ReadNetwork", Effect: allow,
			Action: []string{
				"ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones", "ec2:DescribeCoipPools",
				"ec2:DescribeInstances", "ec2:DescribeInternetGateways", "ec2:DescribeIpamPools", "ec2:DescribeNetworkInterfaces",
				"ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeTags", "ec2:DescribeVpcPeeringConnections",
				"ec2:DescribeVpcs", "ec2:GetCoipPoolUsage", "ec2:GetSecurityGroupsForVpc",
			},
			Resource: []string{"*"}, Condition: region, Wildcard: "EC2's describe actions know no resources. Limited to the region.",
		},
		{
			Sid: "ReadLoadBalancers", Effect: allow,
			Action: []string{
				"elasticloadbalancing:DescribeCapacityReservation", "elasticloadbalancing:DescribeListenerAttributes",
				"elasticloadbalancing:DescribeListenerCertificates", "elasticloadbalancing:DescribeListeners",
				"elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeLoadBalancers",
				"elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeSSLPolicies", "elasticloadbalancing:DescribeTags",
				"elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroups",
				"elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTrustStores",
			},
			Resource: []string{"*"}, Condition: region, Wildcard: "The describe actions of load balancers know no resources. Limited to the region.",
		},
		{
			Sid: "Certificates", Effect: allow, Action: []string{"acm:DescribeCertificate", "acm:ListCertificates"},
			Resource: []string{"*"}, Condition: region, Wildcard: "The controller finds the certificate of a host name itself. Read only, limited to the region.",
		},
		{
			Sid: "FindWebACLs", Effect: allow, Action: []string{"wafv2:ListWebACLs"}, Resource: []string{"*"}, Condition: region,
			Wildcard: "An Ingress names a web ACL, and the list of all knows no resources. Names and ids, limited to the region.",
		},
		{
			Sid: "WebACLs", Effect: allow,
			Action:   []string{"wafv2:AssociateWebACL", "wafv2:DisassociateWebACL", "wafv2:GetWebACL", "wafv2:GetWebACLForResource"},
			Resource: []string{arn(meta, "wafv2", "regional/webacl/*"), arn(meta, "elasticloadbalancing", "loadbalancer/app/*")},
			Wildcard: idsOfAWS + "Web ACLs of the account and region, and the load balancers that they protect.",
		},
	}
}

// balancerGroups lets the controller make security groups for load balancers, and open those of nodes to them.
func balancerGroups(meta schema.ClaimMeta, cluster string) []statement {
	groups := []string{arn(meta, "ec2", "security-group/*")}
	tagged := conditions{"StringEquals": {resourceTag + tagBalancer: cluster}}
	return []statement{
		{
			Sid: "OpenNodes", Effect: allow, Action: []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"},
			Resource: groups, Condition: conditions{"StringEquals": {resourceTag + tagOwned(cluster): "owned"}},
			Wildcard: "EKS chooses the id of the nodes' group. Only the group that EKS made for the cluster.",
		},
		{
			Sid: "CreateGroups", Effect: allow, Action: []string{"ec2:CreateSecurityGroup"},
			Resource: append([]string{arn(meta, "ec2", "vpc/*")}, groups...), Wildcard: idsOfAWS + "Groups in the account's networks of the region.",
		},
		{
			Sid: "TagNewGroups", Effect: allow, Action: []string{"ec2:CreateTags"}, Resource: groups,
			Condition: conditions{"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup", requestTag + tagBalancer: cluster}},
			Wildcard:  idsOfAWS + "Only while a group is made, and only with the tag of this cluster.",
		},
		{
			Sid: "TagOwnGroups", Effect: allow, Action: []string{"ec2:CreateTags", "ec2:DeleteTags"}, Resource: groups,
			Condition: conditions{"StringEquals": tagged["StringEquals"], "Null": {requestTag + tagBalancer: "true"}},
			Wildcard:  idsOfAWS + "Only groups with the tag of this cluster, which stays.",
		},
		{
			Sid: "ChangeOwnGroups", Effect: allow,
			Action:   []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroupIngress"},
			Resource: groups, Condition: tagged, Wildcard: idsOfAWS + "Only groups with the tag of this cluster.",
		},
	}
}

// balancers lets the controller make and change load balancers, listeners, rules and target groups. What others made it cannot touch, as far as
// AWS knows tags for the action.
func balancers(meta schema.ClaimMeta, cluster string) []statement {
	elb := func(kinds ...string) []string {
		arns := make([]string, 0, len(kinds))
		for _, kind := range kinds {
			arns = append(arns, arn(meta, "elasticloadbalancing", kind))
		}
		return arns
	}
	whole := elb("loadbalancer/app/*/*", "loadbalancer/net/*/*", "targetgroup/*/*")
	inner := elb("listener/app/*/*/*", "listener/net/*/*/*", "listener-rule/app/*/*/*/*", "listener-rule/net/*/*/*/*")
	own := conditions{"StringEquals": {resourceTag + tagBalancer: cluster}}
	return []statement{
		{
			Sid: "Create", Effect: allow, Action: []string{"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"},
			Resource: whole, Condition: conditions{"StringEquals": {requestTag + tagBalancer: cluster}},
			Wildcard: idsOfAWS + "Only if the request gives it the tag of this cluster.",
		},
		{
			Sid: "TagNew", Effect: allow, Action: []string{"elasticloadbalancing:AddTags"}, Resource: whole,
			Condition: conditions{"StringEquals": {
				"elasticloadbalancing:CreateAction": []string{"CreateTargetGroup", "CreateLoadBalancer"}, requestTag + tagBalancer: cluster,
			}},
			Wildcard: idsOfAWS + "Only while it is made, and only with the tag of this cluster.",
		},
		{
			Sid: "TagOwn", Effect: allow, Action: []string{"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"}, Resource: whole,
			Condition: conditions{"StringEquals": own["StringEquals"], "Null": {requestTag + tagBalancer: "true"}},
			Wildcard:  idsOfAWS + "Only what has the tag of this cluster, which stays.",
		},
		{
			Sid: "ChangeOwn", Effect: allow,
			Action: []string{
				"elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:DeleteTargetGroup", "elasticloadbalancing:ModifyCapacityReservation",
				"elasticloadbalancing:ModifyIpPools", "elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:ModifyTargetGroup",
				"elasticloadbalancing:ModifyTargetGroupAttributes", "elasticloadbalancing:SetIpAddressType", "elasticloadbalancing:SetSecurityGroups",
				"elasticloadbalancing:SetSubnets", "elasticloadbalancing:SetWebAcl",
			},
			Resource: whole, Condition: own, Wildcard: idsOfAWS + "Only what has the tag of this cluster.",
		},
		{
			Sid: "Targets", Effect: allow, Action: []string{"elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"},
			Resource: elb("targetgroup/*/*"), Condition: own, Wildcard: idsOfAWS + "Only target groups with the tag of this cluster.",
		},
		{
			Sid: "Listeners", Effect: allow,
			Action: []string{
				"elasticloadbalancing:AddListenerCertificates", "elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateRule",
				"elasticloadbalancing:DeleteListener", "elasticloadbalancing:DeleteRule", "elasticloadbalancing:ModifyListener",
				"elasticloadbalancing:ModifyListenerAttributes", "elasticloadbalancing:ModifyRule", "elasticloadbalancing:RemoveListenerCertificates",
				"elasticloadbalancing:SetRulePriorities",
			},
			Resource: append(elb("loadbalancer/app/*/*", "loadbalancer/net/*/*"), inner...),
			Wildcard: "Listeners and rules get their tags only after they are made, so tags cannot limit it. Load balancers of the account and region.",
		},
		{
			Sid: "TagListeners", Effect: allow, Action: []string{"elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"},
			Resource: inner, Wildcard: idsOfAWS + "Listeners and rules of the account and region.",
		},
	}
}
