package graph

import (
	"fmt"
	"slices"
	"strings"
)

// SVG writes the diagram as a picture for browsers and documents, laid out by genops itself: light ground, no scripts, nothing that would be
// loaded from elsewhere.
func (g *Graph) SVG() string {
	l := newLayout(g)
	r := newRouter(l)
	p := &picture{layout: l, ways: r.route()}
	p.write()
	return p.String()
}

// picture writes a layout.
type picture struct {
	strings.Builder

	layout *layout
	ways   []*way
	// texts are where something is written that labels must not cover.
	texts []box
}

const ink = "#24292f"

func (p *picture) linef(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *picture) write() {
	root, g := p.layout.root, p.layout.graph
	legend := p.legend()
	width := max(root.right(), pageMargin+textWidth(g.Title, sizeTitle, true), pageMargin+legendWidth(legend)) + pageMargin
	height := root.bottom() + pageMargin + 4*cell
	p.linef(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-labelledby="title desc" `+
		`font-family="Helvetica, Arial, sans-serif">`, width, height, width, height)
	p.linef(`  <title id="title">%s</title>`, xmlText(g.Title))
	p.linef(`  <desc id="desc">%s</desc>`, xmlText(p.description()))
	p.linef(`  <defs>`)
	for _, f := range legend {
		p.linef(`    <marker id="arrow-%s" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">`+
			`<path d="M0 0L8 4L0 8z" fill="%s"/></marker>`, f, f.colour())
	}
	p.linef(`  </defs>`)
	p.linef(`  <rect width="%d" height="%d" fill="#ffffff"/>`, width, height)
	p.text(pageMargin, pageMargin+sizeTitle/2, textLine{g.Title, sizeTitle, true}, ink, "start")
	for _, it := range p.layout.ordered {
		if it.frame != nil {
			p.frame(it)
		}
	}
	for _, w := range p.ways {
		p.way(w)
	}
	for _, it := range p.layout.ordered {
		if it.node != nil {
			p.node(it)
		}
	}
	p.labels()
	p.writeLegend(legend, height-pageMargin)
	p.linef(`</svg>`)
}

// description says in words what passes, for those who do not see it.
func (p *picture) description() string {
	names := map[string]string{}
	for _, n := range p.layout.graph.Nodes {
		names[n.ID] = n.Title
	}
	sentences := make([]string, 0, len(p.layout.graph.Links))
	for _, l := range p.layout.graph.Links {
		sentences = append(sentences, fmt.Sprintf("%s: %s to %s.", l.Flow, names[l.From], names[l.To]))
	}
	return strings.Join(sentences, " ")
}

func (p *picture) frame(it *item) {
	c := it.frame.Style.colours()
	dash := ""
	if it.frame.Style == FrameTier {
		dash = ` stroke-dasharray="4 3"`
	}
	p.linef(`  <rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="%s" stroke="%s"%s/>`, it.x, it.y, it.w, it.h, c.fill, c.stroke, dash)
	for i, line := range it.lines {
		y := it.y + cell + i*lineHeight + 3*lineHeight/4
		p.text(it.x+cell, y, line, c.text, "start")
	}
	width, height := textSize(it.lines)
	p.texts = append(p.texts, box{it.x + cell, it.y + cell, width, height})
}

func (p *picture) node(it *item) {
	c := it.node.Kind.colours()
	top := it.y + cell
	switch {
	case it.node.Store:
		const bulge = cell / 2
		p.linef(`  <path d="M%d %dv%da%d %d 0 0 0 %d 0v%da%d %d 0 0 0 %d 0a%d %d 0 0 0 %d 0" fill="%s" stroke="%s"/>`,
			it.x, it.y+bulge, it.h-2*bulge, it.w/2, bulge, it.w, -(it.h - 2*bulge), it.w/2, bulge, -it.w, it.w/2, bulge, it.w, c.fill, c.stroke)
		top += cell
	case it.node.Kind == Person:
		p.linef(`  <rect x="%d" y="%d" width="%d" height="%d" rx="%d" fill="%s" stroke="%s"/>`, it.x, it.y, it.w, it.h, it.h/2, c.fill, c.stroke)
	default:
		p.linef(`  <rect x="%d" y="%d" width="%d" height="%d" rx="4" fill="%s" stroke="%s"/>`, it.x, it.y, it.w, it.h, c.fill, c.stroke)
	}
	for i, line := range it.lines {
		p.text(it.x+it.w/2, top+i*lineHeight+3*lineHeight/4, line, c.text, "middle")
	}
	p.texts = append(p.texts, it.box)
}

func (p *picture) text(x, y int, line textLine, colour, anchor string) {
	weight := ""
	if line.bold {
		weight = ` font-weight="bold"`
	}
	p.linef(`  <text x="%d" y="%d" font-size="%d"%s fill="%s" text-anchor="%s">%s</text>`, x, y, line.size, weight, colour, anchor, xmlText(line.text))
}

// corners are the points where a way turns, its ends included, in pixels.
func (w *way) corners() []point {
	var corners []point
	for i, c := range w.cells {
		if i > 0 && i < len(w.cells)-1 {
			before, after := w.cells[i-1], w.cells[i+1]
			if c.x-before.x == after.x-c.x && c.y-before.y == after.y-c.y {
				continue
			}
		}
		corners = append(corners, point{c.x * cell, c.y * cell})
	}
	return corners
}

func (p *picture) way(w *way) {
	var d strings.Builder
	for i, c := range w.corners() {
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&d, "%s%d %d", command, c.x, c.y)
	}
	p.linef(`  <path d="%s" fill="none" stroke="%s" stroke-width="%s"%s stroke-linejoin="round" marker-end="url(#arrow-%s)"/>`,
		d.String(), w.link.Flow.colour(), strokeWidth(w.link.Flow), strokeDash(w.link.Flow), w.link.Flow)
}

func strokeWidth(f Flow) string {
	if f == Request {
		return "2"
	}
	return "1.5"
}

func strokeDash(f Flow) string {
	switch f {
	case Request, Control, Image:
		return ""
	case Secret:
		return ` stroke-dasharray="2 3"`
	default:
		return ` stroke-dasharray="6 3"`
	}
}

// labels writes the labels of links where there is room beside the rest; one that finds none is left to the description.
func (p *picture) labels() {
	crowded := slices.Clone(p.texts)
	for _, w := range p.ways {
		tip := w.cells[len(w.cells)-1]
		crowded = append(crowded, box{(tip.x - 1) * cell, (tip.y - 1) * cell, 2 * cell, 2 * cell})
	}
	for _, w := range p.ways {
		if w.link.Label == "" {
			continue
		}
		width := textWidth(w.link.Label, sizeLabel, false) + 4
		const height = sizeLabel + 3
		for _, at := range p.places(w) {
			spot := box{at.x - width/2, at.y - height/2, width, height}
			if p.free(spot, w, crowded) {
				crowded = append(crowded, spot)
				p.linef(`  <rect x="%d" y="%d" width="%d" height="%d" fill="#ffffff" fill-opacity="0.9"/>`, spot.x, spot.y, spot.w, spot.h)
				p.text(at.x, at.y+sizeLabel/3, textLine{w.link.Label, sizeLabel, false}, w.link.Flow.colour(), "middle")
				break
			}
		}
	}
}

// places are where a label may stand, best first: from the middle of the line to its ends.
func (p *picture) places(w *way) []point {
	places := make([]point, 0, len(w.cells))
	middle := len(w.cells) / 2
	for distance := range len(w.cells) {
		for _, i := range []int{middle - distance, middle + distance} {
			if i > 0 && i < len(w.cells)-2 && (distance > 0 || i == middle) {
				places = append(places, point{w.cells[i].x * cell, w.cells[i].y * cell})
			}
		}
	}
	return places
}

// free tells whether nothing else is at a place.
func (p *picture) free(spot box, own *way, crowded []box) bool {
	if slices.ContainsFunc(crowded, spot.overlaps) {
		return false
	}
	for _, w := range p.ways {
		if w.net == own.net {
			continue
		}
		for _, c := range w.cells {
			if spot.overlaps(box{c.x*cell - 2, c.y*cell - 2, 4, 4}) {
				return false
			}
		}
	}
	return true
}

// legend lists the flows that occur.
func (p *picture) legend() []Flow {
	return slices.DeleteFunc(flows(), func(f Flow) bool {
		return !slices.ContainsFunc(p.layout.graph.Links, func(l Link) bool { return l.Flow == f })
	})
}

// meaning of a flow in the legend.
func (f Flow) meaning() string {
	switch f {
	case Request:
		return "requests"
	case Control:
		return "commits and claims"
	case Image:
		return "images"
	case Secret:
		return "secrets"
	case Copy:
		return "copies of data"
	default:
		return "logs, metrics, findings"
	}
}

const (
	legendLine = 4 * cell
	legendGap  = 3 * cell
)

func legendWidth(legend []Flow) int {
	width := 0
	for _, f := range legend {
		width += legendLine + cell + textWidth(f.meaning(), sizeNote, false) + legendGap
	}
	return width
}

func (p *picture) writeLegend(legend []Flow, y int) {
	x := pageMargin
	for _, f := range legend {
		p.linef(`  <path d="M%d %dh%d" fill="none" stroke="%s" stroke-width="%s"%s marker-end="url(#arrow-%s)"/>`,
			x, y, legendLine, f.colour(), strokeWidth(f), strokeDash(f), f)
		p.text(x+legendLine+cell, y+sizeNote/3, textLine{f.meaning(), sizeNote, false}, ink, "start")
		x += legendLine + cell + textWidth(f.meaning(), sizeNote, false) + legendGap
	}
}

// xmlText escapes text for XML.
func xmlText(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(printable(text))
}
