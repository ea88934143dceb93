package artifacts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Facts of the format of Crossplane packages (crossplane-runtime: pkg/xpkg).
const (
	packageFile     = "package.yaml"
	layerAnnotation = "io.crossplane.xpkg"
	baseLayer       = "base"
)

// packageImage is a Crossplane package of one layer.
func packageImage(text []byte) (v1.Image, error) {
	packed, err := pack(map[string][]byte{packageFile: text})
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, fmt.Errorf("make layer: %w", err)
	}
	digest, err := layer.Digest()
	if err != nil {
		return nil, fmt.Errorf("make layer: %w", err)
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base, mutate.Addendum{
		Layer:       layer,
		MediaType:   types.OCILayer,
		Annotations: map[string]string{layerAnnotation: baseLayer},
	})
	if err != nil {
		return nil, fmt.Errorf("make image: %w", err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("make image: %w", err)
	}
	config = config.DeepCopy()
	// The platform whose image Crossplane reads on every node.
	config.OS, config.Architecture = "linux", "amd64"
	config.Config.Labels = map[string]string{layerAnnotation + ":" + digest.String(): baseLayer}
	image, err = mutate.ConfigFile(image, config)
	if err != nil {
		return nil, fmt.Errorf("make image: %w", err)
	}
	return image, nil
}

// Facts of the format of charts in registries (helm: pkg/registry).
const (
	chartConfig  types.MediaType = "application/vnd.cncf.helm.config.v1+json"
	chartContent types.MediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
)

// chartImage is a manifest whose configuration is no image's but a chart's, which is why mutate cannot make it.
type chartImage struct {
	config, manifest []byte
	content          partial.CompressedLayer
}

// image is the chart as a registry keeps it.
func (c *chart) image() (v1.Image, error) {
	config, err := json.Marshal(c.metadata)
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	digest, size, err := v1.SHA256(bytes.NewReader(config))
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	content := static.NewLayer(c.archive, chartContent)
	descriptor, err := partial.Descriptor(content)
	if err != nil {
		return nil, fmt.Errorf("describe archive: %w", err)
	}
	manifest, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2,
		MediaType:     types.OCIManifestSchema1,
		Config:        v1.Descriptor{MediaType: chartConfig, Digest: digest, Size: size},
		Layers:        []v1.Descriptor{*descriptor},
	})
	if err != nil {
		return nil, fmt.Errorf("write manifest: %w", err)
	}
	image, err := partial.CompressedToImage(chartImage{config: config, manifest: manifest, content: content})
	if err != nil {
		return nil, fmt.Errorf("make image: %w", err)
	}
	return image, nil
}

// RawConfigFile is the chart's metadata.
func (i chartImage) RawConfigFile() ([]byte, error) { return i.config, nil }

// RawManifest names the parts.
func (i chartImage) RawManifest() ([]byte, error) { return i.manifest, nil }

// MediaType is the manifest's.
func (chartImage) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

// LayerByDigest is the archive; there is no other.
func (i chartImage) LayerByDigest(v1.Hash) (partial.CompressedLayer, error) { return i.content, nil }
