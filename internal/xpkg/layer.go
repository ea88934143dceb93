package xpkg

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// layer is a compressed tar file. It is kept in memory, because it is read twice: for its digest, and to be written or pushed.
type layer struct {
	compressed []byte
	digest     v1.Hash // Of the compressed bytes: the name in a registry.
	diffID     v1.Hash // Of the tar file: the name in an image's configuration.
}

// newLayer compresses what fill writes.
func newLayer(fill func(*tar.Writer) error) (*layer, error) {
	var compressed bytes.Buffer
	plain, packed := sha256.New(), sha256.New()
	zipped := gzip.NewWriter(io.MultiWriter(&compressed, packed))
	archive := tar.NewWriter(io.MultiWriter(zipped, plain))
	if err := fill(archive); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("write layer: %w", err)
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("write layer: %w", err)
	}
	return &layer{compressed: compressed.Bytes(), digest: sum(packed), diffID: sum(plain)}, nil
}

// readLayer takes a layer that somebody else compressed, and finds out whether it is whole.
func readLayer(compressed []byte) (*layer, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("read layer: %w", err)
	}
	plain, packed := sha256.New(), sha256.New()
	if _, err := io.Copy(plain, unzipped); err != nil { //nolint:gosec // Nothing is kept of what comes out.
		return nil, fmt.Errorf("read layer: %w", err)
	}
	packed.Write(compressed)
	return &layer{compressed: compressed, digest: sum(packed), diffID: sum(plain)}, nil
}

func sum(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
}

// Digest is the name in a registry.
func (l *layer) Digest() (v1.Hash, error) { return l.digest, nil }

// DiffID is the name in an image's configuration.
func (l *layer) DiffID() (v1.Hash, error) { return l.diffID, nil }

// Size is that of the compressed bytes.
func (l *layer) Size() (int64, error) { return int64(len(l.compressed)), nil }

// MediaType is what a registry is told.
func (l *layer) MediaType() (types.MediaType, error) { return types.OCILayer, nil }

// Compressed are the bytes that a registry keeps.
func (l *layer) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(l.compressed)), nil
}

// Uncompressed is the tar file.
func (l *layer) Uncompressed() (io.ReadCloser, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(l.compressed))
	if err != nil {
		return nil, fmt.Errorf("read layer: %w", err)
	}
	return unzipped, nil
}
