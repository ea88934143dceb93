package tree

import (
	"context"
	"errors"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
)

// scenario is a change of the tree, chosen so that every action of a unit occurs.
type scenario struct {
	old, want Files // old nil: no root
	files     contents
}

func scenarios() map[string]scenario {
	foreign := contents{"README.md": "read\n", "dev/notes.md": "mine\n", "dev/link": "-> notes.md"}
	return map[string]scenario{
		"ExchangeRoot": {before(), but(Files{
			"dev/a.yaml": []byte("a: 2\n"), "dev/x/y.yaml": []byte("y\n"), "dev/sub/b.yaml": nil, "prod/a.yaml": nil,
		}), foreign},
		"ExchangeTop":    {before(), but(Files{"dev/a.yaml": []byte("a: 2\n"), "dev/x/y.yaml": []byte("y\n")}), foreign},
		"ExchangeFolder": {before(), before(), contents{"dev/sub/b.yaml": "edited\n", "dev/a.yaml": "edited\n"}},
		"PlaceRoot":      {nil, before(), nil},
		"PlaceTop":       {before(), but(Files{"qa/a.yaml": []byte("a\n"), "qa/b/c.yaml": []byte("c\n")}), foreign},
		"DropTop":        {before(), but(Files{"bootstrap/c.yaml": nil}), foreign},
		"ReplaceFile":    {before(), before(), contents{"dev/sub/b.yaml": "edited\n"}},
		"RemoveFile":     {Files{"dev/a": nil}, Files{}, contents{"dev/a": "-> elsewhere"}},
	}
}

// start makes the tree of the scenario and compares it.
func (c scenario) start(t *testing.T) (root string, d *Diff, old, want contents) {
	t.Helper()
	root = fastRoot(t)
	if c.old != nil {
		apply(t, root, c.old)
	}
	for p := range c.files {
		must(t, os.RemoveAll(below(root, p)))
	}
	put(t, root, c.files)
	if c.old != nil {
		old = read(t, root)
	}
	want = rendered(c.want)
	for p, content := range c.files {
		if _, ours := c.want[p]; !ours {
			want[p] = content
		}
	}
	return root, compare(t, root, c.want, Options{}), old, want
}

// modes are kinds of file systems.
func modes() map[string]func(op string) error {
	refuse := func(refused ...string) func(string) error {
		return func(op string) error {
			if slices.Contains(refused, op) {
				return errors.ErrUnsupported
			}
			return nil
		}
	}
	return map[string]func(string) error{
		"Normal":                 refuse(),
		"NoExchange":             refuse("swap"),
		"NoLinks":                refuse("link"),
		"NeitherLinkNorExchange": refuse("link", "swap"),
	}
}

// everyStep runs check for each step of each scenario on each kind of file system. check gets a hook to be given to the
// Diff, which calls at as the n-th step is reached, and later as further ones are.
func everyStep(t *testing.T, check func(t *testing.T, c scenario, mode func(string) error, n int)) {
	for name, c := range scenarios() {
		for modeName, mode := range modes() {
			if c.files != nil && mode("link") != nil {
				c.files = c.files.with(contents{"dev/link": ""}) // a link cannot be copied
			}
			root, d, _, want := c.start(t)
			steps := 0
			var mu sync.Mutex
			must(t, hooked(d, func(op, _ string) error {
				mu.Lock()
				defer mu.Unlock()
				steps++
				return mode(op)
			}).Apply(t.Context()))
			equal(t, name+modeName, read(t, root), want)
			alone(t, root)
			if steps < 4 {
				t.Errorf("%s%s has %d steps, too few to mean anything", name, modeName, steps)
			}
			t.Run(name+modeName, func(t *testing.T) {
				for n := range steps {
					check(t, c, mode, n)
				}
			})
		}
	}
}

// counted returns a hook that answers the n-th step (from 0), and all later ones if sticky, by at.
func counted(mode func(string) error, n int, sticky bool, at func(op string) error) func(op, shown string) error {
	var mu sync.Mutex
	count := 0
	return func(op, _ string) error {
		mu.Lock()
		defer mu.Unlock()
		count++
		if count-1 == n || sticky && count > n {
			if err := at(op); err != nil {
				return err
			}
		}
		return mode(op)
	}
}

func sameAs(t *testing.T, root string, want contents) bool {
	t.Helper()
	if _, err := os.Lstat(root); err != nil {
		return want == nil
	}
	if want == nil {
		return false
	}
	return maps.Equal(read(t, root), want)
}

// TestDiskFull lets the disk be full at every step: at that step alone, or from then on for everything but removing.
func TestDiskFull(t *testing.T) {
	for name, sticky := range map[string]bool{"Once": false, "FromThenOn": true} {
		t.Run(name, func(t *testing.T) {
			everyStep(t, func(t *testing.T, c scenario, mode func(string) error, n int) {
				root, d, old, want := c.start(t)
				refused := ""
				err := hooked(d, counted(mode, n, sticky, func(op string) error {
					if sticky && (op == "remove" || op == "move back") {
						return nil // these need no room
					}
					refused = op
					return syscall.ENOSPC
				})).Apply(t.Context())
				switch {
				case err == nil:
					// Either it was a link, and a copy took its place, or nothing was left to do but to clean up.
					if !sameAs(t, root, want) {
						t.Errorf("step %d, %s: no error, but not the new tree: %v", n, refused, read(t, root))
					}
					must(t, Recover(t.Context(), root))
				case !errors.Is(err, syscall.ENOSPC) || machineFault(err) == nil:
					t.Errorf("step %d, %s: %v is not a MachineError about the disk", n, refused, err)
				case !sameAs(t, root, old):
					t.Errorf("step %d, %s: an error, but not the old tree", n, refused)
				}
				alone(t, root)
			})
		})
	}
}

// TestCancelAtEveryStep presses Ctrl-C at every step.
func TestCancelAtEveryStep(t *testing.T) {
	everyStep(t, func(t *testing.T, c scenario, mode func(string) error, n int) {
		root, d, old, want := c.start(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		at := ""
		err := hooked(d, counted(mode, n, false, func(op string) error {
			at = op
			cancel()
			return nil
		})).Apply(ctx)
		switch {
		case err == nil && !sameAs(t, root, want):
			t.Errorf("step %d, %s: no error, but not the new tree", n, at)
		case err != nil && !errors.Is(err, context.Canceled):
			t.Errorf("step %d, %s: %v is not the context's error", n, at, err)
		case err != nil && !sameAs(t, root, old):
			t.Errorf("step %d, %s: canceled, but not the old tree", n, at)
		case err == nil && (at == "create folder" || at == "link" || at == "copy" || at == "set mode" || at == "lock"):
			t.Errorf("step %d, %s: not canceled", n, at)
		}
		alone(t, root)
	})
}

// TestCancelIsPrompt: what can take long stops at the next file.
func TestCancelIsPrompt(t *testing.T) {
	root := fastRoot(t)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	steps := 0
	err := hooked(compare(t, root, version(0), Options{}), func(op, _ string) error {
		mu.Lock()
		defer mu.Unlock()
		if op == "write" {
			steps++
		}
		if steps == 100 {
			cancel()
		}
		return nil
	}).Apply(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Apply: %v, want the context's error", err)
	}
	if most := 100 + runtime.GOMAXPROCS(0); steps > most {
		t.Errorf("%d files were written, want %d at most", steps, most)
	}
}

// TestCrashAtEveryStep stops the process before every step: nothing more is done, no cleaning either.
func TestCrashAtEveryStep(t *testing.T) {
	errCrash := errors.New("killed")
	everyStep(t, func(t *testing.T, c scenario, mode func(string) error, n int) {
		root, d, old, want := c.start(t)
		at := ""
		err := hooked(d, counted(mode, n, true, func(op string) error {
			if at == "" {
				at = op
			}
			return errCrash
		})).Apply(t.Context())
		isOld, isNew := sameAs(t, root, old), sameAs(t, root, want)
		between := at == "move" && mode("swap") != nil && !isOld // the moment between two renames
		if !isOld && !isNew && !between {
			t.Errorf("step %d, %s: neither the old tree nor the new one (%v)", n, at, err)
		}
		if between {
			_, err := Compare(t.Context(), root, c.want, Options{})
			if _, ok := errors.AsType[*InterruptedError](err); !ok {
				t.Errorf("step %d, %s: Compare: %v, want an InterruptedError", n, at, err)
			}
		}

		must(t, Recover(t.Context(), root))
		if got := sameAs(t, root, want); !got && !sameAs(t, root, old) {
			t.Errorf("step %d, %s: after Recover neither the old tree nor the new one", n, at)
		} else if (isNew || between) && !got {
			t.Errorf("step %d, %s: Recover did not complete the new tree", n, at)
		}
		alone(t, root)
		apply(t, root, c.want)
		equal(t, "after the next Apply", read(t, root), want)
	})
}

// TestApplyHealsBeforeItWrites is as above, but nobody calls Recover.
func TestApplyHealsBeforeItWrites(t *testing.T) {
	everyStep(t, func(t *testing.T, c scenario, mode func(string) error, n int) {
		root, d, _, want := c.start(t)
		next := compare(t, root, c.want, Options{})
		_ = hooked(d, counted(mode, n, true, func(string) error { return errors.New("killed") })).Apply(t.Context())
		err := next.Apply(t.Context())
		if _, changed := errors.AsType[*ChangedError](err); changed {
			// The killed run had got as far as the swap, or Apply has just completed it.
			err = compare(t, root, c.want, Options{}).Apply(t.Context())
		}
		must(t, err)
		equal(t, "after the next Apply", read(t, root), want)
		alone(t, root)
	})
}

// TestCopyKeepsModeAndTime is about file systems without hard links.
func TestCopyKeepsModeAndTime(t *testing.T) {
	root := newRoot(t)
	apply(t, root, before())
	put(t, root, contents{"dev/run.sh": "#!\n"})
	must(t, os.Chmod(below(root, "dev/run.sh"), 0o751))
	must(t, os.Chtimes(below(root, "dev/run.sh"), past, past))
	info := stat(t, root, "dev/run.sh")
	d := compare(t, root, but(Files{"dev/a.yaml": []byte("a: 2\n")}), Options{})
	must(t, hooked(d, func(op, _ string) error {
		if op == "link" {
			return syscall.EPERM
		}
		return nil
	}).Apply(t.Context()))
	after := stat(t, root, "dev/run.sh")
	if os.SameFile(info, after) {
		t.Error("the file was not copied")
	}
	if after.Mode() != info.Mode() || !after.ModTime().Equal(past) {
		t.Errorf("the copy has mode %v and time %v, want %v and %v", after.Mode(), after.ModTime(), info.Mode(), past)
	}
}

// TestTwoRenamesRefused: the second of two renames is refused, and then perhaps taking back the first, too.
func TestTwoRenamesRefused(t *testing.T) {
	want := but(Files{"dev/a.yaml": []byte("a: 2\n"), "prod/a.yaml": []byte("a: 2\n")})
	for name, refused := range map[string][]string{"Second": {"move"}, "Both": {"move", "move back"}} {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			apply(t, root, before())
			moves := 0
			err := hooked(compare(t, root, want, Options{}), func(op, _ string) error {
				switch op {
				case "swap":
					return errors.ErrUnsupported
				case "move":
					moves++
					if moves == 1 {
						return nil
					}
				}
				if slices.Contains(refused, op) {
					return syscall.EACCES
				}
				return nil
			}).Apply(t.Context())
			if got, want := errText(err, root), "move rendered: "+syscall.EACCES.Error(); got != want {
				t.Errorf("Apply: %s, want %s", got, want)
			}
			if name == "Second" {
				equal(t, "after the error", read(t, root), rendered(before()))
				alone(t, root)
				return
			}
			_, err = Compare(t.Context(), root, want, Options{})
			message := "read rendered: an earlier run was stopped in the middle of writing it: run genops render to complete it"
			if got := errText(err, root); got != message {
				t.Errorf("Compare: %s\n   want: %s", got, message)
			}
			must(t, Recover(t.Context(), root))
			equal(t, "after Recover", read(t, root), rendered(want))
			alone(t, root)
		})
	}
}

// TestSwapRefused: an answer other than "not supported" does not lead to the two renames.
func TestSwapRefused(t *testing.T) {
	root := newRoot(t)
	apply(t, root, before())
	d := compare(t, root, but(Files{"dev/a.yaml": []byte("a: 2\n")}), Options{})
	err := hooked(d, func(op, _ string) error {
		if op == "swap" {
			return syscall.EBUSY
		}
		return nil
	}).Apply(t.Context())
	if got, want := errText(err, root), "swap rendered/dev: "+syscall.EBUSY.Error(); got != want {
		t.Errorf("Apply: %s, want %s", got, want)
	}
	equal(t, "after the error", read(t, root), rendered(before()))
	alone(t, root)
}
