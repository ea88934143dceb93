package compositions_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// claim is a claim, or a composite that genops renders itself, without what Kubernetes wants to know of it.
type claim struct {
	kind string
	spec map[string]any
}

// composition of the claim.
func (c claim) composition(t testing.TB) compositions.Composition {
	t.Helper()
	found, ok := compositions.Find(c.kind)
	if !ok {
		t.Fatalf("there is no composition for %s", c.kind)
	}
	return found
}

// compose makes the claim's resources of what was observed.
func (c claim) compose(t testing.TB, observed compositions.Observed) *compositions.Result {
	t.Helper()
	result, err := c.composition(t).Compose(c.spec, observed)
	if err != nil {
		t.Fatalf("%s: %v", c.kind, err)
	}
	return result
}

// simulate makes the claim's resources as if all of them were there, and what was observed then.
func (c claim) simulate(t testing.TB) (*compositions.Result, compositions.Observed) {
	t.Helper()
	result, observed, err := compositions.Simulate(c.composition(t), c.spec)
	if err != nil {
		t.Fatalf("%s: %v", c.kind, err)
	}
	return result, observed
}

// settled is a claim whose resources have all been made and applied: the observation has their newest specs, too.
func (c claim) settled(t testing.TB) (*compositions.Result, compositions.Observed) {
	t.Helper()
	result, observed := c.simulate(t)
	for _, resource := range result.Resources {
		object := clone(t, resource.Object)
		if status, found := observed.Resources[resource.Key]["status"]; found {
			object["status"] = status
		}
		observed = with(observed, resource.Key, object)
	}
	return result, observed
}

// everything are the simulated resources of claims, by key, under the kind of the claim: Network/vpc.
func everything(t testing.TB, claims []claim) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for _, c := range claims {
		result, _ := c.simulate(t)
		for _, resource := range result.Resources {
			all[c.kind+"/"+resource.Key] = resource.Object
		}
	}
	return all
}

// keys of a result's resources, in the result's order.
func keys(result *compositions.Result) []string {
	found := make([]string, 0, len(result.Resources))
	for _, resource := range result.Resources {
		found = append(found, resource.Key)
	}
	return found
}

// objects of a result by key.
func objects(result *compositions.Result) map[string]map[string]any {
	found := map[string]map[string]any{}
	for _, resource := range result.Resources {
		found[resource.Key] = resource.Object
	}
	return found
}

// object is the object with a key.
func object(t testing.TB, result *compositions.Result, key string) map[string]any {
	t.Helper()
	found, ok := objects(result)[key]
	if !ok {
		t.Fatalf("there is no %s among %q", key, keys(result))
	}
	return found
}

// one is the only key that matches an expression.
func one(t testing.TB, result *compositions.Result, expression string) string {
	t.Helper()
	found := matching(keys(result), expression)
	if len(found) != 1 {
		t.Fatalf("%s is in %q, want one", expression, found)
	}
	return found[0]
}

// matching are the names that match an expression.
func matching(names []string, expression string) []string {
	pattern := regexp.MustCompile(expression)
	var found []string
	for _, name := range names {
		if pattern.MatchString(name) {
			found = append(found, name)
		}
	}
	return found
}

// field is a value inside an object, nil if there is none.
func field(object any, path ...string) any {
	for _, name := range path {
		fields, ok := object.(map[string]any)
		if !ok {
			return nil
		}
		object = fields[name]
	}
	return object
}

// text is a string inside an object, empty if there is none.
func text(object any, path ...string) string {
	s, _ := field(object, path...).(string)
	return s
}

// names are those of a list of references.
func names(list any) []string {
	refs, _ := list.([]any)
	found := make([]string, 0, len(refs))
	for _, ref := range refs {
		found = append(found, text(ref, "name"))
	}
	return found
}

// managed tells whether an object is a managed resource of the AWS provider.
func managed(object map[string]any) bool {
	return strings.Contains(text(object, "apiVersion"), ".aws.upbound.io/")
}

// clone copies JSON, through text, so that nothing is shared.
func clone[T any](t testing.TB, value T) T {
	t.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var copied T
	if err := json.Unmarshal(content, &copied); err != nil {
		t.Fatal(err)
	}
	return copied
}

// without is an observation that lacks resources.
func without(observed compositions.Observed, gone ...string) compositions.Observed {
	resources := map[string]map[string]any{}
	maps.Copy(resources, observed.Resources)
	for _, key := range gone {
		delete(resources, key)
	}
	return compositions.Observed{Resources: resources, Required: observed.Required}
}

// only is an observation of nothing but some resources.
func only(observed compositions.Observed, there ...string) compositions.Observed {
	resources := map[string]map[string]any{}
	for _, key := range there {
		resources[key] = observed.Resources[key]
	}
	return compositions.Observed{Resources: resources, Required: observed.Required}
}

// with is an observation in which one resource is another one.
func with(observed compositions.Observed, key string, object map[string]any) compositions.Observed {
	changed := without(observed)
	changed.Resources[key] = object
	return changed
}

// readable is an object whose policies are objects instead of one line of text.
func readable(t testing.TB, object map[string]any) map[string]any {
	t.Helper()
	copied := clone(t, object)
	forProvider, _ := field(copied, "spec", "forProvider").(map[string]any)
	for _, name := range []string{"policy", "assumeRolePolicy", "eventPattern", "ruleJson", "content", "inlinePolicy"} {
		if document, ok := forProvider[name].(string); ok {
			var content any
			if err := json.Unmarshal([]byte(document), &content); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			forProvider[name] = content
		}
	}
	return copied
}

// page writes the resources whose keys match, one after the other, each under its key.
func page(t testing.TB, result *compositions.Result, expression string) string {
	t.Helper()
	var b bytes.Buffer
	for _, key := range matching(keys(result), expression) {
		content, err := manifest.Encode(key, readable(t, object(t, result, key)))
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		fmt.Fprintf(&b, "---\n%s", content)
	}
	return b.String()
}

// golden compares got with a file below testdata/golden, or writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), rewrite with -update if this is meant:\n%s", file, diff)
	}
}

// rendered are the claims and registrations of this repository's environments, by environment.
func rendered(t testing.TB) map[string][]claim {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*/claims/*.yaml", "bootstrap/registrations/*.yaml"} {
		matches, err := filepath.Glob(filepath.Join("..", "rendered", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, matches...)
	}
	found := map[string][]claim{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := yaml.Unmarshal(content, &object); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		kind := text(object, "kind")
		if _, composed := compositions.Find(kind); !composed {
			continue
		}
		spec, _ := object["spec"].(map[string]any)
		for _, name := range compositions.Machinery() {
			delete(spec, name)
		}
		environment := text(spec, "environment")
		found[environment] = append(found[environment], claim{kind: kind, spec: spec})
	}
	if len(found["prod"]) < 2 || len(found["poc"]) < 2 {
		t.Fatalf("read too few claims: %q", slices.Sorted(maps.Keys(found)))
	}
	return found
}

// line is a value as one line of JSON.
func line(t testing.TB, value any) string {
	t.Helper()
	content, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// problems of a spec that is at fault.
func problems(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	invalid := &compositions.InvalidError{}
	if !errors.As(err, &invalid) {
		t.Fatalf("%T is not for people: %v", err, err)
	}
	return invalid.Problems
}
