package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscache "github.com/aws/karpenter-provider-aws/pkg/cache"
	"github.com/aws/karpenter-provider-aws/pkg/fake"
	"github.com/aws/karpenter-provider-aws/pkg/operator"
	"github.com/aws/karpenter-provider-aws/pkg/operator/options"
	"github.com/aws/karpenter-provider-aws/pkg/providers/amifamily"
	"github.com/aws/karpenter-provider-aws/pkg/providers/arczonalshift"
	"github.com/aws/karpenter-provider-aws/pkg/providers/capacityreservation"
	"github.com/aws/karpenter-provider-aws/pkg/providers/instance"
	"github.com/aws/karpenter-provider-aws/pkg/providers/instanceprofile"
	"github.com/aws/karpenter-provider-aws/pkg/providers/instancestatus"
	"github.com/aws/karpenter-provider-aws/pkg/providers/instancetype"
	"github.com/aws/karpenter-provider-aws/pkg/providers/launchtemplate"
	"github.com/aws/karpenter-provider-aws/pkg/providers/placementgroup"
	"github.com/aws/karpenter-provider-aws/pkg/providers/pricing"
	"github.com/aws/karpenter-provider-aws/pkg/providers/securitygroup"
	"github.com/aws/karpenter-provider-aws/pkg/providers/ssm"
	"github.com/aws/karpenter-provider-aws/pkg/providers/subnet"
	"github.com/aws/karpenter-provider-aws/pkg/providers/version"
	"github.com/patrickmn/go-cache"
	coreoperator "sigs.k8s.io/karpenter/pkg/operator"

	"github.com/innovate-inc/genops/test/controlplane/binaries/karpenter/catalog"
)

// account is AWS in memory.
type account struct {
	inventory  inventory
	compute    *compute
	clusters   clusters
	identity   *fake.IAMAPI
	parameters parameterStore
}

func newAccount(s inventory, types []catalog.Type) (account, error) {
	images, err := images(s.Cluster.Version, s.AMIs)
	if err != nil {
		return account{}, err
	}
	return account{
		inventory:  s,
		compute:    newCompute(&s, images, types),
		clusters:   clusters{s.Cluster},
		identity:   newIdentity(s.Roles),
		parameters: newParameterStore(images),
	}, nil
}

// newOperator makes the providers as operator.NewOperator of Karpenter for AWS does, on an account in memory instead of the clients of AWS.
// Only the field EC2API stays empty: its type is the client.
func newOperator(ctx context.Context, core *coreoperator.Operator, account account) (*operator.Operator, error) {
	region, ec2 := account.inventory.Region, account.compute
	endpoint, err := operator.ResolveClusterEndpoint(ctx, account.clusters)
	if err != nil {
		return nil, err
	}
	bundle, err := operator.GetCABundle(ctx, core.GetConfig())
	if err != nil {
		return nil, err
	}
	dns, _ := operator.KubeDNSIP(ctx, core.KubernetesInterface) // Karpenter too goes on without it.

	op := &operator.Operator{
		Operator:                  core,
		Config:                    aws.Config{Region: region},
		CABundle:                  bundle,
		UnavailableOfferingsCache: awscache.NewUnavailableOfferings(),
		SSMCache:                  newCache(awscache.SSMCacheTTL),
		ValidationCache:           newCache(awscache.ValidationTTL),
		RecreationCache:           newCache(awscache.RecreationTTL),
		AMIResolver:               amifamily.NewDefaultResolver(region),
		InstanceStatusProvider:    instancestatus.NewDefaultProvider(ec2, core.Clock),
		// There is no service that answers for prices: the tables of the module stay.
		PricingProvider:    pricing.NewDefaultProvider(nil, ec2, region, true),
		VersionProvider:    version.NewDefaultProvider(core.KubernetesInterface, account.clusters),
		ZonalShiftProvider: arczonalshift.NewNoopProvider(),
	}
	if err := op.VersionProvider.UpdateVersion(ctx); err != nil {
		return nil, err
	}
	addNetwork(ctx, op, account)
	op.SSMProvider = ssm.NewDefaultProvider(account.parameters, op.SSMCache)
	op.AMIProvider = amifamily.NewDefaultProvider(core.Clock, op.VersionProvider, op.SSMProvider, ec2,
		newCache(options.FromContext(ctx).AMIRefreshInterval))
	op.LaunchTemplateProvider = launchtemplate.NewDefaultProvider(ctx, newCache(awscache.DefaultTTL), ec2, account.clusters, op.AMIResolver,
		op.SecurityGroupProvider, op.SubnetProvider, op.PlacementGroupProvider, bundle, core.Elected(), dns, endpoint)
	if err := addInstances(ctx, op, account); err != nil {
		return nil, err
	}
	operator.SetupIndexers(ctx, core.Manager)
	return op, nil
}

// addNetwork makes the providers of what instances are placed into.
func addNetwork(ctx context.Context, op *operator.Operator, account account) {
	refresh := options.FromContext(ctx).SubnetRefreshInterval
	addresses := max(awscache.AvailableIPAddressTTL, refresh+awscache.AvailableIPAddressTTL-awscache.DefaultTTL)
	op.SubnetProvider = subnet.NewDefaultProvider(account.compute, newCache(refresh), newCache(addresses))
	op.SecurityGroupProvider = securitygroup.NewDefaultProvider(account.compute, newCache(awscache.DefaultTTL))
	op.InstanceProfileProvider = instanceprofile.NewDefaultProvider(account.identity, newCache(awscache.InstanceProfileTTL),
		newCache(awscache.DefaultCleanupInterval), newCache(awscache.ProtectedProfilesTTL), account.inventory.Region)
	op.PlacementGroupProvider = placementgroup.NewProvider(account.compute, newCache(awscache.DefaultTTL),
		newCache(awscache.PlacementGroupAvailabilityTTL))
	op.CapacityReservationProvider = capacityreservation.NewProvider(account.compute, op.Clock, newCache(awscache.DefaultTTL),
		newCache(awscache.CapacityReservationAvailabilityTTL))
}

// addInstances makes the providers of instance types, filled, and of instances.
func addInstances(ctx context.Context, op *operator.Operator, account account) error {
	region := account.inventory.Region
	op.InstanceTypesProvider = instancetype.NewDefaultProvider(newCache(awscache.InstanceTypesZonesAndOfferingsTTL),
		newCache(awscache.InstanceTypesZonesAndOfferingsTTL), newCache(awscache.DiscoveredCapacityCacheTTL), account.compute, op.SubnetProvider,
		op.PricingProvider, op.CapacityReservationProvider, op.PlacementGroupProvider, op.UnavailableOfferingsCache,
		instancetype.NewDefaultResolver(region), op.ZonalShiftProvider, op.GetClient())
	if err := op.InstanceTypesProvider.UpdateInstanceTypes(ctx); err != nil {
		return err
	}
	if err := op.InstanceTypesProvider.UpdateInstanceTypeOfferings(ctx); err != nil {
		return err
	}
	op.InstanceProvider = instance.NewDefaultProvider(ctx, region, op.EventRecorder, account.compute, op.UnavailableOfferingsCache,
		op.SubnetProvider, op.LaunchTemplateProvider, op.CapacityReservationProvider, op.PlacementGroupProvider, op.ZonalShiftProvider,
		cache.New(cache.NoExpiration, cache.NoExpiration))
	return nil
}

func newCache(ttl time.Duration) *cache.Cache {
	return cache.New(ttl, awscache.DefaultCleanupInterval)
}
