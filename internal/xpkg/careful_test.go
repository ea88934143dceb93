package xpkg

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// answers with nothing, and counts.
type counter struct{ requests int }

func (c *counter) RoundTrip(*http.Request) (*http.Response, error) {
	c.requests++
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// TestPlainHTTP lets nothing without TLS out of this machine, also where go-containerregistry would.
func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]error{
		"https://registry.example.org/v2/": nil,
		"https://10.0.0.1/v2/":             nil,
		"http://127.0.0.1:5000/v2/":        nil,
		"http://localhost:5000/v2/":        nil,
		"http://[::1]:5000/v2/":            nil,
		"http://10.0.0.1:5000/v2/":         errPlainHTTP,
		"http://registry.local/v2/":        errPlainHTTP,
		"http://127.0.0.1.example.org/v2/": errPlainHTTP,
		"http://registry.example.org/v2/":  errPlainHTTP,
	} {
		inner := &counter{}
		request, err := http.NewRequest(http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := careful{inner}.RoundTrip(request)
		if err == nil {
			_ = answer.Body.Close()
		}
		if !errors.Is(err, want) || (inner.requests == 1) != (want == nil) {
			t.Errorf("%s: %v, and %d requests got through", url, err, inner.requests)
		}
	}
	if got := reason("10.0.0.1:5000", errPlainHTTP); !strings.HasSuffix(got, "which is only for a registry on this machine") {
		t.Errorf("reason is %q", got)
	}
}
