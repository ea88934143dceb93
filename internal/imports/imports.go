// Package imports lists what the Go files of a folder use. Tests hold with it that the packages which turn environments into objects, and claims
// into resources, read nothing but what they are given.
package imports

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// Used lists, by import path, the files of a folder that import it, and by names such as time.Now the files that use these. Files of tests are
// left out.
func Used(dir string) (map[string][]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	found := map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse: %w", err)
		}
		base := filepath.Base(name)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, fmt.Errorf("read import of %s: %w", name, err)
			}
			found[imported] = append(found[imported], base)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := selector.X.(*ast.Ident); ok && x.Name == "time" {
					found["time."+selector.Sel.Name] = append(found["time."+selector.Sel.Name], base)
				}
			}
			return true
		})
	}
	return found, nil
}
