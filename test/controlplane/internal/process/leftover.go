package process

import (
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
		if alive(pid, folder) {
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
	if err := os.WriteFile(filepath.Join(state, owner), []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
		return "", fmt.Errorf("make the state folder: %w", err)
	}
	return state, nil
}

// alive tells whether the owner of a state folder still runs: a process of that id that is this program.
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
