package graph

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// IDs of what is outside of AWS.
const (
	idUsers   = "users"
	idGit     = "git"
	idActions = "actions"
	idOutside = "outside"
)

// outside draws who uses an environment, and where its description comes from.
func outside(b *builder, e *schema.Environment) {
	if e.Serves() {
		b.users()
	}
	b.source()
}

// outsidePlatform draws the same for the platform.
func outsidePlatform(b *builder) {
	for _, e := range b.config.Environments {
		if e.Serves() {
			b.users()
			break
		}
	}
	b.source()
}

func (b *builder) users() {
	b.node(Node{ID: idUsers, Kind: Person, Title: "Users", Notes: []string{"browsers"}})
}

// source draws the repository that Argo CD reads, and GitHub Actions where images are built there.
func (b *builder) source() {
	b.frame(Frame{ID: idOutside, Style: FrameOutside, Title: "Source"})
	if e, ok := b.config.Registry(); ok {
		notes := []string{"build, test, push images"}
		if e.Registry.GitHub.Organization != "" {
			notes = append(notes, "of "+e.Registry.GitHub.Organization)
		}
		b.node(Node{ID: idActions, Frame: idOutside, Kind: Delivery, Title: "GitHub Actions", Notes: notes})
	}
	git := b.config.Platform.Git
	address := strings.TrimSuffix(git.URL, ".git")
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	b.node(Node{ID: idGit, Frame: idOutside, Kind: Delivery, Title: "Git repository", Notes: []string{address, git.Path + "/ at " + git.Revision}})
	b.link(idActions, idGit, Control, "checks")
}
