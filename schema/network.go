package schema

import (
	"encoding/json"
	"fmt"
)

// Network is the VPC of an environment.
type Network struct {
	CIDR        string    `json:"cidr"`
	Zones       Zones     `json:"zones"`
	Subnets     *Subnets  `json:"subnets,omitempty"`
	NATGateways string    `json:"natGateways"`
	Endpoints   Endpoints `json:"endpoints"`
	FlowLogs    FlowLogs  `json:"flowLogs"`
	PodCIDR     string    `json:"podCIDR,omitempty"`
	DataACL     DataACL   `json:"dataACL"`
}

// NATPerZone is a NAT gateway in each zone; otherwise the first zone has the only one.
const NATPerZone = "perZone"

// DataACL is the network ACL around the private data subnets.
type DataACL struct {
	Enabled bool  `json:"enabled"`
	Ports   []int `json:"ports"`
}

// Zones are the availability zones of a network: a number, or names.
type Zones struct {
	Count int
	Names []string
}

// UnmarshalJSON reads a whole number or a list of zone names.
func (z *Zones) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '[' {
		if err := json.Unmarshal(data, &z.Names); err != nil {
			return fmt.Errorf("read zone names: %w", err)
		}
		z.Count = len(z.Names)
		return nil
	}
	if err := json.Unmarshal(data, &z.Count); err != nil {
		return fmt.Errorf("read number of zones: %w", err)
	}
	return nil
}

// MarshalJSON writes the names if there are any, else the number.
func (z Zones) MarshalJSON() ([]byte, error) {
	if len(z.Names) > 0 {
		return json.Marshal(z.Names)
	}
	return json.Marshal(z.Count)
}

// Subnets are the explicit ranges of each tier, in the order of the zones.
type Subnets struct {
	Public      []string `json:"public"`
	PrivateApp  []string `json:"privateApp"`
	PrivateData []string `json:"privateData"`
}

// Endpoints are the VPC endpoints of a network, by service.
type Endpoints struct {
	Gateway   []string `json:"gateway"`
	Interface []string `json:"interface"`
}

// FlowLogs are the records of a network's traffic.
type FlowLogs struct {
	Enabled       bool   `json:"enabled"`
	Traffic       string `json:"traffic"`
	RetentionDays int    `json:"retentionDays"`
}

// NetworkSpec is the spec of a Network claim (#NetworkSpec).
type NetworkSpec struct {
	ClaimMeta   `json:",inline"`
	CIDR        string      `json:"cidr"`
	PodCIDR     string      `json:"podCIDR,omitempty"`
	Subnets     TierSubnets `json:"subnets"`
	DataACL     DataACL     `json:"dataACL"`
	NATGateways string      `json:"natGateways"`
	Endpoints   Endpoints   `json:"endpoints"`
	FlowLogs    FlowLogs    `json:"flowLogs"`
	ClusterName string      `json:"clusterName"`
}

// TierSubnets are the subnets of each tier.
type TierSubnets struct {
	Public      []Subnet `json:"public"`
	PrivateApp  []Subnet `json:"privateApp"`
	PrivateData []Subnet `json:"privateData"`
	Pods        []Subnet `json:"pods"`
}

// Subnet is one subnet: an availability zone and a range.
type Subnet struct {
	Zone string `json:"zone"`
	CIDR string `json:"cidr"`
}
