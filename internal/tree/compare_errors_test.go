package tree

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCompareErrors(t *testing.T) {
	tests := map[string]struct {
		reason string
		files  contents // put after before() was applied; a path is removed first
		want   Files
		opt    Options
		err    string
	}{
		"ForeignFile": {
			reason: "An unlisted file with other content is someone's work, also if only the size is the same.",
			files:  contents{"dev/x.yaml": "mine\n", "qa/a.yaml": "own\n"},
			want:   but(Files{"dev/x.yaml": []byte("ours\n"), "qa/a.yaml": []byte("generated\n")}),
			err: "write rendered/dev/x.yaml: it exists and was not written by genops: move it away\n" +
				"write rendered/qa/a.yaml: it exists and was not written by genops: move it away",
		},
		"ForeignParent": {
			reason: "No folder can be made of a foreign file; it is named once for all that is wanted below it.",
			files:  contents{"dev/x": "mine\n"},
			want:   but(Files{"dev/x/y/a.yaml": []byte("a\n"), "dev/x/y/b.yaml": []byte("b\n")}),
			err:    "write rendered/dev/x: it exists and was not written by genops: move it away",
		},
		"ForeignTop": {
			reason: "A file has the name of a top.",
			files:  contents{"qa": "mine\n"},
			want:   but(Files{"qa/a.yaml": []byte("a\n")}),
			err:    "write rendered/qa: it exists and was not written by genops: move it away",
		},
		"ForeignInFolder": {
			reason: "A folder with something foreign in it does not make way for a file.",
			files:  contents{"dev/sub/deep/notes.md": "mine\n"},
			want:   but(Files{"dev/sub/b.yaml": nil, "dev/sub": []byte("s\n")}),
			err:    "write rendered/dev/sub: it exists and was not written by genops: move it away",
		},
		"LinkAtPath": {
			reason: "A link is foreign also if an owned file was there, and what it leads to is as wanted.",
			files:  contents{"dev/a.yaml": "-> ../prod/a.yaml"},
			want:   before(),
			err:    "write rendered/dev/a.yaml: it exists and was not written by genops: move it away",
		},
		"LinkAbovePath": {
			reason: "Nothing is written through a link.",
			files:  contents{"dev/sub": "-> ../../outside"},
			want:   before(),
			err:    "write rendered/dev/sub: it exists and was not written by genops: move it away",
		},
		"LinkAtTop": {
			reason: "Nothing is written through a link, not even to another top.",
			files:  contents{"dev": "-> prod"},
			want:   before(),
			err:    "write rendered/dev: it exists and was not written by genops: move it away",
		},
		"LinkAtManifest": {
			reason: "A manifest that is a link gives no ownership and cannot be replaced.",
			files:  contents{"dev/.genops.sum": "-> ../prod/.genops.sum"},
			want:   before(),
			err:    "write rendered/dev/.genops.sum: it exists and was not written by genops: move it away",
		},
		"NotInTop":     {want: Files{"a.yaml": nil}, err: `write "a.yaml": it is not in a folder`},
		"Absolute":     {want: Files{"/dev/a": nil}, err: `write "/dev/a": it is not a relative, slash-separated path`},
		"LeadsOut":     {want: Files{"dev/../../a": nil}, err: `write "dev/../../a": it is not a relative, slash-separated path`},
		"NewLine":      {want: Files{"dev/a\nb": nil}, err: `write "dev/a\nb": it has a control character or a backslash`},
		"Backslash":    {want: Files{`dev/a\b`: nil}, err: `write "dev/a\\b": it has a control character or a backslash`},
		"ManifestName": {want: Files{"dev/.genops.sum": nil}, err: `write "dev/.genops.sum": the name is reserved for the list of generated files`},
		"FileAndFolder": {
			want: Files{"dev/a": nil, "dev/a.b": nil, "dev/a/b/c": nil},
			err:  `write "dev/a": it is both a file and a folder`,
		},
		"TopLeadsOut": {opt: Options{Tops: []string{".."}}, err: `compare "..": it is not the name of a folder`},
		"TopIsPath":   {opt: Options{Tops: []string{"dev/sub"}}, err: `compare "dev/sub": it is not the name of a folder`},
		"TopIsEmpty":  {opt: Options{Tops: []string{""}}, err: `compare "": it is not the name of a folder`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			apply(t, root, before())
			for p := range test.files {
				if filepath.Dir(p) != "dev/sub/deep" {
					must(t, os.RemoveAll(below(root, p)))
				}
			}
			put(t, root, test.files)
			start := read(t, root)

			d, err := Compare(t.Context(), root, test.want, test.opt)
			if got := errText(err, root); got != test.err {
				t.Errorf("%s\nCompare: %s\n   want: %s", test.reason, got, test.err)
			}
			if d != nil {
				t.Error("Compare returned a Diff beside the error")
			}
			if _, foreign := errors.AsType[*ForeignError](err); foreign != (test.files != nil) {
				t.Errorf("is a ForeignError: %v", foreign)
			}
			equal(t, "after Compare", read(t, root), start)
		})
	}
}

func TestCompareRoot(t *testing.T) {
	t.Run("File", func(t *testing.T) {
		root := newRoot(t)
		must(t, os.WriteFile(root, nil, 0o644))
		_, err := Compare(t.Context(), root, before(), Options{})
		if got, want := errText(err, root), "write rendered: it exists and was not written by genops: move it away"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("Unreadable", func(t *testing.T) {
		root := filepath.Join(newRoot(t), "file", "rendered")
		must(t, os.MkdirAll(filepath.Dir(filepath.Dir(root)), 0o755))
		must(t, os.WriteFile(filepath.Dir(root), nil, 0o644))
		_, err := Compare(t.Context(), root, before(), Options{})
		if m := machineFault(err); m == nil || m.Op != "read" || m.Path != root {
			t.Errorf("got %v, want a MachineError that says what could not be read", err)
		}
	})
	t.Run("Missing", func(t *testing.T) {
		root := newRoot(t)
		d := compare(t, root, before(), Options{})
		want := []Change{
			{"bootstrap/c.yaml", Created}, {"dev/a.yaml", Created}, {"dev/sub/b.yaml", Created}, {"prod/a.yaml", Created},
		}
		if got := d.Changes(); !slices.Equal(got, want) {
			t.Errorf("Changes() = %v, want %v", got, want)
		}
		if d := compare(t, root, Files{}, Options{}); len(d.Changes()) > 0 || d.Apply(t.Context()) != nil {
			t.Error("nothing wanted and nothing there is a change")
		}
		if _, err := os.Lstat(root); err == nil {
			t.Error("the root was made for nothing")
		}
	})
	t.Run("Canceled", func(t *testing.T) {
		root := newRoot(t)
		apply(t, root, before())
		if _, err := Compare(canceled(), root, before(), Options{}); !errors.Is(err, canceled().Err()) {
			t.Errorf("got %v, want the context's error", err)
		}
	})
}

// editing is a context that edits the tree as it is asked for its error, which Compare does before and after each top.
type editing struct {
	context.Context
	edit  func(call int)
	calls int
}

func (c *editing) Err() error {
	c.calls++
	c.edit(c.calls)
	return nil
}

// TestCompareOfMovingTree lets another process write while Compare reads: what came from two trees is not reported.
func TestCompareOfMovingTree(t *testing.T) {
	want := Files{"dev/a.yaml": []byte("a\n"), "dev/b.yaml": []byte("b\n")}
	opt := Options{Tops: []string{"dev"}} // one top, so that the order of events is known
	t.Run("Once", func(t *testing.T) {
		root := newRoot(t)
		put(t, root, contents{"dev/b.yaml": "of the other version\n"})
		ctx := &editing{Context: t.Context(), edit: func(call int) {
			if call == 2 {
				apply(t, root+"2", want)
				must(t, os.Rename(root, root+"3"))
				must(t, os.Rename(root+"2", root))
			}
		}}
		d, err := Compare(ctx, root, want, opt)
		must(t, err)
		if got := d.Changes(); len(got) > 0 {
			t.Errorf("Changes() = %v, want none", got)
		}
	})
	t.Run("Forever", func(t *testing.T) {
		root := newRoot(t)
		apply(t, root, want)
		ctx := &editing{Context: t.Context(), edit: func(call int) {
			put(t, root, contents{"dev/b.yaml": fmt.Sprintf("edit %d\n", call), "dev/c.yaml": fmt.Sprintf("edit %d\n", call)})
		}}
		_, err := Compare(ctx, root, want, opt)
		message := "write rendered/dev/b.yaml: it changed while genops was at work: run genops again"
		if got := errText(err, root); got != message {
			t.Errorf("Compare: %s\n   want: %s", got, message)
		}
	})
}
