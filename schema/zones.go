package schema

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// RegionZones are the names of the availability zones of the environment's region (#Zones).
func (e *Environment) RegionZones() []string {
	zones := make([]string, 0, len(e.zoneLetters))
	for _, letter := range e.zoneLetters {
		zones = append(zones, e.Region+string(letter))
	}
	return zones
}

// ZoneError is a network whose zones its region does not have.
type ZoneError struct {
	Message string
}

// Error is the message: what was found and what the region has.
func (e *ZoneError) Error() string { return e.Message }

// ZoneNames are the names of a network's zones, in the order in which they were given; a number stands for the first zones of the region.
func (e *Environment) ZoneNames() ([]string, error) {
	known := e.RegionZones()
	zones := e.Network.Zones
	if len(zones.Names) == 0 {
		if zones.Count > len(known) {
			return nil, &ZoneError{Message: fmt.Sprintf("%d zones, but %s has %d: %s", zones.Count, e.Region, len(known), strings.Join(known, ", "))}
		}
		return known[:zones.Count], nil
	}
	for i, name := range zones.Names {
		if !slices.Contains(known, name) {
			return nil, &ZoneError{Message: fmt.Sprintf("%s is not a zone of %s, which has %s", name, e.Region, strings.Join(known, ", "))}
		}
		if slices.Contains(zones.Names[:i], name) {
			return nil, &ZoneError{Message: name + " is given twice"}
		}
	}
	return zones.Names, nil
}

// ErrSmallVPC is returned for a VPC that is too small for computed subnets.
var ErrSmallVPC = errors.New("the computed subnets need a VPC of /16 to /20")

// TierSubnets are the subnets of an environment's network: the explicit ones, or computed ones.
//
// The computed layout divides the VPC's range into eighths. Zone a has the first one for its private app subnet, zone b the second, up to
// zone f; the last eighth is divided into sixteen: public subnets from the first, private data subnets from the ninth. A zone's ranges depend on
// its letter alone, so a zone that is added later moves nothing: AWS cannot change a subnet's range. An eighth and parts of the last one stay
// free.
func (e *Environment) TierSubnets() (TierSubnets, error) {
	zones, err := e.ZoneNames()
	if err != nil {
		return TierSubnets{}, err
	}
	pods, err := e.podSubnets(zones)
	if err != nil {
		return TierSubnets{}, err
	}
	if e.Network.Subnets != nil {
		tiers, err := e.explicitSubnets(zones)
		tiers.Pods = pods
		return tiers, err
	}
	vpc, err := netip.ParsePrefix(e.Network.CIDR)
	if err != nil {
		return TierSubnets{}, fmt.Errorf("read range: %w", err)
	}
	if vpc.Bits() > 20 {
		return TierSubnets{}, ErrSmallVPC
	}
	tiers := TierSubnets{Public: []Subnet{}, PrivateApp: []Subnet{}, PrivateData: []Subnet{}, Pods: pods}
	for _, zone := range zones {
		n := uint32(zone[len(zone)-1] - 'a')
		tiers.Public = append(tiers.Public, Subnet{Zone: zone, CIDR: part(vpc, 7, 7*16+n)})
		tiers.PrivateApp = append(tiers.PrivateApp, Subnet{Zone: zone, CIDR: part(vpc, 3, n)})
		tiers.PrivateData = append(tiers.PrivateData, Subnet{Zone: zone, CIDR: part(vpc, 7, 7*16+8+n)})
	}
	return tiers, nil
}

// podSubnets divides the further range for pods like the private app tier: an eighth for each zone, by the zone's letter.
func (e *Environment) podSubnets(zones []string) ([]Subnet, error) {
	subnets := []Subnet{}
	if e.Network.PodCIDR == "" {
		return subnets, nil
	}
	pods, err := netip.ParsePrefix(e.Network.PodCIDR)
	if err != nil {
		return nil, fmt.Errorf("read range of pods: %w", err)
	}
	for _, zone := range zones {
		subnets = append(subnets, Subnet{Zone: zone, CIDR: part(pods, 3, uint32(zone[len(zone)-1]-'a'))})
	}
	return subnets, nil
}

// SubnetCountError is a tier whose explicit ranges do not match the zones.
type SubnetCountError struct {
	Tier   string
	Ranges int
	Zones  int
}

// Error says how many ranges there are and how many there should be.
func (e *SubnetCountError) Error() string {
	return fmt.Sprintf("%d ranges for %d zones: allowed is one range for each zone", e.Ranges, e.Zones)
}

func (e *Environment) explicitSubnets(zones []string) (TierSubnets, error) {
	tier := func(name string, ranges []string, optional bool) ([]Subnet, error) {
		if len(ranges) != len(zones) && (!optional || len(ranges) > 0) {
			return nil, &SubnetCountError{Tier: name, Ranges: len(ranges), Zones: len(zones)}
		}
		subnets := make([]Subnet, 0, len(ranges))
		for i, r := range ranges {
			subnets = append(subnets, Subnet{Zone: zones[i], CIDR: r})
		}
		return subnets, nil
	}
	var tiers TierSubnets
	var errPublic, errApp, errData error
	tiers.Public, errPublic = tier("public", e.Network.Subnets.Public, false)
	tiers.PrivateApp, errApp = tier("privateApp", e.Network.Subnets.PrivateApp, false)
	tiers.PrivateData, errData = tier("privateData", e.Network.Subnets.PrivateData, true)
	return tiers, errors.Join(errPublic, errApp, errData)
}

// part is the n-th of the 2^bits equal parts of a range.
func part(whole netip.Prefix, bits int, n uint32) string {
	size := whole.Bits() + bits
	address := whole.Masked().Addr().As4()
	first := binary.BigEndian.Uint32(address[:])
	binary.BigEndian.PutUint32(address[:], first+n<<(32-size))
	return netip.AddrFrom4(address).String() + "/" + strconv.Itoa(size)
}
