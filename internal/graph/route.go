package graph

import (
	"math"
	"slices"
)

// Costs of a way from one node to another, for each step on the grid. A way avoids everything that would make it hard to follow.
const (
	costStep     = 2
	costBend     = 10
	costNear     = 3   // Beside a node.
	costBorder   = 6   // Along the border of a frame.
	costHeading  = 14  // Over the title of a frame.
	costCrossing = 12  // Across another way.
	costBeside   = 3   // Next to another way.
	costOver     = 120 // On top of another way.
	costAside    = 1   // For each step from the middle of a side.
	costSide     = 8   // Out of or into another side than the one that faces the way of reading.
)

// direction is where a step goes.
type direction int

const (
	toRight direction = iota
	toBottom
	toLeft
	toTop
)

const directions = 4

func (d direction) horizontal() bool { return d == toRight || d == toLeft }

func (d direction) step() (dx, dy int) {
	switch d {
	case toRight:
		return 1, 0
	case toBottom:
		return 0, 1
	case toLeft:
		return -1, 0
	default:
		return 0, -1
	}
}

// point is a place on the grid, in cells.
type point struct{ x, y int }

// way is the line of a link: its corners from the source to the target.
type way struct {
	link  *Link
	net   int
	cells []point
	// detached tells that there was no way, so that the line goes straight through whatever is between.
	detached bool
}

// router finds ways around nodes.
type router struct {
	layout        *layout
	width, height int
	blocked       []bool
	near          []bool
	heading       []bool
	borders       [2][]bool
	// taken has the net whose way goes through a cell, horizontally and vertically; 0 is none.
	taken [2][]int32
	// ports has the net whose way starts or ends at a cell of a node's side.
	ports map[point]int
	trees map[int][]point
	nets  map[string]int

	dist  []int32
	prev  []int32
	stamp []int32
	round int32
}

// newRouter prepares the grid of a layout.
func newRouter(l *layout) *router {
	r := &router{
		layout: l, width: (l.root.right()+pageMargin)/cell + 1, height: (l.root.bottom()+pageMargin)/cell + 1,
		ports: map[point]int{}, trees: map[int][]point{}, nets: map[string]int{},
	}
	size := r.width * r.height
	r.blocked, r.near, r.heading = make([]bool, size), make([]bool, size), make([]bool, size)
	for i := range r.borders {
		r.borders[i], r.taken[i] = make([]bool, size), make([]int32, size)
	}
	r.dist, r.prev, r.stamp = make([]int32, size*directions), make([]int32, size*directions), make([]int32, size*directions)
	for _, it := range l.ordered {
		if it.node != nil {
			r.fill(r.near, box{it.x - cell, it.y - cell, it.w + 2*cell, it.h + 2*cell})
			r.fill(r.blocked, it.box)
			continue
		}
		width, height := textSize(it.lines)
		r.fill(r.heading, box{it.x, it.y + cell, width + 2*cell, height})
		r.fill(r.borders[0], box{it.x, it.y, it.w, 0})
		r.fill(r.borders[0], box{it.x, it.bottom(), it.w, 0})
		r.fill(r.borders[1], box{it.x, it.y, 0, it.h})
		r.fill(r.borders[1], box{it.right(), it.y, 0, it.h})
	}
	return r
}

// fill marks the cells of a rectangle, its border included.
func (r *router) fill(marks []bool, b box) {
	for y := b.y / cell; y <= b.bottom()/cell; y++ {
		for x := b.x / cell; x <= b.right()/cell; x++ {
			if r.inside(x, y) {
				marks[y*r.width+x] = true
			}
		}
	}
}

func (r *router) inside(x, y int) bool { return x >= 0 && y >= 0 && x < r.width && y < r.height }

// route finds the ways of all links, in their order. What leaves a node for the same purpose starts as one line, which branches.
func (r *router) route() []*way {
	ways := make([]*way, 0, len(r.layout.graph.Links))
	for i := range r.layout.graph.Links {
		link := &r.layout.graph.Links[i]
		name := string(link.Flow) + " " + link.From
		if r.nets[name] == 0 {
			r.nets[name] = len(r.nets) + 1
		}
		w := &way{link: link, net: r.nets[name]}
		r.find(w)
		r.take(w)
		ways = append(ways, w)
	}
	return ways
}

// find looks for the cheapest way (A*).
func (r *router) find(w *way) {
	from, to := r.layout.items[w.link.From], r.layout.items[w.link.To]
	s := &search{router: r, net: int32(w.net), target: to.box, ends: map[int]end{}} //nolint:gosec // A diagram has far fewer links.
	r.round++
	for _, p := range r.sides(to, w.net, toLeft) {
		dx, dy := p.out.step()
		const room = 2 // For the head of the arrow.
		last := point{p.x + room*dx, p.y + room*dy}
		if r.inside(last.x, last.y) && !r.blocked[last.y*r.width+last.x] {
			s.ends[s.state(last, (p.out+2)%directions)] = end{p.point, p.cost}
		}
	}
	for _, p := range r.trees[w.net] {
		for d := range direction(directions) {
			s.push(s.state(p, d), -1, 0)
		}
	}
	starts := map[int]point{}
	if len(r.trees[w.net]) == 0 {
		for _, p := range r.sides(from, w.net, toRight) {
			dx, dy := p.out.step()
			first := point{p.x + dx, p.y + dy}
			if r.inside(first.x, first.y) && !r.blocked[first.y*r.width+first.x] {
				starts[s.state(first, p.out)] = p.point
				s.push(s.state(first, p.out), -1, p.cost)
			}
		}
	}
	found, ok := s.run()
	if !ok {
		middle := func(it *item) point { return point{(it.x + it.w/2) / cell, (it.y + it.h/2) / cell} }
		w.cells, w.detached = []point{middle(from), middle(to)}, true
		return
	}
	w.cells = append(w.cells, s.ends[found].port)
	w.cells = append(w.cells, between(s.ends[found].port, s.point(found))...)
	state := found
	for {
		w.cells = append(w.cells, s.point(state))
		if r.prev[state] < 0 {
			break
		}
		state = int(r.prev[state])
	}
	if start, ok := starts[state]; ok {
		w.cells = append(w.cells, start)
	}
	slices.Reverse(w.cells)
}

// between are the cells from one to another on a straight line, both left out.
func between(a, b point) []point {
	dx, dy := sign(b.x-a.x), sign(b.y-a.y)
	var cells []point
	for p := (point{a.x + dx, a.y + dy}); p != b; p = (point{p.x + dx, p.y + dy}) {
		cells = append(cells, p)
	}
	return cells
}

func sign(n int) int { return min(1, max(-1, n)) }

// take marks the cells of a way as its net's.
func (r *router) take(w *way) {
	if w.detached {
		return
	}
	for i, p := range w.cells {
		at := p.y*r.width + p.x
		for _, j := range []int{i - 1, i + 1} {
			if j < 0 || j >= len(w.cells) {
				continue
			}
			plane := 0
			if w.cells[j].x == p.x {
				plane = 1
			}
			r.taken[plane][at] = int32(w.net) //nolint:gosec // A diagram has far fewer links.
		}
	}
	first, last := w.cells[0], w.cells[len(w.cells)-1]
	if len(r.trees[w.net]) == 0 {
		r.ports[first] = w.net
	}
	r.ports[last] = w.net
	// The last cells before the arrow's head are no place to branch off.
	const head = 3
	if len(w.cells) > head+1 {
		r.trees[w.net] = append(r.trees[w.net], w.cells[1:len(w.cells)-head]...)
	}
}

// port is a place on a node's side where a line may leave or enter.
type port struct {
	point

	out  direction
	cost int32
}

// sides are the ports of a node that are free for a net. Sides other than the preferred one cost more, and so do places off the middle.
func (r *router) sides(it *item, net int, preferred direction) []port {
	var ports []port
	left, top, right, bottom := it.x/cell, it.y/cell, it.right()/cell, it.bottom()/cell
	// The ends of a person's sides are round.
	most := max(bottom-top, right-left)
	if it.node.Kind == Person {
		most = 0
	}
	add := func(p point, out direction, aside int) {
		if aside > most || aside < -most {
			return
		}
		for distance := -1; distance <= 1; distance++ {
			near := point{p.x + distance, p.y}
			if out.horizontal() {
				near = point{p.x, p.y + distance}
			}
			if used := r.ports[near]; used != 0 && (used != net || distance != 0) {
				return
			}
		}
		cost := max(aside, -aside) * costAside
		switch out {
		case preferred:
		case (preferred + 2) % directions:
			cost += 2 * costSide
		default:
			cost += costSide
		}
		ports = append(ports, port{p, out, int32(cost)}) //nolint:gosec // Far smaller.
	}
	for y := top + 1; y < bottom; y++ {
		add(point{left, y}, toLeft, y-(top+bottom)/2)
		add(point{right, y}, toRight, y-(top+bottom)/2)
	}
	for x := left + 1; x < right; x++ {
		add(point{x, top}, toTop, x-(left+right)/2)
		add(point{x, bottom}, toBottom, x-(left+right)/2)
	}
	return ports
}

// unreached is the distance of what no way has come to.
const unreached = math.MaxInt32
