package graph

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/schema"
)

// The lines that a Mermaid diagram may have: a subset of what GitHub shows.
var (
	mermaidID     = `[a-zA-Z][a-zA-Z0-9_]*`
	mermaidString = `"((?:[^"#<>&` + "`" + `{}|\\;*_]|#\d+;|<br/>)*)"`
	nodeRow       = regexp.MustCompile(`^ *(` + mermaidID + `)(?:\[` + mermaidString + `\]|\[\(` + mermaidString + `\)\]|\(\[` + mermaidString + `\]\))$`)
	frameRow      = regexp.MustCompile(`^ *subgraph (` + mermaidID + `) \[` + mermaidString + `\]$`)
	endRow        = regexp.MustCompile(`^ *end$`)
	linkRow       = regexp.MustCompile(`^  (` + mermaidID + `) (?:-->|==>|-\.->)(?:\|` + mermaidString + `\|)? (` + mermaidID + `)$`)
	classDefRow   = regexp.MustCompile(`^  classDef (` + mermaidID + `) fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6}$`)
	classRow      = regexp.MustCompile(`^  class (` + mermaidID + `(?:,` + mermaidID + `)*) (` + mermaidID + `)$`)
	// reserved words end a diagram early where they are used as a name.
	reserved = []string{"end", "graph", "flowchart", "subgraph", "style", "class", "classDef", "click", "default", "direction", "linkStyle", "href", "call"}
)

// mermaidProblems reads a diagram as Mermaid would, and says what is wrong with it.
func mermaidProblems(text string) error {
	rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	const head = 4
	if len(rows) < head || rows[0] != "---" || !strings.HasPrefix(rows[1], "title: \"") || rows[2] != "---" || rows[3] != "flowchart LR" {
		return fmt.Errorf("the head is %q", rows[:min(len(rows), head)])
	}
	declared, classes := map[string]bool{}, map[string]bool{}
	depth := 0
	var used []string
	declare := func(id string) error {
		if declared[id] {
			return fmt.Errorf("%s is declared twice", id)
		}
		if slices.Contains(reserved, id) {
			return fmt.Errorf("%s is a word of Mermaid", id)
		}
		declared[id] = true
		return nil
	}
	for i, row := range rows[head:] {
		var err error
		if m := frameRow.FindStringSubmatch(row); m != nil {
			depth++
			err = declare(m[1])
		} else if endRow.MatchString(row) {
			depth--
			if depth < 0 {
				err = errors.New("an end without a subgraph")
			}
		} else if m := linkRow.FindStringSubmatch(row); m != nil {
			used = append(used, m[1], m[3])
		} else if m := classDefRow.FindStringSubmatch(row); m != nil {
			classes[m[1]] = true
		} else if m := classRow.FindStringSubmatch(row); m != nil {
			used = append(used, strings.Split(m[1], ",")...)
			if !classes[m[2]] {
				err = fmt.Errorf("class %s is not defined", m[2])
			}
		} else if m := nodeRow.FindStringSubmatch(row); m != nil {
			err = declare(m[1])
		} else {
			err = errors.New("not understood")
		}
		if err != nil {
			return fmt.Errorf("line %d: %q: %w", head+i+1, row, err)
		}
	}
	if depth != 0 {
		return fmt.Errorf("%d subgraphs do not end", depth)
	}
	for _, id := range used {
		if !declared[id] {
			return fmt.Errorf("%s is not declared", id)
		}
	}
	return nil
}

// TestMermaid reads what is written, for all environments of this repository and of the tests.
func TestMermaid(t *testing.T) {
	t.Parallel()
	for _, c := range []*schema.Config{committed(t), small(t)} {
		for name, g := range pictures(c) {
			if err := mermaidProblems(g.Mermaid()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestMermaidProblems holds the reader above to its word: it refuses what Mermaid does.
func TestMermaidProblems(t *testing.T) {
	t.Parallel()
	const head = "---\ntitle: \"x\"\n---\nflowchart LR\n"
	good := head + "  a[\"A\"]\n  subgraph f [\"F\"]\n    b[(\"B<br/>#34;\")]\n  end\n  a ==>|\"l\"| b\n  classDef k fill:#ffffff,stroke:#000000,color:#000000\n  class a,b k\n"
	if err := mermaidProblems(good); err != nil {
		t.Errorf("a good diagram is refused: %v", err)
	}
	for name, text := range map[string]string{
		"no head":              "flowchart LR\n  a[\"A\"]\n",
		"quote in a label":     head + "  a[\"A \"B\" \"]\n",
		"HTML in a label":      head + "  a[\"A <b>\"]\n",
		"open subgraph":        head + "  subgraph f [\"F\"]\n    a[\"A\"]\n",
		"end too many":         head + "  a[\"A\"]\n  end\n",
		"declared twice":       head + "  a[\"A\"]\n  a[\"B\"]\n",
		"link to nothing":      head + "  a[\"A\"]\n  a --> b\n",
		"label without quotes": head + "  a[A]\n",
		"reserved word":        head + "  end[\"A\"]\n",
		"click":                head + "  a[\"A\"]\n  click a \"https://example.com\"\n",
		"class of nothing":     head + "  a[\"A\"]\n  class a k\n",
	} {
		if err := mermaidProblems(text); err == nil {
			t.Errorf("%s is not noticed", name)
		}
	}
}

// named is a configuration with a name wherever names occur.
func named(name string) *schema.Config {
	workload := &schema.Workload{
		Image: schema.Image{Repository: name}, Ingress: &schema.ServiceIngress{Host: name, Paths: []string{name}}, Database: true,
	}
	e := &schema.Environment{
		Name: name, Account: name, Region: name, Project: name, Stage: schema.Stage(name),
		Network:   &schema.Network{CIDR: name, Endpoints: schema.Endpoints{Gateway: []string{name}, Interface: []string{name, name}}},
		Cluster:   &schema.Cluster{Version: name, SystemNodes: schema.SystemNodes{InstanceTypes: []string{name}}},
		NodePools: map[string]schema.NodePool{name: {Enabled: true, Architecture: name, Limits: schema.Limits{CPU: name, Memory: name}}, "b": {Enabled: true}},
		Services: map[string]schema.Service{
			name: {Namespace: name, Workload: workload, Network: schema.ServiceNetwork{From: []string{name, "b"}}}, "b": {Namespace: name},
		},
		Edge:     &schema.Edge{Domain: name, Delegation: name, APIPaths: []string{name}, SPA: schema.SPA{Enabled: true}, WAF: schema.WAF{Mode: name}},
		Database: &schema.Database{Version: name, Replica: &schema.DatabaseReplica{Region: name, CIDR: name}},
		Registry: &schema.Registry{Repositories: map[string]schema.Repository{name: {}}, GitHub: schema.GitHub{Organization: name}},
	}
	plan := &schema.Environment{Name: "a" + name, Cluster: &schema.Cluster{}}
	return &schema.Config{
		Platform: &schema.Platform{
			Organization: name, Domain: name, ManagementAccount: name, Order: []string{name},
			Git:       schema.Git{URL: name, Path: name, Revision: name},
			Bootstrap: schema.Bootstrap{Account: name, ClusterName: name, Region: name, ProvisionerRole: name},
		},
		Environments: []*schema.Environment{plan, e},
	}
}

// FuzzNames writes diagrams with any text in them: nobody's name breaks one.
func FuzzNames(f *testing.F) {
	for _, name := range []string{
		"", "a", "a-b", "a_b", "end", `say "hi"`, "<script>alert(1)</script>", "&amp;", "#34;", "a\nb", "x\x00\x1b[31m", "`code`", "**b**", "{}", "|a|", "\\n", `\"`, "]]>",
		"\u65e5\u672c\u8a9e", "\u202e\u200b\ufeff", "\xff\xfe", strings.Repeat("w", 300), strings.Repeat("ab ", 90), "-->", "%%{init: {}}%%", "account",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		name = name[:min(len(name), 1000)] // Names are shorter.
		for what, g := range pictures(named(name)) {
			if err := mermaidProblems(g.Mermaid()); err != nil {
				t.Errorf("%s: Mermaid: %v", what, err)
			}
			if err := dotProblems(g.Dot()); err != nil {
				t.Errorf("%s: Graphviz: %v", what, err)
			}
			if err := svgProblems(g.SVG()); err != nil {
				t.Errorf("%s: SVG: %v", what, err)
			}
		}
	})
}

// The lines that a file for Graphviz may have.
var (
	dotString    = `"(?:[^"\\]|\\["\\n])*"`
	dotAttribute = `[a-z]+=(?:` + dotString + `|[A-Za-z0-9.]+)`
	dotRow       = regexp.MustCompile(`^ *(?:` + strings.Join([]string{
		`digraph ` + dotString + ` \{`, `subgraph ` + dotString + ` \{`, `\}`,
		`(?:graph|node|edge|` + dotString + `(?: -> ` + dotString + `)?) \[` + dotAttribute + `(?:, ` + dotAttribute + `)*\]`,
	}, "|") + `)$`)
)

// dotProblems says what is wrong with a file for Graphviz.
func dotProblems(text string) error {
	depth := 0
	for row := range strings.Lines(text) {
		row = strings.TrimSuffix(row, "\n")
		if !dotRow.MatchString(row) {
			return fmt.Errorf("%q: not understood", row)
		}
		if strings.HasSuffix(row, " {") {
			depth++
		}
		if strings.HasSuffix(row, "}") && strings.TrimSpace(row) == "}" {
			depth--
		}
	}
	if depth != 0 {
		return fmt.Errorf("%d braces are open", depth)
	}
	return nil
}

// svgElements are those that a picture may have, with their attributes: no scripts, no links, nothing from elsewhere.
func svgElements() map[string][]string {
	shape := []string{"fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "d", "marker-end", "x", "y", "width", "height", "rx"}
	return map[string][]string{
		"svg":   {"xmlns", "width", "height", "viewBox", "role", "aria-labelledby", "font-family"},
		"title": {"id"}, "desc": {"id"}, "defs": {},
		"marker": {"id", "viewBox", "refX", "refY", "markerWidth", "markerHeight", "markerUnits", "orient"},
		"path":   shape, "rect": shape,
		"text": {"x", "y", "font-size", "font-weight", "fill", "text-anchor"},
	}
}

// svgProblems says what is wrong with a picture.
func svgProblems(text string) error {
	allowed := svgElements()
	seen := map[string]bool{}
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attributes, ok := allowed[start.Name.Local]
		if !ok {
			return fmt.Errorf("element %s", start.Name.Local)
		}
		for _, a := range start.Attr {
			if !slices.Contains(attributes, a.Name.Local) {
				return fmt.Errorf("attribute %s of %s", a.Name.Local, start.Name.Local)
			}
			if strings.Contains(a.Value, "url(") && !strings.HasPrefix(a.Value, "url(#arrow-") || strings.Contains(a.Value, "javascript") {
				return fmt.Errorf("attribute %s loads %s", a.Name.Local, a.Value)
			}
			if a.Name.Local == "id" {
				if seen[a.Value] {
					return fmt.Errorf("id %s occurs twice", a.Value)
				}
				seen[a.Value] = true
			}
		}
	}
	for _, id := range []string{"title", "desc"} {
		if !seen[id] {
			return fmt.Errorf("no %s among %v", id, slices.Sorted(maps.Keys(seen)))
		}
	}
	return nil
}
