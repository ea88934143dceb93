package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/internal/pin"
	"github.com/innovate-inc/genops/schema"
)

// pinOptions are the options of pin.
type pinOptions struct {
	*global

	request pin.Request
	dryRun  bool
}

// newPin makes the command that pins images.
func newPin(g *global) *cobra.Command {
	o := &pinOptions{global: g}
	cmd := &cobra.Command{
		Use:   "pin ENVIRONMENT SERVICE (--tag TAG --digest DIGEST | --from ENVIRONMENT)",
		Short: "Pin the image that a service runs in an environment",
		Long: `pin writes into environments/ENVIRONMENT/images.cue which image of the platform's registry a service runs. The file is the command's own.
Everything is loaded and checked with the pin first; if anything is wrong, nothing is written. Run genops render after it.

With --from, the image is the one that another environment has pinned: this is how what was tested in one environment reaches the next.`,
		Example: `  genops pin dev api --tag v1.4.2 --digest sha256:0123...
  genops pin staging api --from dev`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.arguments(args); err != nil {
				return usageError{err}
			}
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&o.request.Image.Tag, "tag", "", "tag of the image")
	cmd.Flags().StringVar(&o.request.Image.Digest, "digest", "", "digest of the image, or of the list of images for several architectures")
	cmd.Flags().StringVar(&o.request.From, "from", "", "environment whose pinned image is taken")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print the file, write nothing")
	return cmd
}

// arguments checks the command line.
func (o *pinOptions) arguments(args []string) error {
	const two = 2
	image := o.request.Image
	switch {
	case len(args) != two || slices.Contains(args, ""):
		return errors.New("pin takes an environment and a service")
	case o.request.From != "" && (image.Tag != "" || image.Digest != ""):
		return errors.New("pin: --from says the image already: leave --tag and --digest out")
	case o.request.From == args[0]:
		return fmt.Errorf("pin: --from %s is the environment itself", args[0])
	case o.request.From == "" && image.Tag == "":
		return errors.New("pin: --tag is missing: it says to people which image that is")
	case o.request.From == "" && image.Digest == "":
		return errors.New("pin: --digest is missing: a tag alone could be moved")
	}
	o.request.Environment, o.request.Service = args[0], args[1]
	if o.request.From != "" {
		return nil
	}
	for _, flag := range []struct{ name, definition, value string }{{"tag", "#ImageTag", image.Tag}, {"digest", "#ImageDigest", image.Digest}} {
		fits, allowed, err := schema.Fits(flag.definition, flag.value)
		if err != nil {
			return fmt.Errorf("pin: %w", err)
		}
		if !fits {
			return fmt.Errorf("pin: --%s %q: allowed is %s", flag.name, flag.value, allowed)
		}
	}
	return nil
}

// pinReport is the output of pin as JSON.
type pinReport struct {
	File        string    `json:"file"`
	Environment string    `json:"environment"`
	Service     string    `json:"service"`
	Changed     bool      `json:"changed"`
	Before      pin.Image `json:"before"`
	After       pin.Image `json:"after"`
}

func (o *pinOptions) run(ctx context.Context) error {
	progress, stop := newProgress(o.global)
	defer stop()
	progress("reading environments")
	result, err := pin.Pin(ctx, os.DirFS(o.dir), shown(o.dir), o.request)
	if err != nil {
		return err
	}
	file := path.Join(shown(o.dir), result.File)
	if !o.dryRun {
		if err := result.Save(o.dir, file); err != nil {
			return err
		}
	}
	stop()
	r := o.request
	if o.json() {
		return o.print(pinReport{
			File: file, Environment: r.Environment, Service: r.Service, Changed: result.Changed, Before: result.Before, After: result.After,
		})
	}
	if o.dryRun {
		if _, err := o.out.Write(result.Content); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
	}
	switch {
	case !result.Changed:
		o.sayf("%s runs %s %s already", r.Environment, r.Service, result.After.Tag)
	case o.dryRun:
		o.sayf("%s would run %s %s instead of %s, nothing written", r.Environment, r.Service, result.After.Tag, result.Before.Tag)
	default:
		o.sayf("%s runs %s %s instead of %s: run genops render %s", r.Environment, r.Service, result.After.Tag, result.Before.Tag, r.Environment)
	}
	return nil
}
