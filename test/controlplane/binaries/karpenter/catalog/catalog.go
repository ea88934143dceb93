// Package catalog knows the instance types that a region offers.
//
// Their vCPUs, memory and architecture come from the example that Karpenter's stand-in kwok brings along, their network interfaces and prices
// from the tables that are part of Karpenter for AWS. A type that one of them lacks is left out.
package catalog

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/karpenter-provider-aws/pkg/providers/instancetype"
	"github.com/aws/karpenter-provider-aws/pkg/providers/pricing"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Type is an instance type and what an hour of it costs on demand, in dollars.
type Type struct {
	ec2types.InstanceTypeInfo

	Price float64
}

// example is a type in the file of kwok, which has more fields and an entry for each operating system.
type example struct {
	Name             string   `json:"name"`
	Architecture     string   `json:"architecture"`
	OperatingSystems []string `json:"operatingSystems"`
	Resources        struct {
		CPU    string `json:"cpu"`
		Memory string `json:"memory"`
	} `json:"resources"`
}

// family splits the name of a type: category, generation and attributes.
var family = regexp.MustCompile(`^([a-z]+)([0-9]+)([a-z-]*)\.`)

// Read returns the general types of today, sorted by name: categories c, m and r from their fifth generation on, and t from its third. The rest,
// such as accelerators, costs memory in every process and no node pool asks for it.
func Read(file, region string) ([]Type, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("instance types: %w", err)
	}
	var examples []example
	if err := json.Unmarshal(content, &examples); err != nil {
		return nil, fmt.Errorf("instance types: %s: %w", file, err)
	}

	prices := pricing.NewDefaultProvider(nil, nil, region, true)
	var types []Type
	for _, e := range examples {
		limits := instancetype.Limits[e.Name]
		price, priced := prices.OnDemandPrice(ec2types.InstanceType(e.Name))
		if limits == nil || !priced || !general(e.Name) || !slices.Contains(e.OperatingSystems, "linux") {
			continue
		}
		info, err := describe(e, limits)
		if err != nil {
			return nil, fmt.Errorf("instance types: %s: %s: %w", file, e.Name, err)
		}
		types = append(types, Type{InstanceTypeInfo: info, Price: price})
	}
	if len(types) == 0 {
		return nil, fmt.Errorf("instance types: %s has none that is known", file)
	}
	slices.SortFunc(types, func(a, b Type) int { return cmp.Compare(a.InstanceType, b.InstanceType) })
	return slices.CompactFunc(types, func(a, b Type) bool { return a.InstanceType == b.InstanceType }), nil
}

func general(name string) bool {
	parts := family.FindStringSubmatch(name)
	if parts == nil {
		return false
	}
	generation, err := strconv.Atoi(parts[2])
	if err != nil {
		return false
	}
	switch parts[1] {
	case "c", "m", "r":
		return generation >= 5
	case "t":
		return generation >= 3
	default:
		return false
	}
}

// describe says of a type what EC2 says of it, as far as Karpenter reads it.
func describe(e example, limits *instancetype.VPCLimits) (ec2types.InstanceTypeInfo, error) {
	cpu, err := strconv.ParseInt(e.Resources.CPU, 10, 32)
	if err != nil {
		return ec2types.InstanceTypeInfo{}, err
	}
	memory, err := resource.ParseQuantity(e.Resources.Memory)
	if err != nil {
		return ec2types.InstanceTypeInfo{}, fmt.Errorf("memory %q: %w", e.Resources.Memory, err)
	}

	var cards []ec2types.NetworkCardInfo
	for _, card := range limits.NetworkCards {
		cards = append(cards, ec2types.NetworkCardInfo{
			NetworkCardIndex:         new(int32(card.NetworkCardIndex)),
			MaximumNetworkInterfaces: new(int32(card.MaximumNetworkInterfaces)),
		})
	}
	return ec2types.InstanceTypeInfo{
		InstanceType:          ec2types.InstanceType(e.Name),
		BareMetal:             new(limits.IsBareMetal),
		Hypervisor:            ec2types.InstanceTypeHypervisor(limits.Hypervisor),
		SupportedUsageClasses: []ec2types.UsageClassType{ec2types.UsageClassTypeOnDemand, ec2types.UsageClassTypeSpot},
		ProcessorInfo: &ec2types.ProcessorInfo{
			Manufacturer:           new(manufacturer(e.Name)),
			SupportedArchitectures: []ec2types.ArchitectureType{ec2types.ArchitectureType(e.Architecture)},
		},
		VCpuInfo:   &ec2types.VCpuInfo{DefaultVCpus: new(int32(cpu))},
		MemoryInfo: &ec2types.MemoryInfo{SizeInMiB: new(memory.Value() >> 20)},
		NetworkInfo: &ec2types.NetworkInfo{
			DefaultNetworkCardIndex:   new(int32(limits.DefaultNetworkCardIndex)),
			Ipv4AddressesPerInterface: new(int32(limits.IPv4PerInterface)),
			NetworkCards:              cards,
		},
	}, nil
}

// manufacturer reads who made the processor out of the attributes of a family: m7g is Graviton, m7a is AMD, and what says neither is Intel.
func manufacturer(name string) string {
	attributes := family.FindStringSubmatch(name)[3]
	switch {
	case strings.HasPrefix(attributes, "g"):
		return "AWS"
	case strings.HasPrefix(attributes, "a"):
		return "AMD"
	default:
		return "Intel"
	}
}
