package compositions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// used lists what the Go files of this folder import, files of tests aside, and which names of the package time they use.
func used(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[imported] = append(found[imported], name)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := selector.X.(*ast.Ident); ok && x.Name == "time" {
					found["time."+selector.Sel.Name] = append(found["time."+selector.Sel.Name], name)
				}
			}
			return true
		})
	}
	return found
}

// TestNothingIsReadBesidesSpecAndObservation holds for what runs in the CLI and on the bootstrap cluster: the same input gives the same resources.
func TestNothingIsReadBesidesSpecAndObservation(t *testing.T) {
	t.Parallel()
	found := used(t)
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
