package graph

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// IDs of an environment's cluster.
const (
	idCluster = "cluster"
	idAPI     = "api"
	idSystem  = "system"
)

// clusterFrame adds the frame of an environment's cluster.
func (b *builder) clusterFrame(e *schema.Environment) {
	b.frame(Frame{
		ID: idCluster, Parent: b.within(idTierApp, accountFrame(e)), Style: FrameCluster, Column: 0,
		Title: "EKS " + e.ClusterName(), Note: "Kubernetes " + b.config.ClusterVersion(e),
	})
}

// cluster draws the EKS cluster: its API, the static nodes, and Karpenter's pools.
func cluster(b *builder, e *schema.Environment) {
	if e.Cluster == nil {
		return
	}
	b.clusterFrame(e)
	endpoint := "private endpoint"
	if e.Cluster.Endpoint.Public {
		endpoint = "private and public endpoint"
	}
	b.node(Node{ID: idAPI, Frame: idCluster, Kind: Compute, Title: "Kubernetes API", Notes: []string{endpoint}})
	s := e.Cluster.SystemNodes
	b.node(Node{ID: idSystem, Frame: idCluster, Kind: Compute, Title: "System nodes", Notes: []string{
		span(strconv.Itoa(s.Min), strconv.Itoa(s.Max)) + " × " + strings.Join(s.InstanceTypes, ", "), "add-ons, Karpenter",
	}})
	for _, name := range slices.Sorted(maps.Keys(e.NodePools)) {
		pool := e.NodePools[name]
		if !pool.Enabled {
			continue
		}
		node := id("pool", name)
		b.node(Node{ID: node, Frame: idCluster, Kind: Compute, Title: "Karpenter pool " + name, Notes: []string{
			pool.Architecture + ", " + strings.Join(pool.CapacityTypes, ", "), "up to " + pool.Limits.CPU + " CPU, " + pool.Limits.Memory,
		}})
		b.link(idSystem, node, Control, "")
	}
	b.link(idSystem, idEndpoints, Request, "")
}

// clusterPlatform draws each environment's cluster.
func clusterPlatform(b *builder) {
	for _, e := range b.config.Environments {
		if e.Cluster == nil {
			continue
		}
		notes := []string{"Kubernetes " + b.config.ClusterVersion(e)}
		if len(e.Services) > 0 {
			notes = append(notes, "services: "+strings.Join(slices.Sorted(maps.Keys(e.Services)), ", "))
		}
		b.node(Node{
			ID: id("cluster", e.Name), Frame: id("environment", e.Name), Kind: Compute, Title: "EKS " + e.ClusterName(), Notes: notes, Column: 2,
		})
	}
}
