package incluster

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// balanced are an Ingress, its class and what is behind it.
const balanced = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: alb}
spec:
  controller: ingress.k8s.aws/alb
  parameters: {apiGroup: elbv2.k8s.aws, kind: IngressClassParams, name: alb}
---
apiVersion: elbv2.k8s.aws/v1beta1
kind: IngressClassParams
metadata: {name: alb}
spec:
  scheme: internet-facing
  group: {name: acme-dev}
  listeners: [{protocol: HTTPS, port: 443}]
  subnets: {tags: {kubernetes.io/role/elb: ["1"]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: api
  namespace: api
  uid: i-1
  annotations:
    alb.ingress.kubernetes.io/healthcheck-path: /healthz
    alb.ingress.kubernetes.io/target-group-attributes: deregistration_delay.timeout_seconds=15
    alb.ingress.kubernetes.io/security-groups: acme-dev-load-balancer
    alb.ingress.kubernetes.io/manage-backend-security-group-rules: "true"
    alb.ingress.kubernetes.io/wafv2-acl-name: acme-dev
    external-dns.alpha.kubernetes.io/hostname: origin.dev.example.org
spec:
  ingressClassName: alb
  rules:
  - host: www.dev.example.org
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {name: http}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: api}
spec: {selector: {app.kubernetes.io/name: api}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: api, labels: {team: a}}
---
apiVersion: v1
kind: Pod
metadata: {name: api-1, namespace: api, labels: {app.kubernetes.io/name: api}}
spec: {readinessGates: [{conditionType: target-health.elbv2.k8s.aws/k8s-api}, {conditionType: example.org/other}]}
status: {conditions: [{type: ContainersReady, status: "True"}]}
---
`

// balancing is what the account has.
func balancing() string {
	return composed("ec2.aws.upbound.io/v1beta1", "SecurityGroup", "lb", "sg-1", "vpcId: vpc-1, tags: {Name: acme-dev-load-balancer}", "") +
		composed("ec2.aws.upbound.io/v1beta1", "Subnet", "a", "subnet-a", "vpcId: vpc-1, availabilityZone: eu-west-1a, tags: {kubernetes.io/role/elb: '1'}", "") +
		composed("ec2.aws.upbound.io/v1beta1", "Subnet", "b", "subnet-b", "vpcId: vpc-1, availabilityZone: eu-west-1b", "") +
		composed("ec2.aws.upbound.io/v1beta1", "Tag", "b", "subnet-b:role", "resourceId: subnet-b, key: kubernetes.io/role/elb, value: '1'", "") +
		composed("eks.aws.upbound.io/v1beta2", "Cluster", "cluster", "acme-dev", "version: '1.35'", "vpcConfig: {vpcId: vpc-1}") +
		composed("wafv2.aws.upbound.io/v1beta1", "WebACL", "acl", "acl-1", "name: acme-dev, scope: REGIONAL", "arn: arn-of-acl") +
		composed("acm.aws.upbound.io/v1beta2", "Certificate", "edge", "arn-of-certificate",
			"domainName: dev.example.org, subjectAlternativeNames: ['*.dev.example.org']", "status: PENDING_VALIDATION, arn: arn-of-certificate") +
		composed("acm.aws.upbound.io/v1beta1", "CertificateValidation", "proved", "proved", "certificateArn: arn-of-certificate", "")
}

func TestIngress(t *testing.T) {
	t.Parallel()
	const rule = "host: www.dev.example.org"
	for name, tc := range map[string]struct {
		from, to       string
		fromHub, toHub string
		// says is in the Warning; the Ingress gets no address then.
		says string
	}{
		"good":                   {},
		"group by id":            {from: "groups: acme-dev-load-balancer", to: "groups: sg-1"},
		"certificate itself":     {from: rule, to: "host: dev.example.org"},
		"port by its number":     {from: "port: {name: http}", to: "port: {number: 80}"},
		"no web ACL":             {from: "    alb.ingress.kubernetes.io/wafv2-acl-name: acme-dev\n", fromHub: "kind: WebACL", toHub: "kind: RuleGroup"},
		"another controller":     {from: "controller: ingress.k8s.aws/alb", to: "controller: example.org/ingress", says: "-"},
		"no class":               {from: "ingressClassName: alb", to: "ingressClassName: nginx", says: `class: ingressclasses.networking.k8s.io "nginx" not found`},
		"class not named":        {from: "  ingressClassName: alb\n", says: "spec.ingressClassName is missing"},
		"no parameters":          {from: "IngressClassParams\nmetadata: {name: alb}", to: "IngressClassParams\nmetadata: {name: other}", says: `class alb: ingressclassparams.elbv2.k8s.aws "alb" not found`},
		"class for others":       {from: "  scheme: internet-facing", to: "  scheme: internet-facing\n  namespaceSelector: {matchLabels: {team: b}}", says: "not for the namespace api"},
		"class for it":           {from: "  scheme: internet-facing", to: "  scheme: internet-facing\n  namespaceSelector: {matchLabels: {team: a}}"},
		"misspelt annotation":    {from: "healthcheck-path", to: "health-check-path", says: "has no annotation alb.ingress.kubernetes.io/health-check-path"},
		"attributes":             {from: "timeout_seconds=15", to: "timeout_seconds:15", says: "is not key=value"},
		"security group":         {from: "groups: acme-dev-load-balancer", to: "groups: acme-dev-lb", says: "no security group with the tag Name=acme-dev-lb; there are: acme-dev-load-balancer"},
		"group of other network": {fromHub: "vpcId: vpc-1, tags: {Name", toHub: "vpcId: vpc-2, tags: {Name", says: "no security group with the tag Name=acme-dev-load-balancer; there is none"},
		"group not ready":        {fromHub: `status: "True"`, toHub: `status: "False"`, says: "no security group"},
		"group of other region":  {fromHub: "region: eu-west-1", toHub: "region: us-east-1", says: "no security group"},
		"group of other account": {fromHub: "name: dev", toHub: "name: prod", says: "no security group"},
		"groups not served":      {fromHub: "kind: SecurityGroup", toHub: "kind: Instance", says: "the hub does not serve securitygroups of ec2.aws.upbound.io"},
		"web ACL":                {from: "wafv2-acl-name: acme-dev", to: "wafv2-acl-name: acme", says: "no web ACL acme; there are: acme-dev"},
		"web ACL of CloudFront":  {fromHub: "scope: REGIONAL", toHub: "scope: CLOUDFRONT", says: "has the scope CLOUDFRONT, load balancers need REGIONAL"},
		"web ACLs not served":    {fromHub: "kind: WebACL", toHub: "kind: RuleGroup", says: "the hub does not serve webacls"},
		"one zone":               {fromHub: "eu-west-1b", toHub: "eu-west-1a", says: "are in 1 zones"},
		"subnet without the tag": {fromHub: "key: kubernetes.io/role/elb", toHub: "key: kubernetes.io/role/internal-elb", says: "are in 1 zones"},
		"no Service":             {from: "service: {name: api", to: "service: {name: app", says: `backend: services "app" not found`},
		"no port":                {from: "port: {name: http}", to: "port: {name: https}", says: "Service api has no port https"},
		"no port of the number":  {from: "port: {name: http}", to: "port: {number: 8080}", says: "Service api has no port 8080"},
		"certificate":            {from: rule, to: "host: www.example.org", says: "none that is issued for www.example.org; there are: dev.example.org *.dev.example.org"},
		"star is one label":      {from: rule, to: "host: a.b.dev.example.org", says: "none that is issued for a.b.dev.example.org"},
		"certificate waits":      {fromHub: "certificateArn: arn-of-certificate", toHub: "certificateArn: another", says: "there is none"},
		"certificates":           {fromHub: "kind: Certificate", toHub: "kind: Other", says: "the hub does not serve certificates"},
		"no host":                {from: "host: www.dev.example.org\n    http", to: "http", says: "no rule has a host"},
	} {
		b := newBench(t, replaced(t, balancing(), tc.fromHub, tc.toHub),
			controller("aws-load-balancer-controller", "kube-system")+replaced(t, balanced, tc.from, tc.to))
		b.Once(t.Context())
		b.Once(t.Context()) // Says nothing twice.
		want := strings.TrimPrefix(tc.says, "-")
		says(t, name, b.Problems(), want)
		ingress, err := b.Client.NetworkingV1().Ingresses("api").Get(t.Context(), "api", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		events, err := b.Client.CoreV1().Events("api").List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if tc.says == "" {
			is := ingress.Status.LoadBalancer.Ingress
			if len(is) != 1 || !strings.HasPrefix(is[0].Hostname, "k8s-acmedev-") || !strings.HasSuffix(is[0].Hostname, ".eu-west-1.elb.amazonaws.com") || len(events.Items) > 0 {
				t.Errorf("%s: status %+v, events %+v", name, is, events.Items)
			}
			continue
		}
		if len(ingress.Status.LoadBalancer.Ingress) > 0 {
			t.Errorf("%s: it has an address", name)
		}
		if want != "" && (len(events.Items) != 1 || events.Items[0].Type != corev1.EventTypeWarning || events.Items[0].InvolvedObject.Name != "api" ||
			!strings.Contains(events.Items[0].Message, want)) {
			t.Errorf("%s: events are %+v", name, events.Items)
		}
	}
}

// TestIngressWaits has no controller, or one without rights.
func TestIngressWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t, balancing(), balanced)
	b.Once(t.Context())
	says(t, "no controller", b.Problems(), "Ingresses wait: no pod of aws-load-balancer-controller is available")

	b = newBench(t, balancing(), controller("aws-load-balancer-controller", "kube-system")+balanced)
	b.missing = []string{"kube-system/aws-load-balancer-controller"}
	b.Once(t.Context())
	says(t, "no credentials", b.Problems(), "aws-load-balancer-controller has no credentials of AWS: no Pod Identity association")
}

// TestIngressGroup has a second Ingress on the same load balancer.
func TestIngressGroup(t *testing.T) {
	t.Parallel()
	second := balanced[strings.Index(balanced, "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"):strings.Index(balanced, "apiVersion: v1\nkind: Service")]
	second = strings.NewReplacer("  name: api\n", "  name: web\n", "i-1", "i-2", "path: /,", "path: /web,").Replace(second)
	for name, tc := range map[string]struct{ from, to, says string }{
		"same":       {},
		"own path":   {"timeout_seconds=15", "timeout_seconds=30", ""},
		"web ACL":    {"wafv2-acl-name: acme-dev", "wafv2-acl-name: none", `do not agree on wafv2-acl-name: "acme-dev" and "none"`},
		"not stated": {"    alb.ingress.kubernetes.io/wafv2-acl-name: acme-dev\n", "", ""},
		"attributes": {
			"    alb.ingress.kubernetes.io/wafv2-acl-name: acme-dev\n", "    alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds=5\n", "",
		},
		"scheme": {"    alb.ingress.kubernetes.io/wafv2-acl-name: acme-dev\n", "    alb.ingress.kubernetes.io/scheme: internal\n", ""},
		"path":   {"path: /web", "path: /", "Ingress api/api and Ingress api/web both want www.dev.example.org/"},
		"broken": {"service: {name: api", "service: {name: web", `Ingress api/web: backend: services "web" not found`},
	} {
		b := newBench(t, balancing(), controller("aws-load-balancer-controller", "kube-system")+balanced+replaced(t, second, tc.from, tc.to))
		b.Once(t.Context())
		found, err := b.Client.NetworkingV1().Ingresses("api").List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var hosts []string
		for _, ingress := range found.Items {
			for _, is := range ingress.Status.LoadBalancer.Ingress {
				hosts = append(hosts, is.Hostname)
			}
		}
		problems := b.Problems()
		if tc.says == "" && (len(problems) > 0 || len(hosts) != 2 || hosts[0] != hosts[1]) {
			t.Errorf("%s: hosts %q, problems %q", name, hosts, problems)
		}
		// A load balancer is made whole or not at all.
		if tc.says != "" && (len(problems) != 2 || !strings.Contains(problems[0], tc.says) || !strings.Contains(problems[1], tc.says) || len(hosts) > 0) {
			t.Errorf("%s: hosts %q, problems %q", name, hosts, problems)
		}
	}
}

// TestTargets opens the gates of pods that are the controller's, and no others.
func TestTargets(t *testing.T) {
	t.Parallel()
	b := newBench(t, balancing(), controller("aws-load-balancer-controller", "kube-system")+balanced)
	b.Once(t.Context())
	pod, err := b.Client.CoreV1().Pods("api").Get(t.Context(), "api-1", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, has := range pod.Status.Conditions {
		kinds = append(kinds, string(has.Type)+"="+string(has.Status))
	}
	if !slices.Equal(kinds, []string{"ContainersReady=True", "target-health.elbv2.k8s.aws/k8s-api=True"}) {
		t.Errorf("conditions are %q", kinds)
	}
}

func TestHostname(t *testing.T) {
	t.Parallel()
	public, internal := hostname("acme-dev", "internet-facing", "eu-west-1"), hostname("acme-dev", "", "eu-west-1")
	if internal != "internal-"+public || hostname("acme-prod", "internet-facing", "eu-west-1") == public {
		t.Errorf("%s and %s", public, internal)
	}
}
