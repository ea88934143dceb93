package generators

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Services generates a namespace for each service of an environment, with its quota, default limits, Pod Security and network policies.
type Services struct{}

// Labels of a service's namespace.
const (
	labelService      = "genops.dev/service"
	labelArchitecture = "genops.dev/architecture"
)

// Environment makes the objects of each service.
func (Services) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Cluster == nil {
		return nil, nil
	}
	var objects typed
	for _, name := range slices.Sorted(maps.Keys(e.Services)) {
		service := e.Services[name]
		folder := path.Join(e.Name, folderCluster, folderNamespaces, name)
		quota, err := newQuota(service)
		if err != nil {
			return nil, fmt.Errorf("build ResourceQuota of %s: %w", name, err)
		}
		limits, err := newLimitRange(service)
		if err != nil {
			return nil, fmt.Errorf("build LimitRange of %s: %w", name, err)
		}
		policies, err := networkPolicies(e, name, service)
		if err != nil {
			return nil, fmt.Errorf("build NetworkPolicies of %s: %w", name, err)
		}
		objects.add(newNamespace(c, e, name, service), folder, "namespace")
		objects.add(quota, folder, "resourcequota")
		objects.add(limits, folder, "limitrange")
		for _, policy := range policies {
			objects.add(policy, folder, "networkpolicy-"+policy.Name)
		}
	}
	return objects.done()
}

// newNamespace pins the Pod Security level to the cluster's version, so that an upgrade of Kubernetes changes it in review and not by itself.
func newNamespace(c *schema.Config, e *schema.Environment, name string, s schema.Service) *corev1.Namespace {
	labels := with(e.Labels(), labelService, name)
	labels[labelArchitecture] = s.Architecture
	if s.UsesDatabase() {
		labels[labelDatabase] = "true"
	}
	if s.Workload != nil && s.Workload.Ingress != nil {
		// Pods count as ready once the load balancer knows them: an update waits for that (AWS Load Balancer Controller: pod readiness gate).
		labels["elbv2.k8s.aws/pod-readiness-gate-inject"] = "enabled"
	}
	podSecurity(labels, s.PodSecurity, c.ClusterVersion(e))
	return &corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        s.Namespace,
			Labels:      labels,
			Annotations: confirmed(e, with(wave(-1), "genops.dev/owner", s.Owner)),
		},
	}
}

// podSecurity adds the labels of a Pod Security level, pinned to a version of Kubernetes.
func podSecurity(labels map[string]string, level, version string) {
	for _, mode := range []string{"enforce", "audit", "warn"} {
		labels["pod-security.kubernetes.io/"+mode] = level
		labels["pod-security.kubernetes.io/"+mode+"-version"] = "v" + version
	}
}

func newQuota(s schema.Service) (*corev1.ResourceQuota, error) {
	hard, err := quantities(map[corev1.ResourceName]string{
		corev1.ResourceRequestsCPU:            s.Quota.CPU,
		corev1.ResourceRequestsMemory:         s.Quota.Memory,
		corev1.ResourceLimitsMemory:           s.Quota.MemoryLimit,
		corev1.ResourcePods:                   strconv.Itoa(s.Quota.Pods),
		corev1.ResourcePersistentVolumeClaims: strconv.Itoa(s.Quota.Volumes),
		// Load balancers are made by Ingresses, where TLS and the web firewall are set.
		corev1.ResourceServicesLoadBalancers: "0",
		corev1.ResourceServicesNodePorts:     "0",
	})
	if err != nil {
		return nil, err
	}
	return &corev1.ResourceQuota{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: metav1.ObjectMeta{Name: "quota", Namespace: s.Namespace},
		Spec:       corev1.ResourceQuotaSpec{Hard: hard},
	}, nil
}

// newLimitRange gives containers the requests and limits that the quota makes mandatory.
func newLimitRange(s schema.Service) (*corev1.LimitRange, error) {
	requests, err := quantities(map[corev1.ResourceName]string{corev1.ResourceCPU: s.Containers.CPU, corev1.ResourceMemory: s.Containers.Memory})
	if err != nil {
		return nil, err
	}
	limits, err := quantities(map[corev1.ResourceName]string{corev1.ResourceMemory: s.Containers.MemoryLimit})
	if err != nil {
		return nil, err
	}
	most, err := quantities(map[corev1.ResourceName]string{corev1.ResourceMemory: s.Containers.MaxMemory})
	if err != nil {
		return nil, err
	}
	return &corev1.LimitRange{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "LimitRange"},
		ObjectMeta: metav1.ObjectMeta{Name: "defaults", Namespace: s.Namespace},
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type: corev1.LimitTypeContainer, DefaultRequest: requests, Default: limits, Max: most,
		}}},
	}, nil
}

func quantities(texts map[corev1.ResourceName]string) (corev1.ResourceList, error) {
	list := corev1.ResourceList{}
	for name, text := range texts {
		quantity, err := resource.ParseQuantity(text)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		list[name] = quantity
	}
	return list, nil
}

// closedPolicies deny all traffic of a namespace but names and credentials.
func closedPolicies(namespace string) []*networkingv1.NetworkPolicy {
	return []*networkingv1.NetworkPolicy{
		newPolicy(namespace, "default-deny", networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		}),
		newPolicy(namespace, "allow-dns", egress(networkingv1.NetworkPolicyEgressRule{
			To: []networkingv1.NetworkPolicyPeer{{
				NamespaceSelector: labelled("kubernetes.io/metadata.name", "kube-system"),
				PodSelector:       labelled("k8s-app", "kube-dns"),
			}},
			Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolUDP, 53), port(corev1.ProtocolTCP, 53)},
		})),
		// The EKS Pod Identity agent listens on this link-local address (EKS user guide: Pod Identity considerations).
		newPolicy(namespace, "allow-pod-identity", egress(networkingv1.NetworkPolicyEgressRule{
			To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "169.254.170.23/32"}}},
			Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolTCP, 80)},
		})),
	}
}

// networkPolicies deny all traffic and then allow what the service states. Policies see pod ports, and load balancers reach pods from the
// public subnets.
func networkPolicies(e *schema.Environment, name string, s schema.Service) ([]*networkingv1.NetworkPolicy, error) {
	policies := closedPolicies(s.Namespace)
	if e.Sends(&s) {
		policies = append(policies, newPolicy(s.Namespace, "allow-telemetry", egress(networkingv1.NetworkPolicyEgressRule{
			To: []networkingv1.NetworkPolicyPeer{collector(schema.CollectorGateway)}, Ports: otlpPorts(),
		})))
	}
	if e.ShowsMetrics(&s) {
		policies = append(policies, newPolicy(s.Namespace, "allow-scraper",
			ingress(metav1.LabelSelector{}, scraper(), port(corev1.ProtocolTCP, s.Workload.Metrics.Port))))
	}
	callers, err := ingressPeers(e, s)
	if err != nil {
		return nil, err
	}
	if len(callers) > 0 {
		policies = append(policies, newPolicy(s.Namespace, "allow-callers", networkingv1.NetworkPolicySpec{
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
			Ingress: []networkingv1.NetworkPolicyIngressRule{{
				From: callers, Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolTCP, s.Network.Port)},
			}},
		}))
	}
	rules, err := egressRules(e, name, s)
	if err != nil {
		return nil, err
	}
	if len(rules) > 0 {
		policies = append(policies, newPolicy(s.Namespace, "allow-calls", egress(rules...)))
	}
	return policies, nil
}

// ingressPeers are who may call the service.
func ingressPeers(e *schema.Environment, s schema.Service) ([]networkingv1.NetworkPolicyPeer, error) {
	var peers []networkingv1.NetworkPolicyPeer
	for _, caller := range slices.Sorted(slices.Values(s.Network.From)) {
		peers = append(peers, networkingv1.NetworkPolicyPeer{NamespaceSelector: labelled(labelService, caller)})
	}
	if !s.Public() {
		return peers, nil
	}
	tiers, err := e.TierSubnets()
	if err != nil {
		return nil, fmt.Errorf("find public subnets: %w", err)
	}
	for _, subnet := range tiers.Public {
		peers = append(peers, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: subnet.CIDR}})
	}
	return peers, nil
}

// egressRules are whom the service may call: services that name it as a caller, the database if it uses it, and the ranges that it states.
func egressRules(e *schema.Environment, name string, s schema.Service) ([]networkingv1.NetworkPolicyEgressRule, error) {
	var rules []networkingv1.NetworkPolicyEgressRule
	for _, other := range slices.Sorted(maps.Keys(e.Services)) {
		called := e.Services[other]
		if slices.Contains(called.Network.From, name) {
			rules = append(rules, networkingv1.NetworkPolicyEgressRule{
				To:    []networkingv1.NetworkPolicyPeer{{NamespaceSelector: labelled(labelService, other)}},
				Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolTCP, called.Network.Port)},
			})
		}
	}
	if s.UsesDatabase() {
		tiers, err := e.TierSubnets()
		if err != nil {
			return nil, fmt.Errorf("find private data subnets: %w", err)
		}
		const postgres = 5432
		rule := networkingv1.NetworkPolicyEgressRule{Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolTCP, postgres)}}
		for _, subnet := range tiers.PrivateData {
			rule.To = append(rule.To, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: subnet.CIDR}})
		}
		rules = append(rules, rule)
	}
	for _, out := range s.Network.Egress {
		rule := networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: out.CIDR}}}}
		for _, number := range out.Ports {
			rule.Ports = append(rule.Ports, port(corev1.ProtocolTCP, number))
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

func newPolicy(namespace, name string, spec networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
		Spec:       spec,
	}
}

func egress(rules ...networkingv1.NetworkPolicyEgressRule) networkingv1.NetworkPolicySpec {
	return networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}, Egress: rules}
}

func labelled(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func port(protocol corev1.Protocol, number int) networkingv1.NetworkPolicyPort {
	return networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: new(intstr.FromInt32(int32(number)))} //nolint:gosec // Ports fit.
}
