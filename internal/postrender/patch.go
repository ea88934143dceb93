package postrender

import (
	"errors"
	"path"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/innovate-inc/genops/internal/problem"
)

// patch is one entry of patches.
type patch struct {
	// source and node are where the entry stands.
	source source
	node   *yaml.Node
	field  string // patches[0]
	target *types.Selector

	// text is the patch itself, docs what it holds: one list of operations or
	// strategic merge patches.
	text source
	docs []*yaml.Node
	// ops is set for JSON 6902.
	ops []operation
	// merges are the strategic merge patches, one per document.
	merges []*resource.Resource
}

func (r *run) loadPatches(k *kustomization, n *yaml.Node, data []byte) error {
	t := reflect.TypeFor[types.Patch]()
	if value := deref(n); value.Kind != yaml.SequenceNode {
		r.shape(k.source, "patches", n, reflect.SliceOf(t))
		return nil
	}
	for i, entry := range items(n) {
		p := patch{source: k.source, node: entry, field: "patches" + index(i)}
		if !r.shape(p.source, p.field, entry, t) {
			continue
		}
		var spec types.Patch
		if err := entry.Decode(&spec); err != nil {
			r.report(p.source, entry, p.field, sentence(err), "")
			continue
		}
		ok, err := r.loadPatch(&p, spec, data)
		if err != nil {
			return err
		}
		if ok {
			k.patches = append(k.patches, p)
		}
	}
	return nil
}

func (r *run) loadPatch(p *patch, spec types.Patch, data []byte) (bool, error) {
	before := len(r.problems)
	if p.target = spec.Target; p.target != nil {
		r.checkSelector(p.source, child(p.node, "target"), p.field+".target", *p.target)
	}
	if options := child(p.node, "options"); spec.Options != nil && (spec.Options.AllowNameChange || spec.Options.AllowKindChange) {
		r.report(p.source, options, p.field+".options", "kind and name are an object's identity and cannot be patched", "leave the options out")
	}

	var text []byte
	switch inline, file := child(p.node, "patch"), child(p.node, "path"); {
	case spec.Patch != "" && spec.Path != "":
		r.report(p.source, file, p.field+".path", "patch and path are both set", "keep one of them")
		return false, nil
	case spec.Patch != "":
		p.text = p.source.inline(p.field+".patch", deref(inline), data)
		text = []byte(spec.Patch)
	case spec.Path != "":
		var err error
		if p.text, text, err = r.readFile(p.source, deref(file), p.field+".path"); err != nil || text == nil {
			return false, err
		}
	default:
		r.report(p.source, p.node, p.field, "has neither patch nor path", "")
		return false, nil
	}

	var ok bool
	if p.docs, ok = r.parse(p.text, text); ok {
		r.classify(p, text)
	}
	return len(r.problems) == before, nil
}

// classify tells the two kinds of patches apart and checks their form.
func (r *run) classify(p *patch, text []byte) {
	lists := 0
	for i, doc := range p.docs {
		switch doc.Kind {
		case yaml.SequenceNode:
			lists++
		case yaml.MappingNode:
		default:
			hint := ""
			if path.Ext(doc.Value) != "" {
				hint = "a file is named with path"
			}
			r.report(p.text, doc, "", "want a strategic merge patch or a list of operations, found "+found(doc), hint)
			return
		}
		if lists > 0 && i > 0 {
			r.report(p.text, doc, "", "operations share a patch with something else", "give each an entry of its own in patches")
			return
		}
	}
	switch {
	case len(p.docs) == 0:
		r.report(p.source, p.node, p.field, "the patch is empty", "")
	case lists > 0:
		if p.target == nil {
			r.report(p.source, p.node, p.field, "a list of operations does not say which objects it is for", "add target, with kind and name")
		}
		p.ops = r.loadOperations(p.text, p.docs[0], text)
	default:
		r.loadMerges(p, text)
	}
}

func (r *run) loadMerges(p *patch, text []byte) {
	if p.target != nil && len(p.docs) > 1 {
		r.report(p.text, p.docs[1], "", "a patch with a target is one document, this is a second one", "give each an entry of its own in patches")
		return
	}
	before := len(r.problems)
	for _, doc := range p.docs {
		for _, name := range [][]string{{"kind"}, {"metadata", "name"}} {
			if value := deref(child(doc, name...)); value == nil || value.Kind != yaml.ScalarNode || value.Value == "" {
				hint := ""
				if p.target != nil {
					hint = "kustomize asks for it even if target picks the objects; any value will do"
				}
				r.report(p.text, nearestNode(doc, name...), "", "a strategic merge patch needs "+strings.Join(name, "."), hint)
			}
		}
	}
	if len(r.problems) > before {
		return
	}
	err := guard(func() (err error) {
		p.merges, err = provider.NewDefaultDepProvider().GetResourceFactory().SliceFromBytes(text)
		return err //nolint:wrapcheck // Becomes a sentence.
	})
	switch {
	case err != nil:
		r.report(p.text, p.docs[0], "", "not a strategic merge patch: "+sentence(err), "")
	case len(p.merges) != len(p.docs):
		r.report(p.text, p.docs[0], "", "a strategic merge patch is for one object, this is a list of them", "write them as documents, with --- between")
	}
}

// patch applies one entry to the objects that it is for.
func (r *run) patch(p patch) {
	if p.target == nil {
		for i, merge := range p.merges {
			id := merge.OrgId()
			at := slices.IndexFunc(r.state.list, func(o *object) bool { return o.id.Equals(id) })
			if at < 0 {
				r.explain(p.text, p.docs[i], "", idCriteria(id))
				continue
			}
			o := r.state.list[at]
			r.reportChange(p, p.docs[i], change(func() error { return o.ApplySmPatch(merge) }, o))
		}
		return
	}

	objs, err := r.state.selected(*p.target)
	switch target := child(p.node, "target"); {
	case err != nil:
		r.report(p.source, target, p.field+".target", sentence(err), "")
		return
	case len(objs) == 0:
		r.explain(p.source, target, p.field+".target", selectorCriteria(*p.target))
		return
	}
	before := len(r.problems)
	for _, o := range objs {
		if len(p.ops) > 0 {
			r.operate(p, o)
			continue
		}
		r.mergeInto(p, o)
	}
	r.problems = append(r.problems[:before], once(r.problems[before:])...)
}

// once keeps the first of the problems at one place: a path that is misspelt
// is so for each object of the target.
func once(problems []problem.Problem) []problem.Problem {
	var kept []problem.Problem
	more := make(map[int]int)
	for _, p := range problems {
		at := slices.IndexFunc(kept, func(k problem.Problem) bool { return k.Position == p.Position && k.Field == p.Field })
		if at < 0 {
			kept = append(kept, p)
			continue
		}
		more[at]++
	}
	for at, n := range more {
		kept[at].Message += " (the same for " + problem.Plural(n, "more object") + ")"
	}
	return kept
}

// mergeInto applies the one strategic merge patch of an entry with a target.
// Kind, name and namespace in it are place holders that kustomize ignores, so
// a namespace that cannot be meant is reported.
func (r *run) mergeInto(p patch, o *object) {
	merge := p.merges[0]
	if namespace := merge.GetNamespace(); namespace != "" && namespace != o.id.Namespace {
		at := child(p.docs[0], "metadata", "namespace")
		r.report(p.text, at, "metadata.namespace", "changes the metadata.namespace of "+o.String(), identityHint)
		return
	}
	r.reportChange(p, p.docs[0], change(func() error {
		// As ResMap.ApplySmPatch does for each object.
		forObject := merge.DeepCopy()
		if err := forObject.CopyMergeMetaDataFieldsFrom(merge); err != nil {
			return err //nolint:wrapcheck // Becomes a sentence.
		}
		forObject.SetGvk(o.GetGvk())
		forObject.SetKind(merge.GetKind())
		return o.ApplySmPatch(forObject)
	}, o))
}

// reportChange reports why doc, which is part of p, did not change an object.
func (r *run) reportChange(p patch, doc *yaml.Node, err error) {
	var identity *identityError
	switch {
	case err == nil:
	case errors.As(err, &identity):
		at := nearestNode(doc, "$patch")
		if identity.field != "" {
			at = nearestNode(doc, strings.Split(identity.field, ".")...)
		}
		r.report(p.text, at, "", identity.what, identity.hint)
	default:
		r.report(p.text, doc, "", sentence(err), "")
	}
}
