package main

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/karpenter-provider-aws/pkg/fake"

	"github.com/innovate-inc/genops/test/controlplane/binaries/karpenter/catalog"
)

// spotShare is what spot capacity costs here, as a share of the price on demand.
const spotShare = 0.4

// compute is EC2. Instances, their tags and launch templates are the module's own fake; what the account has comes from the inventory, and filters
// are applied as EC2 applies them.
type compute struct {
	*fake.EC2API

	region    string
	subnets   []ec2types.Subnet
	groups    []ec2types.SecurityGroup
	images    []ec2types.Image
	types     []ec2types.InstanceTypeInfo
	offerings []ec2types.InstanceTypeOffering
	spot      []ec2types.SpotPrice
	templates templates
}

func newCompute(s *inventory, images []image, types []catalog.Type) *compute {
	c := &compute{EC2API: fake.NewEC2API(), region: s.Region}
	for _, subnet := range s.Subnets {
		c.subnets = append(c.subnets, ec2types.Subnet{
			SubnetId:                aws.String(subnet.ID),
			VpcId:                   aws.String(subnet.VPC),
			AvailabilityZone:        aws.String(subnet.Zone),
			AvailabilityZoneId:      aws.String(subnet.ZoneID),
			AvailableIpAddressCount: aws.Int32(4000),
			Tags:                    ec2Tags(subnet.Tags),
		})
	}
	for _, group := range s.SecurityGroups {
		c.groups = append(c.groups, ec2types.SecurityGroup{
			GroupId:   aws.String(group.ID),
			GroupName: aws.String(group.Name),
			Tags:      ec2Tags(group.Tags),
		})
	}
	for _, image := range images {
		c.images = append(c.images, image.describe())
	}
	for _, t := range types {
		c.types = append(c.types, t.InstanceTypeInfo)
		for _, zone := range s.zones() {
			c.offerings = append(c.offerings, ec2types.InstanceTypeOffering{InstanceType: t.InstanceType, Location: aws.String(zone)})
			c.spot = append(c.spot, ec2types.SpotPrice{
				InstanceType:     t.InstanceType,
				AvailabilityZone: aws.String(zone),
				SpotPrice:        aws.String(strconv.FormatFloat(t.Price*spotShare, 'f', 6, 64)),
				Timestamp:        aws.Time(time.Now()),
			})
		}
	}
	return c
}

// DescribeSubnets is the call of EC2.
func (c *compute) DescribeSubnets(_ context.Context, in *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	subnets, err := selected(c.subnets, in.Filters, func(s ec2types.Subnet) described {
		return described{tags: s.Tags, attributes: map[string]string{"subnet-id": *s.SubnetId, "vpc-id": *s.VpcId, "availability-zone": *s.AvailabilityZone}}
	})
	if err != nil {
		return nil, err
	}
	subnets = slices.DeleteFunc(subnets, func(s ec2types.Subnet) bool {
		return len(in.SubnetIds) > 0 && !slices.Contains(in.SubnetIds, *s.SubnetId)
	})
	return &ec2.DescribeSubnetsOutput{Subnets: subnets}, nil
}

// DescribeSecurityGroups is the call of EC2.
func (c *compute) DescribeSecurityGroups(
	_ context.Context, in *ec2.DescribeSecurityGroupsInput, _ ...func(*ec2.Options),
) (*ec2.DescribeSecurityGroupsOutput, error) {
	groups, err := selected(c.groups, in.Filters, func(g ec2types.SecurityGroup) described {
		return described{tags: g.Tags, attributes: map[string]string{"group-id": *g.GroupId, "group-name": *g.GroupName}}
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeSecurityGroupsOutput{SecurityGroups: groups}, nil
}

// DescribeImages is the call of EC2.
func (c *compute) DescribeImages(_ context.Context, in *ec2.DescribeImagesInput, _ ...func(*ec2.Options)) (*ec2.DescribeImagesOutput, error) {
	images, err := selected(c.images, in.Filters, func(i ec2types.Image) described {
		return described{tags: i.Tags, attributes: map[string]string{"image-id": *i.ImageId, "name": *i.Name, "state": string(i.State)}}
	})
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeImagesOutput{Images: images}, nil
}

// DescribeInstanceTypes is the call of EC2. Karpenter's filters leave out what the catalogue does not have anyway.
func (c *compute) DescribeInstanceTypes(
	context.Context, *ec2.DescribeInstanceTypesInput, ...func(*ec2.Options),
) (*ec2.DescribeInstanceTypesOutput, error) {
	return &ec2.DescribeInstanceTypesOutput{InstanceTypes: c.types}, nil
}

// DescribeInstanceTypeOfferings is the call of EC2: every type is offered in every zone.
func (c *compute) DescribeInstanceTypeOfferings(
	context.Context, *ec2.DescribeInstanceTypeOfferingsInput, ...func(*ec2.Options),
) (*ec2.DescribeInstanceTypeOfferingsOutput, error) {
	return &ec2.DescribeInstanceTypeOfferingsOutput{InstanceTypeOfferings: c.offerings}, nil
}

// DescribeSpotPriceHistory is the call of EC2.
func (c *compute) DescribeSpotPriceHistory(
	context.Context, *ec2.DescribeSpotPriceHistoryInput, ...func(*ec2.Options),
) (*ec2.DescribeSpotPriceHistoryOutput, error) {
	return &ec2.DescribeSpotPriceHistoryOutput{SpotPriceHistory: c.spot}, nil
}
