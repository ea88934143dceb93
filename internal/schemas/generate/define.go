package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/version"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/internal/schemas"
)

// define finds the wanted versions of a kind among the files of a module.
func define(module fs.FS, pattern string, wanted schemas.Wanted) ([]schemas.Definition, error) {
	crd, err := find(module, strings.ReplaceAll(pattern, "GROUP", wanted.Group), wanted)
	if err != nil {
		return nil, err
	}
	served := map[string]*extv1.JSONSchemaProps{}
	newest := ""
	for _, v := range crd.Spec.Versions {
		if !v.Served || v.Schema == nil || v.Schema.OpenAPIV3Schema == nil {
			continue
		}
		served[v.Name] = v.Schema.OpenAPIV3Schema
		if newest == "" || version.CompareKubeAwareVersionStrings(v.Name, newest) > 0 {
			newest = v.Name
		}
	}
	versions := wanted.Versions
	if len(versions) == 0 {
		versions = []string{newest}
	}
	var definitions []schemas.Definition
	for _, name := range versions {
		schema, ok := served[name]
		if !ok {
			return nil, fmt.Errorf("%s of %s: version %q is not served", wanted.Kind, wanted.Group, name)
		}
		reduce(schema)
		definitions = append(definitions, schemas.Definition{
			Kind:   schemas.Kind{APIVersion: wanted.Group + "/" + name, Kind: wanted.Kind, Namespaced: crd.Spec.Scope == extv1.NamespaceScoped},
			Schema: schema,
		})
	}
	return definitions, nil
}

// find reads the definition of a kind.
func find(module fs.FS, pattern string, wanted schemas.Wanted) (*extv1.CustomResourceDefinition, error) {
	names, err := fs.Glob(module, pattern)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", pattern, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(module, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		// Reading a hundred large files as YAML takes long, and all write it like this.
		if !bytes.Contains(text, []byte("\n    kind: "+wanted.Kind+"\n")) {
			continue
		}
		crd := &extv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, crd); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if crd.Spec.Group == wanted.Group && crd.Spec.Names.Kind == wanted.Kind {
			return crd, nil
		}
	}
	return nil, fmt.Errorf("%s of %s: no file %s defines it", wanted.Kind, wanted.Group, pattern)
}

// reduce drops what is there for people to read, wherever a structural schema may have a schema inside.
func reduce(schema *extv1.JSONSchemaProps) {
	schema.Description, schema.Title, schema.Example, schema.ExternalDocs = "", "", nil, nil
	for _, properties := range []map[string]extv1.JSONSchemaProps{schema.Properties, schema.PatternProperties, schema.Definitions} {
		for name, property := range properties {
			reduce(&property)
			properties[name] = property
		}
	}
	for _, list := range [][]extv1.JSONSchemaProps{schema.AllOf, schema.AnyOf, schema.OneOf} {
		for i := range list {
			reduce(&list[i])
		}
	}
	if schema.Not != nil {
		reduce(schema.Not)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		reduce(schema.Items.Schema)
	}
	if schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil {
		reduce(schema.AdditionalProperties.Schema)
	}
}
