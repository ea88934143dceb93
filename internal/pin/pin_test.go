package pin_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/pin"
	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/internal/tree"
	"github.com/innovate-inc/genops/schema"
)

var (
	digest = "sha256:" + strings.Repeat("0a", 32)
	other  = "sha256:" + strings.Repeat("0b", 32)
)

// inputs are a platform with a registry, and two environments that run two of its images.
func inputs(t *testing.T, files map[string]string) fstest.MapFS {
	t.Helper()
	platform, err := os.ReadFile(filepath.Join("..", "..", "schema", "testdata", "platform.cue"))
	if err != nil {
		t.Fatal(err)
	}
	lines := func(text string) string { return "package environments\n\nenvironment: {\n" + text + "}\n" }
	fsys := fstest.MapFS{
		"environments/platform.cue": {Data: platform},
		"environments/order.cue":    {Data: []byte("package environments\n\nplatform: order: [\"dev\", \"prod\", \"tools\"]\n")},
		"environments/defaults.cue": {Data: []byte(lines("\tregion: \"eu-west-1\"\n\tproject: \"acme\"\n\towner: \"team\"\n\tcostCenter: \"cc-1\"\n"))},
		"environments/services.cue": {Data: []byte("package environments\n\nif environment.cluster != _|_ {\n\tenvironment: services: {\n" +
			"\t\tweb: workload: image: {repository: \"web\", tag: *\"v1\" | _}\n\t\tfor: workload: image: {repository: \"api\", tag: *\"v1\" | _}\n\t}\n}\n")},
		"environments/dev/e.cue":   {Data: []byte(lines("\tstage: \"dev\"\n\taccount: \"111122223333\"\n\tnetwork: cidr: \"10.20.0.0/16\"\n\tcluster: {}\n"))},
		"environments/prod/e.cue":  {Data: []byte(lines("\tstage: \"prod\"\n\taccount: \"222233334444\"\n\tnetwork: cidr: \"10.30.0.0/16\"\n\tcluster: {}\n"))},
		"environments/tools/e.cue": {Data: []byte(lines("\tstage: \"shared\"\n\taccount: \"333344445555\"\n\tregistry: {github: organization: \"acme\", repositories: {web: {}, api: {}}}\n"))},
	}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

const head = "// Written by genops pin: which images run in this environment. To unpin one, remove its line.\npackage environments\n\nenvironment: services: {\n"

func line(service, tag, digest string) string {
	return "\t\"" + service + "\": workload: image: {tag: \"" + tag + "\", digest: \"" + digest + "\"}\n"
}

// TestPin has what is written, sorted, beside what is pinned already, and with names that are words of CUE.
func TestPin(t *testing.T) {
	t.Parallel()
	const file = "environments/dev/images.cue"
	cases := map[string]struct {
		reason  string
		before  string
		request pin.Request
		want    string
		changed bool
	}{
		"first":     {"there is no file yet", "", pin.Request{Service: "web", Image: pin.Image{Tag: "v2", Digest: digest}}, head + line("web", "v2", digest) + "}\n", true},
		"second":    {"sorted", head + line("web", "v2", digest) + "}\n", pin.Request{Service: "for", Image: pin.Image{Tag: "v3", Digest: other}}, head + line("for", "v3", other) + line("web", "v2", digest) + "}\n", true},
		"replaced":  {"the other stays", head + line("for", "v3", other) + line("web", "v2", digest) + "}\n", pin.Request{Service: "web", Image: pin.Image{Tag: "v3", Digest: other}}, head + line("for", "v3", other) + line("web", "v3", other) + "}\n", true},
		"again":     {"nothing is new", head + line("web", "v2", digest) + "}\n", pin.Request{Service: "web", Image: pin.Image{Tag: "v2", Digest: digest}}, head + line("web", "v2", digest) + "}\n", false},
		"formatted": {"a merge left other white space", head + "  " + line("web", "v2", digest) + "}\n", pin.Request{Service: "web", Image: pin.Image{Tag: "v2", Digest: digest}}, head + line("web", "v2", digest) + "}\n", true},
		"promoted":  {"what prod runs", "", pin.Request{Service: "web", From: "prod"}, head + line("web", "v9", other) + "}\n", true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"environments/prod/images.cue": head + line("web", "v9", other) + "}\n"}
			if tc.before != "" {
				files[file] = tc.before
			}
			fsys := inputs(t, files)
			tc.request.Environment = "dev"
			result, err := pin.Pin(t.Context(), fsys, "", tc.request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, string(result.Content)); diff != "" || result.Changed != tc.changed || result.File != file {
				t.Errorf("%s: changed is %t (-want +got):\n%s", tc.reason, result.Changed, diff)
			}
			fsys[file] = &fstest.MapFile{Data: result.Content}
			config, err := schema.Load(t.Context(), fsys, "")
			if err != nil {
				t.Fatal(err)
			}
			image := config.Environment("dev").Services[tc.request.Service].Workload.Image
			if got := (pin.Image{Tag: image.Tag, Digest: image.Digest}); got != result.After {
				t.Errorf("%s: loaded is %v, want %v", tc.reason, got, result.After)
			}
		})
	}
}

// TestPinRefuses has files that the command did not write as they are, and pins of something that is gone.
func TestPinRefuses(t *testing.T) {
	t.Parallel()
	const edited = "environments/dev/images.cue:1:1: genops pin writes this file, and somebody has changed it: what was added would be lost"
	web := line("web", "v2", digest)
	for name, tc := range map[string]struct{ file, want string }{
		"no header":    {"package environments\n\nenvironment: services: {\n" + web + "}\n", edited},
		"a comment":    {head + "\t// Mine.\n" + web + "}\n", edited},
		"more":         {head + web + "\t\"web\": quota: pods: 90\n}\n", edited},
		"another file": {"package environments\n\nenvironment: tags: a: \"b\"\n", edited},
		"service gone": {head + line("gone", "v2", digest) + "}\n", `environments/dev/images.cue:5:27: services.gone.workload.image: the image has neither a repository of the platform's registry nor an address elsewhere`},
	} {
		result, err := pin.Pin(t.Context(), inputs(t, map[string]string{"environments/dev/images.cue": tc.file}), "", pin.Request{
			Environment: "dev", Service: "web", Image: pin.Image{Tag: "v3", Digest: other},
		})
		wrong, ok := errors.AsType[*problem.Error](err)
		if !ok || result != nil || !strings.Contains(wrong.Error(), tc.want) {
			t.Errorf("%s: got %v and error %v, want %s", name, result, err, tc.want)
		}
	}
}

// TestSave writes all or nothing, and leaves nothing else behind.
func TestSave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "environments", "dev")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	result := &pin.Result{File: "environments/dev/images.cue", Content: []byte("new"), Changed: true}
	if err := result.Save(dir, "shown"); err != nil {
		t.Fatal(err)
	}
	// A folder in the place of the file: the rename is refused after everything was written.
	name := filepath.Join(folder, "images.cue")
	if content, err := os.ReadFile(name); err != nil || string(content) != "new" {
		t.Errorf("%q, %v", content, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("others cannot read it: %v, %v", info, err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(name, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := result.Save(dir, "environments/dev/images.cue")
	machine, ok := errors.AsType[*tree.MachineError](err)
	if !ok || machine.Path != "environments/dev/images.cue" || strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want an error of the machine without its paths", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
