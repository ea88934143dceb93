package generators

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/schema"
)

// label is the Go template that reads a label of a cluster's Secret.
func label(key string) string {
	return fmt.Sprintf(`{{ index .metadata.labels %q }}`, key)
}

// registered selects the clusters that carry every label that templates read, and a further one if it is given: a missing one would stop the
// whole set.
func registered(further string) metav1.LabelSelector {
	var selector metav1.LabelSelector
	keys := []string{schema.LabelEnvironment, schema.LabelStage, schema.LabelRegion, schema.LabelProject}
	if further != "" {
		keys = append(keys, further)
	}
	for _, key := range keys {
		selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpExists})
	}
	return selector
}

// newSet makes an ApplicationSet. A parameter that is missing is an error and not an empty string: half a name would delete what the whole
// name made.
func newSet(name string, generators ...v1alpha1.ApplicationSetGenerator) *v1alpha1.ApplicationSet {
	return &v1alpha1.ApplicationSet{
		TypeMeta: typeMeta("ApplicationSet"),
		// Deleting a set deletes its Applications and what they brought: a person confirms that.
		ObjectMeta: applicationMeta(name, with(wave(waveApplications), annotationSyncOptions, "Prune=confirm,Delete=confirm")),
		Spec: v1alpha1.ApplicationSetSpec{
			GoTemplate:        true,
			GoTemplateOptions: []string{"missingkey=error"},
			Generators:        generators,
		},
	}
}

// newClaimsSet makes one Application per environment for its claims on the bootstrap cluster. An environment that leaves the list loses its
// Application and with it its claims; in protected environments each claim then waits for a confirmation.
func newClaimsSet(c *schema.Config) (*v1alpha1.ApplicationSet, error) {
	var elements []extv1.JSON
	for _, e := range active(c) {
		element, err := json.Marshal(map[string]string{
			"environment": e.Name, "stage": string(e.Stage), "namespace": e.Namespace(), "path": path.Join(c.Platform.Git.Path, e.Name, folderClaims),
		})
		if err != nil {
			return nil, fmt.Errorf("write element %s: %w", e.Name, err)
		}
		elements = append(elements, extv1.JSON{Raw: element})
	}
	set := newSet("claims", v1alpha1.ApplicationSetGenerator{List: &v1alpha1.ListGenerator{Elements: elements}})
	set.Spec.Template = v1alpha1.ApplicationSetTemplate{
		ApplicationSetTemplateMeta: v1alpha1.ApplicationSetTemplateMeta{
			Name:       "claims-{{ .environment }}",
			Labels:     map[string]string{schema.LabelEnvironment: "{{ .environment }}", schema.LabelStage: "{{ .stage }}"},
			Finalizers: []string{finalizerOfClaims},
		},
		Spec: v1alpha1.ApplicationSpec{
			Project:     "{{ .environment }}",
			Source:      &v1alpha1.ApplicationSource{RepoURL: c.Platform.GitURL(), TargetRevision: c.Platform.Git.Revision, Path: "{{ .path }}"},
			Destination: v1alpha1.ApplicationDestination{Server: hub, Namespace: "{{ .namespace }}"},
			SyncPolicy: &v1alpha1.SyncPolicy{
				Automated: automated(),
				// The definitions of claims may still be on their way.
				SyncOptions: v1alpha1.SyncOptions{"ServerSideApply=true", "SkipDryRunOnMissingResource=true", "PrunePropagationPolicy=background"},
				Retry:       retry(),
			},
		},
	}
	set.Spec.TemplatePatch = manual(c, ".environment")
	return set, nil
}

// newClusterSet makes one Application per folder of configuration of each registered workload cluster.
func newClusterSet(c *schema.Config) *v1alpha1.ApplicationSet {
	folders := path.Join(c.Platform.Git.Path, label(schema.LabelEnvironment), folderCluster, "*")
	set := newSet("cluster", v1alpha1.ApplicationSetGenerator{Matrix: &v1alpha1.MatrixGenerator{Generators: []v1alpha1.ApplicationSetNestedGenerator{
		{Clusters: &v1alpha1.ClusterGenerator{Selector: registered("")}},
		{Git: &v1alpha1.GitGenerator{
			RepoURL: c.Platform.GitURL(), Revision: c.Platform.Git.Revision, Directories: []v1alpha1.GitDirectoryGeneratorItem{{Path: folders}},
		}},
	}}})
	set.Spec.Template = v1alpha1.ApplicationSetTemplate{
		ApplicationSetTemplateMeta: v1alpha1.ApplicationSetTemplateMeta{
			Name:       label(schema.LabelEnvironment) + "-{{ .path.basename }}",
			Labels:     map[string]string{schema.LabelEnvironment: label(schema.LabelEnvironment), schema.LabelStage: label(schema.LabelStage)},
			Finalizers: []string{finalizer},
			// The API server says what is different: it knows the defaults of custom resources, which it writes into lists as well, and which
			// change with the versions of their charts (Argo CD user guide: diff strategies).
			Annotations: map[string]string{annotationCompareOptions: "ServerSideDiff=true"},
		},
		Spec: v1alpha1.ApplicationSpec{
			Project: label(schema.LabelEnvironment) + "-cluster",
			Source: &v1alpha1.ApplicationSource{
				RepoURL: c.Platform.GitURL(), TargetRevision: c.Platform.Git.Revision, Path: "{{ .path.path }}",
				Directory: &v1alpha1.ApplicationSourceDirectory{Recurse: true},
			},
			Destination: v1alpha1.ApplicationDestination{Name: "{{ .name }}", Namespace: "default"},
			SyncPolicy: &v1alpha1.SyncPolicy{
				Automated: automated(),
				// Karpenter's definitions come with its chart, which may still be on its way.
				SyncOptions: v1alpha1.SyncOptions{"ServerSideApply=true", "SkipDryRunOnMissingResource=true"},
				Retry:       retry(),
			},
		},
	}
	set.Spec.TemplatePatch = manual(c, fmt.Sprintf("(index .metadata.labels %q)", schema.LabelEnvironment))
	return set
}

// manual switches automated sync off in the environments that want a person for it; nil if there are none. Only a patch can: fields that are
// not strings take no template.
func manual(c *schema.Config, environment string) *string {
	var names []string
	for _, e := range active(c) {
		if !e.ArgoCD.Automated {
			names = append(names, fmt.Sprintf("%q", e.Name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	patch := fmt.Sprintf("{{- if has %s (list %s) }}\nspec:\n  syncPolicy:\n    automated: null\n{{- end }}\n", environment, strings.Join(names, " "))
	return &patch
}
