package tree

import (
	"path"
	"slices"
	"strings"
)

// action is how a unit becomes what is wanted.
type action int

const (
	replaceFile  action = iota // rename a file into its place
	removeFile                 // remove one file
	exchangeTree               // build the folder anew and exchange the two
	placeTree                  // build the folder and rename it into its place
	dropTree                   // rename the folder out of the tree
)

// unit returns the smallest part of the tree that contains all changes, and what is to be done with it.
func (d *Diff) unit() (string, action) {
	folders := map[string]bool{".": isFolder(d.place.root)}
	for _, nodes := range d.seen {
		for _, n := range nodes {
			if n.info.IsDir() {
				folders[n.path] = true
			}
		}
	}
	touched := d.touched()
	if len(touched) == 1 {
		p := touched[0]
		switch dir := path.Dir(p); {
		case d.remove[p] && !d.drop[dir]:
			return p, removeFile
		case !d.remove[p] && folders[dir] && !folders[p]:
			return p, replaceFile
		}
	}
	u := commonFolder(touched)
	for u != "." && !folders[path.Dir(u)] {
		u = path.Dir(u)
	}
	switch {
	case d.drop[u]: // then it is a top: elsewhere the manifest above it changes, too
		return u, dropTree
	case folders[u]:
		return u, exchangeTree
	}
	return u, placeTree
}

// commonFolder returns the folder that all files of the sorted paths are in.
func commonFolder(paths []string) string {
	first, last := path.Dir(paths[0]), path.Dir(paths[len(paths)-1])
	for !within(last, first) {
		first = path.Dir(first)
	}
	return first
}

// within reports whether p is dir or below it.
func within(p, dir string) bool {
	return dir == "." || p == dir || strings.HasPrefix(p, dir+"/")
}

// relativeTo returns p relative to the unit u that it is in.
func relativeTo(u, p string) string {
	if u == "." {
		return p
	}
	return strings.TrimPrefix(strings.TrimPrefix(p, u), "/")
}

// parents returns the folders of the wanted files within u that are not among the existing ones, each after its parent.
func (d *Diff) parents(u string, existing map[string]bool) []string {
	var missing []string
	for p := range d.write {
		for dir := path.Dir(p); within(dir, u) && !existing[dir]; dir = path.Dir(dir) {
			existing[dir] = true
			missing = append(missing, dir)
			if dir == u {
				break
			}
		}
	}
	slices.Sort(missing)
	return missing
}
