package artifacts

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

const family = "provider-family-aws"

// newProviders makes a package for each service and the one that they depend on, which has the definitions of ProviderConfig.
func newProviders(module string, c Catalogue) (map[string]v1.Image, error) {
	kinds := map[string][]schema.GroupKind{}
	for _, kind := range slices.SortedFunc(maps.Keys(c.Kinds), compareKinds) {
		service, _, _ := strings.Cut(kind.Group, ".")
		if !slices.Contains(c.Services, service) {
			return nil, fmt.Errorf("make provider packages: no service has the kind %s", kind)
		}
		kinds[service] = append(kinds[service], kind)
	}
	files, err := definitionFiles(module)
	if err != nil {
		return nil, err
	}
	images := map[string]v1.Image{}
	add := func(address string, meta map[string]any, definitions []map[string]any) error {
		image, err := newPackage(meta, definitions)
		if err != nil {
			return fmt.Errorf("make package %s: %w", address, err)
		}
		images[address+":"+c.ProviderVersion] = image
		return nil
	}

	familyAddress := path.Join(path.Dir(c.ProviderPrefix), family)
	definitions, err := files.ofGroups("aws.upbound.io", "aws.m.upbound.io")
	if err != nil {
		return nil, err
	}
	if err := add(familyAddress, newMeta(family), definitions); err != nil {
		return nil, err
	}
	for _, service := range c.Services {
		var definitions []map[string]any
		for _, kind := range kinds[service] {
			definition, err := files.ofKind(kind, c.Kinds[kind])
			if err != nil {
				return nil, err
			}
			definitions = append(definitions, definition)
		}
		address := c.ProviderPrefix + "-" + service
		depends := map[string]any{"provider": familyAddress, "version": ">=" + c.ProviderVersion}
		if err := add(address, newMeta(path.Base(address), depends), definitions); err != nil {
			return nil, err
		}
	}
	return images, nil
}

func compareKinds(a, b schema.GroupKind) int {
	return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Kind, b.Kind))
}

// newMeta says of a provider what the real one says (package/crossplane.yaml.tmpl of the module): with safe-start, definitions are inactive
// until an activation policy names them.
func newMeta(name string, dependsOn ...any) map[string]any {
	spec := map[string]any{
		"capabilities": []any{"safe-start"},
		"crossplane":   map[string]any{"version": ">=v1.12.1-0"},
	}
	if len(dependsOn) > 0 {
		spec["dependsOn"] = dependsOn
	}
	return map[string]any{
		"apiVersion": "meta.pkg.crossplane.io/v1",
		"kind":       "Provider",
		"metadata":   map[string]any{"name": name, "labels": map[string]any{"pkg.crossplane.io/provider-family": family}},
		"spec":       spec,
	}
}

// newPackage is an image without a program: who runs it plays the provider.
func newPackage(meta map[string]any, definitions []map[string]any) (v1.Image, error) {
	var text bytes.Buffer
	for _, object := range append([]map[string]any{meta}, definitions...) {
		document, err := yaml.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", packageFile, err)
		}
		text.WriteString("---\n")
		text.Write(document)
	}
	return packageImage(text.Bytes())
}
