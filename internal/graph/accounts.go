package graph

import (
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// planned is the account of an environment that has none yet, in place of its number.
const planned = "planned"

// accountFrame is the frame of an environment's account. Environments that are only planned have frames of their own.
func accountFrame(e *schema.Environment) string {
	if e.Account == "" {
		return id(planned, e.Name)
	}
	return id("account", e.Account)
}

// account adds the frame of an environment's account, and that of the platform below it.
func (b *builder) account(e *schema.Environment) {
	b.addAccount(e.Account, []string{e.Name}, 1)
	if e.Account == "" {
		b.addPlanned(e, 1)
	}
}

// addAccount adds the frame of an account for those that live in it.
func (b *builder) addAccount(account string, who []string, column int) {
	if account == "" {
		return
	}
	title := "AWS account " + account
	b.frame(Frame{ID: id("account", account), Style: FrameAccount, Title: title, Note: strings.Join(who, ", "), Column: column})
}

func (b *builder) addPlanned(e *schema.Environment, column int) {
	b.frame(Frame{ID: accountFrame(e), Style: FrameAccount, Title: "No AWS account yet", Note: e.Name + " is planned", Column: column})
}

// Columns of the platform's accounts.
const (
	centralAccounts     = 1
	environmentAccounts = 2
)

// accounts adds the frames of all accounts: those that serve the others in the first column after the outside, then those of the environments.
func (b *builder) accounts() {
	p := b.config.Platform
	ordered := b.ordered()
	who := map[string][]string{}
	for _, e := range ordered {
		who[e.Account] = append(who[e.Account], e.Name)
	}
	serving := []string{p.ManagementAccount, p.Bootstrap.Account}
	for _, e := range ordered {
		if e.Registry != nil || e.Edge != nil && !e.Serves() {
			serving = append(serving, e.Account)
		}
	}
	for _, account := range serving {
		named := who[account]
		if account == p.ManagementAccount && len(named) == 0 {
			named = []string{"management"}
		}
		if account == p.Bootstrap.Account && len(named) == 0 {
			named = []string{"bootstrap"}
		}
		b.addAccount(account, named, centralAccounts)
	}
	for _, e := range ordered {
		b.addAccount(e.Account, who[e.Account], environmentAccounts)
		if e.Account == "" {
			b.addPlanned(e, environmentAccounts)
		}
		b.frame(Frame{
			ID: id("environment", e.Name), Parent: accountFrame(e), Style: FrameNetwork, Title: e.Name, Note: "stage " + string(e.Stage) + ", " + e.Region,
			Align: alignment(b, e),
		})
	}
}

// ordered are the environments in the order in which a change reaches them, and then those that the order forgot.
func (b *builder) ordered() []*schema.Environment {
	place := func(e *schema.Environment) int {
		if i := slices.Index(b.config.Platform.Order, e.Name); i >= 0 {
			return i
		}
		return len(b.config.Platform.Order)
	}
	ordered := slices.Clone(b.config.Environments)
	slices.SortStableFunc(ordered, func(x, y *schema.Environment) int { return place(x) - place(y) })
	return ordered
}

// alignment puts the columns of environments in the accounts of environments below each other.
func alignment(b *builder, e *schema.Environment) string {
	for _, f := range b.graph.Frames {
		if f.ID == accountFrame(e) && f.Column == environmentAccounts {
			return "environments"
		}
	}
	return ""
}
