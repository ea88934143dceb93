package incluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// managed is a kind of managed resource.
type managed struct{ group, plural string }

func ec2(plural string) managed { return managed{"ec2.aws.upbound.io", plural} }

// account is what the cluster's account has in AWS, as it was when it was first asked for.
type account struct {
	*Controllers

	found    map[managed][]unstructured.Unstructured
	accounts map[string]string
}

func (c *Controllers) look() *account {
	return &account{Controllers: c, found: map[managed][]unstructured.Unstructured{}, accounts: map[string]string{}}
}

// notServedError says that the hub does not serve a kind, so that nothing of it can be there.
type notServedError struct{ kind managed }

func (e *notServedError) Error() string {
	return fmt.Sprintf("the hub does not serve %s of %s: nothing of the kind is composed", e.kind.plural, e.kind.group)
}

// all are the resources of a kind that exist in a region of the account.
func (a *account) all(ctx context.Context, kind managed, region string) ([]unstructured.Unstructured, error) {
	everywhere, asked := a.found[kind]
	if !asked {
		items, err := a.served(ctx, kind)
		if err != nil {
			return nil, err
		}
		for _, u := range items {
			if field.IsReady(u.Object) && a.accountOf(ctx, u) == a.Identity.Account {
				everywhere = append(everywhere, u)
			}
		}
		a.found[kind] = everywhere
	}
	var there []unstructured.Unstructured
	for _, u := range everywhere {
		if where := provider(u, "region"); where == "" || where == region {
			there = append(there, u)
		}
	}
	return there, nil
}

// served lists a kind in the newest version that the hub serves.
func (a *account) served(ctx context.Context, kind managed) ([]unstructured.Unstructured, error) {
	for _, version := range []string{"v1beta2", "v1beta1"} {
		resource := schema.GroupVersionResource{Group: kind.group, Version: version, Resource: kind.plural}
		found, err := a.Hub.Resource(resource).List(ctx, metav1.ListOptions{})
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return nil, fmt.Errorf("list %s of the hub: %w", kind.plural, err)
		default:
			return found.Items, nil
		}
	}
	return nil, &notServedError{kind}
}

func (a *account) accountOf(ctx context.Context, u unstructured.Unstructured) string {
	config := field.Text(u.Object, "spec", "providerConfigRef", "name")
	if _, asked := a.accounts[config]; !asked {
		a.accounts[config] = a.Cloud.AccountOf(ctx, u.Object)
	}
	return a.accounts[config]
}

// provider is a text of what a managed resource asks for.
func provider(u unstructured.Unstructured, path ...string) string {
	return field.Text(u.Object, slices.Concat([]string{"spec", "forProvider"}, path)...)
}

// observed is a text of what AWS says of a managed resource.
func observed(u unstructured.Unstructured, path ...string) string {
	return field.Text(u.Object, slices.Concat([]string{"status", "atProvider"}, path)...)
}

// external is how AWS knows a managed resource.
func external(u unstructured.Unstructured) string {
	return u.GetAnnotations()["crossplane.io/external-name"]
}

// tags are the tags of resources of EC2 by their ids: of their own, and of managed resources for one tag each.
func (a *account) tags(ctx context.Context, resources []unstructured.Unstructured, region string) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	for _, u := range resources {
		own, _, _ := unstructured.NestedStringMap(u.Object, "spec", "forProvider", "tags")
		all[external(u)] = maps.Clone(own)
	}
	single, err := a.all(ctx, ec2("tags"), region)
	if notServed := (*notServedError)(nil); err != nil && !errors.As(err, &notServed) {
		return nil, err
	}
	for _, tag := range single {
		id := provider(tag, "resourceId")
		if _, known := all[id]; !known {
			continue
		}
		if all[id] == nil {
			all[id] = map[string]string{}
		}
		all[id][provider(tag, "key")] = provider(tag, "value")
	}
	return all, nil
}

// vpc is the network of the cluster; empty if it cannot be told.
func (a *account) vpc(ctx context.Context) string {
	clusters, err := a.all(ctx, managed{"eks.aws.upbound.io", "clusters"}, a.Identity.Region)
	if err != nil {
		return ""
	}
	for _, u := range clusters {
		if external(u) == a.Identity.Name {
			return observed(u, "vpcConfig", "vpcId")
		}
	}
	return ""
}

// names are values of resources for a message.
func names(resources []unstructured.Unstructured, of func(unstructured.Unstructured) string) string {
	var all []string
	for _, u := range resources {
		all = append(all, of(u))
	}
	if len(all) == 0 {
		return "there is none"
	}
	slices.Sort(all)
	return "there are: " + strings.Join(slices.Compact(all), ", ")
}
