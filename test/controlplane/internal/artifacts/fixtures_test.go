package artifacts

import (
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// definition is the beginning and the end of what controller-gen writes.
const definition = `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: PLURAL.GROUP
spec:
  conversion:
    strategy: Webhook
  group: GROUP
  names:
    kind: KIND
    plural: PLURAL
  scope: Cluster
  versions:
  - name: v1alpha1
    served: false
    storage: false
  - name: v1beta1
    served: true
    storage: true
  - name: v1beta2
    served: true
    storage: false
`

// secretVersion is a version of a kind of External Secrets, whose descriptions look like templates.
const secretVersion = `  - name: v1
    served: true
    storage: false
    schema:
      openAPIV3Schema:
        description: Its values are like {{ .this }}.
        properties:
          description: {type: string}
        type: object
`

// fixtures are modules with just enough in them.
func fixtures(t *testing.T) Modules {
	t.Helper()
	folder := t.TempDir()
	write := func(content string, at ...string) {
		path := filepath.Join(append([]string{folder}, at...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range [][3]string{
		{"aws.upbound.io", "ProviderConfig", "providerconfigs"},
		{"aws.m.upbound.io", "ClusterProviderConfig", "clusterproviderconfigs"},
		{"ec2.aws.upbound.io", "VPC", "vpcs"},
		{"ec2.aws.upbound.io", "VPCEndpoint", "vpcendpoints"},
		{"ec2.aws.upbound.io", "Instance", "instances"},
		{"eks.aws.upbound.io", "Cluster", "clusters"},
	} {
		write(replaceAll(definition, "GROUP", d[0], "KIND", d[1], "PLURAL", d[2]), "aws", "package", "crds", d[0]+"_"+d[2]+".yaml")
	}
	for _, chart := range []string{"karpenter", "karpenter-crd"} {
		write("name: "+chart+"\nversion: 1.13.0\nappVersion: 1.13.0\nsource: [unknown to Helm]\n", "karpenter", "charts", chart, "Chart.yaml")
		write("replicas: 2\nsettings: {clusterName: \"\"}\n", "karpenter", "charts", chart, "values.yaml")
		write("*.md\n", "karpenter", "charts", chart, ".helmignore")
	}
	write("kind: CustomResourceDefinition\n", "karpenter", "pkg", "apis", "crds", "nodepools.yaml")
	for _, d := range [][2]string{{"ClusterSecretStore", "clustersecretstores"}, {"ExternalSecret", "externalsecrets"}, {"SecretStore", "secretstores"}} {
		const group = "external-secrets.io"
		text := replaceAll(definition, "GROUP", group, "KIND", d[0], "PLURAL", d[1]) + secretVersion
		write(text, "external-secrets", "config", "crds", "bases", group+"_"+d[1]+".yaml")
	}
	write("name: crossplane\nversion: 0.0.1\nappVersion: 0.0.1\n", "crossplane", "cluster", "charts", "crossplane", "Chart.yaml")
	write("provider: {packages: []}\n", "crossplane", "cluster", "charts", "crossplane", "values.yaml")
	return Modules{
		ProviderAWS:     filepath.Join(folder, "aws"),
		Karpenter:       filepath.Join(folder, "karpenter"),
		Crossplane:      filepath.Join(folder, "crossplane"),
		ExternalSecrets: filepath.Join(folder, "external-secrets"),
	}
}

// catalogue is what the platform in environments/ says, with fewer services.
func catalogue() Catalogue {
	return Catalogue{
		Charts: map[string]Chart{
			"karpenter-crd":                {Repository: "public.ecr.aws/karpenter", Version: "1.14.1"},
			"karpenter":                    {Repository: "public.ecr.aws/karpenter", Version: "1.14.1"},
			"aws-load-balancer-controller": {Repository: "https://aws.github.io/eks-charts", Version: "3.5.0"},
			"metrics-server":               {Repository: "https://kubernetes-sigs.github.io/metrics-server", Version: "3.13.1"},
			"external-secrets":             {Repository: "https://charts.external-secrets.io", Version: "2.9.0"},
			"external-dns":                 {Repository: "https://kubernetes-sigs.github.io/external-dns", Version: "1.21.1"},
			"aws-for-fluent-bit":           {Repository: "https://aws.github.io/eks-charts", Version: "0.2.0"},
			"opentelemetry-collector":      {Repository: "https://open-telemetry.github.io/opentelemetry-helm-charts", Version: "0.170.0"},
			"kube-state-metrics":           {Repository: "https://prometheus-community.github.io/helm-charts", Version: "7.3.0"},
			"prometheus-node-exporter":     {Repository: "https://prometheus-community.github.io/helm-charts", Version: "4.55.0"},
			"crossplane":                   {Repository: "https://charts.crossplane.io/stable", Version: "2.3.4"},
		},
		ProviderPrefix:  "xpkg.upbound.io/upbound/provider-aws",
		ProviderVersion: "v2.6.0",
		Services:        []string{"ec2", "eks"},
		Function:        "ghcr.io/innovate-inc/genops-function",
		Kinds: map[schema.GroupKind]string{
			{Group: "ec2.aws.upbound.io", Kind: "VPC"}:         "v1beta1",
			{Group: "ec2.aws.upbound.io", Kind: "VPCEndpoint"}: "",
			{Group: "eks.aws.upbound.io", Kind: "Cluster"}:     "v1beta2",
		},
	}
}

func build(t *testing.T) *Artifacts {
	t.Helper()
	made, err := New(fixtures(t), catalogue())
	if err != nil {
		t.Fatal(err)
	}
	return made
}
