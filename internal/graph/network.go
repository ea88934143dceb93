package graph

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// IDs of an environment's network.
const (
	idVPC        = "vpc"
	idTierPublic = "tier_public"
	idTierApp    = "tier_app"
	idTierData   = "tier_data"
	idEndpoints  = "endpoints"
)

// network adds the VPC with its tiers.
func network(b *builder, e *schema.Environment) {
	if e.Network == nil {
		return
	}
	n := e.Network
	b.frame(Frame{ID: idVPC, Parent: accountFrame(e), Style: FrameNetwork, Title: "VPC " + n.CIDR, Note: e.Region, Column: 1})
	b.frame(Frame{ID: idTierPublic, Parent: idVPC, Style: FrameTier, Title: "Public tier"})
	b.frame(Frame{ID: idTierApp, Parent: idVPC, Style: FrameTier, Title: "Private app tier", Column: 1})
	b.frame(Frame{ID: idTierData, Parent: idVPC, Style: FrameTier, Title: "Private data tier", Note: "no way to the Internet", Column: 2})
}

// addresses draws how a VPC's tiers are divided, and the ways out of them.
func addresses(b *builder, e *schema.Environment) {
	if e.Network == nil {
		return
	}
	n := e.Network
	gateways := "one for all zones"
	if n.NATGateways == "perZone" {
		gateways = "one per zone"
	}
	b.node(Node{ID: "nat", Frame: idTierPublic, Kind: Network, Title: "NAT gateways", Notes: []string{gateways}})
	if len(n.Endpoints.Gateway)+len(n.Endpoints.Interface) > 0 {
		notes := []string{}
		if len(n.Endpoints.Gateway) > 0 {
			notes = append(notes, "gateway: "+strings.Join(n.Endpoints.Gateway, ", "))
		}
		if len(n.Endpoints.Interface) > 0 {
			notes = append(notes, "interface: "+strings.Join(n.Endpoints.Interface, ", "))
		}
		b.node(Node{ID: idEndpoints, Frame: idTierApp, Kind: Network, Title: "VPC endpoints", Notes: notes})
	}
	// Zones that the region does not have are a matter of the checks: the rest can be drawn without them.
	tiers, err := e.TierSubnets()
	if err != nil {
		return
	}
	b.subnets(idTierPublic, "Subnets", tiers.Public)
	b.subnets(idTierApp, "Subnets", tiers.PrivateApp)
	b.subnets(idTierApp, "Subnets of pods", tiers.Pods)
	b.subnets(idTierData, "Subnets", tiers.PrivateData)
}

// subnets adds a tier's subnets, zone by zone.
func (b *builder) subnets(tier, title string, subnets []schema.Subnet) {
	if len(subnets) == 0 {
		return
	}
	notes := make([]string, 0, len(subnets))
	for _, s := range subnets {
		notes = append(notes, "zone "+s.Zone[max(0, len(s.Zone)-1):]+": "+s.CIDR)
	}
	kind := "subnets"
	if title != "Subnets" {
		kind = "podsubnets"
	}
	b.node(Node{ID: kind + "_" + strings.TrimPrefix(tier, "tier_"), Frame: tier, Kind: Network, Title: title, Notes: notes})
}

// networkPlatform draws each environment's VPC.
func networkPlatform(b *builder) {
	for _, e := range b.config.Environments {
		if e.Network == nil {
			continue
		}
		b.node(Node{ID: id("network", e.Name), Frame: id("environment", e.Name), Kind: Network, Title: "VPC", Notes: []string{e.Network.CIDR}, Column: 1})
	}
}
