package artifacts

import (
	"net"
	"strings"
)

// Addresses are hosts with ports, as net.Listener tells them.
type Addresses struct {
	Charts   string // Handler, over HTTP.
	Packages string // Registry, over HTTP: for Crossplane, which uses no TLS for an address of this machine.
	OCI      string // Registry, over TLS: for Helm and Argo CD, which use nothing else.
}

// Mirrors are a platform's mirrors.charts and mirrors.packages.
type Mirrors struct {
	Charts   map[string]string `json:"charts"`
	Packages map[string]string `json:"packages"`
}

// Mirrors lead to what is served at the addresses. Everything keeps its whole address as its path, so nothing can collide.
func (c Catalogue) Mirrors(at Addresses) Mirrors {
	m := Mirrors{Charts: map[string]string{}, Packages: map[string]string{}}
	for _, wanted := range c.Charts {
		if isHTTP(wanted.Repository) {
			m.Charts[wanted.Repository] = "http://" + at.Charts + folder(wanted.Repository)
			continue
		}
		m.Charts[wanted.Repository] = localhost(at.OCI) + "/" + wanted.Repository
	}
	for _, address := range []string{c.ProviderPrefix, c.Function} {
		if host, _, ok := strings.Cut(address, "/"); ok {
			m.Packages[host+"/"] = at.Packages + "/" + host + "/"
		}
	}
	return m
}

// localhost is the name for an address of this machine. Argo CD asks Go whether the repository of a chart is a URL, and takes it for a
// registry if it is one without a host: localhost:5000/charts is (its scheme is localhost), 127.0.0.1:5000/charts is none.
func localhost(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return "localhost:" + port
}

// isHTTP tells a chart repository with an index from one in a registry, whose address has no scheme.
func isHTTP(repository string) bool { return strings.Contains(repository, "://") }

// folder is where a chart repository is served: its address without the scheme.
func folder(repository string) string {
	_, address, _ := strings.Cut(repository, "://")
	return "/" + strings.Trim(address, "/")
}
