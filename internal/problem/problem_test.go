package problem_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/problem"
)

func at(file string, line, column int) problem.Position {
	return problem.Position{File: file, Line: line, Column: column}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason   string
		position problem.Position
		want     string
	}{
		"all":       {"terminals make it clickable", at("a/b.cue", 3, 14), "a/b.cue:3:14"},
		"no column": {"a line is known", at("a/b.cue", 3, 0), "a/b.cue:3"},
		"a file":    {"a folder or a file as a whole", at("a/b.cue", 0, 0), "a/b.cue"},
		"a column":  {"without a line it says nothing", at("a/b.cue", 0, 7), "a/b.cue"},
		"nothing":   {"a problem of no file", problem.Position{}, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.position.String(); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}

func TestPositionsAreOrdered(t *testing.T) {
	t.Parallel()
	// In their order: each is less than all after it.
	ordered := []problem.Position{{}, at("a.cue", 0, 0), at("a.cue", 1, 1), at("a.cue", 1, 2), at("a.cue", 2, 1), at("a.cue", 10, 1), at("b.cue", 1, 1)}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := a.Compare(b); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("compare %v with %v: got %d", a, b, got)
			}
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	overlap := problem.Problem{
		Environment: "prod", Position: at("environments/prod/environment.cue", 14, 12), Field: "network.cidr",
		Message: "10.20.0.0/16 overlaps staging's 10.20.0.0/16",
		Related: []problem.Related{{Position: at("environments/staging/environment.cue", 9, 12), Message: "staging's is set here"}},
		Hint:    "free ranges of the same size in 10.0.0.0/8: 10.30.0.0/16, 10.40.0.0/16",
	}
	warning := problem.Problem{Position: at("e.cue", 1, 2), Field: "a", Message: "rarely wanted", Hint: "accept it", Warning: "id"}
	cases := map[string]struct {
		reason   string
		problems []problem.Problem
		style    problem.Style
		want     string
	}{
		"nothing": {"no problem, no line", nil, problem.Style{}, ""},
		"error": {
			"one line that can be clicked, then what belongs to it",
			[]problem.Problem{overlap},
			problem.Style{},
			"environments/prod/environment.cue:14:12: network.cidr: 10.20.0.0/16 overlaps staging's 10.20.0.0/16\n" +
				"    environments/staging/environment.cue:9:12: staging's is set here\n" +
				"    hint: free ranges of the same size in 10.0.0.0/8: 10.30.0.0/16, 10.40.0.0/16\n",
		},
		"warning": {"it says so", []problem.Problem{warning}, problem.Style{}, "e.cue:1:2: warning: a: rarely wanted\n    hint: accept it\n"},
		"bare":    {"a problem of no place and no field", []problem.Problem{{Message: "there is no environment \"x\""}}, problem.Style{}, "there is no environment \"x\"\n"},
		"several": {"in the order that they are given", []problem.Problem{warning, {Message: "b"}}, problem.Style{}, "e.cue:1:2: warning: a: rarely wanted\n    hint: accept it\nb\n"},
		"colours": {
			"red is an error, yellow a warning, hints step back",
			[]problem.Problem{{Message: "b", Hint: "c"}, warning},
			problem.Colours(),
			"\x1b[31mb\x1b[0m\n    \x1b[2mhint: c\x1b[0m\n\x1b[33me.cue:1:2: warning: a: rarely wanted\x1b[0m\n    \x1b[2mhint: accept it\x1b[0m\n",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got strings.Builder
			problem.Write(&got, tc.problems, tc.style)
			if diff := cmp.Diff(tc.want, got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSort(t *testing.T) {
	t.Parallel()
	first := problem.Problem{Position: at("a.cue", 2, 1), Field: "a", Message: "x"}
	later := problem.Problem{Position: at("a.cue", 10, 1), Field: "a", Message: "x"}
	other := problem.Problem{Position: at("a.cue", 10, 1), Field: "b", Message: "a"}
	says := problem.Problem{Position: at("a.cue", 10, 1), Field: "b", Message: "b"}
	elsewhere := problem.Problem{Position: at("b.cue", 1, 1), Field: "a", Message: "x"}
	of := func(environment string, p problem.Problem) problem.Problem { p.Environment = environment; return p }
	lacks := func(environment string) problem.Problem {
		return problem.Problem{Environment: environment, Position: first.Position, Field: "a", Message: environment + " has no web"}
	}
	cases := map[string]struct {
		reason      string
		given, want []problem.Problem
	}{
		"nothing": {"nothing to sort", nil, nil},
		"order":   {"file, line as a number, column, field, message", []problem.Problem{elsewhere, says, other, later, first}, []problem.Problem{first, later, other, says, elsewhere}},
		"twice":   {"one problem in a file that several environments share", []problem.Problem{of("dev", first), of("prod", first)}, []problem.Problem{of("dev", first)}},
		"named": {
			"the same, and each names its environment",
			[]problem.Problem{lacks("dev"), lacks("prod"), lacks("staging")},
			[]problem.Problem{of("dev", problem.Problem{Position: first.Position, Field: "a", Message: "dev has no web (so it is in prod, staging)"})},
		},
		"many": {
			"too many to name",
			[]problem.Problem{lacks("a1"), lacks("a2"), lacks("a3"), lacks("a4"), lacks("a5")},
			[]problem.Problem{of("a1", problem.Problem{Position: first.Position, Field: "a", Message: "a1 has no web (so it is in 4 other environments)"})},
		},
		"places": {
			"a file is no place: each environment has its own",
			[]problem.Problem{{Environment: "a", Message: "a"}, {Environment: "b", Message: "b"}},
			[]problem.Problem{{Environment: "a", Message: "a"}, {Environment: "b", Message: "b"}},
		},
		"not once": {"they differ in what they say", []problem.Problem{says, other}, []problem.Problem{other, says}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tc.given)
			if diff := cmp.Diff(tc.want, problem.Sort(tc.given)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(before, tc.given); diff != "" {
				t.Errorf("the given problems are not what they were (-before +after):\n%s", diff)
			}
		})
	}
}

// TestJoin has the error that carries problems, and that there is none where there are none: a typed nil would be an error.
func TestJoin(t *testing.T) {
	t.Parallel()
	if err := problem.Join(nil); err != nil {
		t.Errorf("no problems are the error %v", err)
	}
	err := fmt.Errorf("load: %w", problem.Join([]problem.Problem{
		{Position: at("b.cue", 1, 1), Message: "second", Hint: "h"}, {Position: at("a.cue", 1, 1), Field: "f", Message: "first"}, {Position: at("b.cue", 1, 1), Message: "second"},
	}))
	var got *problem.Error
	if !errors.As(err, &got) {
		t.Fatalf("got error %v, want a *problem.Error in it", err)
	}
	want := []problem.Problem{{Position: at("a.cue", 1, 1), Field: "f", Message: "first"}, {Position: at("b.cue", 1, 1), Message: "second", Hint: "h"}}
	if diff := cmp.Diff(want, got.Problems); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if text, want := err.Error(), "load: a.cue:1:1: f: first\nb.cue:1:1: second"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		environments []string
		want         string
	}{
		"none":         {nil, "0 problems"},
		"one":          {[]string{"dev"}, "1 problem in 1 environment"},
		"two in one":   {[]string{"dev", "dev"}, "2 problems in 1 environment"},
		"two in two":   {[]string{"dev", "prod"}, "2 problems in 2 environments"},
		"the platform": {[]string{""}, "1 problem"},
		"mixed":        {[]string{"", "dev"}, "2 problems in 1 environment"},
	}
	for name, tc := range cases {
		var problems []problem.Problem
		for _, e := range tc.environments {
			problems = append(problems, problem.Problem{Environment: e})
		}
		if got := problem.Count(problems); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
	for n, want := range map[int]string{0: "0 files", 1: "1 file", 2: "2 files"} {
		if got := problem.Plural(n, "file"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason     string
		got        string
		candidates []string
		want       string
	}{
		"one letter wrong":    {"a substitution", "prad", []string{"dev", "prod"}, "prod"},
		"one letter too many": {"a deletion", "netwwork", []string{"network"}, "network"},
		"one letter missing":  {"an insertion", "netwrk", []string{"network"}, "network"},
		"two letters swapped": {"one edit and not two, which would be too many here", "ab", []string{"ba"}, "ba"},
		"case":                {"each letter is an edit", "perzone", []string{"single", "perZone"}, "perZone"},
		"half of it":          {"too far: a wild suggestion is worse than none", "net", []string{"network"}, ""},
		"nothing near":        {"no suggestion", "bucket", []string{"enabled", "traffic"}, ""},
		"the nearest":         {"of two that are near enough", "stagin", []string{"staged", "staging"}, "staging"},
		"equals":              {"both, in their order", "aab", []string{"aac", "bab", "aad", "aac"}, "aac, bab or aad"},
		"many equals":         {"it may be any", "1.36", []string{"1.32", "1.33", "1.34", "1.35"}, ""},
		"short":               {"one edit is allowed even here", "a", []string{"b"}, "b"},
		"short, two edits":    {"two are not", "ab", []string{"cd"}, ""},
		"nothing to choose":   {"no candidates", "a", nil, ""},
		"nothing written":     {"one letter is one edit", "", []string{"a"}, "a"},
		"umlauts":             {"bytes count, and nothing breaks", "größe", []string{"größen"}, "größen"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := problem.Nearest(tc.got, tc.candidates)
			if got != tc.want || ok != (tc.want != "") {
				t.Errorf("%s: got %q, %t, want %q", tc.reason, got, ok, tc.want)
			}
		})
	}
}
