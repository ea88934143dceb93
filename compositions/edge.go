package compositions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Keys of the edge's resources that others refer to.
const (
	keyZone         = "zone"
	keyDistribution = "distribution"
	keyBalancer     = "load-balancer-security-group"
)

// regionOfCloudFront is where CloudFront's certificates and web ACLs have to be (AWS WAF API: CreateWebACL).
const regionOfCloudFront = schema.RegionOfCloudFront

// edge composes what the Internet sees of an environment.
type edge struct {
	*builder

	spec *schema.EdgeSpec
	site *schema.SiteSpec
}

// composeEdge makes a hosted zone and what points to it and from it; for a site, also certificates, CloudFront with its web ACL, the bucket of the
// single-page application, and the way to the load balancer.
func composeEdge(spec *schema.EdgeSpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	if problems := checkEdge(spec); len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	e := &edge{builder: newBuilder(meta, "Edge", claimEdge, observed), spec: spec, site: spec.Site}
	// Records that nobody composes, such as those of external-dns, keep a zone from being deleted: a person looks first.
	e.add(keyZone, e.zone, fields{"name": spec.Domain, "comment": prefix(meta) + ", by genops", "forceDestroy": false})
	requirements := e.delegations()
	if e.site != nil {
		e.serve()
	}
	result, err := e.result()
	if err != nil {
		return nil, err
	}
	result.Status = e.status()
	if result.Requirements = requirements; len(requirements) > 0 {
		// Crossplane does not watch what is only read.
		if result.TTL = registeredTTL; len(e.held) > 0 {
			result.TTL = waitingTTL
		}
	}
	return result, nil
}

// serve makes everything but the zone.
func (e *edge) serve() {
	e.addRecord("caa", fields{"name": e.spec.Domain, "type": "CAA", "ttl": int64(recordTTL), "records": list(authorities())})
	e.certificates()
	e.webACLs()
	e.headers()
	if e.site.SPA.Enabled {
		e.application()
	}
	if e.site.Logs.Access {
		e.accessLogs()
	}
	if e.site.LoadBalancer != nil {
		e.balancer()
		e.dns()
	}
	e.distributes()
	e.addresses()
}

// recordTTL is how long resolvers may remember a record, in seconds.
const recordTTL = 300

// authorities are the certificate authorities of Amazon (ACM user guide: configure a CAA record). No other one may make a certificate for a name in
// the zone.
func authorities() []string {
	var records []string
	for _, tag := range []string{"issue", "issuewild"} {
		for _, name := range []string{"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"} {
			records = append(records, fmt.Sprintf("0 %s %q", tag, name))
		}
	}
	return records
}

// addRecord makes a record of the zone. Route 53 deletes no zone that has records.
func (e *edge) addRecord(key string, forProvider fields) *composed {
	forProvider["zoneIdRef"] = e.ref(keyZone)
	made := e.add(key, e.record, forProvider)
	e.usage(e.own(keyZone, e.zone), e.own(key, e.record), "Route 53 deletes no zone that has records.")
	return made
}

// delegations point to the zones of other environments. Their name servers are AWS's choice, and are read from the zones of the other claims.
func (e *edge) delegations() []Requirement {
	var requirements []Requirement
	for _, child := range e.spec.Delegations {
		key := "delegation-" + hostKey(child.Domain, e.spec.Domain)
		requirements = append(requirements, Requirement{
			Name: key, APIVersion: e.zone.group + "/" + e.zone.version, Kind: e.zone.name, MatchName: ZoneResource(child.Environment),
		})
		servers, _ := at(e.observed.Required[key], "status", "atProvider", "nameServers").([]any)
		if len(servers) == 0 {
			// A zone that cannot be read for a moment must not disappear from the Internet.
			servers, _ = at(e.observed.Resources[key], "spec", "forProvider", "records").([]any)
		}
		if len(servers) == 0 {
			e.hold(key, e.record.noun)
			continue
		}
		e.addRecord(key, fields{"name": child.Domain, "type": "NS", "ttl": int64(recordTTL), "records": sortedTexts(servers)}).
			fromObserved("spec.forProvider.records")
	}
	slices.SortFunc(requirements, func(a, b Requirement) int { return strings.Compare(a.Name, b.Name) })
	return requirements
}

// sortedTexts are the texts of a list, sorted, in a list of its own: AWS gives name servers in any order.
func sortedTexts(values []any) []any {
	texts := make([]string, 0, len(values))
	for _, value := range values {
		if s, ok := value.(string); ok {
			texts = append(texts, s)
		}
	}
	slices.Sort(texts)
	return list(texts)
}

// hostKey is what a host name is called in keys: apex for the domain itself, otherwise the part before the domain.
func hostKey(host, domain string) string {
	if host == domain {
		return "apex"
	}
	label := strings.TrimSuffix(host, "."+domain)
	if strings.Contains(label, ".") || label == "apex" {
		// a.b and a-b are two names, and so are the domain and a host called apex.
		return strings.ReplaceAll(label, ".", "-") + "-" + shortHash(label)
	}
	return label
}

// hosts are the names that CloudFront answers to.
func (e *edge) hosts() []string { return append([]string{e.spec.Domain}, e.site.Hosts...) }

// balancer makes the security group of load balancers that CloudFront asks: only CloudFront gets in, and only to HTTPS, because its list counts for
// 55 of a group's 60 rules (VPC user guide: AWS-managed prefix list weight). What goes out reaches the services and nothing else.
func (e *edge) balancer() {
	const https = 443
	spec := e.site.LoadBalancer
	name := schema.LoadBalancerName(e.meta.Project, e.meta.Environment)
	e.add(keyBalancer, e.securityGroup, fields{
		"vpcIdRef": e.refTo(claimNetwork, keyVPC), "name": shorten(name, limitSecurityGroup), "description": "HTTPS from CloudFront to load balancers",
	}).tagged(map[string]string{"Name": name}) // Ingresses name the group by this tag.
	e.add("load-balancer-https", e.ingressRule, fields{
		"securityGroupIdRef": e.ref(keyBalancer), "prefixListId": spec.PrefixList, "ipProtocol": "tcp", "fromPort": int64(https), "toPort": int64(https),
		"description": "HTTPS from CloudFront",
	})
	for i, cidr := range spec.VPCCIDRs {
		for _, port := range spec.Ports {
			key := fmt.Sprintf("load-balancer-to-%d", port)
			if i > 0 {
				key += "-pods"
			}
			e.add(key, e.egressRule, fields{
				"securityGroupIdRef": e.ref(keyBalancer), "cidrIpv4": cidr, "ipProtocol": "tcp", "fromPort": int64(port), "toPort": int64(port),
				"description": "Services inside the VPC",
			})
		}
	}
	e.usage(e.foreign(claimNetwork, keyVPC, e.vpc), e.own(keyBalancer, e.securityGroup), "AWS deletes no VPC that has security groups.")
}

// status are names and ids that people and other claims look for.
func (e *edge) status() map[string]any {
	status := fields{"domain": e.spec.Domain}
	if servers, ok := at(e.observed.Resources[keyZone], "status", "atProvider", "nameServers").([]any); ok {
		status["nameServers"] = sortedTexts(servers)
	}
	for name, from := range map[string][2]string{
		"zoneId":                      {keyZone, "zoneId"},
		"distributionId":              {keyDistribution, "id"},
		"distributionDomainName":      {keyDistribution, "domainName"},
		"loadBalancerSecurityGroupId": {keyBalancer, "id"},
	} {
		if value := e.observedText(from[0], "status", "atProvider", from[1]); value != "" {
			status[name] = value
		}
	}
	if e.site == nil {
		return status
	}
	if e.site.SPA.Enabled {
		status["bucketName"] = bucketName(e.meta, "spa")
	}
	if arn := e.observedText(e.certificateKey(balancerCertificate), "status", "atProvider", "arn"); arn != "" {
		status["loadBalancerCertificateArn"] = arn
	}
	return status
}

// checkEdge finds what the schema of claims cannot say.
func checkEdge(spec *schema.EdgeSpec) []string {
	var problems []string
	inside := func(field, name string) {
		if !strings.HasSuffix(name, "."+spec.Domain) {
			problems = append(problems, fmt.Sprintf("%s: %s is no name inside %s", field, name, spec.Domain))
		}
	}
	for i, child := range spec.Delegations {
		inside(fmt.Sprintf("spec.delegations[%d].domain", i), child.Domain)
	}
	if spec.Site == nil {
		return problems
	}
	for i, host := range spec.Site.Hosts {
		inside(fmt.Sprintf("spec.site.hosts[%d]", i), host)
		if host == schema.OriginHost(spec.Domain) {
			problems = append(problems, fmt.Sprintf("spec.site.hosts[%d]: %s is the load balancer's own name", i, host))
		}
		if slices.Contains(spec.Site.Hosts[:i], host) {
			problems = append(problems, fmt.Sprintf("spec.site.hosts[%d]: %s is given twice", i, host))
		}
	}
	if (len(spec.Site.APIPaths) > 0 || !spec.Site.SPA.Enabled) && spec.Site.LoadBalancer == nil {
		problems = append(problems, "spec.site.loadBalancer: is missing, and there is no other place that requests could go to")
	}
	return problems
}
