// Package validate holds rendered objects against the APIs that will receive them, with the API server's own code: strict decoding into the Go
// types of built-in and known kinds, and structural schemas with their CEL rules for custom resources.
package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	argocd "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	ec2 "github.com/aws/karpenter-provider-aws/pkg/apis/v1"
	apiextensions "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	"github.com/crossplane/crossplane/apis/v2/apiextensions/v1alpha1"
	pkgv1 "github.com/crossplane/crossplane/apis/v2/pkg/v1"
	pkgv1beta1 "github.com/crossplane/crossplane/apis/v2/pkg/v1beta1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"
	karpenter "sigs.k8s.io/karpenter/pkg/apis/v1"
)

// typeOf returns an empty Go value of a kind, or nil for kinds whose Go types are not linked: claims and provider configurations.
func typeOf(apiVersion, kind string) any {
	switch apiVersion + "/" + kind {
	case "v1/ConfigMap":
		return &corev1.ConfigMap{}
	case "v1/LimitRange":
		return &corev1.LimitRange{}
	case "v1/Namespace":
		return &corev1.Namespace{}
	case "v1/ResourceQuota":
		return &corev1.ResourceQuota{}
	case "v1/Secret":
		return &corev1.Secret{}
	case "v1/Service":
		return &corev1.Service{}
	case "v1/ServiceAccount":
		return &corev1.ServiceAccount{}
	case "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy":
		return &admissionregistrationv1.ValidatingAdmissionPolicy{}
	case "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding":
		return &admissionregistrationv1.ValidatingAdmissionPolicyBinding{}
	case "apps/v1/Deployment":
		return &appsv1.Deployment{}
	case "autoscaling/v2/HorizontalPodAutoscaler":
		return &autoscalingv2.HorizontalPodAutoscaler{}
	case "policy/v1/PodDisruptionBudget":
		return &policyv1.PodDisruptionBudget{}
	case "rbac.authorization.k8s.io/v1/ClusterRole":
		return &rbacv1.ClusterRole{}
	case "networking.k8s.io/v1/Ingress":
		return &networkingv1.Ingress{}
	case "networking.k8s.io/v1/NetworkPolicy":
		return &networkingv1.NetworkPolicy{}
	case "karpenter.sh/v1/NodePool":
		return &karpenter.NodePool{}
	case "karpenter.k8s.aws/v1/EC2NodeClass":
		return &ec2.EC2NodeClass{}
	case "argoproj.io/v1alpha1/Application":
		return &argocd.Application{}
	case "argoproj.io/v1alpha1/ApplicationSet":
		return &argocd.ApplicationSet{}
	case "argoproj.io/v1alpha1/AppProject":
		return &argocd.AppProject{}
	case "apiextensions.crossplane.io/v1/CompositeResourceDefinition":
		return &apiextensions.CompositeResourceDefinition{}
	case "apiextensions.crossplane.io/v1alpha1/ManagedResourceActivationPolicy":
		return &v1alpha1.ManagedResourceActivationPolicy{}
	case "pkg.crossplane.io/v1/Provider":
		return &pkgv1.Provider{}
	case "pkg.crossplane.io/v1beta1/ImageConfig":
		return &pkgv1beta1.ImageConfig{}
	case "pkg.crossplane.io/v1beta1/DeploymentRuntimeConfig":
		return &pkgv1beta1.DeploymentRuntimeConfig{}
	default:
		return nil
	}
}

// Typed tells whether the Go type of an object's kind is known.
func Typed(object map[string]any) bool {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	return typeOf(apiVersion, kind) != nil
}

// strict decodes an object into its Go type, if it has one: unknown fields and wrong types are errors.
func strict(object map[string]any) []string {
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	target := typeOf(apiVersion, kind)
	if target == nil {
		return nil
	}
	data, err := json.Marshal(object)
	if err != nil {
		return []string{fmt.Sprintf("write as JSON: %v", err)}
	}
	// Kubernetes compares field names with their case, which encoding/json does not.
	problems, err := kjson.UnmarshalStrict(data, target)
	if err != nil {
		return []string{blame(object, err)}
	}
	var messages []string
	for _, p := range problems {
		messages = append(messages, unknownField(p))
	}
	return messages
}

// unknownField is an error of strict decoding, which finds nothing but fields that the Go type does not have.
func unknownField(err error) string {
	var unknown kjson.FieldError
	if !errors.As(err, &unknown) {
		return err.Error()
	}
	return unknown.FieldPath() + noSuchField
}

// sentence drops the names of Go from an error of JSON decoding.
func sentence(err error) string {
	text := strings.TrimPrefix(err.Error(), "json: ")
	if rest, ok := strings.CutPrefix(text, "cannot unmarshal "); ok {
		found, target, _ := strings.Cut(rest, " into Go ")
		target, goType, _ := strings.Cut(target, " of type ")
		_, path, _ := strings.Cut(target, ".") // "struct field Type.path", or "value" for the whole.
		return fmt.Sprintf("%s: found %s, allowed is %s", path, found, kindName(goType))
	}
	return text
}

// kindName says what a Go type looks like in YAML.
func kindName(goType string) string {
	switch {
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	case goType == "string":
		return "text"
	case goType == "bool":
		return "true or false"
	case strings.HasPrefix(goType, "int") || strings.HasPrefix(goType, "uint"):
		return "a whole number"
	case strings.HasPrefix(goType, "float"):
		return "a number"
	default:
		return "a struct"
	}
}

// blame says which field an error of decoding is about. Types that read themselves, such as quantities, do not know where they stand: the field
// is the one without which the error goes away.
func blame(object map[string]any, err error) string {
	text := sentence(err)
	if strings.HasPrefix(err.Error(), "json: cannot unmarshal ") {
		return text
	}
	apiVersion, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	rest := runtime.DeepCopyJSON(object)
	decodes := func() bool {
		data, err := json.Marshal(rest)
		if err != nil {
			return false
		}
		_, err = kjson.UnmarshalStrict(data, typeOf(apiVersion, kind))
		return err == nil
	}
	if field := culprit(rest, "", decodes); field != "" {
		return field + ": " + text
	}
	return text
}

// culprit looks for the scalar without which decodes succeeds, in the order of the fields' names.
func culprit(value any, path string, decodes func() bool) string {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			at := strings.TrimPrefix(path+"."+key, ".")
			if found := culprit(value[key], at, decodes); found != "" {
				return found
			}
			kept := value[key]
			delete(value, key)
			if decodes() {
				return at
			}
			value[key] = kept
		}
	case []any:
		for i, element := range value {
			if found := culprit(element, fmt.Sprintf("%s[%d]", path, i), decodes); found != "" {
				return found
			}
		}
	}
	return ""
}
