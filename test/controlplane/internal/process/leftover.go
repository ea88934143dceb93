package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// owner is the file in a state folder that says which process made it.
const owner = "owner.pid"

// NewState makes the state folder of a run below the system's temporary folder, and removes what earlier runs left. say is told about each.
func NewState(say func(format string, args ...any)) (string, error) {
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), "genops-controlplane-*"))
	if err != nil {
		return "", fmt.Errorf("look for earlier runs: %w", err)
	}
	for _, folder := range folders {
		text, err := os.ReadFile(filepath.Join(folder, owner))
		if err != nil {
			continue // Another run is just making it, or it is not ours.
		}
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		if locked(filepath.Join(folder, owner)) || alive(pid, folder) {
			continue
		}
		killed := killMarked(folder)
		if err := os.RemoveAll(folder); err != nil {
			return "", fmt.Errorf("remove what an earlier run left: %w", err)
		}
		say("an earlier run (process %d) left its folder and %d processes: removed", pid, killed)
	}
	// The databases and checkouts of a run took up to 600 MiB.
	const wanted = 1024 * mebibyte
	if free := Free(os.TempDir()); free < wanted {
		return "", fmt.Errorf("%s has %d MiB free: a run needs about %d; set TMPDIR to another folder", os.TempDir(), free/mebibyte, wanted/mebibyte)
	}
	state, err := os.MkdirTemp("", "genops-controlplane-")
	if err != nil {
		return "", fmt.Errorf("make the state folder: %w", err)
	}
	if err := own(filepath.Join(state, owner)); err != nil {
		return "", fmt.Errorf("make the state folder: %w", err)
	}
	return state, nil
}

// own writes the file that says which process made a state folder, and locks it until this process ends. It appears when it is locked.
func own(file string) error {
	// No os.File: it would be closed, and unlocked, when nobody refers to it any more.
	descriptor, err := syscall.Open(file+".new", syscall.O_CREAT|syscall.O_WRONLY|syscall.O_CLOEXEC, 0o644)
	if err == nil {
		err = syscall.Flock(descriptor, syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil {
		_, err = syscall.Write(descriptor, []byte(strconv.Itoa(os.Getpid())))
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	return err //nolint:wrapcheck // The caller says what for.
}

// locked tells whether somebody holds the lock of a file.
func locked(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// alive tells whether the owner of a state folder still runs, if it is of a version that held no lock: a process of that id that is this program.
func alive(pid int, folder string) bool {
	if pid <= 0 || syscall.Kill(pid, 0) != nil {
		return false
	}
	theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return false
	}
	mine, err := os.Executable()
	return err == nil && filepath.Base(theirs) == filepath.Base(mine) && folder != ""
}

// killMarked kills the processes that a run started, by the mark in their environment.
func killMarked(folder string) int {
	killed := 0
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range environments {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains("\x00"+string(text), "\x00"+Marker+"="+folder+"\x00") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}
