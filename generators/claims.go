package generators

import (
	"fmt"

	"github.com/crossplane/crossplane-runtime/pkg/resource/unstructured/claim"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/internal/manifest"
	model "github.com/innovate-inc/genops/schema"
)

// Group and Version of the claims.
const (
	Group   = "aws.genops.dev"
	Version = "v1alpha1"
)

// newClaim makes a claim named after its environment, in the environment's namespace. It carries no machinery fields of Crossplane: a later
// switch to namespaced composites must not change what people review.
func newClaim(e *model.Environment, kind string, spec any) (map[string]any, error) {
	c := claim.New(claim.WithGroupVersionKind(schema.GroupVersionKind{Group: Group, Version: Version, Kind: kind}))
	c.SetName(e.Name)
	c.SetNamespace(e.Namespace())
	c.SetLabels(e.Labels())
	if annotations := confirmed(e, nil); annotations != nil {
		c.SetAnnotations(annotations)
	}
	content, err := manifest.FromTyped(spec)
	if err != nil {
		return nil, fmt.Errorf("convert spec of %s: %w", kind, err)
	}
	c.Object["spec"] = content
	return c.Object, nil
}
