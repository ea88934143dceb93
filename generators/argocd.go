package generators

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// ArgoCD generates what brings everything where it belongs: the root Application, the projects, and the ApplicationSets of the claims and of
// the configuration of workload clusters.
type ArgoCD struct{}

const (
	namespaceArgoCD = "argocd"
	// projectPlatform is the project of the bootstrap cluster itself.
	projectPlatform = "platform"
	hub             = "https://kubernetes.default.svc"
	finalizer       = "resources-finalizer.argocd.argoproj.io"
	// finalizerOfClaims is the same, in the background. In the foreground the usage of the network, which the Cluster claim owns, would be gone
	// before that claim.
	finalizerOfClaims = finalizer + "/background"
)

// Platform makes the Argo CD objects.
func (ArgoCD) Platform(c *schema.Config) ([]manifest.Object, error) {
	folder := path.Join(Bootstrap, "argocd")
	var objects typed
	objects.add(newRoot(c.Platform), folder, "application-root")
	objects.add(newSettings(), folder, "configmap-argocd-cm")
	project := func(p *v1alpha1.AppProject) {
		objects.add(p, folder, "appproject-"+p.Name)
		// Each lets more in, but for windows: one that denies would stop the healing.
		objects.own("clusterResourceWhitelist", "roles", "sourceNamespaces", "syncWindows")
	}
	project(newPlatformProject(c))
	for _, e := range active(c) {
		project(newClaimsProject(c.Platform, e))
		if e.Cluster != nil {
			project(newClusterProject(c, e))
		}
	}
	claims, err := newClaimsSet(c)
	if err != nil {
		return nil, err
	}
	objects.add(claims, folder, "applicationset-claims")
	objects.add(newClusterSet(c), folder, "applicationset-cluster")
	crossplane, err := newCrossplane(c)
	if err != nil {
		return nil, err
	}
	objects.add(crossplane, path.Join(Bootstrap, "crossplane"), "application-crossplane")
	return objects.done()
}

func applicationMeta(name string, annotations map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespaceArgoCD, Annotations: annotations}
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: "argoproj.io/v1alpha1", Kind: kind}
}

// retry goes on for more than an hour: on the first day much is missing that another Application still brings. What has come is seen soon, also by an
// Application of prod that has waited for the stages before.
func retry() *v1alpha1.RetryStrategy {
	return &v1alpha1.RetryStrategy{Limit: 70, Backoff: &v1alpha1.Backoff{Duration: "15s", Factor: new(int64(2)), MaxDuration: "1m"}}
}

func automated() *v1alpha1.SyncPolicyAutomated {
	return &v1alpha1.SyncPolicyAutomated{Prune: true, SelfHeal: true}
}

// newRoot is the Application that a person applies once: it brings everything else, itself included. Without a finalizer and with Prune=false
// its deletion by mistake deletes nothing.
func newRoot(p *schema.Platform) *v1alpha1.Application {
	return &v1alpha1.Application{
		TypeMeta: typeMeta("Application"),
		// In the last wave, which is not waited for: in an earlier one root would wait for its own health before it goes on.
		ObjectMeta: applicationMeta("root", with(wave(waveApplications), annotationSyncOptions, "Prune=false,Delete=false")),
		Spec: v1alpha1.ApplicationSpec{
			Project: projectPlatform,
			Source: &v1alpha1.ApplicationSource{
				RepoURL:        p.GitURL(),
				TargetRevision: p.Git.Revision,
				Path:           path.Join(p.Git.Path, Bootstrap),
				Directory:      &v1alpha1.ApplicationSourceDirectory{Recurse: true},
			},
			Destination: v1alpha1.ApplicationDestination{Server: hub, Namespace: namespaceArgoCD},
			SyncPolicy: &v1alpha1.SyncPolicy{
				Automated: automated(),
				// Definitions are larger than what client-side apply can remember in an annotation.
				SyncOptions: v1alpha1.SyncOptions{"ServerSideApply=true", "SkipDryRunOnMissingResource=true", "PruneLast=true"},
				Retry:       retry(),
			},
		},
	}
}

// newCrossplane installs Crossplane. No managed resource kind is activated by default: the activation policy names the ones in use.
func newCrossplane(c *schema.Config) (*v1alpha1.Application, error) {
	chart, _ := c.Platform.Chart("crossplane")
	values := map[string]any{
		"provider": map[string]any{"defaultActivations": []any{}},
		// By default Crossplane drops what it hears of a composite's resources after a hundred news, for five minutes. Each update counts twice, the
		// old and the new object (internal/circuit of Crossplane 2.3), a claim has up to some 350 resources, and each of them some twenty updates
		// on its first day: what is said of it, and what is composed next, would be minutes late. 5000 were too few for a network of three zones.
		"args": []any{"--circuit-breaker-burst=15000", "--circuit-breaker-refill-rate=20"},
		// The chart's half a core and 1 GiB are for a platform of a few environments (bootstrap/README.md, "How many environments").
		"resourcesCrossplane": map[string]any{
			"requests": map[string]any{"cpu": "250m", "memory": "768Mi"},
			"limits":   map[string]any{"cpu": "2", "memory": "3Gi"},
		},
	}
	mirrorImages(c.Platform, values, "xpkg.crossplane.io/crossplane/crossplane", []string{"image"}, false)
	text, err := manifest.Encode("", values)
	if err != nil {
		return nil, fmt.Errorf("write values of crossplane: %w", err)
	}
	return &v1alpha1.Application{
		TypeMeta:   typeMeta("Application"),
		ObjectMeta: applicationMeta("crossplane", with(wave(waveCrossplane), annotationSyncOptions, "Prune=confirm,Delete=confirm")),
		Spec: v1alpha1.ApplicationSpec{
			Project: projectPlatform,
			Source: &v1alpha1.ApplicationSource{
				RepoURL:        chart.Repository,
				Chart:          "crossplane",
				TargetRevision: chart.Version,
				Helm: &v1alpha1.ApplicationSourceHelm{
					ReleaseName: "crossplane",
					Values:      string(text),
				},
			},
			Destination: v1alpha1.ApplicationDestination{Server: hub, Namespace: namespaceCrossplane},
			SyncPolicy: &v1alpha1.SyncPolicy{
				Automated:   automated(),
				SyncOptions: v1alpha1.SyncOptions{"CreateNamespace=true", "ServerSideApply=true"},
				Retry:       retry(),
			},
		},
	}, nil
}

// Names are what genops calls the Argo CD objects of an environment, with their kinds: two environments must not share one.
func Names(c *schema.Config, e *schema.Environment) []string {
	names := []string{"AppProject " + e.Name, "AppProject " + clusterProject(e), "Application claims-" + e.Name}
	for _, folder := range []string{folderNodePools, folderNamespaces, folderStores, folderTelemetry, folderWorkloads} {
		names = append(names, "Application "+e.Name+"-"+folder)
	}
	for _, a := range addons(c.Platform) {
		names = append(names, "Application "+e.Name+"-"+a.name())
	}
	return names
}

// clusterProject is the name of the project of an environment's workload cluster.
func clusterProject(e *schema.Environment) string { return e.Name + "-cluster" }

// newPlatformProject allows what the bootstrap cluster needs: Crossplane's and Argo CD's own kinds, and what their charts bring.
func newPlatformProject(c *schema.Config) *v1alpha1.AppProject {
	chart, _ := c.Platform.Chart("crossplane")
	return &v1alpha1.AppProject{
		TypeMeta:   typeMeta("AppProject"),
		ObjectMeta: applicationMeta(projectPlatform, wave(waveNamespaces)),
		Spec: v1alpha1.AppProjectSpec{
			Description: "The bootstrap cluster itself: Argo CD, Crossplane and the definitions of claims.",
			SourceRepos: []string{c.Platform.GitURL(), chart.Repository},
			Destinations: []v1alpha1.ApplicationDestination{
				{Server: hub, Namespace: namespaceArgoCD}, {Server: hub, Namespace: namespaceCrossplane},
			},
			ClusterResourceWhitelist: kinds(
				"/Namespace", "admissionregistration.k8s.io/*", "apiextensions.crossplane.io/*", "apiextensions.k8s.io/CustomResourceDefinition",
				"aws.upbound.io/ProviderConfig", "pkg.crossplane.io/*", "protection.crossplane.io/*",
				"rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/ClusterRoleBinding",
			),
			NamespaceResourceWhitelist: kinds(
				"/ConfigMap", "/Secret", "/Service", "/ServiceAccount", "apps/Deployment", "argoproj.io/AppProject", "argoproj.io/Application",
				"argoproj.io/ApplicationSet", Group+"/ClusterRegistration", "rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/RoleBinding",
			),
		},
	}
}

// projectMeta gives a project a finalizer: it stays until its last Application is gone, because without it none could delete what it brought.
func projectMeta(e *schema.Environment, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: name, Namespace: namespaceArgoCD, Labels: e.Labels(), Annotations: wave(waveNamespaces), Finalizers: []string{finalizer},
	}
}

// newClaimsProject allows an environment's claims on the bootstrap cluster, in its own namespace, and nothing else.
func newClaimsProject(p *schema.Platform, e *schema.Environment) *v1alpha1.AppProject {
	return &v1alpha1.AppProject{
		TypeMeta:   typeMeta("AppProject"),
		ObjectMeta: projectMeta(e, e.Name),
		Spec: v1alpha1.AppProjectSpec{
			Description:                "Claims of " + e.Name + " on the bootstrap cluster.",
			SourceRepos:                []string{p.GitURL()},
			Destinations:               []v1alpha1.ApplicationDestination{{Server: hub, Namespace: e.Namespace()}},
			ClusterResourceWhitelist:   []metav1.GroupKind{},
			NamespaceResourceWhitelist: kinds(Group+"/*", "protection.crossplane.io/Usage"),
			SyncWindows:                syncWindows(e),
		},
	}
}

// newClusterProject allows what runs on an environment's workload cluster: configuration from Git and the charts of add-ons.
func newClusterProject(c *schema.Config, e *schema.Environment) *v1alpha1.AppProject {
	sources := []string{c.Platform.GitURL()}
	for _, addon := range addons(c.Platform) {
		if chart, ok := c.Platform.Chart(addon.chart); ok {
			sources = append(sources, chart.Repository)
		}
	}
	slices.Sort(sources)
	return &v1alpha1.AppProject{
		TypeMeta:   typeMeta("AppProject"),
		ObjectMeta: projectMeta(e, clusterProject(e)),
		Spec: v1alpha1.AppProjectSpec{
			Description:  "Workload cluster of " + e.Name + ".",
			SourceRepos:  slices.Compact(sources),
			Destinations: []v1alpha1.ApplicationDestination{{Name: e.ClusterName(), Namespace: "*"}},
			ClusterResourceWhitelist: kinds(
				"/Namespace", "admissionregistration.k8s.io/MutatingWebhookConfiguration",
				"admissionregistration.k8s.io/ValidatingWebhookConfiguration", "apiextensions.k8s.io/CustomResourceDefinition",
				"apiregistration.k8s.io/APIService", "elbv2.k8s.aws/IngressClassParams", "external-secrets.io/ClusterSecretStore",
				"karpenter.k8s.aws/EC2NodeClass", "karpenter.sh/NodePool", "networking.k8s.io/IngressClass",
				"rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/ClusterRoleBinding",
			),
			NamespaceResourceWhitelist: kinds(
				"/ConfigMap", "/LimitRange", "/ResourceQuota", "/Secret", "/Service", "/ServiceAccount", "apps/DaemonSet", "apps/Deployment",
				"autoscaling/HorizontalPodAutoscaler", "external-secrets.io/ExternalSecret", "networking.k8s.io/Ingress",
				"networking.k8s.io/NetworkPolicy", "policy/PodDisruptionBudget", "rbac.authorization.k8s.io/Role",
				"rbac.authorization.k8s.io/RoleBinding",
			),
			SyncWindows: syncWindows(e),
		},
	}
}

// kinds reads group/Kind; the core group is empty.
func kinds(names ...string) []metav1.GroupKind {
	list := make([]metav1.GroupKind, 0, len(names))
	for _, name := range names {
		group, kind, _ := strings.Cut(name, "/")
		list = append(list, metav1.GroupKind{Group: group, Kind: kind})
	}
	return list
}

// syncWindows are an environment's windows, for all applications of its projects.
func syncWindows(e *schema.Environment) v1alpha1.SyncWindows {
	var windows v1alpha1.SyncWindows
	for _, w := range e.ArgoCD.SyncWindows {
		windows = append(windows, &v1alpha1.SyncWindow{
			Kind: w.Kind, Schedule: w.Schedule, Duration: w.Duration, TimeZone: w.TimeZone, ManualSync: w.ManualSync, Applications: []string{"*"},
		})
	}
	return windows
}
