package process

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

const mebibyte = 1 << 20

// Free is how many bytes the file system of a folder has free for us; a very large number where it does not say.
func Free(dir string) uint64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return 1 << 62 //nolint:mnd // Unknown is not full.
	}
	return stat.Bavail * uint64(stat.Bsize) //nolint:gosec // A block size is positive.
}

// Watch returns when the run cannot go on, with the reason: its disk is nearly full, or an essential program has ended. It returns nil when the
// context is done.
func (g *Group) Watch(ctx context.Context) error {
	const (
		least = 64 * mebibyte // etcd's next file.
		every = time.Second
	)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-g.lost:
			if free := Free(g.state); free < least {
				return errFull(g.state, free)
			}
			return err
		case <-ticker.C:
			if free := Free(g.state); free < least {
				return errFull(g.state, free)
			}
		}
	}
}

var errDisk = errors.New("the disk is full")

func errFull(dir string, free uint64) error {
	return fmt.Errorf("%w: %s has %d MiB free", errDisk, dir, free/mebibyte)
}
