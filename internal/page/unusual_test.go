package page

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/schema"
)

// TestLongValuesAreCut: a struct that has no default is one value, and would be a line that nobody reads.
func TestLongValuesAreCut(t *testing.T) {
	t.Parallel()
	fits := strings.Repeat("ä", longestValue)
	for name, c := range map[string]struct {
		value, standard string
		want            []inline
		cut             bool
	}{
		"fits":         {fits, "", []inline{"`a.b`", inline("`" + fits + "`"), "none"}, false},
		"long":         {fits + "ä", "", []inline{"`a.b`", inline("`" + strings.Repeat("ä", longestValue-1) + "…`"), "none"}, true},
		"long default": {"1", fits + "ä", []inline{"`a.b`", "`1`", inline("`" + strings.Repeat("ä", longestValue-1) + "…`")}, true},
	} {
		rows, cut := valuesOf([]schema.Difference{{Field: "a.b", Value: c.value, Default: c.standard}})
		if diff := cmp.Diff([][]inline{c.want}, rows); diff != "" || cut != c.cut {
			t.Errorf("%s: cut %v (-want +got):\n%s", name, cut, diff)
		}
	}
}
