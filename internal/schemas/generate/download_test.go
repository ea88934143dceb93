package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/innovate-inc/genops/internal/schemas"
)

const goMod = "module example.com/m\n\ngo 1.26\n"

// write writes files below a folder.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// digest is what go.sum has for files, which are given in the order of their names.
func digest(files ...[2]string) string {
	var list strings.Builder
	for _, file := range files {
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256([]byte(file[1])), file[0])
	}
	sum := sha256.Sum256([]byte(list.String()))
	return "h1:" + base64.StdEncoding.EncodeToString(sum[:])
}

// proxy is a module proxy that has example.com/m v1.0.0; it returns the digest of the module.
func proxy(t *testing.T) string {
	t.Helper()
	files := [][2]string{{"example.com/m@v1.0.0/crds/a.yaml", "kind: A\n"}, {"example.com/m@v1.0.0/go.mod", goMod}}
	var packed bytes.Buffer
	writer := zip.NewWriter(&packed)
	for _, file := range files {
		entry, err := writer.Create(file[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(file[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write(t, folder, map[string]string{
		"example.com/m/@v/list":        "v1.0.0\n",
		"example.com/m/@v/v1.0.0.info": `{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}`,
		"example.com/m/@v/v1.0.0.mod":  goMod,
		"example.com/m/@v/v1.0.0.zip":  packed.String(),
	})
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(folder))
	return digest(files...)
}

// TestDownload asks Go for a module of a proxy of its own, with an empty module cache.
func TestDownload(t *testing.T) {
	sum := proxy(t)
	for name, value := range map[string]string{"GOSUMDB": "off", "GONOPROXY": "none", "GOFLAGS": "-modcacherw"} {
		t.Setenv(name, value)
	}
	modSum := "example.com/m v1.0.0/go.mod " + digest([2]string{"go.mod", goMod}) + "\n"
	good := "example.com/m v1.0.0 " + sum + "\n" + modSum
	pinned := schemas.Module{Path: "example.com/m", Version: "v1.0.0"}
	cases := map[string]struct {
		reason string
		module schemas.Module
		// The digests in the go.sum of tools/schemas and of the product.
		tools, product string
		want           string
	}{
		"pinned":    {"tools/schemas has the version and the digest", pinned, good, "", ""},
		"product's": {"go.mod has the version, go.sum the digest", schemas.Module{Path: "example.com/m"}, "", good, ""},
		"no digest": {
			"nobody has said that this is what is meant", pinned, modSum, good,
			"download example.com/m@v1.0.0: go.sum in ROOT/tools/schemas did not have this line: example.com/m v1.0.0 " + sum,
		},
		"other digest": {
			"this is not what was meant", pinned, strings.Replace(good, sum, digest(), 1), "",
			"download example.com/m@v1.0.0: verifying example.com/m@v1.0.0: checksum mismatch",
		},
		"other version": {
			"there is none",
			schemas.Module{Path: "example.com/m", Version: "v1.0.1"},
			good, "",
			"download example.com/m@v1.0.1: example.com/m@v1.0.1: reading PROXY/example.com/m/@v/v1.0.1.info: no such file or directory",
		},
		"other module": {
			"the product does not require it",
			schemas.Module{Path: "example.com/n"},
			"", good,
			"download example.com/n: module example.com/n: not a known dependency",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOMODCACHE", t.TempDir())
			root := t.TempDir()
			write(t, root, map[string]string{
				"go.mod":               "module example.com/product\n\ngo 1.26\n\nrequire example.com/m v1.0.0\n",
				"go.sum":               tc.product,
				"tools/schemas/go.mod": "module example.com/product/tools/schemas\n\ngo 1.26\n\nrequire example.com/m v1.0.0\n",
				"tools/schemas/go.sum": tc.tools,
			})
			got, err := download(t.Context(), root, tc.module)
			text, _, _ := strings.Cut(strings.NewReplacer(root, "ROOT", os.Getenv("GOPROXY"), "PROXY").Replace(message(err)), "\n")
			if text != tc.want {
				t.Fatalf("%s: got error %q, want %q", tc.reason, text, tc.want)
			}
			if err != nil {
				return
			}
			if got.Path != "example.com/m" || got.Version != "v1.0.0" {
				t.Errorf("got %s %s", got.Path, got.Version)
			}
			if text, err := os.ReadFile(filepath.Join(got.Dir, "crds", "a.yaml")); string(text) != "kind: A\n" {
				t.Errorf("got file %q, error %v", text, err)
			}
		})
	}
}
