package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// services checks what services refer to.
func services(r *report, e *schema.Environment) {
	names := slices.Sorted(maps.Keys(e.Services))
	architectures := map[string]bool{}
	for _, pool := range e.NodePools {
		if pool.Enabled {
			architectures[pool.Architecture] = true
		}
	}
	if len(names) > 0 && len(architectures) == 0 {
		r.error(e, "services."+names[0], "no node pool is enabled, so pods of services would never run", "enable a pool: nodePools: arm64: enabled: true")
		return
	}
	namespaces := map[string]string{}
	for _, name := range names {
		service, field := e.Services[name], "services."+name
		if other, taken := namespaces[service.Namespace]; taken {
			taker, owner := name, other
			if !r.config.Own(e.Name, field+".namespace") {
				taker, owner = other, name // The one that says so is the one to change.
			}
			p := r.error(e, "services."+taker+".namespace", fmt.Sprintf("%s is the namespace of %s: each service has its own", service.Namespace, owner))
			p.Related = []problem.Related{r.related(e, "services."+owner, owner+" is set here")}
		}
		namespaces[service.Namespace] = name
		containers(r, e, field+".containers", service.Containers)
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

// containers checks that the defaults of containers fit each other: the API server refuses a LimitRange that contradicts itself.
func containers(r *report, e *schema.Environment, field string, c schema.Containers) {
	for _, pair := range []struct{ smaller, larger, name, than string }{
		{c.Memory, c.MemoryLimit, "memory", "memoryLimit"}, {c.MemoryLimit, c.MaxMemory, "memoryLimit", "maxMemory"},
	} {
		smaller, err := resource.ParseQuantity(pair.smaller)
		larger, largerErr := resource.ParseQuantity(pair.larger)
		if err == nil && largerErr == nil && smaller.Cmp(larger) > 0 {
			r.error(e, field+"."+pair.name, fmt.Sprintf("%s is more than %s, which is %s", pair.smaller, pair.than, pair.larger))
		}
	}
}
