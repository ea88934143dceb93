package generators_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	pkgv1 "github.com/crossplane/crossplane/apis/v2/pkg/v1"
	pkgv1beta1 "github.com/crossplane/crossplane/apis/v2/pkg/v1beta1"
	protectionv1beta1 "github.com/crossplane/crossplane/apis/v2/protection/v1beta1"
	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/validate"
	"github.com/innovate-inc/genops/schema"
)

// TestVersionsOfTheFunction has platforms whose stages have versions of their own: which functions there are, and which composition calls which.
func TestVersionsOfTheFunction(t *testing.T) {
	t.Parallel()
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	environments := map[string]string{"one": devLines, "two": "\tstage: \"dev\"\n\tnetwork: cidr: \"10.60.0.0/16\"", "live": prodLines}
	cases := map[string]struct {
		reason   string
		function string
		packages map[string]string // By the Function's name.
		calls    map[string]string // The Function by the Composition's stage.
	}{
		"one for all": {
			"the usual state", `version: "v0.3.0"`,
			map[string]string{"genops-v0-3-0": "registry.example.org/acme/genops-function:v0.3.0"},
			map[string]string{"dev": "genops-v0-3-0", "prod": "genops-v0-3-0"},
		},
		"on its way": {
			"a change is in dev, and prod has what it had", `{version: "v0.4.0", stages: {prod: "v0.3.0", staging: "v0.2.0"}}`,
			map[string]string{
				"genops-v0-3-0": "registry.example.org/acme/genops-function:v0.3.0", "genops-v0-4-0": "registry.example.org/acme/genops-function:v0.4.0",
			},
			map[string]string{"dev": "genops-v0-4-0", "prod": "genops-v0-3-0"},
		},
		"digest": {
			"what genops function push prints cannot be replaced in the registry", `{version: "` + digest + `", stages: prod: "v0.3.0-rc.1"}`,
			map[string]string{
				"genops-0123456789ab": "registry.example.org/acme/genops-function@" + digest, "genops-v0-3-0-rc-1": "registry.example.org/acme/genops-function:v0.3.0-rc.1",
			},
			map[string]string{"dev": "genops-0123456789ab", "prod": "genops-v0-3-0-rc-1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := load(t, "\torder: [\"one\", \"two\", \"live\"]\n\tversions: packages: function: "+tc.function, environments)
			objects := all(t, config)
			packages, calls := map[string]string{}, map[string]string{}
			for name, function := range ofKind[pkgv1.Function](t, objects, "Function") {
				packages[name] = function.Spec.Package
				// Two versions of one package break the installation of all of them otherwise.
				if skip := function.Spec.SkipDependencyResolution; skip == nil || !*skip {
					t.Errorf("%s takes part in the resolution of dependencies", name)
				}
				runtimes := ofKind[pkgv1beta1.DeploymentRuntimeConfig](t, objects, "DeploymentRuntimeConfig")
				if _, ok := runtimes[function.Spec.RuntimeConfigReference.Name]; !ok {
					t.Errorf("%s runs as %s, which is not rendered", name, function.Spec.RuntimeConfigReference.Name)
				}
			}
			for name, composition := range ofKind[apiextensionsv1.Composition](t, objects, "Composition") {
				stage := composition.Labels[schema.LabelStage]
				if !strings.HasSuffix(name, "-"+stage) {
					t.Errorf("%s is of stage %s", name, stage)
				}
				for _, step := range composition.Spec.Pipeline {
					if other, ok := calls[stage]; ok && other != step.FunctionRef.Name {
						t.Errorf("%s calls %s, others of its stage %s", name, step.FunctionRef.Name, other)
					}
					calls[stage] = step.FunctionRef.Name
				}
			}
			if diff := cmp.Diff(tc.packages, packages); diff != "" {
				t.Errorf("%s: functions (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.calls, calls); diff != "" {
				t.Errorf("%s: calls (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestEachClaimHasItsComposition: a claim that names a composition that there is not waits for ever, and one of another kind is refused.
func TestEachClaimHasItsComposition(t *testing.T) {
	t.Parallel()
	for name, config := range configurations(t) {
		objects := all(t, config)
		made := ofKind[apiextensionsv1.Composition](t, objects, "Composition")
		functions := ofKind[pkgv1.Function](t, objects, "Function")
		used, asked := map[string]bool{}, 0
		for _, object := range objects {
			composition, ok := compositions.Find(text(object.Object, "kind"))
			if !ok || text(object.Object, "apiVersion") != "aws.genops.dev/v1alpha1" {
				continue
			}
			asked++
			reference := text(object.Object, "spec", "compositionRef", "name") + text(object.Object, "spec", "crossplane", "compositionRef", "name")
			if kind := made[reference].Spec.CompositeTypeRef.Kind; kind != composition.CompositeKind() {
				t.Errorf("%s: %s is composed by %s, which is for %q", name, object.Path, reference, kind)
			}
			used[reference] = true
		}
		for composition, object := range made {
			for _, step := range object.Spec.Pipeline {
				if _, ok := functions[step.FunctionRef.Name]; !ok {
					t.Errorf("%s: %s calls %s, which is not installed", name, composition, step.FunctionRef.Name)
				}
			}
		}
		if asked < 6 || len(used) < 5 {
			t.Errorf("%s: %d claims of %d compositions prove nothing", name, asked, len(used))
		}
	}
}

// TestWithoutEnvironmentsThereIsNothingToCompose: a platform that is only begun, and one whose environments are only planned.
func TestWithoutEnvironmentsThereIsNothingToCompose(t *testing.T) {
	t.Parallel()
	objects := all(t, load(t, "\torder: [\"later\"]", map[string]string{"later": prodLines + "\n\t" + planned}))
	for _, object := range objects {
		kind := text(object.Object, "kind")
		if kind == "Function" || kind == "Composition" || kind == "CompositeResourceDefinition" && field(object.Object, "spec", "defaultCompositionRef") != nil {
			t.Errorf("%s", object.Path)
		}
	}
}

// TestDefaultIsTheStrictestStage: what somebody wrote by hand is treated with care.
func TestDefaultIsTheStrictestStage(t *testing.T) {
	t.Parallel()
	lines := func(stage string) string { return fmt.Sprintf("\tstage: %q\n\tnetwork: cidr: \"10.1.0.0/16\"", stage) }
	stages := []string{"prod", "staging", "shared", "dev"}
	for i, want := range stages {
		environments, order := map[string]string{}, []string{}
		for n, stage := range stages[i:] {
			environments[stage] = strings.Replace(lines(stage), "10.1.", fmt.Sprintf("10.%d.", n+1), 1)
			order = append(order, fmt.Sprintf("%q", stage))
		}
		objects := all(t, load(t, "\torder: ["+strings.Join(order, ", ")+"]", environments))
		for _, kind := range kinds {
			if got := text(find(t, objects, definitionPath(kind)), "spec", "defaultCompositionRef", "name"); !strings.HasSuffix(got, "s-"+want) {
				t.Errorf("with the stages %v the default of %s is %s", stages[i:], kind, got)
			}
		}
	}
}

// TestUsagesNameWhatThereIs: Crossplane waits in silence for what a usage names.
func TestUsagesNameWhatThereIs(t *testing.T) {
	t.Parallel()
	for name, config := range configurations(t) {
		for _, e := range config.Environments {
			claims := below(all(t, config), e.Name+"/claims/")
			names := map[string]bool{}
			for _, claim := range claims {
				names[text(claim.Object, "apiVersion")+"/"+text(claim.Object, "kind")+"/"+text(claim.Object, "metadata", "name")] = true
			}
			usages := ofKind[protectionv1beta1.Usage](t, claims, "Usage")
			want := 0
			for _, used := range []bool{e.Cluster != nil, e.Database != nil} {
				if used && e.Account != "" && e.Network != nil {
					want++
				}
			}
			if len(usages) != want {
				t.Errorf("%s: %s has %d usages, want %d", name, e.Name, len(usages), want)
			}
			for _, usage := range usages {
				of, by := usage.Spec.Of, usage.Spec.By
				if !names[of.APIVersion+"/"+of.Kind+"/"+of.ResourceRef.Name] || !names[by.APIVersion+"/"+by.Kind+"/"+by.ResourceRef.Name] {
					t.Errorf("%s: the usage of %s names %v and %v, there are %v", name, e.Name, of, by, slices.Sorted(maps.Keys(names)))
				}
			}
		}
	}
}

// composed are the results of simulated compositions of everything that is rendered, by kind.
func composed(t *testing.T, objects []manifest.Object) map[string][]*compositions.Result {
	t.Helper()
	results := map[string][]*compositions.Result{}
	for _, object := range objects {
		composition, ok := compositions.Find(text(object.Object, "kind"))
		if !ok || text(object.Object, "apiVersion") != "aws.genops.dev/v1alpha1" {
			continue
		}
		spec := maps.Clone(object.Object["spec"].(map[string]any))
		for _, name := range compositions.Machinery() {
			delete(spec, name)
		}
		result, _, err := compositions.Simulate(composition, spec)
		if err != nil {
			t.Fatalf("%s: %v", object.Path, err)
		}
		results[composition.Kind] = append(results[composition.Kind], result)
	}
	return results
}

// TestStatusFitsItsSchema: the API server drops what the schema of a status does not have, without a word; and what the schema has, some
// composition gives.
func TestStatusFitsItsSchema(t *testing.T) {
	t.Parallel()
	pods := load(t, "\torder: [\"pods\", \"data\"]", map[string]string{
		"pods": "\tstage: \"dev\"\n\tnetwork: {cidr: \"10.20.0.0/16\", podCIDR: \"100.64.0.0/16\"}\n\tcluster: {}\n\tedge: delegation: \"manual\"\n\tdatabase: {}\n\tobservability: {}",
		"data": "\tstage: \"dev\"\n\tnetwork: cidr: \"10.21.0.0/16\"\n\tdatabase: {}\n\tobservability: {}",
	})
	results := composed(t, append(all(t, repository(t)), all(t, pods)...))
	for _, kind := range kinds {
		props, err := schema.StatusSchema(kind)
		if err != nil {
			t.Fatal(err)
		}
		judge, err := validate.NewSchema(&extv1.JSONSchemaProps{Type: "object", Properties: map[string]extv1.JSONSchemaProps{"status": props}})
		if err != nil {
			t.Fatal(err)
		}
		if least := map[string]int{"Registry": 1, "StateBackend": 1, "Organization": 1}[kind]; len(results[kind]) < 5 && len(results[kind]) != least {
			t.Errorf("%s: %d results prove nothing", kind, len(results[kind]))
		}
		given := map[string]bool{}
		for _, result := range results[kind] {
			for _, message := range judge.Validate(t.Context(), map[string]any{"status": result.Status}) {
				t.Errorf("%s: %s", kind, message)
			}
			note(given, "", result.Status)
		}
		for _, path := range paths("", props) {
			if !given[path] {
				t.Errorf("%s: nobody gives status%s", kind, path)
			}
		}
		if said := judge.Validate(t.Context(), map[string]any{"status": map[string]any{"vpc": "vpc-1"}}); len(said) != 1 || said[0] != "status.vpc: there is no such field" {
			t.Errorf("%s: what is not in the schema passes: %v", kind, said)
		}
	}
	if _, err := schema.StatusSchema("Bucket"); err == nil || err.Error() != "find status schema: there is no kind Bucket" {
		t.Errorf("a kind that there is not: got error %v", err)
	}
}

// note notes the paths of all fields.
func note(seen map[string]bool, at string, value any) {
	content, ok := value.(map[string]any)
	if !ok {
		return
	}
	for name, inner := range content {
		seen[at+"."+name] = true
		note(seen, at+"."+name, inner)
	}
}

// paths are the paths of all named fields of a schema.
func paths(at string, props extv1.JSONSchemaProps) []string {
	var found []string
	for name, inner := range props.Properties {
		found = append(found, at+"."+name)
		found = append(found, paths(at+"."+name, inner)...)
	}
	return found
}

// TestNamesOfRolesAgree: names of AWS resources are computed in more than one place, and by templates that know no lengths.
func TestNamesOfRolesAgree(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("c", 40)
	config := load(t, "\torder: [\"dev\"]", map[string]string{"dev": "\tstage: \"dev\"\n\tnetwork: cidr: \"10.20.0.0/16\"\n\tcluster: name: \"" + longest + "\""})
	objects, e := all(t, config), config.Environment("dev")
	if got := text(find(t, objects, "bootstrap/registrations/dev.yaml"), "spec", "roleARN"); got != e.ArgoCDRoleARN() {
		t.Errorf("the registration has the role %s, the environment says %s", got, e.ArgoCDRoleARN())
	}
	values := helmValues(find(t, objects, "bootstrap/argocd/applicationset-karpenter.yaml"), "karpenter")
	if want := "interruptionQueue: " + compositions.QueueName(longest) + "\n"; !strings.Contains(strings.ReplaceAll(execute(t, values, secret(e)), `"`, ""), want) {
		t.Errorf("Karpenter's values have no %s: %s", want, values)
	}
}
