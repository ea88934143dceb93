package generators

import (
	"cmp"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/innovate-inc/genops/schema"
)

// ingressClass is the class of the AWS Load Balancer Controller. What holds for all its load balancers is in the class's parameters, where no
// Ingress can change it (addons: aws-load-balancer-controller).
const ingressClass = "alb"

// albAnnotation starts the annotations of the AWS Load Balancer Controller (its user guide: Ingress annotations).
const albAnnotation = "alb.ingress.kubernetes.io/"

// ingress sends the requests that CloudFront passes on to the program's pods. All Ingresses of a cluster share one load balancer, which only
// CloudFront reaches.
func (w *workload) ingress() *networkingv1.Ingress {
	in := w.program.Ingress
	meta := w.meta(w.name)
	meta.Annotations = map[string]string{
		albAnnotation + "healthcheck-path": w.program.Health.Path,
		// Shorter than a pod waits before it ends (drainSeconds): no request reaches one that has gone.
		albAnnotation + "target-group-attributes":             "deregistration_delay.timeout_seconds=15",
		albAnnotation + "security-groups":                     w.e.LoadBalancerGroup(),
		albAnnotation + "manage-backend-security-group-rules": "true",
		"external-dns.alpha.kubernetes.io/hostname":           w.c.OriginHost(w.e),
	}
	if acl := w.e.LoadBalancerACL(); acl != "" {
		meta.Annotations[albAnnotation+"wafv2-acl-name"] = acl
	}
	var paths []networkingv1.HTTPIngressPath
	for _, path := range in.Paths {
		paths = append(paths, networkingv1.HTTPIngressPath{
			Path:     path,
			PathType: new(networkingv1.PathTypePrefix),
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
				Name: w.name, Port: networkingv1.ServiceBackendPort{Name: portName},
			}},
		})
	}
	return &networkingv1.Ingress{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "Ingress"},
		ObjectMeta: meta,
		Spec: networkingv1.IngressSpec{
			IngressClassName: new(ingressClass),
			// The controller finds the certificate by the host name.
			Rules: []networkingv1.IngressRule{{
				Host:             cmp.Or(in.Host, w.c.EdgeDomain(w.e)),
				IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: paths}},
			}},
		},
	}
}

// balancerValues are the values of the controller's chart about load balancers: what no Ingress can change.
func balancerValues() map[string]any {
	attribute := func(key, value string) map[string]any { return map[string]any{"key": key, "value": value} }
	return map[string]any{
		"name": ingressClass, "create": true,
		"spec": map[string]any{
			"scheme":     "internet-facing",
			"targetType": "ip",
			// TLS 1.2 and 1.3 with forward secrecy; the controller's own default still accepts TLS 1.0.
			"sslPolicy": tlsPolicy,
			"group":     map[string]any{"name": label(schema.LabelProject) + "-" + label(schema.LabelEnvironment)},
			"subnets":   map[string]any{"tags": map[string]any{"kubernetes.io/role/elb": []any{"1"}}},
			"listeners": []any{map[string]any{"protocol": "HTTPS", "port": int64(httpsPort)}},
			"loadBalancerAttributes": []any{
				attribute("deletion_protection.enabled", `{{ eq `+condition(schema.LabelStage)+` "prod" }}`),
				attribute("routing.http.drop_invalid_header_fields.enabled", "true"),
			},
			"tags": []any{attribute("project", label(schema.LabelProject)), attribute("environment", label(schema.LabelEnvironment))},
		},
	}
}

// tlsPolicy is the TLS policy of load balancers (Elastic Load Balancing user guide: security policies).
const tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"

const httpsPort = 443

// condition reads a label of a cluster's Secret inside a condition of a template.
func condition(key string) string { return `(index .metadata.labels "` + key + `")` }
