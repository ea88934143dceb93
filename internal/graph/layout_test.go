package graph

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/schema"
)

// layoutProblems says what cannot be read in a picture: boxes that overlap or stick out, text that does not fit, lines that go through boxes.
func layoutProblems(g *Graph) []string {
	var problems []string
	l := newLayout(g)
	ways := newRouter(l).route()
	for _, it := range l.ordered {
		if parent, ok := l.items[it.parent]; ok {
			inner := box{parent.x + 1, parent.y + parent.head(), parent.w - 2, parent.h - parent.head() - 1}
			if !inner.contains(it.box) {
				problems = append(problems, fmt.Sprintf("%s %v sticks out of %s %v", it.id, it.box, parent.id, inner))
			}
		}
		if it.x < 0 || it.y < 0 || it.right() > l.root.right() || it.bottom() > l.root.bottom() {
			problems = append(problems, it.id+" sticks out of the picture")
		}
		if width, height := textSize(it.lines); width > it.w || height > it.h {
			problems = append(problems, fmt.Sprintf("the text of %s needs %d × %d, and has %d × %d", it.id, width, height, it.w, it.h))
		}
		if it.x%cell+it.y%cell+it.w%cell+it.h%cell != 0 {
			problems = append(problems, fmt.Sprintf("%s %v is beside the grid", it.id, it.box))
		}
		for _, other := range l.ordered {
			if other.id < it.id && other.parent == it.parent && other.overlaps(it.box) {
				problems = append(problems, fmt.Sprintf("%s and %s overlap", other.id, it.id))
			}
		}
	}
	trees := map[int]map[point]bool{}
	for _, w := range ways {
		problems = append(problems, wayProblems(l, w, trees[w.net])...)
		if trees[w.net] == nil {
			trees[w.net] = map[point]bool{}
		}
		for _, p := range w.cells {
			trees[w.net][p] = true
		}
	}
	return problems
}

// wayProblems says what is wrong with one line, which may branch off from what its net has already.
func wayProblems(l *layout, w *way, tree map[point]bool) []string {
	name := w.link.From + " to " + w.link.To
	if w.detached {
		return []string{name + " has no way"}
	}
	var problems []string
	for i, p := range w.cells {
		if i > 0 {
			before := w.cells[i-1]
			if abs(before.x-p.x)+abs(before.y-p.y) != 1 {
				problems = append(problems, name+" jumps")
			}
		}
		if i == 0 || i == len(w.cells)-1 {
			continue
		}
		for _, it := range l.ordered {
			if it.node != nil && it.x <= p.x*cell && p.x*cell <= it.right() && it.y <= p.y*cell && p.y*cell <= it.bottom() {
				problems = append(problems, fmt.Sprintf("%s goes through %s", name, it.id))
			}
		}
	}
	for at, id := range map[int]string{0: w.link.From, len(w.cells) - 1: w.link.To} {
		it, p := l.items[id], w.cells[at]
		x, y := p.x*cell, p.y*cell
		onX := (x == it.x || x == it.right()) && it.y < y && y < it.bottom()
		onY := (y == it.y || y == it.bottom()) && it.x < x && x < it.right()
		if !onX && !onY && (at > 0 || !tree[p]) {
			problems = append(problems, fmt.Sprintf("%s ends at %v, not at %s", name, p, id))
		}
	}
	return problems
}

func abs(n int) int { return max(n, -n) }

// many is a platform of many environments with many services.
func many(t *testing.T, environmentCount, serviceCount int) *schema.Config {
	t.Helper()
	lines := map[string]string{"hub": `stage: "shared", account: "111100000000", edge: zone: "platform"
		registry: {github: organization: "acme", repositories: app: {}}`}
	for i := range environmentCount {
		var services strings.Builder
		for j := range serviceCount {
			fmt.Fprintf(&services, "s%d: workload: {image: {repository: \"app\", tag: \"v1\"}, ingress: paths: [\"/s%d\"], database: true}\n", j, j)
		}
		lines["env"+strconv.Itoa(i)] = fmt.Sprintf(
			"stage: \"prod\", account: \"1111%08d\", network: {cidr: \"10.%d.0.0/16\", podCIDR: \"100.64.0.0/16\", zones: 3}\ncluster: {}, database: {}, edge: {}\nservices: {%s}",
			i+1, i+1, services.String())
	}
	return environments(t, lines)
}

// TestLayout holds all pictures to what can be read.
func TestLayout(t *testing.T) {
	t.Parallel()
	long := named(strings.Repeat("long-name-", 12))
	for what, c := range map[string]*schema.Config{"committed": committed(t), "small": small(t), "long": long, "many": many(t, 12, 10)} {
		for name, g := range pictures(c) {
			for _, problem := range layoutProblems(g) {
				t.Errorf("%s, %s: %s", what, name, problem)
			}
		}
	}
}

// TestLayoutProblems holds the check above to its word.
func TestLayoutProblems(t *testing.T) {
	t.Parallel()
	c := small(t)
	l := newLayout(Environment(c, c.Environment("prod")))
	ways := newRouter(l).route()
	w := ways[slices.IndexFunc(ways, func(w *way) bool { return w.link.From == idUsers })]
	if problems := wayProblems(l, w, nil); len(problems) > 0 {
		t.Fatalf("the line is wrong already: %v", problems)
	}
	l.items[w.link.To].x -= 4 * cell
	if problems := wayProblems(l, w, nil); len(problems) == 0 {
		t.Error("a box in the way is not noticed")
	}
	w.cells = slices.Delete(w.cells, 2, 4)
	if problems := wayProblems(l, w, nil); !slices.ContainsFunc(problems, func(p string) bool { return strings.HasSuffix(p, " jumps") }) {
		t.Errorf("a gap is not noticed: %q", problems)
	}
}

// TestWidth keeps the pictures of this repository readable in a window of 1,600 pixels: they shrink by a tenth at most.
func TestWidth(t *testing.T) {
	t.Parallel()
	const most = 1600 * 11 / 10
	for name, g := range pictures(committed(t)) {
		l := newLayout(g)
		if width := l.root.right() + pageMargin; width > most {
			t.Errorf("%s is %d pixels wide", name, width)
		}
	}
}

// TestLines keeps lines of different nets apart: none lies on top of another for longer than it takes to cross it.
func TestLines(t *testing.T) {
	t.Parallel()
	for name, g := range pictures(committed(t)) {
		type step struct{ from, to point }
		taken := map[step]*way{}
		for _, w := range newRouter(newLayout(g)).route() {
			for i := range w.cells[1:] {
				s := step{w.cells[i], w.cells[i+1]}
				if s.to.x < s.from.x || s.to.y < s.from.y {
					s.from, s.to = s.to, s.from
				}
				if other := taken[s]; other != nil && other.net != w.net {
					t.Errorf("%s: %v and %v lie on each other at %v", name, *other.link, *w.link, s)
				}
				taken[s] = w
			}
		}
	}
}

// TestLabels writes every label of this repository's pictures.
func TestLabels(t *testing.T) {
	t.Parallel()
	for name, g := range pictures(committed(t)) {
		picture := g.SVG()
		for _, l := range g.Links {
			if l.Label != "" && !strings.Contains(picture, ">"+l.Label+"</text>") {
				t.Errorf("%s has no room for the label %s", name, l.Label)
			}
		}
	}
}

// TestContrast holds text to a contrast of 4.5 to 1 and lines to 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	t.Parallel()
	const forText, forLines, white = 4.5, 3, "#ffffff"
	check := func(what, colour, ground string, least float64) {
		if got := contrast(t, colour, ground); got < least {
			t.Errorf("%s: %s on %s has a contrast of %.1f", what, colour, ground, got)
		}
	}
	for _, k := range kinds() {
		c := k.colours()
		check(string(k), c.text, c.fill, forText)
		check(string(k), c.stroke, c.fill, forLines)
	}
	for _, s := range frameStyles() {
		c := s.colours()
		check(string(s), c.text, c.fill, forText)
		check(string(s), c.stroke, c.fill, forLines)
		for _, f := range flows() {
			check(string(f), f.colour(), c.fill, forLines)
		}
	}
	for _, f := range flows() {
		check(string(f), f.colour(), white, forText)
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(colour string) float64 {
		value, err := strconv.ParseUint(colour[1:], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		channel := func(shift uint) float64 {
			v := float64(value>>shift&0xff) / 255
			if v <= 0.04045 {
				return v / 12.92
			}
			return math.Pow((v+0.055)/1.055, 2.4)
		}
		return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
	}
	both := []float64{luminance(a), luminance(b)}
	slices.Sort(both)
	return (both[1] + 0.05) / (both[0] + 0.05)
}

// TestWrap breaks lines where people would, and loses nothing.
func TestWrap(t *testing.T) {
	t.Parallel()
	const width = 100
	cases := map[string][]string{
		"":                        {""},
		"short":                   {"short"},
		"two words of text":       {"two words of", "text"},
		"github.com/acme/genops":  {"github.com/", "acme/genops"},
		"m7g.large, m6g.large":    {"m7g.large,", "m6g.large"},
		"wwwwwwwwwwwwwwwwwwwwwww": {"wwwwwwww", "wwwwwwww", "wwwwwww"},
	}
	for text, want := range cases {
		got := wrap(text, sizeNote, false, width)
		if !slices.Equal(got, want) {
			t.Errorf("wrap %q: got %q, want %q", text, got, want)
		}
		for _, line := range got {
			if textWidth(line, sizeNote, false) > width {
				t.Errorf("wrap %q: %q is too wide", text, line)
			}
		}
	}
}
