package tree

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	stagingPrefix = ".genops-staging-"

	lockName    = "lock"    // held while a process works in the staging folder
	newName     = "new"     // the new version; after an exchange, the old one
	oldName     = "old"     // the old version, where it was renamed
	journalName = "journal" // the path of the folder that is being replaced by two renames

	lockWait = 10 * time.Second
	lockPoll = 20 * time.Millisecond
	// settleWait is how long Compare waits for another process to make the second of two renames.
	settleWait = time.Second
)

// staging is the hidden folder beside the root. It exists only while Apply works, or after it was killed.
type staging struct {
	place place
	disk  disk
}

// dir is absolute, also in messages: a root that is a link has it elsewhere than one would think.
func (s staging) dir() string {
	return filepath.Join(filepath.Dir(s.place.root), stagingPrefix+filepath.Base(s.place.root))
}

func (s staging) path(name string) string { return filepath.Join(s.dir(), name) }

// acquire creates the staging folder and locks it, so that nobody else works there, or takes our work for leftovers.
func (s staging) acquire(ctx context.Context) (*os.File, error) {
	wait := lockWait
	if s.disk.wait > 0 {
		wait = s.disk.wait
	}
	for deadline := time.Now().Add(wait); ; {
		lock, err := s.try()
		if lock != nil || err != nil {
			return lock, err
		}
		if time.Now().After(deadline) {
			return nil, &BusyError{Root: s.place.arg}
		}
		if err := sleep(ctx, lockPoll); err != nil {
			return nil, err
		}
	}
}

// try returns nothing if another process has the lock.
func (s staging) try() (*os.File, error) {
	err := s.disk.mkdir(s.dir(), s.dir(), 0o755)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if info, err := os.Lstat(s.dir()); err == nil && !info.IsDir() {
		return nil, machineError("create folder", s.dir(), errors.New("something else has that name"))
	}
	var lock *os.File
	err = s.disk.do("lock", s.dir(), func() (err error) {
		lock, err = tryLock(s.path(lockName))
		return err
	})
	switch {
	case errors.Is(err, lockedError{}):
		return nil, nil //nolint:nilnil // As the comment says: it is no error, and there is no lock.
	case err != nil:
		_ = os.Remove(s.dir())
	}
	return lock, err
}

// release removes all traces and lets the next process in. What cannot be removed is left to the next run: the tree is
// whole without it.
func (s staging) release(lock *os.File) {
	if err := s.clean(); err != nil {
		ignoreClose(lock)
		return
	}
	removeLock(lock)
	_ = s.disk.remove(s.dir(), s.dir())
}

// clean empties the staging folder, except for the lock. It keeps what an unfinished swap still needs.
func (s staging) clean() error {
	if unfinished, err := s.unfinished(); err != nil || unfinished != "" {
		return err
	}
	entries, err := os.ReadDir(s.dir())
	if err != nil {
		return machineError("read", s.dir(), err)
	}
	for _, e := range entries { // sorted, so the journal goes first: it speaks of the others
		if e.Name() == lockName {
			continue
		}
		if err := s.disk.removeAll(s.path(e.Name()), s.path(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// heal completes or removes what a killed run left. The caller has the lock.
func (s staging) heal() error {
	rel, err := s.unfinished()
	if err != nil {
		return err
	}
	if rel != "" {
		from := newName
		if !exists(s.path(newName)) {
			from = oldName
		}
		if err := s.disk.rename("move", s.path(from), s.place.path(rel), s.place.shown(rel)); err != nil {
			return err
		}
	}
	return s.clean()
}

// unfinished returns the folder that is missing because a run was killed between its two renames, or nothing.
func (s staging) unfinished() (rel string, err error) {
	if !isFolder(s.dir()) {
		return "", nil
	}
	data, err := os.ReadFile(s.path(journalName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", machineError("read", s.path(journalName), err)
	}
	rel = string(data)
	if !fs.ValidPath(rel) {
		return "", machineError("read", s.path(journalName), errors.New("it is not a journal of genops"))
	}
	if _, err := os.Lstat(s.place.path(rel)); !errors.Is(err, fs.ErrNotExist) {
		return "", nil // before the first rename, or after the second
	}
	if !exists(s.path(oldName)) {
		return "", nil // it was never moved: someone else removed it
	}
	return rel, nil
}

// settled returns an error if a folder of the tree stands in the staging folder, and goes on doing so.
func (s staging) settled(ctx context.Context) error {
	for deadline := time.Now().Add(settleWait); ; {
		rel, err := s.unfinished()
		if err != nil || rel == "" {
			return err
		}
		if time.Now().After(deadline) {
			return &InterruptedError{Path: s.place.shown(rel)}
		}
		if err := sleep(ctx, lockPoll); err != nil {
			return err
		}
	}
}

// sweep heals if there is anything to heal, and if get gets the lock.
func (s staging) sweep(get func() (*os.File, error)) error {
	if !exists(s.dir()) {
		return nil
	}
	lock, err := get()
	if lock == nil || err != nil {
		return err
	}
	defer s.release(lock)
	return s.heal()
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return done(ctx)
	case <-time.After(d):
		return nil
	}
}

// Recover completes or removes what a killed run left beside root. Without leftovers it costs one system call and writes
// nothing. Its errors are those of Apply.
func Recover(ctx context.Context, root string) error {
	p, err := locate(root)
	if err != nil {
		return err
	}
	s := staging{place: p}
	return s.sweep(func() (*os.File, error) { return s.acquire(ctx) })
}
