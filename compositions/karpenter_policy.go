package compositions

import "github.com/innovate-inc/genops/schema"

const (
	tagNodePool     = "karpenter.sh/nodepool"
	tagNodeClass    = "karpenter.k8s.aws/ec2nodeclass"
	tagNodeClaim    = "karpenter.sh/nodeclaim"
	tagEKSCluster   = "eks:eks-cluster-name"
	tagRegion       = "topology.kubernetes.io/region"
	resourceTag     = "aws:ResourceTag/"
	requestTag      = "aws:RequestTag/"
	idsOfAWS        = "AWS chooses the ids. "
	onlyOwn         = "Only what carries the tags of the cluster and of a node pool."
	onlyTaggedAsOwn = "Only if the request gives it the tags of the cluster and of a node pool."
)

// karpenterLifecycle lets the controller start, tag and end the cluster's instances.
func karpenterLifecycle(meta schema.ClaimMeta, cluster string) []statement {
	part := schema.Partition(meta.Region)
	ec2 := func(resources ...string) []string {
		arns := make([]string, 0, len(resources))
		for _, resource := range resources {
			arns = append(arns, "arn:"+part+":ec2:"+meta.Region+":"+resource)
		}
		return arns
	}
	own := func(kind string) string { return meta.Account + ":" + kind + "/*" }
	made := ec2(own("fleet"), own("instance"), own("volume"), own("network-interface"), own("launch-template"), own("spot-instances-request"))
	owned := func() conditions {
		return conditions{
			"StringEquals": {resourceTag + tagOwned(cluster): "owned"},
			"StringLike":   {resourceTag + tagNodePool: "*"},
		}
	}
	requested := func() conditions {
		return conditions{
			"StringEquals": {requestTag + tagOwned(cluster): "owned", requestTag + tagEKSCluster: cluster},
			"StringLike":   {requestTag + tagNodePool: "*"},
		}
	}
	creation := requested()
	creation["StringEquals"]["ec2:CreateAction"] = []string{"RunInstances", "CreateFleet", "CreateLaunchTemplate"}
	tagging := owned()
	tagging["StringEqualsIfExists"] = map[string]any{requestTag + tagEKSCluster: cluster}
	tagging["ForAllValues:StringEquals"] = map[string]any{"aws:TagKeys": []string{tagEKSCluster, tagNodeClaim, "Name"}}
	return []statement{
		{
			Sid: "AllowScopedEC2InstanceAccessActions", Effect: allow, Action: []string{"ec2:RunInstances", "ec2:CreateFleet"},
			Resource: ec2(":image/*", ":snapshot/*", own("security-group"), own("subnet"), own("capacity-reservation"), own("placement-group")),
			Wildcard: idsOfAWS + "What an instance is started from and in; it changes none of it.",
		},
		{
			Sid: "AllowScopedEC2LaunchTemplateAccessActions", Effect: allow, Action: []string{"ec2:RunInstances", "ec2:CreateFleet"},
			Resource: ec2(own("launch-template")), Condition: owned(), Wildcard: idsOfAWS + onlyOwn,
		},
		{
			Sid: "AllowScopedEC2InstanceActionsWithTags", Effect: allow,
			Action:   []string{"ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"},
			Resource: made, Condition: requested(), Wildcard: idsOfAWS + onlyTaggedAsOwn,
		},
		{
			Sid: "AllowScopedResourceCreationTagging", Effect: allow, Action: []string{"ec2:CreateTags"},
			Resource: made, Condition: creation, Wildcard: idsOfAWS + onlyTaggedAsOwn,
		},
		{
			Sid: "AllowScopedResourceTagging", Effect: allow, Action: []string{"ec2:CreateTags"},
			Resource: ec2(own("instance")), Condition: tagging, Wildcard: idsOfAWS + onlyOwn,
		},
		{
			Sid: "AllowScopedDeletion", Effect: allow, Action: []string{"ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"},
			Resource: ec2(own("instance"), own("launch-template")), Condition: owned(), Wildcard: idsOfAWS + onlyOwn,
		},
	}
}

// karpenterIAM lets the controller give nodes their role, in instance profiles that it makes itself.
func karpenterIAM(meta schema.ClaimMeta, cluster string) []statement {
	profiles := []string{iamARN(meta, "instance-profile/*")}
	const why = "Karpenter makes the names. "
	own := func(prefixes ...string) conditions {
		equals, like := map[string]any{}, map[string]any{}
		for _, prefix := range prefixes {
			equals[prefix+tagOwned(cluster)] = "owned"
			equals[prefix+tagRegion] = meta.Region
			like[prefix+tagNodeClass] = "*"
		}
		return conditions{"StringEquals": equals, "StringLike": like}
	}
	creation := own(requestTag)
	creation["StringEquals"][requestTag+tagEKSCluster] = cluster
	tagging := own(resourceTag, requestTag)
	tagging["StringEquals"][requestTag+tagEKSCluster] = cluster
	return []statement{
		{
			Sid: "AllowPassingInstanceRole", Effect: allow, Action: []string{"iam:PassRole"},
			Resource:  []string{iamARN(meta, "role/"+NodeRoleName(cluster))},
			Condition: conditions{"StringEquals": {"iam:PassedToService": []string{"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}}},
		},
		{
			Sid: "AllowScopedInstanceProfileCreationActions", Effect: allow, Action: []string{"iam:CreateInstanceProfile"},
			Resource: profiles, Condition: creation, Wildcard: why + "Only if the request gives it the tags of the cluster and of a node class.",
		},
		{
			Sid: "AllowScopedInstanceProfileTagActions", Effect: allow, Action: []string{"iam:TagInstanceProfile"},
			Resource: profiles, Condition: tagging, Wildcard: why + "Only those of the cluster, and only with the same tags.",
		},
		{
			Sid: "AllowScopedInstanceProfileActions", Effect: allow,
			Action:   []string{"iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"},
			Resource: profiles, Condition: own(resourceTag), Wildcard: why + "Only those of the cluster.",
		},
		{
			Sid: "AllowInstanceProfileReadActions", Effect: allow, Action: []string{"iam:GetInstanceProfile"},
			Resource: profiles, Wildcard: why + "Read only.",
		},
		{
			Sid: "AllowUnscopedInstanceProfileListAction", Effect: allow, Action: []string{"iam:ListInstanceProfiles"},
			Resource: []string{"*"}, Wildcard: "Listing knows no resource.",
		},
	}
}

// karpenterDiscovery lets the controller read what there is to choose from.
func karpenterDiscovery(meta schema.ClaimMeta) []statement {
	return []statement{
		{
			Sid: "AllowRegionalReadActions", Effect: allow,
			Action: []string{
				"ec2:DescribeCapacityReservations", "ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeInstanceStatus",
				"ec2:DescribeInstanceTypeOfferings", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplates", "ec2:DescribePlacementGroups",
				"ec2:DescribeSecurityGroups", "ec2:DescribeSpotPriceHistory", "ec2:DescribeSubnets",
			},
			Resource: []string{"*"}, Condition: conditions{"StringEquals": {"aws:RequestedRegion": meta.Region}},
			Wildcard: "EC2's describe actions know no resources. Limited to the region.",
		},
		{
			Sid: "AllowSSMReadActions", Effect: allow, Action: []string{"ssm:GetParameter"},
			Resource: []string{"arn:" + schema.Partition(meta.Region) + ":ssm:" + meta.Region + "::parameter/aws/service/*"},
			Wildcard: "The images that AWS publishes, by family, version and architecture.",
		},
		{
			Sid: "AllowPricingReadActions", Effect: allow, Action: []string{"pricing:GetProducts"},
			Resource: []string{"*"}, Wildcard: "Public prices, which are no resource.",
		},
	}
}
