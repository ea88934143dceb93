package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// snapshot is what files there are below a folder, by slash-separated path: as they are on disk, so that writing a file anew with the same
// content is a difference, too.
type snapshot map[string]seen

// seen is one file, folder or link.
type seen struct {
	info    fs.FileInfo
	content []byte // Of a file; where a link points to.
}

// take reads everything below root, except for the folder of temporary files that testscript gives to processes.
func take(root string) (snapshot, error) {
	s := snapshot{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		if relative == "." {
			return nil
		}
		if relative == ".tmp" {
			return filepath.SkipDir
		}
		found := seen{}
		if found.info, err = entry.Info(); err != nil {
			return err
		}
		switch {
		case entry.Type()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			if err != nil {
				return err
			}
			found.content = []byte(target)
		case entry.Type().IsRegular():
			if found.content, err = os.ReadFile(name); err != nil {
				return err
			}
		}
		s[filepath.ToSlash(relative)] = found
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", root, err)
	}
	return s, nil
}

// below is the part of a snapshot at a path and below it.
func (s snapshot) below(path string) snapshot {
	part := snapshot{}
	for name, found := range s {
		if path == "." || name == path || strings.HasPrefix(name, path+"/") {
			part[name] = found
		}
	}
	return part
}

// changes lists what differs in a later snapshot, sorted by path: created, removed, changed, shortened if nothing but lines went, or
// touched if a file was written anew with the same content. Times of folders do not count: they tell of temporary files, too.
func (s snapshot) changes(later snapshot) []string {
	names := map[string]bool{}
	for name := range s {
		names[name] = true
	}
	for name := range later {
		names[name] = true
	}
	type change struct{ name, what string }
	var found []change
	for name := range names {
		before, existed := s[name]
		after, exists := later[name]
		switch {
		case !existed:
			found = append(found, change{name, "created"})
		case !exists:
			found = append(found, change{name, "removed"})
		case before.info.Mode() == after.info.Mode() && shortened(before.content, after.content):
			found = append(found, change{name, "shortened"})
		case before.info.Mode() != after.info.Mode() || !bytes.Equal(before.content, after.content):
			found = append(found, change{name, "changed"})
		case !before.info.IsDir() && (!before.info.ModTime().Equal(after.info.ModTime()) || !os.SameFile(before.info, after.info)):
			found = append(found, change{name, "touched"})
		}
	}
	slices.SortFunc(found, func(a, b change) int { return strings.Compare(a.name, b.name) })
	lines := make([]string, len(found))
	for i, c := range found {
		lines[i] = c.what + " " + c.name
	}
	return lines
}

// shortened tells whether one text is another without some of its lines.
func shortened(long, short []byte) bool {
	if len(short) >= len(long) {
		return false
	}
	rest := bytes.Split(short, []byte("\n"))
	for line := range bytes.SplitSeq(long, []byte("\n")) {
		if len(rest) > 0 && bytes.Equal(line, rest[0]) {
			rest = rest[1:]
		}
	}
	return len(rest) == 0
}

// differences lists the paths that two trees do not have in common with the same content, whenever they were written.
func (s snapshot) differences(other snapshot) []string {
	var lines []string
	for _, line := range s.changes(other) {
		if !strings.HasPrefix(line, "touched ") {
			lines = append(lines, line)
		}
	}
	return lines
}
