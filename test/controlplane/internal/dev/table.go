package dev

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// row is a line of a section.
type row struct {
	cells []string
	ok    bool
}

// section is a table with a header.
type section struct {
	header []string
	rows   []row
	// hidden is how many rows are left out because there is no room.
	hidden int
}

// Table draws a status as lines. columns and rows are the size of the terminal; zero for as much as it needs.
func Table(s *Status, columns, rows int, colored bool) []string {
	sections := sectionsOf(s)
	foot := footer(s)
	if rows > 0 {
		clip(sections, rows-len(foot)-1)
	}
	var lines []string
	for _, sec := range sections {
		lines = append(lines, sec.draw(columns, colored)...)
	}
	for _, line := range foot {
		lines = append(lines, cut(line, columns))
	}
	if rows > 0 && len(lines) >= rows { // A terminal without room for three tables: the summary counts.
		lines = lines[len(lines)-rows+1:]
	}
	return lines
}

func yes(ready bool) string {
	if ready {
		return "yes"
	}
	return "no"
}

func sectionsOf(s *Status) []*section {
	claims := &section{header: []string{"ENVIRONMENT", "CLAIM", "READY", "WAITS FOR"}}
	for _, c := range s.Claims {
		claims.rows = append(claims.rows, row{[]string{c.Environment, c.Kind, yes(c.Ready), c.Message}, c.Ready})
	}
	applications := &section{header: []string{"APPLICATION", "SYNC", "HEALTH", "MESSAGE"}}
	for _, a := range s.Applications {
		applications.rows = append(applications.rows, row{[]string{a.Name, a.Sync, a.Health, a.Message}, a.ok()})
	}
	nodes := &section{header: []string{"NODECLAIM", "CLUSTER", "POOL", "TYPE", "ARCH", "READY"}}
	for _, n := range s.NodeClaims {
		nodes.rows = append(nodes.rows, row{[]string{n.Name, n.Cluster, n.Pool, n.InstanceType, n.Architecture, yes(n.Ready)}, n.Ready})
	}
	var all []*section
	for _, sec := range []*section{claims, applications, nodes} {
		if len(sec.rows) > 0 {
			all = append(all, sec)
		}
	}
	return all
}

// footer is the summary, and what is wrong.
func footer(s *Status) []string {
	parts := []string{summary(s)}
	const mib, gib = 1 << 20, 1 << 30
	switch {
	case s.MemoryBytes >= gib:
		parts = append(parts, fmt.Sprintf("%.1f GiB", float64(s.MemoryBytes)/gib))
	case s.MemoryBytes > 0:
		parts = append(parts, fmt.Sprintf("%d MiB", s.MemoryBytes/mib))
	}
	parts = append(parts, (time.Duration(s.ElapsedSeconds) * time.Second).String(), "commit "+s.Commit)
	lines := []string{strings.Join(parts, " · ")}
	switch {
	case s.Refused != "":
		first, _, _ := strings.Cut(s.Refused, "\n")
		lines = append(lines, "refused: "+first)
	case s.Healthy:
		lines = append(lines, "all is healthy")
	case len(s.Waiting) > 0:
		lines = append(lines, fmt.Sprintf("waiting for %d: %s", len(s.Waiting), s.Waiting[0]))
	}
	return append(lines, s.Page)
}

// summary counts what is ready.
func summary(s *Status) string {
	claims, applications := 0, 0
	for _, c := range s.Claims {
		if c.Ready {
			claims++
		}
	}
	for _, a := range s.Applications {
		if a.ok() {
			applications++
		}
	}
	return fmt.Sprintf("claims ready %d/%d · Applications healthy %d/%d · nodes %d", claims, len(s.Claims), applications, len(s.Applications), s.Nodes)
}

// clip hides rows until all sections have room, those that are fine first.
func clip(sections []*section, room int) {
	for height(sections) > room {
		var most *section
		for _, sec := range sections {
			if most == nil || sec.fine() > most.fine() || (sec.fine() == most.fine() && len(sec.rows) > len(most.rows)) {
				most = sec
			}
		}
		if most == nil || len(most.rows) == 0 {
			return
		}
		most.hide()
	}
}

func height(sections []*section) int {
	lines := 0
	for _, sec := range sections {
		lines += 2 + len(sec.rows) // A header, and an empty line.
		if sec.hidden > 0 {
			lines++
		}
	}
	return lines
}

func (s *section) fine() int {
	n := 0
	for _, r := range s.rows {
		if r.ok {
			n++
		}
	}
	return n
}

// hide hides the last row that is fine, or the last.
func (s *section) hide() {
	last := len(s.rows) - 1
	for i := last; i >= 0; i-- {
		if s.rows[i].ok {
			last = i
			break
		}
	}
	s.rows = append(s.rows[:last], s.rows[last+1:]...)
	s.hidden++
}

// draw draws a section. The last column gets what is left of the width.
func (s *section) draw(columns int, colored bool) []string {
	widths := make([]int, len(s.header))
	for _, cells := range append([]row{{cells: s.header}}, s.rows...) {
		for i, cell := range cells.cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	line := func(cells []string) string {
		var b strings.Builder
		for i, cell := range cells {
			b.WriteString(cell)
			if i < len(cells)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		return cut(strings.TrimRight(b.String(), " "), columns)
	}
	paint := func(text, code string) string {
		if !colored {
			return text
		}
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	lines := []string{paint(line(s.header), "1")}
	for _, r := range s.rows {
		text := line(r.cells)
		if !r.ok {
			text = paint(text, "33")
		}
		lines = append(lines, text)
	}
	if s.hidden > 0 {
		lines = append(lines, cut(fmt.Sprintf("... and %d more", s.hidden), columns))
	}
	return append(lines, "")
}

// cut shortens a line to a width; zero is no limit.
func cut(line string, columns int) string {
	runes := []rune(line)
	if columns <= 0 || len(runes) <= columns {
		return line
	}
	return string(runes[:columns-1]) + "…"
}
