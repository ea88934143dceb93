package bootstraptest

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// installURL is the manifest of Argo CD, as bootstrap/argocd names it.
var installURL = regexp.MustCompile(`https://raw\.githubusercontent\.com/argoproj/argo-cd/(v\d+\.\d+\.\d+)/manifests/install\.yaml`)

// installManifest is Argo CD's own manifest out of the module that genops is built with: an older version than the one that is installed, and
// the same names. Without the definitions, which no patch touches and which take most of the time.
func installManifest(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/argoproj/argo-cd/v2").Output()
	if err != nil {
		t.Fatalf("find module of Argo CD: %v", err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "manifests", "install.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	documents := slices.DeleteFunc(strings.Split(string(data), "\n---\n"), func(document string) bool {
		return strings.Contains(document, "\nkind: CustomResourceDefinition\n")
	})
	// Since 3.0 the ConfigMap comes with content, exclusions among it; this module's is empty.
	settings := slices.IndexFunc(documents, func(document string) bool { return strings.Contains(document, "\n  name: argocd-cm\n") })
	if settings < 0 {
		settings = slices.IndexFunc(documents, func(document string) bool { return strings.HasSuffix(document, "\n  name: argocd-cm") })
	}
	if settings < 0 {
		t.Fatal("the manifest of Argo CD has no ConfigMap argocd-cm")
	}
	documents[settings] += "\ndata:\n  resource.exclusions: as shipped\n  resource.customizations.ignoreResourceUpdates.all: as shipped\n"
	return strings.Join(documents, "\n---\n")
}

// build builds an overlay in memory, with that manifest in place of the one from the network.
func build(t *testing.T, manifest, overlay string) []map[string]any {
	t.Helper()
	memory := filesys.MakeFsInMemory()
	files := os.DirFS(root)
	err := fs.WalkDir(files, "bootstrap", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".yaml" {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return memory.WriteFile("/"+name, installURL.ReplaceAll(data, []byte("install.yaml")))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := memory.WriteFile("/bootstrap/argocd/install.yaml", []byte(manifest)); err != nil {
		t.Fatal(err)
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(memory, "/bootstrap/overlays/"+overlay)
	if err != nil {
		t.Fatalf("build overlay %s: %v", overlay, err)
	}
	var objects []map[string]any
	for _, resource := range built.Resources() {
		object, err := resource.Map()
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
	return objects
}

func object(t *testing.T, objects []map[string]any, kind, name string) map[string]any {
	t.Helper()
	for _, o := range objects {
		if o["kind"] == kind && at(o, "metadata", "name") == name {
			return o
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}

// container is the only container of a workload.
func container(t *testing.T, workload map[string]any) map[string]any {
	t.Helper()
	containers, _ := at(workload, "spec", "template", "spec", "containers").([]any)
	if len(containers) != 1 {
		t.Fatalf("%v has %d containers, want 1", at(workload, "metadata", "name"), len(containers))
	}
	return containers[0].(map[string]any)
}

// named is the value of a list's entry by its name.
func named(list any, name string) map[string]any {
	entries, _ := list.([]any)
	for _, entry := range entries {
		if at(entry, "name") == name {
			return entry.(map[string]any)
		}
	}
	return nil
}

func TestOverlays(t *testing.T) {
	manifest := installManifest(t)
	roleARN := config(t).Platform.ArgoCDRoleARN()
	connect := []string{"argocd-application-controller", "argocd-server"}
	for overlay, want := range map[string]struct {
		reason      string
		annotated   []string
		credentials []string
	}{
		"eks-pod-identity": {reason: "The association is in AWS; nothing in the cluster differs."},
		"eks-irsa":         {reason: "The ServiceAccounts of what connects to clusters name the role.", annotated: connect},
		"kind":             {reason: "The pods that connect to clusters have the credentials as a file.", credentials: connect},
	} {
		t.Run(overlay, func(t *testing.T) {
			objects := build(t, manifest, overlay)
			for name, check := range map[string]struct {
				reason    string
				got, want any
			}{
				"progressive syncs": {
					"Without it the rollout of add-ons through the stages is ignored.",
					at(object(t, objects, "ConfigMap", "argocd-cmd-params-cm"), "data", "applicationsetcontroller.enable.progressive.syncs"), "true",
				},
				"sync timeout": {
					"A sync that never ends holds up all commits after it.",
					at(object(t, objects, "ConfigMap", "argocd-cmd-params-cm"), "data", "controller.sync.timeout.seconds"), "3600",
				},
				"exclusions": {
					"genops renders this key, and the other keys stay as Argo CD ships them.",
					at(object(t, objects, "ConfigMap", "argocd-cm"), "data"),
					map[string]any{"resource.customizations.ignoreResourceUpdates.all": "as shipped"},
				},
				"QPS": {
					"The patch adds to the environment variables and replaces none.",
					[]any{
						at(named(container(t, object(t, objects, "StatefulSet", "argocd-application-controller"))["env"], "ARGOCD_K8S_CLIENT_QPS"), "value"),
						named(container(t, object(t, objects, "StatefulSet", "argocd-application-controller"))["env"], "REDIS_PASSWORD") != nil,
					},
					[]any{"300", true},
				},
				"Pod Security of argocd": {
					"Nothing privileged beside Argo CD.",
					at(object(t, objects, "Namespace", "argocd"), "metadata", "labels", "pod-security.kubernetes.io/enforce"), "baseline",
				},
				"Pod Security of crossplane-system": {
					"Nothing privileged beside Crossplane.",
					at(object(t, objects, "Namespace", "crossplane-system"), "metadata", "labels", "pod-security.kubernetes.io/enforce"), "baseline",
				},
				"namespaces": {"Argo CD is in its namespace as a whole.", namespaces(objects), []string{"argocd"}},
				"memory": {
					"A pod that asks for nothing is the first to go when a node runs out of memory, and one without a limit takes others with it.",
					unlimited(objects), []string(nil),
				},
				"roles": {want.reason, annotated(objects, roleARN), want.annotated},
				"credentials": {
					want.reason, withCredentials(t, objects), want.credentials,
				},
				"secrets": {"No secret is in the repository.", secrets(objects), []string(nil)},
			} {
				if diff := cmp.Diff(check.want, check.got); diff != "" {
					t.Errorf("%s, -want +got:\n%s%s", name, diff, check.reason)
				}
			}
		})
	}
}

// namespaces are the namespaces of all objects that are in one, and of the subjects of role bindings.
func namespaces(objects []map[string]any) []string {
	var found []string
	for _, o := range objects {
		if namespace, ok := at(o, "metadata", "namespace").(string); ok {
			found = append(found, namespace)
		}
		subjects, _ := o["subjects"].([]any)
		for _, subject := range subjects {
			namespace, _ := at(subject, "namespace").(string)
			found = append(found, namespace)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// unlimited are the containers that state no request or no limit of memory.
func unlimited(objects []map[string]any) []string {
	var found []string
	for _, o := range objects {
		containers, _ := at(o, "spec", "template", "spec", "containers").([]any)
		for _, c := range containers {
			if at(c, "resources", "requests", "memory") == nil || at(c, "resources", "limits", "memory") == nil {
				found = append(found, at(o, "metadata", "name").(string))
			}
		}
	}
	return found
}

// annotated are the ServiceAccounts with a role; one with another role is listed with it.
func annotated(objects []map[string]any, roleARN string) []string {
	var found []string
	for _, o := range objects {
		arn, ok := at(o, "metadata", "annotations", "eks.amazonaws.com/role-arn").(string)
		if !ok {
			continue
		}
		name := at(o, "metadata", "name").(string)
		if arn != roleARN || o["kind"] != "ServiceAccount" {
			name += ": " + arn
		}
		found = append(found, name)
	}
	slices.Sort(found)
	return found
}

// withCredentials are the workloads that find the credentials of the Secret of bootstrap/README.md, and a region.
func withCredentials(t *testing.T, objects []map[string]any) []string {
	t.Helper()
	var found []string
	for _, o := range objects {
		if o["kind"] != "Deployment" && o["kind"] != "StatefulSet" {
			continue
		}
		volume := named(at(o, "spec", "template", "spec", "volumes"), "aws-credentials")
		if volume == nil {
			continue
		}
		c := container(t, o)
		file, _ := at(named(c["env"], "AWS_SHARED_CREDENTIALS_FILE"), "value").(string)
		region, _ := at(named(c["env"], "AWS_REGION"), "value").(string)
		mount, _ := at(named(c["volumeMounts"], "aws-credentials"), "mountPath").(string)
		name := at(o, "metadata", "name").(string)
		// The commands make the Secret with this name and key.
		if at(volume, "secret", "secretName") != "aws-credentials" || file != mount+"/credentials" || region == "" ||
			at(volume, "secret", "optional") != true {
			name += ": incomplete"
		}
		found = append(found, name)
	}
	slices.Sort(found)
	return found
}

// secrets are the Secrets with content.
func secrets(objects []map[string]any) []string {
	var found []string
	for _, o := range objects {
		if o["kind"] == "Secret" && (o["data"] != nil || o["stringData"] != nil) {
			found = append(found, at(o, "metadata", "name").(string))
		}
	}
	return found
}

func TestArgoCDIsPinned(t *testing.T) {
	kustomization := installURL.FindStringSubmatch(read(t, "bootstrap", "argocd", "kustomization.yaml"))
	page := installURL.FindStringSubmatch(read(t, "bootstrap", "README.md"))
	if kustomization == nil || page == nil {
		t.Fatalf("no manifest of a pinned version: the kustomization has %q, the page %q", kustomization, page)
	}
	if kustomization[1] != page[1] {
		t.Errorf("the page checks %s, and %s is installed", page[1], kustomization[1])
	}
}
