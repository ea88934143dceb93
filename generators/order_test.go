package generators_test

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// clusterOf is the API server that an object goes to: the bootstrap cluster, or the cluster of an environment.
func clusterOf(object manifest.Object) string {
	parts := strings.Split(object.Path, "/")
	if parts[0] != generators.Bootstrap && parts[1] == "cluster" {
		return parts[0]
	}
	return generators.Bootstrap
}

func TestPathsAndNamesAreUnique(t *testing.T) {
	t.Parallel()
	for name, config := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			paths, identities := map[string]bool{}, map[string]string{}
			for _, object := range all(t, config) {
				if paths[object.Path] {
					t.Errorf("two objects are %s", object.Path)
				}
				paths[object.Path] = true
				if object.Raw != nil {
					continue
				}
				if object.Raw != nil {
					continue // It is no object.
				}
				group, _, _ := strings.Cut(text(object.Object, "apiVersion"), "/")
				identity := strings.Join([]string{
					clusterOf(object), group, text(object.Object, "kind"), text(object.Object, "metadata", "namespace"), text(object.Object, "metadata", "name"),
				}, "/")
				if other, taken := identities[identity]; taken {
					t.Errorf("%s and %s are the same object", other, object.Path)
				}
				identities[identity] = object.Path
			}
		})
	}
}

func TestObjectsOfAnEnvironmentLieUnderItsFolder(t *testing.T) {
	t.Parallel()
	for name, config := range configurations(t) {
		for _, e := range config.Environments {
			objects, err := generators.Environment(config, e)
			if err != nil {
				t.Fatal(err)
			}
			if (len(objects) == 0) != (e.Account == "") {
				t.Errorf("%s: %s with account %q has %d objects", name, e.Name, e.Account, len(objects))
			}
			for _, object := range objects {
				top, rest, _ := strings.Cut(object.Path, "/")
				second, _, _ := strings.Cut(rest, "/")
				if top != e.Name || !slices.Contains([]string{"claims", "cluster", "observability"}, second) {
					t.Errorf("%s: %s of %s", name, object.Path, e.Name)
				}
			}
		}
		platform, err := generators.Platform(config)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range platform {
			top, _, _ := strings.Cut(object.Path, "/")
			if top != generators.Bootstrap && (top != generators.FolderCI || object.Raw == nil) {
				t.Errorf("%s: %s of the platform", name, object.Path)
			}
		}
	}
}

// TestDeletionOfProtectedThingsIsConfirmed goes through what a deletion would destroy. In other environments the annotation is not there: it
// would make a person confirm each change of a test environment.
func TestDeletionOfProtectedThingsIsConfirmed(t *testing.T) {
	t.Parallel()
	const want = "Prune=confirm,Delete=confirm"
	guarded := []string{"Network", "Cluster", "Database", "Observability", "NodePool", "EC2NodeClass", "Namespace"}
	for name, config := range configurations(t) {
		seen := map[string]bool{}
		for _, object := range all(t, config) {
			kind := text(object.Object, "kind")
			if !slices.Contains(guarded, kind) {
				continue
			}
			e := config.Environment(text(object.Object, "metadata", "labels", schema.LabelEnvironment))
			if e == nil {
				t.Errorf("%s: %s does not say whose it is", name, object.Path)
				continue
			}
			seen[fmt.Sprint(kind, e.Protected())] = true
			got := text(object.Object, "metadata", "annotations", "argocd.argoproj.io/sync-options")
			if kind == "Network" {
				// What is pruned with it goes first.
				got = strings.TrimPrefix(strings.TrimSuffix(got, "PruneLast=true"), ",")
				got = strings.TrimSuffix(got, ",")
			}
			if e.Protected() && got != want || !e.Protected() && got != "" {
				t.Errorf("%s: %s of stage %s has sync options %q", name, object.Path, e.Stage, got)
			}
		}
		for _, kind := range guarded {
			if !seen[fmt.Sprint(kind, true)] || !seen[fmt.Sprint(kind, false)] {
				t.Errorf("%s: no %s in a protected and in another environment, so nothing is proved", name, kind)
			}
		}
	}
}

// waveOf is the sync wave of an object; 0 is Argo CD's own default.
func waveOf(t *testing.T, object manifest.Object) int {
	t.Helper()
	annotation := text(object.Object, "metadata", "annotations", "argocd.argoproj.io/sync-wave")
	if annotation == "" {
		return 0
	}
	wave, err := strconv.Atoi(annotation)
	if err != nil {
		t.Fatalf("%s: %v", object.Path, err)
	}
	return wave
}

// TestWavesOfTheBootstrapCluster puts each kind after those that it stands on.
func TestWavesOfTheBootstrapCluster(t *testing.T) {
	t.Parallel()
	steps := [][]string{
		{"Namespace", "AppProject", "ConfigMap"},
		{"Application/crossplane"},
		{"Provider", "Function", "ServiceAccount", "DeploymentRuntimeConfig", "ManagedResourceActivationPolicy"},
		{"ProviderConfig"},
		{"CompositeResourceDefinition"},
		{"Composition", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"},
		{"ApplicationSet", "ClusterRegistration"},
	}
	for name, config := range configurations(t) {
		platform, err := generators.Platform(config)
		if err != nil {
			t.Fatal(err)
		}
		waves := map[string]map[int]bool{}
		for _, object := range manifests(platform) {
			kind := text(object.Object, "kind")
			if kind == "Application" {
				kind += "/" + text(object.Object, "metadata", "name")
			}
			if waves[kind] == nil {
				waves[kind] = map[int]bool{}
			}
			waves[kind][waveOf(t, object)] = true
		}
		before := -1000
		for _, step := range steps {
			first, last := 1000, -1000
			for _, kind := range step {
				if len(waves[kind]) != 1 {
					t.Errorf("%s: %s is in waves %v, want one", name, kind, waves[kind])
				}
				for wave := range waves[kind] {
					first, last = min(first, wave), max(last, wave)
				}
				delete(waves, kind)
			}
			if first <= before {
				t.Errorf("%s: %v start in wave %d, what they stand on ends in wave %d", name, step, first, before)
			}
			before = last
		}
		delete(waves, "Application/root") // A person applies it.
		if len(waves) > 0 {
			t.Errorf("%s: kinds that have no place in the order: %v", name, waves)
		}
	}
}

// TestWavesOfAWorkloadCluster has what refers to something after it: a pool to its class, a quota to its namespace.
func TestWavesOfAWorkloadCluster(t *testing.T) {
	t.Parallel()
	for name, config := range configurations(t) {
		objects := all(t, config)
		for _, object := range objects {
			var other string
			folder, file := path.Split(object.Path)
			switch kind := text(object.Object, "kind"); kind {
			case "NodePool":
				other = folder + strings.Replace(file, "nodepool-", "ec2nodeclass-", 1)
			case "ResourceQuota", "LimitRange", "NetworkPolicy":
				other = folder + "namespace.yaml"
			default:
				continue
			}
			first := manifest.Object{Object: find(t, objects, other)}
			if waveOf(t, first) >= waveOf(t, object) {
				t.Errorf("%s: %s is in wave %d, %s in wave %d", name, object.Path, waveOf(t, object), other, waveOf(t, first))
			}
		}
	}
}

// TestStepsOfTheAddons has a step for each stage, in the order of the platform, and one production environment at a time.
func TestStepsOfTheAddons(t *testing.T) {
	t.Parallel()
	lines := func(stage, cidr string) string {
		return fmt.Sprintf("\tstage: %q\n\tnetwork: cidr: %q\n\tcluster: {}", stage, cidr)
	}
	config := load(t, "\torder: [\"qa\", \"one\", \"two\", \"live\"]", map[string]string{
		"one": lines("dev", "10.1.0.0/16"), "two": lines("dev", "10.2.0.0/16"), "qa": lines("staging", "10.3.0.0/16"), "live": lines("prod", "10.4.0.0/16"),
	})
	set := find(t, all(t, config), "bootstrap/argocd/applicationset-karpenter.yaml")
	step := func(stage string, most any) any {
		fields := map[string]any{"matchExpressions": []any{map[string]any{"key": schema.LabelStage, "operator": "In", "values": []any{stage}}}}
		if most != nil {
			fields["maxUpdate"] = most
		}
		return fields
	}
	want := map[string]any{
		"type": "RollingSync", "rollingSync": map[string]any{"steps": []any{step("staging", nil), step("dev", nil), step("prod", int64(1))}},
	}
	if diff := cmp.Diff(want, field(set, "spec", "strategy")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAddonsRunOnNodesThatAreThere has the charts before any node of Karpenter: system nodes take only what tolerates their taint. Karpenter's
// chart does by itself.
func TestAddonsRunOnNodesThatAreThere(t *testing.T) {
	t.Parallel()
	config := repository(t)
	for _, chart := range []string{"aws-load-balancer-controller", "metrics-server", "external-secrets"} {
		set := find(t, all(t, config), "bootstrap/argocd/applicationset-"+chart+".yaml")
		values := helmValues(set, chart)
		if !strings.Contains(values, "tolerations:\n- key: CriticalAddonsOnly\n  operator: Exists\n") {
			t.Errorf("%s does not tolerate the taint of system nodes: %s", chart, values)
		}
	}
	set := find(t, all(t, config), "bootstrap/argocd/applicationset-karpenter.yaml")
	values := helmValues(set, "karpenter")
	for _, line := range []string{"clusterName: \"{{ .name }}\"", "interruptionQueue: \"{{ .name }}-karpenter\""} {
		if !strings.Contains(values, line) {
			t.Errorf("karpenter's values have no %s: %s", line, values)
		}
	}
}

// helmValues are the values that an ApplicationSet gives to a chart.
func helmValues(set map[string]any, chart string) string {
	sources, _ := field(set, "spec", "template", "spec", "sources").([]any)
	for _, source := range append(sources, field(set, "spec", "template", "spec", "source")) {
		fields, _ := source.(map[string]any)
		if helm, ok := fields["helm"].(map[string]any); ok && fields["chart"] == chart {
			values, _ := helm["values"].(string)
			return values
		}
	}
	return ""
}

// TestDefinitionsComeBeforeKarpenter: Karpenter looks for its kinds once, when it starts, and works without indexes for ever if they are not
// there. One Application with both charts applies the definitions first.
func TestDefinitionsComeBeforeKarpenter(t *testing.T) {
	t.Parallel()
	set := find(t, all(t, repository(t)), "bootstrap/argocd/applicationset-karpenter.yaml")
	var charts []any
	sources, _ := field(set, "spec", "template", "spec", "sources").([]any)
	for _, source := range sources {
		fields, _ := source.(map[string]any)
		charts = append(charts, fields["chart"])
	}
	if diff := cmp.Diff([]any{"karpenter-crd", "karpenter"}, charts); diff != "" {
		t.Errorf("charts (-want +got):\n%s", diff)
	}
}
