package generators

import (
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Telemetry generates the namespaces of what collects logs, metrics and traces, and who may talk to whom there. The add-ons themselves come with
// their charts (telemetryAddons).
type Telemetry struct{}

// Environment makes the namespaces and their network policies.
func (Telemetry) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if !e.Observed() {
		return nil, nil
	}
	nodes, err := nodePeers(e)
	if err != nil {
		return nil, fmt.Errorf("find private app subnets: %w", err)
	}
	folder := path.Join(e.Name, folderCluster, folderTelemetry)
	var objects typed
	// What reads files of the node, or is in its network, is above the level baseline.
	for _, namespace := range []struct{ name, level string }{
		{schema.NamespaceLogging, "privileged"}, {schema.NamespaceNodeExporter, "privileged"}, {schema.NamespaceTelemetry, "restricted"},
	} {
		labels := e.Labels()
		podSecurity(labels, namespace.level, c.ClusterVersion(e))
		objects.add(&corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: metav1.ObjectMeta{Name: namespace.name, Labels: labels, Annotations: confirmed(e, wave(-1))},
		}, folder, namespace.name, "namespace")
	}
	// Pods of the node exporter are in the network of their nodes, where no policy holds.
	for _, policy := range append(loggingPolicies(), telemetryPolicies(nodes)...) {
		objects.add(policy, folder, policy.Namespace, "networkpolicy-"+policy.Name)
	}
	return objects.done()
}

// nodePeers are the subnets of nodes.
func nodePeers(e *schema.Environment) ([]networkingv1.NetworkPolicyPeer, error) {
	tiers, err := e.TierSubnets()
	if err != nil {
		return nil, err
	}
	var peers []networkingv1.NetworkPolicyPeer
	for _, subnet := range tiers.PrivateApp {
		peers = append(peers, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: subnet.CIDR}})
	}
	return peers, nil
}

// loggingPolicies are those of Fluent Bit, which writes to AWS and reads from the Kubernetes API.
func loggingPolicies() []*networkingv1.NetworkPolicy {
	return append(basicPolicies(schema.NamespaceLogging),
		newPolicy(schema.NamespaceLogging, "allow-scraper", ingress(metav1.LabelSelector{}, scraper(), port(corev1.ProtocolTCP, portFluentBit))))
}

// telemetryPolicies let services and the scraper send to the gateway, and the scraper ask everybody.
func telemetryPolicies(nodes []networkingv1.NetworkPolicyPeer) []*networkingv1.NetworkPolicy {
	const namespace = schema.NamespaceTelemetry
	services := networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
		{Key: labelService, Operator: metav1.LabelSelectorOpExists},
	}}}
	asks := egress(
		networkingv1.NetworkPolicyEgressRule{To: []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}},
		networkingv1.NetworkPolicyEgressRule{To: nodes, Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolTCP, portNodeExporter)}},
	)
	asks.PodSelector = *labelled(labelInstance, schema.CollectorScraper)
	return append(basicPolicies(namespace),
		newPolicy(namespace, "allow-services", ingress(*labelled(labelInstance, schema.CollectorGateway), services, otlpPorts()...)),
		newPolicy(namespace, "allow-handing-over", ingress(*labelled(labelInstance, schema.CollectorGateway), scraper(),
			port(corev1.ProtocolTCP, schema.PortOTLPGRPC))),
		newPolicy(namespace, "allow-scraper", ingress(metav1.LabelSelector{}, scraper(),
			port(corev1.ProtocolTCP, portKubeState), port(corev1.ProtocolTCP, portCollector))),
		newPolicy(namespace, "allow-asking", asks),
	)
}

// basicPolicies deny everything but names, credentials, and TLS to the APIs of AWS and Kubernetes: nobody knows their addresses beforehand.
func basicPolicies(namespace string) []*networkingv1.NetworkPolicy {
	const https = 443
	return append(closedPolicies(namespace), newPolicy(namespace, "allow-apis", egress(networkingv1.NetworkPolicyEgressRule{
		To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}}},
		Ports: []networkingv1.NetworkPolicyPort{port(corev1.ProtocolTCP, https)},
	})))
}

// ingress lets a peer reach ports of some pods of a namespace.
func ingress(pods metav1.LabelSelector, from networkingv1.NetworkPolicyPeer, ports ...networkingv1.NetworkPolicyPort) networkingv1.NetworkPolicySpec {
	return networkingv1.NetworkPolicySpec{
		PodSelector: pods,
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
		Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{from}, Ports: ports}},
	}
}

// scraper is the pod that asks for metrics.
func scraper() networkingv1.NetworkPolicyPeer { return collector(schema.CollectorScraper) }

// collector are the pods of a collector.
func collector(name string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{
		NamespaceSelector: labelled("kubernetes.io/metadata.name", schema.NamespaceTelemetry), PodSelector: labelled(labelInstance, name),
	}
}

// otlpPorts are those of the gateway.
func otlpPorts() []networkingv1.NetworkPolicyPort {
	return []networkingv1.NetworkPolicyPort{port(corev1.ProtocolTCP, schema.PortOTLPGRPC), port(corev1.ProtocolTCP, schema.PortOTLPHTTP)}
}
