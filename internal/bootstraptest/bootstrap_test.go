package bootstraptest

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/schema"
)

// root is the repository's folder.
const root = "../.."

func read(t *testing.T, elements ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{root}, elements...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// config is what environments/ says of this repository's own platform.
func config(t *testing.T) *schema.Config {
	t.Helper()
	c, err := schema.Load(context.Background(), os.DirFS(root), "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rendered are the objects of rendered/bootstrap by their path in the repository. In a checkout that was never rendered the test is skipped;
// CI has rendered/, because it is committed.
func rendered(t *testing.T) map[string]map[string]any {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, "rendered")); err != nil {
		t.Fatal("there is no rendered/ yet: run make render")
	}
	objects := map[string]map[string]any{}
	files := os.DirFS(root)
	err := fs.WalkDir(files, "rendered/bootstrap", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		var object map[string]any
		if err := yaml.Unmarshal(data, &object); err != nil {
			return err
		}
		objects[name] = object
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// at is what stands at a path of keys; nil if there is nothing.
func at(value any, keys ...string) any {
	for _, key := range keys {
		content, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = content[key]
	}
	return value
}
