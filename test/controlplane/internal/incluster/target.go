package incluster

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// secretTarget is the Secret that an ExternalSecret becomes.
type secretTarget struct {
	Name           string          `json:"name"`
	CreationPolicy string          `json:"creationPolicy"`
	Template       *secretTemplate `json:"template"`
}

type secretTemplate struct {
	EngineVersion string            `json:"engineVersion"`
	MergePolicy   string            `json:"mergePolicy"`
	Type          corev1.SecretType `json:"type"`
	Data          map[string]string `json:"data"`
	TemplateFrom  []any             `json:"templateFrom"`
	Metadata      struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
}

// written is a Secret that is there.
type written struct {
	name    string
	changed bool
}

// data applies the template to the values.
func (t *secretTarget) data(values map[string]string) (map[string][]byte, error) {
	data := map[string][]byte{}
	if t.Template == nil || len(t.Template.Data) == 0 || t.Template.MergePolicy == "Merge" {
		for key, value := range values {
			data[key] = []byte(value)
		}
	}
	if t.Template == nil {
		return data, nil
	}
	if len(t.Template.TemplateFrom) > 0 || cmp.Or(t.Template.EngineVersion, "v2") != "v2" {
		return nil, errors.New("template: this stand-in knows data of the engine v2")
	}
	for _, key := range slices.Sorted(maps.Keys(t.Template.Data)) {
		parsed, err := template.New(key).Option("missingkey=error").Funcs(template.FuncMap{"fromJson": fromJSON}).Parse(t.Template.Data[key])
		if err != nil {
			return nil, fmt.Errorf("template of %s: %w", key, err)
		}
		var text strings.Builder
		if err := parsed.Execute(&text, values); err != nil {
			return nil, fmt.Errorf("template of %s: %w", key, err)
		}
		data[key] = []byte(text.String())
	}
	return data, nil
}

func fromJSON(text string) (any, error) {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return nil, fmt.Errorf("no JSON: %w", err)
	}
	return value, nil
}

// write makes the Secret what the values say.
func (c *Controllers) write(ctx context.Context, target *secretTarget, owner unstructured.Unstructured, values map[string]string) (written, error) {
	name := cmp.Or(target.Name, owner.GetName())
	if policy := cmp.Or(target.CreationPolicy, "Owner"); policy != "Owner" {
		return written{}, fmt.Errorf("target.creationPolicy: this stand-in knows Owner, not %s", policy)
	}
	data, err := target.data(values)
	if err != nil {
		return written{}, err
	}
	wanted := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: owner.GetNamespace(), Labels: map[string]string{"reconcile.external-secrets.io/managed": "true"},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(&owner, owner.GroupVersionKind())},
		},
		Type: corev1.SecretTypeOpaque, Data: data,
	}
	if t := target.Template; t != nil {
		wanted.Type = cmp.Or(t.Type, wanted.Type)
		maps.Copy(wanted.Labels, t.Metadata.Labels)
		wanted.Annotations = t.Metadata.Annotations
	}
	secrets := c.Client.CoreV1().Secrets(wanted.Namespace)
	live, err := secrets.Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		_, err = secrets.Create(ctx, wanted, metav1.CreateOptions{})
		return written{name: name, changed: true}, saved(name, err)
	case err != nil:
		return written{}, fmt.Errorf("secret %s: %w", name, err)
	}
	if other := metav1.GetControllerOf(live); other != nil && other.UID != owner.GetUID() {
		return written{}, fmt.Errorf("target is owned by %s %s", other.Kind, other.Name)
	}
	if live.Type == wanted.Type && reflect.DeepEqual(live.Data, wanted.Data) && metav1.IsControlledBy(live, &owner) {
		return written{name: name}, nil
	}
	live.Type, live.Data, live.OwnerReferences = wanted.Type, wanted.Data, wanted.OwnerReferences
	_, err = secrets.Update(ctx, live, metav1.UpdateOptions{})
	return written{name: name, changed: true}, saved(name, err)
}

func saved(name string, err error) error {
	if err != nil {
		return fmt.Errorf("could not write Secret %s: %w", name, err)
	}
	return nil
}

// decoded is a value of a Secret that was read without its type.
func decoded(secret *unstructured.Unstructured, key string) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(field.Text(secret.Object, "data", key))
	if err != nil || len(raw) == 0 {
		return "", fmt.Errorf("secret %s has no key %s", secret.GetName(), key)
	}
	return string(raw), nil
}
