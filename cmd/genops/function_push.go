package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/internal/xpkg"
)

// pushOptions are the options of function push.
type pushOptions struct {
	packageSources

	files     []string
	reference string
}

// newFunctionPush makes the command that sends the package to a registry.
func newFunctionPush(g *global) *cobra.Command {
	o := &pushOptions{packageSources: packageSources{global: g}}
	cmd := &cobra.Command{
		Use:   "push REGISTRY/REPOSITORY:TAG",
		Short: "Publish the function's package in a registry, and print its digest",
		Long: `push sends the package for all platforms to a registry, with the credentials of docker login, and prints its reference with the digest.
The digest is what versions.packages.function.version of the platform takes, so that what was reviewed is what runs.

HTTP without TLS is only for a registry on this machine.`,
		Example: `  genops function push registry.example/genops/function:v0.1.0
  genops function push registry.example/genops/function:v0.1.0 --package dist/genops-function-linux-amd64.xpkg --package dist/genops-function-linux-arm64.xpkg`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("push takes one reference: REGISTRY/REPOSITORY:TAG")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(o.files) > 0 && (len(o.binaries) > 0 || cmd.Flags().Changed("version")) {
				return usageError{errors.New("--package: a package that is made already has its binary and its version, --binary and --version change nothing")}
			}
			o.reference = args[0]
			return o.run(cmd.Context())
		},
	}
	o.flags(cmd.Flags())
	cmd.Flags().StringArrayVar(&o.files, "package", nil, "push this file of genops function package instead of building; once for each platform")
	return cmd
}

// pushReport is the output of push as JSON.
type pushReport struct {
	Reference string          `json:"reference"`
	Digest    string          `json:"digest"`
	Platforms []xpkg.Platform `json:"platforms"`
}

func (o *pushOptions) run(ctx context.Context) error {
	to, err := xpkg.ParseReference(o.reference)
	if err != nil {
		return usageError{err}
	}
	packages, err := o.load(ctx)
	if err != nil {
		return err
	}
	index, err := xpkg.NewIndex(packages)
	if err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	if err := xpkg.Push(ctx, to, index); err != nil {
		return err
	}
	report := pushReport{Reference: o.reference + "@" + digest, Digest: digest, Platforms: index.Platforms}
	if o.json() {
		return o.print(report)
	}
	fmt.Fprintln(o.out, report.Reference)
	return nil
}

// load takes packages from files, or makes them.
func (o *pushOptions) load(ctx context.Context) ([]*xpkg.Package, error) {
	if len(o.files) == 0 {
		return o.packages(ctx)
	}
	unlimited()
	packages := make([]*xpkg.Package, 0, len(o.files))
	for _, file := range o.files {
		p, err := xpkg.Load(file)
		if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	return packages, nil
}
