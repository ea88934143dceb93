package graph

import (
	"fmt"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// IDs of an environment's edge.
const (
	idEdge       = "edge"
	idZone       = "zone"
	idCloudFront = "cloudfront"
	idBucket     = "bucket"
	idALB        = "alb"
)

// edge draws what stands between the Internet and an environment.
func edge(b *builder, e *schema.Environment) {
	if e.Edge == nil {
		return
	}
	b.frame(Frame{ID: idEdge, Parent: accountFrame(e), Style: FrameNetwork, Title: "Edge", Note: "all regions"})
	zone := Node{ID: idZone, Frame: idEdge, Kind: Edge, Title: "Route 53", Notes: []string{b.config.EdgeDomain(e)}}
	if !e.Serves() {
		zone.Notes = append(zone.Notes, "points to the environments")
		b.node(zone)
		return
	}
	b.node(zone)
	b.node(Node{ID: idCloudFront, Frame: idEdge, Kind: Edge, Title: "CloudFront + WAF", Notes: firewall(e)})
	b.link(idUsers, idZone, Request, "")
	b.link(idZone, idCloudFront, Request, "")
	if e.Edge.SPA.Enabled {
		b.node(Node{ID: idBucket, Frame: idEdge, Kind: Data, Store: true, Title: "S3 bucket", Notes: []string{"single-page application"}})
		b.link(idCloudFront, idBucket, Request, "files")
	}
	if e.ReachesLoadBalancer() {
		b.link(idCloudFront, idALB, Request, "HTTPS")
	}
}

// firewall says how requests are looked at.
func firewall(e *schema.Environment) []string {
	return []string{"TLS, " + e.Edge.WAF.Mode + " mode", fmt.Sprintf("%d requests in 5 min", e.Edge.WAF.RateLimit)}
}

// balancer draws the load balancer, which the cluster's controller makes of Ingresses.
func balancer(b *builder, e *schema.Environment) {
	public := e.ReachesLoadBalancer()
	for _, s := range e.Services {
		public = public || s.Public()
	}
	if !public || e.Cluster == nil && !e.ReachesLoadBalancer() {
		return
	}
	var notes []string
	if e.ReachesLoadBalancer() {
		notes = append(notes, "only from CloudFront")
		if paths := e.APIPaths(); len(paths) > 0 && e.Edge.SPA.Enabled {
			notes = append(notes, strings.Join(paths, ", "))
		}
	}
	if e.LoadBalancerACL() != "" {
		notes = append(notes, "with a WAF of its own")
	}
	b.node(Node{ID: idALB, Frame: b.within(idTierPublic, accountFrame(e)), Kind: Edge, Title: "Load balancer (ALB)", Notes: notes})
}

// edgePlatform draws the zones and who points to whom.
func edgePlatform(b *builder) {
	for _, e := range b.config.Environments {
		if e.Edge == nil {
			continue
		}
		zone := Node{ID: id(idZone, e.Name), Frame: id("environment", e.Name), Kind: Edge, Title: "Route 53", Notes: []string{b.config.EdgeDomain(e)}}
		b.node(zone)
		if !e.Serves() {
			b.link(idUsers, zone.ID, Request, "")
			continue
		}
		cdn := id(idCloudFront, e.Name)
		b.node(Node{ID: cdn, Frame: zone.Frame, Kind: Edge, Title: "CloudFront + WAF", Notes: []string{e.Edge.WAF.Mode + " mode"}, Column: 1})
		b.link(zone.ID, cdn, Request, "")
		if e.ReachesLoadBalancer() {
			b.link(cdn, id("cluster", e.Name), Request, "")
		}
		if parent := b.platformZone(); parent != nil && e.Edge.Delegation == schema.DelegationPlatform && e.Account != "" {
			b.link(id(idZone, parent.Name), zone.ID, Request, "")
		} else {
			b.link(idUsers, zone.ID, Request, "")
		}
	}
}

// platformZone is the environment with the zone of the platform's domain, or nil.
func (b *builder) platformZone() *schema.Environment {
	for _, e := range b.config.Environments {
		if e.Edge != nil && !e.Serves() {
			return e
		}
	}
	return nil
}
