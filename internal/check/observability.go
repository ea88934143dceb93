package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// observability checks what tells people how an environment is, and that services promise nothing that nobody looks at.
func observability(r *report, e *schema.Environment) {
	for _, name := range slices.Sorted(maps.Keys(e.Services)) {
		if e.Services[name].SLO != nil && !e.Observed() {
			r.error(e, "services."+name+".slo", e.Name+" has no observability of a cluster: nobody would look at what the service promises",
				"give the environment observability: {}, or remove slo")
		}
	}
	o := e.Observability
	if o == nil {
		return
	}
	for i, endpoint := range o.Receivers.Endpoints {
		service := schema.SecretAddress(endpoint)
		if service == "" {
			continue
		}
		// The address is not repeated.
		r.error(e, fmt.Sprintf("observability.receivers.endpoints[%d]", i),
			"an address of "+service+" has a key in it, and is a secret: what is in Git can be read by all who can read the repository",
			"take it out, make a new key, because this one is known now, and subscribe it by hand (docs/OBSERVABILITY.md)")
	}
	if o.Receivers.Empty() && e.Stage == schema.StageProd {
		r.warning(e, "alarms-without-receiver", "observability", "no receivers: the alarms of "+e.Name+" reach nobody")
	}
	if e.Cluster == nil && r.config.Own(e.Name, "observability.grafana") {
		r.error(e, "observability.grafana", e.Name+" has no cluster whose metrics Grafana could show", "remove grafana, or give the environment cluster: {}")
	}
	unseen(r, e, o)
	if e.Account != "" && e.Cluster == nil && e.Network == nil && !e.Serves() {
		r.error(e, "observability", e.Name+" has nothing that could raise an alarm: neither network, cluster nor edge", "remove observability")
	}
}

// unseen checks that nothing is said in an environment's own files of what it does not have: it would be left out in silence. What all environments share
// may be more than one of them needs.
func unseen(r *report, e *schema.Environment, o *schema.Observability) {
	const grafana = "observability.grafana"
	if !e.Serves() && r.config.Own(e.Name, "observability.edge") {
		r.error(e, "observability.edge", e.Name+" has no edge: nobody would look at what it promises", "give the environment an edge, or remove observability.edge")
	}
	if e.Cluster == nil || o.Grafana.Enabled {
		return
	}
	for _, group := range []string{"admins", "editors", "viewers"} {
		if field := grafana + "." + group; r.config.Own(e.Name, field) {
			p := r.error(e, field, "there is no Grafana that the groups could use", "remove "+group+", or enabled: false")
			p.Related = []problem.Related{r.related(e, grafana+".enabled", "it is turned off here")}
		}
	}
}
