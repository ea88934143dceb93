package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/innovate-inc/genops/internal/schemas"
)

// generate writes the archive if it would say anything new. One that says the same is kept as it is: the compressor of another version of Go
// may find other bytes for it.
func generate(ctx context.Context, archive string) error {
	var definitions []schemas.Definition
	for _, module := range schemas.Table() {
		found, err := collect(ctx, module)
		if err != nil {
			return err
		}
		definitions = append(definitions, found...)
	}
	if embedded(definitions) {
		return nil
	}
	packed, err := schemas.Pack(definitions)
	if err != nil {
		return err
	}
	if err := os.WriteFile(archive, packed, 0o644); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

// collect takes the wanted kinds out of a module.
func collect(ctx context.Context, module schemas.Module) ([]schemas.Definition, error) {
	got, err := download(ctx, filepath.Join("..", ".."), module)
	if err != nil {
		return nil, err
	}
	var definitions []schemas.Definition
	for _, wanted := range module.Kinds {
		found, err := define(os.DirFS(got.Dir), module.Files, wanted)
		if err != nil {
			return nil, fmt.Errorf("read %s@%s: %w", got.Path, got.Version, err)
		}
		for _, d := range found {
			d.Source = schemas.Source{Module: got.Path, Version: got.Version}
			definitions = append(definitions, d)
		}
	}
	return definitions, nil
}

// embedded tells whether the archive that this program was built with says the same. One that cannot be read does not.
func embedded(definitions []schemas.Definition) bool {
	var want []schemas.Kind
	for _, d := range definitions {
		want = append(want, d.Kind)
	}
	slices.SortFunc(want, schemas.Kind.Compare)
	if have, err := schemas.Kinds(); err != nil || !slices.Equal(have, want) {
		return false
	}
	return !slices.ContainsFunc(definitions, func(d schemas.Definition) bool {
		have, _, err := schemas.Lookup(d.APIVersion, d.Kind.Kind)
		return err != nil || !same(have, d.Schema)
	})
}

// same compares schemas by what would be written.
func same(a, b any) bool {
	inA, errA := json.Marshal(a)
	inB, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(inA, inB)
}
