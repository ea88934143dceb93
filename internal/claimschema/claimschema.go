// Package claimschema derives the schemas that the API server enforces for claims from the same CUE that environments are checked with.
//
// The schemas are computed ahead of time, by go generate, into schema/claims.json: a render does not pay for them, and a change of them shows
// up in review. A claim is fully resolved, so its schema has no defaults.
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

// Generate computes the schema of the spec of each claim kind: the definitions of the contract that are called #<Kind>Spec and have the
// fields of #ClaimMeta. contract holds the CUE files.
func Generate(contract fs.FS) (map[string]*extv1.JSONSchemaProps, error) {
	root, err := compile(contract)
	if err != nil {
		return nil, err
	}
	definitions, err := root.Fields(cue.Definitions(true))
	if err != nil {
		return nil, fmt.Errorf("list definitions: %w", err)
	}
	schemas := map[string]*extv1.JSONSchemaProps{}
	for definitions.Next() {
		kind, isSpec := strings.CutSuffix(strings.TrimPrefix(definitions.Selector().String(), "#"), "Spec")
		if !isSpec || !definitions.Value().LookupPath(cue.MakePath(cue.Str("environment").Required())).Exists() {
			continue
		}
		props, err := convert(definitions.Value())
		if err != nil {
			return nil, fmt.Errorf("derive schema of %s: %w", kind, err)
		}
		schemas[kind] = props
	}
	return schemas, nil
}

func compile(contract fs.FS) (cue.Value, error) {
	// Only what claims are made of: environments have defaults, claims have none.
	names, err := fs.Glob(contract, "*claim.cue")
	if err != nil {
		return cue.Value{}, fmt.Errorf("list the contract: %w", err)
	}
	names = append(names, "formats.cue", "facts.cue")
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
