package process_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// TestNewState: what a run that has ended left is removed, and one that goes on is left alone, whatever its program is called by now.
func TestNewState(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var said []string
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	mine, err := process.NewState(say)
	if err != nil {
		t.Fatal(err)
	}
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(os.TempDir(), "genops-controlplane-left")
	if err := os.Mkdir(left, 0o700); err != nil {
		t.Fatal(err)
	}
	// The lock counts, not the process: it may have any name.
	for folder, pid := range map[string]int{left: ended.Process.Pid, mine: ended.Process.Pid} {
		file, err := os.OpenFile(filepath.Join(folder, "owner.pid"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(file, pid)
		file.Close()
	}
	other, err := process.NewState(say)
	if err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]bool{mine: true, other: true, left: false} {
		if _, err := os.Stat(folder); (err == nil) != want {
			t.Errorf("%s: %v", folder, err)
		}
	}
	if len(said) != 1 {
		t.Errorf("said %q", said)
	}
}
