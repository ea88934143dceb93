package generators

import (
	"maps"
	"path"
	"slices"
	"strconv"

	"github.com/crossplane/crossplane/apis/v2/apiextensions/v1alpha1"
	pkgv1 "github.com/crossplane/crossplane/apis/v2/pkg/v1"
	pkgv1beta1 "github.com/crossplane/crossplane/apis/v2/pkg/v1beta1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Crossplane generates what Crossplane needs on the bootstrap cluster: namespaces of the environments, AWS providers and the way into each
// environment's account.
type Crossplane struct{}

const (
	namespaceCrossplane = "crossplane-system"
	// runtimeName is the DeploymentRuntimeConfig of all AWS providers, and their ServiceAccount: one identity, so that one role is enough.
	runtimeName = "provider-aws"
)

// Platform makes the objects in the order in which they depend on each other.
func (Crossplane) Platform(c *schema.Config) ([]manifest.Object, error) {
	folder := path.Join(Bootstrap, "crossplane")
	var objects typed
	for _, e := range active(c) {
		objects.add(&corev1.Namespace{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: metav1.ObjectMeta{
				Name: e.Namespace(),
				// No pod ever runs there.
				Labels:      with(e.Labels(), "pod-security.kubernetes.io/enforce", "restricted"),
				Annotations: emptied(e, confirmed(e, wave(waveNamespaces))),
			},
		}, Bootstrap, "namespaces", e.Namespace())
	}
	runtimeConfig, err := newRuntimeConfig()
	if err != nil {
		return nil, err
	}
	objects.add(newProviderAccount(c.Platform), folder, "serviceaccount-"+runtimeName)
	objects.add(runtimeConfig, folder, "deploymentruntimeconfig-"+runtimeName)
	packages := c.Platform.Versions.Packages
	// The family package is a dependency of the others; stated here so that it has the same version and mirror as they.
	objects.add(newProvider("upbound-provider-family-aws", "family", packages.ProviderAWS, false), folder, "provider-family-aws")
	for _, service := range packages.Services {
		objects.add(newProvider("provider-aws-"+service, service, packages.ProviderAWS, true), folder, "provider-aws-"+service)
	}
	for _, config := range newImageConfigs(c.Platform) {
		objects.add(config, folder, "imageconfig-"+config.Name)
	}
	objects.add(newActivationPolicy(packages), folder, "managedresourceactivationpolicy-genops")
	for _, e := range active(c) {
		objects.objects = append(objects.objects, manifest.Object{
			Path:   path.Join(folder, "providerconfig-"+e.Name+".yaml"),
			Object: newProviderConfig(c.Platform, e),
		})
	}
	return objects.done()
}

// newProviderAccount makes the ServiceAccount of all AWS providers, whose role may assume the provisioner role of each account. Crossplane does not
// make it: each provider would make itself its owner, which wakes the one that was, for ever (crossplane: runtime hooks of providers).
func newProviderAccount(p *schema.Platform) *corev1.ServiceAccount {
	account := &corev1.ServiceAccount{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta: metav1.ObjectMeta{Name: runtimeName, Namespace: namespaceCrossplane, Annotations: wave(wavePackages)},
	}
	if p.Bootstrap.Credentials == "IRSA" {
		account.Annotations["eks.amazonaws.com/role-arn"] = p.CrossplaneRoleARN()
	}
	return account
}

// newRuntimeConfig runs all AWS providers as one ServiceAccount.
func newRuntimeConfig() (*pkgv1beta1.DeploymentRuntimeConfig, error) {
	requests, err := quantities(map[corev1.ResourceName]string{corev1.ResourceCPU: "100m", corev1.ResourceMemory: "512Mi"})
	if err != nil {
		return nil, err
	}
	limits, err := quantities(map[corev1.ResourceName]string{corev1.ResourceMemory: "1Gi"})
	if err != nil {
		return nil, err
	}
	return &pkgv1beta1.DeploymentRuntimeConfig{
		TypeMeta:   metav1.TypeMeta{APIVersion: "pkg.crossplane.io/v1beta1", Kind: "DeploymentRuntimeConfig"},
		ObjectMeta: metav1.ObjectMeta{Name: runtimeName, Annotations: wave(wavePackages)},
		Spec: pkgv1beta1.DeploymentRuntimeConfigSpec{
			DeploymentTemplate: &pkgv1beta1.DeploymentTemplate{Spec: &appsv1.DeploymentSpec{
				Selector: &metav1.LabelSelector{},
				Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{ServiceAccountName: runtimeName, Containers: []corev1.Container{{
					// Crossplane finds the provider's container by this name.
					Name: "package-runtime",
					// Gentle on the AWS APIs: thousands of resources are looked at again in each interval.
					Args: []string{"--poll=10m", "--max-reconcile-rate=20"},
					Resources: corev1.ResourceRequirements{
						Requests: requests,
						Limits:   limits,
					},
				}}}},
			}},
		},
	}, nil
}

func newProvider(name, service string, from schema.ProviderAWS, withRuntime bool) *pkgv1.Provider {
	address := from.Prefix + "-" + service + ":" + from.Version
	if service == "family" {
		address = familyPackage(from)
	}
	provider := &pkgv1.Provider{
		TypeMeta:   metav1.TypeMeta{APIVersion: "pkg.crossplane.io/v1", Kind: "Provider"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: wave(wavePackages)},
		Spec:       pkgv1.ProviderSpec{PackageSpec: pkgv1.PackageSpec{Package: address}},
	}
	if withRuntime {
		provider.Spec.RuntimeConfigReference = &pkgv1.RuntimeConfigReference{Name: runtimeName}
	}
	return provider
}

// newImageConfigs tell Crossplane where mirrored packages are. Packages keep their names: those that depend on them know no others.
func newImageConfigs(p *schema.Platform) []*pkgv1beta1.ImageConfig {
	var configs []*pkgv1beta1.ImageConfig
	for i, prefix := range slices.Sorted(maps.Keys(p.Mirrors.Packages)) {
		configs = append(configs, &pkgv1beta1.ImageConfig{
			TypeMeta:   metav1.TypeMeta{APIVersion: "pkg.crossplane.io/v1beta1", Kind: "ImageConfig"},
			ObjectMeta: metav1.ObjectMeta{Name: "mirror-" + strconv.Itoa(i+1), Annotations: wave(waveMirrors)},
			Spec: pkgv1beta1.ImageConfigSpec{
				MatchImages:  []pkgv1beta1.ImageMatch{{Type: pkgv1beta1.Prefix, Prefix: prefix}},
				RewriteImage: &pkgv1beta1.ImageRewrite{Prefix: p.Mirrors.Packages[prefix]},
			},
		})
	}
	return configs
}

// familyPackage is the package that serves ProviderConfig: provider-family-aws beside provider-aws-<service>.
func familyPackage(from schema.ProviderAWS) string {
	return path.Dir(from.Prefix) + "/provider-family-aws:" + from.Version
}

// newActivationPolicy activates the managed resources of the services that claims need: each kind costs the API server memory.
func newActivationPolicy(packages schema.Packages) *v1alpha1.ManagedResourceActivationPolicy {
	policy := &v1alpha1.ManagedResourceActivationPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apiextensions.crossplane.io/v1alpha1", Kind: "ManagedResourceActivationPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: "genops", Annotations: wave(wavePackages)},
	}
	for _, service := range packages.Services {
		policy.Spec.Activations = append(policy.Spec.Activations, v1alpha1.ActivationPolicy("*."+service+".aws.upbound.io"))
	}
	return policy
}

// newProviderConfig is the way into an environment's account: the providers' own role, then the account's provisioner role. There is none
// called default, so that a managed resource without a reference is made nowhere. Its Go type lives in the provider, which is not imported.
func newProviderConfig(p *schema.Platform, e *schema.Environment) map[string]any {
	credentials := map[string]any{"source": p.Bootstrap.Credentials}
	if p.Bootstrap.Credentials == "Secret" {
		credentials["secretRef"] = map[string]any{"namespace": namespaceCrossplane, "name": "aws-credentials", "key": "credentials"}
	}
	annotations := option(wave(waveProviderConfigs), "SkipDryRunOnMissingResource=true")
	return map[string]any{
		"apiVersion": "aws.upbound.io/v1beta1",
		"kind":       "ProviderConfig",
		"metadata":   map[string]any{"name": e.Name, "labels": fields(e.Labels()), "annotations": fields(annotations)},
		"spec": map[string]any{
			"credentials":     credentials,
			"assumeRoleChain": []any{map[string]any{"roleARN": p.ProvisionerRoleARN(e)}},
		},
	}
}
