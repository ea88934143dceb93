package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Which hosted zone an environment's edge has, and who points to it.
const (
	ZonePlatform       = "platform"
	DelegationPlatform = "platform"
)

// Edge is what the Internet sees of an environment. APIPaths is nil if nobody said.
type Edge struct {
	Zone       string      `json:"zone"`
	Domain     string      `json:"domain,omitempty"`
	Delegation string      `json:"delegation"`
	Hosts      []string    `json:"hosts"`
	APIPaths   []string    `json:"apiPaths,omitempty"`
	SPA        SPA         `json:"spa"`
	PriceClass string      `json:"priceClass"`
	Headers    EdgeHeaders `json:"headers"`
	WAF        WAF         `json:"waf"`
	Logs       EdgeLogs    `json:"logs"`
	PrefixList string      `json:"prefixList,omitempty"`
}

// SPA is a single-page application.
type SPA struct {
	Enabled        bool `json:"enabled"`
	NoncurrentDays int  `json:"noncurrentDays"`
}

// EdgeHeaders are what CloudFront adds to responses.
type EdgeHeaders struct {
	ContentSecurityPolicy string `json:"contentSecurityPolicy"`
	HSTSDays              int    `json:"hstsDays"`
}

// WAF is AWS WAF. RateLimit is in requests of one address in five minutes.
type WAF struct {
	RateLimit    int      `json:"rateLimit"`
	Mode         string   `json:"mode"`
	CountedRules []string `json:"countedRules"`
	LoadBalancer bool     `json:"loadBalancer"`
}

// EdgeLogs are the logs of CloudFront and AWS WAF.
type EdgeLogs struct {
	Access        bool `json:"access"`
	RetentionDays int  `json:"retentionDays"`
}

// EdgeSpec is the spec of an Edge claim (#EdgeSpec).
type EdgeSpec struct {
	ClaimMeta   `json:",inline"`
	Domain      string           `json:"domain"`
	Delegations []DelegationSpec `json:"delegations"`
	Site        *SiteSpec        `json:"site,omitempty"`
}

// DelegationSpec is a zone of another environment's Edge claim.
type DelegationSpec struct {
	Domain      string `json:"domain"`
	Environment string `json:"environment"`
}

// SiteSpec is what an Edge claim serves.
type SiteSpec struct {
	Hosts        []string          `json:"hosts"`
	APIPaths     []string          `json:"apiPaths"`
	SPA          SPA               `json:"spa"`
	LoadBalancer *LoadBalancerSpec `json:"loadBalancer,omitempty"`
	PriceClass   string            `json:"priceClass"`
	Headers      EdgeHeaders       `json:"headers"`
	WAF          WAF               `json:"waf"`
	Logs         EdgeLogs          `json:"logs"`
}

// LoadBalancerSpec is the way to the load balancer.
type LoadBalancerSpec struct {
	ClusterName string   `json:"clusterName"`
	VPCCIDRs    []string `json:"vpcCIDRs"`
	Ports       []int    `json:"ports"`
	PrefixList  string   `json:"prefixList"`
}

// EdgeDomain is the domain of an environment's hosted zone; empty if it has none.
func (c *Config) EdgeDomain(e *Environment) string {
	switch {
	case e.Edge == nil:
		return ""
	case e.Edge.Zone == ZonePlatform:
		return c.Platform.Domain
	case e.Edge.Domain != "":
		return e.Edge.Domain
	case e.Stage == StageProd:
		return "app." + c.Platform.Domain
	default:
		return e.Name + "." + c.Platform.Domain
	}
}

// Serves tells whether CloudFront stands before the environment: it has an edge of its own, and not only the platform's zone.
func (e *Environment) Serves() bool { return e.Edge != nil && e.Edge.Zone != ZonePlatform }

// APIPaths are the path patterns that go to an environment's load balancer.
func (e *Environment) APIPaths() []string {
	switch {
	case !e.Serves() || e.Edge.APIPaths == nil && e.Cluster == nil:
		return []string{}
	case e.Edge.APIPaths == nil:
		if paths := e.servicePaths(); len(paths) > 0 {
			return paths
		}
		return []string{"/api/*"}
	default:
		return e.Edge.APIPaths
	}
}

// servicePaths are the patterns of the paths that services serve, sorted, each with what is below it; / is everything, and needs none.
func (e *Environment) servicePaths() []string {
	var patterns []string
	for _, service := range e.Services {
		if service.Workload == nil || service.Workload.Ingress == nil {
			continue
		}
		for _, path := range service.Workload.Ingress.Paths {
			if path = strings.TrimSuffix(path, "/"); path != "" {
				patterns = append(patterns, path, path+"/*")
			}
		}
	}
	slices.Sort(patterns)
	return slices.Compact(patterns)
}

// ReachesLoadBalancer tells whether CloudFront sends anything to a load balancer of the environment's cluster.
func (e *Environment) ReachesLoadBalancer() bool {
	return e.Serves() && (!e.Edge.SPA.Enabled || len(e.APIPaths()) > 0)
}

// OriginHost is the host name of a domain that CloudFront finds the load balancer by, whichever one the cluster has: the Ingress says it, and
// external-dns makes the record in the environment's zone.
func OriginHost(domain string) string { return "origin." + domain }

// LoadBalancerName is the name of what belongs to the load balancer of CloudFront: of its security group (tag Name) and of its web ACL.
func LoadBalancerName(project, environment string) string {
	return project + "-" + environment + "-alb"
}

// OriginHost is the host name that CloudFront finds an environment's load balancer by; empty if nothing goes there.
func (c *Config) OriginHost(e *Environment) string {
	if !e.ReachesLoadBalancer() {
		return ""
	}
	return OriginHost(c.EdgeDomain(e))
}

// LoadBalancerGroup is the tag Name of the security group that lets CloudFront reach a load balancer, as the annotation
// alb.ingress.kubernetes.io/security-groups takes it; empty if there is none.
func (e *Environment) LoadBalancerGroup() string {
	if !e.ReachesLoadBalancer() {
		return ""
	}
	return LoadBalancerName(e.Project, e.Name)
}

// LoadBalancerACL is the name of the web ACL of a load balancer, as wafv2AclName of IngressClassParams takes it; empty if there is none.
func (e *Environment) LoadBalancerACL() string {
	if !e.ReachesLoadBalancer() || !e.Edge.WAF.LoadBalancer {
		return ""
	}
	return LoadBalancerName(e.Project, e.Name)
}

// BalancedPorts are the ports of the services behind load balancers, sorted.
func (e *Environment) BalancedPorts() []int {
	ports := []int{}
	for _, service := range e.Services {
		if service.Public() {
			ports = append(ports, service.Network.Port)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// OriginPrefixList is the id of CloudFront's prefix list for an environment: its own, or that of the region; empty if nobody knows.
func (e *Environment) OriginPrefixList() string {
	if e.Edge != nil && e.Edge.PrefixList != "" {
		return e.Edge.PrefixList
	}
	return cloudFrontPrefixLists()[e.Region]
}

// InOptInRegion tells whether accounts have the environment's region only once somebody has asked for it.
func (e *Environment) InOptInRegion() bool {
	_, known := cloudFrontPrefixLists()[e.Region]
	return !known
}

// cloudFrontPrefixLists are the ids of com.amazonaws.global.cloudfront.origin-facing, the addresses that CloudFront asks origins from, in the
// regions that every account has (AWS blog: limit access to your origins using the AWS-managed prefix list for Amazon CloudFront).
func cloudFrontPrefixLists() map[string]string {
	return map[string]string{
		"ap-northeast-1": "pl-58a04531",
		"ap-northeast-2": "pl-22a6434b",
		"ap-northeast-3": "pl-31a14458",
		"ap-south-1":     "pl-9aa247f3",
		"ap-southeast-1": "pl-31a34658",
		"ap-southeast-2": "pl-b8a742d1",
		"ca-central-1":   "pl-38a64351",
		"eu-central-1":   "pl-a3a144ca",
		"eu-north-1":     "pl-fab65393",
		"eu-west-1":      "pl-4fa04526",
		"eu-west-2":      "pl-93a247fa",
		"eu-west-3":      "pl-75b1541c",
		"sa-east-1":      "pl-5da64334",
		"us-east-1":      "pl-3b927c52",
		"us-east-2":      "pl-b6a144df",
		"us-west-1":      "pl-4ea04527",
		"us-west-2":      "pl-82a045eb",
	}
}

// EdgeClaim resolves an environment's edge into the spec of its claim.
func (c *Config) EdgeClaim(e *Environment) (EdgeSpec, error) {
	spec := EdgeSpec{ClaimMeta: e.Meta(ClaimEdge), Domain: c.EdgeDomain(e), Delegations: []DelegationSpec{}}
	if !e.Serves() {
		spec.Delegations = c.delegations()
		return spec, nil
	}
	edge := e.Edge
	hosts := slices.Sorted(slices.Values(edge.Hosts))
	site := &SiteSpec{
		Hosts: append([]string{}, hosts...), APIPaths: append([]string{}, e.APIPaths()...), SPA: edge.SPA, PriceClass: edge.PriceClass,
		Headers: edge.Headers, WAF: edge.WAF, Logs: edge.Logs,
	}
	spec.Site = site
	if !e.ReachesLoadBalancer() {
		site.WAF.LoadBalancer = false
		return spec, nil
	}
	if e.Network == nil {
		return EdgeSpec{}, fmt.Errorf("resolve edge of %s: its load balancer has no network", e.Name)
	}
	site.LoadBalancer = &LoadBalancerSpec{
		ClusterName: e.ClusterName(), VPCCIDRs: []string{e.Network.CIDR}, Ports: e.BalancedPorts(), PrefixList: e.OriginPrefixList(),
	}
	if e.Network.PodCIDR != "" {
		site.LoadBalancer.VPCCIDRs = append(site.LoadBalancer.VPCCIDRs, e.Network.PodCIDR)
	}
	return spec, nil
}

// delegations are the zones that the platform's zone points to, sorted by domain.
func (c *Config) delegations() []DelegationSpec {
	found := []DelegationSpec{}
	for _, e := range c.Environments {
		if e.Account != "" && e.Serves() && e.Edge.Delegation == DelegationPlatform {
			found = append(found, DelegationSpec{Domain: c.EdgeDomain(e), Environment: e.Name})
		}
	}
	slices.SortFunc(found, func(a, b DelegationSpec) int { return strings.Compare(a.Domain, b.Domain) })
	return found
}
