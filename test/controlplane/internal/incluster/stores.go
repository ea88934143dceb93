package incluster

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

const operatorName = "external-secrets"

func secretsAPI(plural string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "external-secrets.io", Version: "v1", Resource: plural}
}

// Services of AWS that a store may lead to.
const (
	secretsManager = "SecretsManager"
	parameterStore = "ParameterStore"
)

// store is a service of AWS in a region.
type store struct{ name, service, region string }

// stores judges ClusterSecretStores, as External Secrets does.
func (c *Controllers) stores(ctx context.Context, _ *account) ([]string, error) {
	found, err := c.list(ctx, secretsAPI("clustersecretstores"))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if _, err := c.running(ctx, operatorName); err != nil {
		return []string{"ClusterSecretStores wait: " + err.Error()}, nil
	}
	_, credentials := c.withCredentials(ctx, operatorName)
	var problems []string
	for _, u := range found {
		v := verdict{ready: true, reason: "Valid", message: "store validated"}
		if _, err := storeOf(u); err != nil {
			v = verdict{reason: "InvalidProviderConfig", message: err.Error()}
		} else if credentials != nil {
			v = verdict{reason: "ValidationFailed", message: "unable to validate store: " + credentials.Error()}
		}
		if !v.ready {
			problems = append(problems, title(u.GetKind(), "", u.GetName())+": "+v.message)
		}
		if err := c.report(ctx, secretsAPI("clustersecretstores"), u, v, map[string]any{"capabilities": "ReadWrite"}); err != nil {
			return problems, err
		}
	}
	return problems, nil
}

// storeOf reads where a store leads to.
func storeOf(u unstructured.Unstructured) (store, error) {
	aws, ok, _ := unstructured.NestedMap(u.Object, "spec", "provider", "aws")
	if !ok {
		return store{}, errors.New("spec.provider: this stand-in knows aws")
	}
	s := store{name: u.GetName(), service: field.Text(aws, "service"), region: field.Text(aws, "region")}
	for _, name := range []string{"auth", "role", "externalID", "additionalRoles"} {
		if _, ok := aws[name]; ok {
			return s, fmt.Errorf("spec.provider.aws.%s: this stand-in knows the rights of External Secrets itself", name)
		}
	}
	if s.service != secretsManager && s.service != parameterStore {
		return s, fmt.Errorf("spec.provider.aws.service: found %q, allowed is %s or %s", s.service, secretsManager, parameterStore)
	}
	if s.region == "" {
		return s, errors.New("spec.provider.aws.region is missing")
	}
	return s, nil
}

// open finds a store that a namespace may read from.
func (c *Controllers) open(ctx context.Context, ref storeRef, namespace string) (store, error) {
	if ref.Name == "" {
		return store{}, errors.New("a storeRef without a name")
	}
	if ref.Kind != "ClusterSecretStore" {
		return store{}, fmt.Errorf("store %s: this stand-in knows ClusterSecretStores, not %q", ref.Name, ref.Kind)
	}
	u, err := c.Dynamic.Resource(secretsAPI("clustersecretstores")).Get(ctx, ref.Name, metav1.GetOptions{})
	if err != nil {
		return store{}, fmt.Errorf("could not get ClusterSecretStore %q: %w", ref.Name, err)
	}
	if err := c.allowed(ctx, u, namespace); err != nil {
		return store{}, err
	}
	if status, message := field.Condition(u.Object, "Ready"); status != "True" {
		return store{}, fmt.Errorf("ClusterSecretStore %q is not ready: %s", ref.Name, message)
	}
	return storeOf(*u)
}

// allowed checks the conditions of a store: one of them has to let the namespace in.
func (c *Controllers) allowed(ctx context.Context, u *unstructured.Unstructured, namespace string) error {
	conditions, _, _ := unstructured.NestedSlice(u.Object, "spec", "conditions")
	for _, condition := range conditions {
		fields, ok := condition.(map[string]any)
		if !ok {
			continue
		}
		if selector, ok, _ := unstructured.NestedMap(fields, "namespaceSelector"); ok {
			if matches, err := c.namespaceMatches(ctx, namespace, selector); err != nil || matches {
				return err
			}
		}
		named, _, _ := unstructured.NestedStringSlice(fields, "namespaces")
		if slices.Contains(named, namespace) {
			return nil
		}
		expressions, _, _ := unstructured.NestedStringSlice(fields, "namespaceRegexes")
		for _, expression := range expressions {
			if matches, err := regexp.MatchString(expression, namespace); err != nil || matches {
				return err //nolint:wrapcheck // It names the expression.
			}
		}
	}
	if len(conditions) == 0 {
		return nil
	}
	return fmt.Errorf("using cluster store %q is not allowed from namespace %q: denied by spec.conditions", u.GetName(), namespace)
}
