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
	if trees["a"] == trees["b"] {
		t.Fatal("the variants render the same")
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
		r := start(t, dir)
		span := all
		if i%2 == 1 {
			span = write
			r.untilFirstWrite()
		}
		time.Sleep(time.Duration(chance.Float64() * 1.3 * float64(span)))
		finished := r.kill(t)

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
		case r.wrote():
			during++
		default:
			before++
		}
	}
	t.Logf("of %d runs %d were killed before writing, %d while writing, %d had finished; %d times the new tree was there", kills, before, during, after, changed)
	if before == 0 || during == 0 || changed == 0 {
		t.Error("the kills did not come both before and while genops wrote, so they show nothing")
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

// running is a render that has been started.
type running struct {
	cmd    *exec.Cmd
	dir    string
	began  time.Time
	before os.FileInfo // What an earlier kill left; nil if nothing.
	ended  chan error
}

func start(t *testing.T, dir string) *running {
	t.Helper()
	r := &running{cmd: renderCommand(dir), dir: dir, before: stagingIn(dir), ended: make(chan error, 1), began: time.Now()}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.ended <- r.cmd.Wait() }()
	return r
}

// poll is how often the tests look whether genops has begun to write.
const poll = 200 * time.Microsecond

// untilFirstWrite waits until genops has begun to write, or ended. What an earlier kill left does not count: genops removes that first.
func (r *running) untilFirstWrite() {
	old := r.before != nil
	for len(r.ended) == 0 {
		staging := stagingIn(r.dir)
		if old = old && staging != nil; !old && staging != nil {
			return
		}
		time.Sleep(poll)
	}
}

// wait returns nil if genops ended well.
func (r *running) wait() error { return <-r.ended }

// kill kills genops, and returns whether it had ended before.
func (r *running) kill(t *testing.T) bool {
	t.Helper()
	_ = r.cmd.Process.Kill() // If it has ended already, there is nothing to kill.
	err := r.wait()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.Exited()) {
		t.Fatalf("render ended before it was killed: %v", err)
	}
	return err == nil
}

// wrote tells whether a killed genops had begun to write: what it left is not what it found.
func (r *running) wrote() bool {
	now := stagingIn(r.dir)
	return now != nil && (r.before == nil || !os.SameFile(now, r.before) || !now.ModTime().Equal(r.before.ModTime()))
}

// measure renders and tells how long that took, and how long after the first write.
func measure(t *testing.T, dir string) (all, writing time.Duration) {
	t.Helper()
	r := start(t, dir)
	r.untilFirstWrite()
	firstWrite := time.Now()
	if err := r.wait(); err != nil {
		t.Fatalf("render: %v", err)
	}
	return time.Since(r.began), time.Since(firstWrite)
}

func median(durations []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[len(sorted)/2]
}

// stagingIn is the folder that genops writes in before it puts all in its place, or nil.
func stagingIn(dir string) os.FileInfo {
	info, err := os.Lstat(filepath.Join(dir, ".genops-staging-rendered"))
	if err != nil {
		return nil
	}
	return info
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
