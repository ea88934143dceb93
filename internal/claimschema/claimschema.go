// Package claimschema derives the schemas that the API server enforces for claims and their status from the same CUE that environments are
// checked with.
//
// The schemas are computed ahead of time, by go generate, into schema/claims.json and schema/statuses.json: a render does not pay for them, and
// a change of them shows up in review. A claim is fully resolved, so its schema has no defaults.
//
// The conversion is our own: encoding/openapi refuses list.MinItems, drops list.MaxItems in silence and stops at bounded numbers with a
// default. This one refuses whatever it has no word for.
package claimschema

import (
	"fmt"
	"io/fs"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/parser"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// Schemas are those of one part of all kinds, by kind.
type Schemas map[string]*extv1.JSONSchemaProps

// Generate computes the schemas of the spec and of the status of each kind: the definitions of the contract that are called #<Kind>Spec and have
// the fields of #ClaimMeta, and those that are called #<Kind>Status. contract holds the CUE files.
func Generate(contract fs.FS) (specs, statuses Schemas, err error) {
	root, err := compile(contract)
	if err != nil {
		return nil, nil, err
	}
	definitions, err := root.Fields(cue.Definitions(true))
	if err != nil {
		return nil, nil, fmt.Errorf("list definitions: %w", err)
	}
	specs, statuses = Schemas{}, Schemas{}
	for definitions.Next() {
		name := strings.TrimPrefix(definitions.Selector().String(), "#")
		if kind, ok := strings.CutSuffix(name, "Spec"); ok && definitions.Value().LookupPath(cue.MakePath(cue.Str("environment").Required())).Exists() {
			err = specs.add(kind, definitions.Value())
		} else if kind, ok := strings.CutSuffix(name, "Status"); ok {
			err = statuses.add(kind, definitions.Value())
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return specs, statuses, nil
}

func (s Schemas) add(kind string, definition cue.Value) error {
	props, err := convert(definition)
	if err != nil {
		return fmt.Errorf("derive schema of %s: %w", kind, err)
	}
	s[kind] = props
	return nil
}

func compile(contract fs.FS) (cue.Value, error) {
	// Only what claims are made of: environments have defaults, claims have none.
	names, err := fs.Glob(contract, "*claim.cue")
	if err != nil {
		return cue.Value{}, fmt.Errorf("list the contract: %w", err)
	}
	names = append(names, "status.cue", "formats.cue", "facts.cue")
	instance := build.NewContext().NewInstance("schema", nil)
	for _, name := range names {
		text, err := fs.ReadFile(contract, name)
		if err != nil {
			return cue.Value{}, fmt.Errorf("read the contract: %w", err)
		}
		syntax, err := parser.ParseFile(name, text, parser.ParseComments)
		if err != nil {
			return cue.Value{}, fmt.Errorf("read the contract: %w", err)
		}
		if err := instance.AddSyntax(syntax); err != nil {
			return cue.Value{}, fmt.Errorf("read the contract: %w", err)
		}
	}
	if err := instance.Complete(); err != nil {
		return cue.Value{}, fmt.Errorf("read the contract: %w", err)
	}
	root := cuecontext.New().BuildInstance(instance)
	if err := root.Err(); err != nil {
		return cue.Value{}, fmt.Errorf("read the contract: %w", err)
	}
	return root, nil
}
