package page

import (
	"testing"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/imports"
)

// TestEveryClaimHasAPurpose: a claim without one would be missing on the pages.
func TestEveryClaimHasAPurpose(t *testing.T) {
	t.Parallel()
	known := purposes()
	for _, c := range compositions.All() {
		if c.Claim && known[c.Kind] == "" {
			t.Errorf("purposes has no line for %s", c.Kind)
		}
		delete(known, c.Kind)
	}
	if len(known) > 0 {
		t.Errorf("purposes has lines for kinds that are no claims: %v", known)
	}
}

// TestNothingIsReadBesidesTheConfiguration: same input, same page.
func TestNothingIsReadBesidesTheConfiguration(t *testing.T) {
	t.Parallel()
	used, err := imports.Used(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"os", "io/fs", "net/http", "math/rand/v2", "time.Now", "path/filepath"} {
		if len(used[name]) > 0 {
			t.Errorf("%s is used in %v", name, used[name])
		}
	}
	if len(used["fmt"]) == 0 {
		t.Error("no file was looked at")
	}
}
