package dev

import (
	"crypto/sha256"
	_ "embed" // The page.
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

//go:embed page.html
var page string

var inline = regexp.MustCompile(`(?s)<(style|script)>(.*?)</`)

// policy allows the page what is in it, and nothing else.
func policy() string {
	sources := map[string]string{}
	for _, m := range inline.FindAllStringSubmatch(page, -1) {
		sum := sha256.Sum256([]byte(m[2]))
		sources[m[1]] = "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; connect-src 'self'; style-src " + sources["style"] + "; script-src " + sources["script"] +
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// Handler serves the page and the status. It answers to the names in hosts alone: a page of somebody else whose name leads to this machine reads
// nothing. No hosts means that there is no browser on the other side.
func Handler(status func() *Status, hosts ...string) http.Handler {
	csp := policy()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	})
	mux.HandleFunc("GET /status.json", func(w http.ResponseWriter, _ *http.Request) {
		text, err := json.MarshalIndent(status(), "", "  ")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(text, '\n'))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", csp)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
		if len(hosts) > 0 && !among(r.Host, hosts) {
			http.Error(w, "this page is for "+strings.Join(hosts, " and "), http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func among(host string, hosts []string) bool {
	for _, h := range hosts {
		if strings.EqualFold(host, h) {
			return true
		}
	}
	return false
}
