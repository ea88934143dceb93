// Package artifacts makes what control planes fetch from the internet, and serves it from this machine: the Helm charts and the Crossplane
// packages that a platform names. Charts and definitions come out of Go modules where a module has them; the other charts are stand-ins that
// refuse values which the real chart does not have.
package artifacts

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Modules are the folders of Go modules, such as go mod download -json tells them.
type Modules struct {
	ProviderAWS     string // github.com/upbound/provider-aws/v2
	Karpenter       string // github.com/aws/karpenter-provider-aws
	Crossplane      string // github.com/crossplane/crossplane/v2
	ExternalSecrets string // github.com/external-secrets/external-secrets
}

// Chart is where a platform takes a Helm chart from.
type Chart struct {
	Repository string `json:"repository"`
	Version    string `json:"version"`
}

// Catalogue is what a platform installs: its versions.charts and versions.packages.
type Catalogue struct {
	// Charts by name.
	Charts map[string]Chart
	// ProviderPrefix is the address of a provider package without the service, such as xpkg.upbound.io/upbound/provider-aws.
	ProviderPrefix string
	// ProviderVersion is the tag of all provider packages. The definitions inside are those of the module, whatever its version is.
	ProviderVersion string
	// Services are the last parts of the names of provider packages.
	Services []string
	// Function is the address of the function package without its version. It is pushed by whoever builds it.
	Function string
	// Kinds of managed resources that are in use, with the version that they are used in: the newest one that is served if it is "".
	Kinds map[schema.GroupKind]string
}

// Artifacts are a platform's charts and provider packages.
type Artifacts struct {
	catalogue Catalogue
	from      Modules
	charts    map[string]*chart
	// images by their names in a registry, with the tag.
	images map[string]v1.Image

	mu sync.Mutex
	// released are newer versions of charts.
	released []*chart
}

// New makes everything that the catalogue names.
func New(from Modules, catalogue Catalogue) (*Artifacts, error) {
	made := &Artifacts{catalogue: catalogue, from: from, charts: map[string]*chart{}, images: map[string]v1.Image{}}
	for _, name := range slices.Sorted(maps.Keys(catalogue.Charts)) {
		wanted := catalogue.Charts[name]
		c, err := newChart(from, name, wanted.Version)
		if err != nil {
			return nil, fmt.Errorf("make chart %s: %w", name, err)
		}
		made.charts[name] = c
		if isHTTP(wanted.Repository) {
			continue
		}
		image, err := c.image()
		if err != nil {
			return nil, fmt.Errorf("make image of chart %s: %w", name, err)
		}
		made.images[path.Join(wanted.Repository, name)+":"+wanted.Version] = image
	}
	packages, err := newProviders(from.ProviderAWS, catalogue)
	if err != nil {
		return nil, err
	}
	maps.Copy(made.images, packages)
	return made, nil
}

// Release serves another version of a chart from now on, with another version of its program. It is for charts of repositories with an index.
func (a *Artifacts) Release(name, version, program string) error {
	if !isHTTP(a.catalogue.Charts[name].Repository) {
		return fmt.Errorf("release %s: its repository has no index", name)
	}
	c, err := newChart(a.from, name, version)
	if err == nil {
		err = c.repack(func(metadata map[string]any) { metadata["appVersion"] = program })
	}
	if err != nil {
		return fmt.Errorf("release %s: %w", name, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.released = append(a.released, c)
	return nil
}

// served are all charts in all versions.
func (a *Artifacts) served() []*chart {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*chart
	for _, name := range slices.Sorted(maps.Keys(a.charts)) {
		all = append(all, a.charts[name])
	}
	return append(all, a.released...)
}

// Images are the names of everything that Push pushes, without the registry.
func (a *Artifacts) Images() []string { return slices.Sorted(maps.Keys(a.images)) }
