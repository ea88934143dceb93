package tree

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// childVar makes the test binary a writer of the tree "rendered" in its working directory.
const (
	childVar  = "GENOPS_TREE_TEST_CHILD"
	swapVar   = "GENOPS_TREE_TEST_NO_EXCHANGE" // not empty: folders cannot be exchanged
	roundsVar = "GENOPS_TREE_TEST_ROUNDS"      // not empty: how often the tree is written, otherwise until killed
)

func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		if err := writeAndWrite("rendered"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// writeAndWrite applies the two versions in turn.
func writeAndWrite(root string) error {
	rounds, err := strconv.Atoi(os.Getenv(roundsVar))
	if err != nil {
		rounds = -1
	}
	fmt.Println("started")
	ctx := context.Background()
	for i := 0; i != rounds; i++ {
		if err := Recover(ctx, root); err != nil {
			return err
		}
		d, err := Compare(ctx, root, version(i%2), Options{})
		_, changed := errors.AsType[*ChangedError](err)
		_, moved := errors.AsType[*InterruptedError](err)
		if (changed || moved) && rounds > 0 {
			continue // another child writes
		}
		if err != nil {
			return err
		}
		if os.Getenv(swapVar) != "" {
			d.disk.hook = func(op, _ string) error {
				if op == "swap" {
					return errors.ErrUnsupported
				}
				return nil
			}
		}
		err = d.Apply(ctx)
		if _, changed := errors.AsType[*ChangedError](err); changed && rounds > 0 {
			continue // another child was faster
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// version is a tree of 50 tops with 20 files each. The two differ in a third of the files, in which files there are, and in
// one top.
func version(v int) Files {
	files := Files{}
	for top := range 50 {
		name := fmt.Sprintf("env-%02d", top)
		if top == 49 {
			name = fmt.Sprintf("only-%d", v)
		}
		for file := range 20 {
			p, content := fmt.Sprintf("%s/%d/%02d.yaml", name, file%3, file), "the same in both versions\n"
			switch {
			case file == 18 && v == 0, file == 19 && v == 1:
				continue
			case file%3 == 0:
				content = fmt.Sprintf("version: %d\n", v)
			}
			files[p] = []byte(content)
		}
	}
	return files
}

const (
	firstMarker = "env-00/0/00.yaml"
	lastMarker  = "env-48/0/00.yaml"
)

func startChild(t *testing.T, root string, env ...string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self)
	cmd.Dir = filepath.Dir(root)
	cmd.Env = append(os.Environ(), append(env, childVar+"=1")...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	return cmd, bufio.NewReader(out)
}

// which returns the version the tree is wholly of, or -1.
func which(t *testing.T, root string, versions [2]contents) int {
	t.Helper()
	got := read(t, root)
	for v, want := range versions {
		if maps.Equal(got, want) {
			return v
		}
	}
	return -1
}

// killLoop starts writers, kills each at a random moment and looks at what it left.
func killLoop(t *testing.T, root string, kills int, env ...string) {
	foreign := contents{"README.md": "read\n", "env-00/notes.md": "mine\n", "env-00/link": "-> notes.md"}
	versions := [2]contents{rendered(version(0)).with(foreign), rendered(version(1)).with(foreign)}
	apply(t, root, version(0))
	put(t, root, foreign)
	notes := stat(t, root, "env-00/notes.md")
	begin := time.Now()
	apply(t, root, version(1))
	cycle := time.Since(begin)
	longest := 4 * cycle

	stop := readWhileWritten(t, root, len(env) == 0)
	random := rand.New(rand.NewPCG(1, 2))
	var seen [2]int
	unfinished, last := 0, 1
	for kill := range kills {
		cmd, out := startChild(t, root, env...)
		if _, err := out.ReadString('\n'); err != nil {
			t.Errorf("kill %d: the writer did not start: %v", kill, err)
		}
		time.Sleep(time.Duration(random.Int64N(int64(2 * cycle))))
		must(t, cmd.Process.Kill())
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); cmd.ProcessState.Exited() {
			t.Fatalf("kill %d: the writer ended by itself: %v", kill, err)
		}
		_, err := os.Lstat(testStaging(t, root).dir())
		if err == nil {
			unfinished++
		}
		if len(env) > 0 {
			must(t, Recover(t.Context(), root))
		}
		v := which(t, root, versions)
		if v < 0 {
			t.Fatalf("kill %d: the tree is neither the old one nor the new one", kill)
		}
		if err != nil && v == last && cycle < longest {
			cycle += cycle / 10 // Too early: the machine is busier than when it was measured.
		}
		last = v
		seen[v]++
	}
	pairs := stop()
	t.Logf("%d kills, one cycle takes %v: %d times in the middle of writing; left %v of the two versions; %v reads meanwhile",
		kills, cycle, unfinished, seen, pairs)
	if unfinished < kills/10 || seen[0] == 0 || seen[1] == 0 {
		t.Error("the kills came at moments that prove nothing")
	}

	apply(t, root, version(0))
	equal(t, "after the last Apply", read(t, root), versions[0])
	untouched(t, notes, root, "env-00/notes.md")
	alone(t, root)
}

// readWhileWritten reads two files of different tops through one handle of the root, again and again, until the returned
// function is called, which returns how many pairs of each version were read.
func readWhileWritten(t *testing.T, root string, always bool) (stop func() [2]int) {
	var (
		pairs [2]int
		wg    sync.WaitGroup
		done  = make(chan struct{})
	)
	once := func() error {
		dir, err := os.OpenRoot(root)
		if errors.Is(err, fs.ErrNotExist) && !always {
			return nil
		}
		if err != nil {
			return fmt.Errorf("the root is missing: %w", err)
		}
		defer func() { must(t, dir.Close()) }()
		first, err1 := dir.ReadFile(firstMarker)
		last, err2 := dir.ReadFile(lastMarker)
		switch err := errors.Join(err1, err2); {
		case errors.Is(err, fs.ErrNotExist):
			return nil // the old tree, which is being deleted
		case err != nil:
			return err
		case !bytes.Equal(first, last):
			return fmt.Errorf("a mix: %q and %q", first, last)
		}
		v := 0
		if string(first) == "version: 1\n" {
			v = 1
		}
		pairs[v]++
		return nil
	}
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Microsecond):
			}
			if err := once(); err != nil {
				t.Error("a reader saw", err)
				return
			}
		}
	})
	return func() [2]int {
		close(done)
		wg.Wait()
		if pairs[0] < 100 || pairs[1] < 100 {
			t.Errorf("a reader saw %v of the two versions, too few to prove anything", pairs)
		}
		return pairs
	}
}

func TestKillNeverMixes(t *testing.T) { killLoop(t, fastRoot(t), 200) }

// TestKillBetweenRenames is about systems without exchange: there the root may be missing until Recover was called.
func TestKillBetweenRenames(t *testing.T) { killLoop(t, fastRoot(t), 100, swapVar+"=1") }

// TestConcurrentProcesses lets several processes write the same tree.
func TestConcurrentProcesses(t *testing.T) {
	for name, env := range map[string][]string{"Exchange": nil, "TwoRenames": {swapVar + "=1"}} {
		t.Run(name, func(t *testing.T) {
			root := fastRoot(t)
			apply(t, root, version(0))
			var children []*exec.Cmd
			for range 4 {
				cmd, _ := startChild(t, root, append(env, roundsVar+"=20")...)
				children = append(children, cmd)
			}
			for _, cmd := range children {
				if err := cmd.Wait(); err != nil {
					t.Errorf("a writer ended with %v", err)
				}
			}
			if which(t, root, [2]contents{rendered(version(0)), rendered(version(1))}) < 0 {
				t.Error("the tree is a mix")
			}
			alone(t, root)
		})
	}
}
