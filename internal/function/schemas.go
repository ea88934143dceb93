package function

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/validate"
	"github.com/innovate-inc/genops/schema"
)

// Validation takes time that grows with the square of what is wrong. A claim has some hundred values, and beyond fewValues it is looked at
// whether that is because a list is too long; the largest that the schemas allow has some six thousand.
const (
	fewValues  = 1000
	mostValues = 10000
)

// schemas are those of claims, by kind. Compiling one takes longer than all requests of a minute.
type schemas map[string]func() (*claimSchema, error)

// claimSchema is the schema of a claim: as it is written, and as it validates.
type claimSchema struct {
	spec  extv1.JSONSchemaProps
	whole *validate.Schema
}

func newSchemas() schemas {
	s := schemas{}
	for _, c := range compositions.All() {
		s[c.Kind] = sync.OnceValues(func() (*claimSchema, error) { return compile(c.Kind) })
	}
	return s
}

func compile(kind string) (*claimSchema, error) {
	spec, err := schema.ClaimSchema(kind)
	if err != nil {
		return nil, fmt.Errorf("find schema of %s: %w", kind, err)
	}
	whole, err := validate.NewSchema(&extv1.JSONSchemaProps{
		Type: "object", Required: []string{"spec"}, Properties: map[string]extv1.JSONSchemaProps{"spec": spec},
	})
	if err != nil {
		return nil, fmt.Errorf("compile schema of %s: %w", kind, err)
	}
	return &claimSchema{spec: spec, whole: whole}, nil
}

// check holds a spec against the contract. The API server did so when the claim was written, with the definition of that time.
func (s schemas) check(ctx context.Context, c *claim) error {
	compiled, err := s[c.composition.Kind]()
	if err != nil {
		return err
	}
	if total := count(c.spec); total > fewValues {
		if found := oversized(&compiled.spec, c.spec, total); found != "" {
			return invalidf("%s", found)
		}
	}
	problems := compiled.whole.Validate(ctx, map[string]any{"spec": c.spec})
	if len(problems) == 0 {
		return nil
	}
	// kube-openapi says of a fraction a second time that it is no integer, and then without the field.
	named := slices.DeleteFunc(slices.Clone(problems), func(problem string) bool { return strings.HasPrefix(problem, "<nil>: ") })
	if len(named) > 0 {
		problems = named
	}
	return &invalidError{problems: problems}
}

// count is how many values there are in a value, itself included.
func count(v any) int {
	n := 1
	switch v := v.(type) {
	case map[string]any:
		for _, field := range v {
			n += count(field)
		}
	case []any:
		for _, element := range v {
			n += count(element)
		}
	}
	return n
}

// oversized says where a spec is too large, if it is: at the list that has more elements than it may have, or else in the field that has most.
func oversized(props *extv1.JSONSchemaProps, spec map[string]any, total int) string {
	if found := tooLong("spec", props, spec); found != "" || total <= mostValues {
		return found
	}
	largest := slices.MaxFunc(slices.Sorted(maps.Keys(spec)), func(a, b string) int { return count(spec[a]) - count(spec[b]) })
	return fmt.Sprintf("spec.%s: found %d values, allowed are %d in all of the spec", largest, count(spec[largest]), mostValues)
}

// tooLong finds the first list with more elements than its schema allows.
func tooLong(path string, props *extv1.JSONSchemaProps, v any) string {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if field, ok := props.Properties[name]; ok {
				if found := tooLong(path+"."+name, &field, v[name]); found != "" {
					return found
				}
			}
		}
	case []any:
		if most := props.MaxItems; most != nil && int64(len(v)) > *most {
			return fmt.Sprintf("%s: found %d elements, allowed are %d", path, len(v), *most)
		}
	}
	return ""
}
