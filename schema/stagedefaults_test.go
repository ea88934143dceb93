package schema

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/parser"
	"github.com/google/go-cmp/cmp"
)

const defaultsHeader = `# What an environment has if nobody says otherwise, by go generate ./schema. Columns: field, default as JSON, when the line counts; the last line
# that counts wins. A star stands for any name; required and absent say that there is no default, =owner and =name that it is another field's value.
`

// condition is what a default depends on besides the stage: a field of the environment, and CUE that makes it so.
type condition struct{ holds, field, cue string }

// conditions are the ones of the contract, by the clause that has them. TestConditionsOfDefaults holds the list complete.
var conditions = map[string]condition{
	`replica != _|_`: {holds: `database.replica`, field: "database.replica", cue: `database: replica: {region: "eu-central-1", cidr: "10.41.0.0/20"}`},
	`architecture == "arm64"`: {
		holds: `cluster.systemNodes.architecture="amd64"`, field: "cluster.systemNodes.architecture", cue: `cluster: systemNodes: architecture: "amd64"`,
	},
	`type == "enhanced"`: {holds: `registry.scanning.type="enhanced"`, field: "registry.scanning.type", cue: `registry: scanning: type: "enhanced"`},
	// Not in the list: the name of a node pool, because the pools that it is about have lines of their own.
	`Name == "amd64"`: {},
}

// TestConditionsOfDefaults finds the conditions in the contract: without its line in the table above, a default would be missing in the table.
func TestConditionsOfDefaults(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(contract, "*.cue")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, name := range names {
		text, err := fs.ReadFile(contract, name)
		if err != nil {
			t.Fatal(err)
		}
		syntax, err := parser.ParseFile(name, text)
		if err != nil {
			t.Fatal(err)
		}
		ast.Walk(syntax, func(n ast.Node) bool {
			clause, ok := n.(*ast.IfClause)
			if !ok {
				return true
			}
			text, err := format.Node(clause.Condition)
			if err != nil {
				t.Fatal(err)
			}
			condition := string(text)
			if _, known := conditions[condition]; !known && !strings.HasPrefix(condition, "stage == ") {
				t.Errorf("%s: a default depends on %s, which conditions lacks", clause.Pos(), condition)
			}
			used[condition] = true
			return true
		}, nil)
	}
	for condition := range conditions {
		if !used[condition] {
			t.Errorf("nothing depends on %s any more", condition)
		}
	}
}

// tableEntry is a field of the table: where an example of it is, how the table calls it, and what it has in place of a default.
type tableEntry struct {
	path, pattern []string
	word          string
}

// defaultsTable computes the table of defaults from the contract.
type defaultsTable struct {
	t        *testing.T
	explorer *explainer
	entries  []tableEntry
}

const (
	tableOwner = "owner-of-the-environment"
	tableName  = "example"
)

func newDefaultsTable(t *testing.T) *defaultsTable {
	t.Helper()
	e := newEvaluator(t)
	contract := definition(t, e, "#Environment").FillPath(cue.ParsePath("owner"), tableOwner)
	return &defaultsTable{t: t, explorer: &explainer{evaluator: e, contract: contract}}
}

// fields lists the fields of a struct, and those in them.
func (d *defaultsTable) fields(at tableEntry, v cue.Value) {
	iterator, err := v.Fields(cue.Optional(true))
	if err != nil {
		d.t.Fatalf("%v: %v", at.path, err)
	}
	known := map[string]bool{}
	for iterator.Next() {
		name := iterator.Selector().Unquoted()
		known[name] = true
		d.field(at.inside(name, name), iterator.FieldType(), d.explorer.at(StageDev, append(slices.Clone(at.path), name)))
	}
	if names := v.Attribute("names"); names.Err() != nil {
		return
	}
	for _, name := range sampleNames {
		inner := d.explorer.at(StageDev, append(slices.Clone(at.path), name))
		if !known[name] && inner.Exists() && inner.Err() == nil {
			d.field(at.inside(name, "*"), 0, inner)
			return
		}
	}
}

// inside is a field of another one.
func (e tableEntry) inside(name, pattern string) tableEntry {
	return tableEntry{path: append(slices.Clone(e.path), name), pattern: append(slices.Clone(e.pattern), pattern)}
}

func (d *defaultsTable) field(e tableEntry, kind cue.SelectorType, v cue.Value) {
	optional := kind&cue.OptionalConstraint != 0
	part := len(e.path) > 1 && e.pattern[len(e.pattern)-2] != "*"
	switch name := joinPath(e.pattern); {
	case name == "name" || name == "stage" || name == "owner" || name == "account":
		// What makes an environment this one, though genops can do without the account.
		e.word = defaultRequired
	case kind&cue.RequiredConstraint != 0 && d.text(v) == "":
		e.word = defaultRequired
	case optional && (v.IncompleteKind() != cue.StructKind || part):
		// Other structs that are there or not, such as the cluster or a service's workload, are described elsewhere, and only what is in them counts.
		e.word = defaultAbsent
	case v.IncompleteKind() == cue.StructKind:
		d.fields(e, v)
		return
	}
	d.entries = append(d.entries, e)
}

// lines are those of the table.
func (d *defaultsTable) lines() []string {
	example := map[string]any{}
	for _, e := range d.entries {
		if e.word == "" {
			put(example, e.path)
		}
	}
	clauses := append([]string{""}, slices.Sorted(maps.Keys(conditions))...)
	stages := []Stage{StageDev, StageShared, StageStaging, StageProd}
	values := map[string]map[Stage]cue.Value{}
	for _, clause := range clauses {
		values[clause] = map[Stage]cue.Value{}
		for _, stage := range stages {
			v := d.explorer.contract.FillPath(cue.ParsePath("name"), tableName).FillPath(cue.ParsePath("stage"), string(stage))
			v = v.Unify(d.explorer.evaluator.ctx.CompileString(asCUE(example) + "\n" + conditions[clause].cue))
			values[clause][stage] = v
		}
	}
	var lines []string
	for _, e := range d.entries {
		field := joinPath(e.pattern)
		add := func(value string, conditions ...string) {
			lines = append(lines, strings.Join(append([]string{field, value}, conditions...), "\t"))
		}
		if e.word != "" {
			add(e.word)
			continue
		}
		selectors := make([]cue.Selector, len(e.path))
		for i, name := range e.path {
			selectors[i] = cue.Str(name)
		}
		at := func(clause string, stage Stage) string {
			return d.text(values[clause][stage].LookupPath(cue.MakePath(selectors...)))
		}
		first := at("", StageDev)
		if first == "" {
			continue // Anything may stand there.
		}
		add(first)
		for _, stage := range stages[1:] {
			if value := at("", stage); value != first {
				add(value, stageCondition(stage))
			}
		}
		for _, clause := range clauses[1:] {
			other := conditions[clause]
			if other.field == field || inside(field, other.field) || !slices.ContainsFunc(stages, func(s Stage) bool { return at(clause, s) != at("", s) }) {
				continue
			}
			add(at(clause, StageDev), other.holds)
			for _, stage := range stages[1:] {
				if value := at(clause, stage); value != at(clause, StageDev) {
					add(value, other.holds, stageCondition(stage))
				}
			}
		}
	}
	return lines
}

func stageCondition(stage Stage) string { return `stage="` + string(stage) + `"` }

// put makes a field in an example, with the structs around it.
func put(example map[string]any, path []string) {
	for _, name := range path[:len(path)-1] {
		inner, ok := example[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			example[name] = inner
		}
		example = inner
	}
	example[path[len(path)-1]] = nil
}

// asCUE is an example as CUE: whatever the contract makes of fields that are there.
func asCUE(example map[string]any) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(example)) {
		value := "_"
		if inner, ok := example[name].(map[string]any); ok {
			value = "{" + asCUE(inner) + "}"
		}
		b.WriteString(strconv.Quote(name) + ": " + value + "\n")
	}
	return b.String()
}

// text is a default as JSON, empty if there is none.
func (d *defaultsTable) text(v cue.Value) string {
	value, ok := v.Default()
	if !ok && !value.IsConcrete() || value.IncompleteKind() == cue.StructKind {
		return ""
	}
	data, err := value.MarshalJSON()
	if err != nil {
		return ""
	}
	var plain any
	if err := json.Unmarshal(data, &plain); err != nil {
		d.t.Fatal(err)
	}
	text, err := compactJSON(plain)
	if err != nil {
		d.t.Fatal(err)
	}
	switch text {
	case strconv.Quote(tableOwner):
		return defaultOwner
	case strconv.Quote(tableName):
		return defaultName
	default:
		return text
	}
}

// TestStageDefaults holds the committed table to the contract.
func TestStageDefaults(t *testing.T) {
	t.Parallel()
	d := newDefaultsTable(t)
	d.fields(tableEntry{}, d.explorer.contract)
	got := defaultsHeader + strings.Join(d.lines(), "\n") + "\n"
	if *update {
		if err := os.WriteFile("stagedefaults.txt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(stageDefaults, got); diff != "" {
		t.Errorf("stagedefaults.txt (-committed +computed), go generate ./schema writes it:\n%s", diff)
	}
}
