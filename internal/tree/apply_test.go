package tree

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// past is old enough to tell from now.
var past = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

func TestApplyTouchesOnlyWhatChanges(t *testing.T) {
	all := []string{
		"dev/a.yaml", "dev/sub/b.yaml", "dev/.genops.sum", "prod/a.yaml", "prod/.genops.sum",
		"bootstrap/c.yaml", "bootstrap/.genops.sum", "README.md", "docs/a.md", "dev/notes.md", "dev/run.sh",
	}
	folders := []string{".", "dev", "dev/sub", "prod", "bootstrap", "docs"}
	tests := map[string]struct {
		reason  string
		edit    contents
		want    Files
		written []string // every other file keeps its inode and its time
		moved   []string // every other folder stays the same one: it was not part of what was exchanged
	}{
		"Nothing": {reason: "A second Apply writes nothing.", want: before()},
		"OneFile": {
			reason:  "One restored file is one rename.",
			edit:    contents{"dev/sub/b.yaml": "edited\n"},
			want:    before(),
			written: []string{"dev/sub/b.yaml"},
		},
		"OneFolder": {
			reason:  "Two restored files in one folder are one exchange of that folder.",
			edit:    contents{"dev/a.yaml": "edited\n", "dev/sub/b.yaml": "edited\n"},
			want:    before(),
			written: []string{"dev/a.yaml", "dev/sub/b.yaml"},
			moved:   []string{"dev", "dev/sub"},
		},
		"OneTop": {
			reason:  "A file and its manifest are one exchange of the top.",
			want:    but(Files{"dev/sub/b.yaml": []byte("b: 2\n")}),
			written: []string{"dev/sub/b.yaml", "dev/.genops.sum"},
			moved:   []string{"dev", "dev/sub"},
		},
		"NewTop": {
			reason: "A new top is one rename.",
			want:   but(Files{"qa/a/b.yaml": []byte("a\n"), "qa/c.yaml": []byte("c\n")}),
		},
		"NewFolder": {
			reason: "A folder that was deleted by hand is one rename.",
			edit:   contents{"dev/sub/b.yaml": ""},
			want:   before(),
		},
		"TwoTops": {
			reason:  "Changes in two tops are one exchange of the root.",
			want:    but(Files{"dev/a.yaml": []byte("a: 2\n"), "prod/a.yaml": []byte("a: 2\n")}),
			written: []string{"dev/a.yaml", "dev/.genops.sum", "prod/a.yaml", "prod/.genops.sum"},
			moved:   folders,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			apply(t, root, before())
			put(t, root, contents{"README.md": "read\n", "docs/a.md": "a\n", "dev/notes.md": "mine\n", "dev/run.sh": "#!\n"})
			for p, content := range test.edit {
				must(t, os.RemoveAll(below(root, p)))
				if content != "" {
					put(t, root, contents{p: content})
				}
			}
			if _, gone := test.edit["dev/sub/b.yaml"]; gone && test.edit["dev/sub/b.yaml"] == "" {
				must(t, os.Remove(below(root, "dev/sub")))
			}
			must(t, os.Chmod(below(root, "dev/run.sh"), 0o750))
			must(t, os.Chmod(filepath.Join(root, "docs"), 0o500))
			infos := map[string]fs.FileInfo{}
			for _, p := range append(slices.Clone(all), folders...) {
				name := below(root, p)
				if _, err := os.Lstat(name); err != nil {
					continue
				}
				if slices.Contains(all, p) {
					must(t, os.Chtimes(name, past, past))
				}
				infos[p] = stat(t, name)
			}

			apply(t, root, test.want)
			for p, info := range infos {
				after := stat(t, root, p)
				if after.Mode() != info.Mode() {
					t.Errorf("%s\n%s has mode %v, want %v", test.reason, p, after.Mode(), info.Mode())
				}
				switch {
				case slices.Contains(test.written, p):
					if os.SameFile(info, after) || after.ModTime().Equal(past) {
						t.Errorf("%s\n%s was not replaced", test.reason, p)
					}
				case slices.Contains(test.moved, p):
					if os.SameFile(info, after) {
						t.Errorf("%s\n%s was not exchanged", test.reason, p)
					}
				default:
					untouched(t, info, root, p)
				}
			}
			alone(t, root)
		})
	}
}

// TestApplyStepsOfNothing makes sure that "writes nothing" is meant literally.
func TestApplyStepsOfNothing(t *testing.T) {
	root := newRoot(t)
	apply(t, root, before())
	parent := stat(t, filepath.Dir(root))
	d := hooked(compare(t, root, before(), Options{}), func(op, shown string) error {
		t.Errorf("%s %s", op, shown)
		return nil
	})
	must(t, d.Apply(t.Context()))
	if !stat(t, filepath.Dir(root)).ModTime().Equal(parent.ModTime()) {
		t.Error("the parent of the root was written to")
	}
}

func TestApplyKeepsModeOfReplacedFile(t *testing.T) {
	root := newRoot(t)
	apply(t, root, before())
	must(t, os.Chmod(below(root, "dev/a.yaml"), 0o640))
	must(t, os.Chmod(below(root, "prod/a.yaml"), 0o640))
	put(t, root, contents{"prod/a.yaml": "edited\n"})
	apply(t, root, but(Files{"dev/a.yaml": []byte("a: 2\n")}))
	for _, p := range []string{"dev/a.yaml", "prod/a.yaml"} {
		if got, want := stat(t, root, p).Mode(), fs.FileMode(0o640); got != want {
			t.Errorf("%s has mode %v, want %v", p, got, want)
		}
	}
}

func TestApplyRootIsLink(t *testing.T) {
	for name, exists := range map[string]bool{"ToFolder": true, "ToNothing": false} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			target, link := filepath.Join(dir, "elsewhere", "real"), filepath.Join(dir, "rendered")
			must(t, os.Mkdir(filepath.Dir(target), 0o755))
			put(t, dir, contents{"rendered": "-> elsewhere/real"})
			if exists {
				apply(t, target, before())
			}
			want := but(Files{"dev/a.yaml": []byte("a: 2\n"), "prod/a.yaml": []byte("a: 2\n")})
			apply(t, link, want)
			equal(t, "through the link", read(t, target), rendered(want))
			if to, err := os.Readlink(link); err != nil || to != "elsewhere/real" {
				t.Errorf("the link leads to %q, %v", to, err)
			}
			alone(t, target)
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
				t.Errorf("beside the link are %v, %v", entries, err)
			}
		})
	}
}

func TestApplyMissingParent(t *testing.T) {
	root := filepath.Join(newRoot(t), "rendered")
	_, err := Compare(t.Context(), root, before(), Options{})
	if got, want := errText(err, root), "read rendered: no such file or directory"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestApplySpecialFile(t *testing.T) {
	mkfifo, err := exec.LookPath("mkfifo")
	if err != nil {
		t.Skip("no mkfifo here")
	}
	root := newRoot(t)
	apply(t, root, before())
	start := rendered(before())
	must(t, exec.Command(mkfifo, filepath.Join(root, "dev", "pipe")).Run())
	d := compare(t, root, but(Files{"dev/a.yaml": []byte("a: 2\n")}), Options{})
	if got, want := d.Foreign(), []string{"dev/pipe"}; !slices.Equal(got, want) {
		t.Errorf("Foreign() = %v, want %v", got, want)
	}
	err = d.Apply(t.Context())
	if got, want := errText(err, root), "copy rendered/dev/pipe: it is not a file, a folder or a link"; got != want {
		t.Errorf("Apply: %s, want %s", got, want)
	}
	must(t, os.Remove(filepath.Join(root, "dev", "pipe")))
	equal(t, "after the error", read(t, root), start)
	alone(t, root)
}

// TestApplyNoticesChange edits the tree between Compare and Apply, and between the copy and the swap.
func TestApplyNoticesChange(t *testing.T) {
	remove := func(p string) func(*testing.T, string) {
		return func(t *testing.T, root string) { must(t, os.RemoveAll(below(root, p))) }
	}
	edit := func(files contents) func(*testing.T, string) {
		return func(t *testing.T, root string) { put(t, root, files) }
	}
	tests := map[string]struct {
		edit func(t *testing.T, root string)
		path string
	}{
		"FileToReplace": {edit(contents{"dev/a.yaml": "edited\n"}), "rendered/dev/a.yaml"},
		"FileToKeep":    {edit(contents{"dev/sub/b.yaml": "edited\n"}), "rendered/dev/sub/b.yaml"},
		"FileToCreate":  {edit(contents{"dev/new.yaml": "theirs\n"}), "rendered/dev/new.yaml"},
		"FileGone":      {remove("dev/a.yaml"), "rendered/dev/a.yaml"},
		"FolderGone":    {remove("dev/sub"), "rendered/dev/sub"},
		"RootGone":      {remove("."), "rendered"},
		"LastFileGone":  {remove("prod/a.yaml"), "rendered/prod/a.yaml"},
		"FolderIsLink": {func(t *testing.T, root string) {
			remove("dev/sub")(t, root)
			edit(contents{"dev/sub": "-> ."})(t, root)
		}, "rendered/dev/sub"},
		"ForeignFile":    {edit(contents{"dev/zz.md": "mine\n"}), "rendered/dev/zz.md"},
		"ForeignInRoot":  {edit(contents{"README.md": "mine\n"}), "rendered/README.md"},
		"TopAppears":     {edit(contents{"qa/a.yaml": "a\n"}), "rendered/qa"},
		"ModeOfFile":     {func(t *testing.T, root string) { must(t, os.Chmod(below(root, "dev/a.yaml"), 0o600)) }, "rendered/dev/a.yaml"},
		"ManifestEdited": {edit(contents{"dev/.genops.sum": "\n"}), "rendered/dev/.genops.sum"},
	}
	want := but(Files{"dev/a.yaml": []byte("a: 2\n"), "dev/new.yaml": []byte("n\n"), "prod/a.yaml": []byte("a: 2\n")})
	for name, test := range tests {
		for _, when := range []string{"BeforeApply", "BeforeSwap"} {
			t.Run(name+when, func(t *testing.T) {
				root := newRoot(t)
				apply(t, root, before())
				d := compare(t, root, want, Options{})
				if when == "BeforeApply" {
					test.edit(t, root)
				} else {
					hooked(d, func(op, _ string) error {
						if op == "sync" {
							test.edit(t, root)
						}
						return nil
					})
				}
				err := d.Apply(t.Context())
				message := "write " + test.path + ": it changed while genops was at work: run genops again"
				if name == "RootGone" && when == "BeforeApply" { // names what was in it
					message = "write rendered/bootstrap: it changed while genops was at work: run genops again"
				}
				if got := errText(err, root); got != message {
					t.Errorf("Apply: %s\n want: %s", got, message)
				}
				alone(t, root)
				// Whatever the edit was, it is still there, and nothing else changed.
				twin := newRoot(t)
				apply(t, twin, before())
				test.edit(t, twin)
				if name != "RootGone" {
					equal(t, "after the error", read(t, root), read(t, twin))
				}
			})
		}
	}
}

// TestApplyTwice makes sure that a Diff cannot be applied to the tree that it made.
func TestApplyTwice(t *testing.T) {
	root := newRoot(t)
	d := compare(t, root, before(), Options{})
	must(t, d.Apply(t.Context()))
	err := d.Apply(t.Context())
	if got, want := errText(err, root), "write rendered/bootstrap: it changed while genops was at work: run genops again"; got != want {
		t.Errorf("second Apply: %s, want %s", got, want)
	}
	equal(t, "after the second Apply", read(t, root), rendered(before()))
	alone(t, root)
}
