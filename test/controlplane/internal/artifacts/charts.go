package artifacts

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// standIns are charts of our own for those that no Go module has. They render what genops' values decide, and what other manifests refer to.
//
//go:embed all:charts
var standIns embed.FS

// chart is a chart, packed.
type chart struct {
	name, version string
	metadata      map[string]any
	files         map[string][]byte
	archive       []byte
}

// newChart packs a chart under a version. The version of a module may be another one: the platform's decides, as that is what is asked for.
func newChart(from Modules, name, version string) (*chart, error) {
	files, err := source(from, name)
	if err != nil {
		return nil, err
	}
	c := &chart{name: name, version: version, files: files}
	if err := yaml.Unmarshal(files["Chart.yaml"], &c.metadata); err != nil {
		return nil, fmt.Errorf("read Chart.yaml: %w", err)
	}
	if c.metadata["name"] != name {
		return nil, fmt.Errorf("read Chart.yaml: its name is %v", c.metadata["name"])
	}
	return c, c.repack(func(metadata map[string]any) {
		// A chart that has the version of its program keeps it.
		if metadata["appVersion"] == metadata["version"] {
			metadata["appVersion"] = version
		}
		metadata["version"] = version
	})
}

// repack changes Chart.yaml and packs the chart.
func (c *chart) repack(change func(metadata map[string]any)) error {
	change(c.metadata)
	text, err := yaml.Marshal(c.metadata)
	if err != nil {
		return fmt.Errorf("write Chart.yaml: %w", err)
	}
	packed := map[string][]byte{}
	for file, content := range c.files {
		packed[path.Join(c.name, file)] = content
	}
	packed[path.Join(c.name, "Chart.yaml")] = text
	archive, err := pack(packed)
	if err == nil {
		c.archive, err = compress(archive)
	}
	return err
}

// source is the files of a chart.
func source(from Modules, name string) (map[string][]byte, error) {
	switch name {
	case "karpenter":
		folder := filepath.Join(from.Karpenter, "charts", name)
		files, err := realChart(folder)
		if err != nil {
			return nil, err
		}
		// The chart has them in a symbolic link, and modules have no links.
		definitions, err := readFiles(os.DirFS(filepath.Join(from.Karpenter, "pkg", "apis", "crds")))
		if err != nil {
			return nil, err
		}
		for file, content := range definitions {
			files[path.Join("crds", file)] = content
		}
		return files, nil
	case "karpenter-crd":
		return realChart(filepath.Join(from.Karpenter, "charts", name))
	case "crossplane":
		return realChart(filepath.Join(from.Crossplane, "cluster", "charts", name))
	}
	folder, err := fs.Sub(standIns, path.Join("charts", name))
	if err != nil {
		return nil, fmt.Errorf("find stand-in: %w", err)
	}
	files, err := readFiles(folder)
	if err != nil || name != "external-secrets" {
		return files, err
	}
	definitions, err := secretDefinitions(from.ExternalSecrets)
	if err != nil {
		return nil, err
	}
	maps.Copy(files, definitions)
	return files, nil
}

// realChart is a chart out of a module.
func realChart(folder string) (map[string][]byte, error) {
	files, err := readFiles(os.DirFS(folder))
	if err != nil {
		return nil, err
	}
	if _, ok := files[schemaFile]; ok {
		return files, nil
	}
	if files[schemaFile], err = knownKeys(files["values.yaml"]); err != nil {
		return nil, err
	}
	return files, nil
}

// readFiles reads what belongs to a chart: hidden files are for tools.
func readFiles(folder fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(folder, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		files[file], err = fs.ReadFile(folder, file)
		return err //nolint:wrapcheck // It is wrapped below.
	})
	if err != nil {
		return nil, fmt.Errorf("read chart: %w", err)
	}
	return files, nil
}
