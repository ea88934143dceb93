package generators

import (
	"fmt"
	"slices"

	"github.com/crossplane/crossplane-runtime/pkg/resource/unstructured/claim"
	protectionv1beta1 "github.com/crossplane/crossplane/apis/v2/protection/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
	model "github.com/innovate-inc/genops/schema"
)

// Group and Version of the claims.
const (
	Group   = compositions.Group
	Version = compositions.Version
)

// annotationAllowDeletion, when it is "true", lets the bootstrap cluster delete a claim, or the namespace of all claims of an
// environment (see Admission).
const annotationAllowDeletion = "genops.dev/allow-deletion"

// newClaim makes a claim named after its environment, in the environment's namespace. name is what the environment's fields call it. Of
// Crossplane's machinery it carries the one field without which its stage would not choose its composition: a later switch to namespaced
// composites must change little of what people review.
func newClaim(e *model.Environment, kind, name string, spec any) (map[string]any, error) {
	composition, err := compositionOf(kind)
	if err != nil {
		return nil, err
	}
	c := claim.New(claim.WithGroupVersionKind(schema.GroupVersionKind{Group: Group, Version: Version, Kind: kind}))
	c.SetName(e.Name)
	c.SetNamespace(e.Namespace())
	c.SetLabels(e.Labels())
	annotations := deletable(e, name, confirmed(e, nil))
	if name == model.ClaimNetwork {
		// What is pruned together with it runs in it.
		annotations = option(annotations, "PruneLast=true")
	}
	if annotations != nil {
		c.SetAnnotations(annotations)
	}
	content, err := manifest.FromTyped(spec)
	if err != nil {
		return nil, fmt.Errorf("convert spec of %s: %w", kind, err)
	}
	content[fieldCompositionRef] = compositionRef(composition, e.Stage)
	c.Object["spec"] = content
	return c.Object, nil
}

// deletable adds the annotation that allows a deletion, if the environment allows it for its claim of that name.
func deletable(e *model.Environment, name string, annotations map[string]string) map[string]string {
	if !slices.Contains(e.AllowDeletion, name) {
		return annotations
	}
	return with(annotations, annotationAllowDeletion, "true")
}

// emptied adds the annotation that allows the deletion of the environment's namespace, if it allows that of all its claims.
func emptied(e *model.Environment, annotations map[string]string) map[string]string {
	for _, name := range e.Claims() {
		if !slices.Contains(e.AllowDeletion, name) {
			return annotations
		}
	}
	return with(annotations, annotationAllowDeletion, "true")
}

// networkUser is a claim that runs in the network of its environment: its kind, and the name of the usage that says so.
type networkUser struct{ name, kind, reason string }

// addNetworkUsage keeps the network until its user is gone, whoever deletes the two and in whichever order. Sync waves would do so as well, and
// hold back every change of the user while anything of the network is not ready. Nothing prunes the usage: Crossplane makes the user's claim
// its owner, and it goes with that one (crossplane: internal/controller/protection/usage).
func addNetworkUsage(objects *typed, e *model.Environment, user networkUser) {
	apiVersion := Group + "/" + Version
	objects.add(&protectionv1beta1.Usage{
		TypeMeta: metav1.TypeMeta{APIVersion: "protection.crossplane.io/v1beta1", Kind: "Usage"},
		ObjectMeta: metav1.ObjectMeta{
			Name: user.name, Namespace: e.Namespace(), Labels: e.Labels(), Annotations: option(nil, "Prune=false,Delete=false"),
		},
		Spec: protectionv1beta1.UsageSpec{
			Of: protectionv1beta1.NamespacedResource{
				APIVersion: apiVersion, Kind: "Network", ResourceRef: &protectionv1beta1.NamespacedResourceRef{Name: e.Name},
			},
			By:     &protectionv1beta1.Resource{APIVersion: apiVersion, Kind: user.kind, ResourceRef: &protectionv1beta1.ResourceRef{Name: e.Name}},
			Reason: new(user.reason),
			// No deletion that was refused is made up for later: by then nobody expects it, and Argo CD tries again by itself.
			ReplayDeletion: new(false),
		},
	}, e.Name, folderClaims, "usage-"+user.name)
}
