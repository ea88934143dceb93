package graph

import (
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

const idRegistry = "registry"

// registry draws the platform's registry where an environment has it, or pulls from it.
func registry(b *builder, e *schema.Environment) {
	owner, ok := b.config.Registry()
	if !ok || owner != e && !b.pulls(owner, e) {
		return
	}
	b.addAccount(owner.Account, []string{owner.Name}, 1)
	if owner.Account == "" {
		b.addPlanned(owner, 1)
	}
	b.registryNode(owner, accountFrame(owner))
}

// pulls tells whether an environment's services have images in a registry, which lets it pull them.
func (b *builder) pulls(owner, e *schema.Environment) bool {
	wanted := false
	for _, s := range e.Services {
		wanted = wanted || s.Workload != nil && s.Workload.Image.Repository != ""
	}
	if !wanted || e.Cluster == nil || e.Account == "" {
		return false
	}
	return e.Account == owner.Account || slices.Contains(b.config.PullAccounts(owner), e.Account)
}

func (b *builder) registryNode(owner *schema.Environment, frame string) {
	names := make([]string, 0, len(owner.Registry.Repositories))
	for _, r := range owner.Registry.Resolved() {
		names = append(names, r.Name)
	}
	b.node(Node{ID: idRegistry, Frame: frame, Kind: Data, Store: true, Title: "ECR registry", Notes: []string{
		strings.Join(names, ", "), owner.Registry.Scanning.Type + " scans",
	}})
	b.link(idActions, idRegistry, Image, "images")
}

// registryPlatform draws the registry and the clusters that pull from it.
func registryPlatform(b *builder) {
	owner, ok := b.config.Registry()
	if !ok {
		return
	}
	b.registryNode(owner, id("environment", owner.Name))
	for _, e := range b.config.Environments {
		if b.pulls(owner, e) {
			b.link(idRegistry, id("cluster", e.Name), Image, "")
		}
	}
}
