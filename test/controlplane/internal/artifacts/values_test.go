package artifacts

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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
	AdditionalProperties json.RawMessage
	Items                *schemaNode
	Required             []string
	Pattern              string
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
			} else {
				wrong = append(wrong, n.additional(root, at+"."+name, inner)...)
			}
		}
		for _, name := range n.Required {
			if _, ok := value[name]; !ok {
				wrong = append(wrong, at+"."+name+" is missing")
			}
		}
	case string:
		if n.Pattern != "" && !regexp.MustCompile(n.Pattern).MatchString(value) {
			wrong = append(wrong, fmt.Sprintf("%s is %s, not like %s", at, value, n.Pattern))
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

// additional lists what is wrong with a value that no property is named after.
func (n *schemaNode) additional(root *schemaNode, at string, value any) []string {
	switch text := string(n.AdditionalProperties); text {
	case "", "true":
		return nil
	case "false":
		return []string{at + " is unknown"}
	default:
		var inner schemaNode
		if err := json.Unmarshal(n.AdditionalProperties, &inner); err != nil {
			return []string{at + ": " + err.Error()}
		}
		return inner.check(root, at, value)
	}
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
	pair := map[string]any{"key": "project", "value": "acme"}
	params := func(name string, value any) map[string]any {
		return map[string]any{"spec": map[string]any{name: value}}
	}
	elsewhere := map[string]any{"registry": "registry.example.org", "repository": "image"}
	config := func(name string, value any) map[string]any { return map[string]any{name: value} }
	for chart, c := range map[string]struct {
		mirrored, wrong, params map[string]any
		sets                    []string // ApplicationSets that install it; none: the one of its name.
	}{
		"aws-load-balancer-controller": {
			mirrored: map[string]any{"image": mirrored, "ingressClassParams": map[string]any{"create": true, "name": "alb", "spec": map[string]any{
				"scheme": "internet-facing", "targetType": "ip", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
				"group":                  map[string]any{"name": "acme-dev"},
				"subnets":                map[string]any{"tags": map[string]any{"kubernetes.io/role/elb": []any{"1"}}},
				"listeners":              []any{map[string]any{"protocol": "HTTPS", "port": 443.0}},
				"loadBalancerAttributes": []any{map[string]any{"key": "deletion_protection.enabled", "value": "true"}},
				"tags":                   []any{pair}, "wafv2AclName": "acme-dev",
			}}},
			wrong: map[string]any{
				"replicas": 2.0, "replicaCount": "2", "enableServiceMutatorWebhook": "false", "defaultTargetType": "pod", "vpcTags": "Name=a",
				"ingressClassParams": map[string]any{"created": true},
			},
			params: map[string]any{
				"schema": "internal", "scheme": "public", "targetType": "pod", "sslPolicy": "ELBSecurityPolicy-2016-08",
				"group": map[string]any{"nam": "a"}, "subnets": map[string]any{"tags": map[string]any{"a": "1"}}, "tags": map[string]any{"a": "b"},
				"listeners": []any{map[string]any{"protocol": "HTTPS"}}, "loadBalancerAttributes": []any{map[string]any{"key": "a", "value": true}},
				"wafv2ACLName": "a",
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
		"external-dns": {
			mirrored: map[string]any{
				"image": mirrored, "provider": map[string]any{"name": "aws"}, "sources": []any{"ingress"}, "policy": "sync", "registry": "txt",
				"txtOwnerId": "acme-dev", "domainFilters": []any{"dev.example.org"}, "extraArgs": []any{"--aws-zone-type=public"}, "interval": "2m",
				"serviceAccount": map[string]any{"create": true, "name": "external-dns"}, "tolerations": []any{map[string]any{"operator": "Exists"}},
				"env":       []any{map[string]any{"name": "AWS_REGION", "value": "eu-west-1"}},
				"resources": map[string]any{"requests": map[string]any{"cpu": "50m", "memory": "64Mi"}},
			},
			wrong: map[string]any{
				"provider": "aws", "sources": []any{"ingresses"}, "policy": "delete", "registry": "text", "txtOwnerID": "acme",
				"domainFilters": "dev.example.org", "extraArgs": []any{"aws-zone-type=public"}, "interval": "often",
				"serviceAccount": map[string]any{"annotation": "a"}, "resources": map[string]any{"request": map[string]any{}},
			},
		},
		"aws-for-fluent-bit": {
			mirrored: map[string]any{"image": mirrored},
			wrong: map[string]any{
				"cloudWatchLogs": config("logRetention", 30.0), "cloudWatch": config("enabled", true), "input": config("memBufLimit", "20"),
				"filter": config("keepLog", true), "additionalInputs": []any{}, "volumes": []any{map[string]any{"name": "logs", "emptyDir": map[string]any{}}},
				"containerSecurityContext": config("privilege", false), "annotations": config("prometheus.io/port", 2020.0),
			},
		},
		"opentelemetry-collector": {
			sets: []string{"otel-gateway", "otel-scraper"}, mirrored: map[string]any{"image": mirrored},
			wrong: map[string]any{
				"mode": "replicaset", "config": map[string]any{}, "replicas": 2.0, "ports": config("otlp-grpc", map[string]any{"enabled": true}),
				"rollout": config("strategy", "Replace"), "clusterRole": config("rules", []any{map[string]any{"verbs": []any{"get"}}}),
				"command": "awscollector", "podDisruptionBudget": config("maxUnavailable", true),
				"alternateConfig": config("exporters", map[string]any{"prometheus_remote_write": map[string]any{"endpoint": "https://example.org/api/v1/remote_write"}}),
			},
		},
		"kube-state-metrics": {
			mirrored: map[string]any{"image": elsewhere},
			wrong: map[string]any{
				"collectors": []any{"pod"}, "resources": config("limit", map[string]any{}), "image": config("name", "kube-state-metrics"),
				"tolerations": []any{map[string]any{"operator": "Exist"}},
			},
		},
		"prometheus-node-exporter": {
			mirrored: map[string]any{"image": elsewhere},
			wrong: map[string]any{
				"securityContexts": map[string]any{}, "containerSecurityContext": config("readOnlyRootFilesystem", "true"), "priorityClass": "a",
				"tolerations": map[string]any{},
			},
		},
	} {
		var root schemaNode
		var defaults map[string]any
		standInFile(t, chart, "values.schema.json", &root)
		standInFile(t, chart, "values.yaml", &defaults)
		all := map[string]map[string]any{"defaults": defaults, "mirrored": c.mirrored}
		if len(c.sets) == 0 {
			c.sets = []string{chart}
		}
		for _, set := range c.sets {
			all[set] = rendered(t, set)
		}
		for what, values := range all {
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
		for name, value := range c.params {
			if wrong := root.check(&root, chart, map[string]any{"ingressClassParams": params(name, value)}); len(wrong) == 0 {
				t.Errorf("%s: ingressClassParams.spec.%s: %v is accepted", chart, name, value)
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
