package artifacts

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// schemaNode is as much of JSON Schema as the schemas here use.
type schemaNode struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Enum                 []any
	Properties           map[string]*schemaNode
	Definitions          map[string]*schemaNode
	AdditionalProperties any
	Items                *schemaNode
}

// check lists what is wrong with a value.
func (n *schemaNode) check(root *schemaNode, at string, value any) []string {
	if n.Ref != "" {
		if name, ok := strings.CutPrefix(n.Ref, "#/definitions/"); ok {
			return root.Definitions[name].check(root, at, value)
		}
		return root.Properties[strings.TrimPrefix(n.Ref, "#/properties/")].check(root, at, value)
	}
	var wrong []string
	if n.Type != nil && !strings.Contains(fmt.Sprint(n.Type), typeName(value)) {
		wrong = append(wrong, fmt.Sprintf("%s is %s, not %v", at, typeName(value), n.Type))
	}
	if n.Enum != nil && !slices.Contains(n.Enum, value) {
		wrong = append(wrong, fmt.Sprintf("%s is %v, not of %v", at, value, n.Enum))
	}
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			if property := n.Properties[name]; property != nil {
				wrong = append(wrong, property.check(root, at+"."+name, inner)...)
			} else if n.AdditionalProperties == false {
				wrong = append(wrong, at+"."+name+" is unknown")
			}
		}
	case []any:
		for _, inner := range value {
			if n.Items != nil {
				wrong = append(wrong, n.Items.check(root, at+"[]", inner)...)
			}
		}
	}
	return wrong
}

func typeName(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if value == float64(int64(value)) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}

// standInFile reads a file of a stand-in.
func standInFile(t *testing.T, chart, file string, into any) {
	t.Helper()
	text, err := fs.ReadFile(standIns, "charts/"+chart+"/"+file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(file, ".json") {
		err = json.Unmarshal(text, into)
	} else {
		err = yaml.UnmarshalStrict(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// rendered are the values of a chart in the ApplicationSet that genops rendered.
func rendered(t *testing.T, chart string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "rendered", "bootstrap", "argocd", "applicationset-"+chart+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Spec struct {
			Template struct {
				Spec struct {
					Source struct{ Helm struct{ Values string } }
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal([]byte(set.Spec.Template.Spec.Source.Helm.Values), &values); err != nil || len(values) == 0 {
		t.Fatalf("values of %s are %v, %v", chart, values, err)
	}
	return values
}

// TestValues holds the schemas of stand-ins against their own defaults, what genops sets, and what it must not set.
func TestValues(t *testing.T) {
	t.Parallel()
	mirrored := map[string]any{"repository": "registry.example.org/image"}
	component := map[string]any{"image": mirrored, "tolerations": []any{}}
	for chart, c := range map[string]struct{ mirrored, wrong map[string]any }{
		"aws-load-balancer-controller": {
			mirrored: map[string]any{"image": mirrored},
			wrong: map[string]any{
				"replicas": 2.0, "replicaCount": "2", "enableServiceMutatorWebhook": "false", "defaultTargetType": "pod", "vpcTags": "Name=a",
			},
		},
		"metrics-server": {
			mirrored: map[string]any{"image": mirrored},
			wrong: map[string]any{
				"replicaCount": 2.0, "podDisruptionBudget": map[string]any{"enable": true}, "tolerations": map[string]any{},
				"image": map[string]any{"name": "metrics-server"},
			},
		},
		"external-secrets": {
			mirrored: map[string]any{"image": mirrored, "webhook": component, "certController": component},
			wrong: map[string]any{
				"crds": true, "installCRDs": "true", "webhook": map[string]any{"toleration": []any{}},
				"certController": map[string]any{"tolerations": []any{map[string]any{"operator": "Exist"}}},
			},
		},
	} {
		var root schemaNode
		var defaults map[string]any
		standInFile(t, chart, "values.schema.json", &root)
		standInFile(t, chart, "values.yaml", &defaults)
		for what, values := range map[string]map[string]any{"defaults": defaults, "rendered": rendered(t, chart), "mirrored": c.mirrored} {
			if wrong := root.check(&root, chart, values); len(wrong) > 0 {
				t.Errorf("%s values: %s", what, strings.Join(wrong, ", "))
			}
		}
		for name := range root.Properties {
			if _, ok := defaults[name]; !ok {
				t.Errorf("%s: %s has no default", chart, name)
			}
		}
		for name, value := range c.wrong {
			if wrong := root.check(&root, chart, map[string]any{name: value}); len(wrong) == 0 {
				t.Errorf("%s: %s: %v is accepted", chart, name, value)
			}
		}
	}
}

// TestKnownKeys refuses misspelt keys, and none that Kubernetes defines.
func TestKnownKeys(t *testing.T) {
	t.Parallel()
	text, err := knownKeys([]byte(`
replicas: 1
sampleLimit: null
settings: {clusterName: "", featureGates: {nodeRepair: false}}
nodeSelector: {kubernetes.io/os: linux}
tolerations: [{operator: Exists}]
controller: {resources: {}, image: {tag: "1"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var root schemaNode
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	for values, ok := range map[string]bool{
		`{}`:            true,
		`{replicas: 3}`: true,
		`{replica: 3}`:  false,
		`{sampleLimit: 5, settings: {featureGates: {nodeRepair: true}}}`: true,
		`{settings: {clustername: a}}`:                                   false,
		`{settings: {featureGates: {nodeRepairs: true}}}`:                false,
		`{settings: a}`: false,
		`{nodeSelector: {topology.kubernetes.io/zone: a}}`: true,
		`{tolerations: {}}`: false,
		`{controller: {resources: {limits: {memory: 1Gi}}}}`: true,
		`{controller: {image: {repo: a}}}`:                   false,
	} {
		var parsed map[string]any
		if err := yaml.Unmarshal([]byte(values), &parsed); err != nil {
			t.Fatal(err)
		}
		if wrong := root.check(&root, "values", parsed); (len(wrong) == 0) != ok {
			t.Errorf("%s: %v", values, wrong)
		}
	}
}
