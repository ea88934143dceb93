// Package tutorial reads the tutorial, types what it says, and holds what is printed against what it shows.
package tutorial

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Step is a command of the tutorial and what it shows as printed.
type Step struct {
	// Line is where the command stands in the page.
	Line int
	// Terminal is the one that it is typed in.
	Terminal int
	// Command may have several lines.
	Command string
	Output  []string
	// Fails says that the command has to fail.
	Fails bool
}

// The page says in comments, which its readers do not see, what a block of it needs to be run:
//
//	<!-- terminal 1 -->  typed in another terminal than the second; its last command goes on while the others are typed
//	<!-- fails -->       the last command of the block fails
var note = regexp.MustCompile(`^<!-- (?:terminal (\d)|(fails)) -->$`)

// Parse finds the steps of a page: lines of console blocks that begin with $, those after them that begin with > (the rest of the command), and
// what is printed.
func Parse(page string) ([]Step, error) {
	const usual = 2
	var steps []Step
	terminal, fails, inside := usual, false, false
	first := 0 // The first step of the block.
	for i, line := range strings.Split(page, "\n") {
		number := i + 1
		switch {
		case !inside && note.MatchString(line):
			m := note.FindStringSubmatch(line)
			fails = fails || m[2] != ""
			if m[1] != "" {
				terminal = int(m[1][0] - '0')
			}
		case !inside && line == "```console":
			inside, first = true, len(steps)
		case inside && line == "```":
			if len(steps) == first {
				return nil, fmt.Errorf("line %d: a console block without a command", number)
			}
			steps[len(steps)-1].Fails = fails
			terminal, fails, inside = usual, false, false
		case inside && strings.HasPrefix(line, "$ "):
			steps = append(steps, Step{Line: number, Terminal: terminal, Command: line[2:]})
		case inside && len(steps) == first:
			return nil, fmt.Errorf("line %d: a console block begins with what is printed", number)
		case inside:
			last := &steps[len(steps)-1]
			if rest, ok := strings.CutPrefix(line, ">"); ok && len(last.Output) == 0 {
				last.Command += "\n" + strings.TrimPrefix(rest, " ")
				continue
			}
			last.Output = append(last.Output, line)
		}
	}
	if inside {
		return nil, errors.New("a console block has no end")
	}
	return steps, nil
}

// What differs from run to run: times, sizes, ids. Any of them stands for all of its kind.
var kinds = []struct{ name, pattern string }{ //nolint:gochecknoglobals // A constant.
	{"commit", `\b[0-9a-f]{7,40}\b`},
	{"size", `\b\d+(?:\.\d+)? (?:MiB|GiB)\b`},
	{"duration", `\b\d+h\d+m(?:\d+(?:\.\d+)?s)?\b|\b\d+m\d+(?:\.\d+)?s\b|\b\d+(?:\.\d+)?s\b|\b\d+m\b|\b\d+d\b`},
	{"process", `\bprocess \d+\b`},
	{"suffix", `-[a-z0-9]{5}\b`},
}

var anyKind = func() *regexp.Regexp { //nolint:gochecknoglobals // A constant.
	var all []string
	for _, k := range kinds {
		all = append(all, "("+k.pattern+")")
	}
	return regexp.MustCompile(strings.Join(all, "|"))
}()

// pattern is what a shown line stands for. "..." in it is anything, spaces are as many as there are.
func pattern(line string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("^")
	literal := func(text string) {
		for i, part := range strings.Split(text, "...") {
			if i > 0 {
				b.WriteString(".*")
			}
			fields := regexp.MustCompile(`\s+`).Split(part, -1)
			for j, f := range fields {
				if j > 0 {
					b.WriteString(`\s+`)
				}
				b.WriteString(regexp.QuoteMeta(f))
			}
		}
	}
	rest := strings.TrimSpace(line)
	for {
		m := anyKind.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		literal(rest[:m[0]])
		for i, k := range kinds {
			if m[2+2*i] >= 0 {
				b.WriteString("(?:" + k.pattern + ")")
			}
		}
		rest = rest[m[1]:]
	}
	literal(rest)
	b.WriteString("$")
	return regexp.MustCompile(b.String())
}

// Match holds what was printed against what is shown. A shown line "..." stands for any lines. It returns the first shown line that is not there.
func Match(shown []string, printed string) error {
	lines := strings.Split(strings.TrimRight(printed, "\n"), "\n")
	if strings.TrimSpace(printed) == "" {
		lines = nil
	}
	at, skip := 0, false
	for _, want := range shown {
		if strings.TrimSpace(want) == "..." {
			skip = true
			continue
		}
		p := pattern(want)
		found := false
		for ; at < len(lines) && !found; at++ {
			found = p.MatchString(strings.TrimSpace(lines[at]))
			if !found && !skip {
				return fmt.Errorf("shown is %q, printed is %q", want, lines[at])
			}
		}
		if !found {
			return fmt.Errorf("shown is %q, which was not printed", want)
		}
		skip = false
	}
	if at < len(lines) && !skip {
		return fmt.Errorf("printed is %q, which is not shown", lines[at])
	}
	return nil
}
