package pipeline

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// inOrder makes n things, a few at a time, and hands them over one after the other in their order. No more than a few are there at once,
// however many there are.
func inOrder[T any](ctx context.Context, n int, produce func(context.Context, int) (T, error), take func(int, T) error) error {
	workers := runtime.GOMAXPROCS(0)
	group, ctx := errgroup.WithContext(ctx)
	slots := make(chan struct{}, 2*workers)
	done := make([]chan T, n)
	for i := range done {
		done[i] = make(chan T, 1)
	}
	group.Go(func() error {
		makers, ctx := errgroup.WithContext(ctx)
		makers.SetLimit(workers)
		for i := range n {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return makers.Wait()
			}
			makers.Go(func() error {
				made, err := produce(ctx, i)
				if err != nil {
					return err
				}
				done[i] <- made
				return nil
			})
		}
		return makers.Wait()
	})
	group.Go(func() error {
		for i := range n {
			select {
			case made := <-done[i]:
				if err := take(i, made); err != nil {
					return err
				}
				<-slots
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return group.Wait()
}
