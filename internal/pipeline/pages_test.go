package pipeline_test

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/internal/page"
	"github.com/innovate-inc/genops/internal/pipeline"
	"github.com/innovate-inc/genops/internal/tree"
)

// pages takes the pages out of rendered files, by path.
func pages(files tree.Files) map[string]string {
	found := map[string]string{}
	for name, content := range files {
		if path.Base(name) == page.Name && !strings.HasPrefix(name, "ci/") {
			found[name] = string(content)
		}
	}
	return found
}

// TestEveryEnvironmentHasAPage has one for each environment that renders something, and one for the platform.
func TestEveryEnvironmentHasAPage(t *testing.T) {
	t.Parallel()
	result := render(t, os.DirFS(root()))
	written := pages(result.Files)
	for _, e := range result.Config.Environments {
		text, ok := written[e.Name+"/"+page.Name]
		if !ok || !strings.HasPrefix(text, "# `"+e.Name+"`\n") {
			t.Errorf("page of %s: %.40q", e.Name, text)
		}
	}
	if len(written) != len(result.Config.Environments)+1 || written["bootstrap/"+page.Name] == "" {
		t.Errorf("%d pages", len(written))
	}
}

// TestPlannedEnvironmentsHaveNoPage: the platform's page names them without a link, because they render nothing.
func TestPlannedEnvironmentsHaveNoPage(t *testing.T) {
	t.Parallel()
	files := render(t, inputs(t, map[string]string{
		"defaults.cue":    strings.Replace(defaults, "\taccount:    *\"111122223333\" | _\n", "", 1),
		"dev/dev.cue":     "account: \"111122223333\"\n" + devLines,
		"later/later.cue": "stage: \"dev\"\nnetwork: cidr: \"10.30.0.0/16\"",
	})).Files
	if _, missing := broken(t, "bootstrap/README.md", pages(files)["bootstrap/README.md"], files); len(missing) > 0 {
		t.Errorf("these lead nowhere: %v", missing)
	}
	if text := pages(files)["bootstrap/README.md"]; !strings.Contains(text, "\n| `later` | `dev` | none yet: only planned |") {
		t.Errorf("the planned environment is missing in\n%s", text)
	}
	if len(pages(files)) != 2 {
		t.Errorf("%d pages, want those of dev and of the platform", len(pages(files)))
	}
}

var linkTarget = regexp.MustCompile(`\]\(([^)]*)\)`)

// broken lists the links of a page that lead nowhere: to no rendered file or folder, and to nothing beside rendered/.
func broken(t *testing.T, name, text string, files tree.Files) (links int, missing []string) {
	t.Helper()
	for _, match := range linkTarget.FindAllStringSubmatch(text, -1) {
		links++
		target, err := url.PathUnescape(match[1])
		if err != nil {
			t.Fatal(err)
		}
		target = path.Join(path.Dir(name), target)
		if outside, ok := strings.CutPrefix(target, "../"); ok {
			if _, err := os.Stat(filepath.Join(root(), outside)); err != nil {
				missing = append(missing, match[1])
			}
			continue
		}
		found := files[target] != nil
		for file := range files {
			found = found || strings.HasPrefix(file, target+"/")
		}
		if !found {
			missing = append(missing, match[1])
		}
	}
	return links, missing
}

func TestLinksOfPages(t *testing.T) {
	t.Parallel()
	files := render(t, os.DirFS(root())).Files
	for name, text := range pages(files) {
		links, missing := broken(t, name, text, files)
		if links < 3 || len(missing) > 0 {
			t.Errorf("%s: of %d links these lead nowhere: %v", name, links, missing)
		}
	}
	if _, missing := broken(t, "dev/README.md", "[a](claims/none.yaml) [b](../../environments/none) [c](claims)", files); len(missing) != 2 {
		t.Errorf("broken links are not found: %v", missing)
	}
}

// cells counts the cells of a table's row as GitHub does: a backslash takes the next sign with it (GFM: tables).
func cells(row string) int {
	count := -1
	for i := 0; i < len(row); i++ {
		switch row[i] {
		case '\\':
			i++
		case '|':
			count++
		}
	}
	return count
}

// hasHTML tells whether a line has what could be a tag or an entity outside of code.
func hasHTML(line string) bool {
	line = regexp.MustCompile("`+[^`]*`+").ReplaceAllString(line, "")
	line = regexp.MustCompile(`\\.`).ReplaceAllString(line, "")
	return strings.ContainsAny(line, "<>&")
}

// malformed lists the lines of a page that are not what they should be.
func malformed(text string) []string {
	var wrong []string
	columns, fenced := 0, false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
			continue
		}
		if fenced {
			continue
		}
		isRow := strings.HasPrefix(line, "|")
		if isRow && columns > 0 && cells(line) != columns || isRow && !strings.HasSuffix(line, "|") || hasHTML(line) || strings.TrimRight(line, " \t") != line {
			wrong = append(wrong, line)
		}
		columns = 0
		if isRow {
			columns = cells(line)
		}
	}
	if fenced {
		wrong = append(wrong, "a block does not end")
	}
	return wrong
}

// nasty has what Markdown could take for its own, wherever the contract lets people write it.
const nasty = devLines + "tags: note: \"_a_ : b\"\n" + `accept: "public-endpoint-open": "a reason | with <b>tags</b> & [links](x)\n\n# and more \\| ` + "`" + `"
services: api: workload: {
	image: {address: "ghcr.io/acme/api", tag: "v1"}
	args: ["` + "``` | `" + `", "\\|", "\n| a | b |\n", "<!-- -->"]
	env: TEXT: "</details>|\r\n# no heading"
}
`

func TestPagesAreMarkdown(t *testing.T) {
	t.Parallel()
	all := pages(render(t, os.DirFS(root())).Files)
	hard := pages(render(t, inputs(t, map[string]string{"dev/dev.cue": nasty})).Files)["dev/README.md"]
	all["nasty"] = hard
	for name, text := range all {
		if wrong := malformed(text); len(wrong) > 0 {
			t.Errorf("%s:\n%s", name, strings.Join(wrong, "\n"))
		}
	}
	for _, want := range []string{
		"| `public-endpoint-open` | a reason \\| with \\<b\\>tags\\</b\\> \\& \\[links\\](x) \\# and more \\\\\\| \\` |\n",
		"| `services.api.workload.env.TEXT` | `\"</details>\\|\\r\\n# no heading\"` | none |\n",
		"| Further tags | `note=_a_ : b` |\n",
	} {
		if !strings.Contains(hard, want) {
			t.Errorf("%q is missing in\n%s", want, hard)
		}
	}
	for _, wrong := range []string{"| a | b |\n| --- | --- |\n| a |\n", "a <b>\n", "```\n", "| a\\|b | c\n", "a \n"} {
		if len(malformed(wrong)) == 0 {
			t.Errorf("nothing is found in %q", wrong)
		}
	}
}

// TestUnusual has a value that somebody changed, and one that nobody did.
func TestUnusual(t *testing.T) {
	t.Parallel()
	text := pages(render(t, inputs(t, map[string]string{
		"dev/dev.cue": devLines + `network: natGateways: "perZone"
adopt: network: vpc: "vpc-0123456789abcdef0"
allowDeletion: ["cluster"]
accept: "equal-weight-pools": "both may be tried first"
`,
		"dev/kustomization.yaml": kustomization + "/spec/detailedMonitoring\n      value: true\n",
		"plain/plain.cue":        "account: \"222233334444\"\nstage: \"prod\"\nnetwork: cidr: \"10.30.0.0/16\"\n",
	})).Files)
	section := func(name string) string {
		_, rest, _ := strings.Cut(text[name], "## What is unusual\n")
		rest, _, _ = strings.Cut(rest, "\n## ")
		return rest
	}
	const want = "\nValues that are not the defaults of the stage `dev`:\n\n| Field | Here | Default |\n| --- | --- | --- |\n" +
		"| `network.natGateways` | `\"perZone\"` | `\"single\"` |\n" +
		"\nAccepted warnings:\n\n| Warning | Reason |\n| --- | --- |\n| `equal-weight-pools` | both may be tried first |\n" +
		"\nAWS resources that existed before, and are the environment's now:\n\n| Claim | Resource | Id in AWS |\n| --- | --- | --- |\n" +
		"| `network` | `vpc` | `vpc-0123456789abcdef0` |\n" +
		"\nClaims that may be deleted, with all that they hold: `cluster`.\n" +
		"\nObjects that [`kustomization.yaml`](../../environments/dev/kustomization.yaml) changes. The rest of this page does not know of it:\n\n" +
		"| Kind | Name | File |\n| --- | --- | --- |\n" +
		"| `EC2NodeClass` | `amd64` | [`cluster/node-pools/ec2nodeclass-amd64.yaml`](cluster/node-pools/ec2nodeclass-amd64.yaml) |\n" +
		"| `EC2NodeClass` | `arm64` | [`cluster/node-pools/ec2nodeclass-arm64.yaml`](cluster/node-pools/ec2nodeclass-arm64.yaml) |\n"
	if got := section("dev/README.md"); got != want {
		t.Errorf("dev: got\n%s\nwant\n%s", got, want)
	}
	if got, want := section("plain/README.md"), "\nNothing: every value is the default of the stage `prod`.\n"; got != want {
		t.Errorf("plain: got\n%s\nwant\n%s", got, want)
	}
}

// TestPagesAreNoManifests: neither validation nor expansion looks at them.
func TestPagesAreNoManifests(t *testing.T) {
	t.Parallel()
	in, err := pipeline.Load(t.Context(), os.DirFS(root()), "", []string{"dev"})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := in.Validate(t.Context(), map[string]bool{"dev/" + page.Name: true, "bootstrap/" + page.Name: true})
	if err != nil || seen.Objects != 0 {
		t.Errorf("%v: %d objects", err, seen.Objects)
	}
	objects, err := in.Environment(t.Context(), in.Selected[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if path.Base(object.Path) == page.Name {
			t.Errorf("%s is among the objects of the environment", object.Path)
		}
	}
}
