package tree

import (
	"os"

	"golang.org/x/sys/unix"
)

// flush gives all files to the drive, and makes the drive empty its cache once, which is what takes time there.
func flush(folder string, files []string) error {
	for _, name := range files {
		if err := withFile(name, os.O_RDONLY, func(f *os.File) error { return unix.Fsync(int(f.Fd())) }); err != nil {
			return err
		}
	}
	return withFile(folder, os.O_RDONLY, (*os.File).Sync) // F_FULLFSYNC
}
