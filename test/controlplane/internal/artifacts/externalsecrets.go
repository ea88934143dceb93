package artifacts

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// secretDefinitions are the definitions of External Secrets that the stand-in for its chart installs, by their files in the chart.
func secretDefinitions(module string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, plural := range []string{"clustersecretstores", "externalsecrets", "secretstores"} {
		name := "external-secrets.io_" + plural + ".yaml"
		text, err := os.ReadFile(filepath.Join(module, "config", "crds", "bases", name))
		if err != nil {
			return nil, fmt.Errorf("read definition: %w", err)
		}
		var definition map[string]any
		if err := yaml.Unmarshal(text, &definition); err != nil {
			return nil, fmt.Errorf("read definition %s: %w", name, err)
		}
		if err := onlyVersion(definition, "v1"); err != nil {
			return nil, fmt.Errorf("prepare definition %s: %w", name, err)
		}
		if files[path.Join("definitions", plural+".yaml")], err = yaml.Marshal(withoutTexts(definition)); err != nil {
			return nil, fmt.Errorf("write definition %s: %w", name, err)
		}
	}
	return files, nil
}

// onlyVersion drops all versions of a definition but one: nobody converts.
func onlyVersion(definition map[string]any, version string) error {
	if err := store(definition, version); err != nil {
		return err
	}
	versions, _, err := unstructured.NestedSlice(definition, "spec", "versions")
	if err != nil {
		return fmt.Errorf("read versions: %w", err)
	}
	for _, v := range versions {
		if fields, ok := v.(map[string]any); ok && fields["name"] == version {
			if err := unstructured.SetNestedSlice(definition, []any{v}, "spec", "versions"); err != nil {
				return fmt.Errorf("write versions: %w", err)
			}
		}
	}
	return nil
}

// withoutTexts drops the descriptions, which are most of a definition. A property of that name has a schema and no text.
func withoutTexts(value any) any {
	switch value := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, inner := range value {
			if _, isText := inner.(string); !isText || key != "description" {
				all[key] = withoutTexts(inner)
			}
		}
		return all
	case []any:
		all := make([]any, 0, len(value))
		for _, inner := range value {
			all = append(all, withoutTexts(inner))
		}
		return all
	default:
		return value
	}
}
