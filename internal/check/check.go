// Package check finds what is wrong between environments, and within one where CUE cannot say it: overlapping ranges, accounts used twice,
// names over the limits of AWS, references that lead nowhere.
//
// Every check is a function of the loaded configuration that reports problems with the positions of everything that is concerned. Run is the
// list of them. Comparisons between environments are sorted sweeps, so that their cost grows with the number of environments and not with
// its square.
package check

import (
	"fmt"
	"maps"
	"slices"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// Result is what the checks found.
type Result struct {
	// Errors stop a render.
	Errors []problem.Problem
	// Warnings do not; those that an environment accepts are left out.
	Warnings []problem.Problem
}

// Run runs all checks.
func Run(c *schema.Config) Result {
	r := &report{config: c}
	order(r)
	names(r)
	accounts(r)
	bootstrapAddresses(r)
	kubernetesOrder(r)
	for _, e := range c.Environments {
		environment(r, e)
	}
	packages(r)
	overlaps(r)
	registries(r)
	builds(r)
	edges(r)
	stateBuckets(r)
	baselines(r)
	organizations(r)
	acceptedInVain(r)
	return Result{Errors: problem.Sort(masked(r.errors)), Warnings: problem.Sort(masked(r.warnings))}
}

// masked takes what may be a secret out of what is printed of problems: rules quote values as they found them.
func masked(problems []problem.Problem) []problem.Problem {
	for i := range problems {
		p := &problems[i]
		p.Field, p.Message, p.Hint = schema.Masked(p.Field), schema.Masked(p.Message), schema.Masked(p.Hint)
		for j := range p.Related {
			p.Related[j].Message = schema.Masked(p.Related[j].Message)
		}
	}
	return problems
}

// environment runs the checks within one environment.
func environment(r *report, e *schema.Environment) {
	if e.Account != "" && e.Network == nil && e.Cluster == nil && e.Registry == nil && e.Edge == nil && e.Database == nil && e.StateBackend == nil &&
		!e.HasBaseline() && e.Organization == nil && e.Observability == nil {
		r.error(e, "",
			"the environment renders nothing: it has neither network, cluster, registry, edge, database, stateBackend, baseline, organization nor observability",
			"give it network: cidr: \"...\", or leave account out while it is only planned")
	}
	labels(r, e)
	if e.Network != nil {
		network(r, e)
	}
	if e.Cluster != nil {
		cluster(r, e)
		nodePools(r, e)
		services(r, e)
		workloads(r, e)
	} else {
		homeless(r, e)
	}
	if e.Registry != nil {
		registry(r, e)
	}
	if e.Edge != nil {
		edge(r, e)
	}
	if e.Database != nil {
		database(r, e)
	}
	if e.StateBackend != nil {
		stateBackend(r, e)
	}
	if e.Baseline != nil {
		baseline(r, e)
	}
	if e.Organization != nil {
		organization(r, e)
	}
	observability(r, e)
	adopted(r, e)
	windows(r, e)
}

// adopted checks that ids are given to claims that there are.
func adopted(r *report, e *schema.Environment) {
	described := e.Claims()
	for _, claim := range slices.Sorted(maps.Keys(e.Adopt)) {
		if !slices.Contains(described, claim) {
			r.error(e, "adopt."+claim, fmt.Sprintf("%s has no %s that could adopt anything", e.Name, claim), "remove adopt."+claim+", or describe the "+fieldOf(claim))
		}
	}
}

// homeless checks that an environment without a cluster describes nothing that runs in one: it would be left out in silence.
func homeless(r *report, e *schema.Environment) {
	for _, field := range []string{"nodePools", "services"} {
		if r.config.Own(e.Name, field) {
			r.error(e, field, fmt.Sprintf("%s has no cluster for them", e.Name), "give the environment cluster: {}, or remove "+field)
		}
	}
}

// report collects problems.
type report struct {
	config   *schema.Config
	errors   []problem.Problem
	warnings []problem.Problem
	accepted []acceptance
}

// acceptance is a warning that an environment accepts.
type acceptance struct{ environment, id string }

// acceptedInVain reports what an environment itself accepts and no check finds: when it comes again, nobody would hear of it.
func acceptedInVain(r *report) {
	if len(r.errors) > 0 {
		return // What is wrong may hide what would be found.
	}
	for _, e := range r.config.Environments {
		for _, id := range slices.Sorted(maps.Keys(e.Accept)) {
			field := "accept." + id
			if slices.Contains(r.accepted, acceptance{e.Name, id}) || !r.config.Own(e.Name, field) {
				continue
			}
			r.warnings = append(r.warnings, problem.Problem{
				Environment: e.Name, Position: r.config.Position(e.Name, field), Field: field,
				Message: fmt.Sprintf("there is no %s in %s to accept", id, e.Name), Hint: "remove it, so that you hear of it when it comes",
				Warning: "accepted-in-vain",
			})
		}
	}
}

// error reports a problem in a field of an environment. The optional last argument is a hint.
func (r *report) error(e *schema.Environment, field, message string, hint ...string) *problem.Problem {
	p := problem.Problem{Environment: e.Name, Position: r.config.Position(e.Name, field), Field: field, Message: message}
	if len(hint) > 0 {
		p.Hint = hint[0]
	}
	r.errors = append(r.errors, p)
	return &r.errors[len(r.errors)-1]
}

// warning reports something that is allowed and rarely wanted, unless the environment accepts it.
func (r *report) warning(e *schema.Environment, id, field, message string) {
	if _, accepted := e.Accept[id]; accepted {
		r.accepted = append(r.accepted, acceptance{e.Name, id})
		return
	}
	r.warnings = append(r.warnings, problem.Problem{
		Environment: e.Name,
		Position:    r.config.Position(e.Name, field),
		Field:       field,
		Message:     message,
		Hint:        fmt.Sprintf("to accept it, write accept: %q: \"the reason\" into the environment", id),
		Warning:     id,
	})
}

// related is the place of a field of another environment.
func (r *report) related(e *schema.Environment, field, message string) problem.Related {
	return problem.Related{Position: r.config.Position(e.Name, field), Message: message}
}

// order checks that the platform's order names each environment once.
func order(r *report) {
	known := make([]string, 0, len(r.config.Environments))
	for _, e := range r.config.Environments {
		known = append(known, e.Name)
	}
	named := r.config.Platform.Order
	for i, name := range named {
		field := fmt.Sprintf("order[%d]", i)
		p := problem.Problem{Position: r.config.Position("", field), Field: "platform." + field}
		switch {
		case slices.Contains(named[:i], name):
			p.Message = fmt.Sprintf("%q stands in the order twice", name)
			r.errors = append(r.errors, p)
		case !slices.Contains(known, name):
			p.Message = fmt.Sprintf("there is no environment %q", name)
			if nearest, ok := problem.Nearest(name, known); ok {
				p.Hint = "did you mean " + nearest + "?"
			}
			p.Warning = "order-without-environment"
			r.warnings = append(r.warnings, p)
		}
	}
	for _, e := range r.config.Environments {
		if !slices.Contains(named, e.Name) {
			p := r.error(e, "", fmt.Sprintf("%s is missing from the platform's order, so no change would reach it", e.Name),
				fmt.Sprintf("add %q to order where a change should reach it", e.Name))
			p.Related = []problem.Related{{Position: r.config.Position("", "order"), Message: "the order is set here"}}
		}
	}
}

// reserved are folders below rendered/ that are not environments.
const (
	reservedBootstrap = "bootstrap"
	reservedPlatform  = "platform"
	reservedCI        = "ci"
)

// maxClusterName is the longest name of a cluster that leaves room for the names made from it (#ClusterName); IAM takes 64 characters.
const maxClusterName = 40

// names checks that no two environments make the same AWS names, and that names made of parts are not too long.
func names(r *report) {
	prefixes := map[string]*schema.Environment{}
	clusters := map[string]*schema.Environment{}
	for _, e := range r.config.Environments {
		switch e.Name {
		case reservedBootstrap, reservedPlatform:
			r.error(e, "", fmt.Sprintf("an environment cannot be called %s: rendered/%s is for what belongs to the platform", e.Name, e.Name))
		case reservedCI:
			r.error(e, "", "an environment cannot be called ci: rendered/ci is for the workflows of other repositories")
		}
		if other, ok := prefixes[e.Prefix()]; ok {
			p := r.error(e, "project", fmt.Sprintf("project and environment make the name %s, as %s's do", e.Prefix(), other.Name))
			p.Related = []problem.Related{r.related(other, "project", other.Name+"'s project is set here")}
		}
		prefixes[e.Prefix()] = e
		if e.Cluster == nil {
			continue
		}
		name := e.ClusterName()
		if len(name) > maxClusterName {
			r.error(e, "project", fmt.Sprintf("project and environment make the cluster name %s of %d characters: allowed are %d", name, len(name), maxClusterName),
				"set cluster.name, or shorten the project")
		}
		// Argo CD knows a cluster by its name, whatever account it is in.
		if other, ok := clusters[name]; ok {
			p := r.error(e, "cluster.name", fmt.Sprintf("the cluster is called %s, as %s's is", name, other.Name))
			p.Related = []problem.Related{r.related(other, "cluster.name", other.Name+"'s cluster is named here")}
		}
		clusters[name] = e
	}
}

// accounts checks that no account is used twice by mistake.
func accounts(r *report) {
	users := map[string]*schema.Environment{}
	for _, e := range r.config.Environments {
		if e.Account == "" {
			continue
		}
		other, used := users[e.Account]
		if !used {
			users[e.Account] = e
			continue
		}
		if !sameByMistake(e, other) {
			continue
		}
		p := r.error(e, "account", fmt.Sprintf("%s is %s's account", e.Account, other.Name),
			"an account of its own keeps an environment apart; if they share it on purpose, set sharedAccount: true in both")
		p.Related = []problem.Related{r.related(other, "account", other.Name+"'s is set here")}
	}
}

// sameByMistake tells whether two environments have one account and do not both say that they share it.
func sameByMistake(a, b *schema.Environment) bool {
	return a.Account == b.Account && (!a.SharedAccount || !b.SharedAccount)
}
