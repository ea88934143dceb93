package main

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/internal/pipeline"
	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/internal/schemas"
)

// validateOptions are the options of validate.
type validateOptions struct {
	*global

	names []string
}

// newValidate makes the command that validates what render and expand give.
func newValidate(g *global) *cobra.Command {
	o := &validateOptions{global: g}
	return &cobra.Command{
		Use:   "validate [ENVIRONMENT...]",
		Short: "Hold everything that is rendered, and what claims become, against the definitions of the APIs",
		Long: `validate checks offline, with the API server's own code, every object that render writes and every resource that the claims become
(genops expand): fields, types and rules of their definitions. It checks composed resources against each other as well: references, names,
and IAM policies, in which each wildcard has to have its reason. It writes nothing.

render validates what it is about to write. validate does the same for everything: run it in CI, and after a new version of genops.`,
		Example: `  genops validate           everything
  genops validate dev       dev, and the platform's own objects`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "") {
				return usageError{errors.New("validate: the name of an environment is empty")}
			}
			o.names = args
			return o.run(cmd.Context())
		},
	}
}

// validateReport is the output of validate as JSON.
type validateReport struct {
	pipeline.Validation

	Schemas  []schemas.Source  `json:"schemas"`
	Warnings []problem.Problem `json:"warnings"`
}

func (o *validateOptions) run(ctx context.Context) error {
	progress, stop := newProgress(o.global)
	defer stop()
	progress("reading environments")
	in, err := pipeline.Load(ctx, os.DirFS(o.dir), shown(o.dir), o.names)
	if err != nil {
		return err
	}
	progress("validating")
	validation, err := in.Validate(ctx, nil)
	if err != nil {
		return err
	}
	stop()
	warnings := append(slices.Clone(in.Warnings), in.Installed()...)
	if o.json() {
		sources, err := schemas.Sources()
		if err != nil {
			return err
		}
		return o.print(validateReport{Validation: validation, Schemas: sources, Warnings: append([]problem.Problem{}, warnings...)})
	}
	problem.Write(o.err, warnings, o.style(o.err))
	o.sayf("%s and %s are valid", problem.Plural(validation.Objects, "rendered object"), problem.Plural(validation.Resources, "composed resource"))
	return nil
}
