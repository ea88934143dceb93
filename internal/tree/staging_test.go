package tree

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func testStaging(t *testing.T, root string) staging {
	t.Helper()
	p, err := locate(root)
	must(t, err)
	return staging{place: p, disk: disk{wait: 50 * time.Millisecond}}
}

func TestRecover(t *testing.T) {
	full := rendered(before())
	tests := map[string]struct {
		reason string
		root   contents // nil: missing
		left   contents // in the staging folder
		want   contents
		err    string
	}{
		"Nothing":   {reason: "Nothing to do.", root: full, want: full},
		"NoRoot":    {reason: "Nothing to do."},
		"OnlyLock":  {reason: "Killed right at the start.", root: full, left: contents{"lock": "\n"}, want: full},
		"Building":  {reason: "Killed while it built.", root: full, left: contents{"lock": "\n", "new/dev/a": "a\n"}, want: full},
		"FirstTime": {reason: "Killed while it built a root that is not there.", left: contents{"new/dev/a": "a\n"}},
		"Cleaning":  {reason: "Killed after the exchange.", root: full, left: contents{"old/dev/a": "a\n"}, want: full},
		"BeforeFirstRename": {
			reason: "The journal is written, but the old tree is in its place.",
			root:   full, left: contents{"journal": ".", "new/dev/a": "a\n"}, want: full,
		},
		"BetweenRenames": {
			reason: "The second rename is made up for.",
			left:   contents{"journal": ".", "new/dev/a": "a\n", "old/dev/a": "old\n"}, want: contents{"dev/a": "a\n"},
		},
		"BetweenRenamesOfTop": {
			reason: "The same for a folder in the tree.",
			root:   contents{"prod/a": "a\n"},
			left:   contents{"journal": "dev", "new/a": "a\n", "old/a": "old\n"}, want: contents{"dev/a": "a\n", "prod/a": "a\n"},
		},
		"AfterSecondRename": {
			reason: "Only the journal tells of it.",
			root:   full, left: contents{"journal": ".", "old/dev/a": "a\n"}, want: full,
		},
		"NewIsGone": {
			reason: "Whatever happened to the new tree, the old one is not thrown away.",
			left:   contents{"journal": ".", "old/dev/a": "old\n"}, want: contents{"dev/a": "old\n"},
		},
		"RootRemovedByHand": {
			reason: "A root that was not moved away is not put back.",
			left:   contents{"journal": ".", "new/dev/a": "a\n"},
		},
		"HalfJournal": {
			reason: "A journal is valid from its rename on.",
			root:   full, left: contents{"journal.tmp": ".", "new/dev/a": "a\n"}, want: full,
		},
		"JournalLeadsOut": {
			reason: "A journal that genops cannot have written is for a person to look at.",
			left:   contents{"journal": "../../etc", "old/dev/a": "a\n"},
			err:    "read .genops-staging-rendered/journal: it is not a journal of genops",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			if test.root != nil {
				put(t, root, test.root)
			}
			s := testStaging(t, root)
			if test.left != nil {
				put(t, s.dir(), test.left)
			}
			err := Recover(t.Context(), root)
			if got := errText(err, root); got != test.err {
				t.Errorf("%s\nRecover: %s\n   want: %s", test.reason, got, test.err)
			}
			if test.err != "" {
				equal(t, test.reason, read(t, s.dir()).with(contents{"lock": ""}), test.left)
				return
			}
			if test.want == nil {
				if _, err := os.Lstat(root); err == nil {
					t.Errorf("%s\nthe root is there", test.reason)
				}
			} else {
				equal(t, test.reason, read(t, root), test.want)
			}
			alone(t, root)
		})
	}
}

// TestRecoverStopped: the journal goes first. Otherwise Recover could later mistake half of a tree for one to be completed.
func TestRecoverStopped(t *testing.T) {
	root := newRoot(t)
	put(t, root, contents{"dev/a": "a\n"})
	s := testStaging(t, root)
	put(t, s.dir(), contents{"journal": ".", "new/dev/a": "a\n", "old/dev/a": "old\n"})
	s.disk.hook = func(op, shown string) error {
		if op == "remove" && shown != s.path(journalName) {
			_ = os.Remove(filepath.Join(shown, "dev", "a")) // half of it
			return errors.New("killed")
		}
		return nil
	}
	if err := s.sweep(s.try); errText(err, root) != "remove .genops-staging-rendered/new: killed" {
		t.Errorf("sweep: %v", err)
	}
	must(t, os.RemoveAll(root))
	must(t, Recover(t.Context(), root))
	if exists(root) {
		t.Errorf("the root is back: %v", read(t, root))
	}
	alone(t, root)
}

// TestRecoverThroughLink: the link leads to nothing while the root is moved away.
func TestRecoverThroughLink(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, contents{
		"link": "-> in/between", "in/between": "-> ../real/rendered",
		"real/.genops-staging-rendered/journal": ".", "real/.genops-staging-rendered/new/dev/a": "a\n",
		"real/.genops-staging-rendered/old/dev/a": "old\n",
	})
	must(t, Recover(t.Context(), filepath.Join(dir, "link")))
	equal(t, "after Recover", read(t, filepath.Join(dir, "real")), contents{"rendered/dev/a": "a\n"})
}

// TestCompareWaits: another process is between its two renames, which takes moments.
func TestCompareWaits(t *testing.T) {
	root := newRoot(t)
	s := testStaging(t, root)
	put(t, s.dir(), contents{"journal": ".", "new/x": "", "old/x": ""})
	apply(t, root+"2", before())
	var wg sync.WaitGroup
	wg.Go(func() {
		time.Sleep(3 * lockPoll)
		must(t, os.Rename(root+"2", root))
	})
	d := compare(t, root, before(), Options{})
	wg.Wait()
	if got := d.Changes(); len(got) > 0 {
		t.Errorf("Changes() = %v, want none", got)
	}
}

func TestBusy(t *testing.T) {
	root := newRoot(t)
	apply(t, root, before())
	s := testStaging(t, root)
	lock, err := s.acquire(t.Context())
	must(t, err)
	put(t, s.dir(), contents{"new/dev/a": "theirs\n"})

	d := compare(t, root, but(Files{"dev/a.yaml": []byte("a: 2\n")}), Options{})
	d.disk.wait = 3 * lockPoll
	err = d.Apply(t.Context())
	if _, ok := errors.AsType[*BusyError](err); !ok || errText(err, root) != "another genops is writing rendered" {
		t.Errorf("Apply: %v, want a BusyError", err)
	}
	// Without anything to write nobody has to wait.
	must(t, compare(t, root, before(), Options{}).Apply(t.Context()))
	// Ctrl-C ends the waiting.
	ctx, cancel := context.WithTimeout(t.Context(), lockPoll)
	defer cancel()
	d.disk.wait = time.Minute
	if err := d.Apply(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Apply: %v, want the context's error", err)
	}
	if err := Recover(ctx, root); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Recover: %v, want the context's error", err)
	}
	if got := read(t, s.dir())["new/dev/a"]; got != "theirs\n" {
		t.Errorf("the other's work was destroyed: %q", got)
	}

	// Once the other is done the waiting one goes on.
	var wg sync.WaitGroup
	wg.Go(func() {
		time.Sleep(3 * lockPoll)
		s.release(lock)
	})
	must(t, d.Apply(t.Context()))
	wg.Wait()
	equal(t, "after waiting", read(t, root), rendered(but(Files{"dev/a.yaml": []byte("a: 2\n")})))
	alone(t, root)
}

// TestLockIsExclusive lets many take and leave the lock: the last one out removes the file the others wait for.
func TestLockIsExclusive(t *testing.T) {
	s := testStaging(t, newRoot(t))
	s.disk.wait = time.Minute
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		inside int
	)
	for range 8 {
		wg.Go(func() {
			for range 50 {
				lock, err := s.acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if !mu.TryLock() {
					t.Error("two have the lock")
				} else {
					inside++
					mu.Unlock()
				}
				s.release(lock)
			}
		})
	}
	wg.Wait()
	if inside != 8*50 {
		t.Errorf("%d got the lock, want %d", inside, 8*50)
	}
	alone(t, s.place.root)
}

func TestStagingIsTaken(t *testing.T) {
	for name, taken := range map[string]contents{
		"ByFile": {".genops-staging-rendered": "mine\n"},
		"ByLink": {".genops-staging-rendered": "-> elsewhere", "elsewhere/": ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			put(t, filepath.Dir(root), taken)
			start := read(t, filepath.Dir(root))
			err := compare(t, root, before(), Options{}).Apply(t.Context())
			if got, want := errText(err, root), "create folder .genops-staging-rendered: something else has that name"; got != want {
				t.Errorf("Apply: %s, want %s", got, want)
			}
			equal(t, "after the error", read(t, filepath.Dir(root)), start)
		})
	}
}

// TestStagingIsBesideRoot: hidden, and with a name that the .gitignore of the project has.
func TestStagingIsBesideRoot(t *testing.T) {
	root := newRoot(t)
	s := testStaging(t, root)
	if dir, name := filepath.Split(s.dir()); filepath.Clean(dir) != filepath.Dir(s.place.root) || !strings.HasPrefix(name, ".genops-staging-") {
		t.Errorf("the staging folder is %s", s.dir())
	}
}
