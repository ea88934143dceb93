package generators

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	ec2 "github.com/aws/karpenter-provider-aws/pkg/apis/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	karpenter "sigs.k8s.io/karpenter/pkg/apis/v1"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// NodePools generates the Karpenter NodePools of an environment's cluster, each with an EC2NodeClass of the same name.
type NodePools struct{}

// Environment makes a NodePool and an EC2NodeClass for each pool that is enabled.
func (NodePools) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Cluster == nil {
		return nil, nil
	}
	var objects typed
	for _, name := range slices.Sorted(maps.Keys(e.NodePools)) {
		pool := e.NodePools[name]
		if !pool.Enabled {
			continue
		}
		nodePool, err := newNodePool(e, name, pool)
		if err != nil {
			return nil, fmt.Errorf("build NodePool %s: %w", name, err)
		}
		nodeClass, err := newNodeClass(c, e, name, pool)
		if err != nil {
			return nil, fmt.Errorf("build EC2NodeClass %s: %w", name, err)
		}
		folder := path.Join(e.Name, folderCluster, folderNodePools)
		objects.add(nodeClass, folder, "ec2nodeclass-"+name)
		objects.add(nodePool, folder, "nodepool-"+name)
	}
	return objects.done()
}

func newNodePool(e *schema.Environment, name string, pool schema.NodePool) (*karpenter.NodePool, error) {
	disruption, err := newDisruption(pool.Disruption)
	if err != nil {
		return nil, err
	}
	grace, err := duration(pool.Disruption.TerminationGracePeriod)
	if err != nil {
		return nil, err
	}
	expireAfter, err := nillable(pool.Disruption.ExpireAfter)
	if err != nil {
		return nil, err
	}
	limits := karpenter.Limits{}
	for resourceName, text := range map[corev1.ResourceName]string{corev1.ResourceCPU: pool.Limits.CPU, corev1.ResourceMemory: pool.Limits.Memory} {
		if limits[resourceName], err = resource.ParseQuantity(text); err != nil {
			return nil, fmt.Errorf("read limit of %s: %w", resourceName, err)
		}
	}
	requirements, err := requirements(e, pool)
	if err != nil {
		return nil, err
	}
	return &karpenter.NodePool{
		TypeMeta: metav1.TypeMeta{APIVersion: "karpenter.sh/v1", Kind: "NodePool"},
		ObjectMeta: metav1.ObjectMeta{
			Name:   name,
			Labels: e.Labels(),
			// The class has to be there before the pool that refers to it.
			Annotations: confirmed(e, wave(1)),
		},
		Spec: karpenter.NodePoolSpec{
			Template: karpenter.NodeClaimTemplate{
				ObjectMeta: karpenter.ObjectMeta{Labels: pool.Labels},
				Spec: karpenter.NodeClaimTemplateSpec{
					Taints:                 taints(pool.Taints),
					Requirements:           requirements,
					NodeClassRef:           &karpenter.NodeClassReference{Group: "karpenter.k8s.aws", Kind: "EC2NodeClass", Name: name},
					TerminationGracePeriod: grace,
					ExpireAfter:            expireAfter,
				},
			},
			Disruption: disruption,
			Limits:     limits,
			Weight:     new(pool.Weight),
		},
	}, nil
}

// requirements says which instances the pool's nodes may be.
func requirements(e *schema.Environment, pool schema.NodePool) ([]karpenter.NodeSelectorRequirementWithMinValues, error) {
	zones := pool.Zones
	if len(zones) == 0 {
		var err error
		if zones, err = e.ZoneNames(); err != nil {
			return nil, fmt.Errorf("place pool: %w", err)
		}
	}
	in := func(key string, values []string) karpenter.NodeSelectorRequirementWithMinValues {
		return karpenter.NodeSelectorRequirementWithMinValues{Key: key, Operator: corev1.NodeSelectorOpIn, Values: values}
	}
	requirements := []karpenter.NodeSelectorRequirementWithMinValues{
		in(corev1.LabelArchStable, []string{pool.Architecture}),
		in(corev1.LabelOSStable, []string{string(corev1.Linux)}),
		in(corev1.LabelTopologyZone, zones),
		in(karpenter.CapacityTypeLabelKey, pool.CapacityTypes),
	}
	if len(pool.Instances.Families) > 0 {
		requirements = append(requirements, in(ec2.LabelInstanceFamily, pool.Instances.Families))
	} else if len(pool.Instances.Categories) > 0 {
		requirements = append(requirements, in(ec2.LabelInstanceCategory, pool.Instances.Categories))
	}
	requirements = append(requirements, karpenter.NodeSelectorRequirementWithMinValues{
		Key: ec2.LabelInstanceGeneration, Operator: corev1.NodeSelectorOpGt, Values: []string{strconv.Itoa(pool.Instances.MinGeneration - 1)},
	})
	if len(pool.Instances.Sizes) > 0 {
		requirements = append(requirements, in(ec2.LabelInstanceSize, pool.Instances.Sizes))
	}
	return requirements, nil
}

func newDisruption(d schema.Disruption) (karpenter.Disruption, error) {
	consolidateAfter, err := nillable(d.ConsolidateAfter)
	if err != nil {
		return karpenter.Disruption{}, err
	}
	disruption := karpenter.Disruption{
		ConsolidationPolicy: karpenter.ConsolidationPolicy(d.Policy),
		ConsolidateAfter:    consolidateAfter,
	}
	for _, b := range d.Budgets {
		budget := karpenter.Budget{Nodes: b.Nodes}
		for _, reason := range b.Reasons {
			budget.Reasons = append(budget.Reasons, karpenter.DisruptionReason(reason))
		}
		if b.Schedule != "" {
			budget.Schedule = new(b.Schedule)
		}
		if b.Duration != "" {
			if budget.Duration, err = duration(b.Duration); err != nil {
				return karpenter.Disruption{}, err
			}
		}
		disruption.Budgets = append(disruption.Budgets, budget)
	}
	return disruption, nil
}

func newNodeClass(c *schema.Config, e *schema.Environment, name string, pool schema.NodePool) (*ec2.EC2NodeClass, error) {
	version := pool.AMIVersion
	if version == "" {
		version = c.Platform.AMIVersion(pool.AMIFamily)
	}
	disks, err := blockDevices(pool)
	if err != nil {
		return nil, err
	}
	cluster := e.ClusterName()
	return &ec2.EC2NodeClass{
		TypeMeta:   metav1.TypeMeta{APIVersion: "karpenter.k8s.aws/v1", Kind: "EC2NodeClass"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: e.Labels(), Annotations: confirmed(e, nil)},
		Spec: ec2.EC2NodeClassSpec{
			// A pinned release: nodes change when a person changes the catalogue, not when AWS publishes an image.
			AMISelectorTerms:    []ec2.AMISelectorTerm{{Alias: strings.ToLower(pool.AMIFamily) + "@" + version}},
			Role:                compositions.NodeRoleName(cluster),
			SubnetSelectorTerms: []ec2.SubnetSelectorTerm{{Tags: map[string]string{"karpenter.sh/discovery": cluster}}},
			// EKS makes the cluster's security group and gives it this tag; its id is known to AWS alone.
			SecurityGroupSelectorTerms: []ec2.SecurityGroupSelectorTerm{{Tags: map[string]string{"aws:eks:cluster-name": cluster}}},
			AssociatePublicIPAddress:   new(false),
			MetadataOptions: &ec2.MetadataOptions{
				HTTPEndpoint:            new("enabled"),
				HTTPProtocolIPv6:        new("disabled"),
				HTTPPutResponseHopLimit: new(int64(pool.Metadata.HopLimit)),
				HTTPTokens:              new("required"),
			},
			BlockDeviceMappings: disks,
			Kubelet:             kubelet(pool.Kubelet),
			Tags:                e.AllTags(),
		},
	}, nil
}

// blockDevices are the disks of a node. Bottlerocket keeps its system on a disk of its own; containers live on the second one.
func blockDevices(pool schema.NodePool) ([]*ec2.BlockDeviceMapping, error) {
	disk := func(device string, gib int) (*ec2.BlockDeviceMapping, error) {
		size, err := resource.ParseQuantity(strconv.Itoa(gib) + "Gi")
		if err != nil {
			return nil, fmt.Errorf("read disk size: %w", err)
		}
		return &ec2.BlockDeviceMapping{DeviceName: new(device), EBS: &ec2.BlockDevice{
			VolumeSize: &size, VolumeType: new("gp3"), Encrypted: new(true), DeleteOnTermination: new(true),
		}}, nil
	}
	devices := []string{"/dev/xvda"}
	if pool.AMIFamily == "Bottlerocket" {
		devices = []string{"/dev/xvda", "/dev/xvdb"}
	}
	var mappings []*ec2.BlockDeviceMapping
	for i, device := range devices {
		if i < len(devices)-1 {
			const systemDiskGiB = 8
			system, err := disk(device, systemDiskGiB)
			if err != nil {
				return nil, err
			}
			mappings = append(mappings, system)
			continue
		}
		data, err := disk(device, pool.Disk.SizeGiB)
		if err != nil {
			return nil, err
		}
		data.EBS.IOPS = new(int64(pool.Disk.IOPS))
		data.EBS.Throughput = new(int64(pool.Disk.Throughput))
		mappings = append(mappings, data)
	}
	return mappings, nil
}

// kubelet leaves out what is not set, and itself if nothing is: an empty setting would differ from Karpenter's default.
func kubelet(k schema.Kubelet) *ec2.KubeletConfiguration {
	if k.MaxPods == 0 && len(k.SystemReserved)+len(k.KubeReserved)+len(k.EvictionHard) == 0 {
		return nil
	}
	configuration := &ec2.KubeletConfiguration{
		SystemReserved: k.SystemReserved,
		KubeReserved:   k.KubeReserved,
		EvictionHard:   k.EvictionHard,
	}
	if k.MaxPods > 0 {
		configuration.MaxPods = new(int32(k.MaxPods)) //nolint:gosec // The contract allows 1 to 737.
	}
	return configuration
}

func taints(from []schema.Taint) []corev1.Taint {
	var taints []corev1.Taint
	for _, t := range from {
		taints = append(taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: corev1.TaintEffect(t.Effect)})
	}
	return taints
}

func duration(text string) (*metav1.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return nil, fmt.Errorf("read duration: %w", err)
	}
	return &metav1.Duration{Duration: d}, nil
}

// nillable reads a duration or Never.
func nillable(text string) (karpenter.NillableDuration, error) {
	if text == karpenter.Never {
		return karpenter.NillableDuration{}, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return karpenter.NillableDuration{}, fmt.Errorf("read duration: %w", err)
	}
	return karpenter.NillableDuration{Duration: &d, Raw: []byte(strconv.Quote(text))}, nil
}
