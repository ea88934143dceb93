package bootstraptest

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	// repositoryPath is a path that starts with one of the repository's folders and is not the end of something longer, such as a URL.
	repositoryPath = regexp.MustCompile(`(?:^|[\s"'(` + "`" + `])((?:bootstrap|cmd|docs|environments|generators|internal|rendered|schema)/[A-Za-z0-9_./-]*)`)
	link           = regexp.MustCompile(`\]\(([^)]+)\)`)
)

// paths are the paths of the repository that a text names, without those of rendered/ where it does not exist.
func paths(text string, hasRendered bool) []string {
	var found []string
	for _, match := range repositoryPath.FindAllStringSubmatch(text, -1) {
		name := strings.TrimRight(match[1], ".")
		if strings.HasPrefix(name, "rendered/") && !hasRendered {
			continue
		}
		found = append(found, name)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// missing are the names that are not below a folder.
func missing(folder string, names []string) []string {
	var gone []string
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			gone = append(gone, name)
		}
	}
	return gone
}

func TestPathsAreFound(t *testing.T) {
	for name, test := range map[string]struct {
		reason, text string
		rendered     bool
		want         []string
	}{
		"command":  {"In a command.", "kubectl apply -f rendered/bootstrap/gone.yaml -k \"bootstrap/overlays/$OVERLAY\"", true, []string{"rendered/bootstrap/gone.yaml"}},
		"prose":    {"In a sentence, with its full stop.", "See `bootstrap/gone.md`, schema/nowhere.cue.", true, []string{"bootstrap/gone.md", "schema/nowhere.cue"}},
		"exists":   {"What exists is fine.", "`bootstrap/README.md` and bootstrap/iam/", true, nil},
		"rendered": {"Before the first render there is nothing to compare.", "rendered/bootstrap/gone.yaml", false, nil},
		"URL":      {"A URL is no path.", "https://example.com/bootstrap/gone", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, missing(root, paths(test.text, test.rendered))); diff != "" {
				t.Errorf("%s -want +got:\n%s", test.reason, diff)
			}
		})
	}
}

func TestPagesNameWhatExists(t *testing.T) {
	_, err := os.Stat(filepath.Join(root, "rendered"))
	for _, page := range []string{"bootstrap/README.md", "bootstrap/iam/README.md"} {
		text := read(t, page)
		named := paths(text, err == nil)
		if len(named) == 0 {
			t.Errorf("%s names no path: the search for them is broken", page)
		}
		for _, name := range missing(root, named) {
			t.Errorf("%s names %s, which does not exist", page, name)
		}
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(match[1], "#")
			if target == "" || strings.HasPrefix(target, "https://") {
				continue
			}
			for range missing(root, []string{filepath.Join(filepath.Dir(page), target)}) {
				t.Errorf("%s links to %s, which does not exist", page, match[1])
			}
		}
	}
}

// TestWavesAreDescribed compares the page's table of waves with what is rendered.
func TestWavesAreDescribed(t *testing.T) {
	want := map[string]bool{}
	for _, o := range rendered(t) {
		wave, ok := at(o, "metadata", "annotations", "argocd.argoproj.io/sync-wave").(string)
		if !ok {
			wave = "0"
		}
		want[wave] = true
	}
	got := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (-?\d+) \| `).FindAllStringSubmatch(read(t, "bootstrap", "README.md"), -1) {
		got[row[1]] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("table of waves in bootstrap/README.md, -rendered +page:\n%s", diff)
	}
}

// TestRootIsAppliedAfterItsProject holds the order of the page's commands: an Application does nothing without its project, and the waves of
// root need the health checks of the settings.
func TestRootIsAppliedAfterItsProject(t *testing.T) {
	const folder = "rendered/bootstrap/argocd/"
	page := read(t, "bootstrap", "README.md")
	last := -1
	for _, file := range []string{"configmap-argocd-cm.yaml", "appproject-platform.yaml", "application-root.yaml"} {
		at := strings.Index(page, "-f "+folder+file)
		if at <= last {
			t.Errorf("the page applies %s too early or not at all", file)
		}
		last = at
	}
}

// TestSyncByHand compares the options that the page gives to a sync by hand with those of root: Argo CD does not take them from there.
func TestSyncByHand(t *testing.T) {
	application := rendered(t)["rendered/bootstrap/argocd/application-root.yaml"]
	options, _ := at(application, "spec", "syncPolicy", "syncOptions").([]any)
	var quoted []string
	for _, option := range options {
		quoted = append(quoted, `"`+option.(string)+`"`)
	}
	if want := `"syncOptions":[` + strings.Join(quoted, ",") + `]`; !strings.Contains(read(t, "bootstrap", "README.md"), want) {
		t.Errorf("the page's sync by hand lacks %s", want)
	}
}
