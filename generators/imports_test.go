package generators_test

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

// used lists what the Go files of a folder import, files of tests aside, and which functions of the package time they call.
func used(t *testing.T, dir string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
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
