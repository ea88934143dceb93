package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// templates are the security groups of launch templates, by the name of the template.
type templates struct {
	mu     sync.Mutex
	groups map[string][]ec2types.GroupIdentifier
}

func (t *templates) remember(name string, data *ec2types.RequestLaunchTemplateData) {
	ids := slices.Clone(data.SecurityGroupIds)
	for _, card := range data.NetworkInterfaces {
		ids = append(ids, card.Groups...)
	}
	slices.Sort(ids)
	var groups []ec2types.GroupIdentifier
	for _, id := range slices.Compact(ids) {
		groups = append(groups, ec2types.GroupIdentifier{GroupId: aws.String(id)})
	}

	t.mu.Lock()
	defer t.mu.Unlock()
	if t.groups == nil {
		t.groups = map[string][]ec2types.GroupIdentifier{}
	}
	t.groups[name] = groups
}

func (t *templates) groupsOf(name string) []ec2types.GroupIdentifier {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.groups[name]
}

// CreateLaunchTemplate is the call of EC2. Instances take their security groups from here: Karpenter compares them to find drift.
func (c *compute) CreateLaunchTemplate(
	ctx context.Context, in *ec2.CreateLaunchTemplateInput, options ...func(*ec2.Options),
) (*ec2.CreateLaunchTemplateOutput, error) {
	out, err := c.EC2API.CreateLaunchTemplate(ctx, in, options...)
	if err == nil {
		c.templates.remember(*in.LaunchTemplateName, in.LaunchTemplateData)
	}
	return out, err
}

// CreateFleet is the call of EC2: it launches the cheapest of everything that is asked for. The module's fake takes the first and gives it a
// name that is no id.
func (c *compute) CreateFleet(_ context.Context, in *ec2.CreateFleetInput, _ ...func(*ec2.Options)) (*ec2.CreateFleetOutput, error) {
	if aws.ToBool(in.DryRun) {
		return nil, &smithy.GenericAPIError{Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set"}
	}
	template, choice, err := cheapest(in.LaunchTemplateConfigs)
	if err != nil {
		return nil, err
	}

	launched := ec2types.CreateFleetInstance{
		InstanceType: choice.InstanceType,
		Lifecycle:    ec2types.InstanceLifecycle(in.TargetCapacitySpecification.DefaultTargetCapacityType),
		LaunchTemplateAndOverrides: &ec2types.LaunchTemplateAndOverridesResponse{Overrides: &ec2types.FleetLaunchTemplateOverrides{
			AvailabilityZone: choice.AvailabilityZone,
			ImageId:          choice.ImageId,
			InstanceType:     choice.InstanceType,
			SubnetId:         choice.SubnetId,
		}},
	}
	// Karpenter asks for several at once where node claims want the same.
	for range aws.ToInt32(in.TargetCapacitySpecification.TotalTargetCapacity) {
		instance := c.newInstance(in, choice, c.templates.groupsOf(template))
		c.Instances.Store(*instance.InstanceId, instance)
		launched.InstanceIds = append(launched.InstanceIds, *instance.InstanceId)
	}
	return &ec2.CreateFleetOutput{FleetId: aws.String("fleet-" + randomHex(16)), Instances: []ec2types.CreateFleetInstance{launched}}, nil
}

// cheapest returns the override with the lowest price, which Karpenter passes as its priority, and the name of its launch template.
func cheapest(configs []ec2types.FleetLaunchTemplateConfigRequest) (string, ec2types.FleetLaunchTemplateOverridesRequest, error) {
	var template string
	var choice *ec2types.FleetLaunchTemplateOverridesRequest
	for _, config := range configs {
		for _, override := range config.Overrides {
			if choice == nil || cheaper(override, *choice) {
				template, choice = aws.ToString(config.LaunchTemplateSpecification.LaunchTemplateName), &override
			}
		}
	}
	if choice == nil {
		return "", ec2types.FleetLaunchTemplateOverridesRequest{}, errors.New("a fleet without overrides launches nothing")
	}
	return template, *choice, nil
}

func cheaper(a, b ec2types.FleetLaunchTemplateOverridesRequest) bool {
	return cmp.Or(
		cmp.Compare(aws.ToFloat64(a.Priority), aws.ToFloat64(b.Priority)),
		cmp.Compare(a.InstanceType, b.InstanceType),
		cmp.Compare(aws.ToString(a.AvailabilityZone), aws.ToString(b.AvailabilityZone)),
	) < 0
}

func (c *compute) newInstance(
	in *ec2.CreateFleetInput, choice ec2types.FleetLaunchTemplateOverridesRequest, groups []ec2types.GroupIdentifier,
) ec2types.Instance {
	id := "i-" + randomHex(17)
	instance := ec2types.Instance{
		InstanceId:     aws.String(id),
		ImageId:        choice.ImageId,
		InstanceType:   choice.InstanceType,
		LaunchTime:     aws.Time(time.Now()),
		Placement:      &ec2types.Placement{AvailabilityZone: choice.AvailabilityZone, AvailabilityZoneId: c.zoneIDOf(choice.AvailabilityZone)},
		PrivateDnsName: aws.String(fmt.Sprintf("%s.%s.compute.internal", id, c.region)),
		SecurityGroups: groups,
		State:          &ec2types.InstanceState{Name: ec2types.InstanceStateNameRunning},
		SubnetId:       choice.SubnetId,
	}
	for _, specification := range in.TagSpecifications {
		if specification.ResourceType == ec2types.ResourceTypeInstance {
			instance.Tags = specification.Tags
		}
	}
	if in.TargetCapacitySpecification.DefaultTargetCapacityType == ec2types.DefaultTargetCapacityTypeSpot {
		instance.InstanceLifecycle = ec2types.InstanceLifecycleTypeSpot
		instance.SpotInstanceRequestId = aws.String("sir-" + randomHex(8))
	}
	return instance
}

func (c *compute) zoneIDOf(zone *string) *string {
	for _, subnet := range c.subnets {
		if aws.ToString(subnet.AvailabilityZone) == aws.ToString(zone) {
			return subnet.AvailabilityZoneId
		}
	}
	return nil
}

func randomHex(digits int) string {
	content := make([]byte, (digits+1)/2)
	_, _ = rand.Read(content) // It never fails.
	return hex.EncodeToString(content)[:digits]
}
