package validate

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/validation"

	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/internal/schemas"
)

// Validator validates objects of all kinds that genops knows: claims by the contract's schemas, custom resources of other projects by those of
// package schemas, built-in kinds by their Go types. A schema is compiled at the first object of its kind, which costs more than validating with
// it. The zero Validator is ready, and safe for concurrent use.
type Validator struct {
	mu    sync.Mutex
	kinds map[identity]func() (*kind, error)
}

// identity is a version of a kind.
type identity struct{ apiVersion, kind string }

func identify(object map[string]any) identity {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	return identity{apiVersion, kind}
}

// kind is how objects of a kind are validated.
type kind struct {
	// schema is nil for kinds that are known by their Go type alone.
	schema   *Schema
	metadata metadataRules
}

// Object returns what is wrong with an object, one sentence each. It says nothing of a kind that is not known; Knows tells. The object is made
// of what the API machinery's decoders make: maps and slices of any, text, int64, float64 and bool.
func (v *Validator) Object(ctx context.Context, object map[string]any) []string {
	k, err := v.kind(identify(object))
	if err != nil {
		return []string{err.Error()}
	}
	if k == nil {
		return nil
	}
	// One fault is one sentence: the schema does not see metadata that is wrong, the Go type sees none at all.
	messages := k.metadata.validate(object)
	rest := maps.Clone(object)
	if len(messages) > 0 {
		rest["metadata"] = map[string]any{}
	}
	if k.schema != nil {
		messages = append(messages, k.schema.Validate(ctx, rest)...)
		if len(messages) > 0 {
			return messages // What the schema finds the Go type finds, too.
		}
	}
	delete(rest, "metadata")
	return append(messages, strict(rest)...)
}

// Knows tells whether objects of an object's kind can be validated.
func (v *Validator) Knows(object map[string]any) bool {
	k, err := v.kind(identify(object))
	return k != nil && err == nil
}

// kind is how a kind is validated, nil if it is not known. The lock is held for finding the kind and not for compiling it, so that two kinds
// are compiled at the same time, and one kind once.
func (v *Validator) kind(id identity) (*kind, error) {
	v.mu.Lock()
	load, ok := v.kinds[id]
	if !ok {
		if v.kinds == nil {
			v.kinds = map[identity]func() (*kind, error){}
		}
		load = sync.OnceValues(func() (*kind, error) { return compile(id) })
		v.kinds[id] = load
	}
	v.mu.Unlock()
	return load()
}

// compile finds out how a kind is validated.
func compile(id identity) (*kind, error) {
	if id.apiVersion == generators.Group+"/"+generators.Version {
		return compileClaim(id.kind)
	}
	known, ok, err := schemas.Find(id.apiVersion, id.kind)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return compileForeign(known)
	case typeOf(id.apiVersion, id.kind) != nil:
		return &kind{metadata: builtinMetadata(id)}, nil
	}
	return nil, otherVersion(id)
}

// compileClaim takes the schema of a claim from the contract, with what Crossplane adds to it.
func compileClaim(name string) (*kind, error) {
	props, err := generators.AppliedSchema(name)
	if err != nil {
		return nil, fmt.Errorf("find definition: %w", err)
	}
	schema, err := NewSchema(props)
	if err != nil {
		return nil, fmt.Errorf("read definition of %s: %w", name, err)
	}
	return &kind{schema: schema, metadata: metadataRules{namespaced: true, name: claimName}}, nil
}

// compileForeign takes the schema of another project's kind.
func compileForeign(known schemas.Kind) (*kind, error) {
	props, _, err := schemas.Lookup(known.APIVersion, known.Kind)
	if err != nil {
		return nil, err
	}
	schema, err := NewSchema(props)
	if err != nil {
		return nil, fmt.Errorf("read definition of %s in %s %s: %w", known.Kind, known.Module, known.Version, err)
	}
	return &kind{schema: schema, metadata: metadataRules{namespaced: known.Namespaced, name: validation.NameIsDNSSubdomain}}, nil
}

// otherVersion refuses a kind that is known, in a version that is not: what cannot be validated must not look as if it was.
func otherVersion(id identity) error {
	kinds, err := schemas.Kinds()
	if err != nil {
		return err
	}
	group, _, _ := strings.Cut(id.apiVersion, "/")
	var versions []string
	for _, k := range kinds {
		if k.Group() == group && k.Kind == id.kind {
			versions = append(versions, k.APIVersion)
		}
	}
	if len(versions) == 0 {
		return nil
	}
	return fmt.Errorf("apiVersion: found %s, allowed for %s is %s", id.apiVersion, id.kind, strings.Join(versions, " or "))
}
