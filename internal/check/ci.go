package check

import (
	"fmt"
	"maps"
	"slices"
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
	for _, name := range slices.Sorted(maps.Keys(owner.Registry.Repositories)) {
		build := owner.Registry.Repositories[name].Build
		if build == nil {
			continue
		}
		field := "registry.repositories." + name
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
