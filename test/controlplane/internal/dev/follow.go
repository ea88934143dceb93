package dev

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Follower follows the commits of a repository: what is committed counts, not what is in its work tree.
type Follower struct {
	// Root is the folder of the repository and Temp one for checkouts.
	Root, Temp string
	// Check tells whether a checkout is one that may be taken over, Take takes it over.
	Check func(ctx context.Context, dir string) error
	Take  func(ctx context.Context, dir, message string) error

	seen    string
	taken   string
	refused string
}

// followed is what of a commit matters to the control plane.
var followed = []string{"environments", "rendered", "cue.mod"} //nolint:gochecknoglobals // A constant.

// Begin takes the commit that is there for the one that the control plane has. It tells whether environments/ has changes beyond it.
func (f *Follower) Begin(ctx context.Context) (changed bool, err error) {
	if f.seen, err = f.git(ctx, "rev-parse", "HEAD"); err != nil {
		return false, err
	}
	f.taken = short(f.seen)
	status, err := f.git(ctx, "status", "--porcelain", "--", "environments")
	if err == nil && status != "" {
		f.taken += " with changes that are not committed"
	}
	return status != "", err
}

// Taken is the commit that the control plane has, and Refused why it has no newer one.
func (f *Follower) Taken() string   { return f.taken }
func (f *Follower) Refused() string { return f.refused }

// Look looks for another commit, takes it over, and returns news for people; none if nothing is new.
func (f *Follower) Look(ctx context.Context) (string, error) {
	head, err := f.git(ctx, "rev-parse", "HEAD")
	if err != nil || head == f.seen {
		return "", err
	}
	subject, err := f.git(ctx, "log", "-1", "--format=%s", head)
	if err != nil {
		return "", err
	}
	err = f.follow(ctx, head, subject)
	if ctx.Err() != nil {
		return "", ctx.Err() //nolint:wrapcheck // The end was asked for.
	}
	f.seen = head
	name := "commit " + short(head) + " (" + subject + ")"
	if err != nil {
		f.refused = "commit " + short(head) + ": " + err.Error()
		return name + " is refused, the platform stays as it is:\n" + err.Error(), nil
	}
	f.refused, f.taken = "", short(head)
	return name + " is taken over", nil
}

func (f *Follower) follow(ctx context.Context, commit, subject string) error {
	dir, err := os.MkdirTemp(f.Temp, "commit-")
	if err != nil {
		return fmt.Errorf("folder of a checkout: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := f.checkout(ctx, commit, dir); err != nil {
		return err
	}
	if err := f.Check(ctx, dir); err != nil {
		return err
	}
	return f.Take(ctx, dir, cmp.Or(subject, commit))
}

// checkout writes what is followed of a commit into a folder.
func (f *Follower) checkout(ctx context.Context, commit, dir string) error {
	var archive, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", append([]string{"archive", "--format=tar", commit, "--"}, followed...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = f.Root, &archive, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("git archive: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	for reader := tar.NewReader(&archive); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = extract(reader, header, dir)
		}
		if err != nil {
			return fmt.Errorf("checkout of %s: %w", short(commit), err)
		}
	}
}

func extract(reader io.Reader, header *tar.Header, dir string) error {
	if !filepath.IsLocal(header.Name) {
		return nil // It would lead out of the folder.
	}
	path := filepath.Join(dir, header.Name)
	switch header.Typeflag {
	case tar.TypeDir:
		return os.MkdirAll(path, 0o755) //nolint:wrapcheck // The caller says what for.
	case tar.TypeReg:
		text, err := io.ReadAll(reader)
		if err != nil {
			return err //nolint:wrapcheck // The caller says what for.
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err //nolint:wrapcheck // The caller says what for.
		}
		return os.WriteFile(path, text, 0o644) //nolint:wrapcheck // The caller says what for.
	default:
		return nil // The header of the commit, and links, which genops does not read.
	}
}

func (f *Follower) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = f.Root
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s in %s: %w", args[0], f.Root, err)
	}
	return strings.TrimSpace(string(out)), nil
}

func short(commit string) string {
	const length = 7
	return commit[:min(length, len(commit))]
}

// Stale says that rendered/ of a commit is not what its environments/ render to.
func Stale(list string) error {
	return fmt.Errorf("rendered/ is not what environments/ render to, and Argo CD of the real platform would see the old rendered/: "+
		"run make render and commit what it changes\n%s", strings.TrimSpace(list))
}
