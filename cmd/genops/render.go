package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/internal/pipeline"
	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/internal/tree"
)

// rendered is the folder of the output.
const rendered = "rendered"

// errNotFolder is a file where the output should go.
var errNotFolder = errors.New("it is not a folder")

// renderOptions are the options of render.
type renderOptions struct {
	*global

	check   bool
	verbose bool
	names   []string
}

// newRender makes the command that renders environments.
func newRender(g *global) *cobra.Command {
	o := &renderOptions{global: g}
	cmd := &cobra.Command{
		Use:   "render [ENVIRONMENT...]",
		Short: "Render environments/ into rendered/",
		Long: `render brings rendered/ up to date with environments/: it writes what changed, removes what is no longer generated and touches
nothing that it does not own. All environments are checked first; if anything is wrong, nothing is written.

With names, only these environments and what depends on them in rendered/bootstrap and rendered/ci are written; --check without names
lists what else is stale, such as the page of a neighbour in the platform's order.`,
		Example: `  genops render             render everything
  genops render dev         render dev alone
  genops render --check     list what is stale, write nothing, exit 3 if there is anything`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "") {
				return usageError{errors.New("render: the name of an environment is empty")}
			}
			o.names = args
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&o.check, "check", false, "write nothing; list what is stale and exit 3 if there is anything")
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "list every file that is written or removed")
	return cmd
}

// change is one file in the output of render.
type change struct {
	Path   string `json:"path"`
	Change string `json:"change"`
}

// renderReport is the output of render as JSON.
type renderReport struct {
	Changes  []change          `json:"changes"`
	Foreign  []string          `json:"foreign"`
	Warnings []problem.Problem `json:"warnings"`
}

func (o *renderOptions) run(ctx context.Context) error {
	progress, stop := newProgress(o.global)
	defer stop()
	root := filepath.Join(o.dir, rendered)
	result, err := pipeline.Render(ctx, os.DirFS(o.dir), shown(o.dir), o.names, progress)
	if err != nil {
		return err
	}
	progress("comparing with rendered/")
	if !o.check {
		if err := tree.Recover(ctx, root); err != nil {
			return o.foreign(root, err)
		}
	}
	diff, err := tree.Compare(ctx, root, result.Files, tree.Options{Tops: result.Tops})
	if err != nil {
		return o.foreign(root, err)
	}
	if err := o.refuseEmpty(root, result); err != nil {
		return err
	}
	if err := validateChanges(ctx, result, diff, progress); err != nil {
		return err
	}
	result.Warnings = append(result.Warnings, refusedRemovals(os.DirFS(root), shown(o.dir), diff.Changes())...)
	if !o.check {
		if len(diff.Changes()) > 0 {
			progress("writing rendered/")
		}
		if err := diff.Apply(ctx); err != nil {
			return fmt.Errorf("write %s: %w", path.Join(shown(o.dir), rendered), err)
		}
	}
	stop()
	return o.report(result, diff)
}

// validateChanges validates what is about to be written, and what the claims in it become. What stands in rendered/ was validated when it was
// written.
func validateChanges(ctx context.Context, result *pipeline.Result, diff *tree.Diff, progress pipeline.Progress) error {
	changed := map[string]bool{}
	for _, c := range diff.Changes() {
		if c.Kind == tree.Created || c.Kind == tree.Updated {
			changed[c.Path] = true
		}
	}
	if len(changed) == 0 {
		return nil
	}
	progress("validating")
	_, err := result.Validate(ctx, changed)
	return err
}

// foreign turns paths that are taken into problems. Something in the place of rendered/ itself is for whoever set up the machine.
func (o *renderOptions) foreign(root string, err error) error {
	var problems []problem.Problem
	for _, e := range parts(err) {
		taken, ok := errors.AsType[*tree.ForeignError](e)
		if !ok {
			return err
		}
		if taken.Path == root {
			return &tree.MachineError{Op: "write", Path: taken.Path, Err: errNotFolder}
		}
		problems = append(problems, problem.Problem{
			Position: problem.Position{File: filepath.ToSlash(taken.Path)},
			Message:  "this stands where genops would write, and genops did not write it",
			Hint:     "move it out of rendered/, or remove it if it is a copy",
		})
	}
	return problem.Join(problems)
}

// parts lists the errors in a joined one.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// refuseEmpty refuses to remove all files of an environment that is still described: that is a mistake more often than an intention, and Argo
// CD would delete what they built. Removing the environment's folder says that it is meant.
func (o *renderOptions) refuseEmpty(root string, result *pipeline.Result) error {
	full := map[string]bool{}
	for name := range result.Files {
		top, _, _ := strings.Cut(name, "/")
		full[top] = true
	}
	var problems []problem.Problem
	for _, e := range result.Config.Environments {
		if full[e.Name] || len(o.names) > 0 && !slices.Contains(o.names, e.Name) {
			continue
		}
		if _, err := fs.Stat(os.DirFS(root), path.Join(e.Name, tree.ManifestName)); err != nil {
			continue
		}
		problems = append(problems, problem.Problem{
			Environment: e.Name,
			Position:    result.Config.Position(e.Name, ""),
			Message:     fmt.Sprintf("%s renders nothing, but %s/%s is full: genops does not empty an environment that is still described", e.Name, rendered, e.Name),
			Hint:        "give the environment its account back, or remove environments/" + e.Name + " if it should go",
		})
	}
	return problem.Join(problems)
}

// report says what was done, or what is stale.
func (o *renderOptions) report(result *pipeline.Result, diff *tree.Diff) error {
	report := renderReport{Changes: []change{}, Foreign: []string{}, Warnings: append([]problem.Problem{}, result.Warnings...)}
	for _, name := range diff.Foreign() {
		report.Foreign = append(report.Foreign, path.Join(shown(o.dir), rendered)+"/"+name)
	}
	counts := map[tree.Kind]int{}
	for _, c := range diff.Changes() {
		counts[c.Kind]++
		report.Changes = append(report.Changes, change{Path: path.Join(shown(o.dir), rendered, c.Path), Change: c.Kind.String()})
	}
	if o.json() {
		if err := o.print(report); err != nil {
			return err
		}
	} else {
		problem.Write(o.err, result.Warnings, o.style(o.err))
		if o.check || o.verbose {
			for _, c := range report.Changes {
				fmt.Fprintf(o.out, "%-8s %s\n", c.Change, c.Path)
			}
		}
	}
	if len(report.Changes) == 0 {
		o.sayf("%s is up to date", rendered)
		return nil
	}
	if o.check {
		verb := "differ"
		if len(report.Changes) == 1 {
			verb = "differs"
		}
		return &differenceError{message: fmt.Sprintf("%s is stale: %s %s; run genops render", rendered, problem.Plural(len(report.Changes), "file"), verb)}
	}
	o.sayf("%s: %s", problem.Plural(result.Rendered, "environment"), summary(counts))
	return nil
}

// summary counts changes by kind.
func summary(counts map[tree.Kind]int) string {
	var parts []string
	for _, kind := range []tree.Kind{tree.Created, tree.Updated, tree.Edited, tree.Removed} {
		if n := counts[kind]; n > 0 {
			what := kind.String()
			if kind == tree.Edited {
				what = "restored after an edit"
			}
			parts = append(parts, fmt.Sprintf("%s %s", problem.Plural(n, "file"), what))
		}
	}
	return strings.Join(parts, ", ")
}
