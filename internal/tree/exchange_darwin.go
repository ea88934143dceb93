//nolint:wrapcheck // disk.do adds what was done, and to what.
package tree

import (
	"errors"

	"golang.org/x/sys/unix"
)

// exchange swaps two folders in one step. APFS can do that, other file systems answer ENOTSUP.
func exchange(a, b string) error {
	for {
		err := unix.RenamexNp(a, b, unix.RENAME_SWAP)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EINVAL):
			return errors.ErrUnsupported
		}
		return err
	}
}
