package generators

import (
	"path"
	"slices"
	"strings"

	apiextensionsv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	pkgv1 "github.com/crossplane/crossplane/apis/v2/pkg/v1"
	pkgv1beta1 "github.com/crossplane/crossplane/apis/v2/pkg/v1beta1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Compositions generates what turns claims into AWS resources on the bootstrap cluster: the composition function, and the Compositions that call
// it.
//
// Every stage has Compositions of its own, and its claims name them. So a new version of the function, or of a Composition, reaches a stage only
// by a change in Git, and a new bootstrap cluster gets exactly what Git says. Revisions of one Composition, which Crossplane offers for the same
// end, exist only in the history of a cluster.
type Compositions struct{}

// runtimeFunction is the DeploymentRuntimeConfig of the function, in all its versions.
const runtimeFunction = "function-genops"

// Platform makes a Function for each version in use, and the Compositions of each stage in use.
func (Compositions) Platform(c *schema.Config) ([]manifest.Object, error) {
	var objects typed
	function := c.Platform.Versions.Packages.Function
	used := stages(c)
	var versions []string
	for _, stage := range used {
		versions = append(versions, function.Of(stage))
	}
	slices.Sort(versions)
	versions = slices.Compact(versions)
	if len(versions) > 0 {
		config, err := newFunctionRuntime()
		if err != nil {
			return nil, err
		}
		objects.add(config, Bootstrap, "crossplane", "deploymentruntimeconfig-"+runtimeFunction)
	}
	for _, version := range versions {
		objects.add(newFunction(function, version), Bootstrap, "crossplane", "function-"+functionName(version))
	}
	for _, composition := range compositions.All() {
		for _, stage := range used {
			made := newComposition(composition, stage, function.Of(stage))
			objects.add(made, path.Join(Bootstrap, "compositions"), made.Name)
		}
	}
	return objects.done()
}

// stages are the stages of the environments that render something, the strictest first.
func stages(c *schema.Config) []schema.Stage {
	var used []schema.Stage
	for _, stage := range []schema.Stage{schema.StageProd, schema.StageStaging, schema.StageShared, schema.StageDev} {
		if slices.ContainsFunc(active(c), func(e *schema.Environment) bool { return e.Stage == stage }) {
			used = append(used, stage)
		}
	}
	return used
}

// strictest is the strictest stage in use, if there is one.
func strictest(c *schema.Config) (schema.Stage, bool) {
	used := stages(c)
	if len(used) == 0 {
		return "", false
	}
	return used[0], true
}

// compositePlural is the plural of a composite's kind.
func compositePlural(c compositions.Composition) string {
	if c.Claim {
		return "x" + c.Plural
	}
	return c.Plural
}

// compositionName is the name of a stage's Composition.
func compositionName(c compositions.Composition, stage schema.Stage) string {
	return compositePlural(c) + "-" + string(stage)
}

// functionName is the name of the Function of a version.
func functionName(version string) string {
	const digits = 12 // Enough to tell digests apart, and to find one in a registry.
	if digest, ok := strings.CutPrefix(version, "sha256:"); ok {
		return "genops-" + digest[:digits]
	}
	return "genops-" + strings.ReplaceAll(version, ".", "-")
}

// newFunction installs a version of the function.
func newFunction(f schema.Function, version string) *pkgv1.Function {
	separator := ":"
	if strings.HasPrefix(version, "sha256:") {
		separator = "@"
	}
	return &pkgv1.Function{
		TypeMeta:   metav1.TypeMeta{APIVersion: "pkg.crossplane.io/v1", Kind: "Function"},
		ObjectMeta: metav1.ObjectMeta{Name: functionName(version), Annotations: wave(wavePackages)},
		Spec: pkgv1.FunctionSpec{
			PackageSpec: pkgv1.PackageSpec{
				Package: f.Package + separator + version,
				// It depends on nothing. With the resolution Crossplane lists the package as installed, and a second version of one package in that list
				// ends the installation of all packages (crossplane: internal/dag, node already exists).
				SkipDependencyResolution: new(true),
			},
			PackageRuntimeSpec: pkgv1.PackageRuntimeSpec{RuntimeConfigReference: &pkgv1.RuntimeConfigReference{Name: runtimeFunction}},
		},
	}
}

// newFunctionRuntime says how the function runs: it needs neither the Kubernetes API nor a file system.
func newFunctionRuntime() (*pkgv1beta1.DeploymentRuntimeConfig, error) {
	requests, err := quantities(map[corev1.ResourceName]string{corev1.ResourceCPU: "50m", corev1.ResourceMemory: "128Mi"})
	if err != nil {
		return nil, err
	}
	limits, err := quantities(map[corev1.ResourceName]string{corev1.ResourceMemory: "512Mi"})
	if err != nil {
		return nil, err
	}
	const replicas = 2
	return &pkgv1beta1.DeploymentRuntimeConfig{
		TypeMeta:   metav1.TypeMeta{APIVersion: "pkg.crossplane.io/v1beta1", Kind: "DeploymentRuntimeConfig"},
		ObjectMeta: metav1.ObjectMeta{Name: runtimeFunction, Annotations: wave(wavePackages)},
		Spec: pkgv1beta1.DeploymentRuntimeConfigSpec{DeploymentTemplate: &pkgv1beta1.DeploymentTemplate{Spec: &appsv1.DeploymentSpec{
			// While there is no function, each claim says that it is not synced, and Argo CD that it is degraded: a node that is drained must not look
			// like that.
			Replicas: new(int32(replicas)),
			Selector: &metav1.LabelSelector{},
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
				AutomountServiceAccountToken: new(false),
				// Its user is the image's.
				SecurityContext: &corev1.PodSecurityContext{
					RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
				},
				Containers: []corev1.Container{{
					// Crossplane finds the function's container by this name.
					Name:      "package-runtime",
					Resources: corev1.ResourceRequirements{Requests: requests, Limits: limits},
					SecurityContext: &corev1.SecurityContext{
						AllowPrivilegeEscalation: new(false), Privileged: new(false), ReadOnlyRootFilesystem: new(true), RunAsNonRoot: new(true),
						Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
					},
				}},
			}},
		}}},
	}, nil
}

// newComposition makes a stage's Composition of a kind. Its pipeline is open: a step of somebody's own goes after this one.
func newComposition(c compositions.Composition, stage schema.Stage, version string) *apiextensionsv1.Composition {
	return &apiextensionsv1.Composition{
		TypeMeta: metav1.TypeMeta{APIVersion: "apiextensions.crossplane.io/v1", Kind: "Composition"},
		ObjectMeta: metav1.ObjectMeta{
			Name: compositionName(c, stage), Labels: map[string]string{schema.LabelStage: string(stage)}, Annotations: wave(waveCompositions),
		},
		Spec: apiextensionsv1.CompositionSpec{
			CompositeTypeRef: apiextensionsv1.TypeReference{APIVersion: Group + "/" + Version, Kind: c.CompositeKind()},
			Mode:             apiextensionsv1.CompositionModePipeline,
			Pipeline: []apiextensionsv1.PipelineStep{{
				Step: "genops", FunctionRef: apiextensionsv1.FunctionReference{Name: functionName(version)},
			}},
		},
	}
}
