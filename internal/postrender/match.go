package postrender

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// criterion is one of the fields by which an entry picks objects.
type criterion struct {
	// path of the field below the selector or the patch.
	path  []string
	value string
	match func(*object) bool
	// of is what an object has there, for suggestions; nil if there are none.
	of func(*object) string
	// found and missing complete "no NodePool ..." if this is the criterion
	// that nothing meets, and name what does.
	missing, found string
}

// explain reports the first criterion that leaves no object. n is the selector
// or the patch, field its path in s.
func (r *run) explain(s source, n *yaml.Node, field string, criteria []criterion) {
	left := r.state.list
	noun := "object"
	for _, c := range criteria {
		var next []*object
		for _, o := range left {
			if c.match(o) {
				next = append(next, o)
			}
		}
		if len(next) > 0 {
			left = next
			switch c.path[len(c.path)-1] {
			case "kind":
				noun = c.value
			case "name":
				noun += " " + c.value
			}
			continue
		}
		hint := ""
		if c.of != nil {
			hint = suggest(c.value, values(left, c.of), c.found)
		}
		at, last := n, field
		if value := child(n, c.path...); value != nil {
			at = value
			last = join(field, strings.Join(c.path, "."))
		}
		r.report(s, at, last, strings.TrimSpace("matches nothing: no "+noun+" "+c.missing+" "+c.value), hint)
		return
	}
	r.report(s, n, field, "matches nothing", "")
}

// values are the distinct values that the objects have, sorted.
func values(objs []*object, of func(*object) string) []string {
	var found []string
	for _, o := range objs {
		if v := of(o); v != "" {
			found = append(found, v)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// idCriteria are those of a strategic merge patch without a target: it names
// its object.
func idCriteria(id resid.ResId) []criterion {
	namespace := criterion{
		path: []string{"metadata", "namespace"}, value: id.Namespace, missing: "is in the namespace", found: "namespaces here",
		match: func(o *object) bool { return o.id.IsNsEquals(id) }, of: func(o *object) string { return o.id.Namespace },
	}
	if id.Namespace == "" {
		namespace.missing, namespace.found = "is without a namespace", "add metadata.namespace, one of"
	}
	return []criterion{
		{
			path: []string{"kind"}, value: id.Kind, missing: "of kind", found: "kinds here",
			match: func(o *object) bool { return o.id.Kind == id.Kind }, of: kindOf,
		},
		{
			path: []string{"apiVersion"}, value: id.ApiVersion(), missing: "has the apiVersion", found: "apiVersions here",
			match: func(o *object) bool { return o.id.ApiVersion() == id.ApiVersion() }, of: func(o *object) string { return o.id.ApiVersion() },
		},
		{
			path: []string{"metadata", "name"}, value: id.Name, missing: "is called", found: "names here",
			match: func(o *object) bool { return o.id.Name == id.Name }, of: nameOf,
		},
		namespace,
	}
}

// selectorCriteria are those of a target; its fields are regular expressions.
func selectorCriteria(selector types.Selector) []criterion {
	var criteria []criterion
	add := func(c criterion) {
		if c.value != "" {
			criteria = append(criteria, c)
		}
	}
	// Each field by itself, with kustomize's own matching.
	only := func(single types.Selector, match func(*types.SelectorRegex, resid.ResId) bool) func(*object) bool {
		compiled, err := types.NewSelectorRegex(&single)
		return func(o *object) bool { return err == nil && match(compiled, o.id) }
	}
	gvk := func(gvk resid.Gvk) func(*object) bool {
		return only(types.Selector{ResId: resid.ResId{Gvk: gvk}}, func(s *types.SelectorRegex, id resid.ResId) bool { return s.MatchGvk(id.Gvk) })
	}
	add(criterion{
		path: []string{"kind"}, value: selector.Kind, missing: "of kind", found: "kinds here",
		match: gvk(resid.Gvk{Kind: selector.Kind}), of: kindOf,
	})
	add(criterion{
		path: []string{"group"}, value: selector.Group, missing: "is in the group", found: "groups here",
		match: gvk(resid.Gvk{Group: selector.Group}), of: func(o *object) string { return o.id.Group },
	})
	add(criterion{
		path: []string{"version"}, value: selector.Version, missing: "has the version", found: "versions here",
		match: gvk(resid.Gvk{Version: selector.Version}), of: func(o *object) string { return o.id.Version },
	})
	add(criterion{
		path: []string{"name"}, value: selector.Name, missing: "is called", found: "names here",
		match: only(types.Selector{ResId: resid.ResId{Name: selector.Name}},
			func(s *types.SelectorRegex, id resid.ResId) bool { return s.MatchName(id.Name) }),
		of: nameOf,
	})
	add(criterion{
		path: []string{"namespace"}, value: selector.Namespace, missing: "is in the namespace", found: "namespaces here",
		match: only(types.Selector{ResId: resid.ResId{Namespace: selector.Namespace}},
			func(s *types.SelectorRegex, id resid.ResId) bool { return s.MatchNamespace(id.EffectiveNamespace()) }),
		of: func(o *object) string { return o.id.Namespace },
	})
	add(criterion{
		path: []string{"labelSelector"}, value: selector.LabelSelector, missing: "has the labels",
		match: func(o *object) bool {
			ok, err := o.MatchesLabelSelector(selector.LabelSelector)
			return ok && err == nil
		},
	})
	add(criterion{
		path: []string{"annotationSelector"}, value: selector.AnnotationSelector, missing: "has the annotations",
		match: func(o *object) bool {
			ok, err := o.MatchesAnnotationSelector(selector.AnnotationSelector)
			return ok && err == nil
		},
	})
	return criteria
}

// notRegexp is the message for an expression that does not compile.
func notRegexp(err error) string {
	return "not a regular expression: " + strings.TrimPrefix(sentence(err), "error parsing regexp: ")
}

func kindOf(o *object) string { return o.id.Kind }

func nameOf(o *object) string { return o.id.Name }

// checkSelector reports fields of a selector that cannot be compiled.
func (r *run) checkSelector(s source, n *yaml.Node, field string, selector types.Selector) {
	at := func(name string) (*yaml.Node, string) { return nearestNode(n, name), join(field, name) }
	for name, expr := range map[string]string{
		"group": selector.Group, "version": selector.Version, "kind": selector.Kind, "name": selector.Name, "namespace": selector.Namespace,
	} {
		if _, err := regexp.Compile(expr); err != nil {
			node, path := at(name)
			r.report(s, node, path, notRegexp(err), "")
		}
	}
	empty := kyaml.NewMapRNode(nil)
	if _, err := empty.MatchesLabelSelector(selector.LabelSelector); err != nil {
		node, path := at("labelSelector")
		r.report(s, node, path, "not a label selector: "+sentence(err), `write it like "app=web,tier in (a, b)"`)
	}
	if _, err := empty.MatchesAnnotationSelector(selector.AnnotationSelector); err != nil {
		node, path := at("annotationSelector")
		r.report(s, node, path, "not a selector: "+sentence(err), `write it like "owner=team-a"`)
	}
}
