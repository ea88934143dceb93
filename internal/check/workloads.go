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

// workloads checks the programs of an environment's services: that their images are somewhere, that they fit what their namespaces allow, and
// that requests find one of them.
func workloads(r *report, e *schema.Environment) {
	taken := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(e.Services)) {
		service := e.Services[name]
		if service.Workload == nil {
			continue
		}
		field := "services." + name + ".workload"
		image(r, e, field+".image", service.Workload.Image)
		fits(r, e, "services."+name, &service)
		if service.Workload.Database && e.Database == nil {
			r.error(e, field+".database", fmt.Sprintf("%s has no database", e.Name), "give the environment database: {}")
		}
		sends(r, e, field, &service)
		variables(r, e, field, service.Workload)
		if service.Workload.Ingress != nil {
			ingress(r, e, name, service.Workload.Ingress, taken)
		}
	}
}

// sends checks that somebody takes what a program is to send, and that its metrics are not what the Internet can ask for.
func sends(r *report, e *schema.Environment, field string, service *schema.Service) {
	program := service.Workload
	if program.Telemetry != nil && *program.Telemetry && e.Observability == nil {
		r.error(e, field+".telemetry", fmt.Sprintf("%s has no observability, so nobody takes what the program sends", e.Name),
			"give the environment observability: {}, or leave telemetry out: then it follows the environment")
	}
	if program.Metrics != nil && e.Observability == nil {
		r.error(e, field+".metrics", fmt.Sprintf("%s has no observability, so nobody collects what the program shows", e.Name),
			"give the environment observability: {}, or remove metrics")
	}
	if program.Metrics != nil && program.Metrics.Port == service.Network.Port {
		r.error(e, field+".metrics.port", fmt.Sprintf("%d is where the program gets requests (network.port), which may come from the Internet",
			program.Metrics.Port), "show metrics on another port, such as 9464")
	}
}

// image checks that an image can be pulled, and that it stays the same.
func image(r *report, e *schema.Environment, field string, image schema.Image) {
	switch {
	case image.Repository == "" && image.Address == "":
		r.error(e, field, "the image has neither a repository of the platform's registry nor an address elsewhere", "write repository: \"...\" or address: \"...\"")
	case image.Repository != "" && image.Address != "":
		r.error(e, field+".address", "the image has a repository of the platform's registry already: allowed is one of repository and address")
	case image.Repository != "":
		repository(r, e, field+".repository", image.Repository)
	}
	if image.Tag == "" && image.Digest == "" {
		r.error(e, field, "the image has neither tag nor digest, so nobody could say what runs", "write tag: \"...\", or better digest: \"sha256:...\"")
	}
}

// repository checks that the platform's registry has a repository, and that the environment's nodes may pull from it.
func repository(r *report, e *schema.Environment, field, name string) {
	owner, ok := r.config.Registry()
	switch {
	case !ok:
		r.error(e, field, "no environment of the platform has a registry", "give one, such as shared-services, registry: repositories: "+name+": {}")
		return
	case owner.Account == "":
		p := r.error(e, field, fmt.Sprintf("the registry is in %s, which is only planned", owner.Name))
		p.Related = []problem.Related{r.related(owner, "registry", "the registry is set here")}
		return
	case owner.Partition() != e.Partition():
		r.error(e, field, fmt.Sprintf("the registry is in %s, another partition of AWS than %s: nothing can be pulled from it", owner.Region, e.Region))
		return
	}
	if _, ok := owner.Registry.Repositories[name]; ok {
		return
	}
	known := slices.Sorted(maps.Keys(owner.Registry.Repositories))
	p := r.error(e, field, fmt.Sprintf("the registry has no repository %q, it has %s", name, strings.Join(known, ", ")))
	p.Related = []problem.Related{r.related(owner, "registry.repositories", "the repositories are set here")}
	if nearest, ok := problem.Nearest(name, known); ok {
		p.Hint = "did you mean " + nearest + "?"
	}
}

// surge is how many pods more than its largest number an update has for a while: a quarter, rounded up (generators: Deployment).
func surge(pods int) int { return (pods + 3) / 4 } //nolint:mnd // A quarter.

// fits checks that the API server would admit all pods of a program: what the namespace's LimitRange and ResourceQuota allow.
func fits(r *report, e *schema.Environment, field string, service *schema.Service) {
	program, at := service.Workload, field+".workload"
	if program.Replicas.Min > program.Replicas.Max {
		r.error(e, at+".replicas.min", fmt.Sprintf("%d is more than max, which is %d", program.Replicas.Min, program.Replicas.Max))
		return
	}
	for i, directory := range program.Writable {
		if directory == "/tmp" || directory == "/" {
			r.error(e, fmt.Sprintf("%s.writable[%d]", at, i), directory+" is not allowed: /tmp is always writable, and / never",
				"name the directories that the program writes to")
		}
	}
	if moreThan(program.Resources.Memory, service.Containers.MaxMemory) {
		r.error(e, at+".resources.memory", fmt.Sprintf("%s is more than a container of the namespace may have (containers.maxMemory), which is %s",
			program.Resources.Memory, service.Containers.MaxMemory))
		return
	}
	pods := program.Replicas.Max + surge(program.Replicas.Max)
	if pods > service.Quota.Pods {
		r.error(e, at+".replicas.max", fmt.Sprintf("%d pods, and %d more while they are updated, are more than the quota of the namespace (quota.pods), which is %d",
			program.Replicas.Max, pods-program.Replicas.Max, service.Quota.Pods))
	}
	for _, q := range []struct{ each, quota, name, of string }{
		{program.Resources.CPU, service.Quota.CPU, "cpu", "quota.cpu"},
		{program.Resources.Memory, service.Quota.Memory, "memory", "quota.memory"},
		{program.Resources.Memory, service.Quota.MemoryLimit, "memory", "quota.memoryLimit"},
	} {
		each, err := resource.ParseQuantity(q.each)
		if err != nil {
			continue // The schema has said so.
		}
		all := each.DeepCopy()
		if all.Mul(int64(pods)) && moreThan(all.String(), q.quota) {
			r.error(e, at+".resources."+q.name, fmt.Sprintf("%d pods of %s, the most that there are during an update, need %s: the quota of the namespace (%s) is %s",
				pods, q.each, all.String(), q.of, q.quota), "raise the quota, or lower replicas.max")
			break
		}
	}
}

// moreThan compares two quantities; one that cannot be read is not more.
func moreThan(one, other string) bool {
	a, err := resource.ParseQuantity(one)
	b, otherErr := resource.ParseQuantity(other)
	return err == nil && otherErr == nil && a.Cmp(b) > 0
}
