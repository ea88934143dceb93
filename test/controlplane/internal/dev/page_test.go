package dev_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/test/controlplane/internal/dev"
)

func TestPage(t *testing.T) {
	t.Parallel()
	handler := dev.Handler(sample, "127.0.0.1:25000", "localhost:25000")
	for name, test := range map[string]struct {
		method, host, path string
		code               int
		says               string
	}{
		"page":             {http.MethodGet, "127.0.0.1:25000", "/", http.StatusOK, "<!doctype html>"},
		"by name":          {http.MethodGet, "localhost:25000", "/", http.StatusOK, "<!doctype html>"},
		"status":           {http.MethodGet, "127.0.0.1:25000", "/status.json", http.StatusOK, `"healthy": false`},
		"rebound name":     {http.MethodGet, "evil.example:25000", "/status.json", http.StatusMisdirectedRequest, "this page is for"},
		"other port":       {http.MethodGet, "127.0.0.1:80", "/", http.StatusMisdirectedRequest, "this page is for"},
		"nothing there":    {http.MethodGet, "127.0.0.1:25000", "/etc/passwd", http.StatusNotFound, ""},
		"nothing is taken": {http.MethodPost, "127.0.0.1:25000", "/status.json", http.StatusMethodNotAllowed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(test.method, "http://"+test.host+test.path, nil)
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			if recorder.Code != test.code || !strings.Contains(recorder.Body.String(), test.says) {
				t.Errorf("got %d: %.200s", recorder.Code, recorder.Body)
			}
			csp := recorder.Header().Get("Content-Security-Policy")
			if !strings.HasPrefix(csp, "default-src 'none'; connect-src 'self'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
				t.Errorf("policy: %s", csp)
			}
		})
	}
}

// TestPageIsSelfContained: it asks for nothing but the status.
func TestPageIsSelfContained(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(dev.Handler(sample))
	defer server.Close()
	answer, err := http.Get(server.URL) //nolint:noctx // A test.
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"src=", "href=", "@import", "url(", "innerHTML", "http://", "https://"} {
		if strings.Contains(string(text), wrong) {
			t.Errorf("the page has %s", wrong)
		}
	}
}
