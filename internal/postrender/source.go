package postrender

import (
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/innovate-inc/genops/internal/problem"
)

// source is a YAML text that a person wrote, and where its nodes stand.
type source struct {
	file string
	// field is put before the path of a field in a message: where in the
	// kustomization an inline text stands, empty for a whole file.
	field string
	// line and column shift the positions of an inline text to those of the
	// file. If that is not possible, at is the position of all of it.
	line, column int
	at           problem.Position
}

// inline is the source of the text in the scalar n, which stands in the file
// s whose content is data.
func (s source) inline(field string, n *yaml.Node, data []byte) source {
	inner := source{file: s.file, field: s.field + field}
	lines := bytes.Split(data, []byte("\n"))
	if n.Style&yaml.LiteralStyle == 0 || n.Line >= len(lines) {
		inner.at = s.position(n)
		return inner
	}
	// The lines of a literal block are those below its "|", indented alike.
	first := lines[n.Line]
	inner.line = n.Line
	inner.column = len(first) - len(bytes.TrimLeft(first, " "))
	return inner
}

func (s source) position(n *yaml.Node) problem.Position {
	if s.at.File != "" {
		return s.at
	}
	if n == nil || n.Line == 0 {
		return problem.Position{File: s.file}
	}
	return problem.Position{File: s.file, Line: n.Line + s.line, Column: n.Column + s.column}
}

// report adds a problem at node n. field is its path in s.
func (r *run) report(s source, n *yaml.Node, field, message, hint string) {
	r.problems = append(r.problems, problem.Problem{
		Environment: path.Base(r.dir),
		Position:    s.position(n),
		Field:       join(s.field, field),
		Message:     message,
		Hint:        hint,
	})
}

// parse returns the documents of text that have content. It reports what is
// not YAML, and what YAML allows and kustomize trips over: keys that are set
// twice and anchors that contain themselves.
func (r *run) parse(s source, text []byte) ([]*yaml.Node, bool) {
	var docs []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.reportSyntax(s, text, err)
			return nil, false
		}
		if len(doc.Content) > 0 && doc.Content[0].ShortTag() != "!!null" {
			docs = append(docs, doc.Content[0])
		}
	}
	before := len(r.problems)
	for _, doc := range docs {
		r.sane(s, "", doc, nil)
	}
	return docs, len(r.problems) == before
}

// reportSyntax turns "yaml: line 3: did not find expected key" into a problem.
func (r *run) reportSyntax(s source, text []byte, err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	at := yaml.Node{Line: 1, Column: 1}
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		number, detail, _ := strings.Cut(rest, ": ")
		if line, err := strconv.Atoi(number); err == nil {
			at.Line, message = line, detail
		}
	}
	hint := ""
	lines := strings.Split(string(text), "\n")
	if at.Line <= len(lines) && strings.HasPrefix(strings.TrimLeft(lines[at.Line-1], " "), "\t") {
		hint = "YAML is indented with spaces; this line has a tab"
	}
	r.report(s, &at, "", "not YAML: "+sentence(errors.New(message)), hint)
}

// sane reports duplicate keys and cycles in n. ancestors are the nodes around
// it: an alias can only be cyclic by naming one of them.
func (r *run) sane(s source, field string, n *yaml.Node, ancestors []*yaml.Node) {
	ancestors = append(ancestors, n)
	switch n.Kind {
	case yaml.AliasNode:
		if slices.Contains(ancestors, n.Alias) {
			r.report(s, n, field, "the anchor "+n.Value+" contains itself", "")
		}
	case yaml.MappingNode:
		seen := make(map[string]bool, len(n.Content)/2)
		for key, value := range pairs(n) {
			name := join(field, key.Value)
			if seen[key.Value] {
				r.report(s, key, name, "is set twice", "")
			}
			seen[key.Value] = true
			r.sane(s, name, value, ancestors)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			r.sane(s, field+index(i), item, ancestors)
		}
	default:
	}
}

// pairs yields the keys and values of a mapping, and nothing for other nodes.
func pairs(n *yaml.Node) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		n = deref(n)
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

// items returns the elements of a sequence, nil for other nodes.
func items(n *yaml.Node) []*yaml.Node {
	if n = deref(n); n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

// child returns the value below n that the names of keys lead to, or nil.
func child(n *yaml.Node, names ...string) *yaml.Node {
	for _, name := range names {
		var next *yaml.Node
		for key, value := range pairs(n) {
			if key.Value == name {
				next = value
			}
		}
		if n = next; n == nil {
			return nil
		}
	}
	return n
}

// nearestNode is child, except that it returns the last node on the way if
// that ends early.
func nearestNode(n *yaml.Node, names ...string) *yaml.Node {
	for i := len(names); i > 0; i-- {
		if found := child(n, names[:i]...); found != nil {
			return found
		}
	}
	return n
}

func deref(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// join puts together the paths of two fields.
func join(a, b string) string {
	if a == "" || b == "" || b[0] == '[' {
		return a + b
	}
	return a + "." + b
}

func index(i int) string {
	return "[" + strconv.Itoa(i) + "]"
}

// sentence is the text of an error of kustomize as people can read it: its
// first line, without the words that only say that it is an error.
func sentence(err error) string {
	text, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	for _, word := range [][2]string{
		{"failed to ", "cannot "},
		{"Failed to ", "cannot "},
		{" failed", " did not succeed"},
		{"Unable to ", "cannot "},
		{"unable to ", "cannot "},
		{"Couldn't ", "cannot "},
		{"couldn't ", "cannot "},
	} {
		text = strings.ReplaceAll(text, word[0], word[1])
	}
	return strings.TrimRight(text, " :.")
}
