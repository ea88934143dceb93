package generators_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/innovate-inc/genops/internal/imports"
)

// used is what the Go files of a folder use.
func used(t *testing.T, dir string) map[string][]string {
	t.Helper()
	found, err := imports.Used(dir)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestNothingIsReadBesidesTheConfiguration holds for what turns environments into objects: same input, same bytes.
func TestNothingIsReadBesidesTheConfiguration(t *testing.T) {
	t.Parallel()
	forbidden := []string{
		"os", "os/exec", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "log", "syscall", "unsafe", "path/filepath",
		"time.Now", "time.Since", "time.Until", "time.LoadLocation",
	}
	for _, dir := range []string{".", filepath.Join("..", "schema")} {
		found := used(t, dir)
		for _, name := range forbidden {
			if len(found[name]) > 0 {
				t.Errorf("%s is used in %v", name, found[name])
			}
		}
		if len(found["fmt"]) < 5 {
			t.Errorf("%s: looked at too few files: %v", dir, found["fmt"])
		}
	}
	if !slices.Contains(used(t, ".")["time.ParseDuration"], "nodepools.go") {
		t.Error("calls of package time are not seen, so nothing is proved")
	}
}
