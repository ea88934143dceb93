package binaries

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// teller notes what is told.
type teller struct {
	mu   sync.Mutex
	said []string
	last string
}

func (t *teller) Say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said = append(t.said, fmt.Sprintf(format, args...))
}

func (t *teller) Progress(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = line
}

func (t *teller) progress() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// fake is a set whose go is a script: it says that one of four packages has to be compiled, and takes as long as SLOW says to build.
func fake(t *testing.T) (string, Set) {
	t.Helper()
	root := t.TempDir()
	script := `#!/bin/sh
case $1 in
env) echo go1.0 ;;
list) echo "go: downloading example.com/a v1" >&2; printf 'true\nfalse\nfalse\nfalse\n' ;;
build) echo "example.com/a" >&2; sleep ${SLOW:-0}; while [ "$1" != -o ]; do shift; done; echo program >"$2"; chmod +x "$2" ;;
esac
`
	for name, text := range map[string]string{"bin/go": script, "fake/go.mod": "module fake\n"} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Join(root, "bin")+":/usr/bin:/bin")
	t.Setenv("GENOPS_CONTROLPLANE_CACHE", filepath.Join(root, "cache"))
	return root, Set{Name: "fake", CPU: 20 * time.Minute, Programs: map[string]string{"server": "./server"}}
}

// TestGet: what is missing and how long it takes is told before it is built, and a cache that has all is silent.
func TestGet(t *testing.T) {
	root, set := fake(t)
	first := &teller{}
	built, err := Get(t.Context(), root, []Set{set}, first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(built[0].Programs["server"]); err != nil {
		t.Error(err)
	}
	said := strings.Join(first.said, "\n")
	for _, text := range []string{"missing in " + filepath.Join(root, "cache") + ": server", "an estimate", "3 of 4 packages before", "they are built, after "} {
		if !strings.Contains(said, text) {
			t.Errorf("it does not say %q:\n%s", text, said)
		}
	}
	again := &teller{}
	if _, err := Get(t.Context(), root, []Set{set}, again); err != nil || len(again.said) > 0 {
		t.Errorf("the second time: %v, %q", err, again.said)
	}
}

// TestGetInterrupted: a build that ends early says how far it was, and leaves nothing of it.
func TestGetInterrupted(t *testing.T) {
	root, set := fake(t)
	t.Setenv("SLOW", "60")
	ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer cancel()
	tell := &teller{}
	if _, err := Get(ctx, root, []Set{set}, tell); err == nil {
		t.Fatal("no error")
	}
	if line := tell.progress(); !strings.HasPrefix(line, "program 1 of 1: server, linking, 1 of 1 packages, modules downloaded: 1, ") {
		t.Errorf("progress: %s", line)
	}
	left, err := filepath.Glob(filepath.Join(root, "cache", "fake-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestMinutes(t *testing.T) {
	t.Parallel()
	if got := minutes(time.Second); got != "a minute" {
		t.Errorf("got %s", got)
	}
}
