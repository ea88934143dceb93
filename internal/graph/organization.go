package graph

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// IDs of the organization.
const (
	idOrganization   = "organization"
	idIdentityCenter = "identitycenter"
	idAccounts       = "accounts" // The frame around the units.
)

// organization draws the units with their accounts and policies, and which groups of people get into which of them.
func organization(b *builder, e *schema.Environment) {
	if e.Organization == nil {
		return
	}
	claim := b.config.OrganizationClaim(e)
	b.frame(Frame{ID: idIdentityCenter, Parent: accountFrame(e), Style: FrameNetwork, Title: "Identity Center", Column: 1})
	b.frame(Frame{ID: idAccounts, Parent: accountFrame(e), Style: FrameNetwork, Title: "Organization", Note: "all regions", Column: 2})
	b.node(Node{ID: idOrganization, Frame: idAccounts, Kind: Security, Title: "Root", Notes: policies(claim.RootPolicies)})
	accounts, units := map[string][]string{}, map[string]string{}
	for _, a := range claim.Accounts {
		accounts[a.Unit] = append(accounts[a.Unit], a.Key)
		units[a.Key] = id("unit", a.Unit)
	}
	for _, u := range claim.Units {
		above := idOrganization
		if i := strings.LastIndexByte(u.Path, '/'); i >= 0 {
			above = id("unit", u.Path[:i])
		}
		var notes []string
		if within := accounts[u.Path]; len(within) > 0 {
			notes = append(notes, "accounts: "+strings.Join(within, ", "))
		}
		b.node(Node{ID: id("unit", u.Path), Frame: idAccounts, Kind: Security, Title: "Unit " + u.Path, Notes: append(notes, policies(u.Policies)...)})
		b.link(above, id("unit", u.Path), Control, "")
	}
	if claim.IdentityCenter != nil {
		b.groups(claim.IdentityCenter, units)
	}
}

// groups draws who gets into accounts; units has the node of each account's unit.
func (b *builder) groups(center *schema.IdentityCenterSpec, units map[string]string) {
	for _, group := range center.Groups {
		node := id("group", group.Name)
		var sets []string
		accounts := map[string][]string{}
		for _, a := range center.Assignments {
			if a.Group != group.Name {
				continue
			}
			if accounts[a.PermissionSet] == nil {
				sets = append(sets, a.PermissionSet)
			}
			accounts[a.PermissionSet] = append(accounts[a.PermissionSet], a.Account)
			b.link(node, units[a.Account], Request, "")
		}
		notes := make([]string, 0, len(sets))
		for _, set := range sets {
			notes = append(notes, set+": "+strings.Join(accounts[set], ", "))
		}
		b.node(Node{ID: node, Frame: idIdentityCenter, Kind: Person, Title: group.DisplayName, Notes: notes})
	}
}

// policies names service control policies.
func policies(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{"policies: " + strings.Join(names, ", ")}
}

// organizationPlatform draws in short what holds all accounts.
func organizationPlatform(b *builder) {
	for _, e := range b.config.Environments {
		if e.Organization == nil {
			continue
		}
		claim := b.config.OrganizationClaim(e)
		frame := id("environment", e.Name)
		b.node(Node{ID: id(idOrganization, e.Name), Frame: frame, Kind: Security, Title: "Organization", Notes: []string{
			count(len(claim.Accounts), "account") + " in " + count(len(claim.Units), "unit"),
		}})
		if center := claim.IdentityCenter; center != nil {
			b.node(Node{ID: id(idIdentityCenter, e.Name), Frame: frame, Kind: Security, Title: "Identity Center", Notes: []string{
				count(len(center.Groups), "group") + " of people",
			}})
		}
	}
}
