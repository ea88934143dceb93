package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
)

// node is one file, folder, link or other thing on disk. path is slash-separated and relative to the root.
type node struct {
	path string
	info fs.FileInfo // of the thing itself, never of what a link leads to
}

// same reports whether nothing can have changed about n, as far as that shows without reading it. A folder's time is left
// out: its contents are nodes of their own.
func (n node) same(o node) bool {
	if n.path != o.path || n.info.Mode() != o.info.Mode() || inode(n.info) != inode(o.info) {
		return false
	}
	return n.info.IsDir() || (n.info.Size() == o.info.Size() && n.info.ModTime().Equal(o.info.ModTime()))
}

// place is where a tree is: as the caller says it, for messages, and as the system needs it.
type place struct {
	arg  string // as given
	root string // absolute, no links
}

// locate resolves root, of which only the parent need exist. Links are resolved by hand where EvalSymlinks does not: a link may
// lead to a root that is yet to be created, or that an interrupted run has moved away.
func locate(root string) (place, error) {
	p := place{arg: root}
	abs, err := filepath.Abs(root)
	if err != nil {
		return p, machineError("read", root, err)
	}
	for range 40 {
		if info, err := os.Stat(abs); err == nil && !info.IsDir() {
			return p, &ForeignError{Path: root}
		}
		if resolved, err := filepath.EvalSymlinks(abs); err == nil {
			p.root = resolved
			return p, nil
		}
		target, err := os.Readlink(abs)
		if err != nil {
			p.root, err = belowFolder(abs)
			if err != nil {
				return p, machineError("read", root, err)
			}
			return p, nil
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(abs), target)
		}
		abs = target
	}
	return p, machineError("read", root, errors.New("too many links"))
}

// belowFolder resolves the parent of a path that does not exist.
func belowFolder(abs string) (string, error) {
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return "", err //nolint:wrapcheck // The caller adds the root.
	}
	if !isFolder(dir) {
		return "", fmt.Errorf("%s is not a folder", dir)
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

// isFolder and exists are about the thing itself, and never about what a link leads to.
func isFolder(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.IsDir()
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// path returns where the tree's file rel is; rel "." is the root.
func (p place) path(rel string) string { return filepath.Join(p.root, filepath.FromSlash(rel)) }

// shown is the same for messages, with the root as the caller gave it.
func (p place) shown(rel string) string { return filepath.Join(p.arg, filepath.FromSlash(rel)) }

// names returns what lies in the root itself, sorted.
func (p place) names() ([]node, error) {
	nodes, err := p.children(".")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return nodes, err
}

func (p place) children(rel string) ([]node, error) {
	entries, err := os.ReadDir(p.path(rel))
	if err != nil {
		return nil, machineError("read", p.shown(rel), err)
	}
	nodes := make([]node, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since it was listed
		}
		if err != nil {
			return nil, machineError("read", p.shown(path.Join(rel, e.Name())), err)
		}
		nodes = append(nodes, node{path.Join(rel, e.Name()), info})
	}
	return nodes, nil
}

// lstat returns nothing for what does not exist.
func (p place) lstat(rel string) (fs.FileInfo, error) {
	info, err := os.Lstat(p.path(rel))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // As the comment says.
	}
	if err != nil {
		return nil, machineError("read", p.shown(rel), err)
	}
	return info, nil
}

// list returns rel and everything below it, a folder always before its contents, in an order that depends on names only.
// It returns nothing if rel does not exist. Links are not followed.
func (p place) list(rel string) ([]node, error) {
	info, err := p.lstat(rel)
	if info == nil {
		return nil, err
	}
	return p.walk([]node{{rel, info}}, rel, info)
}

func (p place) walk(nodes []node, rel string, info fs.FileInfo) ([]node, error) {
	if !info.IsDir() {
		return nodes, nil
	}
	children, err := p.children(rel)
	if errors.Is(err, fs.ErrNotExist) {
		return nodes, nil
	}
	if err != nil {
		return nil, err
	}
	for _, n := range children {
		if nodes, err = p.walk(append(nodes, n), n.path, n.info); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

// listAll is list for several folders at once.
func (p place) listAll(ctx context.Context, rels []string) ([][]node, error) {
	lists := make([][]node, len(rels))
	err := parallel(ctx, len(rels), func(i int) (err error) {
		lists[i], err = p.list(rels[i])
		return err
	})
	return lists, err
}

// firstDifference returns the path of the first node that is not in both lists, or not the same in both.
func firstDifference(a, b []node) (string, bool) {
	for i := range min(len(a), len(b)) {
		if !a[i].same(b[i]) {
			return min(a[i].path, b[i].path), true
		}
	}
	switch {
	case len(a) > len(b):
		return a[len(b)].path, true
	case len(b) > len(a):
		return b[len(a)].path, true
	}
	return "", false
}

// parallel calls work for 0 to n-1 on all processors, until one returns an error or ctx is done. Of several errors it
// returns that of the lowest number.
func parallel(ctx context.Context, n int, work func(i int) error) error {
	var (
		next atomic.Int64
		stop atomic.Bool
		wg   sync.WaitGroup
		errs = make([]error, n)
	)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for !stop.Load() && ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if errs[i] = work(i); errs[i] != nil {
					stop.Store(true)
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return done(ctx)
}

func done(ctx context.Context) error {
	return ctx.Err() //nolint:wrapcheck // Compare and Apply promise the context's error as it is.
}
