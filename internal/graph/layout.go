package graph

import (
	"cmp"
	"slices"
)

// The grid that everything stands on, and distances on it, in pixels.
const (
	cell       = 8
	nodeSide   = 3 * cell / 2
	nodeWidth  = 17 * cell // At least.
	textLimit  = 23 * cell
	lineHeight = 2 * cell
	framePad   = 2 * cell
	columnGap  = 6 * cell
	rowGap     = 4 * cell
	pageMargin = 3 * cell
)

// box is a rectangle on the grid, in pixels.
type box struct {
	x, y, w, h int
}

func (r box) right() int  { return r.x + r.w }
func (r box) bottom() int { return r.y + r.h }

// overlaps tells whether two rectangles have a place in common.
func (r box) overlaps(o box) bool {
	return r.x < o.right() && o.x < r.right() && r.y < o.bottom() && o.y < r.bottom()
}

// contains tells whether o is inside.
func (r box) contains(o box) bool {
	return r.x <= o.x && r.y <= o.y && o.right() <= r.right() && o.bottom() <= r.bottom()
}

// textLine is one line of text in a box.
type textLine struct {
	text string
	size int
	bold bool
}

// item is a frame or a node while it is laid out.
type item struct {
	box

	id      string
	parent  string
	order   int
	column  int
	node    *Node
	frame   *Frame
	lines   []textLine
	columns []*column
	// least is how wide a node is at least.
	least int
}

// column is what stands below each other in a frame.
type column struct {
	number int
	width  int
	height int
	items  []*item
}

// layout is a graph with a place for everything.
type layout struct {
	graph *Graph
	items map[string]*item
	// ordered are the items in the order of the graph: frames first, then nodes.
	ordered []*item
	root    *item
}

// newLayout finds a place for every frame and node.
func newLayout(g *Graph) *layout {
	l := &layout{graph: g, items: map[string]*item{}, root: &item{}}
	for i := range g.Frames {
		f := &g.Frames[i]
		l.add(&item{id: f.ID, parent: f.Parent, order: f.order, column: f.Column, frame: f, lines: frameLines(f)})
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		l.add(&item{id: n.ID, parent: n.Frame, order: n.order, column: n.Column, node: n, lines: nodeLines(n)})
	}
	for _, it := range l.ordered {
		parent, ok := l.items[it.parent]
		if !ok {
			parent = l.root
		}
		parent.take(it)
	}
	l.align()
	l.root.measure()
	l.root.place(pageMargin, pageMargin+3*cell)
	return l
}

func (l *layout) add(it *item) {
	l.items[it.id] = it
	l.ordered = append(l.ordered, it)
}

// align gives the columns of frames with the same Align the same widths.
func (l *layout) align() {
	type key struct {
		align  string
		number int
	}
	widths := map[key]int{}
	aligned := func(visit func(k key, c *column)) {
		for _, it := range l.ordered {
			if it.frame == nil || it.frame.Align == "" {
				continue
			}
			for _, c := range it.columns {
				visit(key{it.frame.Align, c.number}, c)
			}
		}
	}
	aligned(func(k key, c *column) {
		for _, child := range c.items {
			child.measure()
			widths[k] = max(widths[k], child.w)
		}
	})
	aligned(func(k key, c *column) {
		c.width = widths[k]
		for _, child := range c.items {
			child.least = c.width
		}
	})
}

// take puts an item into its column.
func (it *item) take(child *item) {
	i, found := slices.BinarySearchFunc(it.columns, child.column, func(c *column, n int) int { return cmp.Compare(c.number, n) })
	if !found {
		it.columns = slices.Insert(it.columns, i, &column{number: child.column})
	}
	it.columns[i].items = append(it.columns[i].items, child)
}

func nodeLines(n *Node) []textLine {
	var lines []textLine
	for _, text := range wrap(printable(n.Title), sizeHeading, true, textLimit) {
		lines = append(lines, textLine{text, sizeHeading, true})
	}
	for _, note := range n.Notes {
		for _, text := range wrap(printable(note), sizeNote, false, textLimit) {
			lines = append(lines, textLine{text, sizeNote, false})
		}
	}
	return lines
}

func frameLines(f *Frame) []textLine {
	lines := []textLine{{printable(f.Title), sizeHeading, true}}
	if f.Note == "" {
		return lines
	}
	for _, text := range wrap(printable(f.Note), sizeNote, false, 2*textLimit) {
		lines = append(lines, textLine{text, sizeNote, false})
	}
	return lines
}

// textSize is how much room lines need, without a margin.
func textSize(lines []textLine) (width, height int) {
	for _, line := range lines {
		width = max(width, textWidth(line.text, line.size, line.bold))
	}
	return width, len(lines) * lineHeight
}

// onGrid rounds up to the grid.
func onGrid(n int) int { return (n + cell - 1) / cell * cell }

// head is how high the title of a frame is.
func (it *item) head() int {
	if it.frame == nil {
		return 0
	}
	return len(it.lines)*lineHeight + 2*cell
}

// pad is the distance from the border of a frame to what is in it.
func (it *item) pad() int {
	if it.frame == nil {
		return 0
	}
	return framePad
}

// measure finds the smallest size of an item and of all in it.
func (it *item) measure() {
	width, height := textSize(it.lines)
	if it.node != nil {
		it.w, it.h = max(nodeWidth, it.least, onGrid(width+2*nodeSide)), onGrid(height+2*cell)
		if it.node.Store {
			it.h += cell
		}
		return
	}
	inside, tallest := 0, 0
	for _, c := range it.columns {
		slices.SortStableFunc(c.items, func(a, b *item) int { return cmp.Compare(a.order, b.order) })
		for i, child := range c.items {
			child.measure()
			c.width = max(c.width, child.w)
			c.height += child.h
			if i > 0 {
				c.height += rowGap
			}
		}
		inside += c.width
		tallest = max(tallest, c.height)
	}
	inside += max(0, len(it.columns)-1) * columnGap
	it.w = max(inside+2*it.pad(), onGrid(width+2*cell))
	it.h = it.head() + tallest + it.pad()
}

// place puts an item at a place, in the size that it has by then, and in it what it holds.
func (it *item) place(x, y int) {
	it.x, it.y = x, y
	if it.node != nil {
		return
	}
	if len(it.columns) == 1 {
		it.columns[0].width = it.w - 2*it.pad()
	}
	left := x + it.pad()
	room := it.h - it.head() - it.pad()
	for _, c := range it.columns {
		c.place(left, y+it.head(), room, it.frame == nil)
		left += c.width + columnGap
	}
}

// place spreads a column's items over a height, from its top to its bottom; a single one stands at the top, or in the middle. Frames get the
// column's width, nodes that of the widest among them, and a single tier all of the height.
func (c *column) place(x, y, room int, middle bool) {
	if len(c.items) == 1 && c.items[0].frame != nil && c.items[0].frame.Style == FrameTier {
		c.items[0].h, c.height = room, room
	}
	gap := 0
	if len(c.items) > 1 {
		gap = (room - c.height) / (len(c.items) - 1) / cell * cell
	} else if middle {
		y += (room - c.height) / 2 / cell * cell
	}
	widest := 0
	for _, child := range c.items {
		if child.node != nil {
			widest = max(widest, child.w)
		}
	}
	for _, child := range c.items {
		child.w = c.width
		if child.node != nil {
			child.w = widest
		}
		child.place(x+(c.width-child.w)/2/cell*cell, y)
		y += child.h + rowGap + gap
	}
}
