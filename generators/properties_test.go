package generators_test

import (
	"fmt"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	pkgv1beta1 "github.com/crossplane/crossplane/apis/v2/pkg/v1beta1"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// configurations are what the properties are held against: this repository's environments, and some that use every domain.
func configurations(t *testing.T) map[string]*schema.Config {
	t.Helper()
	return map[string]*schema.Config{
		"repository": repository(t),
		"every domain": load(t, "\torder: [\"management\", \"dev\", \"shared-services\", \"prod\", \"later\"]\n\tbootstrap: {credentials: \"Secret\", egressCIDRs: [\"198.51.100.10/32\"]}", map[string]string{
			"dev": devLines + "\n\tobservability: {}\n\tdatabase: minCapacityACU: 0\n\targocd: {automated: false, syncWindows: [{kind: \"deny\", schedule: \"0 0 * * sun\", duration: \"24h\"}]}\n" +
				"\tservices: {web: network: loadBalancer: true, api: network: from: [\"web\"]}\n\tnodePools: gpu: {architecture: \"amd64\", instances: families: [\"g5\"], weight: 5}\n\tedge: apiPaths: [\"/v1/*\"]",
			"management":      organizationLines,
			"prod":            prodLines + "\n\tdatabase: replica: {region: \"eu-central-1\", cidr: \"10.41.0.0/20\"}\n\tbaseline: trail: organizationID: \"o-a1b2c3d4e5\"\n\tservices: {web: {}, api: {slo: availability: 99.5, network: {from: [\"web\"], egress: [{cidr: \"10.40.240.0/20\", ports: [5432]}]}}}\n\tedge: {}\n\tobservability: {}",
			"shared-services": "\tstage: \"shared\"\n\tnetwork: cidr: \"10.10.0.0/16\"\n\tstateBackend: teams: payments: {}\n\tregistry: {github: organization: \"acme\", repositories: {web: build: language: \"node\", api: build: language: \"python\"}}\n\tedge: zone: \"platform\"\n\tobservability: receivers: emails: [\"alarms@acme.example\"]\n\tdatabase: {instances: 7, version: \"15.4\"}",
			"later":           "\tstage: \"staging\"\n\tnetwork: cidr: \"10.30.0.0/16\"\n\t" + planned,
		}),
	}
}

func TestGeneratorsArePure(t *testing.T) {
	t.Parallel()
	for name, config := range configurations(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := page(t, all(t, config))
			if again := page(t, all(t, config)); again != want {
				t.Errorf("a second time differs (-first +second):\n%s", cmp.Diff(want, again))
			}
			const readers = 8
			got := make([]string, readers)
			var group sync.WaitGroup
			for i := range readers {
				group.Go(func() {
					runtime.Gosched()
					got[i] = page(t, all(t, config))
				})
			}
			group.Wait()
			for i, page := range got {
				if page != want {
					t.Errorf("reader %d in parallel differs:\n%s", i, cmp.Diff(want, page))
				}
			}
		})
	}
}

// TestObjects holds every object of every configuration against what all objects have in common.
func TestObjects(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		wrong  func(manifest.Object) string
	}{
		"path": {
			"readable, the same on every file system, and below a folder that genops owns",
			func(o manifest.Object) string {
				if !regexp.MustCompile(`^[a-z0-9-]+(/[a-z0-9-]+)+\.yaml$`).MatchString(o.Path) || path.Clean(o.Path) != o.Path {
					return o.Path
				}
				return ""
			},
		},
		"identity": {
			"the API server asks for these three",
			func(o manifest.Object) string {
				name := text(o.Object, "metadata", "name")
				if text(o.Object, "apiVersion") == "" || text(o.Object, "kind") == "" || !regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`).MatchString(name) {
					return fmt.Sprintf("%v %v %q", o.Object["apiVersion"], o.Object["kind"], name)
				}
				return ""
			},
		},
		"folder": {
			"what belongs to an environment lies in its folder and says so, if it has a label for it",
			func(o manifest.Object) string {
				top, _, _ := strings.Cut(o.Path, "/")
				label := text(o.Object, "metadata", "labels", schema.LabelEnvironment)
				if top != generators.Bootstrap && label != "" && label != top {
					return label
				}
				return ""
			},
		},
		"empty": {
			"what the API server fills in, and what Go types write because they must, does not belong into Git",
			func(o manifest.Object) string { return strings.Join(empties("", o.Object), ", ") },
		},
		"secret": {
			"credentials never stand in Git",
			func(o manifest.Object) string {
				if o.Object["kind"] == "Secret" {
					return "a Secret"
				}
				content, err := manifest.Encode("", o.Object)
				if err != nil {
					return err.Error()
				}
				content = regexp.MustCompile(`DATABASE_PASSWORD: "\{\{ [^"{}]+ \}\}"`).ReplaceAll(content, nil) // Filled in by External Secrets.
				return regexp.MustCompile(`(?i)AKIA[0-9A-Z]{16}|aws_secret_access_key|-----BEGIN|password: *\S|token: *\S`).FindString(
					strings.ReplaceAll(string(content), "automountServiceAccountToken: false", ""),
				)
			},
		},
		"project": {
			"a project with any source, destination or kind protects nothing",
			func(o manifest.Object) string {
				if o.Object["kind"] != "AppProject" {
					return ""
				}
				return tooWide(o.Object)
			},
		},
		"application set": {
			"half a name would delete what the whole name made",
			func(o manifest.Object) string {
				if o.Object["kind"] != "ApplicationSet" {
					return ""
				}
				if field(o.Object, "spec", "goTemplate") != true || !cmp.Equal(field(o.Object, "spec", "goTemplateOptions"), []any{"missingkey=error"}) {
					return fmt.Sprint(field(o.Object, "spec", "goTemplate"), field(o.Object, "spec", "goTemplateOptions"))
				}
				return ""
			},
		},
		"claim": {
			"of Crossplane's machinery people review one field: which composition, and so which version of the function",
			func(o manifest.Object) string {
				if text(o.Object, "apiVersion") != "aws.genops.dev/v1alpha1" {
					return ""
				}
				return machinery(o.Object)
			},
		},
	}
	for configuration, config := range configurations(t) {
		objects := manifests(all(t, config))
		if len(objects) < 50 {
			t.Fatalf("%s: %d objects prove nothing", configuration, len(objects))
		}
		for name, tc := range cases {
			t.Run(configuration+"/"+name, func(t *testing.T) {
				t.Parallel()
				for _, object := range objects {
					if wrong := tc.wrong(object); wrong != "" {
						t.Errorf("%s: %s: %s", object.Path, wrong, tc.reason)
					}
				}
			})
		}
	}
}

// machinery is what is wrong with the fields that a claim or a composite has for Crossplane: it names the composition of its stage, and nothing
// else.
func machinery(object map[string]any) string {
	spec, _ := object["spec"].(map[string]any)
	stage := text(object, "metadata", "labels", schema.LabelStage)
	composition, _ := compositions.Find(text(object, "kind"))
	reference, allowed, name := spec["compositionRef"], "compositionRef", "x"+composition.Plural+"-"+stage
	if !composition.Claim {
		reference, allowed, name = spec["crossplane"], "crossplane", composition.Plural+"-"+stage
		reference = field(reference, "compositionRef")
		if !cmp.Equal(spec["crossplane"], map[string]any{"compositionRef": reference}) {
			return fmt.Sprint(spec["crossplane"])
		}
	}
	if !cmp.Equal(reference, map[string]any{"name": name}) {
		return fmt.Sprintf("compositionRef is %v, the composition of its stage is %s", reference, name)
	}
	for _, other := range compositions.Machinery() {
		if _, found := spec[other]; found && other != allowed {
			return other
		}
	}
	return ""
}

// empties lists nulls, statuses and timestamps in an object.
func empties(at string, value any) []string {
	var found []string
	switch value := value.(type) {
	case nil:
		found = append(found, at+" is null")
	case map[string]any:
		for name, inner := range value {
			if name == "creationTimestamp" || name == "status" && at == "" || name == "metadata" && len(inner.(map[string]any)) == 0 {
				found = append(found, at+"."+name)
			}
			found = append(found, empties(at+"."+name, inner)...)
		}
	case []any:
		for i, inner := range value {
			found = append(found, empties(fmt.Sprintf("%s[%d]", at, i), inner)...)
		}
	}
	slices.Sort(found)
	return found
}

// tooWide finds what an AppProject allows without naming it.
func tooWide(project map[string]any) string {
	sources, _ := field(project, "spec", "sourceRepos").([]any)
	for _, source := range sources {
		if strings.Contains(source.(string), "*") {
			return fmt.Sprintf("source %s", source)
		}
	}
	destinations, _ := field(project, "spec", "destinations").([]any)
	for _, destination := range destinations {
		if strings.Contains(text(destination, "server")+text(destination, "name"), "*") || text(destination, "server")+text(destination, "name") == "" {
			return fmt.Sprintf("destination %v", destination)
		}
	}
	for _, list := range []string{"clusterResourceWhitelist", "namespaceResourceWhitelist"} {
		kinds, _ := field(project, "spec", list).([]any)
		for _, kind := range kinds {
			if strings.Contains(text(kind, "group"), "*") {
				return fmt.Sprintf("%s %v", list, kind)
			}
		}
	}
	if len(sources) == 0 || len(destinations) == 0 {
		return "nothing is allowed"
	}
	// What Git does not name is nobody's: added by hand, it would stay.
	for _, list := range []string{"clusterResourceWhitelist", "roles", "sourceNamespaces", "syncWindows"} {
		if field(project, "spec", list) == nil {
			return list + " is not named"
		}
	}
	return ""
}

// TestPropertiesFind shows each of the judges above something that is wrong.
func TestPropertiesFind(t *testing.T) {
	t.Parallel()
	object := map[string]any{"status": map[string]any{}, "metadata": map[string]any{"creationTimestamp": nil}, "spec": map[string]any{"list": []any{nil, map[string]any{"metadata": map[string]any{}}}}}
	want := []string{".metadata.creationTimestamp", ".metadata.creationTimestamp is null", ".spec.list[0] is null", ".spec.list[1].metadata", ".status"}
	if diff := cmp.Diff(want, empties("", object)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	claim := func(kind string, spec map[string]any) map[string]any {
		return map[string]any{"kind": kind, "metadata": map[string]any{"labels": map[string]any{schema.LabelStage: "dev"}}, "spec": spec}
	}
	reference := func(name string) map[string]any { return map[string]any{"name": name} }
	for want, given := range map[string]map[string]any{
		"": claim("Network", map[string]any{"compositionRef": reference("xnetworks-dev")}),
		"compositionRef is <nil>, the composition of its stage is xnetworks-dev":                    claim("Network", map[string]any{}),
		"compositionRef is map[name:xnetworks-prod], the composition of its stage is xnetworks-dev": claim("Network", map[string]any{"compositionRef": reference("xnetworks-prod")}),
		"resourceRef": claim("Network", map[string]any{"compositionRef": reference("xnetworks-dev"), "resourceRef": reference("x")}),
		"<nil>":       claim("ClusterRegistration", map[string]any{"compositionRef": reference("clusterregistrations-dev")}),
	} {
		if got := machinery(given); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	project := func(source, server, group string) map[string]any {
		return map[string]any{"spec": map[string]any{
			"sourceRepos": []any{source}, "destinations": []any{map[string]any{"server": server}},
			"clusterResourceWhitelist": []any{map[string]any{"group": group, "kind": "Namespace"}},
			"roles":                    []any{}, "sourceNamespaces": []any{}, "syncWindows": []any{},
		}}
	}
	open := project("https://a", "https://b", "")
	delete(open["spec"].(map[string]any), "roles")
	for want, given := range map[string]map[string]any{
		"":                             project("https://a", "https://b", ""),
		"source *":                     project("*", "https://b", ""),
		"destination map[server:*]":    project("https://a", "*", ""),
		"destination map[server:]":     project("https://a", "", ""),
		"clusterResourceWhitelist map": project("https://a", "https://b", "*"),
		"nothing is allowed":           {"spec": map[string]any{}},
		"roles is not named":           open,
	} {
		if got := tooWide(given); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestProvidersShareAnAccountThatNobodyOwns holds that Crossplane leaves the ServiceAccount of the AWS providers alone: each of them would take it
// from the others, and wake them by that, some thirty times a second (crossplane v2.3: a provider's account is made if the template of the
// Deployment names no other).
func TestProvidersShareAnAccountThatNobodyOwns(t *testing.T) {
	t.Parallel()
	objects := all(t, repository(t))
	configs := ofKind[pkgv1beta1.DeploymentRuntimeConfig](t, objects, "DeploymentRuntimeConfig")
	config := configs["provider-aws"]
	if config.Spec.ServiceAccountTemplate != nil {
		t.Error("Crossplane is asked to make the account")
	}
	name := config.Spec.DeploymentTemplate.Spec.Template.Spec.ServiceAccountName
	for _, account := range ofKind[corev1.ServiceAccount](t, objects, "ServiceAccount") {
		if account.Namespace == "crossplane-system" && account.Name == name {
			return
		}
	}
	t.Errorf("the account %q is not rendered", name)
}
