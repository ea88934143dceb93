package tutorial

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	t.Parallel()
	page := strings.Join([]string{
		"# Title", "<!-- terminal 1 -->", "```console", "$ make dev", "   0s  ready", "...", "```", "text",
		"```console", "$ cat > file <<'END'", "> one", ">", "> END", "$ ls", "file", "```",
		"<!-- fails -->", "```console", "$ true", "$ false", "```", "```sh", "$ not a step", "```",
	}, "\n")
	got, err := Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	want := []Step{
		{Line: 4, Terminal: 1, Command: "make dev", Output: []string{"   0s  ready", "..."}},
		{Line: 10, Terminal: 2, Command: "cat > file <<'END'\none\n\nEND"},
		{Line: 14, Terminal: 2, Command: "ls", Output: []string{"file"}},
		{Line: 19, Terminal: 2, Command: "true"},
		{Line: 20, Terminal: 2, Command: "false", Fails: true},
	}
	if !slices.EqualFunc(got, want, func(a, b Step) bool {
		return a.Line == b.Line && a.Terminal == b.Terminal && a.Command == b.Command && slices.Equal(a.Output, b.Output) && a.Fails == b.Fails
	}) {
		t.Errorf("got %+v", got)
	}
	for _, wrong := range []string{"```console\nprinted\n```", "```console\n```", "```console\n$ ls"} {
		if _, err := Parse(wrong); err == nil {
			t.Errorf("no error: %q", wrong)
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ shown, printed, problem string }{
		"the same":          {"one\ntwo", "one\ntwo\n", ""},
		"spaces":            {"NAME   READY\npoc    yes", "NAME  READY\n  poc  yes\n", ""},
		"times and sizes":   {"  41s  ready after 2m3s, 3.1 GiB", " 102s  ready after 59s, 812 MiB", ""},
		"ids":               {"commit 1a2b3c4, arm64-x7k2p, process 12", "commit 99887766554433221100aabbccddeeff00112233, arm64-bcd23, process 4711", ""},
		"other number":      {"claims 3/3", "claims 2/3", `shown is "claims 3/3"`},
		"anything in line":  {"hint: ... is free", "hint: 10.60.0.0/16 is free", ""},
		"any lines":         {"first\n...\nlast", "first\na\nb\nlast", ""},
		"any lines at end":  {"first\n...", "first\na\nb", ""},
		"a line is missing": {"first\n...\nlast", "first\na\nb", `shown is "last", which was not printed`},
		"a line too much":   {"first", "first\nsecond", `printed is "second", which is not shown`},
		"nothing":           {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var shown []string
			if test.shown != "" {
				shown = strings.Split(test.shown, "\n")
			}
			err := Match(shown, test.printed)
			if (err == nil) != (test.problem == "") || (err != nil && !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestStep runs steps in a shell: what is printed, how a command ends, and one that goes on.
func TestStep(t *testing.T) {
	t.Parallel()
	s, err := newShell(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, test := range []struct {
		step    Step
		stays   bool
		problem string
	}{
		{step: Step{Command: "cat > file <<'END'\none\nEND"}},
		{step: Step{Command: "cat file; pwd", Output: []string{"one", "..."}}},
		{step: Step{Command: "cat file", Output: []string{"two"}}, problem: `shown is "two"`},
		{step: Step{Command: "false"}, problem: "exit code 1"},
		{step: Step{Command: "false", Fails: true}},
		{step: Step{Command: "true", Fails: true}, problem: "exit code 0"},
		{step: Step{Command: "echo begun; sleep 30", Output: []string{"begun"}}, stays: true},
	} {
		err := s.step(t.Context(), test.step, 20*time.Second, test.stays)
		if (err == nil) != (test.problem == "") || (err != nil && !strings.Contains(err.Error(), test.problem)) {
			t.Errorf("%s: got %v", test.step.Command, err)
		}
	}
}

// TestPage: the tutorial can be read, and what it types exists.
func TestPage(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "..")
	page, err := os.ReadFile(filepath.Join(root, "docs", "TUTORIAL.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps, err := Parse(string(page))
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) == 0 {
		t.Fatal("the tutorial has no step")
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		words := strings.Fields(step.Command)
		program, first := words[0], ""
		if len(words) > 1 {
			first = words[1]
		}
		known := map[string]bool{"cat": true, "export": true, "git": true, "kubectl": true, "sed": true}[program]
		switch program {
		case "make":
			known = regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(first) + `:`).Match(makefile)
		case "bin/controlplane":
			known = first == "dev" && slices.Contains([]string{"up", "status", "down"}, words[2])
		case "bin/genops":
			_, err := os.Stat(filepath.Join(root, "cmd", "genops", first+".go"))
			known = err == nil
		}
		if !known {
			t.Errorf("line %d: there is no %s %s", step.Line, program, first)
		}
		for _, file := range regexp.MustCompile(`environments/\w+/`).FindAllString(step.Command, -1) {
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("line %d: %v", step.Line, err)
			}
		}
	}
	if last := steps[len(steps)-1]; last.Command != "bin/controlplane dev down" {
		t.Errorf("the tutorial ends with %q: something keeps running", last.Command)
	}
}
