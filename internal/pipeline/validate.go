package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/expand"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/postrender"
	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/internal/vet"
	"github.com/innovate-inc/genops/schema"
)

// Validation is what a validation looked at. What is wrong is in its error.
type Validation struct {
	// Objects is the number of rendered objects, Resources that of the composed resources of their claims.
	Objects   int `json:"objects"`
	Resources int `json:"resources"`
}

// Validate holds rendered objects, and everything that their claims become, against the definitions that the API server would hold them against,
// and composed resources against each other. only limits it to some paths below rendered/; nil means all.
//
// Objects are made once more: keeping them would cost memory for each environment.
func (in *Input) Validate(ctx context.Context, only map[string]bool) (Validation, error) {
	parts := make([]Validation, len(in.Selected)+1)
	problems := make([][]problem.Problem, len(in.Selected)+1)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	last := len(in.Selected)
	group.Go(func() error {
		objects, err := in.Platform()
		if err != nil {
			return err
		}
		problems[last] = in.validate(ctx, nil, objects, only, &parts[last])
		return nil
	})
	for i, e := range in.Selected {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("validate %s: %w", e.Name, err)
			}
			if only != nil && !below(only, e.Name) {
				return nil
			}
			objects, err := in.Environment(ctx, e)
			if wrong, ok := errors.AsType[*problem.Error](err); ok {
				problems[i] = wrong.Problems
				return nil
			}
			if err != nil {
				return err
			}
			problems[i] = in.validate(ctx, e, objects, only, &parts[i])
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Validation{}, fmt.Errorf("validate: %w", err)
	}
	var sum Validation
	for _, part := range parts {
		sum.Objects += part.Objects
		sum.Resources += part.Resources
	}
	return sum, problem.Join(slices.Concat(problems...))
}

// below tells whether one of the paths is in a folder.
func below(paths map[string]bool, folder string) bool {
	for name := range paths {
		if strings.HasPrefix(name, folder+"/") {
			return true
		}
	}
	return false
}

// validate looks at the objects of an environment, or of the platform if e is nil. If a claim has to be looked at, all claims of the environment
// are: their resources refer to each other.
func (in *Input) validate(ctx context.Context, e *schema.Environment, objects []manifest.Object, only map[string]bool, seen *Validation) []problem.Problem {
	var problems []problem.Problem
	claims := false
	for _, object := range objects {
		if object.Raw != nil || only != nil && !only[object.Path] {
			continue
		}
		seen.Objects++
		claims = claims || in.isClaim(object)
		for _, message := range in.judge(ctx, object.Object) {
			problems = append(problems, in.blame(e, object.Path, message, fmt.Sprintf("%s is not valid: %s", in.rendered(object.Path), message)))
		}
	}
	// What a claim that is not valid becomes says nothing.
	if !claims || len(problems) > 0 {
		return problems
	}
	expanded, err := expand.Objects(objects, "")
	refused, other := in.refused(e, err)
	problems = append(problems, refused...)
	if other != nil {
		problems = append(problems, problem.Problem{Message: other.Error()})
	}
	for _, claim := range expanded {
		for _, resource := range claim.Resources {
			seen.Resources++
			for _, message := range in.judge(ctx, resource.Object) {
				problems = append(problems, in.blame(e, claim.Path, "", fmt.Sprintf("%s makes %s, which is not valid: %s", claim, resource.Key, message)))
			}
		}
	}
	if err == nil {
		for _, finding := range vet.Environment(expanded) {
			text := fmt.Sprintf("%s makes %s: %s: %s", finding.Claim, finding.Key, finding.Field, finding.Message)
			problems = append(problems, in.blame(e, finding.Claim.Path, "", text))
		}
	}
	return problems
}

// judge says what is wrong with an object. What cannot be judged must not look as if it was good.
func (in *Input) judge(ctx context.Context, object map[string]any) []string {
	if messages := in.validator.Object(ctx, object); len(messages) > 0 || in.validator.Knows(object) {
		return messages
	}
	return []string{fmt.Sprintf("kind: there is no definition of %v %v in genops", object["apiVersion"], object["kind"])}
}

// refused turns the claims that their compositions refuse into problems. Any other error comes back.
func (in *Input) refused(e *schema.Environment, err error) ([]problem.Problem, error) {
	var problems []problem.Problem
	for _, part := range unjoin(err) {
		invalid, ok := errors.AsType[*expand.InvalidError](part)
		if !ok {
			return problems, part
		}
		for _, message := range invalid.Problems {
			p := in.blame(e, invalid.Claim.Path, message, fmt.Sprintf("%s is not valid: %s", in.rendered(invalid.Claim.Path), message))
			p.Hint = invalid.Hint(message)
			problems = append(problems, p)
		}
	}
	return problems, nil
}

func (in *Input) isClaim(object manifest.Object) bool {
	apiVersion, _ := object.Object["apiVersion"].(string)
	return apiVersion == compositions.Group+"/"+compositions.Version
}

// unjoin lists the parts of a joined error; none for nil.
func unjoin(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// rendered is how people see a path below rendered/.
func (in *Input) rendered(name string) string { return path.Join(in.prefix, "rendered", name) }

// blame makes a problem at the place of the CUE that an object comes from, as near as the path of the object's field tells.
func (in *Input) blame(e *schema.Environment, object, message, text string) problem.Problem {
	if e == nil {
		return problem.Problem{Position: in.Config.Position("", ""), Message: text}
	}
	cue := cause(e, object, message)
	p := problem.Problem{Environment: e.Name, Position: in.Config.Position(e.Name, cue), Message: text}
	if files, err := fs.Sub(in.fsys, path.Join("environments", e.Name)); err == nil && postrender.HasKustomization(files) {
		p.Related = []problem.Related{{
			Position: problem.Position{File: path.Join(in.prefix, "environments", e.Name, "kustomization.yaml")}, Message: "its patches change what is rendered",
		}}
	}
	return p
}

// cause is the field of an environment that an object comes from. message begins with the path of a field of the object, if one is to blame.
func cause(e *schema.Environment, object, message string) string {
	_, file, _ := strings.Cut(object, "/")
	field, _, found := strings.Cut(message, ":")
	rest, inSpec := strings.CutPrefix(field, "spec.")
	if !found || !inSpec || strings.Contains(field, " ") {
		rest = ""
	}
	base := ""
	switch folder, name := path.Split(strings.TrimSuffix(file, ".yaml")); {
	case folder == "claims/":
		base = name
		for _, own := range []string{"adopt", "tags", "account", "region", "project"} {
			if rest == own || strings.HasPrefix(rest, own+".") {
				return strings.TrimSuffix(strings.Replace(rest, "adopt.", "adopt."+name+".", 1), ".")
			}
		}
	case folder == "cluster/node-pools/":
		_, pool, _ := strings.Cut(name, "-")
		return "nodePools." + pool
	case strings.HasPrefix(folder, "cluster/namespaces/"):
		namespace := path.Base(folder)
		for service, s := range e.Services {
			if s.Namespace == namespace || s.Namespace == "" && service == namespace {
				return "services." + service
			}
		}
	}
	if rest == "" || base == "" {
		return base
	}
	return base + "." + rest
}
