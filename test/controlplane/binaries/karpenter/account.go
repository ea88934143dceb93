package main

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/karpenter-provider-aws/pkg/fake"
)

// newIdentity is IAM: instance profiles of the module's own fake, for roles of the inventory only.
func newIdentity(roles []string) *fake.IAMAPI {
	api := fake.NewIAMAPI()
	api.EnableRoleValidation = true
	for _, role := range roles {
		api.Roles[role] = &iamtypes.Role{RoleName: aws.String(role)}
	}
	return api
}

// clusters is EKS with one cluster.
type clusters struct{ cluster eksCluster }

// DescribeCluster is the call of EKS.
func (c clusters) DescribeCluster(_ context.Context, in *eks.DescribeClusterInput, _ ...func(*eks.Options)) (*eks.DescribeClusterOutput, error) {
	if aws.ToString(in.Name) != c.cluster.Name {
		return nil, &ekstypes.ResourceNotFoundException{Message: aws.String("No cluster found for name: " + aws.ToString(in.Name) + ".")}
	}
	return &eks.DescribeClusterOutput{Cluster: &ekstypes.Cluster{
		Name:                    aws.String(c.cluster.Name),
		Version:                 aws.String(c.cluster.Version),
		Endpoint:                aws.String(c.cluster.Endpoint),
		KubernetesNetworkConfig: &ekstypes.KubernetesNetworkConfigResponse{ServiceIpv4Cidr: aws.String(cmp.Or(c.cluster.ServiceCIDR, "172.20.0.0/16"))},
	}}, nil
}

// queue is a queue of SQS to which nothing is ever sent: no instance is interrupted here.
type queue string

// Name returns the name of the queue.
func (q queue) Name() string { return string(q) }

// GetSQSMessages waits for messages as long as SQS does.
func (queue) GetSQSMessages(ctx context.Context) ([]*sqstypes.Message, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(20 * time.Second):
		return nil, nil
	}
}

// SendMessage loses what it gets.
func (queue) SendMessage(context.Context, any) (string, error) { return "", nil }

// DeleteSQSMessage has nothing to delete.
func (queue) DeleteSQSMessage(context.Context, *sqstypes.Message) error { return nil }
