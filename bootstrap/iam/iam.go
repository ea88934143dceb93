// Package iam has the policies of the roles that a person makes, for checks that hold other policies against them.
package iam

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/internal/scp"
)

//go:embed *.json
var files embed.FS

// Allowed are the actions that policies allow whose file names match a pattern such as provisioner-*.json (path.Match), sorted. No policy of a role
// here allows an action with a wildcard in it.
func Allowed(pattern string) ([]string, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("list policies: %w", err)
	}
	var actions []string
	for _, entry := range entries {
		if matched, err := path.Match(pattern, entry.Name()); err != nil || !matched || strings.Contains(entry.Name(), "-trust") {
			continue
		}
		text, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read policy: %w", err)
		}
		var policy struct {
			Statement []struct {
				Effect string `json:"Effect"`
				Action any    `json:"Action"`
			} `json:"Statement"`
		}
		if err := json.Unmarshal(text, &policy); err != nil {
			return nil, fmt.Errorf("read policy %s: %w", entry.Name(), err)
		}
		for _, statement := range policy.Statement {
			if statement.Effect == "Allow" {
				actions = append(actions, scp.Texts(statement.Action)...)
			}
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions), nil
}
