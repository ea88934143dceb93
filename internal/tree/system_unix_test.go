//go:build !windows

package tree

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReadOnly compares on a file system that cannot be written.
func TestReadOnly(t *testing.T) {
	root := fastRoot(t)
	apply(t, root, before())
	readOnly := t.TempDir()
	mount := func(args ...string) error { return exec.Command("mount", args...).Run() }
	if mount("--bind", filepath.Dir(root), readOnly) != nil {
		t.Skip("mounting is not allowed here")
	}
	t.Cleanup(func() { must(t, exec.Command("umount", readOnly).Run()) })
	if mount("-o", "remount,ro,bind", readOnly) != nil {
		t.Skip("mounting is not allowed here")
	}
	root = filepath.Join(readOnly, filepath.Base(root))
	must(t, compare(t, root, before(), Options{}).Apply(t.Context()))
	d := compare(t, root, but(Files{"dev/a.yaml": []byte("a: 2\n")}), Options{})
	if got := d.Changes(); len(got) != 1 || got[0] != (Change{"dev/a.yaml", Updated}) {
		t.Errorf("Changes() = %v", got)
	}
	err := d.Apply(t.Context())
	if got, want := errText(err, root), "create folder .genops-staging-rendered: "+syscall.EROFS.Error(); got != want {
		t.Errorf("Apply: %s, want %s", got, want)
	}
	if machineFault(err) == nil {
		t.Error("it is not a MachineError")
	}
}

// TestDiskReallyFull lets a small disk run out of room, and of inodes.
func TestDiskReallyFull(t *testing.T) {
	for name, option := range map[string]string{"Blocks": "size=80k", "Inodes": "nr_inodes=18"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := exec.Command("mount", "-t", "tmpfs", "-o", option, "tmpfs", dir).Run(); err != nil {
				t.Skip("mounting is not allowed here")
			}
			t.Cleanup(func() { must(t, exec.Command("umount", dir).Run()) })
			root := filepath.Join(dir, "rendered")
			apply(t, root, before())
			large := []byte(strings.Repeat("0123456789abcde\n", 2<<10))
			want := but(Files{"dev/a.yaml": large, "dev/l.yaml": large, "dev/sub/m.yaml": large, "prod/l.yaml": large})
			err := compare(t, root, want, Options{}).Apply(t.Context())
			if machineFault(err) == nil || !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("Apply: %v, want a MachineError about the disk", err)
			}
			equal(t, "after the error", read(t, root), rendered(before()))
			alone(t, root)
		})
	}
}

const nobody = 65534

// asNobody writes the tree as a user who is not root, as most are, and returns what it says.
func asNobody(t *testing.T, root, rounds string) string {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	binary, err := os.ReadFile(self)
	must(t, err)
	own := filepath.Join(filepath.Dir(filepath.Dir(root)), "tree.test") // the one of "go test" is in a folder for root only
	must(t, os.WriteFile(own, binary, 0o755))
	must(t, os.Chown(filepath.Dir(own), nobody, nobody)) // for "go test -cover"
	cmd := exec.Command(own)
	cmd.Dir = filepath.Dir(root)
	cmd.Env = append(os.Environ(), childVar+"=1", roundsVar+"="+rounds, "GOCOVERDIR="+filepath.Dir(own))
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	var out strings.Builder
	cmd.Stderr = &out
	if err := cmd.Run(); err != nil && out.Len() == 0 {
		t.Fatal(err)
	}
	return out.String()
}

// nobodysRoot returns a root that belongs to nobody, in a folder of its own that everybody can get to.
func nobodysRoot(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can become someone else")
	}
	parent := fastRoot(t)
	for dir := parent; len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.Chmod(dir, 0o755))
	}
	root := filepath.Join(parent, "rendered")
	apply(t, root, version(1))
	must(t, filepath.WalkDir(parent, func(p string, _ fs.DirEntry, _ error) error { return os.Lchown(p, nobody, nobody) }))
	return root
}

// TestUnprivileged has what root never notices: a folder without write permission, whose old version has to be removed, and a
// file of someone else, which Linux does not let one link.
func TestUnprivileged(t *testing.T) {
	root := nobodysRoot(t)
	foreign := contents{"env-00/locked/notes.md": "mine\n", "env-01/theirs.md": "theirs\n"}
	put(t, root, foreign)
	must(t, os.Chown(below(root, "env-00/locked/notes.md"), nobody, nobody))
	must(t, os.Chown(below(root, "env-00/locked"), nobody, nobody))
	must(t, os.Chmod(below(root, "env-00/locked"), 0o555))
	must(t, os.Chtimes(below(root, "env-01/theirs.md"), past, past))

	if out := asNobody(t, root, "2"); out != "" {
		t.Errorf("the writer says %s", out)
	}
	equal(t, "after two Applies", read(t, root), rendered(version(1)).with(foreign))
	alone(t, root)
	if got, want := stat(t, root, "env-00", "locked").Mode(), fs.ModeDir|0o555; got != want {
		t.Errorf("the folder has mode %v, want %v", got, want)
	}
	if got := stat(t, root, "env-01", "theirs.md").ModTime(); !got.Equal(past) {
		t.Errorf("the file has time %v, want %v", got, past)
	}
}

// TestNotPermitted: the folder that the root is in cannot be written.
func TestNotPermitted(t *testing.T) {
	root := nobodysRoot(t)
	must(t, os.Chown(filepath.Dir(root), 0, 0))
	want := "create folder " + filepath.Join(filepath.Dir(root), ".genops-staging-rendered") + ": permission denied\n"
	if out := asNobody(t, root, "1"); out != want {
		t.Errorf("the writer says %s, want %s", out, want)
	}
	equal(t, "after the error", read(t, root), rendered(version(1)))
	alone(t, root)
}

// TestOwnerIsKept: root renders into a user's folder, as a container does, and the user can go on working there.
func TestOwnerIsKept(t *testing.T) {
	root := nobodysRoot(t)
	must(t, os.Chmod(root, 0o2775|fs.ModeSetgid))
	apply(t, root, version(0))
	for _, p := range []string{".", "env-00", "env-00/0", firstMarker, "env-00/1/01.yaml"} {
		if st, ok := stat(t, root, p).Sys().(*syscall.Stat_t); !ok || st.Uid != nobody || st.Gid != nobody {
			t.Errorf("%s belongs to %+v", p, st)
		}
	}
	if got, want := stat(t, root).Mode(), fs.ModeDir|fs.ModeSetgid|0o775; got != want {
		t.Errorf("the root has mode %v, want %v", got, want)
	}
}
