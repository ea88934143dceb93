package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/innovate-inc/genops/internal/pipeline"
)

// patience is how long people wait without wondering.
const patience = time.Second

// newProgress shows on a terminal which step is going on, once the whole takes longer than people wait without wondering. The second function
// takes the line away again and can be called more than once.
func newProgress(g *global) (pipeline.Progress, func()) {
	if g.json() || !terminal(g.err) {
		return func(string) {}, func() {}
	}
	var mu sync.Mutex
	step, visible, done := "", false, false
	show := func() {
		if step != "" && !done {
			visible = true
			fmt.Fprintf(g.err, "\r\x1b[Kgenops: %s ...", step)
		}
	}
	timer := time.AfterFunc(patience, func() {
		mu.Lock()
		defer mu.Unlock()
		show()
	})
	progress := func(next string) {
		mu.Lock()
		defer mu.Unlock()
		step = next
		if visible {
			show()
		}
	}
	stop := func() {
		mu.Lock()
		defer mu.Unlock()
		timer.Stop()
		done = true
		if visible {
			fmt.Fprint(g.err, "\r\x1b[K")
			visible = false
		}
	}
	return progress, stop
}
