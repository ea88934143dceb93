package check

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// network checks an environment's VPC and its subnets.
func network(r *report, e *schema.Environment) {
	vpc, ok := aligned(r, e, "network.cidr", e.Network.CIDR)
	if ok && !within(private(), vpc) {
		r.error(e, "network.cidr", e.Network.CIDR+" is not private: allowed are ranges in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10")
	}
	own(r, e)
	if e.Stage == schema.StageProd && e.Network.NATGateways == "single" {
		r.warning(e, "single-nat-gateway", "network.natGateways", "a single NAT gateway in prod: when its zone fails, no zone reaches the Internet")
	}
	further(r, e, vpc)
	tiers, err := e.TierSubnets()
	if err != nil {
		layout(r, e, err)
		return
	}
	if e.Network.DataACL.Enabled && len(tiers.PrivateData) == 0 {
		r.error(e, "network.dataACL.enabled", "there are no private data subnets for the network ACL", "leave dataACL out, or give network.subnets.privateData")
	}
	if e.Network.Subnets != nil && vpc.IsValid() {
		explicit(r, e, vpc, tiers)
	}
}

// own checks that the VPC range is written in the environment's own folder: a shared default would give it to several.
func own(r *report, e *schema.Environment) {
	if !r.config.Own(e.Name, "network.cidr") {
		r.error(e, "network.cidr", "the range is set outside the environment's own folder: each environment has a range of its own",
			"write network: cidr: \""+e.Network.CIDR+"\" into environments/"+e.Name+"/")
	}
}

// further checks the range for pods. It may be that of another environment: nothing routes it between networks.
func further(r *report, e *schema.Environment, vpc netip.Prefix) {
	if e.Network.PodCIDR == "" {
		return
	}
	pods, ok := aligned(r, e, "network.podCIDR", e.Network.PodCIDR)
	if ok && vpc.IsValid() && pods.Overlaps(vpc) {
		p := r.error(e, "network.podCIDR", fmt.Sprintf("%s overlaps the VPC's own range %s", pods, vpc))
		p.Related = []problem.Related{r.related(e, "network.cidr", "the VPC's range is set here")}
	}
}

// layout reports why the subnets cannot be laid out.
func layout(r *report, e *schema.Environment, err error) {
	if zones, ok := errors.AsType[*schema.ZoneError](err); ok {
		r.error(e, "network.zones", zones.Message)
		return
	}
	if errors.Is(err, schema.ErrSmallVPC) {
		r.error(e, "network.cidr", fmt.Sprintf("%s is too small: %v", e.Network.CIDR, schema.ErrSmallVPC), "give the subnets of a smaller VPC in network.subnets")
		return
	}
	for _, err := range unjoin(err) {
		if count, ok := errors.AsType[*schema.SubnetCountError](err); ok {
			r.error(e, "network.subnets."+count.Tier, count.Error())
		}
	}
}

// unjoin lists the parts of a joined error.
func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// subnet is a subnet and the field that gives it.
type subnet struct {
	field  string
	prefix netip.Prefix
}

// explicit checks subnets that were given: size, place in the VPC and no overlap.
func explicit(r *report, e *schema.Environment, vpc netip.Prefix, tiers schema.TierSubnets) {
	var subnets []subnet
	for _, tier := range []struct {
		name    string
		subnets []schema.Subnet
	}{{"public", tiers.Public}, {"privateApp", tiers.PrivateApp}, {"privateData", tiers.PrivateData}} {
		for i, s := range tier.subnets {
			field := fmt.Sprintf("network.subnets.%s[%d]", tier.name, i)
			prefix, ok := aligned(r, e, field, s.CIDR)
			if !ok {
				continue
			}
			const largest, smallest = 16, 28 // Amazon VPC user guide: subnet sizing.
			switch {
			case prefix.Bits() < largest || prefix.Bits() > smallest:
				r.error(e, field, fmt.Sprintf("%s has a size that subnets cannot have: allowed is /16 to /28", s.CIDR))
			case !vpc.Contains(prefix.Addr()) || prefix.Bits() < vpc.Bits():
				p := r.error(e, field, fmt.Sprintf("%s is outside the VPC's range %s", s.CIDR, vpc))
				p.Related = []problem.Related{r.related(e, "network.cidr", "the VPC's range is set here")}
			default:
				subnets = append(subnets, subnet{field: field, prefix: prefix})
			}
		}
	}
	slices.SortStableFunc(subnets, func(a, b subnet) int {
		if c := a.prefix.Addr().Compare(b.prefix.Addr()); c != 0 {
			return c
		}
		return a.prefix.Bits() - b.prefix.Bits()
	})
	for i := 1; i < len(subnets); i++ {
		if before, s := subnets[i-1], subnets[i]; before.prefix.Overlaps(s.prefix) {
			p := r.error(e, s.field, fmt.Sprintf("%s overlaps %s of %s", s.prefix, before.prefix, before.field))
			p.Related = []problem.Related{r.related(e, before.field, "the other range is set here")}
		}
	}
}
