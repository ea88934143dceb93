package tree

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// contents is a folder as a reader sees it: path to content, "-> target" for a link, and "" for a folder, whose path ends
// in a slash.
type contents map[string]string

// newRoot returns the path of a folder that does not exist yet, alone in its parent.
func newRoot(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "rendered")
}

// below returns where the file with the slash-separated name is.
func below(root, name string) string { return filepath.Join(root, filepath.FromSlash(name)) }

// fastRoot is newRoot in memory, where there is such a place, for tests that sync thousands of times.
func fastRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "genops-tree-test-") //nolint:usetesting // t.TempDir cannot be told where.
	if err != nil {
		return newRoot(t)
	}
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return filepath.Join(dir, "rendered")
}

// put writes files as a person would, a name with a slash at its end being a folder.
func put(t testing.TB, root string, files contents) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		p := below(root, name)
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(p, 0o755))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		if target, ok := strings.CutPrefix(files[name], "-> "); ok {
			if err := os.Symlink(target, p); err != nil {
				t.Skipf("no links here: %v", err)
			}
			continue
		}
		must(t, os.WriteFile(p, []byte(files[name]), 0o644))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read returns what is in the folder, without the folders that hold something.
func read(t testing.TB, root string) contents {
	t.Helper()
	got, err := readTree(root)
	must(t, err)
	return got
}

func readTree(root string) (contents, error) {
	got := contents{}
	return got, filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		rel = filepath.ToSlash(rel)
		switch {
		case e.IsDir():
			entries, err := os.ReadDir(p)
			if len(entries) == 0 && rel != "." {
				got[rel+"/"] = ""
			}
			return err
		case e.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			got[rel] = "-> " + target
			return err
		}
		data, err := os.ReadFile(p)
		got[rel] = string(data)
		return err
	})
}

// rendered is what the folder holds after want was applied to an empty place: with manifests, written here by hand.
func rendered(want Files) contents {
	got := contents{}
	for _, p := range slices.Sorted(maps.Keys(want)) {
		top, rest, _ := strings.Cut(p, "/")
		got[p] = string(want[p])
		got[path.Join(top, ManifestName)] += fmt.Sprintf("%x  %s\n", sha256.Sum256(want[p]), rest)
	}
	return got
}

func equal(t testing.TB, what string, got, want contents) {
	t.Helper()
	if maps.Equal(got, want) {
		return
	}
	for _, p := range slices.Sorted(maps.Keys(got)) {
		if w, ok := want[p]; !ok {
			t.Errorf("%s: %s is there: %q", what, p, got[p])
		} else if w != got[p] {
			t.Errorf("%s: %s is %q, want %q", what, p, got[p], w)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[p]; !ok {
			t.Errorf("%s: %s is missing", what, p)
		}
	}
}

// with returns a changed copy; an empty content removes the path.
func (c contents) with(changes contents) contents {
	c = maps.Clone(c)
	for p, content := range changes {
		if content == "" && !strings.HasSuffix(p, "/") {
			delete(c, p)
		} else {
			c[p] = content
		}
	}
	return c
}

func compare(t testing.TB, root string, want Files, opt Options) *Diff {
	t.Helper()
	d, err := Compare(t.Context(), root, want, opt)
	must(t, err)
	return d
}

func apply(t testing.TB, root string, want Files) {
	t.Helper()
	must(t, compare(t, root, want, Options{}).Apply(t.Context()))
}

// alone asserts that nothing but the root is left in its parent.
func alone(t testing.TB, root string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(root))
	must(t, err)
	for _, e := range entries {
		if e.Name() != filepath.Base(root) {
			t.Errorf("%s is left beside the root", e.Name())
		}
	}
}

// stat returns what tells whether a file was touched.
func stat(t testing.TB, elem ...string) fs.FileInfo {
	t.Helper()
	info, err := os.Lstat(filepath.Join(elem...))
	must(t, err)
	return info
}

// untouched asserts that the file is the very same as before.
func untouched(t testing.TB, before fs.FileInfo, elem ...string) {
	t.Helper()
	after := stat(t, elem...)
	if !os.SameFile(before, after) {
		t.Errorf("%s is another file than before", filepath.Join(elem...))
	}
	if !before.IsDir() && !before.ModTime().Equal(after.ModTime()) {
		t.Errorf("%s was written", filepath.Join(elem...))
	}
}

// errText returns the message with the temporary folder cut out.
func errText(err error, root string) string {
	if err == nil {
		return ""
	}
	text := strings.ReplaceAll(err.Error(), root, "rendered")
	text = strings.ReplaceAll(text, filepath.Dir(root)+string(filepath.Separator), "")
	return filepath.ToSlash(text)
}

func machineFault(err error) *MachineError {
	m, _ := errors.AsType[*MachineError](err)
	return m
}

// steps records the steps of an Apply and may replace them.
func hooked(d *Diff, hook func(op, shown string) error) *Diff {
	d.disk.hook = hook
	return d
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
