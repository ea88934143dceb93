package graph

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// services draws an environment's services, who calls them, and what they call.
func services(b *builder, e *schema.Environment) {
	if e.Cluster == nil {
		return
	}
	b.clusterFrame(e)
	for _, name := range slices.Sorted(maps.Keys(e.Services)) {
		s := e.Services[name]
		service := id("service", name)
		node := Node{ID: service, Frame: idCluster, Kind: Compute, Title: "Service " + name, Notes: []string{serviceRequests(&s)}}
		if s.Workload != nil {
			r := s.Workload.Replicas
			node.Notes = append(node.Notes, span(strconv.Itoa(r.Min), strconv.Itoa(r.Max))+" pods, "+architectures(s.Architecture))
		}
		b.node(node)
		if s.Public() {
			b.link(idALB, service, Request, "")
		}
		for _, caller := range slices.Sorted(slices.Values(s.Network.From)) {
			b.link(id("service", caller), service, Request, "")
		}
		if s.UsesDatabase() {
			b.link(service, idDatabase, Request, "")
			b.link(idSecrets, service, Secret, "")
		}
		if s.Workload != nil && s.Workload.Image.Repository != "" {
			b.link(idRegistry, service, Image, "")
		}
	}
}

// serviceRequests says which requests a service gets.
func serviceRequests(s *schema.Service) string {
	switch {
	case s.Workload == nil:
		return "namespace " + s.Namespace
	case s.Workload.Ingress != nil:
		return s.Workload.Ingress.Host + strings.Join(s.Workload.Ingress.Paths, ", ")
	default:
		return "inside the cluster only"
	}
}

// architectures says which nodes a service runs on.
func architectures(architecture string) string {
	if architecture == schema.AnyArchitecture {
		return "amd64 or arm64"
	}
	return architecture
}
