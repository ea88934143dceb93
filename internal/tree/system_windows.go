//nolint:wrapcheck // disk.do adds what was done, and to what.
package tree

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// inode is not known without opening the file; size and time have to do.
func inode(fs.FileInfo) uint64 { return 0 }

// keepOwner does nothing: a new file inherits the access rights of its folder.
func keepOwner(string, fs.FileInfo) {}

// Windows refuses for a moment what a virus scanner or an indexer has open.
const (
	errAccessDenied     = syscall.Errno(5)
	errSharingViolation = syscall.Errno(32)

	renamePatience = 2 * time.Second
	renamePoll     = 10 * time.Millisecond
)

func rename(from, to string) error {
	for deadline := time.Now().Add(renamePatience); ; time.Sleep(renamePoll) {
		err := os.Rename(from, to)
		if err == nil || !inUse(err) || time.Now().After(deadline) {
			return err
		}
	}
}

func inUse(err error) bool {
	return errors.Is(err, errAccessDenied) || errors.Is(err, errSharingViolation)
}

// tryLock opens the file for itself alone, or returns a lockedError. The system closes and removes it
// when the process ends, however that happens.
func tryLock(name string) (*os.File, error) {
	const deleteOnClose = 0x04000000 // FILE_FLAG_DELETE_ON_CLOSE
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS,
		syscall.FILE_ATTRIBUTE_NORMAL|deleteOnClose, 0)
	switch {
	case err == nil:
		return os.NewFile(uintptr(h), name), nil
	case inUse(err), errors.Is(err, fs.ErrNotExist):
		return nil, lockedError{}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: err}
}

// removeLock only has to close it.
func removeLock(f *os.File) { ignoreClose(f) }
