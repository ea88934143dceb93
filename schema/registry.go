package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Registry is the container registry of the platform.
type Registry struct {
	GitHub       GitHub                `json:"github"`
	Scanning     Scanning              `json:"scanning"`
	Lifecycle    Lifecycle             `json:"lifecycle"`
	MutableTags  []string              `json:"mutableTags"`
	ForceDelete  bool                  `json:"forceDelete"`
	Repositories map[string]Repository `json:"repositories"`
}

// GitHub is where images are built.
type GitHub struct {
	Organization string `json:"organization"`
}

// Scanning is how images are searched for known vulnerabilities.
type Scanning struct {
	Type      string `json:"type"`
	Frequency string `json:"frequency"`
}

// Kinds and frequencies of scans.
const (
	ScanEnhanced   = "enhanced"
	ScanContinuous = "continuous"
)

// Lifecycle says which images go by themselves. The counts are images of one repository.
type Lifecycle struct {
	UntaggedDays int      `json:"untaggedDays"`
	ReleaseTags  []string `json:"releaseTags"`
	Releases     int      `json:"releases"`
	Others       int      `json:"others"`
}

// Repository is an image repository.
type Repository struct {
	GitHub Pushers `json:"github"`
	Build  *Build  `json:"build,omitempty"`
}

// Pushers are the workflows of one GitHub repository that may push. An empty Repository means that of the image repository's name.
type Pushers struct {
	Repository string   `json:"repository,omitempty"`
	Branches   []string `json:"branches"`
	Tags       []string `json:"tags"`
}

// RegistrySpec is the spec of a Registry claim (#RegistrySpec).
type RegistrySpec struct {
	ClaimMeta    `json:",inline"`
	GitHub       GitHub           `json:"github"`
	Scanning     Scanning         `json:"scanning"`
	Lifecycle    Lifecycle        `json:"lifecycle"`
	MutableTags  []string         `json:"mutableTags"`
	ForceDelete  bool             `json:"forceDelete"`
	PullAccounts []string         `json:"pullAccounts"`
	Repositories []RepositorySpec `json:"repositories"`
}

// RepositorySpec is one image repository of a Registry claim.
type RepositorySpec struct {
	Name   string      `json:"name"`
	GitHub PushersSpec `json:"github"`
}

// PushersSpec are the workflows that may push, resolved.
type PushersSpec struct {
	Repository string   `json:"repository"`
	Branches   []string `json:"branches"`
	Tags       []string `json:"tags"`
}

// Subjects are the subjects of GitHub's tokens that may push (GitHub: OpenID Connect reference, subject claims): those that have to match exactly,
// and those that end in a star. Organization, repository and branch never have one.
func (p PushersSpec) Subjects(organization string) (exact, patterns []string) {
	ref := "repo:" + organization + "/" + p.Repository + ":ref:refs/"
	for _, branch := range p.Branches {
		exact = append(exact, ref+"heads/"+branch)
	}
	for _, tag := range p.Tags {
		if strings.HasSuffix(tag, "*") {
			patterns = append(patterns, ref+"tags/"+tag)
		} else {
			exact = append(exact, ref+"tags/"+tag)
		}
	}
	return exact, patterns
}

// resolve fills in the GitHub repository.
func (r Repository) resolve(name string) RepositorySpec {
	return RepositorySpec{Name: name, GitHub: PushersSpec{
		Repository: cmp.Or(r.GitHub.Repository, name),
		Branches:   append([]string{}, r.GitHub.Branches...),
		Tags:       append([]string{}, r.GitHub.Tags...),
	}}
}

// Resolved are the registry's repositories, sorted by name, with nothing left to be defaulted.
func (r *Registry) Resolved() []RepositorySpec {
	repositories := []RepositorySpec{}
	for _, name := range slices.Sorted(maps.Keys(r.Repositories)) {
		repositories = append(repositories, r.Repositories[name].resolve(name))
	}
	return repositories
}

// Registry is the environment that has the platform's registry, if there is one.
func (c *Config) Registry() (*Environment, bool) {
	for _, e := range c.Environments {
		if e.Registry != nil {
			return e, true
		}
	}
	return nil, false
}

// RegistryClaim resolves an environment's registry into the spec of its claim.
func (c *Config) RegistryClaim(e *Environment) RegistrySpec {
	return RegistrySpec{
		ClaimMeta:    e.Meta(ClaimRegistry),
		GitHub:       e.Registry.GitHub,
		Scanning:     e.Registry.Scanning,
		Lifecycle:    e.Registry.Lifecycle,
		MutableTags:  append([]string{}, e.Registry.MutableTags...),
		ForceDelete:  e.Registry.ForceDelete,
		PullAccounts: c.PullAccounts(e),
		Repositories: e.Registry.Resolved(),
	}
}

// PullAccounts are the accounts whose clusters pull from an environment's registry, sorted. Its own needs no permission of the registry, and no
// account of another partition can have one.
func (c *Config) PullAccounts(registry *Environment) []string {
	accounts := []string{}
	for _, e := range c.Environments {
		if e.Account != "" && e.Account != registry.Account && e.Cluster != nil && e.Partition() == registry.Partition() {
			accounts = append(accounts, e.Account)
		}
	}
	slices.Sort(accounts)
	return slices.Compact(accounts)
}

// ImageRepository is the address of an image repository, without a tag: what images of that name are pulled from. ok is false if the platform's
// registry has no such repository, or no account yet.
func (c *Config) ImageRepository(name string) (address string, ok bool) {
	e, found := c.Registry()
	if !found || e.Account == "" {
		return "", false
	}
	if _, ok := e.Registry.Repositories[name]; !ok {
		return "", false
	}
	return RegistryHost(e.Account, e.Region) + "/" + RepositoryPath(e.Project, name), true
}

// RepositoryPath is the name of an image repository in the registry.
func RepositoryPath(project, name string) string { return project + "/" + name }

// RegistryHost is the address of an account's registry in a region (Amazon ECR user guide: private registries).
func RegistryHost(account, region string) string {
	host := account + ".dkr.ecr." + region + ".amazonaws.com"
	if Partition(region) == "aws-cn" {
		host += ".cn"
	}
	return host
}
