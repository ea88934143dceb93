// Package eks is a stand-in for what EKS does besides creating a cluster: it lets principals in that have an access entry, gives them the
// rights of their access policies, and makes the nodes of node groups and of NodeClaims join.
package eks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// Identity says which cluster of which account and region is meant.
type Identity struct{ Name, Account, Region string }

// EKS knows what the hub has composed for one cluster.
type EKS struct {
	Identity

	hub      dynamic.Interface
	client   kubernetes.Interface
	workload dynamic.Interface
	log      func(format string, args ...any)
}

// New makes the stand-in of one cluster. Run gives it the cluster when that is there.
func New(identity Identity, hub dynamic.Interface, log func(format string, args ...any)) *EKS {
	return &EKS{Identity: identity, hub: hub, log: log}
}

// Run works on a cluster until ctx ends.
func (e *EKS) Run(ctx context.Context, cluster *rest.Config) error {
	var err error
	if e.client, err = kubernetes.NewForConfig(cluster); err != nil {
		return fmt.Errorf("EKS %s: %w", e.Name, err)
	}
	if e.workload, err = dynamic.NewForConfig(cluster); err != nil {
		return fmt.Errorf("EKS %s: %w", e.Name, err)
	}
	const interval = 2 * time.Second
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		for _, step := range []func(context.Context) error{e.policies, e.nodeGroups, e.nodeClaims} {
			if err := step(ctx); err != nil && ctx.Err() == nil {
				e.log("EKS %s: %v", e.Name, err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func kind(plural string) schema.GroupVersionResource {
	version := "v1beta1"
	if plural == "nodegroups" || plural == "clusters" {
		version = "v1beta2"
	}
	return schema.GroupVersionResource{Group: "eks.aws.upbound.io", Version: version, Resource: plural}
}

// ready lists the resources of a kind that belong to the cluster and exist in AWS.
func (e *EKS) ready(ctx context.Context, plural string) ([]unstructured.Unstructured, error) {
	list, err := e.hub.Resource(kind(plural)).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", plural, err)
	}
	var found []unstructured.Unstructured
	for _, item := range list.Items {
		if field.Text(item.Object, "spec", "forProvider", "clusterName") == e.Name &&
			field.Text(item.Object, "spec", "forProvider", "region") == e.Region && field.IsReady(item.Object) && e.ours(ctx, item.Object) {
			found = append(found, item)
		}
	}
	return found, nil
}

// ours tells whether a resource is in the account of the cluster.
func (e *EKS) ours(ctx context.Context, object map[string]any) bool {
	return e.AccountOf(ctx, object) == e.Account
}

// AccountOf is the account of a managed resource: the one of the last role that its ProviderConfig assumes.
func (e *EKS) AccountOf(ctx context.Context, object map[string]any) string {
	name := field.Text(object, "spec", "providerConfigRef", "name")
	config, err := e.hub.Resource(schema.GroupVersionResource{Group: "aws.upbound.io", Version: "v1beta1", Resource: "providerconfigs"}).
		Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return ""
	}
	account := ""
	chain, _, _ := unstructured.NestedSlice(config.Object, "spec", "assumeRoleChain")
	for _, link := range chain {
		if fields, ok := link.(map[string]any); ok {
			account = accountOf(field.Text(fields, "roleARN"))
		}
	}
	return account
}

func accountOf(arn string) string {
	const account = 4
	parts := strings.Split(arn, ":")
	if len(parts) <= account {
		return ""
	}
	return parts[account]
}

var errNoEntry = errors.New("no access entry")

// Entry is the access entry of a principal.
func (e *EKS) Entry(ctx context.Context, principal, kind string) (*unstructured.Unstructured, error) {
	entries, err := e.ready(ctx, "accessentries")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if field.Text(entry.Object, "spec", "forProvider", "principalArn") == principal && field.Text(entry.Object, "spec", "forProvider", "type") == kind {
			return &entry, nil
		}
	}
	return nil, fmt.Errorf("%w of type %s for %s", errNoEntry, kind, principal)
}

// HasPodIdentity tells whether pods with a ServiceAccount get credentials of AWS.
func (e *EKS) HasPodIdentity(ctx context.Context, namespace, serviceAccount string) error {
	associations, err := e.ready(ctx, "podidentityassociations")
	if err != nil {
		return err
	}
	for _, a := range associations {
		if field.Text(a.Object, "spec", "forProvider", "namespace") == namespace && field.Text(a.Object, "spec", "forProvider", "serviceAccount") == serviceAccount {
			return nil
		}
	}
	return fmt.Errorf("no Pod Identity association for ServiceAccount %s/%s in %s", namespace, serviceAccount, e.Name)
}
