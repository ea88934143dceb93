//nolint:wrapcheck // disk.do adds what was done, and to what.
package tree

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// disk is what Apply does to the file system. Each step goes through do, so that tests can stop, refuse or interrupt it.
type disk struct {
	hook func(op, shown string) error // nil outside tests; an error takes the place of the step
	wait time.Duration                // how long to wait for the lock, if not lockWait
}

// do makes one step and turns its error into a MachineError.
func (k disk) do(op, shown string, step func() error) error {
	if k.hook != nil {
		if err := k.hook(op, shown); err != nil {
			return machineError(op, shown, err)
		}
	}
	if err := step(); err != nil {
		return machineError(op, shown, err)
	}
	return nil
}

func (k disk) mkdir(name, shown string, mode fs.FileMode) error {
	return k.do("create folder", shown, func() error { return os.Mkdir(name, mode) })
}

func (k disk) rename(op, from, to, shown string) error {
	return k.do(op, shown, func() error { return rename(from, to) })
}

// write creates a file. In place of an older one it gets the permissions and, as far as the system lets us, the owner of
// that, as if it had been overwritten.
func (k disk) write(name, shown string, data []byte, old fs.FileInfo) error {
	return k.do("write", shown, func() error {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) //nolint:gosec // The umask decides, as for Git.
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		if old != nil && err == nil {
			keepOwner(name, old)
			err = f.Chmod(old.Mode().Perm())
		}
		return errors.Join(err, f.Close())
	})
}

// keep makes the same thing as at from appear at to: by a hard link, or as a copy where those are refused (by the file
// system, or for files of other users).
func (k disk) keep(from, to, shown string, info fs.FileInfo) error {
	switch mode := info.Mode(); {
	case mode.IsRegular():
		if err := k.do("link", shown, func() error { return os.Link(from, to) }); err == nil {
			return nil
		}
		return k.do("copy", shown, func() error { return copyFile(from, to, info) })
	case mode&fs.ModeSymlink != 0:
		return k.do("link", shown, func() error {
			target, err := os.Readlink(from)
			if err != nil {
				return err
			}
			return os.Symlink(target, to)
		})
	}
	return machineError("copy", shown, errors.New("it is not a file, a folder or a link"))
}

func copyFile(from, to string, info fs.FileInfo) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer ignoreClose(src)
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	keepOwner(to, info)
	if err := errors.Join(err, dst.Chmod(info.Mode()), dst.Close()); err != nil {
		return err
	}
	return os.Chtimes(to, time.Time{}, info.ModTime())
}

// likeOld gives a new folder the mode and owner of the one it stands for.
func (k disk) likeOld(name, shown string, old fs.FileInfo) error {
	return k.do("set mode", shown, func() error {
		keepOwner(name, old) // first: it clears the set-group-id bit
		return os.Chmod(name, old.Mode())
	})
}

// flush brings files, and then the folder above them all, to the disk, so that after a power cut the exchange cannot be
// there without what was written. Hard links and folders between need no sync of their own: file systems that survive a
// power cut keep the order of such operations.
func (k disk) flush(shown, folder string, files []string) error {
	return k.do("sync", shown, func() error { return flush(folder, files) })
}

// remove removes one file, or an empty folder.
func (k disk) remove(name, shown string) error {
	return k.do("remove", shown, func() error { return os.Remove(name) })
}

// ignoreClose closes what was only read or locked: nothing can be lost there.
func ignoreClose(f *os.File) { _ = f.Close() }

// withFile opens name for one use.
func withFile(name string, flag int, use func(*os.File) error) error {
	f, err := os.OpenFile(name, flag, 0)
	if err != nil {
		return err
	}
	return errors.Join(use(f), f.Close())
}

// removeAll removes name and what is below it, also below folders without write permission.
func (k disk) removeAll(name, shown string) error {
	return k.do("remove", shown, func() error {
		err := os.RemoveAll(name)
		if err == nil {
			return nil
		}
		_ = filepath.WalkDir(name, func(p string, e fs.DirEntry, err error) error {
			if err == nil && e.IsDir() {
				_ = os.Chmod(p, 0o700) //nolint:gosec // A folder, about to be removed.
			}
			return nil
		})
		return os.RemoveAll(name)
	})
}
