package scale_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/test/controlplane/internal/scale"
)

// TestEnvironmentsRender: as many environments as there can be are accepted beside the platform's own, without a warning.
func TestEnvironmentsRender(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	genops := filepath.Join(dir, "genops")
	build := exec.Command("go", "build", "-o", genops, "./cmd/genops")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.CopyFS(filepath.Join(dir, "environments"), os.DirFS(filepath.Join(root, "environments"))); err != nil {
		t.Fatal(err)
	}
	names := ""
	environments := scale.Environments(scale.Most, "cc-2000", true)
	write(t, filepath.Join(dir, "environments", "management", "scale.cue"), scale.Unit(environments))
	for _, e := range environments {
		names += `, "` + e.Name + `"`
		write(t, filepath.Join(dir, "environments", e.Name, "environment.cue"), e.Source)
	}
	platform := filepath.Join(dir, "environments", "platform.cue")
	text, err := os.ReadFile(platform)
	if err != nil {
		t.Fatal(err)
	}
	write(t, platform, regexp.MustCompile(`(?m)^(\torder: \[.*)\]$`).ReplaceAllString(string(text), "$1"+names+"]"))
	render := exec.Command(genops, "render")
	render.Dir = dir
	out, err := render.CombinedOutput()
	if err != nil || strings.Contains(string(out), "warning") {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "rendered", "scale-10", "cluster")); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
