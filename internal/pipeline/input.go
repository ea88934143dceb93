package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/page"
	"github.com/innovate-inc/genops/internal/postrender"
	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/internal/validate"
	"github.com/innovate-inc/genops/schema"
)

// Input is a loaded and checked platform, and the environments of it that were asked for.
type Input struct {
	Config *schema.Config
	// Selected are the environments that were named, or all.
	Selected []*schema.Environment
	// Warnings do not stop anything.
	Warnings []problem.Problem

	fsys      fs.FS
	prefix    string
	validator *validate.Validator
}

// Load reads and checks the environments below fsys. All are checked also when some are named, because what is wrong between two of them is
// wrong for both. prefix goes before file names in problems.
func Load(ctx context.Context, fsys fs.FS, prefix string, names []string) (*Input, error) {
	config, err := schema.Load(ctx, fsys, prefix)
	if err != nil {
		return nil, err
	}
	checked := check.Run(config)
	if err := problem.Join(slices.Concat(checked.Errors, unknownNames(config, names), sameNames(config))); err != nil {
		return nil, err
	}
	in := &Input{
		Config: config, Selected: config.Environments, Warnings: checked.Warnings, fsys: fsys, prefix: prefix, validator: &validate.Validator{},
	}
	if len(names) > 0 {
		in.Selected = slices.DeleteFunc(slices.Clone(in.Selected), func(e *schema.Environment) bool { return !slices.Contains(names, e.Name) })
	}
	return in, nil
}

// Platform makes the objects that all environments share.
func (in *Input) Platform() ([]manifest.Object, error) { return generators.Platform(in.Config) }

// Environment makes the objects of an environment, patches applied.
func (in *Input) Environment(ctx context.Context, e *schema.Environment) ([]manifest.Object, error) {
	made, err := in.environment(ctx, e)
	return made.Objects, err
}

// environment makes the objects of an environment, patches applied, and remembers which objects these changed.
func (in *Input) environment(ctx context.Context, e *schema.Environment) (page.Rendered, error) {
	objects, err := generators.Environment(in.Config, e)
	if err != nil {
		return page.Rendered{}, err
	}
	return in.patch(ctx, objects, e)
}

// withPage makes the files of an environment: its objects, and the page about them. An environment that renders nothing has none.
func (in *Input) withPage(ctx context.Context, e *schema.Environment) ([]manifest.Object, error) {
	made, err := in.environment(ctx, e)
	if err != nil || len(made.Objects) == 0 {
		return nil, err
	}
	text, err := page.Environment(in.Config, e, made)
	if err != nil {
		return nil, err
	}
	return append(made.Objects, manifest.Object{Path: path.Join(e.Name, page.Name), Raw: text}), nil
}

// platformWithPage makes the files that all environments share.
func (in *Input) platformWithPage() ([]manifest.Object, error) {
	objects, err := in.Platform()
	if err != nil {
		return nil, err
	}
	text, err := page.Platform(in.Config)
	if err != nil {
		return nil, err
	}
	return append(objects, manifest.Object{Path: path.Join(generators.Bootstrap, page.Name), Raw: text}), nil
}

// patch applies an environment's kustomization, and holds its result against the types and rules of the APIs: what a patch can spell wrong
// would otherwise be seen on the cluster first.
func (in *Input) patch(ctx context.Context, objects []manifest.Object, e *schema.Environment) (page.Rendered, error) {
	folder := path.Join("environments", e.Name)
	files, err := fs.Sub(in.fsys, folder)
	if err != nil {
		return page.Rendered{}, fmt.Errorf("open folder: %w", err)
	}
	made := page.Rendered{Objects: objects, Kustomization: postrender.Kustomization(files)}
	if len(objects) == 0 || made.Kustomization == "" {
		return made, nil
	}
	raw := slices.DeleteFunc(slices.Clone(objects), func(o manifest.Object) bool { return o.Raw == nil })
	objects = slices.DeleteFunc(slices.Clone(objects), func(o manifest.Object) bool { return o.Raw != nil })
	shown := path.Join(in.prefix, folder)
	patched, entries, err := postrender.Run(shown, files, objects)
	if err != nil {
		return page.Rendered{}, err
	}
	before := make(map[string][]byte, len(objects))
	for _, object := range objects {
		if before[object.Path], err = manifest.Encode("", object.Object); err != nil {
			return page.Rendered{}, fmt.Errorf("write %s: %w", object.Path, err)
		}
	}
	var broken brokenObjects
	for _, object := range patched {
		after, err := manifest.Encode("", object.Object)
		if err != nil {
			return page.Rendered{}, fmt.Errorf("write %s: %w", object.Path, err)
		}
		if bytes.Equal(before[object.Path], after) {
			continue
		}
		made.Patched = append(made.Patched, object.Path)
		for _, message := range in.validator.Object(ctx, object.Object) {
			broken.add(entries[object.Path], object.Path, message)
		}
	}
	made.Objects = slices.Concat(patched, raw)
	return made, problem.Join(broken.problems(e.Name))
}
