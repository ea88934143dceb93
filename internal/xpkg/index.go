package xpkg

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// Index is what a reference in a registry stands for: packages for different platforms. A node takes the one that is for it.
type Index struct {
	Platforms []Platform
	index     v1.ImageIndex
}

// NewIndex holds packages together. Their order does not matter.
func NewIndex(packages []*Package) (*Index, error) {
	packages = slices.SortedFunc(slices.Values(packages), func(a, b *Package) int {
		return strings.Compare(string(a.Platform), string(b.Platform))
	})
	made := &Index{index: empty.Index}
	var version string
	for _, p := range packages {
		if slices.Contains(made.Platforms, p.Platform) {
			return nil, fmt.Errorf("%s: there are two packages for it", p.Platform)
		}
		made.Platforms = append(made.Platforms, p.Platform)
		config, err := p.image.ConfigFile()
		if err != nil {
			return nil, fmt.Errorf("make index: %w", err)
		}
		said := config.Config.Labels[labelPrefix+"version"]
		if version == "" {
			version = said
		}
		if said != version {
			return nil, fmt.Errorf("%s: its version is %s, that of %s is %s", p.Platform, said, made.Platforms[0], version)
		}
		made.index = mutate.AppendManifests(made.index, mutate.IndexAddendum{
			Add:        p.image,
			Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: p.Platform.os(), Architecture: p.Platform.arch()}},
		})
	}
	if !slices.Contains(made.Platforms, metaPlatform) {
		return nil, fmt.Errorf("%s is missing: Crossplane reads %s from the image for it, whatever its nodes are", metaPlatform, packageFile)
	}
	// Registries show these where they show no labels.
	annotated, ok := mutate.Annotations(made.index, map[string]string{
		labelPrefix + "title":       title,
		labelPrefix + "description": description,
		labelPrefix + "source":      source,
		labelPrefix + "licenses":    license,
		labelPrefix + "version":     version,
	}).(v1.ImageIndex)
	if !ok {
		return nil, errors.New("make index: it cannot be annotated")
	}
	made.index = annotated
	return made, nil
}

// Digest is what a registry calls the index.
func (i *Index) Digest() (string, error) {
	digest, err := i.index.Digest()
	if err != nil {
		return "", fmt.Errorf("compute digest: %w", err)
	}
	return digest.String(), nil
}
