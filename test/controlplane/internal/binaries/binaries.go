// Package binaries builds the programs of the control plane from Go modules, once for each version, into a cache.
package binaries

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// Set is a module whose programs are built together: they share most of what is compiled.
type Set struct {
	// Name is the folder of the module below test/controlplane.
	Name string
	// Programs are the packages, by the name that each program gets.
	Programs map[string]string
	// LinkerFlags are added to those that leave out debugging information.
	LinkerFlags string
	// Modules are module paths whose folders are needed as well: charts and definitions of custom resources are in them.
	Modules []string
}

// Built is a set that is there.
type Built struct {
	// Programs are the paths of the programs and Modules the folders of the modules, by name.
	Programs map[string]string
	Modules  map[string]string
	// Took is how long building took; zero if the cache had it.
	Took time.Duration
}

// Cache is the folder of the cache: GENOPS_CONTROLPLANE_CACHE, or one in the user's cache folder.
func Cache() (string, error) {
	if dir := os.Getenv("GENOPS_CONTROLPLANE_CACHE"); dir != "" {
		return filepath.Abs(dir) //nolint:wrapcheck // It names the folder.
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the cache: %w; set GENOPS_CONTROLPLANE_CACHE", err)
	}
	return filepath.Join(dir, "genops-controlplane"), nil
}

// complete is the file that a finished build writes last.
const complete = "complete"

// Get returns a set from the cache, and builds it first if it is not there. root is the folder of the set's module's parent.
func Get(ctx context.Context, root string, set Set, say func(format string, args ...any)) (*Built, error) {
	cache, err := Cache()
	if err != nil {
		return nil, err
	}
	key, err := set.key(ctx, filepath.Join(root, set.Name))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, fmt.Errorf("make the cache: %w", err)
	}
	unlock, err := lock(filepath.Join(cache, set.Name+".lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	dir := filepath.Join(cache, set.Name+"-"+key)
	built := &Built{Programs: map[string]string{}, Modules: map[string]string{}}
	if problem := set.check(dir); problem != nil {
		if !errors.Is(problem, fs.ErrNotExist) {
			say("%s: %v: building it again", set.Name, problem)
		}
		start := time.Now()
		if err := set.build(ctx, root, cache, dir, say); err != nil {
			return nil, err
		}
		built.Took = time.Since(start)
	}
	for name := range set.Programs {
		built.Programs[name] = filepath.Join(dir, name)
	}
	if len(set.Modules) > 0 {
		if built.Modules, err = Modules(ctx, filepath.Join(root, set.Name), set.Modules...); err != nil {
			return nil, err
		}
	}
	return built, nil
}

// key changes with the versions of all modules, the sources in the folder and Go itself.
func (s Set) key(ctx context.Context, dir string) (string, error) {
	hash := sha256.New()
	version, err := exec.CommandContext(ctx, "go", "env", "GOVERSION").Output()
	if err != nil {
		return "", fmt.Errorf("go is missing: %w", err)
	}
	fmt.Fprintln(hash, string(version), runtime.GOARCH, s.LinkerFlags, s.Programs)
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintln(hash, strings.TrimPrefix(path, dir), len(text))
		hash.Write(text)
		return err //nolint:wrapcheck // Below.
	})
	if err != nil {
		return "", fmt.Errorf("read the module %s: %w", s.Name, err)
	}
	const length = 6
	return hex.EncodeToString(hash.Sum(nil)[:length]), nil
}

// check tells whether a build in the cache is whole: a disk that was full or a person may have taken something away.
func (s Set) check(dir string) error {
	if _, err := os.Stat(dir); err != nil {
		return err //nolint:wrapcheck // Compared with ErrNotExist.
	}
	text, err := os.ReadFile(filepath.Join(dir, complete))
	sizes := map[string]int64{}
	if err != nil || json.Unmarshal(text, &sizes) != nil {
		return errors.New("the cache holds half a build")
	}
	for name := range s.Programs {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("the cache lacks %s", name)
		}
		if info.Size() != sizes[name] || info.Mode()&0o100 == 0 {
			return fmt.Errorf("%s in the cache is not what was built", name)
		}
	}
	return nil
}

// build builds into a folder beside, which takes its name when it is whole; builds of other versions go.
func (s Set) build(ctx context.Context, root, cache, dir string, say func(format string, args ...any)) error {
	old, _ := filepath.Glob(filepath.Join(cache, s.Name+"-*"))
	for _, folder := range old {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("clean the cache: %w", err)
		}
	}
	const wanted = 2 << 30
	if free := process.Free(cache); free < wanted {
		return fmt.Errorf("%s has %d MiB free: building %s needs about %d", cache, free>>20, s.Name, wanted>>20) //nolint:mnd // MiB.
	}
	temp := dir + ".building"
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return fmt.Errorf("build %s: %w", s.Name, err)
	}
	defer os.RemoveAll(temp)
	sizes := map[string]int64{}
	for name, pkg := range s.Programs {
		say("building %s", name)
		var output bytes.Buffer
		cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", strings.TrimSpace("-s -w "+s.LinkerFlags), "-o", filepath.Join(temp, name), pkg)
		cmd.Dir = filepath.Join(root, s.Name)
		cmd.Env = append(os.Environ(), "GOWORK=off")
		cmd.Stdout, cmd.Stderr = &output, &output
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		if err := cmd.Run(); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("build %s: %w", name, ctx.Err())
			}
			return fmt.Errorf("build %s: %w: %s", name, err, summary(output.String()))
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
		err = os.Rename(temp, dir)
	}
	if err != nil {
		return fmt.Errorf("build %s: %w", s.Name, err)
	}
	return nil
}

// summary leaves out what go says about downloads.
func summary(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "go: downloading") {
			lines = append(lines, line)
		}
	}
	const most = 5
	return strings.Join(lines[max(0, len(lines)-most):], " | ")
}

// Modules finds the folders of modules, in the versions that the module in dir requires.
func Modules(ctx context.Context, dir string, paths ...string) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"mod", "download", "-json"}, paths...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("download modules: %w", err)
	}
	found := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var module struct{ Path, Dir, Error string }
		if err := decoder.Decode(&module); err != nil || module.Error != "" {
			return nil, fmt.Errorf("download module %s: %v %s", module.Path, err, module.Error)
		}
		found[module.Path] = module.Dir
	}
	return found, nil
}

// lock makes a second run wait.
func lock(file string) (func(), error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock of the cache: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock of the cache: %w", err)
	}
	return func() { f.Close() }, nil
}
