// Package schemas has the schemas of other projects' custom resources: Crossplane's AWS provider, Crossplane itself, External Secrets, Argo CD
// and Karpenter. They are what the API server on the cluster enforces, for validation without a cluster.
//
// They come out of the CustomResourceDefinitions in Go modules of pinned versions, and are embedded as one archive that holds each kind by
// itself. Nothing is read before the first question, and a question about one kind does not decompress another.
//
// To add a kind, add its line to Table and run make generate. A version of the AWS provider, of Crossplane or of External Secrets is changed
// there and in tools/schemas/go.mod, which keeps modules that are needed for their files alone out of the product's go.mod; Argo CD and
// Karpenter have the version of the product's go.mod.
package schemas

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

//go:generate go run ./generate

// Kind is one version of a custom resource whose schema is known.
type Kind struct {
	APIVersion string
	Kind       string
	// Namespaced tells whether its objects live in a namespace.
	Namespaced bool
	// Source is where the schema comes from.
	Source
}

// Source is a version of a Go module.
type Source struct {
	Module  string `json:"module"`
	Version string `json:"version"`
}

// Group is the API group of the kind.
func (k Kind) Group() string {
	group, _, _ := strings.Cut(k.APIVersion, "/")
	return group
}

// Compare orders kinds by API version and kind.
func (k Kind) Compare(other Kind) int {
	return cmp.Or(cmp.Compare(k.APIVersion, other.APIVersion), cmp.Compare(k.Kind, other.Kind))
}

// embedded is the archive, opened at the first question.
//
//nolint:gochecknoglobals // The archive is one for the process, and what is read of it never changes.
var embedded = sync.OnceValues(func() (*archive, error) { return open(content) })

// Kinds are all kinds whose schema is known, by API version and kind.
func Kinds() ([]Kind, error) {
	a, err := embedded()
	if err != nil {
		return nil, err
	}
	return slices.Clone(a.kinds), nil
}

// Sources are the modules that the schemas come from, by name.
func Sources() ([]Source, error) {
	a, err := embedded()
	if err != nil {
		return nil, err
	}
	var sources []Source
	for _, k := range a.kinds {
		sources = append(sources, k.Source)
	}
	slices.SortFunc(sources, func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.Module, b.Module), cmp.Compare(a.Version, b.Version))
	})
	return slices.Compact(sources), nil
}

// Find is what is known about a kind, and whether its schema is.
func Find(apiVersion, kind string) (Kind, bool, error) {
	a, err := embedded()
	if err != nil {
		return Kind{}, false, err
	}
	i, ok := a.find(apiVersion, kind)
	if !ok {
		return Kind{}, false, nil
	}
	return a.kinds[i], true, nil
}

// Lookup is the schema of a kind without its documentation, and whether it is known. The caller may change it.
func Lookup(apiVersion, kind string) (*extv1.JSONSchemaProps, bool, error) {
	a, err := embedded()
	if err != nil {
		return nil, false, err
	}
	i, ok := a.find(apiVersion, kind)
	if !ok {
		return nil, false, nil
	}
	schema, err := a.schema(i)
	return schema, err == nil, err
}
