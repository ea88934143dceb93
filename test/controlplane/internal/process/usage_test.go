package process

import (
	"os"
	"testing"
	"time"
)

// TestProcessorOf: a program's name may look like other fields.
func TestProcessorOf(t *testing.T) {
	t.Parallel()
	for stat, want := range map[string]time.Duration{
		"7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 5 0 0": 3 * time.Second,
		"7 (short) S 1": 0,
		"":              0,
	} {
		if got := processorOf(stat); got != want {
			t.Errorf("%q: got %s, want %s", stat, got, want)
		}
	}
}

// TestUsageOf: this process uses memory, and one that there is not uses nothing.
func TestUsageOf(t *testing.T) {
	t.Parallel()
	if u := UsageOf("self", os.Getpid()); u.Resident == 0 {
		t.Errorf("got %+v", u)
	}
	if u := UsageOf("none", 0); u.Resident != 0 || u.CPU != 0 {
		t.Errorf("got %+v", u)
	}
}
