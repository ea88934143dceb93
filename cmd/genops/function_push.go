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
		Short: "Send the Crossplane package of genops to a registry",
		Long: `push makes the package like function package does, or takes the files that it wrote, and sends it to a registry. On the standard output
is the reference with the digest, which stands for these bytes for ever.

Credentials are those of docker login. HTTP without TLS is only for a registry on this machine.`,
		Example: `  genops function push REGISTRY/genops:v1.2.3
  genops function push REGISTRY/genops:v1.2.3 --package dist/genops-linux-amd64.xpkg --package dist/genops-linux-arm64.xpkg`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("function push takes one reference, REGISTRY/REPOSITORY:TAG: found %d", len(args))}
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
	cmd.Flags().StringArrayVar(&o.files, "package", nil, "file that function package wrote, repeatable")
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
		return usageError{fmt.Errorf("function push: %w", err)}
	}
	packages, err := o.load(ctx)
	if err != nil {
		return err
	}
	index, err := xpkg.NewIndex(packages)
	if err != nil {
		return usageError{fmt.Errorf("function push: %w", err)}
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	if err := xpkg.Push(ctx, to, index); err != nil {
		if refused, ok := errors.AsType[*xpkg.RegistryError](err); ok {
			return machineFault("push", o.reference, refused)
		}
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
			return nil, fileFault(err)
		}
		packages = append(packages, p)
	}
	return packages, nil
}
