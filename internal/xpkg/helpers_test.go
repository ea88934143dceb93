package xpkg_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/innovate-inc/genops/internal/xpkg"
)

// header is that of a program that does nothing, with one segment of a kind.
func header(machine elf.Machine, kind elf.Type, abi elf.OSABI, segment elf.ProgType) []byte {
	const size, segmentSize = 64, 56
	h := elf.Header64{
		Type: uint16(kind), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Entry: 0x400078,
		Phoff: size, Ehsize: size, Phentsize: segmentSize, Phnum: 1,
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB)
	h.Ident[elf.EI_VERSION], h.Ident[elf.EI_OSABI] = byte(elf.EV_CURRENT), byte(abi)
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, h)
	_ = binary.Write(&b, binary.LittleEndian, elf.Prog64{Type: uint32(segment), Filesz: 8})
	return append(b.Bytes(), "program "...)
}

// program is a file that could run on a platform.
func program(t *testing.T, dir string, platform xpkg.Platform) xpkg.Binary {
	t.Helper()
	machine := elf.EM_X86_64
	if platform == "linux/arm64" {
		machine = elf.EM_AARCH64
	}
	return write(t, dir, platform, header(machine, elf.ET_EXEC, elf.ELFOSABI_NONE, elf.PT_LOAD))
}

func write(t *testing.T, dir string, platform xpkg.Platform, content []byte) xpkg.Binary {
	t.Helper()
	path := filepath.Join(dir, "genops-"+filepath.Base(string(platform)))
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return xpkg.Binary{Platform: platform, Path: path}
}

// both are packages for the two platforms, made of programs in a folder.
func both(t *testing.T, dir string) []*xpkg.Package {
	t.Helper()
	return []*xpkg.Package{build(t, program(t, dir, "linux/arm64")), build(t, program(t, dir, "linux/amd64"))}
}

func build(t *testing.T, from xpkg.Binary) *xpkg.Package {
	t.Helper()
	p, err := xpkg.Build(from, "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func index(t *testing.T, packages []*xpkg.Package) *xpkg.Index {
	t.Helper()
	i, err := xpkg.NewIndex(packages)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func digest(t *testing.T, of interface{ Digest() (string, error) }) string {
	t.Helper()
	d, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}
