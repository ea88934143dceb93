// Package postrender applies an environment's kustomization.yaml to the
// objects that genops generated for it: the escape hatch for what the schema
// has no field for.
//
//	# environments/prod/kustomization.yaml
//	patches:
//	- target: {kind: NodePool, name: amd64}
//	  patch: |
//	    - op: replace
//	      path: /spec/weight
//	      value: 20
//
// It is kustomize, with two differences. A kustomization here changes objects
// and never adds, removes or renames one: CUE decides which objects exist, and
// kind, name and namespace are what the cluster and the next render know them
// by. And an entry that matches nothing is an error with a suggestion, where
// kustomize says nothing and the change is silently lost.
//
// Allowed are patches (strategic merge and JSON 6902), replacements, labels,
// commonAnnotations, images and replicas, applied in kustomize's order, which
// is not the order in the file: patches, labels, commonAnnotations, replicas,
// images, replacements. The kinds that are built into Kubernetes merge as
// their API says, lists by key; for other kinds kustomize knows no schema, so
// a strategic merge patch is a JSON merge patch there: a list in it replaces
// the whole list.
//
// Everything that is wrong comes back at once as a [problem.Error] with
// positions in kustomization.yaml or in the patch file.
//
// Patches and replacements are applied entry by entry with kustomize's own
// functions: that tells which entry is at fault, and takes a tenth of the time
// of a krusty run, which labels, commonAnnotations, images and replicas need.
// The tests hold the result to that of krusty. The first strategic merge patch
// of a process loads the schema of all built-in kinds, some 0.1 s.
package postrender

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/problem"
)

// kustomizeLock serialises kustomize: its OpenAPI schema is one per process,
// is loaded on first use and set anew by every krusty run.
//
//nolint:gochecknoglobals // What it guards is global, too.
var kustomizeLock sync.Mutex

// HasKustomization reports whether the environment's folder holds a
// kustomization under one of the names that kustomize recognises.
func HasKustomization(files fs.FS) bool { return Kustomization(files) != "" }

// Kustomization is the name of the kustomization in the environment's folder,
// empty if there is none.
func Kustomization(files fs.FS) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		// A file that cannot be looked at is left to Run, which says why.
		if _, err := fs.Stat(files, name); !errors.Is(err, fs.ErrNotExist) {
			return name
		}
	}
	return ""
}

// Entries are where the entries of a kustomization stand that changed an
// object, by the object's path and in the order in which they were applied.
type Entries map[string][]problem.Position

// Run applies the kustomization in files, the environment's folder, to the
// objects of that environment and returns them in the same order with the same
// paths, and what changed them. Objects that nothing matched are returned as
// they are; no object is changed in place. Without a kustomization it returns
// objs.
//
// dir is the folder as messages show it, such as "environments/prod"; its last
// element is the name of the environment. What is wrong with the kustomization
// is a [problem.Error]; any other error is a file that cannot be read or a
// generated object that kustomize cannot hold.
func Run(dir string, files fs.FS, objs []manifest.Object) ([]manifest.Object, Entries, error) {
	name, err := find(dir, files)
	if err != nil || name == "" {
		return objs, nil, err
	}

	r := &run{dir: dir, files: files}
	k, err := r.load(name)
	if err != nil {
		return nil, nil, err
	}
	if k.empty() {
		if err := problem.Join(r.problems); err != nil {
			return nil, nil, err
		}
		return objs, nil, nil
	}

	kustomizeLock.Lock()
	defer kustomizeLock.Unlock()
	if r.state, err = newState(objs); err != nil {
		return nil, nil, err
	}
	for _, p := range k.patches {
		r.state.entry = p.source.position(p.node)
		r.patch(p)
	}
	n, _ := k.firstRest()
	r.state.entry = k.source.position(n)
	r.transform(k)
	for _, rep := range k.replacements {
		r.state.entry = rep.source.position(rep.node)
		r.replace(rep)
	}
	if err := problem.Join(r.problems); err != nil {
		return nil, nil, err
	}
	return r.state.objects(objs)
}

// find returns the name of the kustomization, empty if there is none.
func find(dir string, files fs.FS) (string, error) {
	var found []string
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if _, err := fs.Stat(files, name); err == nil {
			found = append(found, name)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read %s: %w", path.Join(dir, name), cause(err))
		}
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	default:
		return "", problem.Join([]problem.Problem{{
			Environment: path.Base(dir),
			Position:    problem.Position{File: path.Join(dir, found[1])},
			Message:     "there is a second kustomization, " + found[0],
			Hint:        "keep one of them",
		}})
	}
}

// run is one application of one kustomization.
type run struct {
	dir      string
	files    fs.FS
	state    *state
	problems []problem.Problem
}

// cause is what is wrong with a file, without the operation and the path that
// the file system has put around it.
func cause(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
