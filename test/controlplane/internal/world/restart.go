package world

import (
	"context"
	"time"
)

// Restart kills a program of a control plane by the name of its log, and starts it again with the same arguments.
func (w *World) Restart(ctx context.Context, name string) error {
	command, err := w.Group.Kill(name)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	p, err := w.Group.Start(command)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	ready := w.Hub.Ready
	if name == "etcd" {
		ready = w.etcd.Ready
	}
	const limit = 3 * time.Minute
	return p.Ready(ctx, limit, ready) //nolint:wrapcheck // It says what was waited for.
}

// StopProvider ends the provider of the hub, as a pod is ended. The returned function starts the next one; AWS has what it had.
func (w *World) StopProvider() (start func(context.Context) error) {
	w.AWS.Stop()
	return func(ctx context.Context) error {
		life, stop := context.WithCancel(ctx)
		before := w.hub.stop
		w.hub.stop = func() { stop(); before() }
		return w.startAWS(ctx, life)
	}
}
