package schemas_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/innovate-inc/genops/internal/schemas"
)

// kinds are all kinds of the archive.
func kinds(t *testing.T) []schemas.Kind {
	t.Helper()
	all, err := schemas.Kinds()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// required are the modules in a go.mod with their versions.
func required(t *testing.T, path ...string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) >= 2 && strings.HasPrefix(words[1], "v") {
			versions[words[0]] = words[1]
		}
	}
	return versions
}

// TestArchiveIsWhatTheTableSays finds an archive that is older than the table or than a go.mod.
func TestArchiveIsWhatTheTableSays(t *testing.T) {
	t.Parallel()
	product := required(t, "..", "..", "go.mod")
	have := map[string]schemas.Kind{}
	for _, k := range kinds(t) {
		have[k.Group()+"/"+k.Kind] = k
	}
	want := map[string]bool{}
	var sources []schemas.Source
	for _, module := range schemas.Table() {
		source := schemas.Source{Module: module.Path, Version: module.Version}
		if source.Version == "" {
			source.Version = product[module.Path]
		}
		sources = append(sources, source)
		for _, wanted := range module.Kinds {
			name := wanted.Group + "/" + wanted.Kind
			want[name] = true
			if diff := cmp.Diff(source, have[name].Source); diff != "" {
				t.Errorf("%s is of another module, run make generate (-table +archive):\n%s", name, diff)
			}
		}
	}
	for name := range maps.Keys(have) {
		if !want[name] {
			t.Errorf("no module of the table has %s: run make generate", name)
		}
	}
	slices.SortFunc(sources, func(a, b schemas.Source) int { return strings.Compare(a.Module, b.Module) })
	got, err := schemas.Sources()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sources, got); diff != "" {
		t.Errorf("sources, run make generate (-table +archive):\n%s", diff)
	}
}

// TestPins holds the versions in the table and those in tools/schemas together.
func TestPins(t *testing.T) {
	t.Parallel()
	want := map[string]string{}
	for _, module := range schemas.Table() {
		if module.Version != "" {
			want[module.Path] = module.Version
		}
	}
	got := required(t, "..", "..", "tools", "schemas", "go.mod")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("internal/schemas/table.go and tools/schemas/go.mod differ (-table +go.mod):\n%s", diff)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	provider := schemas.Source{Module: "github.com/upbound/provider-aws/v2", Version: schemas.ProviderAWSVersion}
	xp := schemas.Source{Module: "github.com/crossplane/crossplane/v2", Version: schemas.CrossplaneVersion}
	aws := func(apiVersion, kind string) schemas.Kind {
		return schemas.Kind{APIVersion: apiVersion, Kind: kind, Source: provider}
	}
	crossplane := func(apiVersion, kind string) schemas.Kind {
		return schemas.Kind{APIVersion: apiVersion, Kind: kind, Source: xp}
	}
	namespaced := crossplane("protection.crossplane.io/v1beta1", "Usage")
	namespaced.Namespaced = true
	secret := schemas.Kind{
		APIVersion: "external-secrets.io/v1", Kind: "ExternalSecret", Namespaced: true,
		Source: schemas.Source{Module: "github.com/external-secrets/external-secrets", Version: schemas.ExternalSecretsVersion},
	}
	store := secret
	store.Kind, store.Namespaced = "ClusterSecretStore", false
	cases := map[string]struct {
		reason string
		want   schemas.Kind
	}{
		"external secret":         {"services have them", secret},
		"store of all namespaces": {"an environment has them", store},
		"only version":            {"most kinds have one", aws("ec2.aws.upbound.io/v1beta1", "VPC")},
		"newest version":          {"v1beta1 is older", aws("ec2.aws.upbound.io/v1beta2", "Route")},
		"first of two":            {"definitions with claims need it", crossplane("apiextensions.crossplane.io/v1", "CompositeResourceDefinition")},
		"second of two":           {"definitions without claims need it", crossplane("apiextensions.crossplane.io/v2", "CompositeResourceDefinition")},
		"stable over newest":      {"v1 is newer than v1beta1", crossplane("pkg.crossplane.io/v1", "Function")},
		"namespaced":              {"most are cluster-scoped", namespaced},
	}
	for name, tc := range cases {
		got, ok, err := schemas.Find(tc.want.APIVersion, tc.want.Kind)
		if err != nil || !ok {
			t.Errorf("%s: found %t, error %v: %s", name, ok, err, tc.reason)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, tc.reason, diff)
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason           string
		apiVersion, kind string
	}{
		"nothing":       {"an object without a kind", "", ""},
		"older version": {"only the newest is there", "ec2.aws.upbound.io/v1beta1", "Route"},
		"namespaced":    {"claims compose cluster-scoped resources", "ec2.aws.m.upbound.io/v1beta1", "VPC"},
		"old secret":    {"v1beta1 is older than v1", "external-secrets.io/v1beta1", "ExternalSecret"},
		"other kind":    {"the table does not have it", "ec2.aws.upbound.io/v1beta1", "Instance"},
		"before all":    {"it would be the first", "a/v1", "A"},
		"after all":     {"it would be the last", "z/v1", "Z"},
	}
	for name, tc := range cases {
		if _, ok, err := schemas.Find(tc.apiVersion, tc.kind); ok || err != nil {
			t.Errorf("%s: found %t, error %v: %s", name, ok, err, tc.reason)
		}
		if schema, ok, err := schemas.Lookup(tc.apiVersion, tc.kind); schema != nil || ok || err != nil {
			t.Errorf("%s: schema %v, found %t, error %v: %s", name, schema, ok, err, tc.reason)
		}
	}
}

func TestKindsAreSortedAndTheCallers(t *testing.T) {
	t.Parallel()
	all := kinds(t)
	if !slices.IsSortedFunc(all, schemas.Kind.Compare) {
		t.Error("kinds are not sorted")
	}
	first := all[0]
	all[0] = schemas.Kind{}
	if again := kinds(t); again[0] != first {
		t.Errorf("what a caller changed is changed for all: %v", again[0])
	}
}

// TestLookupIsTheCallers looks all schemas up from many goroutines, each of which breaks what it got.
func TestLookupIsTheCallers(t *testing.T) {
	t.Parallel()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, k := range kinds(t) {
				schema, ok, err := schemas.Lookup(k.APIVersion, k.Kind)
				if err != nil || !ok {
					t.Errorf("%v: found %t, error %v", k, ok, err)
					return
				}
				if schema.Type != "object" || len(schema.Properties) == 0 {
					t.Errorf("%v: not a schema of an object: %v", k, schema)
				}
				clear(schema.Properties)
			}
		})
	}
	group.Wait()
}

// TestSchemasKeepWhatCounts looks at one schema of each module for what the API server goes by.
func TestSchemasKeepWhatCounts(t *testing.T) {
	t.Parallel()
	look := func(apiVersion, kind string, path ...string) extv1.JSONSchemaProps {
		schema, ok, err := schemas.Lookup(apiVersion, kind)
		if err != nil || !ok {
			t.Fatalf("%s: found %t, error %v", kind, ok, err)
		}
		at := *schema
		for _, name := range path {
			if name == "[]" {
				at = *at.Items.Schema
			} else {
				at = at.Properties[name]
			}
		}
		return at
	}
	policies := look("ec2.aws.upbound.io/v1beta1", "VPC", "spec", "managementPolicies")
	if policies.Default == nil || string(policies.Default.Raw) != `["*"]` {
		t.Errorf("default of management policies: %v", policies.Default)
	}
	if rules := look("iam.aws.upbound.io/v1beta1", "Policy", "spec").XValidations; len(rules) != 1 || rules[0].Message != "spec.forProvider.policy is a required parameter" {
		t.Errorf("rules of a policy: %v", rules)
	}
	// A field of this name is no documentation.
	if field := look("ec2.aws.upbound.io/v1beta1", "SecurityGroup", "spec", "forProvider", "description"); field.Type != "string" || field.Description != "" {
		t.Errorf("field description: %v", field)
	}
	versions := look("apiextensions.crossplane.io/v1", "Composition", "spec", "pipeline")
	if versions.XListType == nil || *versions.XListType != "map" || !slices.Equal(versions.XListMapKeys, []string{"step"}) {
		t.Errorf("list type of a pipeline: %v", versions)
	}
	if pattern := look("karpenter.sh/v1", "NodePool", "spec", "template", "spec", "expireAfter").Pattern; pattern != `^(([0-9]+(s|m|h))+|Never)$` {
		t.Errorf("pattern of a pool's expireAfter: %s", pattern)
	}
	if free := look("argoproj.io/v1alpha1", "Application", "spec", "source", "helm", "valuesObject").XPreserveUnknownFields; free == nil || !*free {
		t.Error("values of a chart are not free")
	}
}
