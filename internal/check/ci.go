package check

import (
	"fmt"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// reservedRepository is the folder below rendered/ci of the platform repository.
const reservedRepository = "platform"

// builds checks the builds of repositories, and that the programs made of their images listen where requests arrive.
func builds(r *report) {
	owner, ok := r.config.Registry()
	if !ok {
		return
	}
	built := map[string]string{}
	for _, repository := range owner.Registry.Resolved() {
		name := repository.Name
		build := owner.Registry.Repositories[name].Build
		if build == nil {
			continue
		}
		field := "registry.repositories." + name
		sources(r, owner, built, name, repository.GitHub.Repository)
		if name == reservedRepository {
			r.error(owner, field+".build", "a repository with a build cannot be called platform: rendered/ci/platform is for the workflow of the platform repository",
				"give the image repository another name, and its GitHub repository with github: repository: \"platform\"")
		}
		for i, word := range build.Command {
			if strings.ContainsFunc(word, func(c rune) bool { return c < ' ' }) {
				r.error(owner, fmt.Sprintf("%s.build.command[%d]", field, i), fmt.Sprintf("%q has a control character: allowed is text on one line", word))
			}
		}
		for _, e := range r.config.Environments {
			for _, service := range e.Users(name) {
				listens(r, owner, field+".build.port", build.Port, e, service)
			}
		}
	}
}

// sources checks that a GitHub repository has one build: the workflow and the Dockerfile of a second one would have the same paths. GitHub does not
// tell case apart. built has the image repository that each GitHub repository is built for.
func sources(r *report, owner *schema.Environment, built map[string]string, name, github string) {
	folded := strings.ToLower(github)
	first, found := built[folded]
	if !found {
		built[folded] = name
		return
	}
	source := owner.Registry.GitHub.Organization + "/" + github
	p := r.error(owner, "registry.repositories."+name+".build",
		fmt.Sprintf("the GitHub repository %s has the build of %s already: in its clone one workflow would overwrite the other", source, first),
		"name another one with github: repository, or remove one of the two builds and write its workflow by hand")
	p.Related = []problem.Related{r.related(owner, "registry.repositories."+first+".build", "the build of "+first+" is described here")}
}

// listens checks that a service sends requests to the port that its image listens on. Arguments or PORT may say another one.
func listens(r *report, owner *schema.Environment, at string, port int, e *schema.Environment, service string) {
	s := e.Services[service]
	if _, said := s.Workload.Env["PORT"]; said || len(s.Workload.Args) > 0 || s.Network.Port == port {
		return
	}
	field := "services." + service + ".network.port"
	if !r.config.Own(e.Name, field) {
		field = "services." + service
	}
	p := r.error(e, field, fmt.Sprintf("requests go to port %d of %s, and its image listens on %d", s.Network.Port, service, port),
		fmt.Sprintf("set network: port: %d, or port in the build of the repository", port))
	p.Related = []problem.Related{r.related(owner, at, "the image is described here")}
}
