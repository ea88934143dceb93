package process_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

func newGroup(t *testing.T) *process.Group {
	t.Helper()
	g, err := process.NewGroup(t.TempDir(), t.TempDir(), "/usr/bin:/bin")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func shell(name, script string) process.Command {
	return process.Command{Name: name, Path: "/bin/sh", Args: []string{"-c", script}}
}

// TestWatch: a run ends when what it cannot do without has ended, and says what that printed last.
func TestWatch(t *testing.T) {
	t.Parallel()
	g := newGroup(t)
	etcd := shell("etcd", "echo no space left; exit 3")
	etcd.Essential = true
	for _, c := range []process.Command{shell("helper", "exit 1"), etcd} {
		if _, err := g.Start(c); err != nil {
			t.Fatal(err)
		}
	}
	err := g.Watch(t.Context())
	if err == nil || !strings.Contains(err.Error(), "etcd ended: exit status 3: no space left") {
		t.Errorf("got %v", err)
	}
}

// TestWatchGoesOn: other programs may end, and the end of a run is no loss.
func TestWatchGoesOn(t *testing.T) {
	t.Parallel()
	g := newGroup(t)
	server := shell("server", "exec sleep 60")
	server.Essential = true
	if _, err := g.Start(server); err != nil {
		t.Fatal(err)
	}
	helper, err := g.Start(shell("helper", "exit 1"))
	if err != nil {
		t.Fatal(err)
	}
	<-helper.Done()
	g.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := g.Watch(ctx); err != nil {
		t.Errorf("got %v", err)
	}
	if _, err := g.Start(server); !errors.Is(err, context.Canceled) {
		t.Errorf("a closed group starts programs: %v", err)
	}
}

// TestClose: nothing that a program started outlives the group.
func TestClose(t *testing.T) {
	t.Parallel()
	g := newGroup(t)
	p, err := g.Start(shell("parent", "sleep 60 & exec sleep 60"))
	if err != nil {
		t.Fatal(err)
	}
	g.Close()
	select {
	case <-p.Done():
	default:
		t.Error("the process still runs")
	}
	if len(g.Memory()) != 0 {
		t.Errorf("running: %v", g.Memory())
	}
}

// TestUntilTellsTheLastNews: the last look is cut off by the end, and what the one before said is the reason.
func TestUntilTellsTheLastNews(t *testing.T) {
	t.Parallel()
	looks := 0
	err := process.Until(t.Context(), "a cluster", time.Second, func(ctx context.Context) error {
		if looks++; looks == 1 {
			return errors.New("its key is missing")
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if err == nil || err.Error() != "waited 1s for a cluster: its key is missing" {
		t.Errorf("got %v", err)
	}
}
