package graph

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// IDs of the bootstrap cluster, and of what lets it into an account.
const (
	idHub        = "hub"
	idArgoCD     = "argocd"
	idCrossplane = "crossplane"
	idRole       = "role"
)

// hub draws the bootstrap cluster: in a column of its frame, its two programs beside each other or not.
func (b *builder) hub(column int) {
	p := b.config.Platform
	var who []string
	for _, e := range b.ordered() {
		if e.Account == p.Bootstrap.Account {
			who = append(who, e.Name)
		}
	}
	if len(who) == 0 {
		who = []string{"bootstrap"}
	}
	b.addAccount(p.Bootstrap.Account, who, 1)
	b.frame(Frame{
		ID: idHub, Parent: id("account", p.Bootstrap.Account), Style: FrameCluster, Title: "EKS " + p.Bootstrap.ClusterName, Note: p.Bootstrap.Region, Column: column,
	})
	b.node(Node{ID: idArgoCD, Frame: idHub, Kind: Delivery, Title: "Argo CD", Notes: []string{"syncs " + p.Git.Path + "/"}})
	b.node(Node{ID: idCrossplane, Frame: idHub, Kind: Delivery, Title: "Crossplane", Notes: []string{"claims become AWS resources"}, Column: column})
	b.link(idGit, idArgoCD, Control, "")
	b.link(idArgoCD, idCrossplane, Control, "")
}

// delivery draws how an environment is built and kept up to date. Nothing is rendered for one without an account.
func delivery(b *builder, e *schema.Environment) {
	b.hub(1)
	if e.Account == "" {
		return
	}
	b.node(Node{
		ID: idRole, Frame: accountFrame(e), Kind: Security, Title: "IAM role", Notes: []string{b.config.Platform.Bootstrap.ProvisionerRole, "makes all of this"},
	})
	b.link(idCrossplane, idRole, Control, "")
	b.link(idArgoCD, idAPI, Control, "")
}

// deliveryPlatform draws the same for all environments.
func deliveryPlatform(b *builder) {
	b.hub(0)
	for _, e := range b.config.Environments {
		if e.Account == "" {
			continue
		}
		role := id(idRole, e.Name)
		b.node(Node{
			ID: role, Frame: id("environment", e.Name), Kind: Security, Title: "IAM role", Notes: []string{b.config.Platform.Bootstrap.ProvisionerRole},
		})
		b.link(idCrossplane, role, Control, "")
		b.link(idArgoCD, id("cluster", e.Name), Control, "")
	}
	if len(b.config.Platform.Order) == 0 {
		return
	}
	for i := range b.graph.Nodes {
		if b.graph.Nodes[i].ID == idArgoCD {
			b.graph.Nodes[i].Notes = append(b.graph.Nodes[i].Notes, "order: "+strings.Join(b.config.Platform.Order, ", "))
		}
	}
}
