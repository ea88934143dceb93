package schema

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// Build is how the image of a repository is tested and built. What is empty is that of the language.
type Build struct {
	Language string   `json:"language"`
	Version  string   `json:"version,omitempty"`
	Context  string   `json:"context"`
	Port     int      `json:"port"`
	Test     string   `json:"test,omitempty"`
	Command  []string `json:"command,omitempty"`
}

// Languages of programs.
const (
	LanguagePython = "python"
	LanguageNode   = "node"
)

// Language is what programs of a language are tested with and built from.
type Language struct {
	Version string `json:"version"`
	Image   string `json:"image"`
	Variant string `json:"variant"`
}

// BuildSpec is how the image of a repository is tested and built, resolved.
type BuildSpec struct {
	// Repository is the name of the image repository.
	Repository string
	// Image is its address, without a tag.
	Image string
	// Organization and GitHub are the GitHub repository that it is built from, and the branches and tags of it that may push.
	Organization string
	GitHub       PushersSpec
	Language     string
	Version      string
	// Base is the image that the program's stands on, with its tag.
	Base    string
	Context string
	Port    int
	Test    string
	Command []string
}

// Builds are the repositories of the platform's registry that genops renders workflows for, sorted by name.
func (c *Config) Builds() []BuildSpec {
	e, found := c.Registry()
	if !found {
		return nil
	}
	var builds []BuildSpec
	for _, repository := range e.Registry.Resolved() {
		build := e.Registry.Repositories[repository.Name].Build
		image, ok := c.ImageRepository(repository.Name)
		if build == nil || !ok {
			continue
		}
		language := c.Platform.Versions.Languages[build.Language]
		spec := BuildSpec{
			Repository: repository.Name, Image: image, Organization: e.Registry.GitHub.Organization, GitHub: repository.GitHub,
			Language: build.Language, Version: cmp.Or(build.Version, language.Version), Context: build.Context, Port: build.Port,
			Test: build.Test, Command: slices.Clone(build.Command),
		}
		spec.Base = c.Platform.Image(language.Image) + ":" + spec.Version + "-" + language.Variant
		test, command := "python -m pytest", []string{"gunicorn", "--bind", "0.0.0.0:" + strconv.Itoa(build.Port), "app:app"}
		if build.Language == LanguageNode {
			test, command = "npm test", []string{"node", "server.js"}
		}
		spec.Test = cmp.Or(spec.Test, test)
		if len(spec.Command) == 0 {
			spec.Command = command
		}
		builds = append(builds, spec)
	}
	return builds
}

// Users are the services of an environment whose programs are images of a repository, sorted by name.
func (e *Environment) Users(repository string) []string {
	var users []string
	for _, name := range slices.Sorted(maps.Keys(e.Services)) {
		if workload := e.Services[name].Workload; workload != nil && workload.Image.Repository == repository {
			users = append(users, name)
		}
	}
	return users
}

// FirstUser is the environment that a new image of a repository reaches first: the first one in the platform's order that uses it and is built.
func (c *Config) FirstUser(repository string) (*Environment, bool) {
	for _, name := range c.Platform.Order {
		e := c.Environment(name)
		if e != nil && e.Account != "" && e.Cluster != nil && len(e.Users(repository)) > 0 {
			return e, true
		}
	}
	return nil, false
}

// github matches the address of a repository on GitHub.
var github = regexp.MustCompile(`^(?:https://github\.com/|ssh://git@github\.com/|git@github\.com:)([A-Za-z0-9-]+)/([A-Za-z0-9._-]+?)(?:\.git)?/?$`)

// GitHub is the platform repository's owner and name on GitHub; ok is false if it is elsewhere.
func (g Git) GitHub() (owner, name string, ok bool) {
	match := github.FindStringSubmatch(g.URL)
	if match == nil {
		return "", "", false
	}
	return match[1], match[2], true
}

// Fits tells whether a text is what a definition of the contract allows, such as #ImageTag, and what that is, in words.
func Fits(definition, text string) (fits bool, allowed string, err error) {
	e := &evaluator{}
	if err := e.refresh(); err != nil {
		return false, "", err
	}
	value, err := e.contract(definition)
	if err != nil {
		return false, "", err
	}
	return value.Unify(e.ctx.Encode(text)).Validate() == nil, nameOf(e, definition).String(), nil
}
