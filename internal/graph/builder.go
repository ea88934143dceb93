package graph

import (
	"slices"
	"strconv"

	"github.com/innovate-inc/genops/schema"
)

// builder collects what the domains add.
type builder struct {
	config *schema.Config
	graph  *Graph
	frames map[string]bool
	count  int
}

func newBuilder(c *schema.Config, title string) *builder {
	return &builder{config: c, graph: &Graph{Title: title}, frames: map[string]bool{}}
}

// frame adds a frame, unless it is there. It stands at the top if the frame around it is missing.
func (b *builder) frame(f Frame) {
	if b.frames[f.ID] {
		return
	}
	f.Parent = b.within(f.Parent)
	b.frames[f.ID] = true
	b.count++
	f.order = b.count
	b.graph.Frames = append(b.graph.Frames, f)
}

// node adds a node. It stands at the top if its frame is missing.
func (b *builder) node(n Node) {
	n.Frame = b.within(n.Frame)
	b.count++
	n.order = b.count
	n.Notes = slices.DeleteFunc(n.Notes, func(note string) bool { return note == "" })
	b.graph.Nodes = append(b.graph.Nodes, n)
}

// link adds a link. It is drawn if both ends are.
func (b *builder) link(from, to string, flow Flow, label string) {
	b.graph.Links = append(b.graph.Links, Link{From: from, To: to, Flow: flow, Label: label})
}

// within is the first of some frames that is there, from the inside to the outside; empty if none is.
func (b *builder) within(frames ...string) string {
	for _, f := range frames {
		if b.frames[f] {
			return f
		}
	}
	return ""
}

// done leaves out links without both ends, and frames without nodes.
func (b *builder) done() *Graph {
	g := b.graph
	nodes := map[string]bool{}
	parents := map[string]string{}
	for _, f := range g.Frames {
		parents[f.ID] = f.Parent
	}
	used := map[string]bool{}
	for _, n := range g.Nodes {
		nodes[n.ID] = true
		for f := n.Frame; f != "" && !used[f]; f = parents[f] {
			used[f] = true
		}
	}
	g.Frames = slices.DeleteFunc(g.Frames, func(f Frame) bool { return !used[f.ID] })
	seen := map[Link]bool{}
	g.Links = slices.DeleteFunc(g.Links, func(l Link) bool {
		again := seen[l]
		seen[l] = true
		return again || l.From == l.To || !nodes[l.From] || !nodes[l.To]
	})
	return g
}

// number writes a rune as its number in hexadecimal.
func number(r rune) string {
	const hexadecimal = 16
	return strconv.FormatInt(int64(r), hexadecimal)
}

// count writes a number of things, such as 2 instances.
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// span writes a range of numbers, such as 2–10, or the number if it is one.
func span(low, high string) string {
	if low == high {
		return low
	}
	return low + "–" + high
}
