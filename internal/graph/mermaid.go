package graph

import (
	"fmt"
	"slices"
	"strings"
)

// Mermaid writes the diagram as a flowchart, with nothing that GitHub does not show: no scripts, no links, no HTML but line breaks.
func (g *Graph) Mermaid() string {
	m := &mermaid{graph: g, nodes: map[string][]*Node{}, frames: map[string][]*Frame{}}
	for i := range g.Nodes {
		m.nodes[g.Nodes[i].Frame] = append(m.nodes[g.Nodes[i].Frame], &g.Nodes[i])
	}
	for i := range g.Frames {
		m.frames[g.Frames[i].Parent] = append(m.frames[g.Frames[i].Parent], &g.Frames[i])
	}
	m.linef("---\ntitle: %s\n---", quoted(g.Title))
	m.linef("flowchart LR")
	m.inside("", "  ")
	for _, l := range g.Links {
		label := ""
		if l.Label != "" {
			label = "|" + mermaidText(l.Label) + "|"
		}
		m.linef("  %s %s%s %s", l.From, mermaidArrow(l.Flow), label, l.To)
	}
	for _, kind := range kinds() {
		m.class("kind_"+string(kind), kind.colours(), m.ofKind(kind))
	}
	for _, style := range frameStyles() {
		m.class("frame_"+string(style), style.colours(), m.ofStyle(style))
	}
	return m.String()
}

type mermaid struct {
	strings.Builder

	graph  *Graph
	nodes  map[string][]*Node
	frames map[string][]*Frame
}

func (m *mermaid) linef(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// inside writes what a frame holds.
func (m *mermaid) inside(frame, indent string) {
	for _, n := range m.nodes[frame] {
		before, after := "[", "]"
		switch {
		case n.Store:
			before, after = "[(", ")]"
		case n.Kind == Person:
			before, after = "([", "])"
		}
		m.linef("%s%s%s%s%s", indent, n.ID, before, mermaidText(append([]string{n.Title}, n.Notes...)...), after)
	}
	for _, f := range m.frames[frame] {
		m.linef("%ssubgraph %s [%s]", indent, f.ID, mermaidText(title(f.Title, f.Note)))
		m.inside(f.ID, indent+"  ")
		m.linef("%send", indent)
	}
}

// class writes a class and who has it, if anybody does.
func (m *mermaid) class(name string, c colours, members []string) {
	if len(members) == 0 {
		return
	}
	m.linef("  classDef %s fill:%s,stroke:%s,color:%s", name, c.fill, c.stroke, c.text)
	m.linef("  class %s %s", strings.Join(members, ","), name)
}

func (m *mermaid) ofKind(kind Kind) []string {
	var ids []string
	for _, n := range m.graph.Nodes {
		if n.Kind == kind {
			ids = append(ids, n.ID)
		}
	}
	return slices.Sorted(slices.Values(ids))
}

func (m *mermaid) ofStyle(style FrameStyle) []string {
	var ids []string
	for _, f := range m.graph.Frames {
		if f.Style == style {
			ids = append(ids, f.ID)
		}
	}
	return slices.Sorted(slices.Values(ids))
}

// mermaidArrow is how a flow looks.
func mermaidArrow(f Flow) string {
	switch f {
	case Control, Image:
		return "-->"
	case Request:
		return "==>"
	default:
		return "-.->"
	}
}

// title writes the title of a frame with its note.
func title(text, note string) string {
	if note == "" {
		return text
	}
	return text + " · " + note
}

// mermaidText quotes lines. Mermaid reads entities with # in place of &, and takes some characters for Markdown or HTML.
func mermaidText(lines ...string) string {
	escaped := make([]string, 0, len(lines))
	for _, line := range lines {
		var b strings.Builder
		for _, r := range printable(line) {
			if strings.ContainsRune("\"#<>&`*_\\;|{}", r) {
				fmt.Fprintf(&b, "#%d;", r)
			} else {
				b.WriteRune(r)
			}
		}
		escaped = append(escaped, b.String())
	}
	return `"` + strings.Join(escaped, "<br/>") + `"`
}

// printable leaves out what has no shape: control characters would end a line or hide a text.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !shaped(r) {
			return ' '
		}
		return r
	}, text)
}
