package postrender

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/resid"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/internal/manifest"
)

// transform applies labels, commonAnnotations, replicas and images. Which
// fields of which kinds those go to is known inside kustomize only, so they
// need a whole krusty run.
func (r *run) transform(k *kustomization) {
	if !k.hasRest() {
		return
	}
	before := len(r.problems)
	r.checkImages(k)
	r.checkReplicas(k)
	if len(r.problems) > before {
		return
	}
	if err := guard(func() error { return r.krusty(k) }); err != nil {
		n, field := k.firstRest()
		hint := ""
		if identity, ok := errors.AsType[*identityError](err); ok {
			hint = identity.hint
		}
		r.report(k.source, n, field, sentence(err), hint)
	}
}

// firstRest is the position for what krusty does not say the place of.
func (k *kustomization) firstRest() (n *yaml.Node, field string) {
	for key := range pairs(k.root) {
		switch key.Value {
		case "labels", "commonAnnotations", "replicas", "images":
			return key, key.Value
		}
	}
	return k.root, ""
}

func (r *run) krusty(k *kustomization) error {
	const folder, resources = "/", "resources.yaml"
	var docs []byte
	for _, o := range r.state.list {
		content, err := o.content()
		if err != nil {
			return fmt.Errorf("convert %s: %w", o, err)
		}
		docs = append(docs, "---\n"...)
		if docs, err = manifest.Append(docs, "", content); err != nil {
			return fmt.Errorf("convert %s: %w", o, err)
		}
	}
	rest := k.rest
	rest.Resources = []string{resources}
	file, err := sigsyaml.Marshal(rest)
	if err != nil {
		return fmt.Errorf("convert kustomization: %w", err)
	}
	memory := filesys.MakeFsInMemory()
	for name, data := range map[string][]byte{resources: docs, "kustomization.yaml": file} {
		if err := memory.WriteFile(folder+name, data); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}

	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionNone
	result, err := krusty.MakeKustomizer(options).Run(memory, folder)
	if err != nil {
		return err //nolint:wrapcheck // Becomes a sentence.
	}

	byID := make(map[resid.ResId]*yaml.Node, result.Size())
	for _, res := range result.Resources() {
		byID[res.OrgId()] = res.YNode()
	}
	var changed []*object
	for _, o := range r.state.list {
		if same, err := sameContent(o.YNode(), byID[o.id]); err != nil {
			return fmt.Errorf("convert %s: %w", o, err)
		} else if !same {
			changed = append(changed, o)
		}
	}
	return change(func() error {
		for _, o := range changed {
			// An object that is not there is found by the check of change.
			o.SetYNode(byID[o.id])
		}
		return nil
	}, changed...)
}

// sameContent tells whether krusty did nothing to an object, apart from
// dropping annotations that are empty, as it always does.
func sameContent(before, after *yaml.Node) (bool, error) {
	if after == nil {
		return false, nil
	}
	var contents [2]any
	for i, n := range []*yaml.Node{before, after} {
		content, err := toContent(n)
		if err != nil {
			return false, err
		}
		if obj, ok := content.(map[string]any); ok {
			if metadata, ok := obj["metadata"].(map[string]any); ok {
				if annotations, ok := metadata["annotations"].(map[string]any); ok && len(annotations) == 0 {
					delete(metadata, "annotations")
				}
			}
		}
		contents[i] = content
	}
	return reflect.DeepEqual(contents[0], contents[1]), nil
}

// checkReplicas reports entries that match nothing: kustomize knows the field
// for the number of replicas in four kinds.
func (r *run) checkReplicas(k *kustomization) {
	kinds := []string{"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"}
	var scalable []*object
	for _, o := range r.state.list {
		if slices.Contains(kinds, o.id.Kind) {
			scalable = append(scalable, o)
		}
	}
	names := values(scalable, nameOf)
	for i, replica := range k.rest.Replicas {
		if slices.Contains(names, replica.Name) {
			continue
		}
		hint := suggest(replica.Name, names, "names here")
		if hint == "" {
			hint = "no object here has replicas that kustomize knows of; use patches"
		}
		n := items(child(k.root, "replicas"))[i]
		r.report(k.source, nearestNode(n, "name"), "replicas"+index(i)+".name",
			strings.TrimSpace("matches nothing: no "+strings.Join(kinds[:3], ", ")+" or "+kinds[3]+" is called "+replica.Name), hint)
	}
}

// checkImages reports entries that match nothing. It looks at more fields than
// kustomize does, so that it never speaks up about one that matches.
func (r *run) checkImages(k *kustomization) {
	if len(k.rest.Images) == 0 {
		return
	}
	var images []string
	for _, o := range r.state.list {
		images = appendImages(images, o.YNode())
	}
	slices.Sort(images)
	images = slices.Compact(images)

	for i, image := range k.rest.Images {
		n := items(child(k.root, "images"))[i]
		at, field := nearestNode(n, "name"), "images"+index(i)+".name"
		if image.Name == "" {
			r.report(k.source, n, "images"+index(i), "has no name", "")
			continue
		}
		// kustomize takes the name for a regular expression, and does not
		// survive one that is none.
		if _, err := regexp.Compile(image.Name); err != nil {
			r.report(k.source, at, field, notRegexp(err), "")
			continue
		}
		expr, err := regexp.Compile("^" + image.Name + "(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$")
		if err != nil || !slices.ContainsFunc(images, expr.MatchString) {
			r.report(k.source, at, field, "matches nothing: no image is called "+image.Name, suggest(image.Name, imageNames(images), "images here"))
		}
	}
}

func appendImages(images []string, n *yaml.Node) []string {
	for key, value := range pairs(n) {
		if (key.Value == "image" || key.Value == "reference") && value.Kind == yaml.ScalarNode {
			images = append(images, value.Value)
		}
		images = appendImages(images, value)
	}
	for _, item := range items(n) {
		images = appendImages(images, item)
	}
	return images
}

// imageNames cuts tags and digests off.
func imageNames(images []string) []string {
	names := make([]string, 0, len(images))
	for _, image := range images {
		name, _, _ := strings.Cut(image, "@")
		if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
			name = name[:colon]
		}
		names = append(names, name)
	}
	return slices.Compact(names)
}
