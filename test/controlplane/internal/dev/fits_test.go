package dev

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEnough(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		free           int
		many           bool
		warning, error string
	}{
		"plenty":          {free: 16000, many: true},
		"close":           {free: 8500, many: true, warning: "needs about 8000 MiB of memory, and 8500 are available: that is close"},
		"too little":      {free: 7000, many: true, error: "make dev ENV=poc"},
		"nothing smaller": {free: 7000, error: "7000 are available"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			warning, err := enough(8000, test.free, test.many)
			if !strings.Contains(warning, test.warning) || (warning != "") != (test.warning != "") {
				t.Errorf("warning: %s", warning)
			}
			if (err != nil) != (test.error != "") || (err != nil && !strings.Contains(err.Error(), test.error)) {
				t.Errorf("error: %v", err)
			}
		})
	}
}

// TestNeed: environments with a cluster cost more.
func TestNeed(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "rendered", "dev", "cluster"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := need(root, []string{"dev", "management"}); got != memoryHub+memoryWorkload {
		t.Errorf("got %d", got)
	}
}

// TestFits: a name that is no environment is told before anything is built.
func TestFits(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "environments", "dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := Fits(Options{Root: root, Environments: []string{"poc"}})
	if err == nil || err.Error() != "there is no environment poc, but dev" {
		t.Errorf("got %v", err)
	}
}
