package postrender

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
	filter "sigs.k8s.io/kustomize/api/filters/replacement"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/kustomize/kyaml/utils"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// replacement is one entry of replacements, or one of the file that an entry
// names.
type replacement struct {
	source source
	node   *yaml.Node
	field  string // replacements[0]
	spec   types.Replacement
}

func (r *run) loadReplacements(k *kustomization, n *yaml.Node) error {
	t := reflect.TypeFor[types.ReplacementField]()
	if value := deref(n); value.Kind != yaml.SequenceNode {
		r.shape(k.source, "replacements", n, reflect.SliceOf(t))
		return nil
	}
	for i, entry := range items(n) {
		field := "replacements" + index(i)
		if !r.shape(k.source, field, entry, t) {
			continue
		}
		file := deref(child(entry, "path"))
		if file == nil || file.Value == "" {
			r.loadReplacement(k, replacement{source: k.source, node: entry, field: field})
			continue
		}
		if child(entry, "source") != nil || child(entry, "sourceValue") != nil || child(entry, "targets") != nil {
			r.report(k.source, file, field+".path", "path and an inline replacement are both set", "keep one of them")
			continue
		}
		s, data, err := r.readFile(k.source, file, field+".path")
		if err != nil {
			return err
		}
		if data != nil {
			r.loadReplacementFile(k, s, data)
		}
	}
	return nil
}

// loadReplacementFile loads a file with one replacement or a list of them.
func (r *run) loadReplacementFile(k *kustomization, s source, data []byte) {
	docs, ok := r.parse(s, data)
	if !ok {
		return
	}
	if len(docs) != 1 {
		r.report(s, nil, "", fmt.Sprintf("want one document, found %d", len(docs)), "write several replacements as a list")
		return
	}
	t := reflect.TypeFor[types.Replacement]()
	if docs[0].Kind != yaml.SequenceNode {
		if r.shape(s, "", docs[0], t) {
			r.loadReplacement(k, replacement{source: s, node: docs[0]})
		}
		return
	}
	for i, entry := range items(docs[0]) {
		if r.shape(s, index(i), entry, t) {
			r.loadReplacement(k, replacement{source: s, node: entry, field: index(i)})
		}
	}
}

// loadReplacement checks an entry whose shape is right.
func (r *run) loadReplacement(k *kustomization, rep replacement) {
	if err := rep.node.Decode(&rep.spec); err != nil {
		r.report(rep.source, rep.node, rep.field, sentence(err), "")
		return
	}
	before := len(r.problems)
	switch {
	case rep.spec.Source == nil && rep.spec.SourceValue == nil:
		r.report(rep.source, rep.node, rep.field, "has neither source nor sourceValue", "")
	case rep.spec.Source != nil && rep.spec.SourceValue != nil:
		r.report(rep.source, child(rep.node, "sourceValue"), join(rep.field, "sourceValue"), "source and sourceValue are both set", "keep one of them")
	}
	if len(rep.spec.Targets) == 0 {
		r.report(rep.source, rep.node, rep.field, "has no targets", "")
	}
	for i, target := range rep.spec.Targets {
		n, field := rep.target(i)
		if target == nil || target.Select == nil {
			r.report(rep.source, n, field, "a target needs select", "")
			continue
		}
		r.checkSelector(rep.source, child(n, "select"), join(field, "select"), *target.Select)
		for j, reject := range target.Reject {
			rejectField := join(field, "reject") + index(j)
			if reject == nil {
				r.report(rep.source, n, rejectField, "is empty", "")
				continue
			}
			r.checkSelector(rep.source, items(child(n, "reject"))[j], rejectField, *reject)
		}
	}
	if len(r.problems) == before {
		k.replacements = append(k.replacements, rep)
	}
}

// target returns where the i-th target stands.
func (rep *replacement) target(i int) (n *yaml.Node, field string) {
	return items(child(rep.node, "targets"))[i], join(rep.field, "targets") + index(i)
}

// replace applies one replacement.
func (r *run) replace(rep replacement) {
	before := len(r.problems)
	r.checkReplacementSource(rep)
	var targets []*object
	for i, target := range rep.spec.Targets {
		matched := r.replacementTargets(rep, i, target)
		targets = append(targets, matched...)
	}
	if len(r.problems) > before {
		return
	}
	nodes := make([]*kyaml.RNode, 0, len(r.state.list))
	for _, o := range r.state.list {
		nodes = append(nodes, &o.RNode)
	}
	err := change(func() error {
		_, err := filter.Filter{Replacements: []types.Replacement{copyOf(rep.spec)}}.Filter(nodes)
		return err //nolint:wrapcheck // Becomes a sentence.
	}, targets...)
	if err != nil {
		r.reportReplacement(rep, nodes, err)
	}
}

// checkReplacementSource reports a source that is not exactly one field of
// one object.
func (r *run) checkReplacementSource(rep replacement) {
	source := rep.spec.Source
	if source == nil {
		return
	}
	n, field := child(rep.node, "source"), join(rep.field, "source")
	var matched []*object
	for _, o := range r.state.list {
		if o.id.IsSelectedBy(source.ResId) {
			matched = append(matched, o)
		}
	}
	switch len(matched) {
	case 0:
		r.explain(rep.source, n, field, sourceCriteria(source.ResId))
		return
	case 1:
	default:
		names := make([]string, 0, len(matched))
		for _, o := range matched {
			names = append(names, o.String())
		}
		const most = 5
		if len(names) > most {
			names = append(names[:most], "...")
		}
		r.report(rep.source, n, field, fmt.Sprintf("matches %d objects, and a source is one: %s", len(matched), strings.Join(names, ", ")),
			"say kind, name and namespace")
		return
	}
	fieldPath := source.FieldPath
	if fieldPath == "" {
		fieldPath = types.DefaultReplacementFieldPath
	}
	value, err := matched[0].Pipe(kyaml.Lookup(utils.SmarterPathSplitter(fieldPath, ".")...))
	if err != nil || value.IsNilOrEmpty() {
		r.report(rep.source, nearestNode(n, "fieldPath"), join(field, "fieldPath"), fmt.Sprintf("%s has nothing at %s", matched[0], fieldPath), "")
	}
}

// sourceCriteria are those of a replacement's source. Unlike those of a
// target they are no regular expressions.
func sourceCriteria(id resid.ResId) []criterion {
	criteria := selectorCriteria(types.Selector{ResId: id})
	for i := range criteria {
		c := &criteria[i]
		of := c.of
		c.match = func(o *object) bool { return of(o) == c.value }
	}
	return criteria
}

// replacementTargets returns the objects that the i-th target means, and
// reports if there are none.
func (r *run) replacementTargets(rep replacement, i int, target *types.TargetSelector) []*object {
	n, field := rep.target(i)
	compiled, err := types.NewTargetSelectorRegex(target)
	if err != nil {
		r.report(rep.source, n, field, sentence(err), "")
		return nil
	}
	var selected, matched []*object
	for _, o := range r.state.list {
		if !compiled.Selects(o.id) || !matchesSets(o, target.Select) {
			continue
		}
		selected = append(selected, o)
		rejected := compiled.RejectsAny([]resid.ResId{o.id})
		for _, reject := range target.Reject {
			if (reject.LabelSelector != "" || reject.AnnotationSelector != "") && matchesSets(o, reject) {
				rejected = true
			}
		}
		if !rejected {
			matched = append(matched, o)
		}
	}
	switch {
	case len(selected) == 0:
		r.explain(rep.source, child(n, "select"), join(field, "select"), selectorCriteria(*target.Select))
	case len(matched) == 0:
		r.report(rep.source, child(n, "reject"), join(field, "reject"), "matches nothing: everything that select picks is rejected", "")
	}
	return matched
}

// matchesSets tells whether labels and annotations are as the selector asks.
func matchesSets(o *object, selector *types.Selector) bool {
	labels, err := o.MatchesLabelSelector(selector.LabelSelector)
	if err != nil || !labels {
		return false
	}
	annotations, err := o.MatchesAnnotationSelector(selector.AnnotationSelector)
	return err == nil && annotations
}

// reportReplacement finds out which target and field err is about by trying
// each by itself on copies.
func (r *run) reportReplacement(rep replacement, nodes []*kyaml.RNode, err error) {
	if identity, ok := errors.AsType[*identityError](err); ok {
		r.report(rep.source, child(rep.node, "targets"), join(rep.field, "targets"), identity.what, identity.hint)
		return
	}
	for i, target := range rep.spec.Targets {
		paths := target.FieldPaths
		if len(paths) == 0 {
			paths = []string{types.DefaultReplacementFieldPath}
		}
		for j, path := range paths {
			single := copyOf(rep.spec)
			single.Targets = []*types.TargetSelector{{Select: target.Select, Reject: target.Reject, FieldPaths: []string{path}, Options: target.Options}}
			copies := make([]*kyaml.RNode, 0, len(nodes))
			for _, n := range nodes {
				copies = append(copies, n.Copy())
			}
			oneErr := guard(func() error {
				_, err := filter.Filter{Replacements: []types.Replacement{single}}.Filter(copies)
				return err //nolint:wrapcheck // Becomes a sentence.
			})
			if oneErr == nil {
				continue
			}
			n, field := rep.target(i)
			if list := items(child(n, "fieldPaths")); j < len(list) {
				n, field = list[j], join(field, "fieldPaths")+index(j)
			}
			r.reportField(rep, n, field, path, oneErr)
			return
		}
	}
	r.report(rep.source, rep.node, rep.field, sentence(err), "")
}

func (r *run) reportField(rep replacement, n *yaml.Node, field, path string, err error) {
	message, hint := sentence(err), ""
	if strings.HasPrefix(message, "cannot find field") {
		message, hint = "a target has nothing at "+path, "options with create: true adds the field"
	}
	r.report(rep.source, n, field, message, hint)
}

// copyOf copies what kustomize's filter fills defaults into.
func copyOf(spec types.Replacement) types.Replacement {
	if spec.Source != nil {
		source := *spec.Source
		spec.Source = &source
	}
	targets := make([]*types.TargetSelector, 0, len(spec.Targets))
	for _, t := range spec.Targets {
		target := *t
		targets = append(targets, &target)
	}
	spec.Targets = targets
	return spec
}
