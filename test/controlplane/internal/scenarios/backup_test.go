package scenarios

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/itchyny/gojq"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// managedResources are as kubectl get managed shows them: one with an external-name, and one that AWS has not given an id yet.
const managedResources = `{"apiVersion": "v1", "kind": "List", "items": [
	{"apiVersion": "ec2.aws.upbound.io/v1beta1", "kind": "VPC",
	 "metadata": {"name": "dev.network.vpc", "uid": "1", "annotations": {"crossplane.io/external-name": "vpc-1", "other": "x"}, "labels": {"a": "b"},
	              "ownerReferences": [{"uid": "2"}], "finalizers": ["f"]},
	 "spec": {"forProvider": {"cidrBlock": "10.0.0.0/16"}, "managementPolicies": ["*"]}, "status": {"atProvider": {"id": "vpc-1"}}},
	{"apiVersion": "ec2.aws.upbound.io/v1beta1", "kind": "Subnet", "metadata": {"name": "dev.network.subnet"}, "spec": {"forProvider": {}}}
]}`

// TestBackupIsThatOfThePage: the scenario makes and prunes backups as the jq programs of bootstrap/README.md do.
func TestBackupIsThatOfThePage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "bootstrap", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	_, text, ok := strings.Cut(text, "## Backup and restore")
	programs := regexp.MustCompile(`(?s)jq '([^']*)'`).FindAllStringSubmatch(text, -1)
	if !ok || len(programs) != 2 {
		t.Fatalf("the page has %d jq programs", len(programs))
	}
	for _, command := range []string{"--field-manager=" + restorer, "kubectl get managed -o json"} {
		if !strings.Contains(text, command) {
			t.Errorf("the page does not say %s", command)
		}
	}
	list := &unstructured.UnstructuredList{}
	if err := list.UnmarshalJSON([]byte(managedResources)); err != nil {
		t.Fatal(err)
	}
	items := backup(list.Items)
	if len(items) != 1 || pairs(items)[0] != "VPC dev.network.vpc is vpc-1" {
		t.Errorf("backup: %q", pairs(items))
	}
	made := jq(t, programs[0][1], managedResources)
	same(t, made, items)
	whole, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	same(t, jq(t, programs[1][1], string(whole)), withoutSpecs(items))
}

func jq(t *testing.T, program, input string) map[string]any {
	t.Helper()
	query, err := gojq.Parse(program)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal([]byte(input), &value); err != nil {
		t.Fatal(err)
	}
	results := query.RunWithContext(t.Context(), value)
	result, _ := results.Next()
	object, ok := result.(map[string]any)
	if !ok {
		t.Fatalf("the program %s makes %v", program, result)
	}
	if another, more := results.Next(); more {
		t.Fatalf("the program %s makes more than one value: %v", program, another)
	}
	return object
}

func same(t *testing.T, page map[string]any, items []*unstructured.Unstructured) {
	t.Helper()
	objects := make([]any, 0, len(items))
	for _, u := range items {
		objects = append(objects, u.Object)
	}
	if !reflect.DeepEqual(normal(page["items"]), normal(objects)) {
		t.Errorf("the page makes %v, and the scenario %v", page["items"], objects)
	}
}
