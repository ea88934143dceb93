package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Time zones are known on every machine, so that every machine gives the same answer.

	"github.com/robfig/cron/v3"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// cluster checks an environment's EKS cluster.
func cluster(r *report, e *schema.Environment) {
	if e.Network == nil {
		r.error(e, "cluster", "the cluster has no network to run in", "give the environment network: cidr: \"...\"")
	}
	aligned(r, e, "cluster.serviceCIDR", e.Cluster.ServiceCIDR)
	if e.Stage == schema.StageProd && !e.Cluster.DeletionProtection {
		r.warning(e, "deletion-protection-off", "cluster.deletionProtection", "prod's cluster can be deleted: AWS would not refuse")
	}
	if e.Cluster.Endpoint.Public && slices.Contains(e.Cluster.Endpoint.AllowedCIDRs, "0.0.0.0/0") {
		r.warning(e, "public-endpoint-open", "cluster.endpoint.allowedCIDRs", "the Kubernetes API can be reached from the whole Internet")
	}
	for i, cidr := range e.Cluster.Endpoint.AllowedCIDRs {
		aligned(r, e, fmt.Sprintf("cluster.endpoint.allowedCIDRs[%d]", i), cidr)
	}
	if !e.Cluster.Endpoint.Public && len(e.Cluster.Endpoint.AllowedCIDRs) > 0 {
		r.error(e, "cluster.endpoint.allowedCIDRs", "the public endpoint is off, so nobody can be allowed to reach it")
	}
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

// nodePools checks an environment's node pools.
func nodePools(r *report, e *schema.Environment) {
	zones, zonesErr := []string(nil), error(nil)
	if e.Network != nil {
		zones, zonesErr = e.ZoneNames()
	}
	names := slices.Sorted(maps.Keys(e.NodePools))
	for i, name := range names {
		pool := e.NodePools[name]
		if !pool.Enabled {
			continue
		}
		field := "nodePools." + name
		for j, family := range pool.Instances.Families {
			if arch := architecture(family); arch != pool.Architecture {
				r.error(e, fmt.Sprintf("%s.instances.families[%d]", field, j),
					fmt.Sprintf("%s is %s, but the pool's architecture is %s: it would never get a node", family, arch, pool.Architecture))
			}
		}
		for j, zone := range pool.Zones {
			if zonesErr == nil && len(zones) > 0 && !slices.Contains(zones, zone) {
				r.error(e, fmt.Sprintf("%s.zones[%d]", field, j),
					fmt.Sprintf("%s is not a zone of the environment, which has %s", zone, strings.Join(zones, ", ")))
			}
		}
		for j, budget := range pool.Disruption.Budgets {
			at := fmt.Sprintf("%s.disruption.budgets[%d]", field, j)
			switch {
			case (budget.Schedule == "") != (budget.Duration == ""):
				r.error(e, at, "schedule and duration go together: the one says when the budget starts, the other for how long")
			case budget.Schedule != "":
				schedule(r, e, at+".schedule", budget.Schedule)
			}
		}
		for _, earlier := range names[:i] {
			other := e.NodePools[earlier]
			if other.Enabled && other.Weight == pool.Weight && other.Architecture == pool.Architecture && len(other.Taints)+len(pool.Taints) == 0 {
				r.warning(e, "equal-weight-pools", field, fmt.Sprintf(
					"%s and %s have the same architecture and weight %d: which of them gets a pod is up to Karpenter", earlier, name, pool.Weight))
			}
		}
	}
}

// services checks what services refer to.
func services(r *report, e *schema.Environment) {
	names := slices.Sorted(maps.Keys(e.Services))
	architectures := map[string]bool{}
	for _, pool := range e.NodePools {
		if pool.Enabled {
			architectures[pool.Architecture] = true
		}
	}
	namespaces := map[string]string{}
	for _, name := range names {
		service, field := e.Services[name], "services."+name
		if other, taken := namespaces[service.Namespace]; taken {
			p := r.error(e, field+".namespace", fmt.Sprintf("%s is the namespace of %s: each service has its own", service.Namespace, other))
			p.Related = []problem.Related{r.related(e, "services."+other, other+" is set here")}
		}
		namespaces[service.Namespace] = name
		if service.Architecture != "any" && !architectures[service.Architecture] {
			r.error(e, field+".architecture", fmt.Sprintf("no node pool has %s, so its pods would never run", service.Architecture))
		}
		for i, caller := range service.Network.From {
			if _, ok := e.Services[caller]; ok {
				continue
			}
			p := r.error(e, fmt.Sprintf("%s.network.from[%d]", field, i),
				fmt.Sprintf("there is no service %q in %s, which has %s", caller, e.Name, strings.Join(names, ", ")))
			if nearest, ok := problem.Nearest(caller, names); ok {
				p.Hint = "did you mean " + nearest + "?"
			}
		}
		for i, out := range service.Network.Egress {
			aligned(r, e, fmt.Sprintf("%s.network.egress[%d].cidr", field, i), out.CIDR)
		}
	}
}

// windows checks the schedules and time zones of sync windows.
func windows(r *report, e *schema.Environment) {
	for i, w := range e.ArgoCD.SyncWindows {
		field := fmt.Sprintf("argocd.syncWindows[%d]", i)
		schedule(r, e, field+".schedule", w.Schedule)
		if _, err := time.LoadLocation(w.TimeZone); err != nil {
			r.error(e, field+".timeZone", fmt.Sprintf("%q is not a time zone: allowed are names such as Europe/Berlin or UTC", w.TimeZone))
		}
	}
}

// schedule checks a cron schedule with the library that Argo CD and Karpenter read it with.
func schedule(r *report, e *schema.Environment, field, text string) {
	if _, err := cron.ParseStandard(text); err != nil {
		r.error(e, field, fmt.Sprintf("%q is not a cron schedule: %v", text, err),
			"five fields: minute, hour, day of the month, month, day of the week, such as \"0 8 * * mon-fri\"")
	}
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
