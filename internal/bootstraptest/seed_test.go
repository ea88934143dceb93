package bootstraptest

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// seedRow is a row of docs/SEED.md: a line of the seed, the CUE or the command that turns it on, what is rendered, which managed resources are
// composed, and what shows that it works. All but the first are the names in backquotes.
type seedRow struct {
	line                          string
	on, rendered, managed, proofs []string
}

// seedTable reads the rows of all tables of a page that have five columns.
func seedTable(page string) []seedRow {
	names := func(cell string) []string {
		var all []string
		for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			all = append(all, match[1])
		}
		return all
	}
	var rows []seedRow
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		const columns = 5
		if len(cells) != columns || strings.HasPrefix(line, "| line |") || strings.HasPrefix(line, "|--") {
			continue
		}
		rows = append(rows, seedRow{strings.TrimPrefix(cells[0], "| "), names(cells[1]), names(cells[2]), names(cells[3]), names(cells[4])})
	}
	return rows
}

// product is what there is to be named in the page.
type product struct {
	files     []string
	tests     map[string]bool
	scenarios string
	commands  string
	makefile  string
	kinds     map[string]bool
}

func newProduct(t *testing.T) *product {
	t.Helper()
	p := &product{tests: map[string]bool{}, kinds: map[string]bool{}, makefile: read(t, "Makefile")}
	p.scenarios = read(t, "test", "controlplane", "internal", "scenarios", "scenarios.go")
	test := regexp.MustCompile(`(?m)^func (Test\w+|Benchmark\w+|Fuzz\w+)\(`)
	files := os.DirFS(root)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == ".git" || name == "dist" || name == "bin"):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		p.files = append(p.files, name)
		if strings.HasSuffix(name, "_test.go") {
			data, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			for _, match := range test.FindAllStringSubmatch(string(data), -1) {
				p.tests[match[1]] = true
			}
		}
		if path.Dir(name) == "cmd/genops" {
			data, err := fs.ReadFile(files, name)
			p.commands += string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, resources := range committed(t) {
		for _, resource := range resources {
			p.kinds[kindOf(resource)] = true
		}
	}
	return p
}

// problems are what a row says that is not so.
func (p *product) problems(row seedRow) []string {
	var problems []string
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%.60s: ", row.line)+fmt.Sprintf(format, args...))
	}
	if len(row.on)+len(row.rendered) == 0 {
		problem("nothing turns it on and nothing is rendered")
	}
	if len(row.proofs) == 0 {
		problem("nothing shows it")
	}
	for _, name := range row.on {
		if !p.turnsOn(name) {
			problem("there is no %s", name)
		}
	}
	for _, pattern := range row.rendered {
		if !slices.ContainsFunc(p.files, func(file string) bool { ok, err := path.Match(pattern, file); return err == nil && ok }) {
			problem("there is no file %s", pattern)
		}
	}
	for _, kind := range row.managed {
		if !p.kinds[kind] {
			problem("no committed environment has a %s", kind)
		}
	}
	for _, proof := range row.proofs {
		if !p.shows(proof) {
			problem("there is no test %s", proof)
		}
	}
	return problems
}

// turnsOn knows fields of the contract, commands, and targets of make.
func (p *product) turnsOn(name string) bool {
	if command, ok := strings.CutPrefix(name, "genops "); ok {
		word, _, _ := strings.Cut(command, " ")
		return regexp.MustCompile(`Use:\s+"` + word + `\b`).MatchString(p.commands)
	}
	if target, ok := strings.CutPrefix(name, "make "); ok {
		return strings.Contains(p.makefile, "\n"+target+":")
	}
	_, err := schema.Explain(name)
	return err == nil
}

// shows knows tests, golden files, scripts, and scenarios of the control plane.
func (p *product) shows(proof string) bool {
	if name, ok := strings.CutPrefix(proof, "e2e: "); ok {
		return regexp.MustCompile(`name: +"` + regexp.QuoteMeta(name)).MatchString(p.scenarios)
	}
	if name, ok := strings.CutPrefix(proof, "golden: "); ok {
		return slices.Contains(p.files, "generators/testdata/golden/"+name+".yaml") || slices.Contains(p.files, "compositions/testdata/golden/"+name+".yaml")
	}
	if strings.HasSuffix(proof, ".txtar") {
		return slices.Contains(p.files, "cmd/genops/testdata/script/"+proof)
	}
	return p.tests[proof]
}

// TestSeedPageIsTrue looks up whatever docs/SEED.md names: fields, commands, files, kinds and tests.
func TestSeedPageIsTrue(t *testing.T) {
	page := read(t, "docs", "SEED.md")
	p := newProduct(t)
	rows := seedTable(page)
	const least = 60 // The seed's two documents and the tables of what was asked for.
	if len(rows) < least {
		t.Errorf("%d rows, at least %d are lines of the seed", len(rows), least)
	}
	for _, row := range rows {
		for _, problem := range p.problems(row) {
			t.Error(problem)
		}
	}
	for _, word := range []string{"planned", "TODO", "not yet"} {
		if strings.Contains(page, word) {
			t.Errorf("the page says %q", word)
		}
	}
}

// TestSeedPageIsWhole: no claim, no kind of managed resource and no domain of an environment is without a row.
func TestSeedPageIsWhole(t *testing.T) {
	managed, rendered, on := map[string]bool{}, []string{}, []string{}
	for _, row := range seedTable(read(t, "docs", "SEED.md")) {
		for _, kind := range row.managed {
			managed[kind] = true
		}
		rendered, on = append(rendered, row.rendered...), append(on, row.on...)
	}
	for _, kind := range slices.Sorted(maps.Keys(newProduct(t).kinds)) {
		if !managed[kind] {
			t.Errorf("%s is composed, and no row has it", kind)
		}
	}
	for _, composition := range compositions.All() {
		definition := "rendered/bootstrap/definitions/x" + composition.Plural + ".yaml"
		if !composition.Claim {
			definition = strings.Replace(definition, "/x", "/", 1)
		}
		if !slices.Contains(rendered, definition) {
			t.Errorf("no row has %s", definition)
		}
	}
	environment, err := schema.Explain("")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range environment.Fields {
		if !slices.ContainsFunc(on, func(name string) bool { return name == field.Name || strings.HasPrefix(name, field.Name+".") }) {
			t.Errorf("no row is turned on by %s", field.Name)
		}
	}
}

// TestSeedPageProblems: each kind of false name is found.
func TestSeedPageProblems(t *testing.T) {
	p := newProduct(t)
	good := "| x | `network.cidr`, `genops render`, `make test` | `rendered/dev/claims/network.yaml` | `ec2/VPC` | `TestPolicies`, `adopt.txtar`, `e2e: parity` |"
	if rows := seedTable(good); len(rows) != 1 || len(p.problems(rows[0])) > 0 {
		t.Errorf("%v", rows)
	}
	for want, row := range map[string]string{
		"there is no network.cider":                     strings.Replace(good, "cidr", "cider", 1),
		"there is no genops rander":                     strings.Replace(good, "render", "rander", 1),
		"there is no make tests":                        strings.Replace(good, "make test", "make tests", 1),
		"there is no file rendered/dev/claims/net.yaml": strings.Replace(good, "network.yaml", "net.yaml", 1),
		"no committed environment has a ec2/VPN":        strings.Replace(good, "VPC", "VPN", 1),
		"there is no test TestPolitics":                 strings.Replace(good, "Policies", "Politics", 1),
		"there is no test golden: services/police":      strings.Replace(good, "`TestPolicies`", "`golden: services/police`", 1),
		"there is no test adapt.txtar":                  strings.Replace(good, "adopt", "adapt", 1),
		"there is no test e2e: party":                   strings.Replace(good, "parity", "party", 1),
		"nothing shows it":                              "| x | `network.cidr` | none | none | none |",
		"nothing turns it on and nothing is rendered":   "| x | none | none | none | `TestPolicies` |",
	} {
		rows := seedTable(row)
		if len(rows) != 1 {
			t.Errorf("%s: %d rows", row, len(rows))
			continue
		}
		if got := p.problems(rows[0]); len(got) != 1 || !strings.HasSuffix(got[0], want) {
			t.Errorf("%s: got %q, want %q", row, got, want)
		}
	}
}
