package incluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

const (
	// albController is the controller in the spec of an IngressClass that AWS Load Balancer Controller looks at.
	albController = "ingress.k8s.aws/alb"
	albName       = "aws-load-balancer-controller"
	albAnnotation = "alb.ingress.kubernetes.io/"
)

// member is an Ingress of a group: Ingresses that share a load balancer.
type member struct {
	*networkingv1.Ingress

	// params are spec of the IngressClassParams, which count more than annotations.
	params map[string]any
}

// ingresses plays AWS Load Balancer Controller.
func (c *Controllers) ingresses(ctx context.Context, aws *account) ([]string, error) {
	found, err := c.Client.NetworkingV1().Ingresses("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list Ingresses: %w", err)
	}
	if len(found.Items) == 0 {
		return nil, nil
	}
	if _, err := c.withCredentials(ctx, albName); err != nil {
		return []string{"Ingresses wait: " + err.Error()}, nil
	}
	var problems []string
	groups := map[string][]member{}
	for i := range found.Items {
		ingress := &found.Items[i]
		params, ours, err := c.class(ctx, ingress)
		switch {
		case err != nil:
			problems = append(problems, c.warn(ctx, ingress, err))
		case ours:
			m := member{Ingress: ingress, params: params}
			groups[m.group()] = append(groups[m.group()], m)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		refused, err := c.group(ctx, aws, name, groups[name])
		problems = append(problems, refused...)
		if err != nil {
			return problems, err
		}
	}
	return problems, nil
}

// class finds the parameters of an Ingress's class, and tells whether the class is of this controller.
func (c *Controllers) class(ctx context.Context, ingress *networkingv1.Ingress) (map[string]any, bool, error) {
	if ingress.Spec.IngressClassName == nil {
		return nil, false, errors.New("spec.ingressClassName is missing: no controller looks at it")
	}
	class, err := c.Client.NetworkingV1().IngressClasses().Get(ctx, *ingress.Spec.IngressClassName, metav1.GetOptions{})
	if err != nil {
		return nil, false, fmt.Errorf("class: %w", err)
	}
	if class.Spec.Controller != albController || class.Spec.Parameters == nil {
		return nil, class.Spec.Controller == albController, nil
	}
	const group, kind = "elbv2.k8s.aws", "IngressClassParams"
	ref := class.Spec.Parameters
	if ref.APIGroup == nil || *ref.APIGroup != group || ref.Kind != kind {
		return nil, false, fmt.Errorf("class %s: its parameters are of another kind than %s of %s", class.Name, kind, group)
	}
	resource := schema.GroupVersionResource{Group: group, Version: "v1beta1", Resource: "ingressclassparams"}
	params, err := c.Dynamic.Resource(resource).Get(ctx, ref.Name, metav1.GetOptions{})
	if err != nil {
		return nil, false, fmt.Errorf("class %s: %w", class.Name, err)
	}
	spec, _, _ := unstructured.NestedMap(params.Object, "spec")
	return spec, true, nil
}

// overridden are the annotations that a field of the class's parameters replaces.
func overridden() map[string][]string {
	return map[string][]string{
		"scheme": {"scheme"}, "target-type": {"targetType"}, "ssl-policy": {"sslPolicy"}, "ip-address-type": {"ipAddressType"},
		"load-balancer-name": {"loadBalancerName"}, "group.name": {"group", "name"}, "wafv2-acl-arn": {"wafv2AclArn"},
		"wafv2-acl-name": {"wafv2AclName"}, "ssl-redirect": {"sslRedirectPort"},
	}
}

// setting is a setting of an Ingress: that of its class, or its own.
func (m member) setting(name string) string {
	if path, ok := overridden()[name]; ok {
		if value := field.Text(m.params, path...); value != "" {
			return value
		}
	}
	return strings.TrimSpace(m.Annotations[albAnnotation+name])
}

// group names the Ingresses that share a load balancer; an Ingress without one has its own.
func (m member) group() string {
	if name := m.setting("group.name"); name != "" {
		return name
	}
	return m.Namespace + "/" + m.Name
}

func (m member) title() string { return title("Ingress", m.Namespace, m.Name) }

// group makes the load balancer of a group, which it gets whole or not at all.
func (c *Controllers) group(ctx context.Context, aws *account, name string, members []member) ([]string, error) {
	var refused []error
	for _, m := range members {
		if err := c.check(ctx, aws, m); err != nil {
			refused = append(refused, fmt.Errorf("%s: %w", m.title(), err))
		}
	}
	refused = append(refused, conflicts(members)...)
	if err := errors.Join(refused...); err != nil {
		var problems []string
		for _, m := range members {
			problems = append(problems, c.warn(ctx, m.Ingress, errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))))
		}
		return problems, nil
	}
	host := hostname(name, members[0].setting("scheme"), c.Identity.Region)
	for _, m := range members {
		if err := c.serve(ctx, m, host); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// hostname is the name that a load balancer gets, the same for the same group.
func hostname(group, scheme, region string) string {
	const longest, digits = 17, 10
	sum := sha256.Sum256([]byte(group))
	id := hex.EncodeToString(sum[:])
	short := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789", r) {
			return r
		}
		return -1
	}, strings.ToLower(group))
	name := "k8s-" + short[:min(longest, len(short))] + "-" + id[:digits] + "-" + id[digits:2*digits] + "." + region + ".elb.amazonaws.com"
	if scheme != "internet-facing" {
		return "internal-" + name
	}
	return name
}

// serve says where an Ingress is reached, and that its pods are healthy.
func (c *Controllers) serve(ctx context.Context, m member, host string) error {
	c.forget(m.Ingress)
	if is := m.Status.LoadBalancer.Ingress; len(is) != 1 || is[0].Hostname != host {
		m.Status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{{Hostname: host}}
		_, err := c.Client.NetworkingV1().Ingresses(m.Namespace).UpdateStatus(ctx, m.Ingress, metav1.UpdateOptions{})
		if err := changed(err); err != nil {
			return fmt.Errorf("status of %s: %w", m.title(), err)
		}
	}
	for _, backend := range backends(m.Ingress) {
		if err := c.targets(ctx, m.Namespace, backend); err != nil {
			return fmt.Errorf("targets of %s: %w", m.title(), err)
		}
	}
	return nil
}

// targetHealth begins the readiness gates by which pods wait until the load balancer sends them requests.
const targetHealth = "target-health.elbv2.k8s.aws/"

// targets tells pods behind a Service that the load balancer has found them healthy, if they ask for it.
func (c *Controllers) targets(ctx context.Context, namespace string, backend *networkingv1.IngressServiceBackend) error {
	service, err := c.Client.CoreV1().Services(namespace).Get(ctx, backend.Name, metav1.GetOptions{})
	if err != nil || len(service.Spec.Selector) == 0 {
		return changed(err)
	}
	selector := metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: service.Spec.Selector})
	pods, err := c.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	for _, pod := range pods.Items {
		if condition(&pod, corev1.ContainersReady) != corev1.ConditionTrue {
			continue
		}
		before := len(pod.Status.Conditions)
		for _, gate := range pod.Spec.ReadinessGates {
			if strings.HasPrefix(string(gate.ConditionType), targetHealth) && condition(&pod, gate.ConditionType) == corev1.ConditionUnknown {
				pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
					Type: gate.ConditionType, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now(),
				})
			}
		}
		if len(pod.Status.Conditions) == before {
			continue
		}
		_, err := c.Client.CoreV1().Pods(namespace).UpdateStatus(ctx, &pod, metav1.UpdateOptions{})
		if err := changed(err); err != nil {
			return fmt.Errorf("status of pod %s: %w", pod.Name, err)
		}
	}
	return nil
}

// warn writes a Warning about an Ingress, once for each message, and returns it.
func (c *Controllers) warn(ctx context.Context, ingress *networkingv1.Ingress, problem error) string {
	text := title("Ingress", ingress.Namespace, ingress.Name) + ": " + problem.Error()
	c.mu.Lock()
	said := c.warned[ingress.UID] == text
	c.warned[ingress.UID] = text
	c.mu.Unlock()
	if said {
		return text
	}
	now := metav1.Now()
	sum := sha256.Sum256([]byte(text + now.String()))
	const longest, digits = 1000, 16 // A message may be that long.
	event := &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: ingress.Name + "." + hex.EncodeToString(sum[:])[:digits], Namespace: ingress.Namespace},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: ingress.Namespace, Name: ingress.Name, UID: ingress.UID,
			ResourceVersion: ingress.ResourceVersion,
		},
		Type: corev1.EventTypeWarning, Reason: "FailedBuildModel", Message: problem.Error()[:min(longest, len(problem.Error()))], Count: 1,
		Source: corev1.EventSource{Component: "ingress"}, FirstTimestamp: now, LastTimestamp: now,
	}
	if _, err := c.Client.CoreV1().Events(ingress.Namespace).Create(ctx, event, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		c.Log("event of %s: %v", text, err)
	}
	return text
}

func (c *Controllers) forget(ingress *networkingv1.Ingress) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.warned, ingress.UID)
}
