package page

import (
	"strings"
	"testing"
)

func TestCode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ reason, value, want string }{
		"plain":                {"nothing inside a code span means anything", "a*b_c<d>@e #1", "`a*b_c<d>@e #1`"},
		"empty":                {"a code span cannot be empty", "", ""},
		"backtick":             {"the fence is longer than what is inside", "a`b", "``a`b``"},
		"backticks at the end": {"blanks keep them from the fence", "``a`", "``` ``a` ```"},
		"blank at the start":   {"of blanks at both ends GitHub drops one", " a", "`  a `"},
		"line end":             {"it would end the row of a table", "a\nb\tc", "`a\\nb\\tc`"},
		"direction":            {"what turns the direction of text is shown", "a\u202eb", "`a\\u202eb`"},
		"letters":              {"of other alphabets stay", "größe", "`größe`"},
		"backslash and pipe":   {"no code span says this in a table", `a\|b`, `a\\|b`},
	} {
		if got := string(code(c.value)); got != c.want {
			t.Errorf("%s: code(%q) = %s, want %s: %s", name, c.value, got, c.want, c.reason)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for prose, want := range map[string]string{
		"a plain reason, with a dash - and (more)":        "a plain reason, with a dash - and (more)",
		"# no heading\n\n- no list":                       `\# no heading - no list`,
		"[link](https://x.example) ![i](y) <b>&amp;</b>":  `\[link\](https\://x.example) \!\[i\](y) \<b\>\&amp;\</b\>`,
		"*bold* _it_ `code` ~~no~~ @team \\ $x$":          "\\*bold\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~ \\@team \\\\ \\$x\\$",
		"a\u200bb":                                        `a\\u200bb`,
		"<script>alert('1')</script><!-- not a comment -": `\<script\>alert('1')\</script\>\<\!-- not a comment -`,
	} {
		if got := string(text(prose)); got != want {
			t.Errorf("text(%q) = %s, want %s", prose, got, want)
		}
	}
}

// TestTable has cells with what would end a cell, a row or the table.
func TestTable(t *testing.T) {
	t.Parallel()
	m := &markdown{}
	m.table([]inline{"a", ""}, [][]inline{{code("x|y"), text("p|q")}, {code(`x\|y`)}, {text("one\n\ntwo"), code("|")}})
	want := "| a | |\n| --- | --- |\n| `x\\|y` | p\\|q |\n| x\\\\\\|y | |\n| one two | `\\|` |\n"
	if got := m.b.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	m.table([]inline{"a"}, nil)
	if got := m.b.String(); got != want {
		t.Errorf("a table without rows was written:\n%s", got)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	if got, want := string(link(code("x"), "a b/(c).yaml")), "[`x`](a%20b/%28c%29.yaml)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMermaid(t *testing.T) {
	t.Parallel()
	m := &markdown{}
	if err := m.mermaid("flowchart LR\n"); err != nil || m.b.String() != "```mermaid\nflowchart LR\n```\n" {
		t.Errorf("%v: %s", err, m.b.String())
	}
	if err := m.mermaid("a\n```\nb"); err == nil || !strings.Contains(err.Error(), "fence") {
		t.Errorf("a fence inside a fence: %v", err)
	}
}
