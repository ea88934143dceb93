package process

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// pause is the time between two looks at a condition.
const pause = 200 * time.Millisecond

// Until waits until check succeeds, and tells its last error when the time is over. A check that fails is tried again.
func Until(ctx context.Context, what string, limit time.Duration, check func(context.Context) error) error {
	return UntilEvery(ctx, pause, what, limit, check)
}

// UntilEvery does the same with another time between two looks, for looks that are expensive.
func UntilEvery(ctx context.Context, often time.Duration, what string, limit time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(often)
	defer ticker.Stop()
	var last error
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		// What a look says that was cut off by the end, or not even begun because of it, is no news.
		if last == nil || !strings.Contains(err.Error(), "context deadline") {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited %s for %s: %w", limit, what, last)
		case <-ticker.C:
		}
	}
}

// Ready waits until check succeeds, and gives up when the process ends.
func (p *Process) Ready(ctx context.Context, limit time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-p.done:
			cancel(fmt.Errorf("%s ended: %w: %s", p.Name, p.Err(), p.LastLines(3)))
		case <-ctx.Done():
		}
	}()
	err := Until(ctx, p.Name, limit, check)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}
