package main

import (
	"slices"
	"testing"

	"github.com/innovate-inc/genops/internal/schemas"
)

// TestEmbedded is about when the archive is left alone.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		change func([]schemas.Definition) []schemas.Definition
		want   bool
	}{
		"nothing": {"it says the same", func(d []schemas.Definition) []schemas.Definition { return d }, true},
		"order": {
			"the archive has its own",
			func(d []schemas.Definition) []schemas.Definition { slices.Reverse(d); return d },
			true,
		},
		"one less": {"a line of the table is gone", func(d []schemas.Definition) []schemas.Definition { return d[1:] }, false},
		"other version": {
			"the module has another version",
			func(d []schemas.Definition) []schemas.Definition { d[0].Version = "v0.0.0"; return d },
			false,
		},
		"other schema": {
			"the schema has a field more",
			func(d []schemas.Definition) []schemas.Definition {
				last := d[len(d)-1].Schema
				last.Required = append(last.Required, "more")
				return d
			},
			false,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kinds, err := schemas.Kinds()
			if err != nil {
				t.Fatal(err)
			}
			var definitions []schemas.Definition
			for _, kind := range kinds {
				schema, _, err := schemas.Lookup(kind.APIVersion, kind.Kind)
				if err != nil {
					t.Fatal(err)
				}
				definitions = append(definitions, schemas.Definition{Kind: kind, Schema: schema})
			}
			if got := embedded(tc.change(definitions)); got != tc.want {
				t.Errorf("got %t, want %t: %s", got, tc.want, tc.reason)
			}
		})
	}
}
