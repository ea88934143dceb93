package generators

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	apiextensions "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// column is a column that kubectl get shows.
type column struct {
	name, path, description string
}

// definition describes the CompositeResourceDefinition of a claim kind. Its schema comes from the contract.
type definition struct {
	kind    string
	plural  string
	columns []column
}

// objects makes the definition. Claims exist only in version v1 of the API, with the scope LegacyCluster, which is its default
// (apiextensions.crossplane.io/v2 refuses claimNames).
func (d definition) objects() ([]manifest.Object, error) {
	spec, err := schema.ClaimSchema(d.kind)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(extv1.JSONSchemaProps{
		Type:       "object",
		Required:   []string{"spec"},
		Properties: map[string]extv1.JSONSchemaProps{"spec": spec},
	})
	if err != nil {
		return nil, fmt.Errorf("write schema of %s: %w", d.kind, err)
	}
	columns := make([]extv1.CustomResourceColumnDefinition, 0, len(d.columns))
	for _, c := range d.columns {
		columns = append(columns, extv1.CustomResourceColumnDefinition{Name: c.name, Type: "string", JSONPath: c.path, Description: c.description})
	}
	var objects typed
	objects.add(&apiextensions.CompositeResourceDefinition{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apiextensions.crossplane.io/v1", Kind: "CompositeResourceDefinition"},
		ObjectMeta: metav1.ObjectMeta{Name: "x" + d.plural + "." + Group, Annotations: wave(waveDefinitions)},
		Spec: apiextensions.CompositeResourceDefinitionSpec{
			Group: Group,
			Names: extv1.CustomResourceDefinitionNames{Kind: "X" + d.kind, Plural: "x" + d.plural},
			// Otherwise a deleted claim is gone while AWS is still deleting, and Argo CD reports that all is done.
			DefaultCompositeDeletePolicy: new(xpv2.CompositeDeleteForeground),

			ClaimNames: &extv1.CustomResourceDefinitionNames{Kind: d.kind, Plural: d.plural, Categories: []string{"genops"}},
			Versions: []apiextensions.CompositeResourceDefinitionVersion{{
				Name:                     Version,
				Served:                   true,
				Referenceable:            true,
				Schema:                   &apiextensions.CompositeResourceValidation{OpenAPIV3Schema: runtime.RawExtension{Raw: raw}},
				AdditionalPrinterColumns: columns,
			}},
		},
	}, path.Join(Bootstrap, "definitions", "x"+strings.ToLower(d.plural)))
	return objects.done()
}
