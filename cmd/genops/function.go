package main

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/internal/tree"
)

// newFunction makes the commands around the composition function.
func newFunction(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "function",
		Short: "Serve the compositions to Crossplane, and package genops for it",
		Long: `function holds what makes genops a composition function of Crossplane: the server that runs on the bootstrap cluster, and the
package that Crossplane installs it from.`,
		// Without these cobra prints help and success for a command that does not exist.
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newFunctionServe(g), newFunctionPackage(g), newFunctionPush(g))
	return cmd
}

// subcommand refuses the name of a command that does not exist, the way cobra does for the first one of a line.
func subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	message := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		message += "\nDid you mean this?\n\t" + strings.Join(near, "\n\t")
	}
	return usageError{errors.New(message)}
}

// machineFault marks what is not the fault of a person's input.
func machineFault(op, what string, err error) error {
	return &tree.MachineError{Op: op, Path: what, Err: err}
}

// unlimited takes back what run sets for a short render: a server and a packager hold more than a render does, and a limit that is always
// exceeded makes the collector run without end.
func unlimited() {
	const usual = 100
	debug.SetGCPercent(usual)
	debug.SetMemoryLimit(math.MaxInt64)
}
