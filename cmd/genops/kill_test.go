package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestKill kills a render of 50 environments 200 times, at random points, and looks at rendered/ each time: it has to be the tree of before,
// or the new one, as a whole. The inputs alternate between two variants, so that there always is something to write: a tag of all
// environments differs, and one environment exists in one of them only.
//
// Half of the kills come at any time of the run. Most of a run is computing, so the other half waits until genops has begun to write.
func TestKill(t *testing.T) {
	const kills, seed = 200, 2
	dir := t.TempDir()
	platformOf(t, dir, 50)
	chance := rand.New(rand.NewPCG(seed, seed))

	// Each variant as a whole, and how long a run takes that writes it.
	trees := map[string][sha256.Size]byte{}
	var total, writing []time.Duration
	for _, v := range []string{"a", "b", "a", "b", "a"} {
		variant(t, dir, v)
		all, write := measure(t, dir)
		total, writing = append(total, all), append(writing, write)
		digest := digestOf(t, dir)
		if old, known := trees[v]; known && old != digest {
			t.Fatalf("variant %s renders differently each time", v)
		}
		trees[v] = digest
	}
	// The first run had nothing to replace.
	all, write := median(total[1:]), median(writing[1:])
	t.Logf("a render takes %v, of which %v from its first write on", all, write)

	now := "a"
	var before, during, after, changed int
	for i := range kills {
		next := "b"
		if now == next {
			next = "a"
		}
		variant(t, dir, next)
		k := killed{cmd: start(t, dir)}
		if i%2 == 0 {
			k.after(time.Duration(chance.Float64() * 1.3 * float64(all)))
		} else {
			k.afterFirstWrite(t, dir, time.Duration(chance.Float64()*1.3*float64(write)))
		}
		finished := k.wait(t)

		leftovers := leftoversIn(t, dir)
		switch digest := digestOf(t, dir); {
		case digest == trees[next]:
			now = next
			changed++
		case digest != trees[now]:
			t.Fatalf("kill %d, from %s to %s: rendered/ is neither of the two; leftovers: %v", i, now, next, leftovers)
		case finished:
			t.Fatalf("run %d ended well, but rendered/ is still that of %s", i, now)
		}
		switch {
		case finished:
			after++
		case len(leftovers) > 0:
			during++
		default:
			before++
		}
	}
	t.Logf("of %d runs %d were killed before writing, %d while writing, %d had finished; %d times the new tree was there", kills, before, during, after, changed)
	if during == 0 || before == 0 || changed == 0 {
		t.Error("the kills did not hit a run both before and while it wrote, so this shows nothing")
	}

	// The next run cleans up.
	variant(t, dir, "b")
	mustRun(t, renderCommand(dir))
	if digestOf(t, dir) != trees["b"] {
		t.Error("after all kills a render does not give its tree")
	}
	if leftovers := leftoversIn(t, dir); len(leftovers) > 0 {
		t.Errorf("after all kills a render leaves %v", leftovers)
	}
}

// platformOf describes n environments: each a network of its own, which is what renders fastest.
func platformOf(t *testing.T, dir string, n int) {
	t.Helper()
	for _, name := range []string{"platform.cue", "defaults.cue"} {
		content, err := os.ReadFile(filepath.Join("testdata", "platform", "environments", name))
		if err != nil {
			t.Fatal(err)
		}
		mustWrite(t, filepath.Join(dir, "environments", name), string(content))
	}
	names := []string{strconv.Quote(extra)}
	for i := range n {
		name := fmt.Sprintf("env-%02d", i)
		names = append(names, strconv.Quote(name))
		environment(t, dir, name, i)
	}
	mustWrite(t, filepath.Join(dir, "environments", "order.cue"), "package environments\n\nplatform: order: ["+strings.Join(names, ", ")+"]\n")
}

// extra is the environment that only variant b has.
const extra = "extra"

func environment(t *testing.T, dir, name string, i int) {
	t.Helper()
	mustWrite(t, filepath.Join(dir, "environments", name, "environment.cue"), fmt.Sprintf(`package environments

environment: {
	stage:   "dev"
	account: "3%011d"
	network: cidr: "10.%d.0.0/16"
}
`, i, i))
}

// variant makes the inputs those of a variant.
func variant(t *testing.T, dir, v string) {
	t.Helper()
	mustWrite(t, filepath.Join(dir, "environments", "variant.cue"), "package environments\n\nenvironment: tags: variant: \""+v+"\"\n")
	if v == "b" {
		environment(t, dir, extra, 200)
	} else if err := os.RemoveAll(filepath.Join(dir, "environments", extra)); err != nil {
		t.Fatal(err)
	}
}

// renderCommand is a render that spends less time on memory: CUE is most of a run, and not what is tested here.
func renderCommand(dir string) *exec.Cmd { return process(dir, []string{"GOGC=400"}, "render") }

func start(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := renderCommand(dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// measure renders and tells how long that took, and how long after the first write.
func measure(t *testing.T, dir string) (all, writing time.Duration) {
	t.Helper()
	begin := time.Now()
	cmd := start(t, dir)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	firstWrite := begin
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("render: %v", err)
			}
			return time.Since(begin), time.Since(firstWrite)
		default:
			if firstWrite.Equal(begin) && len(leftoversIn(t, dir)) > 0 {
				firstWrite = time.Now()
			}
			time.Sleep(poll)
		}
	}
}

// poll is how often the tests look whether genops has begun to write.
const poll = 200 * time.Microsecond

func median(durations []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[len(sorted)/2]
}

// killed is a process that is killed at some point.
type killed struct {
	cmd *exec.Cmd
}

func (k killed) after(delay time.Duration) {
	time.Sleep(delay)
	_ = k.cmd.Process.Kill() // If it has finished already, there is nothing to kill.
}

// afterFirstWrite waits until the process has begun to write before the delay begins.
func (k killed) afterFirstWrite(t *testing.T, dir string, delay time.Duration) {
	t.Helper()
	old := len(leftoversIn(t, dir)) > 0
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(poll) {
		left := leftoversIn(t, dir)
		// What an earlier kill left is removed first.
		if old = old && len(left) > 0; !old && len(left) > 0 {
			break
		}
	}
	k.after(delay)
}

// wait returns whether the process had finished before it was killed.
func (k killed) wait(t *testing.T) bool {
	t.Helper()
	err := k.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.Exited()) {
		t.Fatalf("render ended before it was killed: %v", err)
	}
	return err == nil
}

// leftoversIn lists what a run that was killed while it wrote has left beside rendered/.
func leftoversIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if name := entry.Name(); name != "environments" && name != "rendered" {
			names = append(names, name)
		}
	}
	return names
}

// digestOf is the digest of all files below rendered/, with their names.
func digestOf(t *testing.T, dir string) [sha256.Size]byte {
	t.Helper()
	root := filepath.Join(dir, "rendered")
	hash := sha256.New()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%q %d\n", strings.TrimPrefix(name, root), len(content))
		hash.Write(content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(hash.Sum(nil))
}
