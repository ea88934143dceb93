// Bench measures what people wait for: how long genops render takes and how much memory it needs with 3, 30 and 300 environments. It generates
// the environments, runs the genops binary on them as a process of its own, and prints CPU seconds, because wall-clock time on a shared machine
// says little. Beside them stands the floor: the same objects marshalled and written with no CUE at all.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	sizes := flag.String("environments", "3,30,300", "numbers of environments, with commas")
	runs := flag.Int("runs", 3, "runs of each measurement; the median is printed")
	floor := flag.String("floor", "", "internal: marshal and write the objects below this folder and print the CPU seconds")
	flag.Parse()
	var err error
	if *floor != "" {
		err = measureFloor(os.Stdout, *floor)
	} else {
		err = bench(context.Background(), os.Stdout, *sizes, *runs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// figures are what one process used.
type figures struct {
	cpu  float64 // seconds, user and system
	wall float64 // seconds
	mib  float64 // peak resident memory
	// resources is how many composed resources the output lists.
	resources int
}

func bench(ctx context.Context, out io.Writer, sizes string, runs int) error {
	work, err := os.MkdirTemp("", "genops-bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }()
	binary := filepath.Join(work, "genops")
	build := exec.CommandContext(ctx, //nolint:gosec // The paths are the benchmark's own.
		"go", "build", "-o", binary, "./cmd/genops")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build genops: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own binary: %w", err)
	}
	measured := programs{genops: binary, self: self, runs: runs}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "environments\tfiles\tfirst render\tsecond render\t--check\tstart-up\tfloor (no CUE)\tfirst / floor\tpeak memory\t")
	var claims strings.Builder
	expanded := tabwriter.NewWriter(&claims, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(expanded, "environments\tresources\texpand\tvalidate\tvalidate / second render\tpeak memory\t")
	for size := range strings.SplitSeq(sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(size))
		if err != nil {
			return fmt.Errorf("read number of environments: %w", err)
		}
		dir := filepath.Join(work, size)
		second, err := measured.row(ctx, table, dir, n)
		if err != nil {
			return err
		}
		if err := measured.claims(ctx, expanded, dir, n, second); err != nil {
			return err
		}
	}
	if err := expanded.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	fmt.Fprint(out, "\n", claims.String())
	fmt.Fprintln(out, "\nCPU seconds, user and system, median; memory in MiB. first: rendered/ is empty. second: nothing changed.\n"+
		"The floor reads the rendered objects before its clock starts, then marshals and writes them.")
	return nil
}

// programs are what is measured, and how often.
type programs struct {
	genops string
	self   string
	runs   int
}

// row measures rendering one number of environments, and returns the CPU seconds of a second render.
func (p programs) row(ctx context.Context, table *tabwriter.Writer, dir string, n int) (float64, error) {
	if err := generate(dir, n); err != nil {
		return 0, err
	}
	rendered := filepath.Join(dir, "rendered")
	var first, second, check, start, floor []figures
	for range p.runs {
		if err := os.RemoveAll(rendered); err != nil {
			return 0, fmt.Errorf("empty folder: %w", err)
		}
		for _, m := range []struct {
			into *[]figures
			args []string
		}{
			{&first, []string{p.genops, "-C", dir, "render"}},
			{&second, []string{p.genops, "-C", dir, "render"}},
			{&check, []string{p.genops, "-C", dir, "render", "--check"}},
			{&start, []string{p.genops, "version"}},
			{&floor, []string{p.self, "-floor", rendered}},
		} {
			f, err := measure(ctx, m.args)
			if err != nil {
				return 0, err
			}
			*m.into = append(*m.into, f)
		}
	}
	cpu := func(f figures) float64 { return f.cpu }
	a, b := median(first, cpu), median(floor, cpu)
	peak := median(first, func(f figures) float64 { return f.mib })
	fmt.Fprintf(table, "%d\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t%.0f\t\n", n, count(rendered), a, median(second, cpu), median(check, cpu),
		median(start, cpu), b, a/b, peak)
	return median(second, cpu), nil
}

// claims measures what is done with the claims of one number of environments.
func (p programs) claims(ctx context.Context, table *tabwriter.Writer, dir string, n int, second float64) error {
	var expand, validate []figures
	resources := 0
	for range p.runs {
		f, err := measure(ctx, []string{p.genops, "-C", dir, "expand", "-o", "json"})
		if err != nil {
			return err
		}
		expand, resources = append(expand, f), f.resources
		if f, err = measure(ctx, []string{p.genops, "-C", dir, "validate"}); err != nil {
			return err
		}
		validate = append(validate, f)
	}
	cpu := func(f figures) float64 { return f.cpu }
	peak := median(append(expand, validate...), func(f figures) float64 { return f.mib })
	fmt.Fprintf(table, "%d\t%d\t%.2f\t%.2f\t%.1f\t%.0f\t\n", n, resources, median(expand, cpu), median(validate, cpu), median(validate, cpu)/second, peak)
	return nil
}

// measure runs a command. The floor measures itself and prints its CPU seconds, because reading the objects does not count.
func measure(ctx context.Context, args []string) (figures, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // The commands are the benchmark's own.
	var out counter
	cmd.Stdout = &out
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return figures{}, fmt.Errorf("run %s: %w", strings.Join(args, " "), err)
	}
	f := figures{resources: out.resources, wall: time.Since(start).Seconds(), cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		const kib = 1024
		f.mib = float64(usage.Maxrss) / kib
	}
	if len(args) > 1 && args[1] == "-floor" {
		own, err := strconv.ParseFloat(strings.TrimSpace(out.String()), 64)
		if err != nil {
			return figures{}, fmt.Errorf("read floor: %w", err)
		}
		f.cpu = own
	}
	return f, nil
}

// counter keeps the beginning of an output and counts the composed resources in it: all of it would be counted as our memory.
type counter struct {
	strings.Builder

	resources int
}

// Write counts.
func (c *counter) Write(data []byte) (int, error) {
	c.resources += strings.Count(string(data), `"resource": {`)
	const enough = 4096
	if c.Len() < enough {
		c.Builder.Write(data)
	}
	return len(data), nil
}

func median(all []figures, of func(figures) float64) float64 {
	values := make([]float64, 0, len(all))
	for _, f := range all {
		values = append(values, of(f))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// count is the number of rendered files.
func count(dir string) int {
	n := 0
	_ = filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return nil
	})
	return n
}
