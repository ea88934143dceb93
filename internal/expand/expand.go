// Package expand shows offline what claims become: it runs the compositions on the claims that genops renders, with a simulated observation in
// place of a control plane.
package expand

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/problem"
)

// Claim is a rendered claim, or a composite that genops renders itself, and what it becomes.
type Claim struct {
	// Environment that the claim says it belongs to.
	Environment string
	// Kind of the claim, such as Network, and its metadata.name.
	Kind, Name string
	// Path below rendered/.
	Path string
	// Resources are sorted by key. Values that only AWS knows are simulated, and an annotation says so.
	Resources []compositions.Resource
}

// String is the claim's kind and name, such as Network/prod: the value of the tag genops.dev/claim.
func (c *Claim) String() string { return c.Kind + "/" + c.Name }

// Matches tells whether a person means this claim: by kind in any case, by name, or by both with a slash.
func (c *Claim) Matches(name string) bool {
	return strings.EqualFold(name, c.Kind) || name == c.Name || strings.EqualFold(name, c.String())
}

// InvalidError is a claim that its composition refuses.
type InvalidError struct {
	Claim *Claim
	// Problems are sentences that begin with the path of a field in the claim, such as spec.adopt.vpc.
	Problems []string
	// Keys are those of the resources that the claim would have if it adopted nothing.
	Keys []string
}

// Error joins the sentences.
func (e *InvalidError) Error() string {
	return e.Claim.String() + ": " + strings.Join(e.Problems, "; ")
}

// Hint helps with one of the problems; empty if there is nothing to say.
func (e *InvalidError) Hint(message string) string {
	key, _, _ := strings.Cut(strings.TrimPrefix(message, "spec.adopt."), ":")
	if !strings.HasPrefix(message, "spec.adopt.") || slices.Contains(e.Keys, key) {
		return ""
	}
	if nearest, ok := problem.Nearest(key, e.Keys); ok {
		return "did you mean " + nearest + "?"
	}
	return "genops expand lists the keys"
}

// Objects expands all claims among objects. An environment's name limits it to claims that belong there; empty means all. All claims that are
// refused are in the joined error, each as an *InvalidError.
func Objects(objects []manifest.Object, environment string) ([]*Claim, error) {
	var claims []*Claim
	var refused []error
	for _, object := range objects {
		if object.Object["apiVersion"] != compositions.Group+"/"+compositions.Version {
			continue
		}
		spec, _ := object.Object["spec"].(map[string]any)
		belongs, _ := spec["environment"].(string)
		if environment != "" && belongs != environment {
			continue
		}
		claim := newClaim(object, belongs)
		composition, ok := compositions.Find(claim.Kind)
		if !ok {
			continue
		}
		err := claim.compose(composition, spec)
		if invalid, ok := errors.AsType[*InvalidError](err); ok {
			refused = append(refused, invalid)
			continue
		}
		if err != nil {
			return nil, err
		}
		claims = append(claims, claim)
	}
	return claims, errors.Join(refused...)
}

func newClaim(object manifest.Object, environment string) *Claim {
	metadata, _ := object.Object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	kind, _ := object.Object["kind"].(string)
	return &Claim{Environment: environment, Kind: kind, Name: name, Path: object.Path}
}

func (c *Claim) compose(composition compositions.Composition, spec map[string]any) error {
	spec = withoutMachinery(spec)
	result, _, err := compositions.Simulate(composition, spec)
	if wrong, ok := errors.AsType[*compositions.InvalidError](err); ok {
		invalid := &InvalidError{Claim: c, Problems: wrong.Problems}
		delete(spec, "adopt")
		if result, _, err := compositions.Simulate(composition, spec); err == nil {
			for _, resource := range result.Resources {
				invalid.Keys = append(invalid.Keys, resource.Key)
			}
		}
		return invalid
	}
	if err != nil {
		return fmt.Errorf("expand %s: %w", c, err)
	}
	result.MarkSimulated()
	c.Resources = result.Resources
	return nil
}

// withoutMachinery is a spec without the fields that are Crossplane's.
func withoutMachinery(spec map[string]any) map[string]any {
	spec = maps.Clone(spec)
	for _, name := range compositions.Machinery() {
		delete(spec, name)
	}
	return spec
}
