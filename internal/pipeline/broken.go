package pipeline

import (
	"fmt"

	"github.com/innovate-inc/genops/internal/problem"
)

// brokenObjects are the objects that a kustomization left invalid. What one entry does to several objects is one problem.
type brokenObjects []brokenObject

type brokenObject struct {
	entries       []problem.Position
	path, message string
	others        int
}

// add adds what is wrong with an object that entries changed.
func (b *brokenObjects) add(entries []problem.Position, path, message string) {
	for i, other := range *b {
		if len(entries) > 0 && len(other.entries) > 0 && other.entries[0] == entries[0] && other.message == message {
			(*b)[i].others++
			return
		}
	}
	*b = append(*b, brokenObject{entries: entries, path: path, message: message})
}

// problems tells them at the first of the entries, and names the others: each changed the object.
func (b *brokenObjects) problems(environment string) []problem.Problem {
	var found []problem.Problem
	for _, broken := range *b {
		p := problem.Problem{
			Environment: environment,
			Message:     fmt.Sprintf("after its patches, %s is not valid: %s", broken.path, broken.message),
		}
		if broken.others > 0 {
			p.Message += " (the same for " + problem.Plural(broken.others, "more object") + ")"
		}
		for i, entry := range broken.entries {
			if i == 0 {
				p.Position = entry
				continue
			}
			p.Related = append(p.Related, problem.Related{Position: entry, Message: "this changes it as well"})
		}
		found = append(found, p)
	}
	return found
}
