package world

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/kubelet"
)

// ReleaseChart serves another version of an add-on's chart, with another version of its program.
func (w *World) ReleaseChart(name, version, program string) error {
	return w.artifacts.Release(name, version, program) //nolint:wrapcheck // It says what failed.
}

// BuildChanged builds genops with a text replaced in one of its files, as a developer who changes a composition would.
func (w *World) BuildChanged(ctx context.Context, file, from, to string) (string, error) {
	source := filepath.Join(w.Root, file)
	text, err := os.ReadFile(source)
	if err != nil {
		return "", fmt.Errorf("change genops: %w", err)
	}
	if strings.Count(string(text), from) != 1 {
		return "", fmt.Errorf("change genops: %s does not contain %q once", file, from)
	}
	dir := filepath.Join(w.State, "changed")
	replaced, overlay, program := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "genops")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {source: replaced}})
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	for path, content := range map[string][]byte{replaced: bytes.Replace(text, []byte(from), []byte(to), 1), overlay: list} {
		if err == nil {
			err = os.WriteFile(path, content, 0o644)
		}
	}
	if err != nil {
		return "", fmt.Errorf("change genops: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-overlay", overlay, "-o", program, "./cmd/genops")
	cmd.Dir = w.Root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOPROXY=off") // As make builds it: Go has compiled nearly all of it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build a changed genops: %w: %s", err, out)
	}
	return program, nil
}

// ReleaseFunction pushes another version of the function's package, made of a program.
func (w *World) ReleaseFunction(ctx context.Context, version, program string) error {
	objects, err := w.Committed()
	if err != nil {
		return err
	}
	addresses := map[string]bool{}
	for _, object := range objects {
		if field.Text(object, "kind") == "Function" {
			addresses[packageOf(object)] = true
		}
	}
	names := slices.Sorted(maps.Keys(addresses))
	if len(names) != 1 {
		return errors.New("the platform installs not just one function")
	}
	reference := w.packages + "/" + names[0] + ":" + version
	digest, err := w.Genops(ctx, w.Root, "function", "push", reference, "--binary", "linux/amd64="+program, "--version", version)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.functions[version] = program
	if _, sum, ok := strings.Cut(strings.TrimSpace(string(digest)), "@"); ok {
		w.functions[sum] = program
	}
	return nil
}

// Released tells whether a version of the function was released.
func (w *World) Released(version string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.functions[version] != ""
}

// functionOf is the program of a function's image: that of a released version, or the one that is tested.
func (w *World) functionOf(s *kubelet.Setting) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for version, program := range w.functions {
		if strings.HasSuffix(s.Image, ":"+version) || strings.HasSuffix(s.Image, "@"+version) {
			return program
		}
	}
	return w.Programs.Path["genops"]
}
