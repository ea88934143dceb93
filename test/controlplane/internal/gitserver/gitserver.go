// Package gitserver serves a Git repository over HTTP on loopback, and commits to it.
package gitserver

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Repository is a work tree and the bare repository that is served.
type Repository struct {
	// Dir is the work tree.
	Dir string
	// URL is where it is served.
	URL string

	bare string
}

// New makes a repository below a folder and serves it as PATH (such as innovate-inc/genops.git) on a listener until ctx ends.
func New(ctx context.Context, dir, path string, listener net.Listener) (*Repository, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("git is missing: %w", err)
	}
	r := &Repository{Dir: filepath.Join(dir, "work"), bare: filepath.Join(dir, "served", path), URL: "http://" + listener.Addr().String() + "/" + path}
	if err := os.MkdirAll(r.bare, 0o755); err != nil {
		return nil, fmt.Errorf("repository: %w", err)
	}
	if err := r.git(ctx, dir, "init", "--quiet", "--bare", "--initial-branch=main", r.bare); err != nil {
		return nil, err
	}
	if err := r.git(ctx, dir, "clone", "--quiet", r.bare, r.Dir); err != nil {
		return nil, err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: &cgi.Handler{
		Path: git, Args: []string{"http-backend"}, Dir: dir,
		Env:    []string{"GIT_PROJECT_ROOT=" + filepath.Join(dir, "served"), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "HOME=" + dir},
		Stderr: &bytes.Buffer{},
	}}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	go func() { _ = server.Serve(listener) }()
	return r, nil
}

// Commit commits all of the work tree and pushes it. It returns the commit.
func (r *Repository) Commit(ctx context.Context, message string) (string, error) {
	for _, args := range [][]string{
		{"add", "--all"},
		{"-c", "user.name=genops test", "-c", "user.email=test@innovate.example", "commit", "--quiet", "--message", message},
		{"push", "--quiet", "origin", "HEAD:main"},
	} {
		if err := r.git(ctx, r.Dir, args...); err != nil {
			return "", err
		}
	}
	return r.Head(ctx)
}

// Clean tells whether the work tree is what was committed last.
func (r *Repository) Clean(ctx context.Context) (bool, error) {
	out, err := r.command(ctx, r.Dir, "status", "--porcelain").Output()
	if err != nil {
		return false, fmt.Errorf("git status: %w", err)
	}
	return len(out) == 0, nil
}

// Head is the last commit.
func (r *Repository) Head(ctx context.Context) (string, error) {
	out, err := r.command(ctx, r.Dir, "rev-parse", "HEAD").Output()
	if err != nil {
		return "", fmt.Errorf("git rev-parse: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Restore makes the work tree what it was at a commit, in a new commit if that is a change.
func (r *Repository) Restore(ctx context.Context, commit string) error {
	for _, args := range [][]string{{"add", "--all"}, {"read-tree", "--reset", "-u", commit}} {
		if err := r.git(ctx, r.Dir, args...); err != nil {
			return err
		}
	}
	if r.git(ctx, r.Dir, "diff", "--cached", "--quiet", "HEAD") == nil {
		return nil
	}
	_, err := r.Commit(ctx, "Back to "+commit)
	return err
}

func (r *Repository) command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	// Settings of the person who runs the test have no effect.
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "HOME="+filepath.Dir(r.Dir))
	return cmd
}

func (r *Repository) git(ctx context.Context, dir string, args ...string) error {
	if out, err := r.command(ctx, dir, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return nil
}
