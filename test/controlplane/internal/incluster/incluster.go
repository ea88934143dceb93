// Package incluster is a stand-in for the controllers of a workload cluster whose work needs metrics or AWS: the autoscaler of pods, AWS Load
// Balancer Controller and External Secrets. It asks of objects what the controllers and AWS would ask of them, and writes the status that they
// would write. What exists in AWS are the managed resources of the hub that are ready, in the account of the cluster.
package incluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/innovate-inc/genops/test/controlplane/internal/eks"
)

// Cloud is what the controllers ask EKS.
type Cloud interface {
	// AccountOf is the account of a managed resource.
	AccountOf(ctx context.Context, object map[string]any) string
	// HasPodIdentity says why pods with a ServiceAccount get no credentials of AWS.
	HasPodIdentity(ctx context.Context, namespace, serviceAccount string) error
}

// Options are what Controllers need.
type Options struct {
	// Identity says which cluster of which account and region it is.
	Identity eks.Identity
	Cloud    Cloud
	// Hub is the cluster with the managed resources.
	Hub dynamic.Interface
	// Client and Dynamic lead to the workload cluster.
	Client  kubernetes.Interface
	Dynamic dynamic.Interface
	Log     func(format string, args ...any)
}

// Controllers work on one workload cluster.
type Controllers struct {
	Options

	mu       sync.Mutex
	problems []string
	// warned are the last events, by the UID of what they are about.
	warned map[types.UID]string
}

// New makes controllers that do nothing before they run.
func New(o Options) *Controllers { return &Controllers{Options: o, warned: map[types.UID]string{}} }

// Run works until ctx ends.
func (c *Controllers) Run(ctx context.Context) {
	const interval = 3 * time.Second
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		c.Once(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Once looks at everything once. AWS is asked once for all, and only for what somebody needs.
func (c *Controllers) Once(ctx context.Context) {
	aws := c.look()
	var problems []string
	for _, step := range []func(context.Context, *account) ([]string, error){c.autoscalers, c.ingresses, c.stores, c.externalSecrets} {
		found, err := step(ctx, aws)
		if err != nil {
			found = append(found, err.Error())
		}
		problems = append(problems, found...)
	}
	if ctx.Err() != nil {
		return
	}
	slices.Sort(problems)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, problem := range problems {
		if !slices.Contains(c.problems, problem) {
			c.Log("%s: %s", c.Identity.Name, problem)
		}
	}
	c.problems = problems
}

// Problems says what is wrong with the objects that the controllers look after, as of the last look.
func (c *Controllers) Problems() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.problems)
}

// labelName is the label by which charts name their programs.
const labelName = "app.kubernetes.io/name"

// running is the Deployment of a controller that has a pod.
func (c *Controllers) running(ctx context.Context, name string) (*appsv1.Deployment, error) {
	found, err := c.Client.AppsV1().Deployments("").List(ctx, metav1.ListOptions{LabelSelector: labelName + "=" + name})
	if err != nil {
		return nil, fmt.Errorf("deployments of %s: %w", name, err)
	}
	for _, d := range found.Items {
		if d.Status.AvailableReplicas > 0 {
			return &d, nil
		}
	}
	return nil, fmt.Errorf("no pod of %s is available", name)
}

// withCredentials is a running controller whose pods get credentials of AWS.
func (c *Controllers) withCredentials(ctx context.Context, name string) (*appsv1.Deployment, error) {
	d, err := c.running(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := c.Cloud.HasPodIdentity(ctx, d.Namespace, d.Spec.Template.Spec.ServiceAccountName); err != nil {
		return nil, fmt.Errorf("%s has no credentials of AWS: %w", name, err)
	}
	return d, nil
}

// list lists custom resources of the workload cluster in all namespaces. A kind that is not served has none.
func (c *Controllers) list(ctx context.Context, resource schema.GroupVersionResource) ([]unstructured.Unstructured, error) {
	found, err := c.Dynamic.Resource(resource).List(ctx, metav1.ListOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("list %s: %w", resource.Resource, err)
	}
	return found.Items, nil
}

// changed tells whether writing failed for a reason that the next look has not.
func changed(err error) error {
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
