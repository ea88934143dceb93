// Package scenarios are what has to be true of a running control plane. Each looks at objects in API servers, not at logs.
package scenarios

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// scenario is a test with a name that says what it shows. Later ones build on the first of their suite.
type scenario struct {
	name string
	run  func(context.Context, *world.World) error
	// clean takes away what a run that failed may have left, besides commits; nil for nothing.
	clean func(context.Context, *world.World) error
	// sabotages show that the scenario can fail.
	sabotages []sabotage
}

// step is a part of a scenario with words for those who watch.
type step struct {
	what string
	run  func(context.Context, *world.World) error
}

// inOrder runs steps one after the other.
func inOrder(ctx context.Context, w *world.World, steps ...step) error {
	for _, s := range steps {
		w.Say("%s", s.what)
		if err := s.run(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", s.what, err)
		}
	}
	return nil
}

// Suites of scenarios: each has a world of its own.
const (
	Everyday = "everyday"
	Nightly  = "nightly"
	Scale    = "scale"
)

// suites are the scenarios of each suite, in their order.
func suites() map[string][]scenario {
	first := scenario{name: "first day: everything that is rendered becomes healthy", run: firstDay}
	parityToo := scenario{name: "parity: what was composed in the cluster is what genops expand shows", run: parity}
	seed := scenario{
		name: "everything of the seed: claims of each kind, services, database Secrets and addresses", run: everything, sabotages: seedSabotages(),
	}
	seedTonight := seed
	seedTonight.sabotages = nil // They are those of the everyday suite.
	return map[string][]scenario{
		Everyday: {
			first,
			seed,
			parityToo,
			{name: "a wrong claim is refused, an immutable field too, and a stateful claim is not deleted", run: refusals},
			{name: "both architectures: pods get nodes of their architecture from the right pool", run: architectures},
			{name: "a pull request changes what it says and nothing else", run: pullRequest},
			{name: "drift: what is edited by hand on the hub or a workload cluster is healed", run: drift, sabotages: sabotagesOfDrift()},
			{name: "AWS misbehaves: claims say what they wait for, and recovery needs no human", run: misbehaves, sabotages: sabotagesOfWeather()},
			{
				name: "progressive order: changes reach dev, then staging, then prod, and stop where it is unhealthy or its window is closed",
				run:  progressive, sabotages: orderSabotages(),
			},
			{name: "nothing is lost when something vanishes", run: nothingIsLost},
		},
		Nightly: {
			{
				name: "first day with restarts: every controller is killed once, and the end state is the same",
				run:  restarts, sabotages: restartSabotages(),
			},
			seedTonight,
			parityToo,
			{name: "environments come and go: nothing stateful goes by accident", run: comeAndGo, clean: leaveNothing, sabotages: comeAndGoSabotages()},
			{
				name:  "the hub is lost: a new one adopts what exists and creates nothing twice",
				run:   hubIsLost,
				clean: finishRestore, sabotages: hubSabotages(),
			},
		},
		Scale: {
			first,
			{name: "50 environments on one hub: memory, time to all Ready, and where it breaks", run: manyEnvironments, sabotages: scaleSabotages()},
		},
	}
}

// Options are what is run.
type Options struct {
	// Suite is Everyday, Nightly or Scale.
	Suite string
	// Only are parts of names; empty for all scenarios. The first always runs, because all others need it.
	Only []string
	// Sabotage runs each scenario that is asked for again with each of its sabotages.
	Sabotage bool
	// Faults are parts of the names of sabotages; empty for all.
	Faults []string
}

// Result is how one scenario went.
type Result struct {
	Name string
	Took time.Duration
	Err  error
	// Said is how a scenario failed that was sabotaged.
	Said string
	// Skipped says that it was not asked for.
	Skipped bool
}

// Report is the table at the end.
type Report struct {
	Results []Result
	Notes   []string
	Total   time.Duration
}

// Run runs a suite.
func Run(ctx context.Context, w *world.World, o Options) *Report {
	report := &Report{}
	start := time.Now()
	wanted := func(name string) bool { return matches(o.Only, name) }
	inOrder := true
	for i, s := range suites()[o.Suite] {
		if ctx.Err() != nil {
			break
		}
		if i > 0 && (!wanted(s.name) || report.Results[0].Err != nil || !inOrder) {
			report.Results = append(report.Results, Result{Name: s.name, Skipped: true})
			continue
		}
		w.Say("scenario %d: %s", i+1, s.name)
		began := time.Now()
		head, _ := w.Git.Head(ctx) // The first scenario begins with nothing.
		err := s.run(ctx, w)
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
		if err != nil {
			w.Say("FAILED: %v", err)
			takeBack(ctx, w, s, head)
		}
		report.Results = append(report.Results, Result{Name: s.name, Took: time.Since(began), Err: err})
		if o.Sabotage && err == nil && wanted(s.name) {
			var results []Result
			results, inOrder = sabotaged(ctx, w, s, o.Faults)
			report.Results = append(report.Results, results...)
		}
	}
	report.Total = time.Since(start)
	report.Notes = notes(w)
	return report
}

// matches tells whether a name contains one of some texts, or there are none.
func matches(texts []string, name string) bool {
	return len(texts) == 0 || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(name, text) })
}

// Failed tells whether a scenario failed.
func (r *Report) Failed() bool {
	return slices.ContainsFunc(r.Results, func(result Result) bool { return result.Err != nil })
}

// Print writes the table.
func (r *Report) Print(out io.Writer) {
	fmt.Fprintf(out, "\n%-8s %8s  %s\n", "RESULT", "TIME", "SCENARIO")
	for _, result := range r.Results {
		word, took := "passed", fmt.Sprintf("%.1f s", result.Took.Seconds())
		switch {
		case result.Skipped:
			word, took = "not run", ""
		case result.Err != nil:
			word = "FAILED"
		}
		fmt.Fprintf(out, "%-8s %8s  %s\n", word, took, result.Name)
		said := result.Said
		if result.Err != nil {
			said = result.Err.Error()
		}
		for line := range strings.Lines(said) {
			fmt.Fprintf(out, "                   %s\n", strings.TrimRight(line, "\n"))
		}
	}
	fmt.Fprintf(out, "%-8s %8s\n\n", "total", fmt.Sprintf("%.1f s", r.Total.Seconds()))
	for _, note := range r.Notes {
		fmt.Fprintln(out, note)
	}
}

// notes are what the table has to say about what was not real.
func notes(w *world.World) []string {
	const mib = 1 << 20
	total := int64(0)
	for _, size := range w.Group.Memory() {
		total += size
	}
	return append(w.Notes(),
		fmt.Sprintf("memory of all processes at the end: %d MiB", total/mib),
		"stand-ins: AWS and its provider (managed resources), EKS (access, nodes), the kubelet (pods of images without a program are only said",
		"to run: providers, dex, notifications, services, add-ons but Karpenter), charts of these add-ons (strict about values), controllers in",
		"workload clusters (HorizontalPodAutoscalers, Ingresses, ExternalSecrets and their stores: checked against AWS, and given their status).",
	)
}
