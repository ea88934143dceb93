package generators_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/internal/manifest"
	model "github.com/innovate-inc/genops/schema"
)

// read reads an object into its Go type.
func read[T any](t *testing.T, object map[string]any) T {
	t.Helper()
	var value T
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// ofKind are the objects of a kind, by name.
func ofKind[T any](t *testing.T, objects []manifest.Object, kind string) map[string]T {
	t.Helper()
	found := map[string]T{}
	for _, object := range objects {
		if object.Object["kind"] == kind {
			found[text(object.Object, "metadata", "name")] = read[T](t, object.Object)
		}
	}
	return found
}

// secret is what the cluster generator of Argo CD makes of a registered cluster's Secret.
func secret(e *model.Environment) map[string]any {
	return map[string]any{"name": e.ClusterName(), "server": "https://example", "metadata": map[string]any{"labels": e.Labels()}}
}

// execute fills a template of an ApplicationSet in, as Argo CD does; of its functions, those that genops uses.
func execute(t *testing.T, text string, parameters map[string]any) string {
	t.Helper()
	functions := template.FuncMap{
		"list": func(values ...string) []string { return values },
		"has":  func(value string, values []string) bool { return slices.Contains(values, value) },
	}
	parsed, err := template.New("").Funcs(functions).Option("missingkey=error").Parse(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	var b strings.Builder
	if err := parsed.Execute(&b, parameters); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return b.String()
}

// application is what an ApplicationSet makes for parameters.
func application(t *testing.T, set v1alpha1.ApplicationSet, parameters map[string]any) v1alpha1.Application {
	t.Helper()
	data, err := json.Marshal(set.Spec.Template)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	var fill func(value any) any
	fill = func(value any) any {
		switch value := value.(type) {
		case map[string]any:
			for key, inner := range value {
				value[key] = fill(inner)
			}
		case []any:
			for i, inner := range value {
				value[i] = fill(inner)
			}
		case string:
			return execute(t, value, parameters)
		}
		return value
	}
	return read[v1alpha1.Application](t, fill(fields).(map[string]any))
}

// permits is what a project has against an Application, and against the objects that it brings.
func permits(project v1alpha1.AppProject, app v1alpha1.Application, objects []manifest.Object) []string {
	var against []string
	for _, source := range app.Spec.GetSources() {
		if !project.IsSourcePermitted(source) {
			against = append(against, "source "+source.RepoURL)
		}
	}
	permitted, err := project.IsDestinationPermitted(app.Spec.Destination, func(string) ([]*v1alpha1.Cluster, error) { return nil, nil })
	if err != nil || !permitted {
		against = append(against, "destination "+app.Spec.Destination.Server+app.Spec.Destination.Name+"/"+app.Spec.Destination.Namespace)
	}
	for _, object := range objects {
		version, err := schema.ParseGroupVersion(text(object.Object, "apiVersion"))
		kind := schema.GroupKind{Group: version.Group, Kind: text(object.Object, "kind")}
		if err != nil || !project.IsGroupKindPermitted(kind, text(object.Object, "metadata", "namespace") != "") {
			against = append(against, "kind "+kind.String())
		}
	}
	return against
}

// TestProjectsPermitWhatIsTheirs asks Argo CD's own code whether each Application may bring what it brings.
func TestProjectsPermitWhatIsTheirs(t *testing.T) {
	t.Parallel()
	for name, config := range configurations(t) {
		objects := all(t, config)
		projects := ofKind[v1alpha1.AppProject](t, objects, "AppProject")
		sets := ofKind[v1alpha1.ApplicationSet](t, objects, "ApplicationSet")
		names, asked := map[string]bool{}, 0
		ask := func(app v1alpha1.Application, brings []manifest.Object) {
			asked++
			project, ok := projects[app.Spec.Project]
			if against := permits(project, app, brings); !ok || len(against) > 0 {
				t.Errorf("%s: project %q of %s does not permit %v", name, app.Spec.Project, app.Name, against)
			}
			if names[app.Name] || !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(app.Name) {
				t.Errorf("%s: an Application is called %q, or two are", name, app.Name)
			}
			names[app.Name] = true
		}
		for _, app := range ofKind[v1alpha1.Application](t, objects, "Application") {
			brings := below(objects, "bootstrap/")
			if app.Name != "root" {
				brings = nil
			}
			ask(app, brings)
		}
		for _, e := range config.Environments {
			if e.Account == "" {
				continue
			}
			ask(application(t, sets["claims"], map[string]any{
				"environment": e.Name, "stage": string(e.Stage), "namespace": e.Namespace(), "path": "rendered/" + e.Name + "/claims",
			}), below(objects, e.Name+"/claims/"))
			if e.Cluster == nil {
				continue
			}
			for setName, set := range sets {
				switch setName {
				case "claims":
				case "cluster":
					for _, folder := range []string{"node-pools", "namespaces"} {
						parameters := secret(e)
						parameters["path"] = map[string]any{"path": "rendered/" + e.Name + "/cluster/" + folder, "basename": folder}
						ask(application(t, set, parameters), below(objects, e.Name+"/cluster/"+folder+"/"))
					}
				default:
					ask(application(t, set, secret(e)), nil)
				}
			}
		}
		if asked < 15 {
			t.Errorf("%s: %d Applications prove nothing", name, asked)
		}
	}
}

// TestProjectsRefuseWhatIsNot has Applications that would reach into another environment, or bring from elsewhere.
func TestProjectsRefuseWhatIsNot(t *testing.T) {
	t.Parallel()
	objects := all(t, repository(t))
	projects := ofKind[v1alpha1.AppProject](t, objects, "AppProject")
	app := func(source, server, name, namespace string) v1alpha1.Application {
		return v1alpha1.Application{Spec: v1alpha1.ApplicationSpec{
			Source:      &v1alpha1.ApplicationSource{RepoURL: source},
			Destination: v1alpha1.ApplicationDestination{Server: server, Name: name, Namespace: namespace},
		}}
	}
	const own, hub = "https://github.com/innovate-inc/genops.git", "https://kubernetes.default.svc"
	deployment := []manifest.Object{{Object: map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"namespace": "env-dev"}}}}
	cases := map[string]struct {
		reason  string
		project string
		app     v1alpha1.Application
		brings  []manifest.Object
		want    []string
	}{
		"itself":               {"this is what it is for", "dev", app(own, hub, "", "env-dev"), nil, nil},
		"other repository":     {"anybody's code", "dev", app("https://example.com/x.git", hub, "", "env-dev"), nil, []string{"source https://example.com/x.git"}},
		"other environment":    {"dev must not touch prod", "dev", app(own, hub, "", "env-prod"), nil, []string{"destination https://kubernetes.default.svc/env-prod"}},
		"other cluster":        {"dev must not touch prod", "dev-cluster", app(own, "", "innovate-prod", "web"), nil, []string{"destination innovate-prod/web"}},
		"the hub":              {"a workload must not touch the hub", "dev-cluster", app(own, hub, "", "argocd"), nil, []string{"destination https://kubernetes.default.svc/argocd"}},
		"anything but claims":  {"no pods among the claims", "dev", app(own, hub, "", "env-dev"), deployment, []string{"kind Deployment.apps"}},
		"kinds of the cluster": {"nothing without a namespace", "dev", app(own, hub, "", "env-dev"), below(objects, "bootstrap/namespaces/env-dev"), []string{"kind Namespace"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, permits(projects[tc.project], tc.app, tc.brings)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestLabelsOfTemplatesAreDemanded has labels that a template reads with index: a label that is missing gives an empty text there, whatever
// missingkey says. A cluster without it must not be chosen.
func TestLabelsOfTemplatesAreDemanded(t *testing.T) {
	t.Parallel()
	read := regexp.MustCompile(`index \.metadata\.labels "([^"]+)"`)
	for name, set := range ofKind[v1alpha1.ApplicationSet](t, all(t, repository(t)), "ApplicationSet") {
		data, err := json.Marshal(set.Spec)
		if err != nil {
			t.Fatal(err)
		}
		demanded := map[string]bool{}
		for _, generator := range set.Spec.Generators {
			clusters := generator.Clusters
			if generator.Matrix != nil {
				clusters = generator.Matrix.Generators[0].Clusters
			}
			if clusters != nil {
				for _, expression := range clusters.Selector.MatchExpressions {
					demanded[expression.Key] = expression.Operator == "Exists"
				}
			}
		}
		for _, match := range read.FindAllStringSubmatch(strings.ReplaceAll(string(data), `\"`, `"`), -1) {
			if !demanded[match[1]] {
				t.Errorf("%s reads the label %s, and chooses clusters without it", name, match[1])
			}
		}
	}
}

// TestProjectsOutliveTheirApplications: Argo CD cannot finish the deletion of an Application whose project is gone, so that a project that is
// pruned together with its environment has to wait (Argo CD: project.yaml, finalizers).
func TestProjectsOutliveTheirApplications(t *testing.T) {
	t.Parallel()
	for name, project := range ofKind[v1alpha1.AppProject](t, all(t, repository(t)), "AppProject") {
		if name != "platform" && !project.HasFinalizer() {
			t.Errorf("project %s has no finalizer", name)
		}
	}
}

// TestAddonsArePruned: RollingSync takes automated sync out of what it makes, and takes from there whether its own syncs prune. Without it, what
// a new version of a chart no longer has stays on the cluster (Argo CD: syncValidApplications).
func TestAddonsArePruned(t *testing.T) {
	t.Parallel()
	for name, set := range ofKind[v1alpha1.ApplicationSet](t, all(t, repository(t)), "ApplicationSet") {
		policy := set.Spec.Template.Spec.SyncPolicy
		if set.Spec.Strategy != nil && (policy.Automated == nil || !policy.Automated.Prune) {
			t.Errorf("%s never prunes", name)
		}
	}
}

// TestManualEnvironments fills the patch in for an environment that a person syncs, and for one that waits for nobody.
func TestManualEnvironments(t *testing.T) {
	t.Parallel()
	config := load(t, "\torder: [\"dev\", \"prod\"]", map[string]string{"dev": devLines, "prod": prodLines + "\n\targocd: automated: false"})
	sets := ofKind[v1alpha1.ApplicationSet](t, all(t, config), "ApplicationSet")
	for _, e := range config.Environments {
		want := map[string]string{"dev": "", "prod": "spec:\n  syncPolicy:\n    automated: null"}[e.Name]
		for name, parameters := range map[string]map[string]any{"claims": {"environment": e.Name}, "cluster": secret(e)} {
			if got := strings.TrimSpace(execute(t, *sets[name].Spec.TemplatePatch, parameters)); got != want {
				t.Errorf("%s of %s is patched with %q, want %q", name, e.Name, got, want)
			}
		}
	}
}

// TestMirrorsAreUsed sets each kind of mirror: a setting that changes nothing is a promise that is not kept.
func TestMirrorsAreUsed(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		mirror string
	}{
		"git":      {"Argo CD reads from it", `git: "https://git.example.org/": "https://mirror.inside/"`},
		"charts":   {"Argo CD takes charts from it", `charts: "https://charts.external-secrets.io": "https://mirror.inside"`},
		"packages": {"Crossplane takes packages from it", `packages: "xpkg.upbound.io/": "mirror.inside/"`},
		"images":   {"clusters without a way to the Internet take images from it", `images: {"public.ecr.aws/": "mirror.inside/", "xpkg.crossplane.io/": "mirror.inside/", "registry.k8s.io/": "mirror.inside/", "ghcr.io/": "mirror.inside/"}`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			render := func(platform string) string {
				return page(t, all(t, load(t, "\torder: [\"dev\"]\n"+platform, map[string]string{"dev": devLines})))
			}
			if with, without := render("\tmirrors: "+tc.mirror), render(""); !strings.Contains(with, "mirror.inside") || strings.Contains(without, "mirror.inside") {
				t.Errorf("%s, and nothing is rendered from there", tc.reason)
			}
		})
	}
}
