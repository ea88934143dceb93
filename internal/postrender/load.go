package postrender

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
)

// kustomization is what the environment's file asks for, checked as far as
// that is possible without the objects.
type kustomization struct {
	source       source
	root         *yaml.Node
	patches      []patch
	replacements []replacement
	// rest is what krusty does: labels, commonAnnotations, images, replicas.
	rest types.Kustomization
}

func (k *kustomization) empty() bool {
	return len(k.patches) == 0 && len(k.replacements) == 0 && !k.hasRest()
}

func (k *kustomization) hasRest() bool {
	return len(k.rest.Labels)+len(k.rest.CommonAnnotations)+len(k.rest.Images)+len(k.rest.Replicas) > 0
}

// load reads the kustomization and the files that it names. What is wrong with
// them is reported, and the entry left out; the error is for files that cannot
// be read.
func (r *run) load(name string) (*kustomization, error) {
	k := &kustomization{source: source{file: path.Join(r.dir, name)}}
	data, err := fs.ReadFile(r.files, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", k.source.file, cause(err))
	}
	docs, ok := r.parse(k.source, data)
	switch {
	case !ok || len(docs) == 0:
		return k, nil
	case len(docs) > 1:
		r.report(k.source, docs[1], "", "a kustomization is one document, this is a second one", "")
		return k, nil
	}
	k.root = docs[0]
	if k.root.Kind != yaml.MappingNode {
		r.report(k.source, k.root, "", "want a mapping, found "+found(k.root), allowedHint)
		return k, nil
	}

	fields := fieldsOf(reflect.TypeFor[types.Kustomization]())
	for key, value := range pairs(k.root) {
		field := key.Value
		if !allowed(field) {
			if message, hint, known := refusal(field); known {
				r.report(k.source, key, field, message, hint)
			} else {
				r.reportUnknown(k.source, key, "", allowedFields(fields))
			}
			continue
		}
		if err := r.loadField(k, field, value, data, fields[field]); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// allowedFields are the fields that an unknown one can have been meant to be.
func allowedFields(fields map[string]reflect.Type) []string {
	var names []string
	for _, name := range keys(fields) {
		if allowed(name) {
			names = append(names, name)
		}
	}
	return names
}

func (r *run) loadField(k *kustomization, field string, n *yaml.Node, data []byte, t reflect.Type) error {
	switch field {
	case "apiVersion":
		r.checkConst(k, field, n, types.KustomizationVersion)
	case "kind":
		r.checkConst(k, field, n, types.KustomizationKind)
	case "patches":
		return r.loadPatches(k, n, data)
	case "replacements":
		return r.loadReplacements(k, n)
	case "labels":
		r.decode(k, field, n, t, &k.rest.Labels)
	case "commonAnnotations":
		r.decode(k, field, n, t, &k.rest.CommonAnnotations)
	case "images":
		r.decode(k, field, n, t, &k.rest.Images)
	case "replicas":
		r.decode(k, field, n, t, &k.rest.Replicas)
	default:
		r.shape(k.source, field, n, t)
	}
	return nil
}

func (r *run) checkConst(k *kustomization, field string, n *yaml.Node, want string) {
	if value := deref(n); value.Kind != yaml.ScalarNode || value.Value != want {
		r.report(k.source, n, field, "want "+want+", found "+found(value), "")
	}
}

func (r *run) decode(k *kustomization, field string, n *yaml.Node, t reflect.Type, into any) {
	if !r.shape(k.source, field, n, t) {
		return
	}
	if err := n.Decode(into); err != nil {
		r.report(k.source, n, field, sentence(err), "")
	}
}

// readFile reads the file that field, with the value n in s, names. It reports
// a name that leads out of the environment's folder: what is rendered depends
// on that folder alone, and never on the network.
func (r *run) readFile(s source, n *yaml.Node, field string) (source, []byte, error) {
	name := n.Value
	if strings.Contains(name, "://") || strings.HasPrefix(name, "git@") || strings.Contains(name, "?ref=") {
		r.report(s, n, field, "is an address in the network", "copy the file into "+r.dir)
		return source{}, nil, nil
	}
	clean := path.Clean(name)
	if path.IsAbs(name) || !fs.ValidPath(clean) {
		r.report(s, n, field, name+" is not in "+r.dir, "copy the file into that folder")
		return source{}, nil, nil
	}
	data, err := fs.ReadFile(r.files, clean)
	file := source{file: path.Join(r.dir, clean)}
	switch {
	case err == nil:
		return file, data, nil
	case errors.Is(err, fs.ErrNotExist):
		r.report(s, n, field, "there is no file "+file.file, suggest(path.Base(clean), r.siblings(clean), "files there"))
		return source{}, nil, nil
	default:
		if info, statErr := fs.Stat(r.files, clean); statErr == nil && info.IsDir() {
			r.report(s, n, field, file.file+" is a folder", suggest("", r.siblings(clean+"/x"), "files there"))
			return source{}, nil, nil
		}
		return source{}, nil, fmt.Errorf("read %s: %w", file.file, cause(err))
	}
}

// siblings are the YAML and JSON files beside the file name.
func (r *run) siblings(name string) []string {
	entries, err := fs.ReadDir(r.files, path.Dir(name))
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		switch path.Ext(entry.Name()) {
		case ".yaml", ".yml", ".json":
			if !entry.IsDir() && !strings.HasPrefix(strings.ToLower(entry.Name()), "kustomization.") {
				names = append(names, entry.Name())
			}
		}
	}
	return names
}
