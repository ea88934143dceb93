package check

import (
	"fmt"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/internal/problem"
)

// TestMasked: nothing of a problem that is printed repeats a secret, and the rest stays.
func TestMasked(t *testing.T) {
	t.Parallel()
	const key = "AKIAIOSFODNN7EXAMPLE"
	got := masked([]problem.Problem{{
		Field: "tags." + key, Message: "found " + key, Hint: "write " + key + " in quotes",
		Related: []problem.Related{{Message: key + " is set here"}},
	}})
	text := fmt.Sprintf("%+v", got)
	if strings.Contains(text, key) {
		t.Errorf("the key is in %s", text)
	}
	for _, kept := range []string{"tags....", "found ...", "write ... in quotes", "... is set here"} {
		if !strings.Contains(text, kept) {
			t.Errorf("%q is missing in %s", kept, text)
		}
	}
}
