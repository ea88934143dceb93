package incluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// value reads a value out of a store.
func (a *account) value(ctx context.Context, s store, ref remoteRef) (string, error) {
	if ref.Version != "" || ref.DecodingStrategy != "" && ref.DecodingStrategy != "None" || ref.MetadataPolicy != "" && ref.MetadataPolicy != "None" {
		return "", errors.New("remoteRef: this stand-in knows key and property")
	}
	if s.service == parameterStore {
		text, err := a.parameter(ctx, s, ref.Key)
		if err != nil || ref.Property == "" {
			return text, err
		}
		text, err = property(text, ref.Property)
		if err != nil {
			return "", fmt.Errorf("parameter %s: %w", ref.Key, err)
		}
		return text, nil
	}
	if err := a.secretExists(ctx, s, ref.Key); err != nil {
		return "", err
	}
	return invented(s.region, ref.Key, ref.Property), nil
}

// invented is a secret that nobody knows, the same each time.
func invented(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{"invented"}, parts...), "\n")))
	const digits = 32
	return "invented-" + hex.EncodeToString(sum[:])[:digits]
}

// parameter is the value of a parameter of Systems Manager.
func (a *account) parameter(ctx context.Context, s store, key string) (string, error) {
	all, err := a.all(ctx, managed{"ssm.aws.upbound.io", "parameters"}, s.region)
	if err != nil {
		return "", fmt.Errorf("parameter %s: %w", key, err)
	}
	for _, u := range all {
		if external(u) != key {
			continue
		}
		if text := provider(u, "insecureValue"); text != "" {
			return text, nil
		}
		ref, ok, _ := unstructured.NestedMap(u.Object, "spec", "forProvider", "valueSecretRef")
		if !ok {
			return "", fmt.Errorf("parameter %s: %s has neither insecureValue nor valueSecretRef", key, title(u.GetKind(), "", u.GetName()))
		}
		secret, err := a.Hub.Resource(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}).Namespace(field.Text(ref, "namespace")).
			Get(ctx, field.Text(ref, "name"), metav1.GetOptions{})
		if err != nil {
			return "", fmt.Errorf("parameter %s: %w", key, err)
		}
		return decoded(secret, field.Text(ref, "key"))
	}
	return "", fmt.Errorf("parameter %s does not exist in %s; %s", key, s.region, names(all, external))
}

// secretExists checks that Secrets Manager has a secret, by its name or ARN.
func (a *account) secretExists(ctx context.Context, s store, key string) error {
	all, err := a.all(ctx, managed{"secretsmanager.aws.upbound.io", "secrets"}, s.region)
	if err != nil {
		return fmt.Errorf("secret %s: %w", key, err)
	}
	name := func(u unstructured.Unstructured) string { return provider(u, "name") }
	if slices.ContainsFunc(all, func(u unstructured.Unstructured) bool {
		return name(u) == key || external(u) == key || observed(u, "arn") == key
	}) {
		return nil
	}
	return fmt.Errorf("secret %s does not exist in %s; %s", key, s.region, names(all, name))
}

// find finds secrets by their tags. RDS makes and tags one for each cluster whose master password it manages.
func (a *account) find(ctx context.Context, s store, by secretFind) (map[string]string, error) {
	if s.service != secretsManager || len(by.Tags) == 0 || by.Path != "" || len(by.Name) > 0 {
		return nil, errors.New("find: this stand-in knows tags of Secrets Manager")
	}
	var missing []error
	list := func(kind managed) []unstructured.Unstructured {
		all, err := a.all(ctx, kind, s.region)
		if err != nil {
			missing = append(missing, err)
		}
		return all
	}
	found := map[string]string{}
	for _, u := range list(managed{"rds.aws.upbound.io", "clusters"}) {
		arn := observed(u, "arn")
		tags := map[string]string{"aws:rds:primaryDBClusterArn": arn, "aws:secretsmanager:owningService": "rds"}
		if !contains(tags, by.Tags) {
			continue
		}
		if managed, _, _ := unstructured.NestedBool(u.Object, "spec", "forProvider", "manageMasterUserPassword"); !managed {
			missing = append(missing, fmt.Errorf("RDS manages no password of %s (manageMasterUserPassword)", arn))
			continue
		}
		text, err := json.Marshal(map[string]string{"username": provider(u, "masterUsername"), "password": invented(arn)})
		if err != nil {
			return nil, fmt.Errorf("secret of %s: %w", arn, err)
		}
		found["rds!cluster-"+invented(arn)] = string(text)
	}
	for _, u := range list(managed{"secretsmanager.aws.upbound.io", "secrets"}) {
		tags, _, _ := unstructured.NestedStringMap(u.Object, "spec", "forProvider", "tags")
		if contains(tags, by.Tags) {
			found[provider(u, "name")] = invented(s.region, provider(u, "name"), "")
		}
	}
	if len(found) == 0 {
		return nil, errors.Join(append([]error{fmt.Errorf("find: no secret of %s has the tags %v", s.region, by.Tags)}, missing...)...)
	}
	return found, nil
}

func contains(tags, wanted map[string]string) bool {
	for key, value := range wanted {
		if has, ok := tags[key]; !ok || has != value {
			return false
		}
	}
	return true
}

// extract takes all properties of a parameter that is JSON.
func (a *account) extract(ctx context.Context, s store, ref remoteRef) (map[string]string, error) {
	if s.service != parameterStore {
		return nil, errors.New("extract: what is inside a secret is not known here")
	}
	text, err := a.value(ctx, s, ref)
	if err != nil {
		return nil, err
	}
	fields, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("parameter %s: %w", ref.Key, err)
	}
	all := map[string]string{}
	for key, value := range fields {
		all[key] = plain(value)
	}
	return all, nil
}

func parse(text string) (map[string]any, error) {
	var fields map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, fmt.Errorf("its value is no JSON object: %w", err)
	}
	return fields, nil
}

// property is a property of a JSON object; dots lead inside.
func property(text, path string) (string, error) {
	fields, err := parse(text)
	if err != nil {
		return "", err
	}
	if value, ok := fields[path]; ok {
		return plain(value), nil
	}
	var value any = fields
	for step := range strings.SplitSeq(path, ".") {
		inner, _ := value.(map[string]any)
		next, ok := inner[step]
		if !ok {
			return "", fmt.Errorf("its value has no property %s; there are: %s", path, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		value = next
	}
	return plain(value), nil
}

// plain is a value of JSON as text.
func plain(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case nil:
		return ""
	case json.Number:
		return value.String()
	default:
		text, err := json.Marshal(value)
		if err != nil {
			return fmt.Sprint(value)
		}
		return string(text)
	}
}
