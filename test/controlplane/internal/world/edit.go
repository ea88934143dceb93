package world

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// organization is the file that says which account is in which unit, below environments/.
const organization = "management/organization.cue"

var unitOfTests = regexp.MustCompile(`("Workloads/NonProd": accounts: )\[`)

// Describe writes a file below environments/ of the served repository.
func (w *World) Describe(file, text string) error {
	path := filepath.Join(w.Git.Dir, "environments", file)
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		return fmt.Errorf("describe %s: %w", file, err)
	}
	return nil
}

// AddEnvironment describes a new environment as a person does: its file, its place in the order (the first), and the unit of its account.
func (w *World) AddEnvironment(name, text string) error {
	return errors.Join(w.Describe(filepath.Join(name, "environment.cue"), text), w.listed(func(before string) string { return before + `"` + name + `", ` }))
}

// RemoveEnvironment removes an environment as a person does.
func (w *World) RemoveEnvironment(name string) error {
	if err := os.RemoveAll(filepath.Join(w.Git.Dir, "environments", name)); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	for _, file := range []string{"platform.cue", organization} {
		if err := w.rewrite(file, func(text string) string { return strings.ReplaceAll(text, `"`+name+`", `, "") }); err != nil {
			return err
		}
	}
	return nil
}

// listed changes how the lists begin that name environments.
func (w *World) listed(begin func(string) string) error {
	err := w.rewrite("platform.cue", func(text string) string { return strings.Replace(text, "\torder: [", begin("\torder: ["), 1) })
	return errors.Join(err, w.rewrite(organization, func(text string) string {
		return unitOfTests.ReplaceAllStringFunc(text, begin)
	}))
}

// rewrite changes a file below environments/; one that a reduced platform does not have stays away.
func (w *World) rewrite(file string, change func(string) string) error {
	path := filepath.Join(w.Git.Dir, "environments", file)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.WriteFile(path, []byte(change(string(text))), 0o644)
	}
	if err != nil {
		return fmt.Errorf("change %s: %w", file, err)
	}
	return nil
}

// Change replaces a text in a file below environments/ of the served repository; it has to be there.
func (w *World) Change(file, from, to string) error {
	found := false
	err := w.rewrite(file, func(text string) string {
		found = strings.Contains(text, from)
		return strings.Replace(text, from, to, 1)
	})
	if err == nil && !found {
		return fmt.Errorf("%s does not contain %q", file, from)
	}
	return err
}

// PushRendered replaces an object below rendered/ by hand and pushes it.
func (w *World) PushRendered(ctx context.Context, file string, object map[string]any) error {
	text, err := yaml.Marshal(object)
	if err == nil {
		err = os.WriteFile(filepath.Join(w.Git.Dir, "rendered", file), text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("change rendered/%s: %w", file, err)
	}
	_, err = w.Git.Commit(ctx, "By hand: rendered/"+file)
	return err //nolint:wrapcheck // It says what failed.
}
