package world

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// Publish takes what is in the repository that is tested.
func (w *World) Publish(ctx context.Context) (string, error) {
	return w.Take(ctx, w.Root, "The platform, on this machine")
}

// Take copies the environments of a folder, adds the overlay for this machine, renders, and pushes. It returns the commit, which is the one before
// if nothing is different.
func (w *World) Take(ctx context.Context, from, message string) (string, error) {
	if err := w.CopySources(from); err != nil {
		return "", err
	}
	if err := w.reduce(ctx); err != nil {
		return "", err
	}
	if _, err := w.Genops(ctx, w.Git.Dir, "render"); err != nil {
		return "", err
	}
	clean, err := w.Git.Clean(ctx)
	if err != nil {
		return "", err //nolint:wrapcheck // It says what failed.
	}
	if clean {
		return w.Git.Head(ctx) //nolint:wrapcheck // It says what failed.
	}
	return w.Git.Commit(ctx, message) //nolint:wrapcheck // It says what failed.
}

// CopySources makes the environments of the served repository those of a folder, but for the overlay of this machine.
func (w *World) CopySources(from string) error {
	for _, name := range []string{"environments", "cue.mod"} {
		to := filepath.Join(w.Git.Dir, name)
		if err := os.RemoveAll(to); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		if err := os.CopyFS(to, os.DirFS(filepath.Join(from, name))); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
	if err := w.keepEnvironments(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(w.mirrors, "", "\t")
	if err != nil {
		return fmt.Errorf("mirrors: %w", err)
	}
	// JSON is CUE. Nothing but this is different from what is committed, and the windows in which prod may be synced: the test runs at any hour.
	overlay := map[string]string{"mirrors.cue": "package environments\n\nplatform: mirrors: " + string(text) + "\n"}
	if _, err := os.Stat(filepath.Join(w.Git.Dir, "environments", "prod")); err == nil {
		overlay[Windows] = OpenWindows
	}
	for name, content := range overlay {
		if err := os.WriteFile(filepath.Join(w.Git.Dir, "environments", name), []byte(content), 0o644); err != nil {
			return fmt.Errorf("overlay: %w", err)
		}
	}
	return nil
}

// Windows is the file of the overlay that says when prod may be synced, below environments/.
const Windows = "prod/windows.cue"

// OpenWindows lets prod be synced at any time.
const OpenWindows = "package environments\n\nenvironment: argocd: syncWindows: []\n"

var (
	orderOfPlatform    = regexp.MustCompile(`(?m)^\torder: \[.*\]$`)
	servicesOfPlatform = regexp.MustCompile(`(?m)^\t\t\tservices: \[.*\]$`)
)

// keepEnvironments leaves only the environments of a reduced platform.
func (w *World) keepEnvironments() error {
	if len(w.Environments) == 0 {
		return nil
	}
	dir := filepath.Join(w.Git.Dir, "environments")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("environments: %w", err)
	}
	var left []string
	for _, e := range entries {
		switch {
		case !e.IsDir():
		case slices.Contains(w.Environments, e.Name()):
			left = append(left, e.Name())
		default:
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return fmt.Errorf("environments: %w", err)
			}
		}
	}
	if len(left) < len(w.Environments) {
		return fmt.Errorf("environments %s are asked for: there are only %s of them", strings.Join(w.Environments, ", "), strings.Join(left, ", "))
	}
	return w.SetOrder(w.Environments)
}

// SetOrder writes the order of all environments into platform.cue of the served repository.
func (w *World) SetOrder(names []string) error {
	return w.editPlatform(orderOfPlatform, "\torder: "+cueList(names))
}

// reduce leaves out the packages of the provider that no claim of a reduced platform needs.
func (w *World) reduce(ctx context.Context) error {
	if len(w.Environments) == 0 {
		return nil
	}
	if _, err := w.Genops(ctx, w.Git.Dir, "render"); err != nil {
		return err
	}
	resources, err := w.Expand(ctx, w.Git.Dir)
	if err != nil {
		return err
	}
	return w.SetServices(resources)
}

// Order is the order of all environments in the served repository.
func (w *World) Order() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(w.Git.Dir, "environments", "platform.cue"))
	if err != nil {
		return nil, fmt.Errorf("order of the platform: %w", err)
	}
	var names []string
	_, list, _ := strings.Cut(string(orderOfPlatform.Find(text)), ":")
	if err := json.Unmarshal([]byte(list), &names); err != nil {
		return nil, fmt.Errorf("order of the platform: %w", err)
	}
	return names, nil
}

// AllServices writes into platform.cue all packages of the provider that the committed platform has.
func (w *World) AllServices() error {
	text, err := os.ReadFile(filepath.Join(w.Root, "environments", "platform.cue"))
	if err != nil {
		return fmt.Errorf("packages of the platform: %w", err)
	}
	return w.editPlatform(servicesOfPlatform, string(servicesOfPlatform.Find(text)))
}

// SetServices writes into platform.cue the packages of the provider that resources need.
func (w *World) SetServices(resources []Expanded) error {
	var services []string
	for _, r := range resources {
		version, err := schema.ParseGroupVersion(field.Text(r.Resource, "apiVersion"))
		if service, ok := strings.CutSuffix(version.Group, ".aws.upbound.io"); err == nil && ok {
			services = append(services, service)
		}
	}
	slices.Sort(services)
	return w.editPlatform(servicesOfPlatform, "\t\t\tservices: "+cueList(slices.Compact(services)))
}

// editPlatform replaces a line of platform.cue.
func (w *World) editPlatform(line *regexp.Regexp, by string) error {
	file := filepath.Join(w.Git.Dir, "environments", "platform.cue")
	text, err := os.ReadFile(file)
	if err == nil && len(line.FindAll(text, -1)) != 1 {
		err = errors.New("platform.cue has not the line " + line.String())
	}
	if err == nil {
		err = os.WriteFile(file, line.ReplaceAllLiteral(text, []byte(by)), 0o644)
	}
	if err != nil {
		return fmt.Errorf("a smaller platform: %w", err)
	}
	return nil
}

// cueList is a list of texts in CUE.
func cueList(texts []string) string {
	text, err := json.Marshal(texts) // JSON is CUE.
	if err != nil {
		return "[]"
	}
	return string(text)
}
