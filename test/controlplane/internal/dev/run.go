package dev

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/binaries"
)

// Run is what is known of the control plane that runs: a file in the cache. It runs as long as somebody holds the lock beside the file.
type Run struct {
	Pid int `json:"pid"`
	// Folder is where people find kubeconfigs, State what the run writes, Socket where it answers and Page its page; empty while it builds.
	Folder string `json:"folder,omitempty"`
	State  string `json:"state,omitempty"`
	Socket string `json:"socket,omitempty"`
	Page   string `json:"page,omitempty"`
}

// ErrNothing means that no control plane runs, ErrBuilding that one has no status yet.
var (
	ErrNothing  = errors.New("nothing runs: make dev starts it")
	ErrBuilding = errors.New("building its programs, or starting")
)

func files() (run, lock string, err error) {
	cache, err := binaries.Cache()
	if err != nil {
		return "", "", err //nolint:wrapcheck // It says what failed.
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", "", fmt.Errorf("make the cache: %w", err)
	}
	return filepath.Join(cache, "dev.json"), filepath.Join(cache, "dev.lock"), nil
}

// Acquire makes this process the one that runs, until the file that it returns is closed by all who hold it. It removes what a run that was killed
// left in the repository.
func Acquire() (*os.File, error) {
	_, file, err := files()
	if err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	// Who looks whether one runs holds the lock for a moment.
	for range 5 {
		if err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond) //nolint:mnd // A moment.
	}
	if err == nil {
		if err = forget(); err == nil {
			return lock, Write(Run{Pid: os.Getpid()})
		}
	}
	lock.Close()
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("lock: %w", err)
	}
	run, err := read()
	if err != nil {
		return nil, err
	}
	if run.Page == "" {
		return nil, fmt.Errorf("process %d is starting one already: bin/controlplane dev down ends it", run.Pid)
	}
	return nil, fmt.Errorf("one runs already: process %d, page %s; bin/controlplane dev down ends it", run.Pid, run.Page)
}

// Write says what runs. Who calls it holds the lock.
func Write(run Run) error {
	file, _, err := files()
	if err != nil {
		return err
	}
	text, err := json.Marshal(run)
	if err == nil {
		err = os.WriteFile(file+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		return fmt.Errorf("say what runs: %w", err)
	}
	return nil
}

// forget removes what is said of a run that has ended, and its folder. Who calls it holds the lock.
func forget() error {
	run, err := read()
	if err == nil && run.Folder != "" {
		err = os.RemoveAll(run.Folder)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return Remove()
}

// Remove says that nothing runs any more.
func Remove() error {
	file, _, err := files()
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err //nolint:wrapcheck // It names the file.
	}
	return nil
}

func read() (Run, error) {
	var run Run
	file, _, err := files()
	if err != nil {
		return run, err
	}
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &run)
	}
	if err != nil {
		return run, fmt.Errorf("read what runs: %w", err)
	}
	return run, nil
}

// Find finds what runs.
func Find() (Run, error) {
	_, file, err := files()
	if err != nil {
		return Run{}, err
	}
	held, err := locked(file)
	if err != nil {
		return Run{}, err
	}
	if !held {
		return Run{}, ErrNothing
	}
	return read()
}

// locked tells whether somebody holds the lock.
func locked(file string) (bool, error) {
	lock, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lock: %w", err)
	}
	defer lock.Close()
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err //nolint:wrapcheck // Of a lock that was opened.
}

// Ask asks a run for its status.
func (r Run) Ask(ctx context.Context) (*Status, error) {
	if r.Socket == "" {
		return nil, fmt.Errorf("process %d is %w", r.Pid, ErrBuilding)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", r.Socket)
	}}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://dev/status.json", nil)
	if err != nil {
		return nil, fmt.Errorf("ask process %d: %w", r.Pid, err)
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask process %d: %w", r.Pid, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	var status Status
	if err == nil {
		err = json.Unmarshal(text, &status)
	}
	if err != nil {
		return nil, fmt.Errorf("ask process %d: %w", r.Pid, err)
	}
	return &status, nil
}

// Down ends what runs, and waits until nothing of it is left. It returns ErrNothing if nothing runs.
func Down(ctx context.Context, say func(format string, args ...any)) error {
	_, file, err := files()
	if err != nil {
		return err
	}
	run, err := Find()
	if err != nil {
		return err
	}
	say("ending process %d", run.Pid)
	if err := syscall.Kill(run.Pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end process %d: %w", run.Pid, err)
	}
	const often, most = 200 * time.Millisecond, 2 * time.Minute
	for deadline := time.Now().Add(most); ; {
		held, err := locked(file)
		if err != nil {
			return err
		}
		if !held {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d has not ended for %s", run.Pid, most)
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted; it ends by itself")
		case <-time.After(often):
		}
	}
	for _, folder := range []string{run.State, run.Folder} {
		if _, err := os.Stat(folder); folder != "" && err == nil {
			return fmt.Errorf("process %d has ended and left %s", run.Pid, folder)
		}
	}
	say("it has ended, and nothing is left")
	return nil
}
