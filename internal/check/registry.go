package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// registries checks that the platform has one registry: workloads name their images without saying where they come from.
func registries(r *report) {
	first, ok := r.config.Registry()
	if !ok {
		return
	}
	for _, e := range r.config.Environments {
		if e.Registry == nil || e == first {
			continue
		}
		p := r.error(e, "registry", fmt.Sprintf("%s has the registry of the platform already: allowed is one", first.Name),
			"describe all repositories in one of the two, and remove the other")
		p.Related = []problem.Related{r.related(first, "registry", first.Name+"'s is set here")}
	}
}

// What a Registry claim takes (#RegistrySpec), and what AWS takes of a role's trust policy beside the subjects that it names (IAM user guide: IAM and
// AWS STS quotas: 2,048 characters).
const (
	maxRepositories = 100
	maxPullAccounts = 200
	maxSubjects     = 1200
)

// registry checks an environment's registry.
func registry(r *report, e *schema.Environment) {
	const field = "registry"
	if e.Account == "" {
		r.error(e, field, e.Name+" is only planned: without an account there is nowhere to pull from", "give it account: \"...\", or remove the registry")
	}
	if strings.Contains(e.Project, "--") {
		r.error(e, "project", fmt.Sprintf("%q starts the names of image repositories, and ECR takes no two dashes in a row", e.Project))
	}
	if e.Registry.Scanning.Type != schema.ScanEnhanced && e.Registry.Scanning.Frequency == schema.ScanContinuous {
		r.error(e, field+".scanning.frequency", "basic scans an image once, when it is pushed", "for continuous scans set scanning: type: \"enhanced\"")
	}
	if e.Registry.ForceDelete && e.Protected() {
		r.error(e, field+".forceDelete", fmt.Sprintf("allowed in %s is false: images that run may be among those that go", e.Stage),
			"to delete a repository, delete its images first")
	}
	if n := len(e.Registry.Repositories); n > maxRepositories {
		r.error(e, field+".repositories", fmt.Sprintf("%d repositories: allowed are %d", n, maxRepositories))
	}
	if n := len(r.config.PullAccounts(e)); n > maxPullAccounts {
		r.error(e, field, fmt.Sprintf("%d accounts pull from it: allowed are %d", n, maxPullAccounts))
	}
	mutable(r, e)
	for _, repository := range e.Registry.Resolved() {
		pushers(r, e, repository)
	}
}

// pushers checks who may push to a repository.
func pushers(r *report, e *schema.Environment, repository schema.RepositorySpec) {
	field := "registry.repositories." + repository.Name + ".github"
	exact, patterns := repository.GitHub.Subjects(e.Registry.GitHub.Organization)
	subjects := slices.Concat(exact, patterns)
	if len(subjects) == 0 {
		r.error(e, field, "neither a branch nor a tag: nobody could push", "leave branches out for main alone")
	}
	characters := 0
	for _, subject := range subjects {
		characters += len(subject) + len(`"",`)
	}
	if characters > maxSubjects {
		r.error(e, field, fmt.Sprintf("the branches and tags make %d characters of a trust policy: allowed are %d", characters, maxSubjects),
			"name fewer branches and tags, or shorter ones")
	}
}

// mutable checks that no release can be overwritten.
func mutable(r *report, e *schema.Environment) {
	for i, tag := range e.Registry.MutableTags {
		for j, release := range e.Registry.Lifecycle.ReleaseTags {
			if !overlap(tag, release) {
				continue
			}
			p := r.error(e, fmt.Sprintf("registry.mutableTags[%d]", i), fmt.Sprintf("%s may be pushed again, and releases are tagged %s", tag, release))
			where := fmt.Sprintf("registry.lifecycle.releaseTags[%d]", j)
			if !r.config.Own(e.Name, "registry.lifecycle.releaseTags") {
				where = "registry"
			}
			p.Related = []problem.Related{r.related(e, where, "tags of releases are those of registry.lifecycle.releaseTags")}
		}
	}
}

// overlap tells whether some tag fits two patterns, whose only star is at the end.
func overlap(one, other string) bool {
	a, open := strings.CutSuffix(one, "*")
	b, otherOpen := strings.CutSuffix(other, "*")
	return a == b || open && strings.HasPrefix(b, a) || otherOpen && strings.HasPrefix(a, b)
}
