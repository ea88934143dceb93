package tree

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// comparison is the comparison of one top. The first fields say what to compare, the others what came out.
type comparison struct {
	place  place
	top    string
	want   Files
	paths  []string // those of want in this top, sorted
	header string

	seen     []node
	changes  []Change
	foreign  []string
	write    map[string][]byte
	remove   []string
	drop     []string
	inTheWay []string // what makes the top impossible to write, sorted

	at       map[string]node
	owned    map[string][]digest // by full path
	wanted   map[string]bool     // paths, and the manifest
	buf      []byte
	live     map[string]bool // folders that something is kept in, or written to
	occupied map[string]bool // folders that something foreign is kept in
}

func (c *comparison) run() error {
	file := path.Join(c.top, ManifestName)
	if len(c.paths) == 0 {
		if mine, err := c.isMine(file); !mine {
			return err
		}
	}
	var err error
	if c.seen, err = c.place.list(c.top); err != nil {
		return err
	}
	c.at = make(map[string]node, len(c.seen))
	for _, n := range c.seen {
		c.at[n.path] = n
	}
	c.wanted = make(map[string]bool, len(c.paths)+1)
	c.write, c.live, c.occupied = map[string][]byte{}, map[string]bool{}, map[string]bool{}

	old, err := c.readIfRegular(file)
	if err != nil {
		return err
	}
	listed, broken := parseManifest(old)
	c.owned = make(map[string][]digest, len(listed))
	for name, sums := range listed {
		c.owned[c.top+"/"+name] = sums
	}
	for _, p := range c.paths {
		c.expect(p)
	}
	sums := make([]digest, len(c.paths))
	for i, p := range c.paths {
		sums[i] = sha256.Sum256(c.want[p])
	}
	if len(c.paths) > 0 {
		c.expect(file)
	}
	c.sortOut(file)

	for _, p := range c.paths {
		if err := c.file(p); err != nil {
			return err
		}
	}
	c.finishManifest(file, old, broken, formatManifest(c.header, c.top, c.paths, sums))
	return nil
}

// isMine reports whether a top of which nothing is wanted has a manifest; if not, it is foreign as a whole.
func (c *comparison) isMine(file string) (bool, error) {
	info, err := c.place.lstat(c.top)
	if info == nil {
		return false, err
	}
	if !info.IsDir() {
		c.foreign = []string{c.top}
		return false, nil
	}
	m, err := c.place.lstat(file)
	if err != nil {
		return false, err
	}
	if m == nil || !m.Mode().IsRegular() {
		c.foreign = []string{c.top + "/"}
		return false, nil
	}
	return true, nil
}

func (c *comparison) expect(p string) {
	c.wanted[p] = true
	mark(c.live, p)
}

// mark adds all folders above p.
func mark(folders map[string]bool, p string) {
	for dir := path.Dir(p); dir != "." && !folders[dir]; dir = path.Dir(dir) {
		folders[dir] = true
	}
}

// sortOut says of everything on disk whether it goes or stays.
func (c *comparison) sortOut(file string) {
	for _, n := range c.seen {
		p, owned := n.path, c.owned[n.path] != nil || n.path == file
		switch {
		case n.info.IsDir() || c.wanted[p]:
		case owned && n.info.Mode().IsRegular():
			c.remove = append(c.remove, p)
		default: // a link in place of an owned file is not what genops wrote
			c.foreign = append(c.foreign, p)
			mark(c.live, p)
			mark(c.occupied, p)
		}
	}
	slices.Sort(c.remove)
	emptied := map[string]bool{}
	for _, p := range c.remove {
		mark(emptied, p)
		if p != file {
			c.changes = append(c.changes, Change{p, Removed})
		}
	}
	for dir := range emptied {
		if !c.live[dir] {
			c.drop = append(c.drop, dir)
		}
	}
}

// file compares one wanted file.
func (c *comparison) file(p string) error {
	n, exists := c.at[p]
	switch {
	case c.blocked(p):
		return nil
	case !exists || n.info.IsDir():
		kind := Created
		if c.owned[p] != nil {
			kind = Edited
		}
		c.change(p, kind)
		return nil
	}
	same, err := c.holds(n, c.want[p])
	if err != nil {
		return err
	}
	var got []byte
	if !same && c.owned[p] != nil {
		if got, err = c.readIfRegular(p); err != nil {
			return err
		}
	}
	switch {
	case same: // also if nobody listed it: then it is adopted
	case c.owned[p] == nil:
		c.inTheWay = append(c.inTheWay, p)
	case slices.Contains(c.owned[p], sha256.Sum256(got)):
		c.change(p, Updated)
	default:
		c.change(p, Edited)
	}
	return nil
}

func (c *comparison) change(p string, kind Kind) {
	c.changes = append(c.changes, Change{p, kind})
	c.write[p] = c.want[p]
}

// blocked reports whether p cannot be written because of something foreign at p or above it, and notes that.
func (c *comparison) blocked(p string) bool {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		n, exists := c.at[dir]
		if !exists || n.info.IsDir() {
			continue
		}
		if _, goes := slices.BinarySearch(c.remove, dir); !goes {
			c.inTheWay = append(c.inTheWay, dir)
			return true
		}
	}
	n, exists := c.at[p]
	if exists && !n.info.Mode().IsRegular() && (!n.info.IsDir() || c.occupied[p]) {
		c.inTheWay = append(c.inTheWay, p)
		return true
	}
	return false
}

// finishManifest compares the manifest itself. It is worth a mention only where no other change explains it.
func (c *comparison) finishManifest(file string, old []byte, broken bool, content []byte) {
	n, exists := c.at[file]
	kind := Updated
	switch {
	case len(c.paths) == 0:
		kind = Removed
	case c.blocked(file):
		return
	case exists && n.info.Mode().IsRegular() && bytes.Equal(old, content):
		return
	case !exists:
		kind = Created
	case broken:
		kind = Edited
	}
	if kind != Removed {
		c.write[file] = content
	}
	if len(c.changes) == 0 {
		c.changes = []Change{{file, kind}}
	}
}

// holds reports whether the file on disk has exactly that content. Almost all of them have, so this is where the time goes:
// one read into a buffer that is used again, longer than the content by one to notice a file that grew.
func (c *comparison) holds(n node, content []byte) (bool, error) {
	if n.info.Size() != int64(len(content)) {
		return false, nil
	}
	c.buf = slices.Grow(c.buf[:0], len(content)+1)[:len(content)+1]
	got := 0
	err := withFile(c.place.path(n.path), os.O_RDONLY, func(f *os.File) (err error) {
		got, err = io.ReadAtLeast(f, c.buf, len(content))
		return err //nolint:wrapcheck // Done below.
	})
	switch {
	case err == nil:
		return bytes.Equal(c.buf[:got], content), nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, fs.ErrNotExist):
		return false, nil // shorter, or gone, since it was listed
	}
	return false, machineError("read", c.place.shown(n.path), err)
}

// readIfRegular returns nothing for what is not a file, or not any more.
func (c *comparison) readIfRegular(p string) ([]byte, error) {
	if n, ok := c.at[p]; !ok || !n.info.Mode().IsRegular() {
		return nil, nil
	}
	data, err := os.ReadFile(c.place.path(p))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, machineError("read", c.place.shown(p), err)
	}
	return data, nil
}

// merge puts the tops together.
func (d *Diff) merge(found []comparison) {
	for _, c := range found {
		d.changes = append(d.changes, c.changes...)
		d.foreign = append(d.foreign, c.foreign...)
		d.inTheWay = append(d.inTheWay, c.inTheWay...)
		maps.Copy(d.write, c.write)
		for _, p := range c.remove {
			d.remove[p] = true
		}
		for _, p := range c.drop {
			d.drop[p] = true
		}
		if c.seen != nil || len(c.paths) > 0 {
			d.seen[c.top] = c.seen
		}
	}
	slices.SortFunc(d.changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	slices.Sort(d.foreign)
	slices.Sort(d.inTheWay)
	d.inTheWay = slices.Compact(d.inTheWay)
}

func (d *Diff) foreignErrors() error {
	errs := make([]error, len(d.inTheWay))
	for i, p := range d.inTheWay {
		errs[i] = &ForeignError{Path: d.place.shown(p)}
	}
	return errors.Join(errs...)
}
