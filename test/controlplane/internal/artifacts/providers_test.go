package artifacts

import (
	"archive/tar"
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

func replaceAll(text string, oldNew ...string) string {
	return strings.NewReplacer(oldNew...).Replace(text)
}

// meta is what Crossplane reads of a provider.
type meta struct {
	APIVersion, Kind string
	Metadata         struct {
		Name   string
		Labels map[string]string
	}
	Spec struct {
		Capabilities []string
		DependsOn    []struct{ Provider, Version string }
	}
}

// contents finds the layer as Crossplane does, and reads what is in it.
func contents(t *testing.T, image v1.Image) (meta, []apiextensions.CustomResourceDefinition) {
	t.Helper()
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Layers) != 1 || manifest.Layers[0].Annotations["io.crossplane.xpkg"] != "base" ||
		config.Config.Labels["io.crossplane.xpkg:"+manifest.Layers[0].Digest.String()] != "base" ||
		config.OS != "linux" || config.Architecture != "amd64" {
		t.Fatalf("layers are %v, configuration is %v", manifest.Layers, config)
	}
	layer, err := image.LayerByDigest(manifest.Layers[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	if diffID, err := layer.DiffID(); err != nil || diffID != config.RootFS.DiffIDs[0] {
		t.Errorf("DiffID is %s, %v; configuration has %s", diffID, err, config.RootFS.DiffIDs)
	}
	plain, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(plain)
	if header, err := archive.Next(); err != nil || header.Name != "package.yaml" {
		t.Fatalf("first file is %v, %v", header, err)
	}
	text, err := io.ReadAll(archive)
	if err != nil {
		t.Fatal(err)
	}
	documents := strings.Split(strings.TrimPrefix(string(text), "---\n"), "\n---\n")
	var found meta
	if err := yaml.Unmarshal([]byte(documents[0]), &found); err != nil {
		t.Fatal(err)
	}
	var definitions []apiextensions.CustomResourceDefinition
	for _, document := range documents[1:] {
		var d apiextensions.CustomResourceDefinition
		if err := yaml.UnmarshalStrict([]byte(document), &d); err != nil {
			t.Fatal(err)
		}
		definitions = append(definitions, d)
	}
	return found, definitions
}

// TestProviders looks for the definitions that are in use, each stored in the version that is used.
func TestProviders(t *testing.T) {
	t.Parallel()
	made := build(t)
	for address, want := range map[string]struct {
		depends     bool
		definitions map[string]string
	}{
		"xpkg.upbound.io/upbound/provider-family-aws:v2.6.0": {definitions: map[string]string{
			"providerconfigs.aws.upbound.io": "v1beta2", "clusterproviderconfigs.aws.m.upbound.io": "v1beta2",
		}},
		"xpkg.upbound.io/upbound/provider-aws-ec2:v2.6.0": {depends: true, definitions: map[string]string{
			"vpcs.ec2.aws.upbound.io": "v1beta1", "vpcendpoints.ec2.aws.upbound.io": "v1beta2",
		}},
		"xpkg.upbound.io/upbound/provider-aws-eks:v2.6.0": {depends: true, definitions: map[string]string{
			"clusters.eks.aws.upbound.io": "v1beta2",
		}},
	} {
		image := made.images[address]
		if image == nil {
			t.Errorf("%s is not there, but %s", address, made.Images())
			continue
		}
		found, definitions := contents(t, image)
		if found.APIVersion != "meta.pkg.crossplane.io/v1" || found.Kind != "Provider" ||
			!strings.HasSuffix(address, "/"+found.Metadata.Name+":v2.6.0") || !slices.Equal(found.Spec.Capabilities, []string{"safe-start"}) {
			t.Errorf("%s: %+v", address, found)
		}
		if on := found.Spec.DependsOn; want.depends != (len(on) == 1 && on[0].Provider == "xpkg.upbound.io/upbound/provider-family-aws" && on[0].Version == ">=v2.6.0") {
			t.Errorf("%s depends on %v", address, on)
		}
		stored := map[string]string{}
		for _, d := range definitions {
			for _, v := range d.Spec.Versions {
				if v.Storage {
					stored[d.Name] += v.Name
				}
			}
			if d.Spec.Conversion != nil {
				t.Errorf("%s: %s is converted by %v", address, d.Name, d.Spec.Conversion)
			}
		}
		if !maps.Equal(stored, want.definitions) {
			t.Errorf("%s: stored versions are %v, want %v", address, stored, want.definitions)
		}
	}
}

// TestMissing names what a module lacks.
func TestMissing(t *testing.T) {
	t.Parallel()
	from := fixtures(t)
	for want, change := range map[string]func(*Modules, *Catalogue){
		`no service has the kind Queue.sqs.aws.upbound.io`: func(_ *Modules, c *Catalogue) {
			c.Kinds[schema.GroupKind{Group: "sqs.aws.upbound.io", Kind: "Queue"}] = ""
		},
		`has no Subnet.ec2.aws.upbound.io`: func(_ *Modules, c *Catalogue) {
			c.Kinds[schema.GroupKind{Group: "ec2.aws.upbound.io", Kind: "Subnet"}] = ""
		},
		`version "v1" is not served, but v1beta1 and v1beta2`: func(_ *Modules, c *Catalogue) {
			c.Kinds[schema.GroupKind{Group: "ec2.aws.upbound.io", Kind: "VPC"}] = "v1"
		},
		`version "v1alpha1" is not served`: func(_ *Modules, c *Catalogue) {
			c.Kinds[schema.GroupKind{Group: "ec2.aws.upbound.io", Kind: "VPC"}] = "v1alpha1"
		},
		`list definitions: open`:   func(m *Modules, _ *Catalogue) { m.ProviderAWS = m.Crossplane },
		`make chart karpenter: `:   func(m *Modules, _ *Catalogue) { m.Karpenter = m.Crossplane },
		`make chart cert-manager:`: func(_ *Modules, c *Catalogue) { c.Charts["cert-manager"] = Chart{Version: "1.20.2"} },
	} {
		m, c := from, catalogue()
		change(&m, &c)
		if _, err := New(m, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

// TestDeterministic makes everything twice.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	first, second := build(t), build(t)
	for _, name := range first.Images() {
		a, err := first.images[name].Digest()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := second.images[name].Digest(); err != nil || a != b {
			t.Errorf("%s is %s, then %s (%v)", name, a, b, err)
		}
	}
	for name, c := range first.charts {
		if !bytes.Equal(c.archive, second.charts[name].archive) {
			t.Errorf("%s is not the same twice", name)
		}
	}
}
