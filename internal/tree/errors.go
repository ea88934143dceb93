package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ForeignError is a wanted path that is taken by something genops did not write. Someone has to decide, so it is the input
// that is wrong, not the machine.
type ForeignError struct {
	Path string // what is in the way, with the root as it was given to Compare
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("write %s: it exists and was not written by genops: move it away", e.Path)
}

// MachineError is a refusal of the machine: disk full, no permission, read-only, or a kind of file that cannot be handled.
type MachineError struct {
	Op   string // what was being done: "write", "link", "swap" ...
	Path string // to what; for a file of the tree its final place, not the one in the staging folder
	Err  error  // the system's answer
}

func (e *MachineError) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Path, e.Err) }
func (e *MachineError) Unwrap() error { return e.Err }

// ChangedError says that the tree is no longer what Compare saw, so nothing was written.
type ChangedError struct {
	Path string // the first path that differs
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("write %s: it changed while genops was at work: run genops again", e.Path)
}

// BusyError says that another process kept the lock for longer than Apply waits.
type BusyError struct {
	Root string
}

func (e *BusyError) Error() string { return "another genops is writing " + e.Root }

// InterruptedError says that a run was killed between the two renames of a file system that cannot exchange folders, so that
// there is no tree to compare until Recover was called.
type InterruptedError struct {
	Path string // the folder that is missing for the moment
}

func (e *InterruptedError) Error() string {
	return fmt.Sprintf("read %s: an earlier run was stopped in the middle of writing it: run genops render to complete it", e.Path)
}

// lockedError says that another process has the lock.
type lockedError struct{}

func (lockedError) Error() string { return "another process has it" }

// pathError is a path in Files that cannot be written everywhere; a generator must never produce one.
type pathError struct{ path, why string }

func (e *pathError) Error() string { return fmt.Sprintf("write %q: %s", e.path, e.why) }

// topError is a name in Options.Tops that is not the name of a folder.
type topError struct{ top string }

func (e *topError) Error() string {
	return fmt.Sprintf("compare %q: it is not the name of a folder", e.top)
}

// machineError keeps the system's answer only: the paths inside os errors are those of the staging folder, and absolute.
func machineError(op, shown string, err error) error {
	if m, ok := errors.AsType[*MachineError](err); ok {
		return m
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	} else if e, ok := errors.AsType[*os.LinkError](err); ok {
		err = e.Err
	} else if e, ok := errors.AsType[*os.SyscallError](err); ok {
		err = e.Err
	}
	return &MachineError{Op: op, Path: shown, Err: err}
}
