package tree

import (
	"errors"
	"path/filepath"
)

// swap puts the new version in the place of rel, and the old version into the staging folder. What happens to the new
// version later (its removal) is the caller's business; after an error the old version is where it was.
func (s staging) swap(rel string) error {
	target, shown := s.place.path(rel), s.place.shown(rel)
	err := s.disk.do("swap", shown, func() error { return exchange(target, s.path(newName)) })
	if errors.Is(err, errors.ErrUnsupported) {
		err = s.twoRenames(rel)
	}
	if err != nil {
		return err
	}
	// Only the order matters: the old version must not be gone from the disk before the new one is in its place. If this is
	// refused, the next best thing is to go on.
	_ = flush(filepath.Dir(target), nil)
	return nil
}

// twoRenames is for file systems that cannot exchange folders. The journal tells the next run which folder is missing.
func (s staging) twoRenames(rel string) error {
	target, shown := s.place.path(rel), s.place.shown(rel)
	journal := s.path(journalName)
	draft := journal + ".tmp"
	if err := s.disk.write(draft, draft, []byte(rel), nil); err != nil {
		return err
	}
	if err := s.disk.flush(draft, s.dir(), []string{draft}); err != nil {
		return err
	}
	if err := s.disk.rename("write", draft, journal, journal); err != nil {
		return err
	}
	if err := s.disk.flush(journal, s.dir(), nil); err != nil {
		return err
	}
	if err := s.disk.rename("move", target, s.path(oldName), shown); err != nil {
		return err
	}
	err := s.disk.rename("move", s.path(newName), target, shown)
	if err != nil {
		// If this is refused as well, the journal stays, and the next run makes the second rename.
		_ = s.disk.rename("move back", s.path(oldName), target, shown)
		return err
	}
	_ = s.disk.remove(journal, journal)
	return nil
}
