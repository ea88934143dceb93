package tree

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
)

// Apply makes the folder what was wanted, at once. If it returns nil the new tree is in place, if it returns an error the
// old one is (or, where folders cannot be exchanged and the system refused the second rename and taking back the first,
// Recover has to be called). Without changes it writes nothing, apart from removing what a killed run left.
//
// It returns a *MachineError for what the system refuses, a *BusyError if another process is writing for more than ten
// seconds, a *ChangedError if the tree is not what Compare saw, ctx.Err() if ctx ends before the new tree is in place.
func (d *Diff) Apply(ctx context.Context) error {
	if err := done(ctx); err != nil {
		return err
	}
	s := staging{place: d.place, disk: d.disk}
	if len(d.write)+len(d.remove) == 0 {
		return s.sweep(s.try) // whoever is writing now cleans up, too
	}
	lock, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer s.release(lock)
	if err := s.heal(); err != nil {
		return err
	}
	return d.replace(ctx, s)
}

// verify reports whether the compared tops still are what Compare saw: it had no lock.
func (d *Diff) verify(ctx context.Context) error {
	if d.all {
		names, err := d.place.names()
		if err != nil {
			return err
		}
		for i := range max(len(names), len(d.names)) {
			switch {
			case i >= len(names):
				return d.changed(d.names[i].path)
			case i >= len(d.names):
				return d.changed(names[i].path)
			case names[i].path != d.names[i].path || names[i].info.Mode().Type() != d.names[i].info.Mode().Type():
				return d.changed(min(names[i].path, d.names[i].path))
			}
		}
	}
	tops := slices.Sorted(maps.Keys(d.seen))
	now, err := d.place.listAll(ctx, tops)
	if err != nil {
		return err
	}
	for i, top := range tops {
		if p, differ := firstDifference(d.seen[top], now[i]); differ {
			return d.changed(p)
		}
	}
	return nil
}

func (d *Diff) changed(rel string) error { return &ChangedError{Path: d.place.shown(rel)} }

// replace builds the new version of the unit and puts it in its place.
func (d *Diff) replace(ctx context.Context, s staging) error {
	u, act := d.unit()
	before, err := d.contents(ctx, u)
	if err != nil {
		return err
	}
	if err := d.verify(ctx); err != nil { // after that, so that no moment is left out
		return err
	}
	if act == exchangeTree || act == placeTree || act == replaceFile {
		b := builder{diff: d, unit: u, to: s.path(newName), before: before}
		if err := b.build(ctx); err != nil {
			return err
		}
		if err := d.disk.flush(d.place.shown(u), s.dir(), b.files); err != nil {
			return err
		}
	}
	// Someone may have edited the tree while it was copied; from here to the swap only moments pass.
	after, err := d.contents(ctx, u)
	if err != nil {
		return err
	}
	if p, differ := firstDifference(before, after); differ {
		return d.changed(p)
	}
	target, shown := d.place.path(u), d.place.shown(u)
	switch act {
	case exchangeTree:
		return s.swap(u)
	case dropTree:
		return d.disk.rename("remove", target, s.path(oldName), shown)
	case removeFile:
		return d.disk.remove(target, shown)
	default:
		return d.disk.rename("write", s.path(newName), target, shown)
	}
}

// contents lists the unit; the root, which may be large, by all processors.
func (d *Diff) contents(ctx context.Context, u string) ([]node, error) {
	if err := done(ctx); err != nil {
		return nil, err
	}
	if u != "." {
		return d.place.list(u)
	}
	root, err := d.place.lstat(".")
	if root == nil {
		return nil, err
	}
	names, err := d.place.names()
	if err != nil {
		return nil, err
	}
	rels := make([]string, len(names))
	for i, n := range names {
		rels[i] = n.path
	}
	lists, err := d.place.listAll(ctx, rels)
	if err != nil {
		return nil, err
	}
	return append([]node{{".", root}}, slices.Concat(lists...)...), nil
}

// builder makes the new version of a unit in the staging folder.
type builder struct {
	diff   *Diff
	unit   string
	to     string // where the unit's new version goes
	before []node

	files []string // what it wrote
}

// build mirrors what stays and writes what is new. Folders come first, so that the files, which are many, can be made by
// all processors.
func (b *builder) build(ctx context.Context) error {
	var (
		d       = b.diff
		folders []node
		kept    []node
		made    = map[string]bool{}
		old     = map[string]fs.FileInfo{}
		gone    = "\x00" // the folder whose contents are being skipped
	)
	for _, n := range b.before {
		_, replaced := d.write[n.path]
		switch {
		case within(n.path, gone) || d.remove[n.path]:
		case n.info.IsDir() && (replaced || d.drop[n.path]):
			gone = n.path
		case n.info.IsDir():
			folders = append(folders, n)
			made[n.path] = true
		case replaced:
			old[n.path] = n.info
		default:
			kept = append(kept, n)
		}
	}
	for _, n := range folders {
		if err := b.mkdir(ctx, n.path, 0o700); err != nil {
			return err
		}
	}
	written := slices.Sorted(maps.Keys(d.write))
	for _, dir := range d.parents(b.unit, made) {
		if err := b.mkdir(ctx, dir, 0o777); err != nil {
			return err
		}
	}
	err := parallel(ctx, len(kept)+len(written), func(i int) error {
		if i < len(written) {
			p := written[i]
			return d.disk.write(b.path(p), d.place.shown(p), d.write[p], old[p])
		}
		n := kept[i-len(written)]
		err := d.disk.keep(d.place.path(n.path), b.path(n.path), d.place.shown(n.path), n.info)
		if errors.Is(err, fs.ErrNotExist) {
			return d.changed(n.path)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, n := range slices.Backward(folders) { // a folder that may not be written gets that mode after its contents
		if err := d.disk.likeOld(b.path(n.path), d.place.shown(n.path), n.info); err != nil {
			return err
		}
	}
	for _, p := range written {
		b.files = append(b.files, b.path(p))
	}
	return nil
}

func (b *builder) mkdir(ctx context.Context, rel string, mode fs.FileMode) error {
	if err := done(ctx); err != nil {
		return err
	}
	return b.diff.disk.mkdir(b.path(rel), b.diff.place.shown(rel), mode)
}

func (b *builder) path(rel string) string {
	return filepath.Join(b.to, filepath.FromSlash(relativeTo(b.unit, path.Clean(rel))))
}
