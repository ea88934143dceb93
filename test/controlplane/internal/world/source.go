package world

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/test/controlplane/internal/artifacts"
	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// The repository as the committed platform names it.
const (
	gitPrefix = "https://github.com/"
	gitPath   = "innovate-inc/genops.git"
)

// mirrors are platform.mirrors.
type mirrors struct {
	Git      map[string]string `json:"git"`
	Charts   map[string]string `json:"charts"`
	Packages map[string]string `json:"packages"`
}

// Committed reads the objects that are rendered in the repository that is tested, by their paths below rendered/.
func (w *World) Committed() (map[string]map[string]any, error) {
	return readObjects(filepath.Join(w.Root, "rendered"))
}

// Rendered reads the objects that the control plane is given.
func (w *World) Rendered() (map[string]map[string]any, error) {
	return readObjects(filepath.Join(w.Git.Dir, "rendered"))
}

func readObjects(dir string) (map[string]map[string]any, error) {
	objects := map[string]map[string]any{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err //nolint:wrapcheck // Below.
		}
		var object map[string]any
		if err := yaml.Unmarshal(text, &object); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		relative, err := filepath.Rel(dir, path)
		objects[relative] = object
		return err //nolint:wrapcheck // Below.
	})
	if err != nil {
		return nil, fmt.Errorf("read what is rendered: %w", err)
	}
	return objects, nil
}

// catalogue lists the charts, packages and kinds that the committed platform installs and its claims become.
func (w *World) catalogue(ctx context.Context) (artifacts.Catalogue, error) {
	c := artifacts.Catalogue{Charts: map[string]artifacts.Chart{}, Kinds: map[schema.GroupKind]string{}}
	objects, err := w.Committed()
	if err != nil {
		return c, err
	}
	for _, object := range objects {
		switch field.Text(object, "kind") {
		case "Application":
			maps.Copy(c.Charts, Charts(object, "spec"))
		case "ApplicationSet":
			maps.Copy(c.Charts, Charts(object, "spec", "template", "spec"))
		case "Provider":
			address, version, _ := strings.Cut(field.Text(object, "spec", "package"), ":")
			if service, ok := strings.CutPrefix(field.Text(object, "metadata", "name"), "provider-aws-"); ok {
				c.ProviderPrefix, c.ProviderVersion = strings.TrimSuffix(address, "-"+service), version
				c.Services = append(c.Services, service)
			}
		case "Function":
			c.Function = packageOf(object)
		}
	}
	resources, err := w.Expand(ctx, w.Root)
	if err != nil {
		return c, err
	}
	for _, r := range resources {
		version, err := schema.ParseGroupVersion(field.Text(r.Resource, "apiVersion"))
		if err != nil {
			return c, fmt.Errorf("expanded %s: %w", r.Key, err)
		}
		if strings.HasSuffix(version.Group, ".aws.upbound.io") {
			c.Kinds[schema.GroupKind{Group: version.Group, Kind: field.Text(r.Resource, "kind")}] = version.Version
		}
	}
	return c, nil
}

// Charts are the Helm charts of an Application: path leads to its spec.
func Charts(object map[string]any, path ...string) map[string]artifacts.Chart {
	charts := map[string]artifacts.Chart{}
	spec, _, _ := unstructured.NestedMap(object, path...)
	sources, _, _ := unstructured.NestedSlice(spec, "sources")
	for _, source := range append(sources, spec["source"]) {
		if fields, ok := source.(map[string]any); ok && field.Text(fields, "chart") != "" {
			charts[field.Text(fields, "chart")] = artifacts.Chart{Repository: field.Text(fields, "repoURL"), Version: field.Text(fields, "targetRevision")}
		}
	}
	return charts
}

// packageOf is the address of a package without tag or digest.
func packageOf(object map[string]any) string {
	address, _, _ := strings.Cut(field.Text(object, "spec", "package"), "@")
	if i := strings.LastIndex(address, ":"); i > strings.LastIndex(address, "/") {
		address = address[:i]
	}
	return address
}

// amis are the releases of node operating systems that the rendered EC2NodeClasses name, by AMI family: AWS has these.
func (w *World) amis() map[string]string {
	releases := map[string]string{}
	objects, err := w.Rendered()
	if err != nil {
		return releases
	}
	families := map[string]string{"bottlerocket": "Bottlerocket", "al2023": "AL2023"}
	for _, object := range objects {
		terms, _, _ := unstructured.NestedSlice(object, "spec", "amiSelectorTerms")
		for _, term := range terms {
			if fields, ok := term.(map[string]any); ok {
				family, release, _ := strings.Cut(field.Text(fields, "alias"), "@")
				releases[families[family]] = release
			}
		}
	}
	return releases
}

// Expanded is a resource that genops expand shows.
type Expanded struct {
	Environment string         `json:"environment"`
	Claim       string         `json:"claim"`
	Key         string         `json:"key"`
	Resource    map[string]any `json:"resource"`
}

// Expand runs genops expand in a folder.
func (w *World) Expand(ctx context.Context, dir string, environments ...string) ([]Expanded, error) {
	out, err := w.Genops(ctx, dir, append([]string{"expand", "-o", "json"}, environments...)...)
	if err != nil {
		return nil, err
	}
	var resources []Expanded
	if err := json.Unmarshal(out, &resources); err != nil {
		return nil, fmt.Errorf("genops expand: %w", err)
	}
	return resources, nil
}

// Genops runs genops in a folder and returns what it printed.
func (w *World) Genops(ctx context.Context, dir string, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, w.Programs.Path["genops"], args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("genops %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}

// pushFunction pushes the function's package, made of the binary that is tested, under the tag that the platform names.
func (w *World) pushFunction(ctx context.Context, registry string) error {
	objects, err := w.Committed()
	if err != nil {
		return err
	}
	pushed := map[string]bool{}
	for _, object := range objects {
		if field.Text(object, "kind") != "Function" {
			continue
		}
		reference := registry + "/" + field.Text(object, "spec", "package")
		if strings.Contains(reference, "@") {
			return errors.New("the platform names the function by its digest: a package that is built here has another one")
		}
		if pushed[reference] {
			continue
		}
		pushed[reference] = true
		if err := w.push(ctx, reference, "v0.0.0-test"); err != nil {
			return err
		}
	}
	if len(pushed) == 0 {
		return errors.New("no Function is rendered")
	}
	return nil
}

// push pushes the function's package as a version.
func (w *World) push(ctx context.Context, reference, version string) error {
	_, err := w.Genops(ctx, w.Root, "function", "push", reference, "--binary", "linux/amd64="+w.Programs.Path["genops"], "--version", version)
	return err
}

// RenderAndPush renders the work tree of the served repository and pushes it.
func (w *World) RenderAndPush(ctx context.Context, message string) (string, error) {
	if _, err := w.Genops(ctx, w.Git.Dir, "render"); err != nil {
		return "", err
	}
	return w.Git.Commit(ctx, message) //nolint:wrapcheck // It says what failed.
}
