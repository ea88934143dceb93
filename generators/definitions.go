package generators

import (
	"encoding/json"
	"fmt"
	"path"

	apiextensionsv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	apiextensionsv2 "github.com/crossplane/crossplane/apis/v2/apiextensions/v2"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// column is a column that kubectl get shows.
type column struct {
	name, path, description string
	// wide tells that only kubectl get -o wide shows it.
	wide bool
}

// definition describes the CompositeResourceDefinition of a kind. Its schema comes from the contract.
type definition struct {
	kind    string
	columns []column
}

// objects makes the definition.
func (d definition) objects(c *schema.Config) ([]manifest.Object, error) {
	composition, err := compositionOf(d.kind)
	if err != nil {
		return nil, err
	}
	raw, err := d.schema()
	if err != nil {
		return nil, err
	}
	// What was written by hand and names no composition gets that of the strictest stage: Crossplane would choose one at random.
	byDefault := ""
	if stage, ok := strictest(c); ok {
		byDefault = compositionName(composition, stage)
	}
	var objects typed
	name := path.Join(Bootstrap, "definitions", compositePlural(composition))
	if composition.Claim {
		objects.add(d.ofClaim(composition, raw, byDefault), name)
	} else {
		objects.add(d.ofComposite(composition, raw, byDefault), name)
	}
	return objects.done()
}

// ofClaim defines a composite and its claim. Claims exist only in version v1 of the API, with the scope LegacyCluster, which is its default
// (apiextensions.crossplane.io/v2 refuses claimNames).
func (d definition) ofClaim(c compositions.Composition, raw []byte, byDefault string) *apiextensionsv1.CompositeResourceDefinition {
	made := &apiextensionsv1.CompositeResourceDefinition{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apiextensions.crossplane.io/v1", Kind: "CompositeResourceDefinition"},
		ObjectMeta: metav1.ObjectMeta{Name: compositePlural(c) + "." + Group, Annotations: wave(waveDefinitions)},
		Spec: apiextensionsv1.CompositeResourceDefinitionSpec{
			Group: Group,
			Names: extv1.CustomResourceDefinitionNames{Kind: c.CompositeKind(), Plural: compositePlural(c)},
			// Otherwise a deleted claim is gone while AWS is still deleting, and Argo CD reports that all is done.
			DefaultCompositeDeletePolicy: new(xpv2.CompositeDeleteForeground),

			ClaimNames: &extv1.CustomResourceDefinitionNames{Kind: c.Kind, Plural: c.Plural, Categories: []string{"genops"}},
			Versions: []apiextensionsv1.CompositeResourceDefinitionVersion{{
				Name:                     Version,
				Served:                   true,
				Referenceable:            true,
				Schema:                   &apiextensionsv1.CompositeResourceValidation{OpenAPIV3Schema: runtime.RawExtension{Raw: raw}},
				AdditionalPrinterColumns: d.printerColumns(),
			}},
		},
	}
	if byDefault != "" {
		made.Spec.DefaultCompositionRef = &apiextensionsv1.CompositionReference{Name: byDefault}
	}
	return made
}

// ofComposite defines a composite without a claim, in a namespace.
func (d definition) ofComposite(c compositions.Composition, raw []byte, byDefault string) *apiextensionsv2.CompositeResourceDefinition {
	made := &apiextensionsv2.CompositeResourceDefinition{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apiextensions.crossplane.io/v2", Kind: "CompositeResourceDefinition"},
		ObjectMeta: metav1.ObjectMeta{Name: compositePlural(c) + "." + Group, Annotations: wave(waveDefinitions)},
		Spec: apiextensionsv2.CompositeResourceDefinitionSpec{
			Group: Group,
			Names: extv1.CustomResourceDefinitionNames{Kind: c.CompositeKind(), Plural: compositePlural(c), Categories: []string{"genops"}},
			Scope: apiextensionsv2.CompositeResourceScopeNamespaced,
			Versions: []apiextensionsv2.CompositeResourceDefinitionVersion{{
				Name:                     Version,
				Served:                   true,
				Referenceable:            true,
				Schema:                   &apiextensionsv2.CompositeResourceValidation{OpenAPIV3Schema: runtime.RawExtension{Raw: raw}},
				AdditionalPrinterColumns: d.printerColumns(),
			}},
		},
	}
	if byDefault != "" {
		made.Spec.DefaultCompositionRef = &apiextensionsv2.CompositionReference{Name: byDefault}
	}
	return made
}

// schema is what the contract has of the kind: Crossplane adds its own fields to it.
func (d definition) schema() ([]byte, error) {
	spec, err := schema.ClaimSchema(d.kind)
	if err != nil {
		return nil, err
	}
	status, err := schema.StatusSchema(d.kind)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(extv1.JSONSchemaProps{
		Type:       "object",
		Required:   []string{"spec"},
		Properties: map[string]extv1.JSONSchemaProps{"spec": spec, "status": status},
	})
	if err != nil {
		return nil, fmt.Errorf("write schema of %s: %w", d.kind, err)
	}
	return raw, nil
}

// printerColumns are the kind's own columns and, when asked for more, what it waits for.
func (d definition) printerColumns() []extv1.CustomResourceColumnDefinition {
	state := column{
		name: "STATE", path: `.status.conditions[?(@.type=="` + compositions.ConditionType + `")].message`,
		description: "How far it is: what it waits for, or what was refused.", wide: true,
	}
	columns := make([]extv1.CustomResourceColumnDefinition, 0, len(d.columns)+1)
	for _, c := range append(d.columns, state) {
		made := extv1.CustomResourceColumnDefinition{Name: c.name, Type: "string", JSONPath: c.path, Description: c.description}
		if c.wide {
			made.Priority = 1
		}
		columns = append(columns, made)
	}
	return columns
}
