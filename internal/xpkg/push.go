package xpkg

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// ParseReference checks where a package is to go. The registry and the tag have to be said: Crossplane has no defaults for them either.
func ParseReference(text string) (name.Tag, error) {
	tag, err := name.NewTag(text, name.StrictValidation)
	if err != nil || strings.Contains(text, "@") {
		return name.Tag{}, fmt.Errorf("reference %q: allowed is REGISTRY/REPOSITORY:TAG", text)
	}
	return tag, nil
}

// RegistryError is a registry that did not take a package.
type RegistryError struct {
	Registry string
	Reason   string
	Err      error
}

func (e *RegistryError) Error() string { return e.Reason }
func (e *RegistryError) Unwrap() error { return e.Err }

// Push sends an index and its images. The reference itself is written last: an interrupted push leaves what it stood for before.
func Push(ctx context.Context, to name.Tag, index *Index) error {
	err := remote.WriteIndex(to, index.index,
		remote.WithContext(ctx),
		remote.WithAuthFromKeychain(authn.DefaultKeychain),
		remote.WithTransport(careful{remote.DefaultTransport}),
		// A person waits: what does not work after some seconds is told.
		remote.WithRetryBackoff(remote.Backoff{Duration: time.Second, Factor: 2, Steps: 3}),
	)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("push %s: %w", to, ctx.Err())
	default:
		registry := to.RegistryStr()
		return &RegistryError{Registry: registry, Reason: reason(registry, err), Err: err}
	}
}

// reason says in one sentence what a registry answered.
func reason(registry string, err error) string {
	if errors.Is(err, errPlainHTTP) {
		return fmt.Sprintf("%s speaks HTTP without TLS, which is only for a registry on this machine", registry)
	}
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		status := fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
		if answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden {
			return fmt.Sprintf("%s refuses the credentials (%s): log in with docker login, or what writes the same config.json", registry, status)
		}
		if len(answer.Errors) > 0 {
			status += ", " + strings.TrimSpace(answer.Errors[0].Message)
		}
		return fmt.Sprintf("%s answers with %s", registry, status)
	}
	if unknown, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Sprintf("%s has a certificate that this machine does not trust: %v", registry, unknown)
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Sprintf("%s does not answer: %v", registry, network)
	}
	return fmt.Sprintf("%s: %v", registry, err)
}

// errPlainHTTP is a request that would send credentials for everyone to read.
var errPlainHTTP = errors.New("HTTP without TLS is only for a registry on this machine")

// careful refuses plain HTTP to other machines. The library below allows it for all private addresses, and follows a registry that asks for it.
type careful struct{ inner http.RoundTripper }

// RoundTrip sends a request.
func (c careful) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme != "https" && !loopback(request.URL.Hostname()) {
		return nil, errPlainHTTP
	}
	return c.inner.RoundTrip(request) //nolint:wrapcheck // A round tripper hands on what it gets.
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
