package graph

import (
	"fmt"
	"strings"
)

// Dot writes the diagram in the language of Graphviz.
func (g *Graph) Dot() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotText(g.Title))
	fmt.Fprintf(&b, "  graph [label=%s, labelloc=t, rankdir=LR, fontname=Helvetica, bgcolor=\"#ffffff\", nodesep=0.3, ranksep=0.8]\n", dotText(g.Title))
	b.WriteString("  node [shape=box, style=\"rounded,filled\", fontname=Helvetica, fontsize=11]\n")
	b.WriteString("  edge [fontname=Helvetica, fontsize=10]\n")
	g.dotInside(&b, "", "  ")
	for _, l := range g.Links {
		attributes := fmt.Sprintf("color=%q, style=%s", l.Flow.colour(), dotStyle(l.Flow))
		if l.Label != "" {
			attributes += ", label=" + dotText(l.Label)
		}
		fmt.Fprintf(&b, "  %s -> %s [%s]\n", dotText(l.From), dotText(l.To), attributes)
	}
	b.WriteString("}\n")
	return b.String()
}

// dotInside writes what a frame holds.
func (g *Graph) dotInside(b *strings.Builder, frame, indent string) {
	for _, n := range g.Nodes {
		if n.Frame != frame {
			continue
		}
		c := n.Kind.colours()
		shape := ""
		switch {
		case n.Store:
			shape = ", shape=cylinder, style=filled"
		case n.Kind == Person:
			shape = ", shape=ellipse, style=filled"
		}
		fmt.Fprintf(b, "%s%s [label=%s, fillcolor=%q, color=%q, fontcolor=%q%s]\n", indent, dotText(n.ID),
			dotText(append([]string{n.Title}, n.Notes...)...), c.fill, c.stroke, c.text, shape)
	}
	for _, f := range g.Frames {
		if f.Parent != frame {
			continue
		}
		c := f.Style.colours()
		fmt.Fprintf(b, "%ssubgraph %s {\n", indent, dotText("cluster_"+f.ID))
		fmt.Fprintf(b, "%s  graph [label=%s, style=filled, fillcolor=%q, color=%q, fontcolor=%q]\n",
			indent, dotText(title(f.Title, f.Note)), c.fill, c.stroke, c.text)
		g.dotInside(b, f.ID, indent+"  ")
		fmt.Fprintf(b, "%s}\n", indent)
	}
}

// dotStyle is how a flow looks.
func dotStyle(f Flow) string {
	switch f {
	case Control, Image:
		return "solid"
	case Request:
		return "bold"
	default:
		return "dashed"
	}
}

// dotText quotes lines. Graphviz reads escape sequences in labels, and HTML entities.
func dotText(lines ...string) string {
	escaped := make([]string, 0, len(lines))
	for _, line := range lines {
		escaped = append(escaped, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;").Replace(printable(line)))
	}
	return `"` + strings.Join(escaped, `\n`) + `"`
}
