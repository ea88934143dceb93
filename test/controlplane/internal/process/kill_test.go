package process_test

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestKill: what is killed on purpose is not missed, and starts again as it was started.
func TestKill(t *testing.T) {
	t.Parallel()
	g := newGroup(t)
	server := shell("hub-server", "exec sleep 60")
	server.Essential = true
	other := shell("hub2-server", "exec sleep 60")
	first, err := g.Start(server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Start(other); err != nil {
		t.Fatal(err)
	}
	command, err := g.Kill("hub-server")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-first.Done():
	default:
		t.Error("the process still runs")
	}
	if _, err := g.Kill("hub-server"); err == nil || !strings.Contains(err.Error(), "0 such processes run") {
		t.Errorf("killed twice: %v", err)
	}
	if _, err := g.Start(command); err != nil {
		t.Fatal(err)
	}
	if killed := g.KillAll("hub-"); killed != 1 {
		t.Errorf("killed %d", killed)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := g.Watch(ctx); err != nil {
		t.Errorf("missed: %v", err)
	}
	if len(g.Memory()) != 1 {
		t.Errorf("running: %v", g.Memory())
	}
}
