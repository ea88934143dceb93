package incluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// check says why an Ingress gets no load balancer.
func (c *Controllers) check(ctx context.Context, aws *account, m member) error {
	return errors.Join(
		annotations(m), c.selected(ctx, m), c.services(ctx, m.Ingress), aws.securityGroups(ctx, m), aws.webACL(ctx, m), aws.subnets(ctx, m),
		aws.certificates(ctx, m),
	)
}

// known are the annotations of Ingresses, of the user guide of AWS Load Balancer Controller; some have a name behind them.
func known() []string {
	return []string{
		"scheme", "target-type", "listen-ports", "ssl-redirect", "certificate-arn", "ssl-policy", "wafv2-acl-arn", "wafv2-acl-name",
		"shield-advanced-protection", "group.name", "group.order", "load-balancer-name", "load-balancer-attributes", "target-group-attributes",
		"healthcheck-path", "healthcheck-port", "healthcheck-protocol", "healthcheck-interval-seconds", "healthcheck-timeout-seconds",
		"healthy-threshold-count", "unhealthy-threshold-count", "success-codes", "backend-protocol", "backend-protocol-version", "subnets",
		"security-groups", "manage-backend-security-group-rules", "inbound-cidrs", "security-group-prefix-lists", "tags", "ip-address-type",
		"mutual-authentication", "target-node-labels",
	}
}

// annotations checks names, which the controller ignores when they are misspelt, and lists of key=value.
func annotations(m member) error {
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(m.Annotations)) {
		name, ours := strings.CutPrefix(key, albAnnotation)
		if !ours {
			continue
		}
		family := slices.ContainsFunc([]string{"actions.", "conditions.", "auth-", "listener-attributes.", "jwt-"}, func(start string) bool {
			return strings.HasPrefix(name, start)
		})
		if !family && !slices.Contains(known(), name) {
			problems = append(problems, fmt.Errorf("the controller has no annotation %s", key))
		}
		if slices.Contains([]string{"load-balancer-attributes", "target-group-attributes", "tags", "target-node-labels"}, name) {
			if _, err := pairs(m.Annotations[key]); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", key, err))
			}
		}
	}
	return errors.Join(problems...)
}

// pairs reads a list of key=value.
func pairs(text string) (map[string]string, error) {
	all := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("%q is not key=value", pair)
		}
		all[key] = value
	}
	return all, nil
}

// selected checks that the class is for the namespace.
func (c *Controllers) selected(ctx context.Context, m member) error {
	selector, ok, _ := unstructured.NestedMap(m.params, "namespaceSelector")
	if !ok {
		return nil
	}
	matches, err := c.namespaceMatches(ctx, m.Namespace, selector)
	if err == nil && !matches {
		return fmt.Errorf("the class is not for the namespace %s (namespaceSelector)", m.Namespace)
	}
	return err
}

// namespaceMatches tells whether a selector selects a namespace.
func (c *Controllers) namespaceMatches(ctx context.Context, name string, selector map[string]any) (bool, error) {
	var typed metav1.LabelSelector
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(selector, &typed); err != nil {
		return false, fmt.Errorf("namespaceSelector: %w", err)
	}
	compiled, err := metav1.LabelSelectorAsSelector(&typed)
	if err != nil {
		return false, fmt.Errorf("namespaceSelector: %w", err)
	}
	namespace, err := c.Client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return false, fmt.Errorf("namespace: %w", err)
	}
	return compiled.Matches(labels.Set(namespace.Labels)), nil
}

// backends are the Services that requests are sent to.
func backends(ingress *networkingv1.Ingress) []*networkingv1.IngressServiceBackend {
	var all []*networkingv1.IngressServiceBackend
	if backend := ingress.Spec.DefaultBackend; backend != nil && backend.Service != nil {
		all = append(all, backend.Service)
	}
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, path := range rule.HTTP.Paths {
			if path.Backend.Service != nil {
				all = append(all, path.Backend.Service)
			}
		}
	}
	return all
}

// services checks that the Services exist, and have the ports.
func (c *Controllers) services(ctx context.Context, ingress *networkingv1.Ingress) error {
	var problems []error
	all := backends(ingress)
	if len(all) == 0 {
		problems = append(problems, errors.New("it has no backend"))
	}
	for _, backend := range all {
		if port := backend.Port; port.Name == "use-annotation" {
			continue // An action answers.
		}
		service, err := c.Client.CoreV1().Services(ingress.Namespace).Get(ctx, backend.Name, metav1.GetOptions{})
		if err != nil {
			problems = append(problems, fmt.Errorf("backend: %w", err))
			continue
		}
		if !slices.ContainsFunc(service.Spec.Ports, func(port corev1.ServicePort) bool {
			return backend.Port.Name != "" && port.Name == backend.Port.Name || backend.Port.Name == "" && port.Port == backend.Port.Number
		}) {
			wanted := cmp.Or(backend.Port.Name, fmt.Sprint(backend.Port.Number))
			problems = append(problems, fmt.Errorf("backend: Service %s has no port %s", backend.Name, wanted))
		}
	}
	return errors.Join(problems...)
}

// shared are settings of the load balancer as a whole: where several Ingresses state one, they state the same.
func shared() []string {
	return []string{
		"scheme", "security-groups", "manage-backend-security-group-rules", "subnets", "load-balancer-name", "ip-address-type", "ssl-policy",
		"wafv2-acl-arn", "wafv2-acl-name", "shield-advanced-protection", "ssl-redirect",
	}
}

// conflicts are what the Ingresses of a group do not agree on.
func conflicts(members []member) []error {
	var problems []error
	stated := map[string]string{}
	owner := map[string]string{}
	agree := func(what, value string, m member) {
		if value == "" {
			return
		}
		if has, ok := stated[what]; ok && has != value {
			const odd = "%s and %s are of one load balancer and do not agree on %s: %q and %q"
			problems = append(problems, fmt.Errorf(odd, owner[what], m.title(), what, has, value))
			return
		}
		stated[what], owner[what] = value, m.title()
	}
	for _, m := range members {
		for _, name := range shared() {
			agree(name, m.setting(name), m)
		}
		attributes, err := pairs(m.Annotations[albAnnotation+"load-balancer-attributes"])
		if err != nil {
			continue // Said already, or empty.
		}
		for _, key := range slices.Sorted(maps.Keys(attributes)) {
			agree("load-balancer-attributes "+key, attributes[key], m)
		}
	}
	return append(problems, doubled(members)...)
}

// doubled are paths of a host that two Ingresses want: only one of them would get requests.
func doubled(members []member) []error {
	var problems []error
	first := map[string]string{}
	for _, m := range members {
		for _, rule := range m.Spec.Rules {
			if rule.HTTP == nil {
				continue
			}
			for _, path := range rule.HTTP.Paths {
				what := rule.Host + path.Path
				if other, ok := first[what]; ok {
					problems = append(problems, fmt.Errorf("%s and %s both want %s", other, m.title(), what))
					continue
				}
				first[what] = m.title()
			}
		}
	}
	return problems
}

// subnets checks that there are subnets in two zones which the class's tags select.
func (a *account) subnets(ctx context.Context, m member) error {
	wanted, ok, _ := unstructured.NestedMap(m.params, "subnets", "tags")
	if !ok {
		return nil
	}
	all, err := a.inNetwork(ctx, "subnets")
	if err != nil {
		return fmt.Errorf("subnets: %w", err)
	}
	tags, err := a.tags(ctx, all, a.Identity.Region)
	if err != nil {
		return err
	}
	zones := map[string]bool{}
	for _, u := range all {
		if hasTags(tags[external(u)], wanted) {
			zones[provider(u, "availabilityZone")] = true
		}
	}
	const least = 2
	if len(zones) < least {
		return fmt.Errorf("subnets: those with the tags %v are in %d zones, a load balancer needs %d", wanted, len(zones), least)
	}
	return nil
}

// hasTags tells whether tags have one of the values of each key.
func hasTags(tags map[string]string, wanted map[string]any) bool {
	for key, values := range wanted {
		list, _ := values.([]any)
		value, ok := tags[key]
		if !ok || !slices.Contains(list, any(value)) {
			return false
		}
	}
	return true
}

// inNetwork are the resources of a kind of EC2 in the network of the cluster.
func (a *account) inNetwork(ctx context.Context, plural string) ([]unstructured.Unstructured, error) {
	all, err := a.all(ctx, ec2(plural), a.Identity.Region)
	if err != nil {
		return nil, err
	}
	vpc := a.vpc(ctx)
	return slices.DeleteFunc(all, func(u unstructured.Unstructured) bool {
		is := field.Text(u.Object, "spec", "forProvider", "vpcId")
		return vpc != "" && is != "" && is != vpc
	}), nil
}
