package incluster

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/test/controlplane/internal/eks"
)

// bench are controllers on a hub and a workload cluster that are fakes.
type bench struct {
	*Controllers

	// missing are ServiceAccounts without an association of Pod Identity.
	missing []string
}

func (b *bench) AccountOf(_ context.Context, object map[string]any) string {
	config, _, _ := unstructured.NestedString(object, "spec", "providerConfigRef", "name")
	return map[string]string{"dev": "111122223333", "prod": "444455556666"}[config]
}

func (b *bench) HasPodIdentity(_ context.Context, namespace, account string) error {
	if slices.Contains(b.missing, namespace+"/"+account) {
		return errors.New("no Pod Identity association for ServiceAccount " + namespace + "/" + account)
	}
	return nil
}

// newBench makes clusters of manifests, with --- between them. Kinds of the hub that have no object are not served.
func newBench(t *testing.T, hub, cluster string) *bench {
	t.Helper()
	var typed []runtime.Object
	var custom []*unstructured.Unstructured
	for _, u := range manifests(t, cluster) {
		object, err := scheme.Scheme.New(u.GroupVersionKind())
		if err != nil {
			custom = append(custom, u)
			continue
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, object); err != nil {
			t.Fatal(err)
		}
		typed = append(typed, object)
	}
	b := &bench{}
	client := fake.NewClientset(typed...)
	// A fake has no scales: the stand-in's is a change of the Deployment.
	client.PrependReactor("update", "deployments", func(action clienttesting.Action) (bool, runtime.Object, error) {
		update, ok := action.(clienttesting.UpdateAction)
		if !ok || action.GetSubresource() != "scale" {
			return false, nil, nil
		}
		scale, ok := update.GetObject().(*autoscalingv1.Scale)
		if !ok {
			return true, nil, errors.New("no scale")
		}
		object, err := client.Tracker().Get(action.GetResource(), action.GetNamespace(), scale.Name)
		if err != nil {
			return true, nil, err
		}
		deployment, ok := object.(*appsv1.Deployment)
		if !ok {
			return true, nil, errors.New("no Deployment")
		}
		deployment.Spec.Replicas = &scale.Spec.Replicas
		return true, scale, client.Tracker().Update(action.GetResource(), deployment, action.GetNamespace())
	})
	b.Controllers = New(Options{
		Identity: eks.Identity{Name: "acme-dev", Account: "111122223333", Region: "eu-west-1"}, Cloud: b,
		Hub: fakeOf(t, manifests(t, hub)), Client: client, Dynamic: fakeOf(t, custom), Log: t.Logf,
	})
	return b
}

// manifests reads YAML.
func manifests(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for document := range bytes.SplitSeq([]byte(text), []byte("---\n")) {
		data, err := yaml.YAMLToJSON(document)
		if err != nil {
			t.Fatalf("%v:\n%s", err, document)
		}
		if string(data) == "null" {
			continue
		}
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(data); err != nil {
			t.Fatalf("%v:\n%s", err, document)
		}
		all = append(all, u)
	}
	return all
}

// fakeOf serves the kinds of some objects, and no others.
func fakeOf(t *testing.T, objects []*unstructured.Unstructured) dynamic.Interface {
	t.Helper()
	kinds, serves := map[schema.GroupVersionResource]string{}, map[schema.GroupVersionResource]bool{}
	for _, u := range objects {
		kinds[resourceOf(u)], serves[resourceOf(u)] = u.GetKind()+"List", true
	}
	// The fake has to know beforehand what it is asked for.
	for _, asked := range []string{
		"ec2/securitygroups", "ec2/subnets", "ec2/tags", "eks/clusters", "acm/certificates", "acm/certificatevalidations", "wafv2/webacls", "rds/clusters",
		"secretsmanager/secrets", "ssm/parameters",
	} {
		service, plural, _ := strings.Cut(asked, "/")
		for _, version := range []string{"v1beta1", "v1beta2"} {
			kinds[schema.GroupVersionResource{Group: service + ".aws.upbound.io", Version: version, Resource: plural}] = "List"
		}
	}
	kinds[secretsAPI("clustersecretstores")], kinds[secretsAPI("externalsecrets")] = "List", "List"
	client := dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds)
	client.PrependReactor("*", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if !serves[action.GetResource()] {
			return true, nil, apierrors.NewNotFound(action.GetResource().GroupResource(), "")
		}
		return false, nil, nil
	})
	for _, u := range objects {
		if _, err := client.Resource(resourceOf(u)).Namespace(u.GetNamespace()).Create(t.Context(), u, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return client
}

func resourceOf(u *unstructured.Unstructured) schema.GroupVersionResource {
	plural := strings.ToLower(u.GetKind())
	if !strings.HasSuffix(plural, "s") {
		plural += "s"
	}
	return u.GroupVersionKind().GroupVersion().WithResource(plural)
}

// controller is the Deployment of an add-on with one pod.
func controller(name, namespace string) string {
	return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ` + name + `, namespace: ` + namespace + `, labels: {app.kubernetes.io/name: ` + name + `}}
spec: {template: {spec: {serviceAccountName: ` + name + `}}}
status: {availableReplicas: 1}
---
`
}

// composed is a managed resource that is ready, in the account and region of the cluster.
func composed(apiVersion, kind, name, external, forProvider, atProvider string) string {
	return `
apiVersion: ` + apiVersion + `
kind: ` + kind + `
metadata: {name: ` + name + `, annotations: {crossplane.io/external-name: ` + external + `}}
spec:
  providerConfigRef: {name: dev}
  forProvider: {region: eu-west-1, ` + forProvider + `}
status:
  atProvider: {` + atProvider + `}
  conditions: [{type: Ready, status: "True"}]
---
`
}

// replaced replaces a text that has to be there.
func replaced(t *testing.T, text, from, to string) string {
	t.Helper()
	if from == "" {
		return text
	}
	if !strings.Contains(text, from) {
		t.Fatalf("there is no %q", from)
	}
	return strings.Replace(text, from, to, 1)
}

// says checks that exactly one problem is said, with a text in it; none for "".
func says(t *testing.T, name string, problems []string, want string) {
	t.Helper()
	if want == "" && len(problems) > 0 {
		t.Errorf("%s: %q", name, problems)
	}
	if want != "" && (len(problems) != 1 || !strings.Contains(problems[0], want)) {
		t.Errorf("%s: got %q, want %q", name, problems, want)
	}
}
