package xpkg

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Platform is where a binary runs: an operating system and an architecture, such as linux/arm64.
type Platform string

// metaPlatform is the one whose image Crossplane reads package.yaml from, on nodes of every architecture (go-containerregistry: the default of
// remote.WithPlatform).
const metaPlatform Platform = "linux/amd64"

// Platforms are those of nodes that Crossplane can run on.
func Platforms() []Platform { return []Platform{metaPlatform, "linux/arm64"} }

// ParsePlatform knows the platforms that packages are made for.
func ParsePlatform(text string) (Platform, error) {
	if !slices.Contains(Platforms(), Platform(text)) {
		return "", fmt.Errorf("platform %q: allowed are %s", text, list(Platforms()))
	}
	return Platform(text), nil
}

func (p Platform) os() string   { before, _, _ := strings.Cut(string(p), "/"); return before }
func (p Platform) arch() string { _, after, _ := strings.Cut(string(p), "/"); return after }

// machine is the architecture's name in the header of a binary.
func (p Platform) machine() elf.Machine {
	if p.arch() == "arm64" {
		return elf.EM_AARCH64
	}
	return elf.EM_X86_64
}

// list names platforms the way people do: a, b and c.
func list(platforms []Platform) string {
	names := make([]string, 0, len(platforms))
	for _, p := range platforms {
		names = append(names, string(p))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// Binary is a program and the platform that it is for.
type Binary struct {
	Platform Platform
	Path     string
}

// FileError is a file that is not what it should be.
type FileError struct {
	Path   string
	Reason string
}

func (e *FileError) Error() string { return e.Path + ": " + e.Reason }

// MissingError is a file that is not there.
type MissingError struct{ Path string }

func (e *MissingError) Error() string { return e.Path + ": there is no such file" }

func (b Binary) unreadable(err error) error { return unreadable(b.Path, err) }

// unreadable says why a file could not be read.
func unreadable(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &MissingError{Path: path}
	}
	return err // The system's error says what was done to which file.
}

// check refuses what would not start in the image: it has no other files, and Kubernetes says of a wrong architecture only "exec format error".
func (b Binary) check(file io.ReaderAt) error {
	wrong := func(found string) error {
		return &FileError{Path: b.Path, Reason: fmt.Sprintf("%s, allowed is a program for %s", found, b.Platform)}
	}
	program, err := elf.NewFile(file)
	if err != nil {
		if _, ok := errors.AsType[*elf.FormatError](err); ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return wrong("this is no ELF program")
		}
		return b.unreadable(err)
	}
	switch {
	case program.Machine != b.Platform.machine() || program.Class != elf.ELFCLASS64 || program.Data != elf.ELFDATA2LSB:
		return wrong("this is for " + machineName(program))
	case program.OSABI != elf.ELFOSABI_NONE && program.OSABI != elf.ELFOSABI_LINUX:
		return wrong("this is for " + strings.ToLower(strings.TrimPrefix(program.OSABI.String(), "ELFOSABI_")))
	case program.Type != elf.ET_EXEC && program.Type != elf.ET_DYN:
		return wrong("this cannot be executed")
	}
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP {
			return &FileError{Path: b.Path, Reason: "it is linked dynamically, and the image has no libraries: build it with CGO_ENABLED=0"}
		}
	}
	return nil
}

// machineName is the architecture of a binary, in Go's words where Go has one.
func machineName(program *elf.File) string {
	switch {
	case program.Machine == elf.EM_X86_64 && program.Class == elf.ELFCLASS64:
		return "amd64"
	case program.Machine == elf.EM_AARCH64 && program.Data == elf.ELFDATA2LSB:
		return "arm64"
	default:
		return strings.TrimPrefix(program.Machine.String(), "EM_") + ", " + strings.TrimPrefix(program.Class.String(), "ELF")
	}
}
