package generators_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
)

const (
	crossplane = "system:serviceaccount:crossplane-system:crossplane"
	collector  = "system:serviceaccount:kube-system:generic-garbage-collector"
	argocd     = "system:serviceaccount:argocd:argocd-application-controller"
	namespaces = "system:serviceaccount:kube-system:namespace-controller"
)

// newAdmission is the admission plugin of the API server, with the policies that are rendered.
func newAdmission(t *testing.T, objects []manifest.Object) admission.ValidationInterface {
	t.Helper()
	stored := []runtime.Object{}
	for _, name := range []string{"argocd", "env-dev"} {
		stored = append(stored, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	policies := ofKind[admissionregistrationv1.ValidatingAdmissionPolicy](t, objects, "ValidatingAdmissionPolicy")
	for _, policy := range policies {
		stored = append(stored, &policy)
	}
	for _, binding := range ofKind[admissionregistrationv1.ValidatingAdmissionPolicyBinding](t, objects, "ValidatingAdmissionPolicyBinding") {
		stored = append(stored, &binding)
	}
	if len(policies) == 0 || len(stored) != 2+2*len(policies) {
		t.Fatalf("%d policies, and not as many bindings", len(policies))
	}
	ctx, cancel := context.WithCancel(t.Context())
	client := fake.NewClientset(stored...)
	factory := informers.NewSharedInformerFactory(client, 0)
	plugin := validating.NewPlugin(nil)
	plugin.SetExternalKubeClientSet(client)
	plugin.SetExternalKubeInformerFactory(factory)
	plugin.SetRESTMapper(meta.NewDefaultRESTMapper(nil))
	plugin.SetDynamicClient(dynamicfake.NewSimpleDynamicClient(runtime.NewScheme()))
	plugin.SetDrainedNotification(ctx.Done())
	plugin.SetAuthorizer(authorizerfactory.NewAlwaysAllowAuthorizer())
	if err := plugin.ValidateInitialization(); err != nil {
		t.Fatal(err)
	}
	factory.Start(ctx.Done())
	t.Cleanup(func() {
		cancel()
		factory.Shutdown()
	})
	factory.WaitForCacheSync(ctx.Done())
	return plugin
}

// attempt is somebody who does something to an object that exists.
type attempt struct {
	operation   admission.Operation // Empty: a deletion.
	resource    string              // plural.group, and a subresource after a slash.
	object      string              // kind/name or kind/namespace/name.
	annotations map[string]string
	labels      map[string]string
	of          string // spec.group, for definitions.
	user        string
}

// refused is what the API server says against an attempt; empty if it lets it pass.
func refused(t *testing.T, plugin admission.ValidationInterface, a attempt) string {
	t.Helper()
	resource, subresource, _ := strings.Cut(a.resource, "/")
	plural, group, _ := strings.Cut(resource, ".")
	parts := strings.Split(a.object, "/")
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetAPIVersion(strings.TrimPrefix(group+"/v1alpha1", "/"))
	object.SetKind(parts[0])
	object.SetName(parts[len(parts)-1])
	if len(parts) == 3 {
		object.SetNamespace(parts[1])
	}
	object.SetAnnotations(a.annotations)
	object.SetLabels(a.labels)
	if a.of != "" {
		object.Object["spec"] = map[string]any{"group": a.of}
	}
	var now runtime.Object
	var options runtime.Object = &metav1.DeleteOptions{}
	operation := admission.Delete
	if a.operation != "" {
		operation, options, now = a.operation, &metav1.UpdateOptions{}, object
	}
	version := schema.GroupVersion{Group: group, Version: "v1alpha1"}
	attributes := admission.NewAttributesRecord(now, object, version.WithKind(parts[0]), object.GetNamespace(), object.GetName(),
		version.WithResource(plural), subresource, operation, options, false, &user.DefaultInfo{Name: a.user})
	err := plugin.Validate(t.Context(), attributes, admission.NewObjectInterfacesFromScheme(runtime.NewScheme()))
	if err == nil {
		return ""
	}
	if !errors.IsForbidden(err) {
		t.Errorf("%s: not forbidden, but %v", a.object, err)
	}
	_, said, _ := strings.Cut(err.Error(), "denied request: ")
	return said
}

// TestWhatIsDeleted asks the API server's own code whether somebody may delete something.
func TestWhatIsDeleted(t *testing.T) {
	t.Parallel()
	objects := all(t, repository(t))
	plugin := newAdmission(t, objects)
	golden(t, "admission/policies", page(t, below(objects, "bootstrap/admission")))
	yes := map[string]string{"genops.dev/allow-deletion": "true"}
	const (
		network     = "Network dev is protected: what it made would go with it. Allow it in Git (allowDeletion in the environment) and delete it in a second change, or: kubectl annotate -n env-dev networks.aws.genops.dev dev genops.dev/allow-deletion=true"
		namespace   = "Namespace env-dev is protected: all claims of the environment would go with it. Allow all of them in Git (allowDeletion in the environment) and remove it in a second change, or: kubectl annotate namespace env-dev genops.dev/allow-deletion=true"
		composite   = "XNetwork dev-x7k2p is deleted by Crossplane, together with its claim: delete the claim"
		definitions = "CompositeResourceDefinition xnetworks.aws.genops.dev is protected: all objects of the kind and what they made would go with it. If that is meant: kubectl annotate compositeresourcedefinitions.apiextensions.crossplane.io xnetworks.aws.genops.dev genops.dev/allow-deletion=true"
	)
	cases := map[string]struct {
		reason  string
		attempt attempt
		want    string
	}{
		"claim": {
			"the network would go", attempt{resource: "networks.aws.genops.dev", object: "Network/env-dev/dev", user: "anna"}, network,
		},
		"claim, by Argo CD": {
			"a mistake in Git is a mistake, too", attempt{resource: "networks.aws.genops.dev", object: "Network/env-dev/dev", user: argocd}, network,
		},
		"claim, with its namespace": {
			"the namespace is deleted, and asks for all that is in it", attempt{resource: "networks.aws.genops.dev", object: "Network/env-dev/dev", user: namespaces}, network,
		},
		"claim, by Crossplane": {
			"it does so when its definition goes", attempt{resource: "networks.aws.genops.dev", object: "Network/env-dev/dev", user: crossplane}, network,
		},
		"claim, other annotations": {
			"that is another question", attempt{resource: "networks.aws.genops.dev", object: "Network/env-dev/dev", user: "anna", annotations: map[string]string{"a": "true"}}, network,
		},
		"claim, not true": {
			"a word is a word", attempt{resource: "networks.aws.genops.dev", object: "Network/env-dev/dev", user: "anna", annotations: map[string]string{"genops.dev/allow-deletion": "false"}}, network,
		},
		"claim, allowed": {
			"somebody thought about it", attempt{resource: "networks.aws.genops.dev", object: "Network/env-dev/dev", user: argocd, annotations: yes}, "",
		},
		"claim, changed": {
			"changes are the schema's business", attempt{operation: admission.Update, resource: "networks.aws.genops.dev", object: "Network/env-dev/dev", user: "anna"}, "",
		},
		"cluster": {
			"every kind of claim",
			attempt{resource: "clusters.aws.genops.dev", object: "Cluster/env-dev/dev", user: "anna"},
			strings.NewReplacer("Network", "Cluster", "networks", "clusters").Replace(network),
		},
		"cluster of another API": {
			"EKS's managed resource is deleted when its claim is", attempt{resource: "clusters.eks.aws.upbound.io", object: "Cluster/dev.cluster.cluster", user: crossplane}, "",
		},
		"registration": {
			"Argo CD would lose the cluster",
			attempt{resource: "clusterregistrations.aws.genops.dev", object: "ClusterRegistration/argocd/dev", user: "anna"},
			strings.NewReplacer("Network", "ClusterRegistration", "networks", "clusterregistrations", "env-dev", "argocd").Replace(network),
		},
		"registration, allowed": {
			"the cluster goes", attempt{resource: "clusterregistrations.aws.genops.dev", object: "ClusterRegistration/argocd/dev", user: "anna", annotations: yes}, "",
		},
		"namespace": {
			"it could never be used again, with all claims in it", attempt{
				resource: "namespaces", object: "Namespace/env-dev", user: argocd, labels: map[string]string{"genops.dev/environment": "dev"},
			}, namespace,
		},
		"namespace, allowed": {
			"all claims of the environment may go", attempt{
				resource: "namespaces", object: "Namespace/env-dev", user: argocd, labels: map[string]string{"genops.dev/environment": "dev"}, annotations: yes,
			}, "",
		},
		"namespace of others": {
			"not ours", attempt{resource: "namespaces", object: "Namespace/default", user: "anna"}, "",
		},
		"composite": {
			"the claim would stay, and make another network", attempt{resource: "xnetworks.aws.genops.dev", object: "XNetwork/dev-x7k2p", user: "anna"}, composite,
		},
		"composite, annotated": {
			"Crossplane gives it the annotations of its claim", attempt{resource: "xnetworks.aws.genops.dev", object: "XNetwork/dev-x7k2p", user: "anna", annotations: yes}, composite,
		},
		"composite, of a cluster": {
			"every kind of composite", attempt{resource: "xclusters.aws.genops.dev", object: "XCluster/dev-x7k2p", user: argocd}, strings.Replace(composite, "XNetwork", "XCluster", 1),
		},
		"composite, by Crossplane": {
			"this is how a claim's deletion goes on", attempt{resource: "xnetworks.aws.genops.dev", object: "XNetwork/dev-x7k2p", user: crossplane}, "",
		},
		"composite, by another Crossplane": {
			"another namespace is somebody else", attempt{resource: "xnetworks.aws.genops.dev", object: "XNetwork/dev-x7k2p", user: "system:serviceaccount:env-dev:crossplane"}, composite,
		},
		"definition": {
			"all claims would go, and nobody asks for them", attempt{
				resource: "compositeresourcedefinitions.apiextensions.crossplane.io", object: "CompositeResourceDefinition/xnetworks.aws.genops.dev", of: "aws.genops.dev", user: argocd,
			}, definitions,
		},
		"definition, allowed": {
			"a kind that is not used any more", attempt{
				resource: "compositeresourcedefinitions.apiextensions.crossplane.io", object: "CompositeResourceDefinition/xnetworks.aws.genops.dev", of: "aws.genops.dev", user: argocd, annotations: yes,
			}, "",
		},
		"definition of others": {
			"not ours", attempt{
				resource: "compositeresourcedefinitions.apiextensions.crossplane.io", object: "CompositeResourceDefinition/xbuckets.example.org", of: "example.org", user: "anna",
			}, "",
		},
		"custom resource definition": {
			"all claims would go, and nobody asks for them", attempt{
				resource: "customresourcedefinitions.apiextensions.k8s.io", object: "CustomResourceDefinition/networks.aws.genops.dev", of: "aws.genops.dev", user: "anna",
			}, strings.NewReplacer(
				"CompositeResourceDefinition xnetworks", "CustomResourceDefinition networks", "compositeresourcedefinitions.apiextensions.crossplane.io xnetworks",
				"customresourcedefinitions.apiextensions.k8s.io networks",
			).Replace(definitions),
		},
		"custom resource definition, by Crossplane": {
			"its definition was deleted before", attempt{
				resource: "customresourcedefinitions.apiextensions.k8s.io", object: "CustomResourceDefinition/networks.aws.genops.dev", of: "aws.genops.dev", user: crossplane,
			}, "",
		},
		"custom resource definition, by the collector": {
			"its definition was deleted before", attempt{
				resource: "customresourcedefinitions.apiextensions.k8s.io", object: "CustomResourceDefinition/networks.aws.genops.dev", of: "aws.genops.dev", user: collector,
			}, "",
		},
		"custom resource definition of others": {
			"not ours", attempt{
				resource: "customresourcedefinitions.apiextensions.k8s.io", object: "CustomResourceDefinition/vpcs.ec2.aws.upbound.io", of: "ec2.aws.upbound.io", user: "anna",
			}, "",
		},
	}
	for name, tc := range cases {
		if diff := cmp.Diff(tc.want, refused(t, plugin, tc.attempt)); diff != "" {
			t.Errorf("%s: %s (-want +said):\n%s", name, tc.reason, diff)
		}
	}
}

// TestEveryKindIsProtected: a kind that comes into the table of compositions is protected without anybody thinking of it.
func TestEveryKindIsProtected(t *testing.T) {
	t.Parallel()
	var protected []string
	for name, policy := range ofKind[admissionregistrationv1.ValidatingAdmissionPolicy](t, all(t, repository(t)), "ValidatingAdmissionPolicy") {
		if *policy.Spec.FailurePolicy != admissionregistrationv1.Fail {
			t.Errorf("%s: what cannot be judged is not deleted, but the policy says %s", name, *policy.Spec.FailurePolicy)
		}
		for _, rule := range policy.Spec.MatchConstraints.ResourceRules {
			if slices.Contains(rule.APIGroups, compositions.Group) {
				protected = append(protected, rule.Resources...)
			}
		}
	}
	var want []string
	for _, c := range compositions.All() {
		want = append(want, c.Plural)
		if c.Claim {
			want = append(want, "x"+c.Plural)
		}
	}
	slices.Sort(want)
	slices.Sort(protected)
	if diff := cmp.Diff(want, protected); diff != "" {
		t.Errorf("(-kinds +protected):\n%s", diff)
	}
}
