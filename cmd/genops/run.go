package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/internal/tree"
)

// Exit codes. Scripts rely on them.
const (
	exitInput       = 1   // What a person wrote is wrong.
	exitUsage       = 2   // The command line is wrong.
	exitDifference  = 3   // --check found a difference.
	exitMachine     = 4   // The machine is at fault: disk, permissions.
	exitInterrupted = 130 // Ctrl-C, as shells have it.
)

// streams are where a command reads and writes, and the environment it runs in.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
	env func(string) string
}

// terminal tells whether a stream is one.
func terminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}

// global are the options of every command.
type global struct {
	streams

	dir    string
	output string
	color  string
}

// json tells whether the product of the command is JSON.
func (g *global) json() bool { return g.output == "json" }

// style is how problems are coloured on a stream.
func (g *global) style(w io.Writer) problem.Style {
	if g.color == "always" || g.color == "auto" && terminal(w) && g.env("NO_COLOR") == "" {
		return problem.Colours()
	}
	return problem.Style{}
}

// print writes JSON to the standard output.
func (g *global) print(v any) error {
	encoder := json.NewEncoder(g.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// sayf tells people something that is not the product.
func (g *global) sayf(format string, args ...any) {
	if !g.json() {
		fmt.Fprintf(g.err, "genops: "+format+"\n", args...)
	}
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

// differenceError is a difference that the command was asked to look for; the command has reported it.
type differenceError struct{ message string }

func (e *differenceError) Error() string { return e.message }

// run executes a command line and returns the exit code.
func run(args []string, s streams) int {
	// A short run that builds many small values: collecting garbage four times less often saves a third of the CPU time. The limit, in bytes,
	// keeps that from costing more memory the more environments there are.
	const garbagePercent, memoryLimit = 400, 128 << 20
	debug.SetGCPercent(garbagePercent)
	debug.SetMemoryLimit(memoryLimit)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	out := &product{to: s.out}
	s.out = out
	g := &global{streams: s}
	root := newRoot(g)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	// A difference that could not be told is not told by the exit code alone.
	var difference *differenceError
	if out.err != nil && (err == nil || errors.As(err, &difference)) {
		err = out.err
	}
	if err == nil {
		return 0
	}
	return g.report(err)
}

// product is the standard output. It remembers that a write went wrong, so that a full disk behind it is not taken for success.
type product struct {
	to  io.Writer
	err error
}

// Write passes on to the standard output.
func (p *product) Write(data []byte) (int, error) {
	n, err := p.to.Write(data)
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("write output: %w", err)
	}
	return n, err //nolint:wrapcheck // The error is that of the stream.
}

// report prints an error the way people see it and returns its exit code.
func (g *global) report(err error) int {
	var input *problem.Error
	var difference *differenceError
	var usage usageError
	var machine *tree.MachineError
	var path *fs.PathError
	switch {
	case errors.As(err, &input):
		if g.json() {
			_ = g.print(map[string]any{"problems": input.Problems})
			return exitInput
		}
		problem.Write(g.err, input.Problems, g.style(g.err))
		fmt.Fprintf(g.err, "genops: %s, nothing written\n", problem.Count(input.Problems))
		return exitInput
	case errors.As(err, &difference):
		fmt.Fprintf(g.err, "genops: %s\n", difference.message)
		return exitDifference
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(g.err, "genops: interrupted, nothing written")
		return exitInterrupted
	case errors.As(err, &usage) || strings.HasPrefix(err.Error(), "unknown command"):
		fmt.Fprintf(g.err, "genops: %s\n", strings.TrimSpace(strings.ReplaceAll(err.Error(), "\n\n", "\n")))
		return exitUsage
	case errors.As(err, &machine) || errors.As(err, &path) || concurrent(err) || machineFault(err):
		fmt.Fprintf(g.err, "genops: %v\n", err)
		return exitMachine
	default:
		fmt.Fprintf(g.err, "genops: %v\n", err)
		return exitInput
	}
}

// concurrent tells whether another process was in the way, or a killed one left something behind.
func concurrent(err error) bool {
	var busy *tree.BusyError
	var changed *tree.ChangedError
	var interrupted *tree.InterruptedError
	return errors.As(err, &busy) || errors.As(err, &changed) || errors.As(err, &interrupted)
}

// newHelp makes the command that prints the help of a command. Cobra's own says of a command that does not exist what it says of success.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		RunE: func(_ *cobra.Command, args []string) error {
			command, rest, err := root.Find(args)
			if err != nil {
				return usageError{err}
			}
			if len(rest) > 0 {
				return usageError{fmt.Errorf("unknown command %q for %q", rest[0], command.CommandPath())}
			}
			command.InitDefaultHelpFlag()
			return command.Help()
		},
	}
}

// newRoot makes the command tree.
func newRoot(g *global) *cobra.Command {
	root := &cobra.Command{
		Use:   "genops",
		Short: "Render descriptions of AWS environments into GitOps manifests",
		Long: `genops renders the environments described in CUE below environments/ into Crossplane claims, Karpenter node pools and
Argo CD ApplicationSets below rendered/, from where a bootstrap cluster builds and runs them.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
		PersistentPreRunE: func(*cobra.Command, []string) error { return g.validate() },
	}
	root.SetIn(g.in)
	root.SetOut(g.out)
	root.SetErr(g.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
			return usageError{fmt.Errorf("--%s %q: allowed are true and false", invalid.GetFlag().Name, invalid.GetValue())}
		}
		return usageError{fmt.Errorf("%w\nrun %s --help for the options", err, cmd.CommandPath())}
	})
	flags := root.PersistentFlags()
	flags.StringVarP(&g.dir, "dir", "C", ".", "folder that holds environments/ and rendered/")
	flags.StringVarP(&g.output, "output", "o", "text", "form of the output: text or json")
	flags.StringVar(&g.color, "color", "auto", "colours: auto, always or never")
	root.SetHelpCommand(newHelp(root))
	root.AddCommand(newRender(g), newExpand(g), newValidate(g), newPin(g), newExplain(g), newList(g), newGraph(g), newFunction(g), newVersion(g))
	root.InitDefaultCompletionCmd()
	for _, command := range root.Commands() {
		if command.Name() == "completion" {
			// Without a function of its own cobra prints help and success for a shell that it does not know.
			command.Args = atMost(0)
			command.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
	return root
}

// validate checks the options of every command.
func (g *global) validate() error { return g.validateOutput("text", "json") }

// validateOutput checks them for a command that has these forms of output.
func (g *global) validateOutput(forms ...string) error {
	if !slices.Contains(forms, g.output) {
		last := len(forms) - 1
		return usageError{fmt.Errorf("--output %q: allowed are %s and %s", g.output, strings.Join(forms[:last], ", "), forms[last])}
	}
	if g.color != "auto" && g.color != "always" && g.color != "never" {
		return usageError{fmt.Errorf("--color %q: allowed are auto, always and never", g.color)}
	}
	return nil
}

// atMost checks the number of arguments.
func atMost(most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) <= most:
			return nil
		case most == 0:
			return usageError{fmt.Errorf("%s takes no arguments: found %s", cmd.Name(), strings.Join(args, " "))}
		default:
			return usageError{fmt.Errorf("%s takes %s: found %s", cmd.Name(), problem.Plural(most, "argument"), strings.Join(args, " "))}
		}
	}
}
