package postrender

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/resid"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/problem"
)

// object is one generated object in kustomize's form.
type object struct {
	*resource.Resource

	// id is the identity that the object came with, and has to leave with.
	id resid.ResId
	// entries are where the entries of the kustomization stand that matched it.
	entries []problem.Position
	state   *state
}

// String names the object for people: "Deployment web in apps".
func (o *object) String() string {
	if o.id.Namespace == "" {
		return o.id.Kind + " " + o.id.Name
	}
	return o.id.Kind + " " + o.id.Name + " in " + o.id.Namespace
}

// state holds the objects between the entries of a kustomization.
type state struct {
	resmap resmap.ResMap
	list   []*object
	byRes  map[*resource.Resource]*object
	// entry is where the entry stands that is being applied.
	entry problem.Position
}

func newState(objs []manifest.Object) (*state, error) {
	s := &state{
		resmap: resmap.New(),
		list:   make([]*object, 0, len(objs)),
		byRes:  make(map[*resource.Resource]*object, len(objs)),
	}
	seen := make(map[resid.ResId]string, len(objs))
	nodes := make([]*kyaml.RNode, 0, len(objs))
	for _, obj := range objs {
		n, err := toNode(obj.Object)
		if err != nil {
			return nil, fmt.Errorf("convert %s: %w", obj.Path, err)
		}
		node := kyaml.NewRNode(n)
		id := resid.FromRNode(node)
		if id.Kind == "" || id.Name == "" {
			return nil, fmt.Errorf("convert %s: the object has no kind or no name", obj.Path)
		}
		if other, ok := seen[id]; ok {
			return nil, fmt.Errorf("convert %s: the object has the identity of the one in %s", obj.Path, other)
		}
		seen[id] = obj.Path
		nodes = append(nodes, node)
	}

	// A filter may create objects. ResMap.Append would compare each with all
	// the others, and that no identity is taken twice is known already.
	err := s.resmap.ApplyFilter(kio.FilterFunc(func([]*kyaml.RNode) ([]*kyaml.RNode, error) { return nodes, nil }))
	if err != nil {
		return nil, fmt.Errorf("convert objects: %w", err)
	}
	for _, res := range s.resmap.Resources() {
		o := &object{Resource: res, id: res.CurId(), state: s}
		s.list = append(s.list, o)
		s.byRes[res] = o
	}
	return s, nil
}

// objects returns objs with the content that they have now, and the entries that changed it.
func (s *state) objects(objs []manifest.Object) ([]manifest.Object, Entries, error) {
	result, entries := slices.Clone(objs), Entries{}
	for i, o := range s.list {
		if len(o.entries) == 0 {
			continue
		}
		content, err := o.content()
		if err != nil {
			return nil, nil, fmt.Errorf("convert %s: %w", objs[i].Path, err)
		}
		result[i].Object = content
		entries[objs[i].Path] = o.entries
	}
	return result, entries, nil
}

func (o *object) content() (map[string]any, error) {
	v, err := toContent(o.YNode())
	if err != nil {
		return nil, err
	}
	content, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("not an object any more")
	}
	return content, nil
}

// selected returns the objects that kustomize selects, in their order.
func (s *state) selected(selector types.Selector) ([]*object, error) {
	resources, err := s.resmap.Select(selector)
	if err != nil {
		return nil, err //nolint:wrapcheck // The caller turns it into a sentence.
	}
	objs := make([]*object, 0, len(resources))
	for _, res := range resources {
		if o, ok := s.byRes[res]; ok {
			objs = append(objs, o)
		}
	}
	return objs, nil
}

// change runs f on the objects. If f returns an error or leaves an object
// without content, with another identity or with values that are not JSON, all
// of them are put back and the error says why.
func change(f func() error, objs ...*object) error {
	before := make([]*yaml.Node, 0, len(objs))
	for _, o := range objs {
		before = append(before, o.Copy().YNode())
	}
	err := guard(f)
	for i := 0; err == nil && i < len(objs); i++ {
		err = objs[i].check()
	}
	if err != nil {
		for i, o := range objs {
			o.SetYNode(before[i])
		}
		return err
	}
	for _, o := range objs {
		if !slices.Contains(o.entries, o.state.entry) {
			o.entries = append(o.entries, o.state.entry)
		}
	}
	return nil
}

// check tells whether the object is still the one that genops generated.
func (o *object) check() error {
	if o.IsNilOrEmpty() {
		return &identityError{what: "removes " + o.String(), hint: "turn the domain off in CUE instead"}
	}
	content, err := o.content()
	if err != nil {
		return fmt.Errorf("%s: %w", o, err)
	}
	metadata, _ := content["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	if local, ok := annotations[konfig.IgnoredByKustomizeAnnotation]; ok && local != "false" {
		return &identityError{
			field: "metadata.annotations",
			what:  "removes " + o.String() + ": kustomize leaves out what has the annotation " + konfig.IgnoredByKustomizeAnnotation,
			hint:  "turn the domain off in CUE instead",
		}
	}
	now := o.CurId()
	var field string
	switch {
	case now.Kind != o.id.Kind:
		field = "kind"
	case now.Group != o.id.Group:
		field = "apiVersion"
	case now.Name != o.id.Name:
		field = "metadata.name"
	case now.Namespace != o.id.Namespace:
		field = "metadata.namespace"
	default:
		return nil
	}
	return &identityError{field: field, what: "changes the " + field + " of " + o.String(), hint: identityHint}
}

// identityError is a change that would make another object out of one.
type identityError struct {
	field string // empty if the object is gone
	what  string
	hint  string
}

func (e *identityError) Error() string { return e.what }

// guard turns a panic of kustomize into an error: parts of it take content
// that they do not expect for a mistake of the programmer.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("kustomize cannot apply this: %v", p)
		}
	}()
	return f()
}

// identityHint helps where kind, name or namespace of an object were changed.
const identityHint = "kind, name and namespace come from CUE"
