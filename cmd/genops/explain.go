package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/schema"
)

// newExplain makes the command that explains fields of the contract.
func newExplain(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [FIELD]",
		Short: "Explain a field of an environment: documentation, type, default and allowed values",
		Example: `  genops explain                        the fields of an environment
  genops explain network.natGateways    one field
  genops explain platform.versions      a field of the platform`,
		Args: atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			field, err := schema.Explain(strings.Join(args, ""))
			if err != nil {
				var unknown *schema.UnknownFieldError
				if errors.As(err, &unknown) && unknown.Nearest != "" {
					err = fmt.Errorf("%w\n    hint: did you mean %s?", err, unknown.Nearest)
				}
				return usageError{err}
			}
			if g.json() {
				return g.print(field)
			}
			return writeField(g.out, field)
		},
	}
}

func writeField(w io.Writer, f *schema.Field) error {
	name := f.Path
	if name == "" {
		name = "environment"
	}
	need := ""
	if f.Required {
		need = ", required"
	}
	fmt.Fprintf(w, "%s (%s%s)\n", name, f.Type, need)
	if f.Documentation != "" {
		fmt.Fprintln(w)
		for paragraph := range strings.SplitSeq(f.Documentation, "\n") {
			fmt.Fprintln(w, indent(paragraph))
		}
	}
	if len(f.Defaults) > 0 {
		fmt.Fprintln(w)
	}
	for _, d := range f.Defaults {
		stage := ""
		if d.Stage != "" {
			stage = " in " + string(d.Stage)
		}
		fmt.Fprintf(w, "  default%s: %s\n", stage, d.Value)
	}
	if f.Allowed != "" {
		fmt.Fprintf(w, "\n%s\n", indent("allowed: "+f.Allowed))
	}
	if f.Names != "" {
		fmt.Fprintf(w, "\n%s\n", indent("names of elements: "+f.Names))
	}
	if len(f.Fields) == 0 {
		return nil
	}
	heading := "fields:"
	if f.Elements {
		heading = "fields of each element:"
	}
	fmt.Fprintf(w, "\n  %s\n", heading)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, field := range f.Fields {
		need := ""
		if field.Required {
			need = "required"
		}
		fmt.Fprintf(table, "    %s\t%s\t%s\n", field.Name, need, field.Documentation)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// indent breaks a paragraph into lines of at most 100 characters, two spaces in.
func indent(paragraph string) string {
	const width = 98
	var b strings.Builder
	line := " "
	for word := range strings.FieldsSeq(paragraph) {
		if len(line)+1+len(word) > width {
			b.WriteString(line + "\n")
			line = " "
		}
		line += " " + word
	}
	b.WriteString(line)
	return b.String()
}
