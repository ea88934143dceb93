package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// update makes the tests of this package rewrite their golden parts instead of comparing with them.
var update = flag.Bool("update", false, "rewrite the golden parts of the scripts")

// TestMain lets the test binary stand in for genops: scripts and the tests that kill or interrupt a process start it under that name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"genops": main})
}

// TestScripts runs testdata/script: what people see, one behaviour a script. Besides testscript's own commands there are
//
//	platform             put the environments of testdata/platform here; files that the script brings win
//	exit N genops ...    run genops, which has to exit with N; see exitCommand for what else has to hold
//	snapshot             remember all files
//	unchanged PATH ...   since then no file below these paths was written, created or removed, not even with the same content
//	changes PATH ...     print what was, for cmp stdout
//	program ARCH FILE    write a program for amd64 or arm64 that does nothing
//	registry             start a container registry, and put its address into $REGISTRY
//	same FOLDER FOLDER   two trees have the same files with the same content
//
// and the condition [root]: whoever runs the tests may write everywhere.
//
// go test ./cmd/genops -update rewrites what scripts compare with.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true, // So that no script runs genops without stating the exit code.
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Values[snapshotKey{}] = &snapshot{}
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return os.Geteuid() == 0, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"platform":  platformCommand,
			"exit":      exitCommand,
			"snapshot":  snapshotCommand,
			"unchanged": unchangedCommand,
			"changes":   changesCommand,
			"same":      sameCommand,
			"program":   programCommand,
			"registry":  registryCommand,
		},
	})
}

// platformCommand copies testdata/platform into the current folder, except for files that are there.
func platformCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: platform")
	}
	ts.Check(copyTree(filepath.Join(fixtures(ts), "platform"), ts.MkAbs(".")))
}

// fixtures is testdata/ by its full name: scripts run elsewhere.
func fixtures(ts *testscript.TestScript) string {
	dir, err := filepath.Abs("testdata")
	ts.Check(err)
	return dir
}

// copyTree copies the files below from, except for those that exist.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		if _, err := os.Lstat(target); err == nil {
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	})
}

// exitCommand runs genops and checks its exit code, and what has to hold for every run:
//   - if the code is not 0, nothing on disk has changed, and the last line says in the name of genops what happened;
//   - no text reveals how genops is made: no Go files, no panics, no words of CUE's internals, no paths of this machine.
func exitCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[1] != "genops" && args[1] != "sh" {
		ts.Fatalf("usage: exit N genops ARGUMENT..., or with a limit: exit N sh -c '... exec genops ARGUMENT...'")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	work := ts.Getenv("WORK")
	before, err := take(work)
	ts.Check(err)

	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("run genops: %v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code is %d, want %d", got, want)
	}
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	for _, text := range []string{stdout, stderr} {
		if text != "" && !strings.HasSuffix(text, "\n") {
			ts.Fatalf("the last line has no end: %q", text)
		}
		if bad := insider.FindString(text); bad != "" {
			ts.Fatalf("people do not want to read %q", bad)
		}
		if strings.Contains(text, work) && want != exitMachine { // Where the machine refuses, the place it refuses is a full one.
			ts.Fatalf("the output has a full path: relative ones are enough")
		}
	}
	if want == 0 {
		return
	}
	after, err := take(work)
	ts.Check(err)
	if changes := before.changes(after); len(changes) > 0 {
		ts.Fatalf("exit code is %d, but these files changed:\n%s", got, strings.Join(changes, "\n"))
	}
	lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
	if last := lines[len(lines)-1]; !strings.Contains(stderr, "genops: ") && !strings.HasPrefix(stdout, "{") {
		ts.Fatalf("genops does not say what happened: %q", last)
	}
}

// insider matches what only somebody who knows how genops is made could understand.
var insider = regexp.MustCompile(`(?i)\bfailed\b|[a-z0-9_]\.go\b|panic|goroutine|disjunction|_\|_|cannot unmarshal|Go struct|%!|&errors\.|\bnil\b|0x[0-9a-f]{6}|strconv|genops: genops|arg\(s\)|[ \t]\n`)

type snapshotKey struct{}

func snapshotCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: snapshot")
	}
	taken, err := take(ts.Getenv("WORK"))
	ts.Check(err)
	*ts.Value(snapshotKey{}).(*snapshot) = taken
}

func unchangedCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: unchanged PATH...")
	}
	if changes := changesBelow(ts, args); len(changes) > 0 {
		ts.Fatalf("changed since the snapshot:\n%s", strings.Join(changes, "\n"))
	}
}

func changesCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: changes PATH...")
	}
	for _, change := range changesBelow(ts, args) {
		fmt.Fprintln(ts.Stdout(), change)
	}
}

// changesBelow compares the files below paths with the snapshot.
func changesBelow(ts *testscript.TestScript, paths []string) []string {
	before := *ts.Value(snapshotKey{}).(*snapshot)
	if len(before) == 0 {
		ts.Fatalf("there is no snapshot")
	}
	after, err := take(ts.Getenv("WORK"))
	ts.Check(err)
	var changes []string
	for _, path := range paths {
		old, now := before.below(path), after.below(path)
		if len(old) == 0 && len(now) == 0 {
			ts.Fatalf("there is no %s, and there was none", path)
		}
		changes = append(changes, old.changes(now)...)
	}
	return changes
}

func sameCommand(ts *testscript.TestScript, neg bool, args []string) {
	const two = 2
	if neg || len(args) != two {
		ts.Fatalf("usage: same FOLDER FOLDER")
	}
	first, err := take(ts.MkAbs(args[0]))
	ts.Check(err)
	second, err := take(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(first) == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
	if differences := first.differences(second); len(differences) > 0 {
		ts.Fatalf("%s and %s differ:\n%s", args[0], args[1], strings.Join(differences, "\n"))
	}
}
