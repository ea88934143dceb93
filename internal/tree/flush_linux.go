package tree

import (
	"os"

	"golang.org/x/sys/unix"
)

// flushSingly is how many files are synced one by one. Each costs the disk a round trip; syncfs is one for all of them, but
// waits for what other programs have written, too.
const flushSingly = 64

func flush(folder string, files []string) error {
	if len(files) > flushSingly {
		return withFile(folder, os.O_RDONLY, func(f *os.File) error { return unix.Syncfs(int(f.Fd())) })
	}
	for _, name := range append(files, folder) {
		if err := withFile(name, os.O_RDONLY, (*os.File).Sync); err != nil {
			return err
		}
	}
	return nil
}
