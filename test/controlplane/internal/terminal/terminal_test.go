package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func writer(t *testing.T, live bool) (*Writer, func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	w := New(file, time.Now())
	w.live = live
	return w, func() string {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// TestLive: lines that are shown are replaced, and stay below those that stay; progress goes with the next line that stays.
func TestLive(t *testing.T) {
	t.Parallel()
	w, read := writer(t, true)
	w.Progress("half")
	w.Say("built")
	w.Show([]string{"one", "two"})
	w.Print("commit\n")
	w.Show(nil)
	const up1, up2 = "\x1b[1A\r\x1b[J", "\x1b[2A\r\x1b[J"
	want := "   0s  half\n" + up1 + "   0s  built\n" + "one\ntwo\n" + up2 + "commit\none\ntwo\n" + up2
	if got := read(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPlain: without a terminal nothing is replaced, and progress is told now and then.
func TestPlain(t *testing.T) {
	t.Parallel()
	w, read := writer(t, false)
	w.Progress("too soon")
	w.last = time.Now().Add(-time.Minute)
	w.Progress("half")
	w.Show([]string{"table"})
	w.Say("built")
	if got, want := read(), "   0s  half\n   0s  built\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"short": "short", strings.Repeat("x", 11): strings.Repeat("x", 9) + "…"} {
		if got := cut(text, 10); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
