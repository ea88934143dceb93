package tree

import (
	"os"
	"slices"
	"testing"
)

// before is what the tests below start from, unless they say otherwise.
func before() Files {
	return Files{
		"dev/a.yaml":       []byte("a: 1\n"),
		"dev/sub/b.yaml":   []byte("b: 1\n"),
		"prod/a.yaml":      []byte("a: 1\n"),
		"bootstrap/c.yaml": []byte("c: 1\n"),
	}
}

// but returns before with other files; nil content removes one.
func but(changes Files) Files {
	files := before()
	for p, data := range changes {
		if data == nil {
			delete(files, p)
		} else {
			files[p] = data
		}
	}
	return files
}

func TestCompareAndApply(t *testing.T) {
	const sum = "dev/.genops.sum"
	conflict := "<<<<<<< HEAD\n" + rendered(before())[sum] + "=======\n" +
		rendered(Files{"dev/theirs.yaml": []byte("t: 1\n")})[sum] + ">>>>>>> theirs\n"

	tests := map[string]struct {
		reason  string
		edit    func(t *testing.T, root string) // what happens on disk after before() was applied
		want    Files
		opt     Options
		changes []Change
		foreign []string
		after   contents
	}{
		"Nothing": {
			reason: "The same content is no change.",
			want:   before(),
			after:  rendered(before()),
		},
		"Created": {
			reason:  "A path that was not generated before is created, with its folders.",
			want:    but(Files{"dev/x/y/z.yaml": []byte("z\n"), "qa/a.yaml": []byte("a\n")}),
			changes: []Change{{"dev/x/y/z.yaml", Created}, {"qa/a.yaml", Created}},
			after:   rendered(but(Files{"dev/x/y/z.yaml": []byte("z\n"), "qa/a.yaml": []byte("a\n")})),
		},
		"Updated": {
			reason:  "Content on disk that is as it was generated before is updated.",
			want:    but(Files{"dev/a.yaml": []byte("a: 2\n")}),
			changes: []Change{{"dev/a.yaml", Updated}},
			after:   rendered(but(Files{"dev/a.yaml": []byte("a: 2\n")})),
		},
		"Edited": {
			reason: "A hand edit is undone although what is generated did not change, also if the size is the same.",
			edit: func(t *testing.T, root string) {
				put(t, root, contents{"dev/a.yaml": "a: 9\n", "prod/a.yaml": "longer than before\n"})
			},
			want:    before(),
			changes: []Change{{"dev/a.yaml", Edited}, {"prod/a.yaml", Edited}},
			after:   rendered(before()),
		},
		"EditedAndUpdated": {
			reason:  "A hand edit that is about to be lost is called an edit, also if the content generated is new.",
			edit:    func(t *testing.T, root string) { put(t, root, contents{"dev/a.yaml": "a: 9\n"}) },
			want:    but(Files{"dev/a.yaml": []byte("a: 2\n")}),
			changes: []Change{{"dev/a.yaml", Edited}},
			after:   rendered(but(Files{"dev/a.yaml": []byte("a: 2\n")})),
		},
		"EditedByHandToWhatIsWanted": {
			reason:  "What is on disk is what is wanted: only the manifest has to follow.",
			edit:    func(t *testing.T, root string) { put(t, root, contents{"dev/a.yaml": "a: 2\n"}) },
			want:    but(Files{"dev/a.yaml": []byte("a: 2\n")}),
			changes: []Change{{sum, Updated}},
			after:   rendered(but(Files{"dev/a.yaml": []byte("a: 2\n")})),
		},
		"Deleted": {
			reason:  "An owned file that someone deleted is restored.",
			edit:    func(t *testing.T, root string) { must(t, os.RemoveAll(below(root, "dev/sub"))) },
			want:    before(),
			changes: []Change{{"dev/sub/b.yaml", Edited}},
			after:   rendered(before()),
		},
		"Removed": {
			reason:  "A file that is generated no longer goes, and its folder if that is empty then.",
			want:    but(Files{"dev/sub/b.yaml": nil}),
			changes: []Change{{"dev/sub/b.yaml", Removed}},
			after:   rendered(but(Files{"dev/sub/b.yaml": nil})),
		},
		"RemovedAndGoneAlready": {
			reason:  "Of a file that someone deleted and nobody wants, only the line in the manifest goes.",
			edit:    func(t *testing.T, root string) { must(t, os.RemoveAll(below(root, "dev/sub"))) },
			want:    but(Files{"dev/sub/b.yaml": nil}),
			changes: []Change{{sum, Updated}},
			after:   rendered(but(Files{"dev/sub/b.yaml": nil})),
		},
		"TopRemoved": {
			reason:  "A top that is wanted no longer goes with its folder.",
			want:    but(Files{"prod/a.yaml": nil}),
			changes: []Change{{"prod/a.yaml", Removed}},
			after:   rendered(but(Files{"prod/a.yaml": nil})),
		},
		"TopRemovedAroundForeignFile": {
			reason:  "A foreign file keeps its folder; the manifest goes, so that the folder is foreign from now on.",
			edit:    func(t *testing.T, root string) { put(t, root, contents{"dev/sub/notes.md": "mine\n"}) },
			want:    but(Files{"dev/a.yaml": nil, "dev/sub/b.yaml": nil}),
			changes: []Change{{"dev/a.yaml", Removed}, {"dev/sub/b.yaml", Removed}},
			foreign: []string{"dev/sub/notes.md"},
			after: rendered(but(Files{"dev/a.yaml": nil, "dev/sub/b.yaml": nil})).
				with(contents{"dev/sub/notes.md": "mine\n"}),
		},
		"TopRemovedWithoutItsFiles": {
			reason: "A manifest alone is removed, and its folder.",
			edit: func(t *testing.T, root string) {
				must(t, os.Remove(below(root, "prod/a.yaml")))
			},
			want:    but(Files{"prod/a.yaml": nil}),
			changes: []Change{{"prod/.genops.sum", Removed}},
			after:   rendered(but(Files{"prod/a.yaml": nil})),
		},
		"EverythingRemoved": {
			reason: "The root stays, as an empty folder.",
			want:   Files{},
			changes: []Change{
				{"bootstrap/c.yaml", Removed}, {"dev/a.yaml", Removed}, {"dev/sub/b.yaml", Removed}, {"prod/a.yaml", Removed},
			},
			after: contents{},
		},
		"Foreign": {
			reason: "Files in the root, folders without a manifest and unlisted files are kept.",
			edit: func(t *testing.T, root string) {
				put(t, root, contents{
					"README.md": "read\n", "docs/a.md": "a\n", "docs/b.md": "b\n", "dev/notes.md": "mine\n",
					"dev/own/notes.md": "mine\n", "empty/": "",
				})
			},
			want:    but(Files{"dev/a.yaml": []byte("a: 2\n"), "prod/a.yaml": []byte("a: 2\n")}),
			changes: []Change{{"dev/a.yaml", Updated}, {"prod/a.yaml", Updated}},
			foreign: []string{"README.md", "dev/notes.md", "dev/own/notes.md", "docs/", "empty/"},
			after: rendered(but(Files{"dev/a.yaml": []byte("a: 2\n"), "prod/a.yaml": []byte("a: 2\n")})).with(contents{
				"README.md": "read\n", "docs/a.md": "a\n", "docs/b.md": "b\n", "dev/notes.md": "mine\n",
				"dev/own/notes.md": "mine\n", "empty/": "",
			}),
		},
		"Adopted": {
			reason: "An unlisted file that is exactly as wanted is adopted: only the manifest changes.",
			edit:   func(t *testing.T, root string) { put(t, root, contents{"dev/new.yaml": "n\n", "qa/a.yaml": "a\n"}) },
			want:   but(Files{"dev/new.yaml": []byte("n\n"), "qa/a.yaml": []byte("a\n")}),
			changes: []Change{
				{sum, Updated}, {"qa/.genops.sum", Created},
			},
			after: rendered(but(Files{"dev/new.yaml": []byte("n\n"), "qa/a.yaml": []byte("a\n")})),
		},
		"ManifestDeleted": {
			reason:  "Without a manifest all files are adopted, for they are as wanted.",
			edit:    func(t *testing.T, root string) { must(t, os.Remove(below(root, sum))) },
			want:    before(),
			changes: []Change{{sum, Created}},
			after:   rendered(before()),
		},
		"ManifestWithConflict": {
			reason: "Both sides of a merge conflict are ownership, and the markers are healed.",
			edit: func(t *testing.T, root string) {
				put(t, root, contents{
					sum:               conflict,
					"dev/a.yaml":      "<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> theirs\n",
					"dev/theirs.yaml": "t: 1\n",
				})
			},
			want:    before(),
			changes: []Change{{"dev/a.yaml", Edited}, {"dev/theirs.yaml", Removed}},
			after:   rendered(before()),
		},
		"ManifestWithGarbage": {
			reason: "Lines that do not parse are ignored, and the file is healed although nothing else changes.",
			edit: func(t *testing.T, root string) {
				put(t, root, contents{sum: "garbage\n\x00\xff\n" + rendered(before())[sum]})
			},
			want:    before(),
			changes: []Change{{sum, Edited}},
			after:   rendered(before()),
		},
		"ManifestLeadsOut": {
			reason: "A manifest gives no ownership of what is outside its top.",
			edit: func(t *testing.T, root string) {
				zero := "0000000000000000000000000000000000000000000000000000000000000000  "
				put(t, root, contents{
					"README.md": "read\n",
					sum:         zero + "../README.md\n" + zero + "../prod/a.yaml\n" + zero + "/etc/passwd\n" + rendered(before())[sum],
				})
			},
			want:    before(),
			changes: []Change{{sum, Edited}},
			foreign: []string{"README.md"},
			after:   rendered(before()).with(contents{"README.md": "read\n"}),
		},
		"Header": {
			reason:  "The header becomes comment lines, and a manifest without it is brought up to date.",
			want:    Files{"prod/a.yaml": []byte("a: 1\n")},
			opt:     Options{Tops: []string{"prod"}, Header: "Written by genops.\n\nDo not edit.\n"},
			changes: []Change{{"prod/.genops.sum", Updated}},
			after: rendered(before()).with(contents{
				"prod/.genops.sum": "# Written by genops.\n#\n# Do not edit.\n" + rendered(before())["prod/.genops.sum"],
			}),
		},
		"SomeTops": {
			reason: "With Tops nothing else is compared, written, reported or removed.",
			edit: func(t *testing.T, root string) {
				put(t, root, contents{"bootstrap/c.yaml": "edited\n", "bootstrap/x": "x\n", "README.md": "read\n", "dev/x": "x\n"})
			},
			want:    Files{"dev/a.yaml": []byte("a: 2\n"), "qa/ignored.yaml": []byte("q\n")},
			opt:     Options{Tops: []string{"prod", "dev", "absent", "dev"}},
			changes: []Change{{"dev/a.yaml", Updated}, {"dev/sub/b.yaml", Removed}, {"prod/a.yaml", Removed}},
			foreign: []string{"dev/x"},
			after: rendered(Files{"dev/a.yaml": []byte("a: 2\n"), "bootstrap/c.yaml": []byte("c: 1\n")}).
				with(contents{"bootstrap/c.yaml": "edited\n", "bootstrap/x": "x\n", "README.md": "read\n", "dev/x": "x\n"}),
		},
		"NoTops": {
			reason: "An empty list is not all of them.",
			want:   Files{},
			opt:    Options{Tops: []string{}},
			after:  rendered(before()),
		},
		"FileBecomesFolder": {
			reason:  "An owned file makes way for a folder.",
			want:    but(Files{"dev/a.yaml": nil, "dev/a.yaml/b": []byte("b\n")}),
			changes: []Change{{"dev/a.yaml", Removed}, {"dev/a.yaml/b", Created}},
			after:   rendered(but(Files{"dev/a.yaml": nil, "dev/a.yaml/b": []byte("b\n")})),
		},
		"FolderBecomesFile": {
			reason: "A folder in which nothing foreign is makes way for a file, with empty folders in it.",
			edit: func(t *testing.T, root string) {
				put(t, root, contents{"dev/sub/empty/": ""})
			},
			want:    but(Files{"dev/sub/b.yaml": nil, "dev/sub": []byte("s\n")}),
			changes: []Change{{"dev/sub", Created}, {"dev/sub/b.yaml", Removed}},
			after:   rendered(but(Files{"dev/sub/b.yaml": nil, "dev/sub": []byte("s\n")})),
		},
		"EmptyFolderInPlaceOfFile": {
			reason: "An empty folder where an owned file was is no obstacle.",
			edit: func(t *testing.T, root string) {
				must(t, os.Remove(below(root, "dev/a.yaml")))
				put(t, root, contents{"dev/a.yaml/": ""})
			},
			want:    before(),
			changes: []Change{{"dev/a.yaml", Edited}},
			after:   rendered(before()),
		},
		"LinkAmongFiles": {
			reason: "A link is kept as a link, whether it leads anywhere or not.",
			edit: func(t *testing.T, root string) {
				put(t, root, contents{"dev/l": "-> ../nowhere", "link": "-> dev", "dev/sub/out": "-> /"})
			},
			want:    but(Files{"dev/a.yaml": []byte("a: 2\n"), "prod/a.yaml": []byte("a: 2\n")}),
			changes: []Change{{"dev/a.yaml", Updated}, {"prod/a.yaml", Updated}},
			foreign: []string{"dev/l", "dev/sub/out", "link"},
			after: rendered(but(Files{"dev/a.yaml": []byte("a: 2\n"), "prod/a.yaml": []byte("a: 2\n")})).
				with(contents{"dev/l": "-> ../nowhere", "link": "-> dev", "dev/sub/out": "-> /"}),
		},
		"LinkInPlaceOfUnwantedFile": {
			reason: "A link where an owned file was is foreign: it is not followed and not removed.",
			edit: func(t *testing.T, root string) {
				must(t, os.Remove(below(root, "dev/a.yaml")))
				put(t, root, contents{"dev/a.yaml": "-> ../prod/a.yaml"})
			},
			want:    but(Files{"dev/a.yaml": nil}),
			changes: []Change{{sum, Updated}},
			foreign: []string{"dev/a.yaml"},
			after:   rendered(but(Files{"dev/a.yaml": nil})).with(contents{"dev/a.yaml": "-> ../prod/a.yaml"}),
		},
		"LinkInPlaceOfFolder": {
			reason: "What is below a link is not touched, although a manifest lists it.",
			edit: func(t *testing.T, root string) {
				must(t, os.RemoveAll(below(root, "dev/sub")))
				put(t, root, contents{"dev/sub": "-> ../docs", "docs/b.yaml": "b: 1\n"})
			},
			want:    but(Files{"dev/sub/b.yaml": nil}),
			changes: []Change{{sum, Updated}},
			foreign: []string{"dev/sub", "docs/"},
			after: rendered(but(Files{"dev/sub/b.yaml": nil})).
				with(contents{"dev/sub": "-> ../docs", "docs/b.yaml": "b: 1\n"}),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			apply(t, root, before())
			if test.edit != nil {
				test.edit(t, root)
			}
			start := read(t, root)

			d := compare(t, root, test.want, test.opt)
			if got := d.Changes(); !slices.Equal(got, test.changes) {
				t.Errorf("%s\nChanges() = %v\n     want %v", test.reason, got, test.changes)
			}
			if got := d.Foreign(); !slices.Equal(got, test.foreign) {
				t.Errorf("%s\nForeign() = %v\n     want %v", test.reason, got, test.foreign)
			}
			equal(t, "after Compare", read(t, root), start)
			alone(t, root)

			must(t, d.Apply(t.Context()))
			equal(t, test.reason, read(t, root), test.after)
			alone(t, root)
			if again := compare(t, root, test.want, test.opt).Changes(); len(again) > 0 {
				t.Errorf("Changes() after Apply = %v, want none", again)
			}
		})
	}
}
