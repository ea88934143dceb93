// Package process runs the programs of the control plane: each in a process group of its own, with a log file, and none of them outlives
// this program, however it ends.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Marker is the environment variable that every started process has: its value is the state folder of the run.
const Marker = "GENOPS_CONTROLPLANE"

// grace is how long a process may take to end before it is killed.
const grace = 10 * time.Second

// Command is what is started.
type Command struct {
	// Name is the name of the log file, without its ending.
	Name string
	Path string
	Args []string
	// Env is the whole environment, except for Marker, PATH and HOME.
	Env []string
	Dir string
	// Argv0 is what the program is told to be called; empty for its path.
	Argv0 string
	// Essential programs are not started again by themselves: nothing works without one, and its end is the end of the run, unless Kill was called.
	Essential bool
}

// Group starts processes and ends them all.
type Group struct {
	state string
	logs  string
	path  string
	start chan func()
	lost  chan error

	mu      sync.Mutex
	running []*Process
	closed  bool
}

// Process is a started program.
type Process struct {
	Name string

	command Command
	// missed tells that the end of the process is the end of the run.
	missed bool

	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
	err  error
}

// NewGroup makes a group whose processes log into a folder. path is their PATH.
func NewGroup(state, logs, path string) (*Group, error) {
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of logs: %w", err)
	}
	g := &Group{state: state, logs: logs, path: path, start: make(chan func()), lost: make(chan error, 1)}
	// The kernel kills a child when the thread that started it ends (Pdeathsig): one thread starts all and never ends.
	go func() {
		runtime.LockOSThread()
		for f := range g.start {
			f()
		}
	}()
	return g, nil
}

// Start starts a command.
func (g *Group) Start(c Command) (*Process, error) {
	log, err := os.OpenFile(filepath.Join(g.logs, c.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", c.Name, err)
	}
	cmd := exec.Command(c.Path, c.Args...)
	if c.Argv0 != "" {
		cmd.Args[0] = c.Argv0
	}
	cmd.Dir = c.Dir
	cmd.Env = append([]string{"PATH=" + g.path, "HOME=" + g.state, Marker + "=" + g.state}, c.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p := &Process{Name: c.Name, command: c, missed: c.Essential, cmd: cmd, log: log, done: make(chan struct{})}

	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		log.Close()
		return nil, fmt.Errorf("start %s: %w", c.Name, context.Canceled)
	}
	started := make(chan error, 1)
	g.start <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		log.Close()
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	g.running = append(g.running, p)
	go p.wait(g)
	return p, nil
}

// Run runs a command to its end and returns what it wrote to its standard output.
func (g *Group) Run(ctx context.Context, c Command) error {
	p, err := g.Start(c)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
		if p.err != nil {
			return fmt.Errorf("%s: %w: %s", c.Name, p.err, p.LastLines(3))
		}
		return nil
	case <-ctx.Done():
		p.Stop()
		return fmt.Errorf("%s: %w", c.Name, ctx.Err())
	}
}

func (p *Process) wait(g *Group) {
	p.err = p.cmd.Wait()
	p.log.Close()
	g.mu.Lock()
	g.running = slices.DeleteFunc(g.running, func(other *Process) bool { return other == p })
	missed := p.missed && !g.closed
	g.mu.Unlock()
	close(p.done)
	if missed {
		select {
		case g.lost <- fmt.Errorf("%s ended: %w: %s", p.Name, p.Err(), p.LastLines(1)):
		default: // What ended first is the cause.
		}
	}
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says why the process has ended; call it after Done.
func (p *Process) Err() error {
	if p.err == nil {
		return errors.New("it ended by itself")
	}
	return p.err
}

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Kill ends the process and what it started, at once.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.Pid(), syscall.SIGKILL)
	<-p.done
}

// Stop asks the process to end and kills it, with what it started, if it takes too long.
func (p *Process) Stop() {
	_ = syscall.Kill(-p.Pid(), syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(grace):
	}
	_ = syscall.Kill(-p.Pid(), syscall.SIGKILL)
	<-p.done
}

// LastLines are the last lines of the log.
func (p *Process) LastLines(n int) string { return lastLines(p.log.Name(), n) }

func lastLines(file string, n int) string {
	const most = 4096
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd)
	}
	text, _ := io.ReadAll(f)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " | ")
}

// Close ends all processes, the last started first, and starts no more.
func (g *Group) Close() {
	g.mu.Lock()
	g.closed = true
	running := slices.Clone(g.running)
	g.mu.Unlock()
	slices.Reverse(running)
	var all sync.WaitGroup
	for _, p := range running {
		all.Go(p.Kill)
	}
	all.Wait()
}

// Memory is the resident memory of all running processes, in bytes.
func (g *Group) Memory() map[string]int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	sizes := map[string]int64{}
	for _, p := range g.running {
		sizes[p.Name] += resident(p.Pid())
	}
	return sizes
}

func resident(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	var size, pages int64
	_, _ = fmt.Sscan(string(text), &size, &pages)
	return pages * int64(os.Getpagesize())
}
