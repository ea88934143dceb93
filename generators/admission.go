package generators

import (
	"fmt"
	"path"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Admission generates the policies that keep the bootstrap cluster from deleting what AWS resources hang on, whoever asks for it: a claim takes
// everything that it made with it.
type Admission struct{}

// crossplaneUser is who Crossplane is to the API server.
const crossplaneUser = "system:serviceaccount:" + namespaceCrossplane + ":crossplane"

// Expressions of CEL. In a request to delete, the object is in oldObject (Kubernetes: validating admission policy).
const (
	isAllowed      = `oldObject.metadata.?annotations[?'` + annotationAllowDeletion + `'].orValue('') == 'true'`
	byCrossplane   = `request.userInfo.username == '` + crossplaneUser + `'`
	byCollector    = `request.userInfo.username == 'system:serviceaccount:kube-system:generic-garbage-collector'`
	ofEnvironment  = `oldObject.metadata.?labels[?'` + schema.LabelEnvironment + `'].orValue('') != ''`
	ofGroup        = `oldObject.spec.group == '` + Group + `'`
	whatIsAnnotate = `request.resource.resource + '.' + request.resource.group + ' ' + oldObject.metadata.name + ' ` + annotationAllowDeletion + `=true'`
)

// deletion is a policy for who may delete something.
type deletion struct {
	name  string
	rules []admissionregistrationv1.NamedRuleWithOperations
	// only is a condition on what the policy is about, and onlyName its name; empty: all that the rules name.
	only, onlyName string
	// allowed is the expression that allows a deletion; message is one that says what to do instead.
	allowed, message string
}

// Platform makes each policy and puts it into force.
func (Admission) Platform(*schema.Config) ([]manifest.Object, error) {
	folder := path.Join(Bootstrap, "admission")
	var objects typed
	for _, d := range deletions() {
		policy, binding := d.objects()
		objects.add(policy, folder, "validatingadmissionpolicy-"+d.name)
		objects.add(binding, folder, "validatingadmissionpolicybinding-"+d.name)
	}
	return objects.done()
}

// deletions are the policies. What they protect follows from the table of compositions.
func deletions() []deletion {
	var namespaced, composites []string
	for _, c := range compositions.All() {
		namespaced = append(namespaced, c.Plural)
		if c.Claim {
			composites = append(composites, compositePlural(c))
		}
	}
	return []deletion{
		{
			name:    "claims",
			rules:   []admissionregistrationv1.NamedRuleWithOperations{deleting(admissionregistrationv1.NamespacedScope, Group, namespaced...)},
			allowed: isAllowed,
			message: `oldObject.kind + ' ' + oldObject.metadata.name + ' is protected: what it made would go with it. Allow it in Git (allowDeletion in the ` +
				`environment) and delete it in a second change, or: kubectl annotate -n ' + oldObject.metadata.namespace + ' ' + ` + whatIsAnnotate,
		},
		{
			// A namespace that is being deleted cannot be saved, also when its claims are refused to go: nothing can be made in it any more.
			name:  "namespaces",
			rules: []admissionregistrationv1.NamedRuleWithOperations{deleting(admissionregistrationv1.ClusterScope, "", "namespaces")},
			only:  ofEnvironment, onlyName: "environment",
			allowed: isAllowed,
			message: `'Namespace ' + oldObject.metadata.name + ' is protected: all claims of the environment would go with it. Allow all of them in Git ` +
				`(allowDeletion in the environment) and remove it in a second change, or: kubectl annotate namespace ' + oldObject.metadata.name + ' ` +
				annotationAllowDeletion + `=true'`,
		},
		{
			name:    "composites",
			rules:   []admissionregistrationv1.NamedRuleWithOperations{deleting(admissionregistrationv1.ClusterScope, Group, composites...)},
			allowed: byCrossplane,
			message: `oldObject.kind + ' ' + oldObject.metadata.name + ' is deleted by Crossplane, together with its claim: delete the claim'`,
		},
		{
			// With a definition go all claims of its kind, and no policy sees them: the API server asks for none of them (Kubernetes: finalizer of
			// custom resource definitions).
			name: "definitions",
			rules: []admissionregistrationv1.NamedRuleWithOperations{
				deleting(admissionregistrationv1.ClusterScope, "apiextensions.crossplane.io", "compositeresourcedefinitions"),
				deleting(admissionregistrationv1.ClusterScope, "apiextensions.k8s.io", "customresourcedefinitions"),
			},
			only: ofGroup, onlyName: "group",
			allowed: isAllowed + ` || ` + byCrossplane + ` || ` + byCollector,
			message: `oldObject.kind + ' ' + oldObject.metadata.name + ' is protected: all objects of the kind and what they made would go with it. ` +
				`If that is meant: kubectl annotate ' + ` + whatIsAnnotate,
		},
	}
}

// deleting is the rule for deletions of resources of a group.
func deleting(scope admissionregistrationv1.ScopeType, group string, resources ...string) admissionregistrationv1.NamedRuleWithOperations {
	return admissionregistrationv1.NamedRuleWithOperations{RuleWithOperations: admissionregistrationv1.RuleWithOperations{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Delete},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: resources, Scope: &scope},
	}}
}

// objects are the policy, and the binding without which it does nothing. Where the API server cannot judge, nothing is deleted.
func (d deletion) objects() (*admissionregistrationv1.ValidatingAdmissionPolicy, *admissionregistrationv1.ValidatingAdmissionPolicyBinding) {
	meta := metav1.ObjectMeta{Name: fmt.Sprintf("deletion-of-%s.%s", d.name, Group), Annotations: wave(waveCompositions)}
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "admissionregistration.k8s.io/v1", Kind: "ValidatingAdmissionPolicy"},
		ObjectMeta: meta,
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: new(admissionregistrationv1.Fail),
			MatchConstraints: &admissionregistrationv1.MatchResources{
				ResourceRules: d.rules,
				// The defaults, stated, so that Git and the cluster do not differ.
				MatchPolicy: new(admissionregistrationv1.Equivalent), NamespaceSelector: &metav1.LabelSelector{}, ObjectSelector: &metav1.LabelSelector{},
			},
			Validations: []admissionregistrationv1.Validation{{
				Expression: d.allowed, MessageExpression: d.message, Reason: new(metav1.StatusReasonForbidden),
			}},
		},
	}
	if d.only != "" {
		policy.Spec.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: d.onlyName, Expression: d.only}}
	}
	return policy, &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: "admissionregistration.k8s.io/v1", Kind: "ValidatingAdmissionPolicyBinding"},
		ObjectMeta: meta,
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: meta.Name, ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
		},
	}
}
