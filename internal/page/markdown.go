package page

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// inline is text of a page that is Markdown already. Constants of this package are; what comes from people goes through code or text.
type inline string

// markdown is a page that grows. It is GitHub's Markdown without HTML: headings, paragraphs, tables and fenced blocks, a blank line between two of
// them.
type markdown struct {
	b strings.Builder
}

func (m *markdown) block(text string) {
	if m.b.Len() > 0 {
		m.b.WriteString("\n")
	}
	m.b.WriteString(text + "\n")
}

func (m *markdown) heading(level int, title inline) {
	m.block(strings.Repeat("#", level) + " " + string(title))
}

func (m *markdown) paragraph(content inline) { m.block(string(content)) }

// mermaid writes a diagram, which GitHub draws. Content that could end the block is an error of who made it.
func (m *markdown) mermaid(content string) error {
	if strings.Contains(content, "```") {
		return errors.New("write diagram: it has a fence inside")
	}
	m.block("```mermaid\n" + strings.TrimRight(content, "\n") + "\n```")
	return nil
}

// table writes a table; nothing if it has no rows. A row that is too short gets empty cells.
func (m *markdown) table(header []inline, rows [][]inline) {
	if len(rows) == 0 {
		return
	}
	var lines []string
	line := func(cells []inline) {
		var b strings.Builder
		b.WriteString("|")
		for i := range header {
			cell := ""
			if i < len(cells) {
				cell = strings.ReplaceAll(string(cells[i]), "|", `\|`)
			}
			b.WriteString(" " + cell + strings.Repeat(" ", min(1, len(cell))) + "|")
		}
		lines = append(lines, b.String())
	}
	line(header)
	lines = append(lines, strings.Repeat("| --- ", len(header))+"|")
	for _, row := range rows {
		line(row)
	}
	m.block(strings.Join(lines, "\n"))
}

// code shows a value as it is: nothing inside means anything to Markdown. Signs that cannot be seen are written as Go would.
func code(value string) inline {
	value = visible(value)
	if value == "" {
		return ""
	}
	// In a table a pipe gets a backslash, and a code span has no way to say that another one before it is meant (GFM: tables, example 200).
	if strings.Contains(value, `\|`) {
		return text(value)
	}
	fence := "`"
	for strings.Contains(value, fence) {
		fence += "`"
	}
	if strings.ContainsAny(value[:1]+value[len(value)-1:], "` ") {
		value = " " + value + " "
	}
	return inline(fence + value + fence)
}

// text shows what people wrote as prose.
func text(prose string) inline {
	const special = "\\`*_[]<>#~$&!:@"
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(prose), " ") {
		switch {
		case !unicode.IsPrint(r):
			b.WriteString(`\` + visible(string(r)))
		case strings.ContainsRune(special, r):
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return inline(b.String())
}

// visible replaces signs that cannot be seen, such as line ends and those that turn the direction of text.
func visible(value string) string {
	var b strings.Builder
	for _, r := range value {
		if r == ' ' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
	}
	return b.String()
}

// link leads to a file below rendered/, or beside it; target is relative to the page.
func link(label inline, target string) inline {
	u := url.URL{Path: target}
	return "[" + label + "](" + inline(strings.NewReplacer("(", "%28", ")", "%29").Replace(u.EscapedPath())) + ")"
}

// codes shows values in a row.
func codes(values []string) inline {
	shown := make([]inline, 0, len(values))
	for _, value := range values {
		shown = append(shown, code(value))
	}
	return join(shown, ", ")
}

func join(parts []inline, separator inline) inline {
	var b strings.Builder
	for _, part := range parts {
		if part == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(string(separator))
		}
		b.WriteString(string(part))
	}
	return inline(b.String())
}

// number shows a whole number.
func number(n int) inline { return inline(strconv.Itoa(n)) }

// yes shows whether something is so.
func yes(is bool) inline {
	if is {
		return "yes"
	}
	return "no"
}

// facts is a table of names and values. Empty values are left out.
type facts [][]inline

func (f *facts) add(name, value inline) {
	if value != "" {
		*f = append(*f, []inline{name, value})
	}
}
