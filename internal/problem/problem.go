// Package problem says what is wrong with the input, the way people see it.
//
// A Problem knows where it is and what would be right; it knows nothing about colours or streams. Everything that finds something wrong with
// what a person wrote returns a *Error with all problems at once, and Write is the only place that turns them into text.
package problem

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Position is a place in a file that a terminal makes clickable. Lines and columns count from 1; zero means unknown.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String gives file:line:column, as far as it is known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// Compare orders positions by file, line and column.
func (p Position) Compare(o Position) int {
	if c := strings.Compare(p.File, o.File); c != 0 {
		return c
	}
	if c := p.Line - o.Line; c != 0 {
		return c
	}
	return p.Column - o.Column
}

// Related is a second place that matters for a problem.
type Related struct {
	Position Position `json:"position"`
	Message  string   `json:"message"`
}

// Problem is one thing that is wrong.
type Problem struct {
	// Environment that the problem is in; empty for the platform.
	Environment string   `json:"environment,omitempty"`
	Position    Position `json:"position"`
	// Field is the path of the field below the environment, such as network.cidr; empty if the problem is not in a field.
	Field string `json:"field,omitempty"`
	// Message says what was found and what is allowed.
	Message string    `json:"message"`
	Related []Related `json:"related,omitempty"`
	Hint    string    `json:"hint,omitempty"`
	// Warning is the id under which a warning can be accepted; empty for an error.
	Warning string `json:"warning,omitempty"`
}

// Error is the error of an input with one or more problems.
type Error struct {
	Problems []Problem
}

// Error lists the first line of each problem.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, p.line())
	}
	return strings.Join(lines, "\n")
}

// Join returns an *Error with the problems, sorted and without repetition, or nil if there are none.
func Join(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{Problems: Sort(problems)}
}

// Sort returns the problems ordered by position, each once. A problem in a file that several environments share is one problem, also where its text
// names the environment: the first stands for all.
func Sort(problems []Problem) []Problem {
	sorted := slices.Clone(problems)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		if c := a.Position.Compare(b.Position); c != 0 {
			return c
		}
		if c := strings.Compare(a.Field, b.Field); c != 0 {
			return c
		}
		return strings.Compare(a.Message, b.Message)
	})
	type key struct {
		position    Position
		field, text string
	}
	first, others := map[key]int{}, map[int][]string{}
	once := sorted[:0]
	for _, p := range sorted {
		text := p.Message
		if p.Environment != "" && p.Position.Line > 0 {
			text = strings.ReplaceAll(text, p.Environment, "\x00")
		}
		k := key{p.Position, p.Field, text}
		if i, ok := first[k]; ok {
			if p.Message != once[i].Message && !slices.Contains(others[i], p.Environment) {
				others[i] = append(others[i], p.Environment)
			}
			continue
		}
		first[k] = len(once)
		once = append(once, p)
	}
	for i, names := range others {
		once[i].Message += " (so it is in " + list(names) + ")"
	}
	return once
}

// list names environments, or counts them where they are many.
func list(names []string) string {
	const most = 3
	if len(names) > most {
		return Plural(len(names), "other environment")
	}
	return strings.Join(names, ", ")
}

func (p Problem) line() string {
	var b strings.Builder
	if p.Position.File != "" {
		b.WriteString(p.Position.String())
		b.WriteString(": ")
	}
	if p.Warning != "" {
		b.WriteString("warning: ")
	}
	if p.Field != "" {
		b.WriteString(p.Field)
		b.WriteString(": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Style colours parts of a report; the zero value colours nothing.
type Style struct {
	Error, Warning, Hint, Reset string
}

// Colours is a style for terminals.
func Colours() Style {
	return Style{Error: "\x1b[31m", Warning: "\x1b[33m", Hint: "\x1b[2m", Reset: "\x1b[0m"}
}

// Write prints each problem: a line that can be clicked, then the related places and the hint, indented.
func Write(w io.Writer, problems []Problem, style Style) {
	for _, p := range problems {
		colour := style.Error
		if p.Warning != "" {
			colour = style.Warning
		}
		fmt.Fprintf(w, "%s%s%s\n", colour, p.line(), style.Reset)
		for _, r := range p.Related {
			fmt.Fprintf(w, "    %s: %s\n", r.Position, r.Message)
		}
		if p.Hint != "" {
			fmt.Fprintf(w, "    %shint: %s%s\n", style.Hint, p.Hint, style.Reset)
		}
	}
}

// Count says how many problems there are in how many environments, for the last line of a report.
func Count(problems []Problem) string {
	environments := map[string]bool{}
	for _, p := range problems {
		if p.Environment != "" {
			environments[p.Environment] = true
		}
	}
	what := Plural(len(problems), "problem")
	if len(environments) == 0 {
		return what
	}
	return what + " in " + Plural(len(environments), "environment")
}

// Plural is a number and its noun.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
