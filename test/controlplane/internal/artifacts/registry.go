package artifacts

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// Listeners are where artifacts are served. Serve closes them.
type Listeners struct {
	Charts   net.Listener
	Packages net.Listener
	OCI      net.Listener
	// Certificate of OCI: for localhost, which is what Mirrors calls it.
	Certificate tls.Certificate
}

// Addresses of the listeners.
func (l Listeners) Addresses() Addresses {
	return Addresses{Charts: l.Charts.Addr().String(), Packages: l.Packages.Addr().String(), OCI: l.OCI.Addr().String()}
}

// Serve answers until the context ends. The registry is empty until Push fills it; it takes what others push, too.
func (a *Artifacts) Serve(ctx context.Context, on Listeners) error {
	quiet := log.New(io.Discard, "", 0)
	images := registry.New(registry.Logger(quiet))
	group, ctx := errgroup.WithContext(ctx)
	serve := func(listener net.Listener, handler http.Handler, certificates ...tls.Certificate) {
		// Handshakes that fail and the like are the other side's to report.
		server := &http.Server{Handler: handler, ErrorLog: quiet, ReadHeaderTimeout: time.Minute}
		group.Go(func() error {
			var err error
			if len(certificates) == 0 {
				err = server.Serve(listener)
			} else {
				server.TLSConfig = &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12}
				err = server.ServeTLS(listener, "", "")
			}
			if !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve artifacts on %s: %w", listener.Addr(), err)
			}
			return nil
		})
		group.Go(func() error {
			<-ctx.Done()
			_ = server.Close() // Nobody waits for an answer any more.
			return nil
		})
	}
	serve(on.Charts, a.Handler())
	serve(on.Packages, images)
	serve(on.OCI, images, on.Certificate)
	return group.Wait() //nolint:wrapcheck // It says what and where.
}

// Push puts provider packages and charts into the registry at the address that serves it without TLS.
func (a *Artifacts) Push(ctx context.Context, address string) error {
	for _, image := range a.Images() {
		tag, err := name.NewTag(address+"/"+image, name.StrictValidation)
		if err != nil {
			return fmt.Errorf("push %s: %w", image, err)
		}
		if err := remote.Write(tag, a.images[image], remote.WithContext(ctx)); err != nil {
			return fmt.Errorf("push %s: %w", image, err)
		}
	}
	return nil
}
