// Package pin says which image a service of an environment runs: it keeps environments/<environment>/images.cue, a file that only genops pin
// writes. A pin wins over the default that a tag has elsewhere (*"v1.0.0" | _).
package pin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/format"

	"github.com/innovate-inc/genops/internal/pipeline"
	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// header starts a file of pins.
const header = "// Written by genops pin: which images run in this environment. To unpin one, remove its line.\npackage environments\n"

// Image is what is pinned.
type Image struct {
	Tag    string `json:"tag"`
	Digest string `json:"digest"`
}

// Request is one image for one service. From is the environment that the image is taken from; empty means that Image says it.
type Request struct {
	Environment string
	Service     string
	Image       Image
	From        string
}

// Result is a pin that would load.
type Result struct {
	// File is the path of the file below the folder that holds environments/, and Content what is to be in it.
	File    string
	Content []byte
	// Changed tells whether it is something else than what is there.
	Changed bool
	// Before and After are the image of the service.
	Before, After Image
}

// Pin computes what pins an image, and loads and checks the platform as if it was there. It writes nothing. prefix goes before file names in
// problems; what is wrong with the request or with what it would make comes back as one *problem.Error.
func Pin(ctx context.Context, fsys fs.FS, prefix string, r Request) (*Result, error) {
	config, err := schema.Load(ctx, fsys, prefix)
	if err != nil {
		return nil, err
	}
	service, problems := find(config, r.Environment, r.Service)
	if r.From != "" && len(problems) == 0 {
		r.Image, problems = promoted(config, r)
	}
	if err := problem.Join(problems); err != nil {
		return nil, err
	}
	result := &Result{
		File:   path.Join("environments", r.Environment, "images.cue"),
		Before: Image{Tag: service.Workload.Image.Tag, Digest: service.Workload.Image.Digest},
		After:  r.Image,
	}
	old, pins, err := read(fsys, prefix, result.File)
	if err != nil {
		return nil, err
	}
	pins[r.Service] = r.Image
	if result.Content, err = write(pins); err != nil {
		return nil, err
	}
	if result.Changed = !bytes.Equal(old, result.Content); !result.Changed {
		return result, nil
	}
	if _, err := pipeline.Load(ctx, overlay{FS: fsys, name: result.File, content: result.Content}, prefix, nil); err != nil {
		return nil, err
	}
	return result, nil
}

// find is the service of an environment whose image can be pinned, or what is wrong.
func find(config *schema.Config, environment, service string) (*schema.Service, []problem.Problem) {
	var known []string
	for _, e := range config.Environments {
		known = append(known, e.Name)
	}
	e := config.Environment(environment)
	if e == nil {
		return nil, unknown(problem.Position{}, "there is no environment", environment, known)
	}
	services := slices.Sorted(maps.Keys(e.Services))
	found, ok := e.Services[service]
	if !ok {
		return nil, unknown(config.Position(environment, "services"), environment+" has no service", service, services)
	}
	p := problem.Problem{Environment: environment, Position: config.Position(environment, "services."+service), Field: "services." + service}
	switch {
	case found.Workload == nil:
		p.Message = fmt.Sprintf("%s is only a namespace: there is no image to pin", service)
		p.Hint = "its team brings what runs in it; a workload has an image"
	case found.Workload.Image.Repository == "":
		p.Field += ".workload.image.address"
		p.Position = config.Position(environment, p.Field)
		p.Message = fmt.Sprintf("the image of %s is not from the platform's registry, but %s: pin takes images of the registry",
			service, found.Workload.Image.Address)
		p.Hint = "write its digest where its address is"
	default:
		return &found, nil
	}
	return nil, []problem.Problem{p}
}

// unknown is the problem of a name that nothing has.
func unknown(at problem.Position, what, name string, known []string) []problem.Problem {
	p := problem.Problem{Position: at, Message: fmt.Sprintf("%s %q: there are %s", what, name, strings.Join(known, ", "))}
	if len(known) == 0 {
		p.Message = fmt.Sprintf("%s %q, and no other", what, name)
	}
	if nearest, ok := problem.Nearest(name, known); ok {
		p.Hint = "did you mean " + nearest + "?"
	}
	return []problem.Problem{p}
}

// promoted is the image that the service has in the environment which the request names.
func promoted(config *schema.Config, r Request) (Image, []problem.Problem) {
	source, problems := find(config, r.From, r.Service)
	if len(problems) > 0 {
		return Image{}, problems
	}
	to, from := config.Environment(r.Environment).Services[r.Service].Workload.Image, source.Workload.Image
	field := "services." + r.Service + ".workload.image"
	p := problem.Problem{Environment: r.From, Position: config.Position(r.From, field), Field: field}
	switch {
	case from.Repository != to.Repository:
		p.Message = fmt.Sprintf("%s of %s is an image of %s, that of %s one of %s", r.Service, r.From, from.Repository, r.Environment, to.Repository)
		p.Hint = "pin it with --tag and --digest"
	case from.Digest == "" || from.Tag == "":
		p.Message = fmt.Sprintf("%s is not pinned in %s: without tag and digest nobody could say what %s would run", r.Service, r.From, r.Environment)
		p.Hint = "pin it there first: genops pin " + r.From + " " + r.Service + " --tag TAG --digest sha256:..."
	default:
		return Image{Tag: from.Tag, Digest: from.Digest}, nil
	}
	return Image{}, []problem.Problem{p}
}

// read reads a file of pins: its text and what it says. A file that says anything else would lose it.
func read(fsys fs.FS, prefix, name string) ([]byte, map[string]Image, error) {
	text, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, map[string]Image{}, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read pins: %w", err)
	}
	var file struct {
		Environment struct {
			Services map[string]struct {
				Workload struct {
					Image Image `json:"image"`
				} `json:"workload"`
			} `json:"services"`
		} `json:"environment"`
	}
	value := cuecontext.New().CompileBytes(text)
	pins := map[string]Image{}
	if value.Decode(&file) == nil {
		for service, fields := range file.Environment.Services {
			pins[service] = fields.Workload.Image
		}
		formatted, formatErr := format.Source(text)
		if again, err := write(pins); err == nil && formatErr == nil && bytes.Equal(again, formatted) {
			return text, pins, nil
		}
	}
	return nil, nil, problem.Join([]problem.Problem{{
		Position: problem.Position{File: path.Join(prefix, name), Line: 1, Column: 1},
		Message:  "genops pin writes this file, and somebody has changed it: what was added would be lost",
		Hint:     "move what was added into another file of the folder, and restore this one with git checkout",
	}})
}

// write is the text of a file of pins, sorted by service.
func write(pins map[string]Image) ([]byte, error) {
	var b strings.Builder
	b.WriteString(header + "\nenvironment: services: {\n")
	for _, service := range slices.Sorted(maps.Keys(pins)) {
		image := pins[service]
		// A name may be a word of CUE: all stand in quotes.
		fmt.Fprintf(&b, "\t%s: workload: image: {tag: %s, digest: %s}\n", strconv.Quote(service), strconv.Quote(image.Tag), strconv.Quote(image.Digest))
	}
	b.WriteString("}\n")
	text, err := format.Source([]byte(b.String()))
	if err != nil {
		return nil, fmt.Errorf("write pins: %w", err)
	}
	return text, nil
}
