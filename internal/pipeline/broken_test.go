package pipeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/problem"
)

// TestBrokenObjects: entries that changed an object together are named together, and another entry is another problem.
func TestBrokenObjects(t *testing.T) {
	t.Parallel()
	at := func(line int) problem.Position { return problem.Position{File: "k.yaml", Line: line, Column: 3} }
	var broken brokenObjects
	broken.add([]problem.Position{at(2), at(9)}, "dev/a.yaml", "x")
	broken.add([]problem.Position{at(2)}, "dev/b.yaml", "x")
	broken.add([]problem.Position{at(2)}, "dev/b.yaml", "y")
	broken.add([]problem.Position{at(9)}, "dev/c.yaml", "x")
	want := []problem.Problem{
		{
			Environment: "dev", Position: at(2), Message: "after its patches, dev/a.yaml is not valid: x (the same for 1 more object)",
			Related: []problem.Related{{Position: at(9), Message: "this changes it as well"}},
		},
		{Environment: "dev", Position: at(2), Message: "after its patches, dev/b.yaml is not valid: y"},
		{Environment: "dev", Position: at(9), Message: "after its patches, dev/c.yaml is not valid: x"},
	}
	if diff := cmp.Diff(want, broken.problems("dev")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
