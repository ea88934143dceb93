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
)

// Set is a module whose programs are built together: they share most of what is compiled.
type Set struct {
	// Name is the folder of the module below test/controlplane.
	Name string
	// CPU is how long one core builds it if Go has compiled nothing of it yet.
	CPU time.Duration
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

// Get returns sets from the cache, and builds first what is not there. root is the folder of the sets' modules.
func Get(ctx context.Context, root string, sets []Set, tell Teller) ([]*Built, error) {
	cache, err := Cache()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, fmt.Errorf("make the cache: %w", err)
	}
	b := &builder{root: root, cache: cache, tell: tell, begun: time.Now()}
	all := make([]*Built, len(sets))
	for i, set := range sets {
		key, err := set.key(ctx, filepath.Join(root, set.Name))
		if err != nil {
			return nil, err
		}
		unlock, err := lock(ctx, filepath.Join(cache, set.Name+".lock"), tell)
		if err != nil {
			return nil, err
		}
		defer unlock()
		dir := filepath.Join(cache, set.Name+"-"+key)
		if problem := set.check(dir); problem != nil {
			if !errors.Is(problem, fs.ErrNotExist) {
				tell.Say("%s: %v: building it again", set.Name, problem)
			}
			b.missing = append(b.missing, missing{Set: set, dir: dir})
		}
		all[i] = &Built{Programs: map[string]string{}, Modules: map[string]string{}}
		for name := range set.Programs {
			all[i].Programs[name] = filepath.Join(dir, name)
		}
	}
	if err := b.build(ctx); err != nil {
		return nil, err
	}
	for i, set := range sets {
		if len(set.Modules) == 0 {
			continue
		}
		if all[i].Modules, err = Modules(ctx, filepath.Join(root, set.Name), set.Modules...); err != nil {
			return nil, err
		}
	}
	return all, nil
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
func lock(ctx context.Context, file string, tell Teller) (func(), error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock of the cache: %w", err)
	}
	const pause = time.Second
	for told := false; ; told = true {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("lock of the cache: %w", err)
		}
		if !told {
			tell.Say("another run is building programs: waiting for it")
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err() //nolint:wrapcheck // The end was asked for.
		case <-time.After(pause):
		}
	}
}
