package pipeline

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInOrderHandsOverInOrderAndHoldsFew(t *testing.T) {
	t.Parallel()
	const n = 200
	var made, taken, most atomic.Int64
	var got []int
	produce := func(_ context.Context, i int) (int, error) {
		if i%7 == 0 {
			time.Sleep(time.Millisecond) // Later ones are ready before.
		}
		if ahead := made.Add(1) - taken.Load(); ahead > most.Load() {
			most.Store(ahead)
		}
		return i, nil
	}
	err := inOrder(t.Context(), n, produce, func(i, value int) error {
		if i != value {
			t.Errorf("%d was handed over as %d", value, i)
		}
		taken.Add(1)
		got = append(got, value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]int, n)
	for i := range want {
		want[i] = i
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if limit := int64(100); most.Load() > limit {
		t.Errorf("%d were there at once: memory would grow with their number", most.Load())
	}
}

func TestInOrderEnds(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	number := func(_ context.Context, i int) (int, error) { return i, nil }
	cases := map[string]struct {
		reason  string
		produce func(context.Context, int) (int, error)
		take    func(int, int) error
	}{
		"one cannot be made": {
			"nothing waits for what never comes",
			func(_ context.Context, i int) (int, error) {
				if i == 50 {
					return 0, broken
				}
				return i, nil
			},
			func(int, int) error { return nil },
		},
		"one cannot be taken": {
			"a full disk ends it",
			number,
			func(i, _ int) error {
				if i == 50 {
					return broken
				}
				return nil
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := inOrder(t.Context(), 500, tc.produce, tc.take); !errors.Is(err, broken) {
				t.Errorf("%s: got %v", tc.reason, err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := inOrder(ctx, 500, number, func(i, _ int) error {
		if i == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupt ends it: got %v", err)
	}
}
