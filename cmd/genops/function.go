package main

import (
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/internal/xpkg"
)

// newFunction makes the commands around the composition function.
func newFunction(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "function",
		Short: "Serve the compositions to Crossplane, and make and publish their package",
		Long: `The compositions run on the bootstrap cluster as a Crossplane composition function: this program, in a package with one image for each
platform. push publishes it and prints what versions.packages.function of the platform takes.`,
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

// machineFault tells whether a registry, a port, certificates or the Go toolchain are at fault, and not what a person wrote.
func machineFault(err error) bool {
	var registry *xpkg.RegistryError
	var tool *xpkg.ToolError
	var server *serverError
	return errors.As(err, &registry) || errors.As(err, &tool) || errors.As(err, &server)
}

// serverError is a server that cannot serve.
type serverError struct{ error }

func (e *serverError) Unwrap() error { return e.error }

// unlimited takes back what run sets for a short render: a server and a packager hold more than a render does, and a limit that is always
// exceeded makes the collector run without end.
func unlimited() {
	const usual = 100
	debug.SetGCPercent(usual)
	debug.SetMemoryLimit(math.MaxInt64)
}
