package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
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
	flags.StringArrayVar(&s.binaries, "binary", nil, "use this binary instead of building one: OS/ARCH=PATH; can be given once for each platform")
	flags.StringVar(&s.version, "version", buildVersion().Version,
		"version in the labels of the image, and of binaries that are built (default: that of this program)")
	flags.Lookup("version").DefValue = "" // The help is the same in every build.
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
		before, file, ok := strings.Cut(text, "=")
		if !ok || file == "" {
			return nil, usageError{fmt.Errorf("--binary %q: allowed is OS/ARCH=PATH, such as linux/arm64=bin/genops-arm64", text)}
		}
		platform, err := xpkg.ParsePlatform(before)
		if err != nil {
			return nil, usageError{fmt.Errorf("--binary %q: %w", text, err)}
		}
		if slices.ContainsFunc(binaries, func(b xpkg.Binary) bool { return b.Platform == platform }) {
			return nil, usageError{fmt.Errorf("--binary %q: there is one for %s already", text, platform)}
		}
		binaries = append(binaries, xpkg.Binary{Platform: platform, Path: file})
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
		s.sayf("building for %s: some minutes the first time", platform)
		binary := xpkg.Binary{Platform: platform, Path: filepath.Join(dir, strings.ReplaceAll(string(platform), "/", "-"))}
		if err := xpkg.Compile(ctx, s.dir, binary, s.version, s.err); err != nil {
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
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return packages, nil
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
		Short: "Make the function's package: a file for each platform",
		Long: `package writes the Crossplane package of the function, one file for each platform, and prints the digest that they have together in a
registry. The same binaries give the same bytes. It needs no Docker. The files can be pushed with genops function push --package, or with
crossplane xpkg push.`,
		Example: `  genops function package                     build for linux/amd64 and linux/arm64, write into dist/
  genops function package --binary linux/amd64=genops-amd64 --binary linux/arm64=genops-arm64`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.flags(cmd.Flags())
	cmd.Flags().StringVar(&o.into, "output-dir", "dist", "folder of the files, below -C DIR")
	return cmd
}

// packageReport is the output of package as JSON.
type packageReport struct {
	Digest    string          `json:"digest"`
	Platforms []xpkg.Platform `json:"platforms"`
	Files     []string        `json:"files"`
}

func (o *packageOptions) run(ctx context.Context) error {
	packages, err := o.packages(ctx)
	if err != nil {
		return err
	}
	index, err := xpkg.NewIndex(packages)
	if err != nil {
		return err
	}
	report := packageReport{Platforms: index.Platforms}
	if report.Digest, err = index.Digest(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("package: %w", err)
	}
	for _, p := range packages {
		file, err := o.write(p)
		if err != nil {
			return err
		}
		report.Files = append(report.Files, file)
	}
	slices.Sort(report.Files)
	o.sayf("wrote %s", strings.Join(report.Files, " and "))
	if o.json() {
		return o.print(report)
	}
	fmt.Fprintln(o.out, report.Digest)
	return nil
}

// write puts a package into its file, and returns the file's name.
func (o *packageOptions) write(p *xpkg.Package) (string, error) {
	file := path.Join(filepath.ToSlash(o.into), "genops-function-"+strings.ReplaceAll(string(p.Platform), "/", "-")+".xpkg")
	if !filepath.IsAbs(o.into) {
		file = path.Join(shown(o.dir), file)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", fmt.Errorf("write %w", err)
	}
	return file, p.Save(file)
}
