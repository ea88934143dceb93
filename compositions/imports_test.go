package compositions_test

import (
	"slices"
	"strings"
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

// TestNothingIsReadBesidesSpecAndObservation holds for what runs in the CLI and on the bootstrap cluster: the same input gives the same resources.
func TestNothingIsReadBesidesSpecAndObservation(t *testing.T) {
	t.Parallel()
	found := used(t, ".")
	for _, name := range []string{
		"os", "os/exec", "io/fs", "net", "net/http", "math/rand", "math/rand/v2", "crypto/rand", "log", "syscall", "unsafe", "path/filepath", "context",
		"sync", "text/template", "time.Now", "time.Since", "time.Until", "time.Sleep", "time.LoadLocation",
	} {
		if len(found[name]) > 0 {
			t.Errorf("%s is used in %v", name, found[name])
		}
	}
	// Compositions depend on the contract alone: neither on the CLI nor on the function that serves them.
	for name := range found {
		if strings.HasPrefix(name, "github.com/innovate-inc/genops/") && name != "github.com/innovate-inc/genops/schema" {
			t.Errorf("%s is used in %v", name, found[name])
		}
	}
	if len(found["fmt"]) < 5 || !slices.Contains(found["time.Second"], "registration.go") {
		t.Errorf("looked at too little, so nothing is proved: %v", found)
	}
}
