package check

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// cluster checks an environment's EKS cluster.
func cluster(r *report, e *schema.Environment) {
	if e.Network == nil {
		r.error(e, "cluster", "the cluster has no network to run in", "give the environment network: cidr: \"...\"")
	}
	services, ok := aligned(r, e, "cluster.serviceCIDR", e.Cluster.ServiceCIDR)
	if ok && !within(rfc1918(), services) {
		r.error(e, "cluster.serviceCIDR", fmt.Sprintf("%s is not private: allowed are ranges in 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16", services))
	}
	if e.Stage == schema.StageProd && !e.Cluster.DeletionProtection {
		r.warning(e, "deletion-protection-off", "cluster.deletionProtection", "prod's cluster can be deleted: AWS would not refuse")
	}
	endpoint(r, e)
	claimLimits(r, e)
	addonVersions(r, e)
	access(r, e)
	nodes := e.Cluster.SystemNodes
	if nodes.Min > nodes.Max {
		r.error(e, "cluster.systemNodes.min", fmt.Sprintf("%d is more than max, which is %d", nodes.Min, nodes.Max))
	}
	for i, instanceType := range nodes.InstanceTypes {
		family, _, _ := strings.Cut(instanceType, ".")
		if arch := architecture(family); arch != nodes.Architecture {
			r.error(e, fmt.Sprintf("cluster.systemNodes.instanceTypes[%d]", i),
				fmt.Sprintf("%s is %s, but the system nodes are %s", instanceType, arch, nodes.Architecture))
		}
	}
}

// access checks that each principal has one entry, as in the EKS API, and that the controllers get their AWS credentials.
func access(r *report, e *schema.Environment) {
	entries := map[string]string{e.ArgoCDRoleARN(): ""}
	for _, name := range slices.Sorted(maps.Keys(e.Cluster.Access)) {
		principal := e.Cluster.Access[name].PrincipalARN
		field := "cluster.access." + name + ".principalARN"
		other, taken := entries[principal]
		switch {
		case taken && other == "":
			r.error(e, field, principal+" is Argo CD's role, which genops gives access itself")
		case taken:
			p := r.error(e, field, principal+" has an entry already: EKS takes one for each principal")
			p.Related = []problem.Related{r.related(e, "cluster.access."+other+".principalARN", other+" names it here")}
		}
		entries[principal] = name
	}
	if agent, ok := e.Cluster.Addons["eks-pod-identity-agent"]; ok && !agent.Enabled {
		r.error(e, "cluster.addons.eks-pod-identity-agent.enabled", "without this add-on no controller gets credentials: Karpenter makes no nodes")
	}
}

// maxAllowedCIDRs is how many ranges the public endpoint takes (Amazon EKS service quotas: public endpoint access CIDR ranges per cluster).
const maxAllowedCIDRs = 40

// endpoint checks who can reach the Kubernetes API.
func endpoint(r *report, e *schema.Environment) {
	const field = "cluster.endpoint.allowedCIDRs"
	allowed := e.Cluster.Endpoint.AllowedCIDRs
	switch {
	case !e.Cluster.Endpoint.Public && len(allowed) > 0:
		r.error(e, field, "the public endpoint is off, so nobody can be allowed to reach it")
	case e.Cluster.Endpoint.Public && len(allowed)+len(r.config.Platform.Bootstrap.EgressCIDRs) == 0:
		r.warning(e, "public-endpoint-open", "cluster.endpoint",
			"the Kubernetes API can be reached from the whole Internet: EKS takes no ranges for all of them; set platform.bootstrap.egressCIDRs")
	case slices.Contains(allowed, "0.0.0.0/0"):
		r.warning(e, "public-endpoint-open", field, "the Kubernetes API can be reached from the whole Internet")
	}
	every := slices.Concat(allowed, r.config.Platform.Bootstrap.EgressCIDRs)
	slices.Sort(every)
	if n := len(slices.Compact(every)); e.Cluster.Endpoint.Public && n > maxAllowedCIDRs {
		r.error(e, field, fmt.Sprintf("%d ranges with the bootstrap cluster's own: allowed are %d", n, maxAllowedCIDRs), "join neighbouring ranges to larger ones")
	}
	for i, cidr := range allowed {
		prefix, ok := aligned(r, e, fmt.Sprintf("%s[%d]", field, i), cidr)
		if ok && within(private(), prefix) {
			r.error(e, fmt.Sprintf("%s[%d]", field, i), cidr+" is private: traffic from the Internet never comes from there",
				"give the public address that it leaves from; from inside the VPC the API can always be reached")
		}
	}
}

// reachable tells whether an environment's cluster can be reached from outside its VPC.
func reachable(e *schema.Environment) bool {
	return e.Cluster != nil && e.Cluster.Endpoint.Public
}

// bootstrapAddresses checks the ranges that every public endpoint lets in.
func bootstrapAddresses(r *report) {
	for i, cidr := range r.config.Platform.Bootstrap.EgressCIDRs {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil {
			continue
		}
		field := fmt.Sprintf("bootstrap.egressCIDRs[%d]", i)
		p := problem.Problem{Position: r.config.Position("", field), Field: "platform." + field}
		switch {
		case prefix != prefix.Masked():
			p.Message = cidr + " does not start at the first address of a range"
			p.Hint = "write " + prefix.Masked().String() + ", or " + prefix.Addr().String() + "/32 for this address alone"
		case prefix.Bits() == 0 && slices.ContainsFunc(r.config.Environments, reachable):
			p.Message = cidr + " would open the Kubernetes API of every cluster to the whole Internet"
			p.Hint = "name the addresses that the bootstrap cluster's traffic leaves from: those of its NAT gateways"
		case within(private(), prefix):
			p.Message = cidr + " is private: traffic from the Internet never comes from there"
			p.Hint = "name the public addresses that the bootstrap cluster's traffic leaves from: those of its NAT gateways"
		default:
			continue
		}
		r.errors = append(r.errors, p)
	}
}

// What a Cluster claim takes (#ClusterSpec): lists and texts of a size that keeps the API server's rules cheap.
const (
	maxAccess        = 100
	maxConfiguration = 8192
)

// claimLimits checks what is a map in an environment and a list or a text in the claim.
func claimLimits(r *report, e *schema.Environment) {
	if n := len(e.Cluster.Access); n > maxAccess {
		r.error(e, "cluster.access", fmt.Sprintf("%d entries: allowed are %d", n, maxAccess), "give access to a role that several people assume")
	}
	for _, name := range slices.Sorted(maps.Keys(e.Cluster.Addons)) {
		configuration, err := json.Marshal(e.Cluster.Addons[name].Configuration)
		if err == nil && len(configuration) > maxConfiguration {
			r.error(e, "cluster.addons."+name+".configuration",
				fmt.Sprintf("%d characters as JSON: allowed are %d", len(configuration), maxConfiguration))
		}
	}
}

// addonVersions checks that the catalogue goes along with an upgrade of Kubernetes: without a version AWS picks one, and nothing upgrades the
// add-on later.
func addonVersions(r *report, e *schema.Environment) {
	version := r.config.ClusterVersion(e)
	for _, name := range slices.Sorted(maps.Keys(e.Cluster.Addons)) {
		addon, catalogued := e.Cluster.Addons[name], r.config.Platform.Versions.Addons[name]
		if !addon.Enabled || addon.Version != "" || len(catalogued) == 0 || catalogued[version] != "" {
			continue
		}
		p := r.error(e, "cluster.addons."+name, fmt.Sprintf("the platform's catalogue has no version of %s for Kubernetes %s", name, version),
			fmt.Sprintf("aws eks describe-addon-versions --kubernetes-version %s --addon-name %s lists them", version, name))
		p.Related = []problem.Related{{Position: r.config.Position("", "versions.addons."+name), Message: "the catalogue is here"}}
	}
}

// graviton matches instance families with processors of AWS: a g among the letters after the generation (EC2 user guide: naming of
// instance types), and the first of them.
var graviton = regexp.MustCompile(`^([a-z]+\d+[a-z]*g[a-z]*(-.*)?|a1)$`)

// architecture is the CPU architecture of an instance family.
func architecture(family string) string {
	if graviton.MatchString(family) {
		return "arm64"
	}
	return "amd64"
}

// kubernetesOrder checks that no environment is behind a production environment that comes after it: its upgrade would be tried in
// production first.
func kubernetesOrder(r *report) {
	var earlier []*schema.Environment
	for _, name := range r.config.Platform.Order {
		e := r.config.Environment(name)
		if e == nil || e.Cluster == nil {
			continue
		}
		if e.Stage == schema.StageProd {
			for _, before := range earlier {
				if minor(r.config.ClusterVersion(before)) < minor(r.config.ClusterVersion(e)) {
					p := r.error(before, "cluster.version", fmt.Sprintf("Kubernetes %s is behind %s's %s: upgrade %s first",
						r.config.ClusterVersion(before), e.Name, r.config.ClusterVersion(e), before.Name))
					p.Related = []problem.Related{r.related(e, "cluster.version", e.Name+"'s is set here")}
					if e.Cluster.Version == "" {
						p.Related[0].Position = r.config.Position("", "versions.kubernetes")
					}
				}
			}
		} else if e.Stage != schema.StageShared {
			earlier = append(earlier, e)
		}
	}
}

// minor is the minor number of a Kubernetes version such as 1.35.
func minor(version string) int {
	_, text, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
