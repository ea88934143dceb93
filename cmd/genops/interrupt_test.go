//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterrupt presses Ctrl-C while genops reads its input, and expects that nothing was written. One of the input files is a named pipe:
// genops reads it until the test has sent the signal, so this does not depend on timing.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]os.Signal{"SIGINT": os.Interrupt, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			mustCopy(t, filepath.Join("testdata", "platform"), dir)
			interrupted(t, dir, signal)
			if _, err := os.Lstat(filepath.Join(dir, "rendered")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("rendered/ exists after an interrupted first render: %v", err)
			}

			// The same with something to change.
			mustRun(t, process(dir, nil, "render"))
			before := mustTake(t, dir)
			interrupted(t, dir, signal)
			if changes := before.changes(mustTake(t, dir)); len(changes) > 0 {
				t.Errorf("an interrupted render changed files:\n%s", strings.Join(changes, "\n"))
			}
		})
	}
}

// interrupted renders with one more input file, and sends a signal while that is read.
func interrupted(t *testing.T, dir string, signal os.Signal) {
	t.Helper()
	pipe := filepath.Join(dir, "environments", "dev", "pipe.cue")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(pipe) }()
	cmd := process(dir, nil, "render")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	input, err := os.OpenFile(pipe, os.O_WRONLY, 0) // Returns when genops has opened the other end.
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // For the signal to arrive. There is a lot to compute after the pipe has been read, too.
	if _, err := input.WriteString("package environments\n\nenvironment: tags: a: \"b\"\n"); err != nil {
		t.Fatal(err)
	}
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}

	const want = 130
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != want {
		t.Errorf("%v: the process ended with %v, want exit code %d\n%s", signal, err, want, stderr.String())
	}
	if got, want := stdout.String()+stderr.String(), "genops: interrupted, nothing written\n"; got != want {
		t.Errorf("%v: output is %q, want %q", signal, got, want)
	}
}
