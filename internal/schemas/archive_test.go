package schemas

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// definitions are three kinds in no order.
func definitions() []Definition {
	define := func(apiVersion, kind string, namespaced bool) Definition {
		return Definition{
			Kind:   Kind{APIVersion: apiVersion, Kind: kind, Namespaced: namespaced, Source: Source{Module: "example.com/m", Version: "v1.2.3"}},
			Schema: &extv1.JSONSchemaProps{Type: "object", Required: []string{kind}},
		}
	}
	return []Definition{define("b.example.com/v1", "B", true), define("a.example.com/v1", "C", false), define("a.example.com/v1", "A", false)}
}

func TestPack(t *testing.T) {
	t.Parallel()
	packed, err := Pack(definitions())
	if err != nil {
		t.Fatal(err)
	}
	again, err := Pack([]Definition{definitions()[2], definitions()[0], definitions()[1]})
	if err != nil || !bytes.Equal(packed, again) {
		t.Errorf("the order of the definitions shows in the archive, or error %v", err)
	}
	a, err := open(string(packed))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range definitions() {
		i, ok := a.find(d.APIVersion, d.Kind.Kind)
		if !ok {
			t.Fatalf("%v is not found", d.Kind)
		}
		schema, err := a.schema(i)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, Definition{Kind: a.kinds[i], Schema: schema}); diff != "" {
			t.Errorf("(-packed +read):\n%s", diff)
		}
	}
	twice := append(definitions(), definitions()[0])
	if _, err := Pack(twice); err == nil || err.Error() != "pack B: b.example.com/v1 is there twice" {
		t.Errorf("the same kind twice: error %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	entry := func(name, comment string) string {
		var text bytes.Buffer
		writer := zip.NewWriter(&text)
		if _, err := writer.CreateHeader(&zip.FileHeader{Name: name, Comment: comment}); err != nil {
			t.Fatal(err)
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	cases := map[string]struct {
		reason  string
		content string
		want    string
	}{
		"nothing": {"an empty file is no archive", "", "open the embedded schemas: zip: not a valid zip file"},
		"no version": {
			"an entry says which API it is of", entry("A", "example.com/m v1 Cluster"),
			`open the embedded schemas: entry "A" (example.com/m v1 Cluster) is not one of make generate`,
		},
		"no origin": {
			"an entry says where it comes from", entry("a/v1/A", ""),
			`open the embedded schemas: entry "a/v1/A" () is not one of make generate`,
		},
	}
	for name, tc := range cases {
		if _, err := open(tc.content); err == nil || err.Error() != tc.want {
			t.Errorf("%s: got error %v, want %s: %s", name, err, tc.want, tc.reason)
		}
	}
}

// TestDamage changes bytes of the archive, which are found when the schema is read.
func TestDamage(t *testing.T) {
	t.Parallel()
	packed, err := Pack(definitions())
	if err != nil {
		t.Fatal(err)
	}
	// The content of the first entry stands behind its name.
	name := []byte("a.example.com/v1/A")
	packed[bytes.Index(packed, name)+len(name)] ^= 0xff
	a, err := open(string(packed))
	if err != nil {
		t.Fatal(err)
	}
	want := "read a.example.com/v1/A of the embedded schemas: flate: corrupt input before offset "
	if _, err := a.schema(0); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got error %v, want %s", err, want)
	}
	if _, err := a.schema(1); err != nil {
		t.Errorf("the next one is not concerned: %v", err)
	}
}
