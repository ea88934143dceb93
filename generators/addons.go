package generators

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Addons generates an ApplicationSet for each Helm chart that every workload cluster gets.
type Addons struct{}

// addon is a Helm chart on workload clusters. The chart's name is its key in the catalogue.
type addon struct {
	chart string
	// release is the name of its release, where that is not the chart's.
	release   string
	namespace string
	// values of the chart; strings may be Go templates of the ApplicationSet.
	values map[string]any
	// image is the chart's own container image, without its tag, and images the values that name it: they are set where a mirror replaces it.
	image  string
	images []string
	// registry tells that the values name the image's registry apart from its repository.
	registry bool
	// createNamespace tells that the namespace belongs to the add-on.
	createNamespace bool
	// crds is the chart of its custom resource definitions, where they have one of their own. Both are one Application, which applies definitions
	// first: a controller that starts before its kinds are served may never look for them again, as Karpenter does.
	crds   string
	ignore v1alpha1.IgnoreDifferences
	// only is a label that a cluster must have to get the add-on; empty: all get it.
	only string
}

// name is that of the add-on's release, and of what brings it.
func (a addon) name() string { return cmp.Or(a.release, a.chart) }

// systemTolerations let an add-on run on the system nodes.
func systemTolerations() []any {
	return []any{map[string]any{"key": "CriticalAddonsOnly", "operator": "Exists"}}
}

// addons are the charts, in the order in which a cluster needs them.
func addons(p *schema.Platform) []addon {
	return slices.Concat([]addon{
		{chart: "karpenter", namespace: "kube-system", crds: "karpenter-crd", image: "public.ecr.aws/karpenter/controller", images: []string{
			"controller.image",
		}, values: map[string]any{
			"settings": map[string]any{"clusterName": "{{ .name }}", "interruptionQueue": compositions.QueueName("{{ .name }}")},
			"replicas": int64(2),
			// The association of EKS Pod Identity is with this name.
			"serviceAccount": map[string]any{"create": true, "name": "karpenter"},
			"controller": map[string]any{"resources": map[string]any{
				"requests": map[string]any{"cpu": "500m", "memory": "1Gi"},
				"limits":   map[string]any{"memory": "1Gi"},
			}},
		}},
		{chart: "aws-load-balancer-controller", namespace: "kube-system", image: "public.ecr.aws/eks/aws-load-balancer-controller", images: []string{
			"image",
		}, values: map[string]any{
			"clusterName": "{{ .name }}",
			// Nodes keep pods away from the instance metadata, so the controller cannot find these out.
			"region":            label(schema.LabelRegion),
			"vpcTags":           map[string]any{"Name": label(schema.LabelProject) + "-" + label(schema.LabelEnvironment)},
			"defaultSSLPolicy":  tlsPolicy,
			"defaultTargetType": "ip",
			// Otherwise every Service of the cluster waits for the controller's webhook.
			"enableServiceMutatorWebhook": false,
			"ingressClassParams":          balancerValues(),
			"replicaCount":                int64(2),
			"serviceAccount":              map[string]any{"create": true, "name": "aws-load-balancer-controller"},
			"tolerations":                 systemTolerations(),
		}, ignore: generatedCertificates("aws-load-balancer-tls", "aws-load-balancer-webhook")},
		{chart: "metrics-server", namespace: "kube-system", image: "registry.k8s.io/metrics-server/metrics-server", images: []string{"image"}, values: map[string]any{
			"replicas":            int64(2),
			"podDisruptionBudget": map[string]any{"enabled": true, "maxUnavailable": int64(1)},
			"tolerations":         systemTolerations(),
		}},
		{chart: "external-secrets", namespace: "external-secrets", createNamespace: true, image: "ghcr.io/external-secrets/external-secrets", images: []string{
			"image", "webhook.image", "certController.image",
		}, values: map[string]any{
			"installCRDs":    true,
			"serviceAccount": map[string]any{"create": true, "name": "external-secrets"},
			"tolerations":    systemTolerations(),
			"webhook":        map[string]any{"tolerations": systemTolerations()},
			"certController": map[string]any{"tolerations": systemTolerations()},
		}},
		{
			chart: "external-dns", namespace: "external-dns", createNamespace: true, only: schema.LabelDomain, image: "registry.k8s.io/external-dns/external-dns",
			images: []string{"image"}, values: map[string]any{
				"provider":      map[string]any{"name": "aws"},
				"sources":       []any{"ingress"},
				"domainFilters": []any{label(schema.LabelDomain)},
				"policy":        "sync",
				"registry":      "txt",
				"txtOwnerId":    "{{ .name }}",
				// Only the name that an annotation gives: the hosts of Ingresses are CloudFront's.
				"extraArgs":      []any{"--ignore-ingress-rules-spec", "--ignore-ingress-tls-spec", "--managed-record-types=A", "--managed-record-types=AAAA"},
				"env":            []any{map[string]any{"name": "AWS_REGION", "value": label(schema.LabelRegion)}},
				"serviceAccount": map[string]any{"create": true, "name": "external-dns"},
				"tolerations":    systemTolerations(),
			},
		},
	}, telemetryAddons(p))
}

// generatedCertificates are the differences of a chart that makes new certificates each time it is rendered.
func generatedCertificates(secret, webhook string) v1alpha1.IgnoreDifferences {
	bundles := []string{".webhooks[]?.clientConfig.caBundle"}
	return v1alpha1.IgnoreDifferences{
		{Kind: "Secret", Name: secret, JSONPointers: []string{"/data"}},
		{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration", Name: webhook, JQPathExpressions: bundles},
		{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration", Name: webhook, JQPathExpressions: bundles},
	}
}

// Platform makes an ApplicationSet for each add-on.
func (Addons) Platform(c *schema.Config) ([]manifest.Object, error) {
	var objects typed
	for _, a := range addons(c.Platform) {
		set, err := newAddonSet(c, a)
		if err != nil {
			return nil, fmt.Errorf("build ApplicationSet of %s: %w", a.name(), err)
		}
		objects.add(set, path.Join(Bootstrap, "argocd"), "applicationset-"+a.name())
	}
	return objects.done()
}

// mirrorImages names a chart's image in its values if a mirror replaces it. images are paths of values, with dots.
func mirrorImages(p *schema.Platform, values map[string]any, image string, images []string, registry bool) {
	mirrored := p.Image(image)
	if mirrored == image {
		return
	}
	host := ""
	if registry {
		host, mirrored, _ = strings.Cut(mirrored, "/")
	}
	for _, at := range images {
		fields := values
		for name := range strings.SplitSeq(at, ".") {
			inner, ok := fields[name].(map[string]any)
			if !ok {
				inner = map[string]any{}
				fields[name] = inner
			}
			fields = inner
		}
		fields["repository"] = mirrored
		if registry {
			fields["registry"] = host
		}
	}
}

// newAddonSet rolls an add-on out through the stages: a step starts when every Application of the one before is healthy. RollingSync takes
// automated sync out of what it makes and syncs by itself; whether it prunes it reads from there (Argo CD: progressive syncs).
func newAddonSet(c *schema.Config, a addon) (*v1alpha1.ApplicationSet, error) {
	chart, ok := c.Platform.Chart(a.chart)
	if !ok {
		return nil, fmt.Errorf("find chart: versions.charts lacks %s", a.chart)
	}
	helm := &v1alpha1.ApplicationSourceHelm{ReleaseName: a.name(), SkipCrds: a.crds != ""}
	mirrorImages(c.Platform, a.values, a.image, a.images, a.registry)
	if len(a.values) > 0 {
		values, err := manifest.Encode("", a.values)
		if err != nil {
			return nil, fmt.Errorf("write values: %w", err)
		}
		helm.Values = string(values)
	}
	options := v1alpha1.SyncOptions{"ServerSideApply=true"}
	if a.createNamespace {
		options = append(options, "CreateNamespace=true")
	}
	if len(a.ignore) > 0 {
		options = append(options, "RespectIgnoreDifferences=true")
	}
	set := newSet(a.name(), v1alpha1.ApplicationSetGenerator{Clusters: &v1alpha1.ClusterGenerator{Selector: registered(a.only)}})
	set.Spec.Template = v1alpha1.ApplicationSetTemplate{
		ApplicationSetTemplateMeta: v1alpha1.ApplicationSetTemplateMeta{
			Name:       label(schema.LabelEnvironment) + "-" + a.name(),
			Labels:     map[string]string{schema.LabelEnvironment: label(schema.LabelEnvironment), schema.LabelStage: label(schema.LabelStage)},
			Finalizers: []string{finalizer},
		},
		Spec: v1alpha1.ApplicationSpec{
			Project:           label(schema.LabelEnvironment) + "-cluster",
			Source:            &v1alpha1.ApplicationSource{RepoURL: chart.Repository, Chart: a.chart, TargetRevision: chart.Version, Helm: helm},
			Destination:       v1alpha1.ApplicationDestination{Name: "{{ .name }}", Namespace: a.namespace},
			SyncPolicy:        &v1alpha1.SyncPolicy{Automated: automated(), SyncOptions: options, Retry: retry()},
			IgnoreDifferences: a.ignore,
		},
	}
	if a.crds != "" {
		definitions, ok := c.Platform.Chart(a.crds)
		if !ok {
			return nil, fmt.Errorf("find chart: versions.charts lacks %s", a.crds)
		}
		spec := &set.Spec.Template.Spec
		spec.Sources = v1alpha1.ApplicationSources{
			{
				RepoURL: definitions.Repository, Chart: a.crds, TargetRevision: definitions.Version,
				Helm: &v1alpha1.ApplicationSourceHelm{ReleaseName: a.crds},
			},
			*spec.Source,
		}
		spec.Source = nil
	}
	set.Spec.Strategy = throughStages(c)
	return set, nil
}

// throughStages takes a change from stage to stage, in the order in which the platform names the stages' environments, and to one production
// environment at a time.
func throughStages(c *schema.Config) *v1alpha1.ApplicationSetStrategy {
	var stages []schema.Stage
	for _, name := range c.Platform.Order {
		if e := c.Environment(name); e != nil && !slices.Contains(stages, e.Stage) {
			stages = append(stages, e.Stage)
		}
	}
	rollout := &v1alpha1.ApplicationSetRolloutStrategy{}
	for _, stage := range stages {
		step := v1alpha1.ApplicationSetRolloutStep{MatchExpressions: []v1alpha1.ApplicationMatchExpression{
			{Key: schema.LabelStage, Operator: "In", Values: []string{string(stage)}},
		}}
		if stage == schema.StageProd {
			step.MaxUpdate = new(intstr.FromInt32(1))
		}
		rollout.Steps = append(rollout.Steps, step)
	}
	return &v1alpha1.ApplicationSetStrategy{Type: "RollingSync", RollingSync: rollout}
}
