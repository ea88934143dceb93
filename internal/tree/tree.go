// Package tree keeps a folder of generated files up to date, all or nothing.
//
// A reader of the folder (Argo CD, CI, a person) sees the complete old tree or the complete new one, also when genops is
// killed, is interrupted, or runs out of disk. Nothing but what genops wrote before is ever overwritten or removed.
//
//	if err := tree.Recover(ctx, "rendered"); err != nil { ... }         // not for a mere check: it may write
//	diff, err := tree.Compare(ctx, "rendered", files, tree.Options{})   // only reads
//	for _, c := range diff.Changes() { ... }                            // report, or stop here for a check
//	err = diff.Apply(ctx)                                               // nil: the new tree; an error: the old tree
//
// # Layout and ownership
//
// The first element of a path is its top: the folder of one environment, or bootstrap, or ci. Each top has a
// manifest, ManifestName, in the format of sha256sum, so "sha256sum -c .genops.sum" in that folder verifies it. A file is
// owned if it is listed there; everything else is foreign and is kept as it is. A folder without a manifest is foreign as a
// whole. Lines of a manifest that do not parse (a merge's conflict markers) are ignored, and the next Apply heals the file.
//
// # How a change is made visible at once
//
// Apply builds the new version of the smallest folder that contains all changes in a hidden folder beside the root,
// ".genops-staging-" and the root's name (to be ignored by Git), with hard links to everything that stays. Then it exchanges
// the two folders in one system call: renameat2 on Linux, renamex_np on macOS. Where the system or the file system has no
// such call (Windows, NFS), two renames and a journal take its place: the folder is missing for the moment between them, and
// if genops is killed in that moment Recover, or the next Apply, completes the second. One changed file is one rename, a new
// or vanished folder too.
//
// A reader that has opened the root before an exchange goes on seeing the old tree, and then missing files while that is
// deleted, never the new ones: it should open the root again.
//
// # Limits
//
// The root must not be a mount point, nor lie in a lower layer of an overlay file system (a COPY of an earlier layer of an
// image build): no folder can be renamed there, and Apply says so. Hard links change the ctime of unchanged files, so the
// next "git status" reads them again once. Empty folders are kept, unless Apply emptied them.
package tree

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"
)

// ManifestName is the file in each top that lists the files genops owns there. Its name has no extension that Argo CD reads.
const ManifestName = ".genops.sum"

// compareTries is how often Compare starts again when others write the tree meanwhile.
const compareTries = 5

// Files is generated content: slash-separated path relative to the root, of two elements at least, to content.
type Files map[string][]byte

// Kind says what Apply does with a file, and why.
type Kind int

const (
	// Created is a file that was not generated before.
	Created Kind = iota + 1
	// Updated is a file whose content on disk is what was generated before, and is generated differently now.
	Updated
	// Edited is an owned file that someone changed or deleted on disk; what they did to it is undone.
	Edited
	// Removed is a file that is generated no longer.
	Removed
)

func (k Kind) String() string {
	switch k {
	case Created:
		return "created"
	case Updated:
		return "updated"
	case Edited:
		return "edited"
	case Removed:
		return "removed"
	}
	return "unknown"
}

// Change is one file that Apply writes or removes. Path is as in Files.
type Change struct {
	Path string
	Kind Kind
}

// Options narrows and decorates a comparison.
type Options struct {
	// Tops are the only tops that are compared and written; nil means all of them, and those that vanished.
	Tops []string
	// Header is put at the head of each manifest as comment lines. GNU sha256sum skips them, busybox does not.
	Header string
}

// Diff is what Compare found: how the folder differs from what is wanted. It is valid until the folder changes.
type Diff struct {
	place place
	disk  disk

	changes  []Change
	foreign  []string
	inTheWay []string // foreign things at wanted paths

	all    bool              // all tops were compared, so the names in the root matter too
	write  map[string][]byte // path to content, manifests included
	remove map[string]bool   // files, manifests included
	drop   map[string]bool   // folders that hold nothing once remove is done
	names  []node            // what Compare saw in the root itself
	seen   map[string][]node // and in each compared top
}

// Changes returns what Apply would do, sorted by path; it is empty exactly if Apply has nothing to write. A manifest is
// named only where nothing else in its top changes: elsewhere it follows from the rest.
func (d *Diff) Changes() []Change { return slices.Clone(d.changes) }

// Foreign returns what lies in the compared tops, and in the root if all were compared, and is not owned: sorted paths of
// files, and of folders without a manifest with a slash at the end.
func (d *Diff) Foreign() []string { return slices.Clone(d.foreign) }

// touched returns every path that Apply writes or removes, sorted.
func (d *Diff) touched() []string {
	paths := slices.AppendSeq(slices.Collect(maps.Keys(d.write)), maps.Keys(d.remove))
	slices.Sort(paths)
	return paths
}

// Compare reads root and says how it differs from want. It writes nothing and takes no lock, so it works on a read-only
// file system. root may be a link to a folder; if it does not exist its parent must.
//
// It returns a *ForeignError, joined with others by errors.Join, for each wanted path that is taken by something that is not
// owned and has other content; a *MachineError for what cannot be read; an *InterruptedError if a killed run has to be
// completed by Recover before; a *ChangedError if the tree kept changing meanwhile; ctx.Err() when canceled.
func Compare(ctx context.Context, root string, want Files, opt Options) (*Diff, error) {
	byTop, err := groupByTop(want)
	if err != nil {
		return nil, err
	}
	for _, top := range opt.Tops {
		if err := checkPath(top); err != nil || path.Base(top) != top {
			return nil, &topError{top}
		}
	}
	// Another process may exchange the tree while it is read. What is as wanted needs no second look, anything else might
	// come from two trees.
	for try := 1; ; try++ {
		d, err := compareOnce(ctx, root, want, byTop, opt)
		if err != nil {
			return nil, err
		}
		if len(d.changes)+len(d.inTheWay) == 0 {
			return d, nil
		}
		err = d.verify(ctx)
		_, changed := errors.AsType[*ChangedError](err)
		switch {
		case err == nil && len(d.inTheWay) > 0:
			return nil, d.foreignErrors()
		case err == nil:
			return d, nil
		case !changed || try == compareTries:
			return nil, err
		}
	}
}

func compareOnce(ctx context.Context, root string, want Files, byTop map[string][]string, opt Options) (*Diff, error) {
	d := &Diff{
		all:    opt.Tops == nil,
		write:  map[string][]byte{},
		remove: map[string]bool{},
		drop:   map[string]bool{},
		seen:   map[string][]node{},
	}
	var err error
	if d.place, err = locate(root); err != nil {
		return nil, err
	}
	if err := (staging{place: d.place}).settled(ctx); err != nil {
		return nil, err
	}
	tops := slices.Clone(opt.Tops)
	if d.all {
		if d.names, err = d.place.names(); err != nil {
			return nil, err
		}
		tops = slices.Collect(maps.Keys(byTop))
		for _, n := range d.names {
			tops = append(tops, n.path)
		}
	}
	slices.Sort(tops)
	tops = slices.Compact(tops)

	found := make([]comparison, len(tops))
	err = parallel(ctx, len(tops), func(i int) error {
		found[i] = comparison{place: d.place, top: tops[i], want: want, paths: byTop[tops[i]], header: opt.Header}
		return found[i].run()
	})
	if err != nil {
		return nil, err
	}
	d.merge(found)
	return d, nil
}
