// Package terminal writes to people: lines that stay, and below them lines that are replaced while something goes on.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Writer writes lines that stay and, on a terminal, lines below them that are replaced. Where there is no terminal, Progress writes a line now
// and then, and Show nothing.
type Writer struct {
	out   *os.File
	live  bool
	begun time.Time

	mu    sync.Mutex
	shown []string
	// passing says that what is shown goes with the next line that stays.
	passing bool
	last    time.Time
}

// New makes a writer. Times at the beginning of lines count from begun.
func New(out *os.File, begun time.Time) *Writer {
	return &Writer{out: out, live: isTerminal(out) && os.Getenv("TERM") != "dumb", begun: begun, last: time.Now()}
}

// Live tells whether lines can be replaced.
func (w *Writer) Live() bool { return w.live }

// Size is the number of columns and rows of a terminal, or what is usual.
func (w *Writer) Size() (columns, rows int) {
	size, err := unix.IoctlGetWinsize(int(w.out.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return 120, 40 //nolint:mnd // Said above.
	}
	return int(size.Col), int(size.Row)
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// Say writes a line that stays, with the seconds since the beginning.
func (w *Writer) Say(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.erase()
	fmt.Fprintf(w.out, "%4ds  %s\n", int(time.Since(w.begun).Seconds()), fmt.Sprintf(format, args...))
	w.draw()
}

// Print writes lines that stay, as they are.
func (w *Writer) Print(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.erase()
	fmt.Fprintln(w.out, strings.TrimRight(text, "\n"))
	w.draw()
}

// Progress says how far something is: in a line that is replaced, or in one every 30 seconds.
func (w *Writer) Progress(line string) {
	const often = 30 * time.Second
	if w.live {
		columns, _ := w.Size()
		w.show([]string{fmt.Sprintf("%4ds  %s", int(time.Since(w.begun).Seconds()), cut(line, columns-8))}, true) //nolint:mnd // The time and a margin.
		return
	}
	w.mu.Lock()
	due := time.Since(w.last) >= often
	if due {
		w.last = time.Now()
	}
	w.mu.Unlock()
	if due {
		w.Say("%s", line)
	}
}

// Show replaces the lines at the end. None of them may be wider than the terminal.
func (w *Writer) Show(lines []string) {
	if w.live {
		w.show(lines, false)
	}
}

func (w *Writer) show(lines []string, passing bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.erase()
	w.shown, w.passing = lines, passing
	w.draw()
}

func (w *Writer) erase() {
	if len(w.shown) > 0 {
		fmt.Fprintf(w.out, "\x1b[%dA\r\x1b[J", len(w.shown))
	}
	if w.passing {
		w.shown, w.passing = nil, false
	}
}

func (w *Writer) draw() {
	if len(w.shown) > 0 {
		_, _ = io.WriteString(w.out, strings.Join(w.shown, "\n")+"\n")
	}
}

func cut(text string, most int) string {
	runes := []rune(text)
	if most < 1 || len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
