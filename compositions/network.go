package compositions

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/innovate-inc/genops/schema"
)

// Keys of the network's resources that others refer to.
const (
	keyVPC             = "vpc"
	keyInternetGateway = "internet-gateway"
	keyEndpointsGroup  = "endpoints-security-group"
)

// tier is one kind of subnet.
type tier string

const (
	tierPublic tier = "public"
	tierApp    tier = "private-app"
	tierData   tier = "private-data"
	tierPods   tier = "pods"
)

func (t tier) subnet(zone string) string     { return "subnet-" + string(t) + "-" + zone }
func (t tier) routeTable(zone string) string { return "route-table-" + string(t) + "-" + zone }
func (t tier) association(zone string) string {
	return "route-table-association-" + string(t) + "-" + zone
}
func (t tier) route(zone string) string { return "route-" + string(t) + "-" + zone }

// anywhere is the destination of a default route.
const anywhere = "0.0.0.0/0"

// network composes a VPC.
type network struct {
	*builder

	spec *schema.NetworkSpec
}

// composeNetwork makes a VPC with its subnets, ways in and out, endpoints, and the records of its traffic.
func composeNetwork(spec *schema.NetworkSpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	if problems := checkNetwork(spec); len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	n := &network{builder: newBuilder(meta, "Network", claimNetwork, observed), spec: spec}
	n.addVPC()
	n.subnets(tierPublic, spec.Subnets.Public, map[string]string{"kubernetes.io/role/elb": "1"})
	n.subnets(tierApp, spec.Subnets.PrivateApp, map[string]string{"kubernetes.io/role/internal-elb": "1"})
	n.subnets(tierData, spec.Subnets.PrivateData, nil)
	// The VPC CNI gives pods addresses from subnets with this tag (EKS user guide: enhanced subnet discovery).
	n.subnets(tierPods, spec.Subnets.Pods, map[string]string{"kubernetes.io/role/cni": "1"})
	n.gateways()
	n.routes()
	n.gatewayEndpoints()
	n.interfaceEndpoints()
	n.dataACL()
	n.flowLogs()
	result, err := n.result()
	if err != nil {
		return nil, err
	}
	result.Status = n.status()
	return result, nil
}

// addVPC makes the VPC, and takes all rules out of the security group that comes with it: whatever names no group of its own gets that one.
func (n *network) addVPC() {
	n.add(keyVPC, n.vpc, fields{
		"cidrBlock": n.spec.CIDR,
		// EKS and private endpoints need both (EKS user guide: VPC and subnet requirements).
		"enableDnsHostnames": true,
		"enableDnsSupport":   true,
	}).tagged(map[string]string{"Name": prefix(n.meta)}) // The load balancer controller finds the VPC by this name.
	n.add("default-security-group", n.defaultSecurityGroup, fields{"vpcIdRef": n.ref(keyVPC), "ingress": []any{}, "egress": []any{}})
	if n.spec.PodCIDR != "" {
		n.add("pod-range", n.cidrAssociation, fields{"vpcIdRef": n.ref(keyVPC), "cidrBlock": n.spec.PodCIDR})
	}
}

// subnets makes the subnets of a tier, each with a route table of its own: zones fail alone and tiers do not leak into one another.
func (n *network) subnets(t tier, subnets []schema.Subnet, tags map[string]string) {
	for _, s := range subnets {
		subnet := n.add(t.subnet(s.Zone), n.subnet, fields{
			"vpcIdRef":         n.ref(keyVPC),
			"availabilityZone": s.Zone,
			"cidrBlock":        s.CIDR,
			// Nothing gets a public address by being there: load balancers and NAT gateways ask for theirs.
			"mapPublicIpOnLaunch": false,
		}).tagged(tags)
		if cluster := n.spec.ClusterName; cluster != "" && (t == tierPublic || t == tierApp) {
			subnet.tagged(map[string]string{"kubernetes.io/cluster/" + cluster: "shared"})
		}
		if cluster := n.spec.ClusterName; cluster != "" && t == tierApp {
			subnet.tagged(map[string]string{"karpenter.sh/discovery": cluster})
		}
		if t == tierPods {
			continue // They share the way out of the nodes.
		}
		n.add(t.routeTable(s.Zone), n.routeTable, fields{"vpcIdRef": n.ref(keyVPC)})
		n.add(t.association(s.Zone), n.routeTableAssociation, fields{
			"subnetIdRef": n.ref(t.subnet(s.Zone)), "routeTableIdRef": n.ref(t.routeTable(s.Zone)),
		})
	}
	if t != tierPods {
		return
	}
	for _, s := range subnets {
		n.add(t.association(s.Zone), n.routeTableAssociation, fields{
			"subnetIdRef": n.ref(t.subnet(s.Zone)), "routeTableIdRef": n.ref(tierApp.routeTable(s.Zone)),
		})
	}
}

// natZone is the zone of the NAT gateway that a zone's private subnets go out through.
func (n *network) natZone(zone string) string {
	if n.spec.NATGateways == schema.NATPerZone {
		return zone
	}
	return n.spec.Subnets.Public[0].Zone
}

func natKey(zone string) string { return "nat-gateway-" + zone }

// gateways makes the Internet gateway and the NAT gateways with their addresses.
func (n *network) gateways() {
	n.add(keyInternetGateway, n.internetGateway, fields{"vpcIdRef": n.ref(keyVPC)})
	for _, s := range n.spec.Subnets.Public {
		if n.natZone(s.Zone) != s.Zone {
			continue
		}
		address := "nat-address-" + s.Zone
		n.add(address, n.elasticIP, fields{"domain": "vpc"})
		n.add(natKey(s.Zone), n.natGateway, fields{
			"subnetIdRef": n.ref(tierPublic.subnet(s.Zone)), "allocationIdRef": n.ref(address), "connectivityType": "public",
		})
		nat := n.own(natKey(s.Zone), n.natGateway)
		n.usage(n.own(tierPublic.route(s.Zone), n.route), nat, "The NAT gateway reaches the Internet through this route.")
		n.usage(n.own(keyInternetGateway, n.internetGateway), nat, "AWS detaches no Internet gateway while a NAT gateway has a public address.")
		n.usage(n.own(address, n.elasticIP), nat, "AWS releases no address that a NAT gateway has.")
	}
}

// routes makes the default routes: public subnets to the Internet gateway, private app subnets to a NAT gateway, private data subnets to nowhere.
func (n *network) routes() {
	for _, s := range n.spec.Subnets.Public {
		n.add(tierPublic.route(s.Zone), n.route, fields{
			"routeTableIdRef": n.ref(tierPublic.routeTable(s.Zone)), "destinationCidrBlock": anywhere, "gatewayIdRef": n.ref(keyInternetGateway),
		})
	}
	for _, s := range n.spec.Subnets.PrivateApp {
		nat := natKey(n.natZone(s.Zone))
		forProvider := fields{
			"routeTableIdRef": n.ref(tierApp.routeTable(s.Zone)), "destinationCidrBlock": anywhere, "natGatewayIdRef": n.ref(nat),
		}
		route := n.add(tierApp.route(s.Zone), n.route, forProvider)
		// The provider looks a reference up once, so a route that moves to another gateway has to be told its id (crossplane-runtime: resolve
		// policy IfNotPresent; Always has issue 655). Until there is one it keeps the id that it has.
		id := cmp.Or(
			n.observedText(nat, "status", "atProvider", "id"),
			n.observedText(tierApp.route(s.Zone), "spec", "forProvider", "natGatewayId"),
		)
		if id != "" {
			forProvider["natGatewayId"] = id
			route.fromObserved("spec.forProvider.natGatewayId")
		}
	}
}

// dataACL makes the network ACL of the private data subnets. Network ACLs keep no state: answers have to be let through, too (Amazon VPC user
// guide: network ACLs).
func (n *network) dataACL() {
	if !n.spec.DataACL.Enabled || len(n.spec.Subnets.PrivateData) == 0 {
		return
	}
	const key = "data-acl"
	refs, ids := make([]any, 0, len(n.spec.Subnets.PrivateData)), make([]any, 0, len(n.spec.Subnets.PrivateData))
	for _, s := range n.spec.Subnets.PrivateData {
		refs = append(refs, n.ref(tierData.subnet(s.Zone)))
		if id := n.observedText(tierData.subnet(s.Zone), "status", "atProvider", "id"); id != "" {
			ids = append(ids, id)
		}
	}
	forProvider := fields{"vpcIdRef": n.ref(keyVPC), "subnetIdRefs": refs}
	acl := n.add(key, n.networkACL, forProvider)
	// As with routes: without its id, the subnet of a zone that is added later would stay outside.
	if len(ids) < len(refs) {
		known, _ := at(n.observed.Resources[key], "spec", "forProvider", "subnetIds").([]any)
		ids = slices.Clone(known)
	}
	if len(ids) > 0 {
		forProvider["subnetIds"] = ids
		acl.fromObserved("spec.forProvider.subnetIds")
	}
	rule := func(ruleKey string, number int, egress bool, cidr string, from, to int) {
		n.add(ruleKey, n.networkACLRule, fields{
			"networkAclIdRef": n.ref(key), "ruleNumber": int64(number), "egress": egress, "ruleAction": "allow", "protocol": "tcp",
			"cidrBlock": cidr, "fromPort": int64(from), "toPort": int64(to),
		})
	}
	const ephemeral, lastPort = 1024, 65535
	for _, caller := range []struct {
		tier    tier
		subnets []schema.Subnet
	}{{tierApp, n.spec.Subnets.PrivateApp}, {tierPods, n.spec.Subnets.Pods}} {
		for _, s := range caller.subnets {
			first, taken := firstRule(caller.tier, s.Zone), map[int]bool{}
			for _, port := range slices.Sorted(slices.Values(n.spec.DataACL.Ports)) {
				number := first + port%rulesOfSubnet
				for taken[number] {
					number++
				}
				taken[number] = true
				rule(fmt.Sprintf("data-acl-in-%s-%s-%d", caller.tier, s.Zone, port), number, false, s.CIDR, port, port)
			}
			rule(fmt.Sprintf("data-acl-out-%s-%s", caller.tier, s.Zone), first, true, s.CIDR, ephemeral, lastPort)
		}
	}
	// Instances of one database talk to each other across zones.
	for _, s := range n.spec.Subnets.PrivateData {
		number := firstRule(tierData, s.Zone)
		rule("data-acl-in-private-data-"+s.Zone, number, false, s.CIDR, 1, lastPort)
		rule("data-acl-out-private-data-"+s.Zone, number, true, s.CIDR, 1, lastPort)
	}
}

// rulesOfSubnet is a prime, so that ports rarely want the same number.
const rulesOfSubnet = 999

// firstRule is the lowest of 1,000 numbers for the rules about a subnet. AWS changes nothing in a rule, so its number comes from what it allows,
// not from its place among the others: the tier, the zone's letter, and the port.
func firstRule(t tier, zone string) int {
	const letters, step = 10, 1000
	place := 0
	if zone != "" {
		place = int(zone[len(zone)-1]) % letters
	}
	return (1 + place + letters*slices.Index([]tier{tierApp, tierPods, tierData}, t)) * step
}

// status are the ids that people and other claims look for.
func (n *network) status() map[string]any {
	status := fields{}
	set := func(name string, value any) {
		if value != "" {
			status[name] = value
		}
	}
	set("vpcId", n.observedText(keyVPC, "status", "atProvider", "id"))
	subnets := fields{}
	for _, t := range []struct {
		name    string
		tier    tier
		subnets []schema.Subnet
	}{
		{"public", tierPublic, n.spec.Subnets.Public},
		{"privateApp", tierApp, n.spec.Subnets.PrivateApp},
		{"privateData", tierData, n.spec.Subnets.PrivateData},
		{"pods", tierPods, n.spec.Subnets.Pods},
	} {
		ids := fields{}
		for _, s := range t.subnets {
			if id := n.observedText(t.tier.subnet(s.Zone), "status", "atProvider", "id"); id != "" {
				ids[s.Zone] = id
			}
		}
		if len(ids) > 0 {
			subnets[t.name] = ids
		}
	}
	if len(subnets) > 0 {
		status["subnetIds"] = subnets
	}
	var addresses []any
	for _, s := range n.spec.Subnets.Public {
		if address := n.observedText("nat-address-"+s.Zone, "status", "atProvider", "publicIp"); address != "" {
			addresses = append(addresses, address)
		}
	}
	if len(addresses) > 0 {
		status["natAddresses"] = addresses
	}
	return status
}

// checkNetwork finds what the schema of claims cannot say: claims that were written by hand have not gone through genops.
func checkNetwork(spec *schema.NetworkSpec) []string {
	var problems []string
	zones := map[string]bool{}
	for _, s := range spec.Subnets.Public {
		zones[s.Zone] = true
	}
	if len(spec.Subnets.Public) == 0 {
		problems = append(problems, "spec.subnets.public: there is no public subnet, and the NAT gateways need one")
	}
	vpc, err := netip.ParsePrefix(spec.CIDR)
	if err != nil {
		problems = append(problems, fmt.Sprintf("spec.cidr: %q is no address range", spec.CIDR))
	}
	pods, _ := netip.ParsePrefix(spec.PodCIDR)
	for _, t := range []struct {
		name    string
		subnets []schema.Subnet
		within  netip.Prefix
	}{
		{"public", spec.Subnets.Public, vpc},
		{"privateApp", spec.Subnets.PrivateApp, vpc},
		{"privateData", spec.Subnets.PrivateData, vpc},
		{"pods", spec.Subnets.Pods, pods},
	} {
		for i, s := range t.subnets {
			field := fmt.Sprintf("spec.subnets.%s[%d]", t.name, i)
			if !zones[s.Zone] {
				problems = append(problems, fmt.Sprintf("%s: there is no public subnet in zone %q: every tier has subnets in the same zones", field, s.Zone))
			}
			subnet, err := netip.ParsePrefix(s.CIDR)
			if err != nil || t.within.IsValid() && (!t.within.Contains(subnet.Addr()) || subnet.Bits() < t.within.Bits()) {
				problems = append(problems, fmt.Sprintf("%s.cidr: %s is no range inside %s", field, s.CIDR, t.within))
			}
		}
		if n := len(t.subnets); n > 0 && n != len(zones) {
			const message = "spec.subnets.%s: found %d subnets for %d zones: allowed is one in each zone of the public subnets"
			problems = append(problems, fmt.Sprintf(message, t.name, n, len(zones)))
		}
	}
	return problems
}
