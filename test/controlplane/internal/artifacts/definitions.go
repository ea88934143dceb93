package artifacts

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
	"sigs.k8s.io/yaml"
)

// definitions are the files of a module's custom resource definitions, <group>_<plural>.yaml. There are two thousand of them, most of them
// large, so only those that are wanted are read.
type definitions struct {
	folder string
	names  []string
}

func definitionFiles(module string) (*definitions, error) {
	folder := filepath.Join(module, "package", "crds")
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("list definitions: %w", err)
	}
	d := &definitions{folder: folder}
	for _, entry := range entries {
		d.names = append(d.names, entry.Name())
	}
	return d, nil
}

// ofGroups are all definitions of some groups.
func (d *definitions) ofGroups(groups ...string) ([]map[string]any, error) {
	var found []map[string]any
	for _, group := range groups {
		for _, file := range d.names {
			if !strings.HasPrefix(file, group+"_") {
				continue
			}
			definition, err := d.read(file, "")
			if err != nil {
				return nil, err
			}
			found = append(found, definition)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("find definitions: %s has none of %s", d.folder, strings.Join(groups, " and "))
	}
	return found, nil
}

// ofKind is the definition of one kind, with the version that it is used in.
func (d *definitions) ofKind(kind schema.GroupKind, use string) (map[string]any, error) {
	for _, file := range d.names {
		if !strings.HasPrefix(file, kind.Group+"_") {
			continue
		}
		found, err := d.kind(file)
		if err != nil {
			return nil, err
		}
		if found == kind.Kind {
			return d.read(file, use)
		}
	}
	return nil, fmt.Errorf("find definition: %s has no %s", d.folder, kind)
}

// kindLine is the kind that a definition defines: spec.names.kind, in the first lines of a file that controller-gen wrote.
var kindLine = regexp.MustCompile(`(?m)^    kind: (\S+)$`)

func (d *definitions) kind(file string) (string, error) {
	opened, err := os.Open(filepath.Join(d.folder, file))
	if err != nil {
		return "", fmt.Errorf("read definition: %w", err)
	}
	defer opened.Close() //nolint:errcheck // It was only read.
	start, err := io.ReadAll(io.LimitReader(opened, 2048))
	if err != nil {
		return "", fmt.Errorf("read definition: %w", err)
	}
	found := kindLine.FindSubmatch(start)
	if found == nil {
		return "", fmt.Errorf("read definition %s: there is no spec.names.kind in its first lines", opened.Name())
	}
	return string(found[1]), nil
}

func (d *definitions) read(file, use string) (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join(d.folder, file))
	if err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	var definition map[string]any
	if err := yaml.Unmarshal(text, &definition); err != nil {
		return nil, fmt.Errorf("read definition %s: %w", file, err)
	}
	if err := store(definition, use); err != nil {
		return nil, fmt.Errorf("prepare definition %s: %w", file, err)
	}
	return definition, nil
}

// store makes the version that is used the one that is stored. The API server then has nothing to convert, and the provider, whose webhook
// would convert, need not run.
func store(definition map[string]any, use string) error {
	versions, _, err := unstructured.NestedSlice(definition, "spec", "versions")
	if err != nil {
		return fmt.Errorf("read versions: %w", err)
	}
	var served []string
	newest := ""
	for _, v := range versions {
		fields, _ := v.(map[string]any)
		name, _ := fields["name"].(string)
		if fields["served"] != true {
			continue
		}
		served = append(served, name)
		if newest == "" || version.CompareKubeAwareVersionStrings(name, newest) > 0 {
			newest = name
		}
	}
	if use == "" {
		use = newest
	}
	stored := false
	for _, v := range versions {
		fields, _ := v.(map[string]any)
		is := use != "" && fields["name"] == use && fields["served"] == true
		fields["storage"] = is
		stored = stored || is
	}
	if !stored {
		return fmt.Errorf("version %q is not served, but %s", use, strings.Join(served, " and "))
	}
	unstructured.RemoveNestedField(definition, "spec", "conversion")
	if err := unstructured.SetNestedSlice(definition, versions, "spec", "versions"); err != nil {
		return fmt.Errorf("write versions: %w", err)
	}
	return nil
}
