package pin

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// overlay is a file system with one file that is not there yet, or has other content.
type overlay struct {
	fs.FS

	name    string
	content []byte
}

// Open opens the file, or one of the file system below.
func (o overlay) Open(name string) (fs.File, error) {
	if name == o.name {
		return &memory{Reader: bytes.NewReader(o.content), info: info{name: path.Base(name), size: int64(len(o.content))}}, nil
	}
	return o.FS.Open(name) //nolint:wrapcheck // The error is that of the file system.
}

// ReadDir lists a folder: that of the file has it, too.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	if err != nil || name != path.Dir(o.name) {
		return entries, err //nolint:wrapcheck // The error is that of the file system.
	}
	own := info{name: path.Base(o.name), size: int64(len(o.content))}
	entries = slices.DeleteFunc(slices.Clone(entries), func(e fs.DirEntry) bool { return e.Name() == own.name })
	entries = append(entries, fs.FileInfoToDirEntry(own))
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// memory is a file whose content is in memory.
type memory struct {
	*bytes.Reader

	info info
}

func (m *memory) Stat() (fs.FileInfo, error) { return m.info, nil }
func (m *memory) Close() error               { return nil }

// info describes a file that anybody may read.
type info struct {
	name string
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return 0o644 } //nolint:mnd // As Git has it.
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return false }
func (i info) Sys() any           { return nil }
