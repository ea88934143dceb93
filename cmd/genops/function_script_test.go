package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/rogpeppe/go-internal/testscript"
)

// programCommand writes a program for an architecture that does nothing: program amd64 FILE.
func programCommand(ts *testscript.TestScript, neg bool, args []string) {
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	if neg || len(args) != 2 || machines[args[0]] == 0 {
		ts.Fatalf("usage: program amd64|arm64 FILE")
	}
	const size, segment = 64, 56
	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(machines[args[0]]), Version: uint32(elf.EV_CURRENT), Entry: 0x400078,
		Phoff: size, Ehsize: size, Phentsize: segment, Phnum: 1,
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	var b bytes.Buffer
	ts.Check(binary.Write(&b, binary.LittleEndian, header))
	ts.Check(binary.Write(&b, binary.LittleEndian, elf.Prog64{Type: uint32(elf.PT_LOAD), Filesz: 1}))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), append(b.Bytes(), 0), 0o755))
}

// registryCommand starts a registry on this machine, and puts its address into $REGISTRY.
func registryCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: registry")
	}
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	ts.Defer(server.Close)
	ts.Setenv("REGISTRY", strings.TrimPrefix(server.URL, "http://"))
}
