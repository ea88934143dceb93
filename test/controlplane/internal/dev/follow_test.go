package dev_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/test/controlplane/internal/dev"
)

// repository is a repository with one commit, and a follower that notes what it takes.
type repository struct {
	t        *testing.T
	dir      string
	follower *dev.Follower
	refuse   error
	taken    []string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	r := &repository{t: t, dir: t.TempDir()}
	r.git("init", "--quiet", "--initial-branch=main")
	for _, name := range []string{"rendered", "cue.mod"} {
		r.write(name+"/file", name)
	}
	r.write("environments/dev/environment.cue", "first")
	r.commit("First")
	read := func(dir string) string {
		text, err := os.ReadFile(filepath.Join(dir, "environments", "dev", "environment.cue"))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	r.follower = &dev.Follower{
		Root: r.dir, Temp: t.TempDir(),
		Check: func(context.Context, string) error { return r.refuse },
		Take: func(_ context.Context, dir, message string) error {
			r.taken = append(r.taken, message+": "+read(dir))
			return nil
		},
	}
	return r
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@innovate.example"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %s: %v: %s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *repository) write(name, text string) {
	r.t.Helper()
	file := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repository) commit(message string) string {
	r.t.Helper()
	r.git("add", "--all")
	r.git("commit", "--quiet", "--message", message)
	return r.git("rev-parse", "--short=7", "HEAD")
}

func (r *repository) begin() bool {
	r.t.Helper()
	changed, err := r.follower.Begin(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return changed
}

func (r *repository) look() string {
	r.t.Helper()
	news, err := r.follower.Look(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return news
}

// TestFollow: a new commit is taken over as it was committed, whatever the work tree has by then, and once.
func TestFollow(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	if r.begin() {
		t.Error("nothing is changed, and it says so")
	}
	if news := r.look(); news != "" || len(r.taken) > 0 {
		t.Errorf("without a new commit: %q, %v", news, r.taken)
	}
	r.write("environments/dev/environment.cue", "second")
	commit := r.commit("A smaller pool")
	r.write("environments/dev/environment.cue", "not committed")
	if news, want := r.look(), "commit "+commit+" (A smaller pool) is taken over"; news != want {
		t.Errorf("got %q, want %q", news, want)
	}
	if len(r.taken) != 1 || r.taken[0] != "A smaller pool: second" {
		t.Errorf("taken: %q", r.taken)
	}
	if news := r.look(); news != "" || r.follower.Taken() != commit {
		t.Errorf("afterwards: %q, %s", news, r.follower.Taken())
	}
}

// TestFollowRefuses: a commit that is refused changes nothing and is told once; the next good one is taken over.
func TestFollowRefuses(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.begin()
	before := r.follower.Taken()
	r.refuse = dev.Stale("updated  rendered/dev/README.md\n")
	r.write("environments/dev/environment.cue", "second")
	r.commit("Not rendered")
	news := r.look()
	for _, text := range []string{"(Not rendered) is refused", "run make render", "rendered/dev/README.md"} {
		if !strings.Contains(news, text) {
			t.Errorf("it does not say %q: %s", text, news)
		}
	}
	if len(r.taken) > 0 || r.follower.Taken() != before || !strings.Contains(r.follower.Refused(), "make render") {
		t.Errorf("taken %v, at %s, refused %q", r.taken, r.follower.Taken(), r.follower.Refused())
	}
	if news := r.look(); news != "" {
		t.Errorf("it is told twice: %s", news)
	}
	r.refuse = nil
	r.write("environments/dev/environment.cue", "third")
	commit := r.commit("Rendered")
	r.look()
	if r.follower.Taken() != commit || r.follower.Refused() != "" {
		t.Errorf("at %s, refused %q", r.follower.Taken(), r.follower.Refused())
	}
}

// TestFollowChanges: what is not committed at the beginning is told.
func TestFollowChanges(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.write("environments/dev/new.cue", "new")
	if !r.begin() || !strings.Contains(r.follower.Taken(), "not committed") {
		t.Errorf("got %q", r.follower.Taken())
	}
}

// TestFollowInterrupted: a commit that could not be taken because the end came is not counted as seen.
func TestFollowInterrupted(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.begin()
	r.write("environments/dev/environment.cue", "second")
	r.commit("Second")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.follower.Look(ctx); err == nil {
		t.Error("no error")
	}
	r.refuse = errors.New("wrong")
	if news := r.look(); !strings.Contains(news, "wrong") {
		t.Errorf("got %q", news)
	}
}
