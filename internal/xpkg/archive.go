package xpkg

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Save writes the package to a file in the format of docker save, which is what Crossplane's own tools write and read. Whoever looks at the
// file sees a whole package or what was there before.
func (p *Package) Save(path string) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".genops-*")
	if err != nil {
		return fmt.Errorf("write %w", err)
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // It is gone already unless something went wrong.
	err = tarball.Write(nil, p.image, temporary)
	if err = errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return fmt.Errorf("write %w", err)
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("write %w", err)
	}
	return nil
}

// Load reads a file that Save wrote.
func Load(path string) (*Package, error) {
	// What is wrong inside the file must not look like what is wrong with reading it.
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if err := file.Close(); err != nil {
		return nil, unreadable(path, err)
	}
	archive, err := tarball.ImageFromPath(path, nil)
	if err != nil {
		return nil, &FileError{Path: path, Reason: "this is no package: genops function package makes one"}
	}
	config, err := archive.ConfigFile()
	if err != nil {
		return nil, &FileError{Path: path, Reason: "this is no package: genops function package makes one"}
	}
	platform, err := ParsePlatform(config.OS + "/" + config.Architecture)
	if err != nil {
		return nil, &FileError{Path: path, Reason: err.Error()}
	}
	layers, err := readLayers(archive, config)
	if err != nil {
		return nil, &FileError{Path: path, Reason: err.Error()}
	}
	image, err := assemble(config, layers)
	if err != nil {
		return nil, err
	}
	return &Package{Platform: platform, image: image}, nil
}

// errDamaged is a file that is not what was written.
var errDamaged = errors.New("the file is damaged: make it again with genops function package")

// readLayers reads the layers of an archive and compares them with its configuration.
func readLayers(archive v1.Image, config *v1.ConfigFile) ([]*layer, error) {
	found, err := archive.Layers()
	if err != nil || len(found) != len(config.RootFS.DiffIDs) {
		return nil, errDamaged
	}
	layers, based := make([]*layer, 0, len(found)), false
	for i, l := range found {
		compressed, err := content(l)
		if err != nil {
			return nil, errDamaged
		}
		read, err := readLayer(compressed)
		if err != nil || read.diffID != config.RootFS.DiffIDs[i] {
			return nil, errDamaged
		}
		based = based || config.Config.Labels[layerAnnotation+":"+read.digest.String()] == baseLayer
		layers = append(layers, read)
	}
	if !based {
		return nil, fmt.Errorf("this is an image without %s: genops function package makes packages", packageFile)
	}
	return layers, nil
}

func content(l v1.Layer) (_ []byte, err error) {
	compressed, err := l.Compressed()
	if err != nil {
		return nil, fmt.Errorf("read layer: %w", err)
	}
	defer func() { err = errors.Join(err, compressed.Close()) }()
	data, err := io.ReadAll(compressed)
	if err != nil {
		return nil, fmt.Errorf("read layer: %w", err)
	}
	return data, nil
}
