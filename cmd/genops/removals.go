package main

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/internal/tree"
)

// allowed is the annotation of a claim that may be deleted (generators: Admission).
const allowed = "genops.dev/allow-deletion"

// refusedRemovals warns about claims that are about to leave rendered/ although what is committed does not allow that they are deleted: the
// bootstrap cluster will refuse it, and Argo CD will try for ever. prefix goes before the folders of environments.
func refusedRemovals(root fs.FS, prefix string, changes []tree.Change) []problem.Problem {
	kinds := map[string][]string{}
	for _, c := range changes {
		if c.Kind != tree.Removed || path.Base(path.Dir(c.Path)) != "claims" {
			continue
		}
		text, err := fs.ReadFile(root, c.Path)
		if err != nil {
			continue // It went meanwhile.
		}
		var object struct {
			Kind     string
			Metadata struct{ Annotations map[string]string }
		}
		if yaml.Unmarshal(text, &object) != nil || object.Metadata.Annotations[allowed] == "true" {
			continue
		}
		if composition, ok := compositions.Find(object.Kind); ok && composition.Claim {
			environment, _, _ := strings.Cut(c.Path, "/")
			kinds[environment] = append(kinds[environment], object.Kind)
		}
	}
	var warnings []problem.Problem
	for environment, names := range kinds {
		slices.Sort(names)
		warnings = append(warnings, problem.Problem{
			Environment: environment,
			Position:    problem.Position{File: path.Join(prefix, "environments", environment)},
			Message: fmt.Sprintf("%s of %s would be deleted, and nothing allows it yet: the bootstrap cluster will refuse it",
				enumerated(names), environment),
			Hint:    "undo this, allow it (genops explain allowDeletion) and merge that; remove it in a second change",
			Warning: "removal-refused",
		})
	}
	slices.SortFunc(warnings, func(a, b problem.Problem) int { return strings.Compare(a.Environment, b.Environment) })
	return warnings
}

// enumerated joins names as people do.
func enumerated(names []string) string {
	if len(names) < 2 { //nolint:mnd // One needs no "and".
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
