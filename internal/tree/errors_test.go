package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestMachineError(t *testing.T) {
	tests := map[string]struct {
		reason string
		err    error
		want   string
	}{
		"Path": {
			reason: "The path in the staging folder means nothing to the user.",
			err:    &fs.PathError{Op: "open", Path: "/x/.genops-staging-rendered/new/dev/a", Err: syscall.ENOSPC},
			want:   "write rendered/dev/a: " + syscall.ENOSPC.Error(),
		},
		"Link": {
			reason: "Neither do two of them.",
			err:    &os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.ENOSPC},
			want:   "write rendered/dev/a: " + syscall.ENOSPC.Error(),
		},
		"Call": {
			reason: "Nor does the name of a system call.",
			err:    os.NewSyscallError("flock", syscall.ENOSPC),
			want:   "write rendered/dev/a: " + syscall.ENOSPC.Error(),
		},
		"Bare": {
			reason: "This is all there is.",
			err:    syscall.ENOSPC,
			want:   "write rendered/dev/a: " + syscall.ENOSPC.Error(),
		},
		"MachineError": {
			reason: "What was said closer to the cause stays.",
			err:    fmt.Errorf("x: %w", &MachineError{Op: "link", Path: "rendered/dev/b", Err: syscall.ENOSPC}),
			want:   "link rendered/dev/b: " + syscall.ENOSPC.Error(),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := machineError("write", "rendered/dev/a", test.err)
			if got := err.Error(); got != test.want {
				t.Errorf("%s\ngot %s, want %s", test.reason, got, test.want)
			}
			if machineFault(err) == nil || !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s\nthe type or the cause is lost: %#v", test.reason, err)
			}
		})
	}
}

func TestKind(t *testing.T) {
	want := map[Kind]string{Created: "created", Updated: "updated", Edited: "edited", Removed: "removed", 0: "unknown"}
	for kind, text := range want {
		if got := kind.String(); got != text {
			t.Errorf("Kind(%d) is %q, want %q", int(kind), got, text)
		}
	}
}

// TestExchangeUnsupported: a folder cannot be exchanged with one inside it, and the system says so in the same way as file
// systems say that they cannot exchange at all.
func TestExchangeUnsupported(t *testing.T) {
	outer := t.TempDir()
	inner := filepath.Join(outer, "inner")
	must(t, os.Mkdir(inner, 0o755))
	if err := exchange(outer, inner); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("exchange: %v, want %v", err, errors.ErrUnsupported)
	}
}
