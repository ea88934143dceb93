package tutorial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Run types the tutorial of a repository in a clone of it, which is removed afterwards. limit is how long a command may take.
func Run(ctx context.Context, root string, limit time.Duration, say func(format string, args ...any)) error {
	page, err := os.ReadFile(filepath.Join(root, "docs", "TUTORIAL.md"))
	if err != nil {
		return fmt.Errorf("the tutorial: %w", err)
	}
	steps, err := Parse(string(page))
	if err != nil {
		return fmt.Errorf("docs/TUTORIAL.md: %w", err)
	}
	dir, err := os.MkdirTemp("", "genops-tutorial-")
	if err != nil {
		return fmt.Errorf("a clone: %w", err)
	}
	defer os.RemoveAll(dir)
	clone := filepath.Join(dir, "genops")
	for _, args := range [][]string{{"clone", "--quiet", root, clone}, {"-C", clone, "switch", "--quiet", "-C", "main"}} {
		if out, err := exec.CommandContext(ctx, "git", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("a clone: git %s: %w: %s", args[0], err, out)
		}
	}
	terminals := map[int]*shell{}
	defer func() {
		for _, s := range terminals {
			s.close()
		}
	}()
	for i, step := range steps {
		if terminals[step.Terminal] == nil {
			if terminals[step.Terminal], err = newShell(clone); err != nil {
				return err
			}
		}
		first, _, more := strings.Cut(step.Command, "\n")
		if more {
			first += " ..."
		}
		say("terminal %d: $ %s", step.Terminal, first)
		begin := time.Now()
		stays := step.Terminal == 1 && !typedLater(steps[i+1:], 1)
		if err := terminals[step.Terminal].step(ctx, step, limit, stays); err != nil {
			return fmt.Errorf("docs/TUTORIAL.md:%d: %s: %w", step.Line, first, err)
		}
		if took := time.Since(begin); took > time.Second {
			say("  as shown, after %s", took.Round(time.Second))
		}
	}
	return clean(ctx, clone)
}

func typedLater(steps []Step, terminal int) bool {
	for _, s := range steps {
		if s.Terminal == terminal {
			return true
		}
	}
	return false
}

// clean checks that the tutorial leaves the repository as it found it.
func clean(ctx context.Context, clone string) error {
	for _, args := range [][]string{{"status", "--porcelain"}, {"diff", "origin/HEAD", "--stat"}, {"branch", "--list", "tutorial"}} {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = clone
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("afterwards: git %s: %w", args[0], err)
		}
		if len(out) > 0 {
			return fmt.Errorf("the tutorial leaves the repository changed: git %s: %s", args[0], out)
		}
	}
	return nil
}

// shell is a terminal.
type shell struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	done  chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
	read int
}

func newShell(dir string) (*shell, error) {
	s := &shell{cmd: exec.Command("bash", "--norc", "--noprofile"), done: make(chan struct{})} //nolint:noctx // close ends it.
	s.cmd.Dir = dir
	// The reader has a name in Git, and is not inside of the make that may have started this.
	outside := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "MAKELEVEL=") || strings.HasPrefix(v, "MAKEFLAGS=") || strings.HasPrefix(v, "MFLAGS=")
	})
	s.cmd.Env = append(outside, "GIT_AUTHOR_NAME=reader", "GIT_AUTHOR_EMAIL=reader@innovate.example", "GIT_COMMITTER_NAME=reader",
		"GIT_COMMITTER_EMAIL=reader@innovate.example", "GIT_PAGER=cat", "LC_ALL=C.UTF-8")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.cmd.Stdout, s.cmd.Stderr = s, s
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("a shell: %w", err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.done)
	}()
	return s, nil
}

// Write takes what the shell prints.
func (s *shell) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(text)
}

// printed is what was printed since the last step.
func (s *shell) printed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()[s.read:]
}

// end is printed by the shell after a command, with its exit code.
const end = "\x01end "

// step types a command and waits until it ends, or, if it stays, until what is shown was printed.
func (s *shell) step(ctx context.Context, step Step, limit time.Duration, stays bool) error {
	if _, err := fmt.Fprintf(s.stdin, "%s\nprintf '%s%%d\\n' $?\n", step.Command, end); err != nil {
		return fmt.Errorf("type: %w", err)
	}
	const often = 100 * time.Millisecond
	for deadline := time.Now().Add(limit); ; {
		printed := s.printed()
		before, after, ended := strings.Cut(printed, end)
		code, rest, whole := strings.Cut(after, "\n")
		switch {
		case ended && whole:
			s.mu.Lock()
			s.read = s.text.Len() - len(rest)
			s.mu.Unlock()
			return judge(step, before, code)
		case stays && Match(append(step.Output, "..."), printed) == nil:
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted")
		case <-s.done:
			return errors.New("the shell has ended")
		case <-time.After(often):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not after %s; %w; printed:\n%s", limit, Match(step.Output, before), before)
		}
	}
}

func judge(step Step, printed, code string) error {
	n, err := strconv.Atoi(code)
	if err != nil {
		return fmt.Errorf("exit code: %w", err)
	}
	if (n != 0) != step.Fails {
		return fmt.Errorf("exit code %d; printed:\n%s", n, printed)
	}
	if err := Match(step.Output, printed); err != nil {
		return fmt.Errorf("%w; printed:\n%s", err, printed)
	}
	return nil
}

// close ends the shell, as the end of a terminal does, and what still runs in it.
func (s *shell) close() {
	s.stdin.Close()
	const grace = time.Minute
	select {
	case <-s.done:
		return
	case <-time.After(time.Second):
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(grace):
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
		<-s.done
	}
}
