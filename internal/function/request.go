package function

import (
	"fmt"
	"strings"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/innovate-inc/genops/compositions"
)

// claim is what a composite asks for.
type claim struct {
	composition compositions.Composition
	apiVersion  string
	spec        map[string]any
}

// readComposite finds out what to compose.
func readComposite(req *fnv1.RunFunctionRequest) (*claim, error) {
	fields := req.GetObserved().GetComposite().GetResource().GetFields()
	if len(fields) == 0 {
		return nil, invalidf("observed.composite: found nothing, allowed is a composite of genops")
	}
	c := &claim{apiVersion: compositions.Group + "/" + compositions.Version}
	if found := fields["apiVersion"]; found.GetStringValue() != c.apiVersion {
		return nil, invalidf("apiVersion: found %s, allowed is %s", show(found), c.apiVersion)
	}
	kind := fields["kind"].GetStringValue()
	var known bool
	// Find knows the kinds of claims as well.
	if c.composition, known = compositions.Find(kind); !known || c.composition.CompositeKind() != kind {
		return nil, invalidf("kind: found %s, allowed are %s", show(fields["kind"]), strings.Join(composites(), ", "))
	}
	spec, ok := fields["spec"].GetKind().(*structpb.Value_StructValue)
	if !ok {
		return nil, invalidf("spec: found %s, allowed is an object", show(fields["spec"]))
	}
	var err error
	if c.spec, err = decode(spec.StructValue); err != nil {
		return nil, invalidf("spec: %v", err)
	}
	for _, name := range compositions.Machinery() {
		delete(c.spec, name)
	}
	return c, nil
}

// composites are the kinds that there are compositions for.
func composites() []string {
	all := compositions.All()
	kinds := make([]string, 0, len(all))
	for _, c := range all {
		kinds = append(kinds, c.CompositeKind())
	}
	return kinds
}

// show says what a value is, for people.
func show(v *structpb.Value) string {
	switch v := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return fmt.Sprintf("%q", short(v.StringValue))
	case *structpb.Value_NumberValue:
		return "a number"
	case *structpb.Value_BoolValue:
		return "a truth value"
	case *structpb.Value_StructValue:
		return "an object"
	case *structpb.Value_ListValue:
		return "a list"
	case *structpb.Value_NullValue:
		return "null"
	default:
		return "nothing"
	}
}

func invalidf(format string, args ...any) error {
	return &invalidError{problems: []string{fmt.Sprintf(format, args...)}}
}

// subject names the composite of a request: XNetwork dev-x7k2p.
func subject(req *fnv1.RunFunctionRequest) string {
	fields := req.GetObserved().GetComposite().GetResource().GetFields()
	kind := fields["kind"].GetStringValue()
	name := fields["metadata"].GetStructValue().GetFields()["name"].GetStringValue()
	if kind == "" {
		kind = "a composite without a kind"
	}
	return short(strings.TrimSpace(kind + " " + name))
}

// readObserved takes over what exists, by the names that compositions gave.
func readObserved(req *fnv1.RunFunctionRequest) (compositions.Observed, error) {
	observed := compositions.Observed{
		Resources: make(map[string]map[string]any, len(req.GetObserved().GetResources())),
		Required:  map[string]map[string]any{},
	}
	for key, resource := range req.GetObserved().GetResources() {
		content, err := decode(resource.GetResource())
		if err != nil {
			return observed, invalidf("observed resource %s: %v", key, err)
		}
		observed.Resources[key] = content
	}
	// Before v2 Crossplane called them extra resources.
	for _, required := range []map[string]*fnv1.Resources{req.GetExtraResources(), req.GetRequiredResources()} { //nolint:staticcheck // See above.
		for name, found := range required {
			// A requirement names one resource. It is empty until Crossplane has looked for it, and if there is none.
			if len(found.GetItems()) == 0 {
				continue
			}
			content, err := decode(found.GetItems()[0].GetResource())
			if err != nil {
				return observed, invalidf("required resource %s: %v", name, err)
			}
			observed.Required[name] = content
		}
	}
	return observed, nil
}
