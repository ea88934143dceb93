package xpkg_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/innovate-inc/genops/internal/xpkg"
)

// TestReproducible makes the same package in two places at two times.
func TestReproducible(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	a := index(t, both(t, first))
	packages := both(t, second)
	for _, name := range []string{"genops-amd64", "genops-arm64"} {
		old := time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)
		if err := os.Chtimes(filepath.Join(second, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	packages[0], packages[1] = packages[1], packages[0]
	b := index(t, packages)
	if digest(t, a) != digest(t, b) {
		t.Errorf("the same binaries give the digests %s and %s", digest(t, a), digest(t, b))
	}
	if diff := cmp.Diff([]xpkg.Platform{"linux/amd64", "linux/arm64"}, b.Platforms); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}

	one, two := filepath.Join(first, "a.xpkg"), filepath.Join(second, "a.xpkg")
	for _, path := range []string{one, two} {
		if err := build(t, program(t, first, "linux/amd64")).Save(path); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(read(t, one), read(t, two)) {
		t.Error("the same package gives two different files")
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestVersionCounts holds that the digest is not the same whatever is packaged.
func TestVersionCounts(t *testing.T) {
	t.Parallel()
	binary := program(t, t.TempDir(), "linux/amd64")
	other, err := xpkg.Build(binary, "v1.2.4")
	if err != nil {
		t.Fatal(err)
	}
	if digest(t, build(t, binary)) == digest(t, other) {
		t.Error("two versions have the same digest")
	}
}

// TestFiles writes packages to files and reads them again: what push makes of the files is what it makes of the binaries.
func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	packages := both(t, dir)
	want := digest(t, index(t, packages))
	var loaded []*xpkg.Package
	for _, p := range packages {
		path := filepath.Join(dir, filepath.Base(string(p.Platform))+".xpkg")
		if err := p.Save(path); err != nil {
			t.Fatal(err)
		}
		// What docker load and Crossplane's tools do.
		archive, err := tarball.ImageFromPath(path, nil)
		if err != nil {
			t.Fatalf("the file is no archive of an image: %v", err)
		}
		checkImage(t, archive, p.Platform)
		again, err := xpkg.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if again.Platform != p.Platform {
			t.Errorf("platform is %s, want %s", again.Platform, p.Platform)
		}
		loaded = append(loaded, again)
	}
	if got := digest(t, index(t, loaded)); got != want {
		t.Errorf("digest is %s for files, %s for binaries", got, want)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".genops-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v %v", left, err)
	}
}

// TestBuildRefuses packages what would not start.
func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	exec, none, load := elf.ET_EXEC, elf.ELFOSABI_NONE, elf.PT_LOAD
	bigEndian := header(elf.EM_AARCH64, exec, none, load)
	bigEndian[elf.EI_DATA] = byte(elf.ELFDATA2MSB)
	for name, tc := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":        {nil, "this is no ELF program, allowed is a program for linux/arm64"},
		"script":       {[]byte("#!/bin/sh\necho I am not a program\n"), "this is no ELF program, allowed is a program for linux/arm64"},
		"cut off":      {header(elf.EM_AARCH64, exec, none, load)[:40], "this is no ELF program, allowed is a program for linux/arm64"},
		"amd64":        {header(elf.EM_X86_64, exec, none, load), "this is for amd64, allowed is a program for linux/arm64"},
		"arm":          {header(elf.EM_ARM, exec, none, load), "this is for ARM, CLASS64, allowed is a program for linux/arm64"},
		"freebsd":      {header(elf.EM_AARCH64, exec, elf.ELFOSABI_FREEBSD, load), "this is for freebsd, allowed is a program for linux/arm64"},
		"object file":  {header(elf.EM_AARCH64, elf.ET_REL, none, load), "this cannot be executed, allowed is a program for linux/arm64"},
		"dynamic":      {header(elf.EM_AARCH64, exec, none, elf.PT_INTERP), "it is linked dynamically, and the image has no libraries: build it with CGO_ENABLED=0"},
		"other endian": {bigEndian, "this is no ELF program, allowed is a program for linux/arm64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			binary := write(t, t.TempDir(), "linux/arm64", tc.content)
			_, err := xpkg.Build(binary, "v1")
			var wrong *xpkg.FileError
			if !errors.As(err, &wrong) || err.Error() != binary.Path+": "+tc.want {
				t.Errorf("error is %v, want %s", err, tc.want)
			}
		})
	}
}

// TestMissing tells a file that is not there from one that cannot be read.
func TestMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	nowhere := filepath.Join(dir, "nowhere")
	_, built := xpkg.Build(xpkg.Binary{Platform: "linux/amd64", Path: nowhere}, "v1")
	_, loaded := xpkg.Load(nowhere)
	for _, err := range []error{built, loaded} {
		var missing *xpkg.MissingError
		if !errors.As(err, &missing) || err.Error() != nowhere+": there is no such file" {
			t.Errorf("error is %v", err)
		}
	}
	_, err := xpkg.Build(xpkg.Binary{Platform: "linux/amd64", Path: dir}, "v1")
	if want := "read " + dir + ": is a directory"; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// TestPlatform knows two.
func TestPlatform(t *testing.T) {
	t.Parallel()
	if p, err := xpkg.ParsePlatform("linux/arm64"); p != "linux/arm64" || err != nil {
		t.Errorf("linux/arm64 is %q, %v", p, err)
	}
	for _, wrong := range []string{"", "linux", "arm64", "linux/386", "linux/arm64/v8", "Linux/arm64"} {
		_, err := xpkg.ParsePlatform(wrong)
		if want := `platform "` + wrong + `": allowed are linux/amd64 and linux/arm64`; err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

// TestIndexRefuses puts packages together that do not belong together.
func TestIndexRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	amd, arm := build(t, program(t, dir, "linux/amd64")), build(t, program(t, dir, "linux/arm64"))
	newer, err := xpkg.Build(program(t, dir, "linux/arm64"), "v1.3.0")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		packages []*xpkg.Package
		want     string
	}{
		"none":         {nil, "linux/amd64 is missing: Crossplane reads package.yaml from the image for it, whatever its nodes are"},
		"no amd64":     {[]*xpkg.Package{arm}, "linux/amd64 is missing: Crossplane reads package.yaml from the image for it, whatever its nodes are"},
		"twice":        {[]*xpkg.Package{amd, amd}, "linux/amd64: there are two packages for it"},
		"two versions": {[]*xpkg.Package{newer, amd}, "linux/arm64: its version is v1.3.0, that of linux/amd64 is v1.2.3"},
	} {
		if _, err := xpkg.NewIndex(tc.packages); err == nil || err.Error() != tc.want {
			t.Errorf("%s: error is %v, want %s", name, err, tc.want)
		}
	}
	if got := index(t, []*xpkg.Package{amd}).Platforms; len(got) != 1 {
		t.Errorf("one platform is enough for nodes of one kind: %v", got)
	}
}

// TestLoadRefuses reads files that are no package.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := filepath.Join(dir, "good.xpkg")
	if err := build(t, program(t, dir, "linux/amd64")).Save(good); err != nil {
		t.Fatal(err)
	}
	whole := read(t, good)
	flipped := bytes.Clone(whole)
	at := bytes.Index(flipped, []byte{0x1f, 0x8b}) // Where the first layer begins.
	flipped[at+40] ^= 0xff
	for name, tc := range map[string]struct {
		content []byte
		want    string
	}{
		"empty":    {nil, "this is no package: genops function package makes one"},
		"text":     {[]byte(strings.Repeat("hello ", 1000)), "this is no package: genops function package makes one"},
		"cut off":  {whole[:len(whole)/3], "this is no package: genops function package makes one"},
		"bit flip": {flipped, "the file is damaged: make it again with genops function package"},
	} {
		path := filepath.Join(dir, "bad.xpkg")
		if err := os.WriteFile(path, tc.content, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := xpkg.Load(path); err == nil || err.Error() != path+": "+tc.want {
			t.Errorf("%s: error is %v, want %s", name, err, tc.want)
		}
	}
}

// TestVersion refuses what a linker would need quotes for.
func TestVersion(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"v1.2.3", "v1.2.3-4-gabc1234-dirty", "devel", "0.0.0-20260101+build"} {
		if err := xpkg.CheckVersion(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "v1 -X main.x=y", "-v", `v"1`, "v1\n"} {
		if err := xpkg.CheckVersion(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
