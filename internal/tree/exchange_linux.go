//nolint:wrapcheck // disk.do adds what was done, and to what.
package tree

import (
	"errors"

	"golang.org/x/sys/unix"
)

// exchange swaps two folders in one step.
func exchange(a, b string) error {
	for {
		err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EINVAL): // NFS, 9p and others that do not know the flag
			return errors.ErrUnsupported
		}
		return err // ENOSYS is errors.ErrUnsupported already
	}
}
