// Command karpenter runs the controllers of Karpenter for AWS, unmodified, on AWS in memory: what the account has is read from a file. It takes
// the environment variables and flags of Karpenter, and two of its own:
//
//	AWS_STATE       file in JSON that says what the account has, see inventory
//	INSTANCE_TYPES  file kwok/examples/aws_instance_types.json of the module sigs.k8s.io/karpenter
//
// Instances live in memory: they are gone when the process ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	apis "github.com/aws/karpenter-provider-aws/pkg/apis/v1"
	"github.com/aws/karpenter-provider-aws/pkg/cloudprovider"
	"github.com/aws/karpenter-provider-aws/pkg/cloudprovider/registrationhooks"
	"github.com/aws/karpenter-provider-aws/pkg/controllers"
	"github.com/aws/karpenter-provider-aws/pkg/controllers/interruption"
	"github.com/aws/karpenter-provider-aws/pkg/operator"
	"github.com/aws/karpenter-provider-aws/pkg/operator/options"
	"github.com/awslabs/operatorpkg/controller"
	corecloudprovider "sigs.k8s.io/karpenter/pkg/cloudprovider"
	"sigs.k8s.io/karpenter/pkg/cloudprovider/metrics"
	"sigs.k8s.io/karpenter/pkg/cloudprovider/overlay"
	corecontrollers "sigs.k8s.io/karpenter/pkg/controllers"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	coreoperator "sigs.k8s.io/karpenter/pkg/operator"
	coreoptions "sigs.k8s.io/karpenter/pkg/operator/options"

	"github.com/innovate-inc/genops/test/controlplane/binaries/karpenter/catalog"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "karpenter:", err)
		os.Exit(1)
	}
}

func run() error {
	account, err := readAccount()
	if err != nil {
		return err
	}
	// The API server of a test has a version of its own: ask EKS, which knows what the cluster was ordered with.
	if err := os.Setenv("EKS_CONTROL_PLANE", "true"); err != nil {
		return err
	}
	ctx, core := coreoperator.NewOperator()
	if err := checkOptions(options.FromContext(ctx), account.inventory); err != nil {
		return err
	}
	op, err := newOperator(ctx, core, account)
	if err != nil {
		return err
	}
	start(ctx, op, account)
	return nil
}

func readAccount() (account, error) {
	stateFile, typesFile := os.Getenv("AWS_STATE"), os.Getenv("INSTANCE_TYPES")
	if stateFile == "" || typesFile == "" {
		return account{}, errors.New("AWS_STATE and INSTANCE_TYPES must each name a file")
	}
	s, err := readInventory(stateFile)
	if err != nil {
		return account{}, err
	}
	if region := os.Getenv("AWS_REGION"); region != "" && region != s.Region {
		return account{}, fmt.Errorf("AWS_REGION is %s, but the cluster is in %s", region, s.Region)
	}
	types, err := catalog.Read(typesFile, s.Region)
	if err != nil {
		return account{}, err
	}
	return newAccount(s, types)
}

// checkOptions refuses what only AWS would tell is wrong.
func checkOptions(o *options.Options, s inventory) error {
	if o.ClusterName != s.Cluster.Name {
		return fmt.Errorf("the cluster is called %s, but Karpenter is set up for %s", s.Cluster.Name, o.ClusterName)
	}
	if o.InterruptionQueue != "" && !slices.Contains(s.Queues, o.InterruptionQueue) {
		return fmt.Errorf("interruption queue %s does not exist: the queues are %s", o.InterruptionQueue, strings.Join(s.Queues, ", "))
	}
	return nil
}

// start runs the controllers as the command of Karpenter for AWS does, until the process is ended.
func start(ctx context.Context, op *operator.Operator, account account) {
	undecorated := metrics.Decorate(cloudprovider.New(op.InstanceTypesProvider, op.InstanceProvider, op.EventRecorder, op.GetClient(),
		op.AMIProvider, op.SecurityGroupProvider, op.CapacityReservationProvider, op.PlacementGroupProvider, op.InstanceTypeStore, op.CABundle))
	provider := overlay.Decorate(undecorated, op.GetClient(), op.InstanceTypeStore)
	nodes := state.NewCluster(op.Clock, op.GetClient(), provider)
	apis.CapacityReservationsEnabled = coreoptions.FromContext(ctx).FeatureGates.ReservedCapacity

	op.
		WithControllers(ctx, corecontrollers.NewControllers(ctx, op.Manager, op.Clock, op.GetClient(), op.EventRecorder, provider, undecorated,
			nodes, op.InstanceTypeStore,
			corecontrollers.WithRegistrationHook(registrationhooks.NewPlacementGroupRegistrationHook(op.InstanceProvider)))...).
		WithControllers(ctx, awsControllers(ctx, op, account, provider)...).
		Start(ctx)
}

// awsControllers returns the controllers of Karpenter for AWS. The one for interruptions is made here, because theirs has a client of SQS.
func awsControllers(ctx context.Context, op *operator.Operator, account account, provider corecloudprovider.CloudProvider) []controller.Controller {
	set := *options.FromContext(ctx)
	queueName := set.InterruptionQueue
	set.InterruptionQueue = ""
	result := controllers.NewControllers(options.ToContext(ctx, &set), op.Manager, op.Config, op.Clock, account.compute, op.GetClient(),
		op.EventRecorder, op.UnavailableOfferingsCache, op.SSMCache, op.ValidationCache, op.RecreationCache, provider, op.SubnetProvider,
		op.SecurityGroupProvider, op.InstanceProfileProvider, op.InstanceProvider, op.PricingProvider, op.AMIProvider,
		op.LaunchTemplateProvider, op.VersionProvider, op.InstanceTypesProvider, op.CapacityReservationProvider, op.PlacementGroupProvider,
		op.AMIResolver, op.ZonalShiftProvider, op.InstanceStatusProvider, op.CABundle)
	if queueName != "" {
		result = append(result, interruption.NewController(op.GetClient(), op.Clock, provider, op.EventRecorder, queue(queueName), nil,
			op.UnavailableOfferingsCache, op.CapacityReservationProvider))
	}
	return result
}
