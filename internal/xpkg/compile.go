package xpkg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// versionPattern is what may stand behind -X of the linker.
var versionPattern = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_-]*$`)

// patience is how long an interrupted build may take to end.
const patience = 5 * time.Second

// CheckVersion refuses a version that would need quotes.
func CheckVersion(version string) error {
	if !versionPattern.MatchString(version) {
		return fmt.Errorf("version %q: allowed are letters, digits and . + _ -", version)
	}
	return nil
}

// ToolError is the Go toolchain when it cannot be used.
type ToolError struct{ Err error }

func (e *ToolError) Error() string { return fmt.Sprintf("run go: %v", e.Err) }
func (e *ToolError) Unwrap() error { return e.Err }

// Compile builds the binary for a platform from the sources in a folder. What the compiler has to say goes to messages.
func Compile(ctx context.Context, sources string, to Binary, version string, messages io.Writer) error {
	if _, err := os.Stat(filepath.Join(sources, "cmd", "genops")); err != nil {
		return &FileError{
			Path:   filepath.Join(sources, "cmd", "genops"),
			Reason: "there is no such folder: name the sources of genops with -C DIR, or binaries with --binary OS/ARCH=PATH",
		}
	}
	path, err := filepath.Abs(to.Path)
	if err != nil {
		return to.unreadable(err)
	}
	// What could differ between two machines is fixed: cgo, paths, the state of Git, the level of the architecture.
	build := exec.CommandContext(ctx, //nolint:gosec // CheckVersion has looked at the version, the rest is our own.
		"go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly",
		"-ldflags", "-s -w -buildid= -X main.version="+version, "-o", path, "./cmd/genops")
	build.Dir = sources
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+to.Platform.os(), "GOARCH="+to.Platform.arch(),
		"GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off")
	build.Stdout, build.Stderr = messages, messages
	build.WaitDelay = patience // Compilers that outlive an interrupted go hold on to messages.
	err = build.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("build genops: %w", ctx.Err())
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("build genops for %s: go build ended with exit code %d, and said why above", to.Platform, exit.ExitCode())
	}
	return &ToolError{Err: err}
}
