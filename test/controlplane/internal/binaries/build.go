package binaries

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// Teller tells people what goes on.
type Teller interface {
	// Say tells something once.
	Say(format string, args ...any)
	// Progress tells how far something is; it is called often.
	Progress(line string)
}

// missing is a set that the cache does not have, and the folder that it gets.
type missing struct {
	Set

	dir string
}

// builder builds what is missing.
type builder struct {
	root, cache string
	tell        Teller
	begun       time.Time
	missing     []missing

	// What Progress says: programs and packages, those that are done and all.
	program, programs  int
	compiled, packages int
	downloaded         int
	current, activity  string
}

// build builds all that is missing.
func (b *builder) build(ctx context.Context) error {
	if len(b.missing) == 0 {
		return nil
	}
	var names []string
	var cpu time.Duration
	for _, m := range b.missing {
		names = append(names, slices.Sorted(maps.Keys(m.Programs))...)
		cpu += m.CPU
	}
	b.programs = len(names)
	b.tell.Say("missing in %s: %s", b.cache, strings.Join(names, ", "))
	b.tell.Say("they are built from source, once: about %s on %d cores, less if Go has compiled parts of them before (an estimate)", minutes(cpu), runtime.NumCPU())
	const wanted = 2 << 30
	if free := process.Free(b.cache); free < wanted {
		return fmt.Errorf("%s has %d MiB free: building needs about %d", b.cache, free>>20, wanted>>20) //nolint:mnd // MiB.
	}
	if err := b.count(ctx, cpu); err != nil {
		return err
	}
	for _, m := range b.missing {
		if err := b.set(ctx, m); err != nil {
			return err
		}
	}
	b.tell.Say("they are built, after %s", time.Since(b.begun).Round(time.Second))
	return nil
}

// minutes says how long so many CPU seconds take on this machine.
func minutes(cpu time.Duration) string {
	n := int((cpu/time.Duration(runtime.NumCPU()) + time.Minute/2) / time.Minute) //nolint:mnd // Rounded.
	if n < 2 {                                                                    //nolint:mnd // One or none.
		return "a minute"
	}
	return fmt.Sprintf("%d minutes", n)
}

// count finds which packages have to be compiled. Go downloads modules for this.
func (b *builder) count(ctx context.Context, cpu time.Duration) error {
	b.activity = "looking which packages have to be compiled"
	total, left := 0, time.Duration(0)
	for _, m := range b.missing {
		var list bytes.Buffer
		args := append([]string{"list", "-deps", "-f", "{{.Stale}}"}, slices.Sorted(maps.Values(m.Programs))...)
		if err := b.goCommand(ctx, m.Set, &list, args...); err != nil {
			return err
		}
		all, stale := strings.Count(list.String(), "\n"), strings.Count(list.String(), "true")
		total += all
		b.packages += stale
		left += m.CPU * time.Duration(stale) / time.Duration(max(1, all))
	}
	if b.packages < total*9/10 { //nolint:mnd // Otherwise the estimate stays what it is.
		b.tell.Say("Go has compiled %d of %d packages before: about %s for the others", total-b.packages, total, minutes(left))
	}
	return nil
}

// set builds into a folder beside, which takes its name when it is whole; builds of other versions go.
func (b *builder) set(ctx context.Context, m missing) error {
	old, _ := filepath.Glob(filepath.Join(b.cache, m.Name+"-*"))
	for _, folder := range old {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("clean the cache: %w", err)
		}
	}
	temp := m.dir + ".building"
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return fmt.Errorf("build %s: %w", m.Name, err)
	}
	defer os.RemoveAll(temp)
	sizes := map[string]int64{}
	for _, name := range slices.Sorted(maps.Keys(m.Programs)) {
		b.program++
		b.current, b.activity = name, ""
		flags := strings.TrimSpace("-s -w " + m.LinkerFlags)
		if err := b.goCommand(ctx, m.Set, io.Discard, "build", "-v", "-ldflags", flags, "-o", filepath.Join(temp, name), m.Programs[name]); err != nil {
			return err
		}
		info, err := os.Stat(filepath.Join(temp, name))
		if err != nil {
			return fmt.Errorf("build %s: %w", name, err)
		}
		sizes[name] = info.Size()
	}
	text, err := json.Marshal(sizes)
	if err == nil {
		err = os.WriteFile(filepath.Join(temp, complete), text, 0o644)
	}
	if err == nil {
		err = os.Rename(temp, m.dir)
	}
	if err != nil {
		return fmt.Errorf("build %s: %w", m.Name, err)
	}
	return nil
}

// goCommand runs go in the module of a set, and tells how far it is from what it prints.
func (b *builder) goCommand(ctx context.Context, set Set, stdout io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = filepath.Join(b.root, set.Name)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Stdout = stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	reader, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("go %s: %w", args[0], err)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			lines <- scanner.Text()
		}
		_, _ = io.Copy(io.Discard, reader)
	}()
	var last []string
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for open := true; open; {
		var line string
		select {
		case line, open = <-lines:
			if !b.heard(line) && open {
				last = append(last, line)
			}
		case <-ticker.C:
			b.tell.Progress(b.line())
		}
	}
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("build %s: %w", set.Name, ctx.Err())
		}
		return fmt.Errorf("build %s: go %s: %w: %s", set.Name, args[0], err, summary(last))
	}
	return nil
}

// heard takes a line that go printed, unless it is a message.
func (b *builder) heard(line string) bool {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		b.downloaded++
	case line == "" || strings.ContainsAny(line, " :"):
		return false
	default: // go build -v prints a package when it begins with it.
		b.compiled++
		b.activity = ""
	}
	return true
}

// line says how far all is.
func (b *builder) line() string {
	var parts []string
	if b.program > 0 {
		parts = append(parts, fmt.Sprintf("program %d of %d: %s", b.program, b.programs, b.current))
	}
	switch {
	case b.activity != "":
		parts = append(parts, b.activity)
	case b.compiled >= b.packages:
		parts = append(parts, "linking")
	}
	if b.packages > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d packages", min(b.compiled, b.packages), b.packages))
	}
	if b.downloaded > 0 {
		parts = append(parts, fmt.Sprintf("modules downloaded: %d", b.downloaded))
	}
	return strings.Join(append(parts, time.Since(b.begun).Round(time.Second).String()), ", ")
}

// summary are the last messages.
func summary(lines []string) string {
	const most = 5
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines[max(0, len(lines)-most):], " | ")
}
