package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"github.com/innovate-inc/genops/internal/xpkg"
)

// packageSources are where packages come from: binaries that somebody built, or the sources of genops.
type packageSources struct {
	*global

	binaries []string
	version  string
}

// flags adds the options that package and push share.
func (s *packageSources) flags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&s.binaries, "binary", nil, "OS/ARCH=PATH of a binary, repeatable; by default the sources in -C DIR are built for all platforms")
	flags.StringVar(&s.version, "version", buildVersion().Version, "version that the package says it has")
	flags.Lookup("version").DefValue = "" // The help is the same in every build.
	flags.Lookup("version").Usage += " (default that of this genops)"
}

// packages makes a package for each platform.
func (s *packageSources) packages(ctx context.Context) ([]*xpkg.Package, error) {
	unlimited()
	if err := xpkg.CheckVersion(s.version); err != nil {
		return nil, usageError{fmt.Errorf("--%w", err)}
	}
	if len(s.binaries) == 0 {
		return s.compiled(ctx)
	}
	binaries := make([]xpkg.Binary, 0, len(s.binaries))
	for _, text := range s.binaries {
		before, path, ok := strings.Cut(text, "=")
		if !ok || path == "" {
			return nil, usageError{fmt.Errorf("--binary %q: allowed is OS/ARCH=PATH", text)}
		}
		platform, err := xpkg.ParsePlatform(before)
		if err != nil {
			return nil, usageError{fmt.Errorf("--binary %q: %w", text, err)}
		}
		binaries = append(binaries, xpkg.Binary{Platform: platform, Path: path})
	}
	return s.built(ctx, binaries)
}

// compiled builds binaries from the sources, one after the other: each build uses all cores.
func (s *packageSources) compiled(ctx context.Context) ([]*xpkg.Package, error) {
	dir, err := os.MkdirTemp("", "genops-package-")
	if err != nil {
		return nil, fmt.Errorf("write %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // The system cleans its temporary folder.
	var binaries []xpkg.Binary
	for _, platform := range xpkg.Platforms() {
		s.sayf("building for %s", platform)
		binary := xpkg.Binary{Platform: platform, Path: filepath.Join(dir, strings.ReplaceAll(string(platform), "/", "-"))}
		if err := xpkg.Compile(ctx, s.dir, binary, s.version, s.err); err != nil {
			if missing, ok := errors.AsType[*xpkg.ToolError](err); ok {
				return nil, machineFault("build", "genops", missing)
			}
			return nil, err
		}
		binaries = append(binaries, binary)
	}
	return s.built(ctx, binaries)
}

// built makes packages of binaries. Compressing is most of the work.
func (s *packageSources) built(ctx context.Context, binaries []xpkg.Binary) ([]*xpkg.Package, error) {
	packages := make([]*xpkg.Package, len(binaries))
	group, ctx := errgroup.WithContext(ctx)
	for i, binary := range binaries {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("package: %w", err)
			}
			made, err := xpkg.Build(binary, s.version)
			packages[i] = made
			return fileFault(err)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return packages, nil
}

// fileFault says whose fault a file is: a name that is wrong is the command line's.
func fileFault(err error) error {
	if missing, ok := errors.AsType[*xpkg.MissingError](err); ok {
		return usageError{missing}
	}
	return err
}

// packageOptions are the options of function package.
type packageOptions struct {
	packageSources

	into string
}

// newFunctionPackage makes the command that writes packages to files.
func newFunctionPackage(g *global) *cobra.Command {
	o := &packageOptions{packageSources: packageSources{global: g}}
	cmd := &cobra.Command{
		Use:   "package",
		Short: "Write the Crossplane package of genops to files, one for each platform",
		Long: `package writes the package that Crossplane installs genops from: DIR/genops-OS-ARCH.xpkg for each platform. It needs no Docker, and the
same binaries give the same bytes. On the standard output is the digest that function push gives the package.`,
		Example: `  genops function package                                          build and package for all platforms
  genops function package --binary linux/amd64=genops-amd64        package a binary that is there`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.flags(cmd.Flags())
	cmd.Flags().StringVar(&o.into, "output-dir", "dist", "folder to write to")
	return cmd
}

// packaged is one file in the output of package.
type packaged struct {
	Platform xpkg.Platform `json:"platform"`
	Path     string        `json:"path"`
	Digest   string        `json:"digest"`
}

// packageReport is the output of package as JSON.
type packageReport struct {
	Digest   string     `json:"digest"`
	Packages []packaged `json:"packages"`
}

func (o *packageOptions) run(ctx context.Context) error {
	packages, err := o.packages(ctx)
	if err != nil {
		return err
	}
	index, err := xpkg.NewIndex(packages)
	if err != nil {
		return usageError{fmt.Errorf("--binary: %w", err)}
	}
	report := packageReport{Packages: []packaged{}}
	if report.Digest, err = index.Digest(); err != nil {
		return err
	}
	if err := os.MkdirAll(o.into, 0o755); err != nil {
		return fmt.Errorf("write %w", err)
	}
	for _, p := range packages {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("package: %w", err)
		}
		digest, err := p.Digest()
		if err != nil {
			return err
		}
		path := filepath.Join(o.into, "genops-"+strings.ReplaceAll(string(p.Platform), "/", "-")+".xpkg")
		if err := p.Save(path); err != nil {
			return err
		}
		report.Packages = append(report.Packages, packaged{Platform: p.Platform, Path: filepath.ToSlash(path), Digest: digest})
		o.sayf("wrote %s", filepath.ToSlash(path))
	}
	if o.json() {
		return o.print(report)
	}
	fmt.Fprintln(o.out, report.Digest)
	return nil
}
