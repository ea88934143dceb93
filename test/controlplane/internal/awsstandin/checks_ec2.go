package awsstandin

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

func (c *cloud) checkEC2(r *resource) error {
	switch r.kind.name {
	case "VPC":
		if cidr := text(r.params, "cidrBlock"); cidr != "" {
			_, err := parseRange("InvalidVpc.Range", cidr)
			return err
		}
		return nil
	case "VPCIPv4CidrBlockAssociation":
		return c.checkAnotherRange(r)
	case "Subnet":
		return c.checkSubnet(r)
	case "Route":
		return checkRoute(r)
	case "NetworkACLRule":
		const last = 32766
		number, ok := normal(r.params["ruleNumber"]).(float64)
		if !ok || number < 1 || number > last {
			return fmt.Errorf("InvalidParameterValue: ruleNumber %v: allowed are 1 to %d", r.params["ruleNumber"], last)
		}
		return nil
	case "VPCEndpoint":
		return checkDocument(r.params, "policy")
	case "VPCEndpointRouteTableAssociation", "VPCEndpointSubnetAssociation", "VPCEndpointSecurityGroupAssociation":
		return c.checkEndpoint(r)
	default:
		return nil
	}
}

// parseRange parses a range of IPv4 addresses, of a size that VPCs and subnets may have.
func parseRange(code, cidr string) (netip.Prefix, error) {
	const widest, narrowest = 16, 28
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || prefix != prefix.Masked() || prefix.Bits() < widest || prefix.Bits() > narrowest {
		return prefix, fmt.Errorf("%s: The CIDR '%s' is invalid: allowed are ranges of /%d to /%d that start with their first address", code, cidr, widest, narrowest)
	}
	return prefix, nil
}

// ranges are those of a VPC.
func (c *cloud) ranges(p place, vpc string, but *resource) []netip.Prefix {
	var all []netip.Prefix
	add := func(cidr string) {
		if prefix, err := netip.ParsePrefix(cidr); err == nil {
			all = append(all, prefix)
		}
	}
	if r := c.lookup(p, kindVPC, vpc); r != nil {
		add(text(r.params, "cidrBlock"))
	}
	c.each(p, kindCIDR, func(r *resource) bool {
		if r != but && text(r.params, "vpcId") == vpc {
			add(text(r.params, "cidrBlock"))
		}
		return true
	})
	return all
}

func (c *cloud) checkAnotherRange(r *resource) error {
	cidr := text(r.params, "cidrBlock")
	prefix, err := parseRange("InvalidVpc.Range", cidr)
	if err != nil {
		return err
	}
	for _, taken := range c.ranges(r.place, text(r.params, "vpcId"), r) {
		if taken.Overlaps(prefix) {
			return fmt.Errorf("InvalidVpc.Range: The CIDR '%s' conflicts with another range of the VPC, %s", cidr, taken)
		}
	}
	return nil
}

func (c *cloud) checkSubnet(r *resource) error {
	cidr, vpc, zone := text(r.params, "cidrBlock"), text(r.params, "vpcId"), text(r.params, "availabilityZone")
	if vpc == "" {
		return errors.New("MissingParameter: The request must contain the parameter vpcId")
	}
	if zone != "" && (!strings.HasPrefix(zone, r.place.region) || zone == r.place.region) {
		return fmt.Errorf("InvalidParameterValue: Value (%s) for parameter availabilityZone is invalid", zone)
	}
	if cidr == "" {
		return nil
	}
	prefix, err := parseRange("InvalidSubnet.Range", cidr)
	if err != nil {
		return err
	}
	inside := false
	for _, within := range c.ranges(r.place, vpc, nil) {
		inside = inside || within.Contains(prefix.Addr()) && prefix.Bits() >= within.Bits()
	}
	if ranges := c.ranges(r.place, vpc, nil); !inside && len(ranges) > 0 {
		return fmt.Errorf("InvalidSubnet.Range: The CIDR '%s' is invalid: it is in no range of %s", cidr, vpc)
	}
	c.each(r.place, kindSubnet, func(other *resource) bool {
		taken, parseErr := netip.ParsePrefix(text(other.params, "cidrBlock"))
		if other != r && parseErr == nil && text(other.params, "vpcId") == vpc && taken.Overlaps(prefix) {
			err = fmt.Errorf("InvalidSubnet.Conflict: The CIDR '%s' conflicts with another subnet, %s", cidr, other.identity)
		}
		return err == nil
	})
	return err
}

// checkRoute wants one destination and one target.
func checkRoute(r *resource) error {
	if destination(r.params) == "" {
		return errors.New("MissingParameter: The request must contain a destination")
	}
	targets := 0
	for _, field := range []string{
		"carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId", "natGatewayId", "networkInterfaceId",
		"transitGatewayId", "vpcEndpointId", "vpcPeeringConnectionId",
	} {
		if text(r.params, field) != "" {
			targets++
		}
	}
	if targets != 1 {
		return fmt.Errorf("InvalidParameterCombination: a route has one target, found %d", targets)
	}
	return nil
}

// checkEndpoint keeps gateway endpoints to route tables, and interface endpoints to subnets and security groups.
func (c *cloud) checkEndpoint(r *resource) error {
	id := text(r.params, "vpcEndpointId")
	endpoint := c.lookup(r.place, groupEC2+"/VPCEndpoint", id)
	if endpoint == nil {
		return missing(groupEC2+"/VPCEndpoint", id)
	}
	gateway := text(endpoint.params, "vpcEndpointType") == "" || text(endpoint.params, "vpcEndpointType") == "Gateway"
	if gateway != (r.kind.name == "VPCEndpointRouteTableAssociation") {
		return fmt.Errorf("InvalidParameter: Endpoint type of %s does not take a %s", id, r.kind.name)
	}
	return nil
}
