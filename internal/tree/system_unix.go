//go:build !windows

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

// tryLock opens and locks the file, or returns nothing if another process has it. The lock ends with the process.
func tryLock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o644)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // its owner has just removed the folder
	}
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) {
			return nil, nil
		}
		return nil, err
	}
	// The owner before us may have removed the file after we opened it: then this is a lock on nothing.
	ours, err := f.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = os.Lstat(name); err == nil && os.SameFile(ours, there) {
			return f, nil
		}
	}
	f.Close()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return nil, nil
}

// removeLock removes the file before it lets go of it, so that whoever waits for it notices.
func removeLock(f *os.File) {
	_ = os.Remove(f.Name())
	f.Close()
}
