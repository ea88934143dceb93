package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// ingress checks that requests from the Internet find a service, and only one. taken has who serves a host name and path, and is added to.
func ingress(r *report, e *schema.Environment, name string, in *schema.ServiceIngress, taken map[string]string) {
	field := "services." + name + ".workload.ingress"
	if !e.Serves() {
		r.error(e, field, fmt.Sprintf("%s has no edge, so no request would arrive", e.Name), "give the environment edge: {}")
		return
	}
	domain := r.config.EdgeDomain(e)
	host := in.Host
	if host == "" {
		host = domain
	}
	if host != domain && !slices.Contains(e.Edge.Hosts, host) {
		known := strings.Join(append([]string{domain}, e.Edge.Hosts...), ", ")
		p := r.error(e, field+".host", fmt.Sprintf("CloudFront does not answer to %s: it knows %s", host, known))
		p.Hint = fmt.Sprintf("add it to edge: hosts: [%q]", host)
		p.Related = []problem.Related{r.related(e, "edge", "the edge is set here")}
	}
	for i, path := range in.Paths {
		at := fmt.Sprintf("%s.paths[%d]", field, i)
		if path == "/" && e.Edge.SPA.Enabled {
			p := r.error(e, at, "/ is the single-page application's: CloudFront gets it from its bucket",
				"name the paths of the service, or set edge: spa: enabled: false")
			p.Related = []problem.Related{r.related(e, "edge", "the edge is set here")}
			continue
		}
		if !passedOn(e, path) {
			p := r.error(e, at, fmt.Sprintf("CloudFront does not pass %s on: it passes on %s", path, strings.Join(e.APIPaths(), ", ")),
				fmt.Sprintf("add %q to edge.apiPaths, or leave edge.apiPaths out: it then follows from the services", path+"*"))
			p.Related = []problem.Related{r.related(e, "edge.apiPaths", "the paths are set here")}
		}
		key := host + strings.TrimSuffix(path, "/")
		if other, used := taken[key]; used {
			p := r.error(e, at, fmt.Sprintf("%s%s is served by %s already", host, path, other))
			p.Related = []problem.Related{r.related(e, "services."+other+".workload.ingress", other+"'s is set here")}
			continue
		}
		taken[key] = name
	}
}

// passedOn tells whether CloudFront sends requests below a path to the load balancer.
func passedOn(e *schema.Environment, path string) bool {
	if !e.Edge.SPA.Enabled {
		return true
	}
	path = strings.TrimSuffix(path, "/") + "/"
	return slices.ContainsFunc(e.APIPaths(), func(pattern string) bool {
		start, star := strings.CutSuffix(pattern, "*")
		return star && strings.HasPrefix(path, start)
	})
}
