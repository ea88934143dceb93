package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// process is genops as a process of its own, in a folder and with further environment variables. TestMain has put it into the PATH.
func process(dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.Command("genops", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

// mustRun runs a process that has to succeed, and returns its standard output.
func mustRun(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, stderr.String())
	}
	return stdout.String()
}

// mustTake reads a tree that has to be there.
func mustTake(t *testing.T, root string) snapshot {
	t.Helper()
	s, err := take(root)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mustWrite writes a file and the folders above it.
func mustWrite(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// mustCopy copies a tree.
func mustCopy(t *testing.T, from, to string) {
	t.Helper()
	if err := copyTree(from, to); err != nil {
		t.Fatal(err)
	}
}
