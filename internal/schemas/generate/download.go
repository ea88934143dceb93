package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/internal/schemas"
)

// downloaded is what go mod download says about a module.
type downloaded struct {
	Path    string `json:"Path"`
	Version string `json:"Version"`
	Dir     string `json:"Dir"`
	Sum     string `json:"Sum"`
	Error   string `json:"Error"`
}

// download finds a module in Go's module cache, or brings it there. One with a version is pinned by the module in
// root/tools/schemas, whose go.sum has the digests of its files; one without has the version of the product's module in root.
func download(ctx context.Context, root string, module schemas.Module) (*downloaded, error) {
	folder, query := root, module.Path
	if module.Version != "" {
		// Naming the version keeps Go from asking for the requirements of the requirements, which nobody needs here.
		folder, query = filepath.Join(root, "tools", "schemas"), module.Path+"@"+module.Version
	}
	sums, err := os.ReadFile(filepath.Join(folder, "go.sum"))
	if err != nil {
		return nil, fmt.Errorf("read digests: %w", err)
	}
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", query) //nolint:gosec // The arguments are ours.
	command.Dir = folder
	command.Env = append(os.Environ(), "GOWORK=off")
	command.Stderr = &stderr
	stdout, err := command.Output()
	m := &downloaded{}
	if json.Unmarshal(stdout, m) != nil || m.Dir == "" {
		return nil, fmt.Errorf("download %s: %w", query, cmp.Or(said(m.Error), said(stderr.String()), err))
	}
	// Go adds a digest that is missing, which here would be trust at first sight.
	if line := fmt.Sprintf("%s %s %s", m.Path, m.Version, m.Sum); !slices.Contains(strings.Split(string(sums), "\n"), line) {
		return nil, fmt.Errorf("download %s: go.sum in %s did not have this line: %s", query, folder, line)
	}
	return m, nil
}

// said is what Go printed as an error, nil if it said nothing.
func said(text string) error {
	if text = strings.TrimSpace(text); text != "" {
		return errors.New(text)
	}
	return nil
}
