package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/innovate-inc/genops/internal/expand"
	"github.com/innovate-inc/genops/internal/problem"
)

// Expand gives take the expanded claims of each selected environment, in the order of the environments: its own, and the composites of the
// platform that belong to it. What belongs to no environment comes last, with an empty name, if all environments are selected.
func (in *Input) Expand(ctx context.Context, take func(environment string, claims []*expand.Claim) error) error {
	platform, err := in.Platform()
	if err != nil {
		return err
	}
	shared, err := expand.Objects(platform, "")
	if err != nil {
		return fmt.Errorf("expand the platform: %w", err)
	}
	var problems []problem.Problem
	produce := func(ctx context.Context, i int) (expanded, error) {
		e := in.Selected[i]
		objects, err := in.Environment(ctx, e)
		if wrong, ok := errors.AsType[*problem.Error](err); ok {
			return expanded{problems: wrong.Problems}, nil
		}
		if err != nil {
			return expanded{}, err
		}
		claims, err := expand.Objects(objects, "")
		if err != nil {
			refused, err := in.refused(e, err)
			return expanded{problems: refused}, err
		}
		for _, claim := range shared {
			if claim.Environment == e.Name {
				claims = append(claims, claim)
			}
		}
		return expanded{claims: claims}, nil
	}
	err = inOrder(ctx, len(in.Selected), produce, func(i int, made expanded) error {
		problems = append(problems, made.problems...)
		// Half an answer would look like a whole one.
		if len(problems) > 0 || len(made.claims) == 0 {
			return nil
		}
		return take(in.Selected[i].Name, made.claims)
	})
	if err != nil {
		return fmt.Errorf("expand: %w", err)
	}
	return problem.Join(problems)
}

// expanded are an environment's claims, or what is wrong with them.
type expanded struct {
	claims   []*expand.Claim
	problems []problem.Problem
}
