package postrender

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	kjson "k8s.io/apimachinery/pkg/util/json"
	sigsyaml "sigs.k8s.io/yaml"
)

// operation is one operation of a JSON 6902 patch.
type operation struct {
	node           *yaml.Node
	op, path, from string
	patch          jsonpatch.Patch // this one alone
}

// loadOperations checks the operations in list, the content of text.
func (r *run) loadOperations(s source, list *yaml.Node, text []byte) []operation {
	before := len(r.problems)
	var ops []operation
	for i, n := range items(list) {
		field := index(i)
		if value := deref(n); value.Kind != yaml.MappingNode {
			r.report(s, n, field, "want an operation with op and path, found "+found(value), "")
			continue
		}
		ops = append(ops, r.loadOperation(s, n, field))
	}
	if len(r.problems) > before {
		return nil
	}
	if len(ops) == 0 {
		r.report(s, list, "", "the patch is empty", "")
		return nil
	}

	// Values are read the way kustomize reads them.
	data, err := sigsyaml.YAMLToJSON(text)
	if err != nil {
		r.report(s, list, "", "not YAML: "+sentence(err), "")
		return nil
	}
	all, err := jsonpatch.DecodePatch(data)
	if err != nil || len(all) != len(ops) {
		r.report(s, list, "", "not a list of operations", "")
		return nil
	}
	for i := range ops {
		ops[i].patch = all[i : i+1]
	}
	return ops
}

func (r *run) loadOperation(s source, n *yaml.Node, field string) operation {
	op := operation{node: n}
	names := []string{"op", "path", "from", "value"}
	set := make(map[string]bool, len(names))
	for key, value := range pairs(n) {
		set[key.Value] = true
		text := deref(value)
		switch {
		case !slices.Contains(names, key.Value):
			r.reportUnknown(s, key, field, names)
		case key.Value == "value":
		case text.Kind != yaml.ScalarNode || text.ShortTag() != "!!str":
			r.report(s, value, join(field, key.Value), "want text, found "+found(text), "")
		}
	}
	if at := deref(child(n, "op")); at != nil {
		op.op = at.Value
	}
	needs := "path"
	switch op.op {
	case "add", "replace", "test":
		needs = "path value"
	case "move", "copy":
		needs = "path from"
	case "remove":
	default:
		message := "there is no such operation"
		if !set["op"] {
			message = "an operation needs op"
		}
		r.report(s, nearestNode(n, "op"), join(field, "op"), message,
			suggest(op.op, []string{"add", "remove", "replace", "move", "copy", "test"}, "operations"))
		return op
	}
	for name := range strings.FieldsSeq(needs) {
		if !set[name] {
			r.report(s, n, field, op.op+" needs "+name, "")
		}
	}
	for name, into := range map[string]*string{"path": &op.path, "from": &op.from} {
		at := deref(child(n, name))
		if at == nil || at.ShortTag() != "!!str" {
			continue
		}
		if *into = at.Value; !strings.HasPrefix(*into, "/") {
			hint := ""
			if *into != "" && !strings.Contains(*into, "/") {
				hint = "did you mean /" + strings.ReplaceAll(*into, ".", "/") + "?"
			}
			r.report(s, at, join(field, name), "has to start with /", hint)
		}
	}
	return op
}

// operate applies the operations of p to one object, and reports the first
// that does not apply.
func (r *run) operate(p patch, o *object) {
	var at int
	err := change(func() error {
		content, err := o.content()
		if err != nil {
			return err
		}
		// Not kustomize's filter, which reads the result back with numbers as
		// floats: the patch library is the same.
		doc, err := json.Marshal(content)
		if err != nil {
			return fmt.Errorf("convert %s: %w", o, err)
		}
		for at = range p.ops {
			if err := checkOperation(o, p.ops[at], doc); err != nil {
				return err
			}
			next, err := p.ops[at].patch.Apply(doc)
			if err != nil {
				return explainOperation(o, p.ops[at], doc, err)
			}
			doc = next
		}
		var changed map[string]any
		if err := kjson.Unmarshal(doc, &changed); err != nil {
			return fmt.Errorf("%s is not an object any more: %w", o, err)
		}
		n, err := toNode(changed)
		if err != nil {
			return err
		}
		o.SetYNode(n)
		return nil
	}, o)
	r.reportOperation(p, at, err)
}

func (r *run) reportOperation(p patch, at int, err error) {
	var identity *identityError
	var op *operationError
	switch {
	case err == nil:
	case errors.As(err, &identity):
		// The last that writes to the field or to what holds it.
		pointer := "/" + strings.ReplaceAll(identity.field, ".", "/")
		for i, op := range p.ops {
			if op.op != "test" && (strings.HasPrefix(pointer+"/", op.path+"/") || op.op == "move" && strings.HasPrefix(pointer+"/", op.from+"/")) {
				at = i
			}
		}
		r.report(p.text, nearestNode(p.ops[at].node, "path"), join(index(at), "path"), identity.what, identity.hint)
	case errors.As(err, &op):
		r.report(p.text, nearestNode(p.ops[at].node, op.field), join(index(at), op.field), op.message, op.hint)
	default:
		r.report(p.text, p.ops[at].node, index(at), sentence(err), "")
	}
}

// operationError is an operation that does not apply, and which of its fields
// is at fault.
type operationError struct {
	field, message, hint string
}

func (e *operationError) Error() string { return e.message }

// checkOperation reports what the standard forbids and the library lets pass:
// a replace that adds, or a copy of nothing, is a path that is misspelt.
func checkOperation(o *object, op operation, doc []byte) error {
	field, pointer := "path", op.path
	switch op.op {
	case "copy", "move":
		field, pointer = "from", op.from
	case "replace", "remove":
	default:
		return nil
	}
	var content any
	if err := kjson.Unmarshal(doc, &content); err != nil {
		return fmt.Errorf("convert %s: %w", o, err)
	}
	if _, hint, ok := lookup(content, pointer); !ok {
		return &operationError{field: field, message: fmt.Sprintf("%s has nothing at %s", o, pointer), hint: hint}
	}
	return nil
}

// explainOperation says what op did not find in the object, whose content is
// doc.
func explainOperation(o *object, op operation, doc []byte, err error) error {
	var content any
	if jsonErr := kjson.Unmarshal(doc, &content); jsonErr != nil {
		return err
	}
	if errors.Is(err, jsonpatch.ErrTestFailed) {
		if value, _, ok := lookup(content, op.path); ok {
			have, jsonErr := json.Marshal(value)
			if jsonErr != nil {
				return err
			}
			return &operationError{field: "value", message: fmt.Sprintf("%s has %s at %s", o, have, op.path)}
		}
	}
	// What is added need not be there, but what holds it.
	if _, hint, ok := lookup(content, parent(op.path)); !ok {
		return &operationError{field: "path", message: fmt.Sprintf("%s has nothing at %s", o, parent(op.path)), hint: hint}
	}
	if _, hint, ok := lookup(content, op.path); !ok {
		return &operationError{field: "path", message: fmt.Sprintf("%s has no place for %s", o, op.path), hint: hint}
	}
	return err
}

// parent is the pointer without its last segment.
func parent(pointer string) string {
	return pointer[:max(0, strings.LastIndexByte(pointer, '/'))]
}

// lookup follows a JSON pointer. If the way ends early, the hint says what
// there is instead.
func lookup(v any, pointer string) (value any, hint string, ok bool) {
	for i := 0; i < len(pointer); {
		end := i + 1
		for end < len(pointer) && pointer[end] != '/' {
			end++
		}
		before := pointer[:i]
		name := strings.ReplaceAll(strings.ReplaceAll(pointer[i+1:end], "~1", "/"), "~0", "~")
		switch parent := v.(type) {
		case map[string]any:
			child, ok := parent[name]
			if !ok {
				return nil, suggestPointer(before, name, keys(parent)), false
			}
			v = child
		case []any:
			at, err := strconv.Atoi(name)
			if at < 0 {
				at += len(parent) // Not in the standard; the library counts from the end.
			}
			if err != nil || at < 0 || at >= len(parent) {
				return nil, fmt.Sprintf("%s is a list of %d, counted from 0", before, len(parent)), false
			}
			v = parent[at]
		default:
			return nil, before + " is a value that holds nothing", false
		}
		i = end
	}
	return v, "", true
}

func suggestPointer(before, name string, names []string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	pointers := make([]string, 0, len(names))
	for _, n := range names {
		pointers = append(pointers, escape.Replace(n))
	}
	where := before
	if where == "" {
		where = "the object"
	}
	hint := suggest(escape.Replace(name), pointers, where+" has")
	if meant, ok := strings.CutPrefix(hint, "did you mean "); ok {
		return "did you mean " + before + "/" + meant
	}
	return hint
}
