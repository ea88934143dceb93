// Package xpkg makes the Crossplane package of genops as a composition function, without Docker: images for the platforms of a bootstrap
// cluster, each with the binary to run and the package.yaml that Crossplane reads, and the index that holds them together.
//
//	binary := xpkg.Binary{Platform: "linux/arm64", Path: "genops-arm64"}
//	p, err := xpkg.Build(binary, "v1.2.3")        // or xpkg.Load of a file that Save wrote
//	err = p.Save("dist/genops-linux-arm64.xpkg")
//	index, err := xpkg.NewIndex(packages)
//	err = xpkg.Push(ctx, reference, index)
//
// Same binaries, same bytes: nothing in an image says when or where it was made.
package xpkg

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	pkgmeta "github.com/crossplane/crossplane/apis/v2/pkg/meta/v1"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/internal/manifest"
)

// What the package says of itself.
const (
	title       = "genops"
	description = "Composes AWS managed resources from the claims that genops renders."
	source      = "https://github.com/innovate-inc/genops"
	license     = "Apache-2.0"
	// crossplaneVersion is the first version with composites and claims as genops uses them, and with required resources by name. The -0
	// lets pre-releases in.
	crossplaneVersion = ">=v2.0.0-0"
)

// Facts of the format (crossplane-runtime: pkg/xpkg).
const (
	layerAnnotation = "io.crossplane.xpkg"
	baseLayer       = "base"
	packageFile     = "package.yaml"
)

const (
	labelPrefix = "org.opencontainers.image."
	program     = "/usr/local/bin/genops"
	// user is nobody's. Crossplane runs functions as a user of its own choice, so nothing may depend on who runs it.
	user = "65532"
)

// Package is the package for one platform.
type Package struct {
	Platform Platform
	image    v1.Image
}

// Build makes a package of a binary. version goes into the labels of the image.
func Build(binary Binary, version string) (*Package, error) {
	code, err := programLayer(binary)
	if err != nil {
		return nil, err
	}
	meta, err := metaLayer()
	if err != nil {
		return nil, err
	}
	made := v1.Time{Time: epoch()}
	config := &v1.ConfigFile{
		OS:           binary.Platform.os(),
		Architecture: binary.Platform.arch(),
		Created:      made,
		Config: v1.Config{
			User:         user,
			Entrypoint:   []string{program, "function", "serve"},
			WorkingDir:   "/",
			ExposedPorts: map[string]struct{}{"9443/tcp": {}, "8080/tcp": {}},
			Labels: map[string]string{
				labelPrefix + "title":       title,
				labelPrefix + "description": description,
				labelPrefix + "source":      source,
				labelPrefix + "licenses":    license,
				labelPrefix + "version":     version,
				// An archive has no place for annotations, so Crossplane's tools look for them here.
				layerAnnotation + ":" + meta.digest.String(): baseLayer,
			},
		},
		RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{code.diffID, meta.diffID}},
		History: []v1.History{
			{Created: made, CreatedBy: "genops function package", Comment: program},
			{Created: made, CreatedBy: "genops function package", Comment: packageFile},
		},
	}
	image, err := assemble(config, []*layer{code, meta})
	if err != nil {
		return nil, err
	}
	return &Package{Platform: binary.Platform, image: image}, nil
}

// Digest of the image.
func (p *Package) Digest() (string, error) {
	digest, err := p.image.Digest()
	if err != nil {
		return "", fmt.Errorf("compute digest of %s: %w", p.Platform, err)
	}
	return digest.String(), nil
}

// assemble makes an image. It is the same whether its parts were just built or come out of an archive.
func assemble(config *v1.ConfigFile, layers []*layer) (v1.Image, error) {
	additions := make([]mutate.Addendum, 0, len(layers))
	for _, l := range layers {
		addition := mutate.Addendum{Layer: l, MediaType: types.OCILayer}
		if value := config.Config.Labels[layerAnnotation+":"+l.digest.String()]; value != "" {
			addition.Annotations = map[string]string{layerAnnotation: value}
		}
		additions = append(additions, addition)
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base, additions...)
	if err != nil {
		return nil, fmt.Errorf("make image: %w", err)
	}
	image, err = mutate.ConfigFile(image, config)
	if err != nil {
		return nil, fmt.Errorf("make image: %w", err)
	}
	return image, nil
}

// epoch stands in for every time: the same binary gives the same image.
func epoch() time.Time { return time.Unix(0, 0).UTC() }

// programLayer holds the binary and nothing else: there is no shell, no libc, no base image.
func programLayer(binary Binary) (*layer, error) {
	file, err := os.Open(binary.Path)
	if err != nil {
		return nil, binary.unreadable(err)
	}
	defer file.Close() //nolint:errcheck // It was only read.
	if err := binary.check(file); err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, binary.unreadable(err)
	}
	made, err := newLayer(func(w *tar.Writer) error {
		for _, folder := range []string{"usr/", "usr/local/", "usr/local/bin/"} {
			if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder, Mode: 0o755, ModTime: epoch(), Format: tar.FormatUSTAR}); err != nil {
				return fmt.Errorf("write layer: %w", err)
			}
		}
		return add(w, program[1:], 0o755, info.Size(), io.NewSectionReader(file, 0, info.Size()))
	})
	if err != nil {
		return nil, binary.unreadable(err)
	}
	return made, nil
}

// metaLayer holds what Crossplane reads.
func metaLayer() (*layer, error) {
	content, err := manifest.FromTyped(&pkgmeta.Function{
		TypeMeta: metav1.TypeMeta{APIVersion: pkgmeta.Group + "/" + pkgmeta.Version, Kind: "Function"},
		ObjectMeta: metav1.ObjectMeta{Name: title, Annotations: map[string]string{
			"meta.crossplane.io/description": description,
			"meta.crossplane.io/license":     license,
			"meta.crossplane.io/source":      source,
		}},
		Spec: pkgmeta.FunctionSpec{MetaSpec: pkgmeta.MetaSpec{
			Crossplane:   &pkgmeta.CrossplaneConstraints{Version: crossplaneVersion},
			Capabilities: []string{pkgmeta.FunctionCapabilityComposition},
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", packageFile, err)
	}
	text, err := manifest.Encode("", content)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", packageFile, err)
	}
	return newLayer(func(w *tar.Writer) error {
		return add(w, packageFile, 0o644, int64(len(text)), bytes.NewReader(text))
	})
}

// add puts a file into a layer.
func add(w *tar.Writer, name string, mode, size int64, content io.Reader) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: size, ModTime: epoch(), Format: tar.FormatUSTAR}
	if err := w.WriteHeader(header); err != nil {
		return fmt.Errorf("write layer: %w", err)
	}
	if _, err := io.Copy(w, content); err != nil {
		return fmt.Errorf("write layer: %w", err)
	}
	return nil
}
