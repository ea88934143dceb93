package incluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// externalSecret is spec of an ExternalSecret, as far as the stand-in knows it; what it knows nothing of is refused.
type externalSecret struct {
	SecretStoreRef storeRef       `json:"secretStoreRef"`
	Data           []secretData   `json:"data"`
	DataFrom       []secretSource `json:"dataFrom"`
	Target         secretTarget   `json:"target"`
}

type storeRef struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

type sourceRef struct {
	StoreRef     *storeRef      `json:"storeRef"`
	GeneratorRef map[string]any `json:"generatorRef"`
}

type secretData struct {
	SecretKey string     `json:"secretKey"`
	RemoteRef remoteRef  `json:"remoteRef"`
	SourceRef *sourceRef `json:"sourceRef"`
}

type remoteRef struct {
	Key              string `json:"key"`
	Property         string `json:"property"`
	Version          string `json:"version"`
	DecodingStrategy string `json:"decodingStrategy"`
	MetadataPolicy   string `json:"metadataPolicy"`
}

type secretSource struct {
	Extract   *remoteRef  `json:"extract"`
	Find      *secretFind `json:"find"`
	Rewrite   []rewrite   `json:"rewrite"`
	SourceRef *sourceRef  `json:"sourceRef"`
}

type secretFind struct {
	Tags map[string]string `json:"tags"`
	Path string            `json:"path"`
	Name map[string]any    `json:"name"`
}

type rewrite struct {
	Regexp *struct {
		Source string `json:"source"`
		Target string `json:"target"`
	} `json:"regexp"`
	Transform map[string]any `json:"transform"`
	Merge     map[string]any `json:"merge"`
}

// externalSecrets plays External Secrets.
func (c *Controllers) externalSecrets(ctx context.Context, aws *account) ([]string, error) {
	found, err := c.list(ctx, secretsAPI("externalsecrets"))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if _, err := c.running(ctx, operatorName); err != nil {
		return []string{"ExternalSecrets wait: " + err.Error()}, nil
	}
	var problems []string
	for _, u := range found {
		v := verdict{ready: true, reason: "SecretSynced", message: "secret synced"}
		more := map[string]any{}
		written, err := c.secret(ctx, aws, u)
		switch {
		case err != nil:
			v = verdict{reason: "SecretSyncedError", message: err.Error()}
			problems = append(problems, title(u.GetKind(), u.GetNamespace(), u.GetName())+": "+err.Error())
		case written.changed || !field.IsReady(u.Object):
			more["refreshTime"] = time.Now().UTC().Format(time.RFC3339)
			more["binding"] = map[string]any{"name": written.name}
		}
		if err := c.report(ctx, secretsAPI("externalsecrets"), u, v, more); err != nil {
			return problems, err
		}
	}
	return problems, nil
}

// secret fetches what an ExternalSecret names, and writes its Secret.
func (c *Controllers) secret(ctx context.Context, aws *account, u unstructured.Unstructured) (written, error) {
	if _, err := c.withCredentials(ctx, operatorName); err != nil {
		return written{}, err
	}
	var spec externalSecret
	content, _, _ := unstructured.NestedMap(u.Object, "spec")
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &spec); err != nil {
		return written{}, fmt.Errorf("read spec: %w", err)
	}
	values, err := c.fetch(ctx, aws, &spec, u.GetNamespace())
	if err != nil {
		return written{}, err
	}
	return c.write(ctx, &spec.Target, u, values)
}

// fetch reads all values: first those that were found, then those that are named.
func (c *Controllers) fetch(ctx context.Context, aws *account, spec *externalSecret, namespace string) (map[string]string, error) {
	values := map[string]string{}
	var problems []error
	for i, source := range spec.DataFrom {
		some, err := c.fetchFrom(ctx, aws, spec, source, namespace)
		if err != nil {
			problems = append(problems, fmt.Errorf("spec.dataFrom[%d]: %w", i, err))
		}
		maps.Copy(values, some)
	}
	for i, data := range spec.Data {
		s, err := c.source(ctx, spec, data.SourceRef, namespace)
		if err == nil {
			values[data.SecretKey], err = aws.value(ctx, s, data.RemoteRef)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("spec.data[%d] (%s): %w", i, data.SecretKey, err))
		}
	}
	if len(spec.Data)+len(spec.DataFrom) == 0 {
		problems = append(problems, errors.New("neither spec.data nor spec.dataFrom says what to fetch"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return values, nil
}

// source is the store of a value: its own, or that of the ExternalSecret.
func (c *Controllers) source(ctx context.Context, spec *externalSecret, own *sourceRef, namespace string) (store, error) {
	ref := spec.SecretStoreRef
	if own != nil {
		if own.GeneratorRef != nil || own.StoreRef == nil {
			return store{}, errors.New("sourceRef: this stand-in knows stores and no generators")
		}
		ref = *own.StoreRef
	}
	ref.Kind = cmp.Or(ref.Kind, "SecretStore")
	return c.open(ctx, ref, namespace)
}

// fetchFrom reads values whose names are not known beforehand.
func (c *Controllers) fetchFrom(
	ctx context.Context, aws *account, spec *externalSecret, source secretSource, namespace string,
) (map[string]string, error) {
	s, err := c.source(ctx, spec, source.SourceRef, namespace)
	if err != nil {
		return nil, err
	}
	var found map[string]string
	switch {
	case source.Extract != nil:
		found, err = aws.extract(ctx, s, *source.Extract)
	case source.Find != nil:
		found, err = aws.find(ctx, s, *source.Find)
	default:
		return nil, errors.New("it neither finds nor extracts")
	}
	if err != nil {
		return nil, err
	}
	return rewritten(found, source.Rewrite)
}

var (
	goodKey  = regexp.MustCompile(`^[-._a-zA-Z0-9]+$`)
	badRunes = regexp.MustCompile(`[^-._a-zA-Z0-9]`)
)

// rewritten gives values the keys that they have in the Secret.
func rewritten(values map[string]string, rules []rewrite) (map[string]string, error) {
	for _, rule := range rules {
		if rule.Regexp == nil || rule.Transform != nil || rule.Merge != nil {
			return nil, errors.New("rewrite: this stand-in knows regexp")
		}
		source, err := regexp.Compile(rule.Regexp.Source)
		if err != nil {
			return nil, fmt.Errorf("rewrite: %w", err)
		}
		next := map[string]string{}
		for key, value := range values {
			name := source.ReplaceAllString(key, rule.Regexp.Target)
			if _, taken := next[name]; taken {
				return nil, fmt.Errorf("rewrite: %d secrets were found, and two of them become %s", len(values), name)
			}
			next[name] = value
		}
		values = next
	}
	named := map[string]string{}
	for key, value := range values {
		if len(rules) == 0 {
			key = badRunes.ReplaceAllString(key, "_") // The conversion strategy Default.
		}
		if !goodKey.MatchString(key) {
			return nil, fmt.Errorf("%q is no key of a Secret", key)
		}
		named[key] = value
	}
	return named, nil
}
