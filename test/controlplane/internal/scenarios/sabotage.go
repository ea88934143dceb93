package scenarios

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// sabotage is something wrong, done on purpose while a scenario runs: it has to make the scenario fail with a message that names the cause.
type sabotage struct {
	what string
	// at is the moment of the scenario at which it is done; empty for its beginning.
	at string
	// do does it, and returns what undoes it.
	do func(ctx context.Context, w *world.World) (undo func(context.Context) error, err error)
	// says are texts that the scenario's failure has to contain.
	says []string
	// limit is how long a step of the scenario may take meanwhile; zero for a minute.
	limit time.Duration
}

// moments is the key of what happens at moments of a scenario.
type moments struct{}

// moment is a point in a scenario at which a sabotage may strike.
func moment(ctx context.Context, name string) error {
	if strike, ok := ctx.Value(moments{}).(func(string) error); ok {
		return strike(name)
	}
	return nil
}

// sabotaged runs a scenario once with each of its sabotages that are asked for, and brings the world back in order after each. A world that
// does not get back in order proves nothing about those that come later: these are not run.
func sabotaged(ctx context.Context, w *world.World, s scenario, faults []string) (results []Result, inOrder bool) {
	inOrder = true
	for _, sab := range s.sabotages {
		if ctx.Err() != nil {
			break
		}
		if !matches(faults, sab.what) {
			continue
		}
		name := "sabotage: " + sab.what
		if !inOrder {
			results = append(results, Result{Name: name, Skipped: true})
			continue
		}
		w.Say("%s", name)
		began := time.Now()
		said, err := strike(ctx, w, s, sab)
		if err != nil {
			w.Say("FAILED: %v", err)
			inOrder = !errors.Is(err, errDisorder)
		}
		results = append(results, Result{Name: name, Took: time.Since(began), Err: err, Said: said})
	}
	return results, inOrder
}

// errDisorder says that what a sabotage did could not be taken back.
var errDisorder = errors.New("the world did not get back in order")

// strike runs a scenario with a sabotage and returns how it failed. It is an error if it did not, or with another message.
func strike(ctx context.Context, w *world.World, s scenario, sab sabotage) (string, error) {
	head, err := w.Git.Head(ctx)
	if err != nil {
		return "", err //nolint:wrapcheck // It says what failed.
	}
	var undo func(context.Context) error
	done := false
	hit := func(name string) error {
		if name != sab.at || done {
			return nil
		}
		done = true
		var err error
		undo, err = sab.do(ctx, w)
		return err
	}
	usual := w.Limit
	w.Limit = sab.limit
	if w.Limit == 0 {
		w.Limit = time.Minute
	}
	failure := hit("")
	if failure == nil {
		failure = s.run(context.WithValue(ctx, moments{}, hit), w)
	}
	w.Limit = usual
	var problems []error
	switch {
	case !done:
		problems = append(problems, fmt.Errorf("the scenario has no moment %q, or failed before: %w", sab.at, failure))
	case failure == nil:
		problems = append(problems, errors.New("the scenario passes all the same"))
	default:
		for _, text := range sab.says {
			if !strings.Contains(failure.Error(), text) {
				problems = append(problems, fmt.Errorf("the failure does not say %q: %w", text, failure))
			}
		}
	}
	var disorder []error
	if undo != nil {
		disorder = append(disorder, undo(ctx))
	}
	if s.clean != nil {
		disorder = append(disorder, s.clean(ctx, w))
	}
	disorder = append(disorder, w.Git.Restore(ctx, head), settle(ctx, w))
	if err := errors.Join(disorder...); err != nil {
		problems = append(problems, fmt.Errorf("%w: %w", errDisorder, err))
	}
	said := ""
	if failure != nil {
		said = failure.Error()
	}
	return said, errors.Join(problems...)
}

// takeBack takes away what a scenario that failed has left, for those after it.
func takeBack(ctx context.Context, w *world.World, s scenario, head string) {
	if head == "" || ctx.Err() != nil {
		return
	}
	if s.clean != nil {
		if err := s.clean(ctx, w); err != nil {
			w.Say("not all could be taken back: %v", err)
		}
	}
	if err := w.Git.Restore(ctx, head); err != nil {
		w.Say("not all could be taken back: %v", err)
	}
}

// struckAt tells whether a sabotage is at work.
func struckAt(ctx context.Context) bool {
	_, ok := ctx.Value(moments{}).(func(string) error)
	return ok
}
