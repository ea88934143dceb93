// Package dev is a control plane for people: it follows the commits of a repository, and shows what becomes of them.
package dev

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// Status is what is seen of the control plane. Its JSON is what dev status -o json prints; README.md documents the fields.
type Status struct {
	// Healthy says that everything is as the commit says, and ready.
	Healthy bool `json:"healthy"`
	// Waiting says what it is not healthy for, causes first.
	Waiting []string `json:"waiting"`
	// Repository is the folder that is followed, Commit what the control plane has of it, and Refused why it does not have the newest.
	Repository string `json:"repository"`
	Commit     string `json:"commit"`
	Refused    string `json:"refused,omitempty"`
	// Page is the address of the page, Kubectl a kubectl of the right version.
	Page    string `json:"page"`
	Kubectl string `json:"kubectl"`

	Clusters     []Cluster     `json:"clusters"`
	Claims       []Claim       `json:"claims"`
	Applications []Application `json:"applications"`
	NodeClaims   []NodeClaim   `json:"nodeClaims"`

	Nodes          int   `json:"nodes"`
	MemoryBytes    int64 `json:"memoryBytes"`
	ElapsedSeconds int   `json:"elapsedSeconds"`
	// SeenAt is when the look began that this is of.
	SeenAt time.Time `json:"seenAt"`
}

// Cluster is one that kubectl reaches.
type Cluster struct {
	Name       string `json:"name"`
	Kubeconfig string `json:"kubeconfig"`
}

// Claim is a claim or a registration.
type Claim struct {
	Environment string `json:"environment"`
	Kind        string `json:"kind"`
	Name        string `json:"name"`
	Ready       bool   `json:"ready"`
	// Message says what it waits for.
	Message string `json:"message"`
}

// Application is one of Argo CD.
type Application struct {
	Name    string `json:"name"`
	Sync    string `json:"sync"`
	Health  string `json:"health"`
	Message string `json:"message"`
}

func (a Application) ok() bool { return a.Sync == "Synced" && a.Health == "Healthy" }

// NodeClaim is a node that Karpenter asked for.
type NodeClaim struct {
	Cluster      string `json:"cluster"`
	Name         string `json:"name"`
	Pool         string `json:"pool"`
	InstanceType string `json:"instanceType"`
	Architecture string `json:"architecture"`
	Ready        bool   `json:"ready"`
}

// look fills in what the API servers say. Lists are never nil, so that they are lists in JSON too.
func (s *Status) look(ctx context.Context, w *world.World) error {
	s.Waiting, s.Claims, s.Applications, s.NodeClaims = []string{}, []Claim{}, []Application{}, []NodeClaim{}
	claims, err := w.Claims(ctx)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	for _, c := range claims {
		s.Claims = append(s.Claims, claimOf(c))
	}
	slices.SortFunc(s.Claims, func(a, b Claim) int {
		return cmp.Or(strings.Compare(a.Environment, b.Environment), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	applications, err := w.List(ctx, "argoproj.io", "v1alpha1", "applications")
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	for _, a := range applications {
		s.Applications = append(s.Applications, applicationOf(a))
	}
	slices.SortFunc(s.Applications, func(a, b Application) int { return strings.Compare(a.Name, b.Name) })
	if s.Nodes, err = count(ctx, w.Client.CoreV1().Nodes().List); err != nil {
		return err
	}
	for name, c := range w.Workloads() {
		found, err := c.List(ctx, "karpenter.sh", "v1", "nodeclaims")
		if err != nil {
			return err //nolint:wrapcheck // It says what failed.
		}
		for _, n := range found {
			s.NodeClaims = append(s.NodeClaims, nodeClaimOf(name, n))
		}
		nodes, err := count(ctx, c.Client.CoreV1().Nodes().List)
		if err != nil {
			return err
		}
		s.Nodes += nodes
	}
	slices.SortFunc(s.NodeClaims, func(a, b NodeClaim) int {
		return cmp.Or(strings.Compare(a.Cluster, b.Cluster), strings.Compare(a.Pool, b.Pool), strings.Compare(a.Name, b.Name))
	})
	s.MemoryBytes = 0
	for _, size := range w.Group.Memory() {
		s.MemoryBytes += size
	}
	return nil
}

// ready tells whether all claims and Applications are.
func (s *Status) ready() bool {
	return !slices.ContainsFunc(s.Claims, func(c Claim) bool { return !c.Ready }) &&
		!slices.ContainsFunc(s.Applications, func(a Application) bool { return !a.ok() })
}

func count(ctx context.Context, list func(context.Context, metav1.ListOptions) (*corev1.NodeList, error)) (int, error) {
	nodes, err := list(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, fmt.Errorf("list nodes: %w", err)
	}
	return len(nodes.Items), nil
}

func claimOf(u unstructured.Unstructured) Claim {
	c := Claim{Environment: u.GetLabels()["genops.dev/environment"], Kind: u.GetKind(), Name: u.GetName(), Ready: field.IsReady(u.Object)}
	if c.Ready {
		return c
	}
	// What genops says is in this condition; before there is one, Crossplane says something.
	for _, condition := range []string{"InfrastructureReady", "Synced", "Ready"} {
		if status, _ := field.Condition(u.Object, condition); status != "True" {
			c.Message = cmp.Or(c.Message, world.Shorten(field.Message(u.Object, condition)))
		}
	}
	return c
}

func applicationOf(u unstructured.Unstructured) Application {
	a := Application{
		Name: u.GetName(), Sync: cmp.Or(field.Text(u.Object, "status", "sync", "status"), "Unknown"),
		Health: cmp.Or(field.Text(u.Object, "status", "health", "status"), "Unknown"),
	}
	if !a.ok() {
		a.Message = world.Shorten(world.Operation(u.Object))
	}
	return a
}

func nodeClaimOf(cluster string, u unstructured.Unstructured) NodeClaim {
	labels := u.GetLabels()
	return NodeClaim{
		Cluster: cluster, Name: u.GetName(), Pool: labels["karpenter.sh/nodepool"], InstanceType: labels[corev1.LabelInstanceTypeStable],
		Architecture: labels[corev1.LabelArchStable], Ready: field.IsReady(u.Object),
	}
}
