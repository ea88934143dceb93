package tree

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func TestParseManifest(t *testing.T) {
	a, b := sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b"))
	tests := map[string]struct {
		reason string
		data   string
		want   manifest
		broken bool
	}{
		"Empty":     {reason: "An empty manifest owns nothing.", data: "", want: manifest{}},
		"Text":      {reason: "What sha256sum writes.", data: fmt.Sprintf("%x  x/a b.yaml\n%x  c\n", a, b), want: manifest{"x/a b.yaml": {a}, "c": {b}}},
		"Binary":    {reason: "What sha256sum writes on Windows.", data: fmt.Sprintf("%x *a\r\n", a), want: manifest{"a": {a}}},
		"NoNewline": {reason: "A last line that lost its end.", data: fmt.Sprintf("%x  a", a), want: manifest{"a": {a}}},
		"Comments":  {reason: "A header and blank lines.", data: fmt.Sprintf("# %x  b\n\n%x  a\n", b, a), want: manifest{"a": {a}}},
		"UpperCase": {reason: "Other tools write capital digits.", data: fmt.Sprintf("%X  a\n", a), want: manifest{"a": {a}}},
		"Conflict": {
			reason: "Both sides of a merge conflict count.",
			data:   fmt.Sprintf("<<<<<<< ours\n%x  a\n=======\n%x  a\n>>>>>>> theirs\n", a, b),
			want:   manifest{"a": {a, b}}, broken: true,
		},
		"Garbage":   {reason: "Anything else is ignored.", data: "a\n\x00\xff\n  \n", want: manifest{}, broken: true},
		"ShortSum":  {reason: "A digest that was cut.", data: fmt.Sprintf("%x  a\n", a[:31]), want: manifest{}, broken: true},
		"NotHex":    {reason: "A digest with a wrong digit.", data: fmt.Sprintf("g%x  a\n", a)[:65] + "  a\n", want: manifest{}, broken: true},
		"NoName":    {reason: "A line that was cut.", data: fmt.Sprintf("%x  \n", a), want: manifest{}, broken: true},
		"OneSpace":  {reason: "Not the format.", data: fmt.Sprintf("%x a\n", a), want: manifest{}, broken: true},
		"Escaped":   {reason: "Names that genops never writes.", data: fmt.Sprintf("\\%x  a\\nb\n", a), want: manifest{}, broken: true},
		"Absolute":  {reason: "Outside the top.", data: fmt.Sprintf("%x  /etc/passwd\n", a), want: manifest{}, broken: true},
		"LeadsOut":  {reason: "Outside the top.", data: fmt.Sprintf("%x  ../b/c\n%x  a/../../b\n", a, a), want: manifest{}, broken: true},
		"Itself":    {reason: "The manifest is owned without being listed.", data: fmt.Sprintf("%x  .genops.sum\n", a), want: manifest{}, broken: true},
		"TheFolder": {reason: "Not a file.", data: fmt.Sprintf("%x  .\n", a), want: manifest{}, broken: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, broken := parseManifest([]byte(test.data))
			if !maps.EqualFunc(got, test.want, slices.Equal[[]digest]) || broken != test.broken {
				t.Errorf("%s\nparseManifest(%q) = %x, %v\n want %x, %v", test.reason, test.data, got, broken, test.want, test.broken)
			}
		})
	}
}

func TestManifestIsForSha256sum(t *testing.T) {
	sha256sum, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("no sha256sum here")
	}
	root := newRoot(t)
	want := but(Files{"dev/with space.yaml": []byte("x\n"), "dev/Ünicode.yaml": nil})
	must(t, compare(t, root, want, Options{Header: "Written by genops, do not edit."}).Apply(t.Context()))
	verify := func() (string, error) {
		cmd := exec.Command(sha256sum, "--check", "--strict", "--quiet", ManifestName)
		cmd.Dir = filepath.Join(root, "dev")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := verify(); err != nil {
		t.Errorf("sha256sum --check: %v\n%s", err, out)
	}
	put(t, root, contents{"dev/a.yaml": "edited\n"})
	if out, err := verify(); err == nil {
		t.Errorf("sha256sum --check accepts an edited file\n%s", out)
	}
}
