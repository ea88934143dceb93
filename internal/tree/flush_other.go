//go:build !linux && !darwin

package tree

import "os"

// flush leaves out the folder, which Windows cannot sync.
func flush(_ string, files []string) error {
	for _, name := range files {
		if err := withFile(name, os.O_RDWR, (*os.File).Sync); err != nil {
			return err
		}
	}
	return nil
}
