package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// edges checks the hosted zones of all environments against each other: each is one environment's, and both ends of a delegation are there.
func edges(r *report) {
	var parent *schema.Environment
	for _, e := range r.config.Environments {
		if e.Edge == nil || e.Serves() {
			continue
		}
		if parent != nil {
			p := r.error(e, "edge.zone", fmt.Sprintf(
				"%s has the platform's zone already: two zones of %s would each know only some of the names", parent.Name, r.config.Platform.Domain,
			))
			p.Related = append(p.Related, r.related(parent, "edge.zone", parent.Name+"'s is set here"))
			continue
		}
		parent = e
	}
	for _, e := range r.config.Environments {
		if !e.Serves() || e.Account == "" || e.Edge.Delegation != schema.DelegationPlatform {
			continue
		}
		domain := r.config.EdgeDomain(e)
		switch {
		case parent == nil:
			r.error(e, "edge", fmt.Sprintf("nobody points to %s: no environment has the zone of %s", domain, r.config.Platform.Domain),
				"write edge: zone: \"platform\" into the environment that has it, or edge: delegation: \"manual\" where a person makes the NS record")
		case parent.Account == "":
			p := r.error(e, "edge", fmt.Sprintf(
				"nobody points to %s: %s, which has the zone of %s, is only planned", domain, parent.Name, r.config.Platform.Domain,
			))
			p.Related = append(p.Related, r.related(parent, "edge.zone", "the zone is set here"))
		}
	}
	domains(r)
}

// domains checks that no domain is another one's, or inside it: names below a zone that is delegated are asked for there.
func domains(r *report) {
	type owned struct {
		domain, backwards string
		environment       *schema.Environment
	}
	var all []owned
	for _, e := range r.config.Environments {
		if e.Serves() {
			domain := r.config.EdgeDomain(e)
			labels := strings.Split(domain, ".")
			slices.Reverse(labels)
			all = append(all, owned{domain, strings.Join(labels, ".") + ".", e})
		}
	}
	// Backwards, what is inside a domain follows it.
	slices.SortStableFunc(all, func(a, b owned) int { return strings.Compare(a.backwards, b.backwards) })
	outer := 0
	for i := 1; i < len(all); i++ {
		one, other := all[i], all[outer]
		if !strings.HasPrefix(one.backwards, other.backwards) {
			outer = i
			continue
		}
		message := fmt.Sprintf("%s has the domain %s, as %s has", one.environment.Name, one.domain, other.environment.Name)
		if one.domain != other.domain {
			message = fmt.Sprintf("%s is inside %s, %s's domain: names below it would be asked for there", one.domain, other.domain, other.environment.Name)
		}
		p := r.error(one.environment, "edge.domain", message, "set edge.domain to a name of its own below "+r.config.Platform.Domain)
		p.Related = append(p.Related, r.related(other.environment, "edge.domain", other.environment.Name+"'s is set here"))
	}
}

// edge checks what the Internet sees of an environment.
func edge(r *report, e *schema.Environment) {
	if !e.Serves() {
		for _, field := range edgeFields() {
			if r.config.Own(e.Name, "edge."+field) {
				r.error(e, "edge."+field, "it means nothing here: the edge has only the platform's zone", "remove it, or remove zone: \"platform\"")
			}
		}
		return
	}
	domain := r.config.EdgeDomain(e)
	if !strings.HasSuffix(domain, "."+r.config.Platform.Domain) {
		p := r.error(e, "edge.domain", fmt.Sprintf("%s is no name inside the platform's domain %s", domain, r.config.Platform.Domain))
		p.Related = append(p.Related, problem.Related{Position: r.config.Position("", "domain"), Message: "the platform's domain is set here"})
	}
	if len(domain) > maxCertificateDomain {
		r.error(e, "edge.domain", fmt.Sprintf("%s has %d characters: a certificate takes %d", domain, len(domain), maxCertificateDomain))
	}
	hosts(r, e, domain)
	toLoadBalancer(r, e)
	if e.Edge.Logs.Access && e.InOptInRegion() {
		r.error(e, "edge.logs.access", fmt.Sprintf("CloudFront delivers no access logs to buckets in %s", e.Region),
			"write edge: logs: access: false; the web ACL's logs are kept")
	}
}

// edgeFields are the fields of an edge that say something of its site.
func edgeFields() []string {
	return []string{"domain", "delegation", "hosts", "apiPaths", "spa", "priceClass", "headers", "waf", "logs", "prefixList"}
}

// Limits of certificates: the first name (ACM API: RequestCertificate), and how many there are (ACM user guide: quotas).
const (
	maxCertificateDomain = 64
	maxCertificateNames  = 10
)

// hosts checks that the names of a site are in its zone, so that its certificates can be proved and its records made.
func hosts(r *report, e *schema.Environment, domain string) {
	names := 2 // The domain, and a star for all names directly below.
	for i, host := range e.Edge.Hosts {
		field := fmt.Sprintf("edge.hosts[%d]", i)
		label, inside := strings.CutSuffix(host, "."+domain)
		switch {
		case host == domain:
			r.error(e, field, host+" is the domain itself, which CloudFront answers to anyway", "remove it")
		case !inside:
			p := r.error(e, field, fmt.Sprintf("%s is outside the zone %s: neither its certificate could be proved nor its record made", host, domain))
			p.Related = append(p.Related, r.related(e, "edge.domain", "the zone comes from here"))
		case host == schema.OriginHost(domain):
			r.error(e, field, host+" is the name that CloudFront finds the load balancer by", "choose another name")
		case strings.Contains(label, "."):
			names++
		}
	}
	if names > maxCertificateNames {
		r.error(e, "edge.hosts", fmt.Sprintf("%d names in the certificate: ACM takes %d", names, maxCertificateNames),
			"names directly below "+domain+" need no place in it")
	}
}

// maxBalancedPorts is how many ports of services a claim takes (#Site): a security group has 60 rules, and there are two ranges.
const maxBalancedPorts = 30

// toLoadBalancer checks that there is a load balancer where requests are sent to one.
func toLoadBalancer(r *report, e *schema.Environment) {
	if !e.ReachesLoadBalancer() {
		return
	}
	field := "edge.apiPaths"
	if !e.Edge.SPA.Enabled {
		field = "edge.spa.enabled"
	}
	if e.Cluster != nil && e.Network == nil {
		return // The cluster says what it lacks.
	}
	if e.Cluster == nil {
		r.error(e, field, fmt.Sprintf("%s has no cluster, and so no load balancer that requests could go to", e.Name),
			"give the environment cluster: {}, or serve only the single-page application")
		return
	}
	if e.OriginPrefixList() == "" {
		const command = "aws ec2 describe-managed-prefix-lists --region %s --filters Name=prefix-list-name,Values=%s shows it"
		r.error(e, "edge.prefixList", fmt.Sprintf("missing: genops does not know the id of CloudFront's prefix list in %s", e.Region),
			fmt.Sprintf(command, e.Region, "com.amazonaws.global.cloudfront.origin-facing"))
	}
	if n := len(e.BalancedPorts()); n > maxBalancedPorts {
		r.error(e, "services", fmt.Sprintf("services behind load balancers have %d ports: the security group takes %d", n, maxBalancedPorts))
	}
}
