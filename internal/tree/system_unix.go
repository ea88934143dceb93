//go:build !windows

//nolint:wrapcheck // disk.do adds what was done, and to what.
package tree

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

// keepOwner gives name the owner of old. Only root may do that in general, and only root needs it: a container that renders
// into a user's folder. So a refusal is no error.
func keepOwner(name string, old fs.FileInfo) {
	if st, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = os.Lchown(name, int(st.Uid), int(st.Gid))
	}
}

func rename(from, to string) error { return os.Rename(from, to) }

// tryLock opens and locks the file, or returns a lockedError. The lock ends with the process.
func tryLock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, lockedError{} // its owner has just removed the folder
	}
	if err != nil {
		return nil, err
	}
	if err = lockFile(f); err != nil {
		ignoreClose(f)
		return nil, err
	}
	return f, nil
}

func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) {
		return lockedError{}
	}
	if err != nil {
		return err
	}
	ours, err := f.Stat()
	if err != nil {
		return err
	}
	// The owner before us may have removed the file after we opened it: then this is a lock on nothing.
	there, err := os.Lstat(f.Name())
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !os.SameFile(ours, there)) {
		return lockedError{}
	}
	return err
}

// removeLock removes the file before it lets go of it, so that whoever waits for it notices.
func removeLock(f *os.File) {
	_ = os.Remove(f.Name())
	ignoreClose(f)
}
