package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/internal/graph"
	"github.com/innovate-inc/genops/internal/pipeline"
)

// newGraph makes the command that draws environments.
func newGraph(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "graph [ENVIRONMENT]",
		Short: "Draw an environment, or the whole platform",
		Long: `graph draws an environment: its account, network, cluster, services, database, and the ways that requests, images and secrets take. Without a
name it draws the platform: the accounts, what is in them, and who pulls from or points to whom. It reads environments/ alone, and needs neither
a cluster nor credentials.`,
		Example: `  genops graph prod                     Mermaid, for Markdown on GitHub
  genops graph prod -o svg >prod.svg    a picture for browsers
  genops graph -o dot | dot -Tpdf -O    the platform, laid out by Graphviz`,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("output") {
				g.output = "mermaid"
			}
			return g.validateOutput("mermaid", "dot", "svg")
		},
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "") {
				return usageError{errors.New("graph: the name of the environment is empty")}
			}
			return draw(cmd.Context(), g, args)
		},
	}
}

// draw writes the diagram of the environment that is named, or of the platform.
func draw(ctx context.Context, g *global, names []string) error {
	in, err := pipeline.Load(ctx, os.DirFS(g.dir), shown(g.dir), names)
	if err != nil {
		return err
	}
	drawn := graph.Platform(in.Config)
	if len(names) > 0 {
		drawn = graph.Environment(in.Config, in.Selected[0])
	}
	switch g.output {
	case "dot":
		fmt.Fprint(g.out, drawn.Dot())
	case "svg":
		fmt.Fprint(g.out, drawn.SVG())
	default:
		fmt.Fprint(g.out, drawn.Mermaid())
	}
	return nil
}
