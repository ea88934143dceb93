package graph

// search is one run of A* over cells and the directions in which they are entered.
type search struct {
	router *router
	net    int32
	target box
	// ends are the states in front of the target's ports.
	ends map[int]end
	heap []entry
}

// end is where a way arrives.
type end struct {
	port point
	cost int32
}

// entry is a state that is reached, with the least that a way over it costs.
type entry struct {
	total int32
	state int
}

func (s *search) state(p point, d direction) int {
	return (p.y*s.router.width+p.x)*directions + int(d)
}

func (s *search) point(state int) point {
	at := state / directions
	return point{at % s.router.width, at / s.router.width}
}

// rest is the least that is left from a place to the target.
func (s *search) rest(p point) int32 {
	x, y := p.x*cell, p.y*cell
	dx := max(s.target.x-x, x-s.target.right(), 0)
	dy := max(s.target.y-y, y-s.target.bottom(), 0)
	return int32(max(0, (dx+dy)/cell-2) * costStep) //nolint:gosec // The size of a picture.
}

// distance so far to a state.
func (s *search) distance(state int) int32 {
	if s.router.stamp[state] != s.router.round {
		return unreached
	}
	return s.router.dist[state]
}

// push reaches a state, if there is no better way to it.
func (s *search) push(state, from int, distance int32) {
	if distance >= s.distance(state) {
		return
	}
	r := s.router
	r.stamp[state], r.dist[state], r.prev[state] = r.round, distance, int32(from) //nolint:gosec // The size of a picture.
	total := distance + s.rest(s.point(state))
	if e, ok := s.ends[state]; ok {
		total = distance + e.cost
	}
	s.heap = append(s.heap, entry{total, state})
	for i := len(s.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if s.heap[parent].total <= s.heap[i].total {
			break
		}
		s.heap[parent], s.heap[i] = s.heap[i], s.heap[parent]
		i = parent
	}
}

// pop takes the entry with the lowest total.
func (s *search) pop() entry {
	top, last := s.heap[0], len(s.heap)-1
	s.heap[0] = s.heap[last]
	s.heap = s.heap[:last]
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < last && s.heap[child].total < s.heap[least].total {
				least = child
			}
		}
		if least == i {
			return top
		}
		s.heap[least], s.heap[i] = s.heap[i], s.heap[least]
		i = least
	}
}

// run goes on until an end is the cheapest of all that is left. ok is false if there is no way.
func (s *search) run() (state int, ok bool) {
	for len(s.heap) > 0 {
		e := s.pop()
		if _, ok := s.ends[e.state]; ok {
			return e.state, true
		}
		distance := s.distance(e.state)
		p := s.point(e.state)
		if e.total > distance+s.rest(p) {
			continue // A better way came later.
		}
		heading := direction(e.state % directions)
		for d := range direction(directions) {
			if d == (heading+2)%directions {
				continue
			}
			dx, dy := d.step()
			next := point{p.x + dx, p.y + dy}
			if !s.router.inside(next.x, next.y) || s.router.blocked[next.y*s.router.width+next.x] {
				continue
			}
			cost := s.cost(next, d)
			if d != heading && s.router.prev[e.state] >= 0 {
				cost += costBend
				// A corner on another net's line would look like a branch of it.
				cost += s.corner(p)
			}
			s.push(s.state(next, d), e.state, distance+cost)
		}
	}
	return 0, false
}

// corner is what it costs to turn at a place.
func (s *search) corner(p point) int32 {
	at := p.y*s.router.width + p.x
	for _, plane := range s.router.taken {
		if plane[at] != 0 && plane[at] != s.net {
			return costOver
		}
	}
	return 0
}

// cost of a step to a place.
func (s *search) cost(p point, d direction) int32 {
	r := s.router
	at := p.y*r.width + p.x
	plane, aside := 1, 1
	if d.horizontal() {
		plane, aside = 0, r.width
	}
	cost := int32(costStep)
	if r.near[at] {
		cost += costNear
	}
	if r.heading[at] {
		cost += costHeading
	}
	if r.borders[plane][at] {
		cost += costBorder
	}
	if taken := r.taken[plane][at]; taken != 0 && taken != s.net {
		cost += costOver
	}
	if taken := r.taken[1-plane][at]; taken != 0 && taken != s.net {
		cost += costCrossing
	}
	for _, beside := range []int{at - aside, at + aside} {
		if beside >= 0 && beside < len(r.blocked) {
			if taken := r.taken[plane][beside]; taken != 0 && taken != s.net {
				cost += costBeside
			}
		}
	}
	return cost
}
