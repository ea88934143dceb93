package validate

import (
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// metadataRules are what the API server asks of the metadata of a kind.
type metadataRules struct {
	namespaced bool
	name       validation.ValidateNameFunc
}

// claimName is the rule for names of claims: Crossplane makes labels of them.
func claimName(name string, prefix bool) []string {
	if len(name) > utilvalidation.LabelValueMaxLength {
		return []string{utilvalidation.MaxLenError(utilvalidation.LabelValueMaxLength)}
	}
	return validation.NameIsDNSSubdomain(name, prefix)
}

// builtinMetadata are the rules for built-in kinds, as far as typeOf has them.
func builtinMetadata(id identity) metadataRules {
	switch id.apiVersion + "/" + id.kind {
	case "v1/Namespace":
		return metadataRules{name: validation.ValidateNamespaceName}
	case "v1/Service":
		return metadataRules{namespaced: true, name: validation.NameIsDNS1035Label}
	case "rbac.authorization.k8s.io/v1/ClusterRole":
		return metadataRules{name: path.ValidatePathSegmentName} // Such as system:node.
	case "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding":
		return metadataRules{name: validation.NameIsDNSSubdomain}
	default:
		return metadataRules{namespaced: true, name: validation.NameIsDNSSubdomain}
	}
}

// validate returns what is wrong with an object's metadata.
func (r metadataRules) validate(object map[string]any) []string {
	meta, messages := decodeMetadata(object)
	if meta == nil {
		return messages
	}
	// Without a namespace, an object goes to that of whoever applies it.
	namespaced := r.namespaced && meta.Namespace != ""
	for _, e := range validation.ValidateObjectMeta(meta, namespaced, r.name, field.NewPath("metadata")) {
		messages = append(messages, e.Error())
	}
	return messages
}

// decodeMetadata reads an object's metadata, and says which of its fields cannot be read.
func decodeMetadata(object map[string]any) (*metav1.ObjectMeta, []string) {
	meta, found, unknown, err := objectmeta.GetObjectMetaWithOptions(object, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return nil, []string{strings.Replace("metadata."+sentence(err), ".: ", ": ", 1)}
	}
	if !found {
		return &metav1.ObjectMeta{}, nil
	}
	var messages []string
	for _, name := range unknown {
		messages = append(messages, name+noSuchField)
	}
	return meta, messages
}
