package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/internal/validate"
)

// program are the built-in kinds that a program of a service is made of.
const (
	deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: api}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: api}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 0}}
  template:
    metadata: {labels: {app.kubernetes.io/name: api}}
    spec:
      automountServiceAccountToken: false
      containers:
      - name: api
        image: registry.example.org/api:1
        envFrom: [{secretRef: {name: database}}]
        ports: [{name: http, containerPort: 8080}]
        lifecycle: {preStop: {sleep: {seconds: 20}}}
        readinessProbe: {httpGet: {path: /healthz, port: http}}
        resources: {requests: {cpu: 250m}}
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway, matchLabelKeys: [pod-template-hash]}
`
	autoscaler = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api, namespace: api}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}
  minReplicas: 2
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
  behavior: {scaleDown: {stabilizationWindowSeconds: 300}}
`
	budget = `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: api, namespace: api}
spec:
  maxUnavailable: 1
  selector: {matchLabels: {app.kubernetes.io/name: api}}
  unhealthyPodEvictionPolicy: AlwaysAllow
`
	ingress = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: api}
spec:
  ingressClassName: alb
  rules:
  - host: api.example.org
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {name: http}}}}]}
`
	service = `
apiVersion: v1
kind: Service
metadata: {name: api, namespace: api}
spec:
  type: ClusterIP
  selector: {app.kubernetes.io/name: api}
  ports: [{name: http, port: 80, targetPort: http, appProtocol: http}]
`
	account = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: api, namespace: api}
automountServiceAccountToken: false
`
)

// TestBuiltIn makes one mistake in each built-in kind of a program, beside the object without it.
func TestBuiltIn(t *testing.T) {
	t.Parallel()
	container := func(path ...any) []any { return append([]any{"spec", "template", "spec", "containers", 0}, path...) }
	label := `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an ` +
		`alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`
	cases := map[string]struct {
		reason string
		object string
		value  any
		path   []any
		want   string
	}{
		"deployment, field": {
			"the API server would drop it, and pods would end at once", deployment,
			map[string]any{"sleep": map[string]any{}},
			container("lifecycle", "prestop"), "spec.template.spec.containers[0].lifecycle.prestop: there is no such field",
		},
		"deployment, quantity": {
			"the field is named", deployment, "1 GB", container("resources", "requests", "memory"),
			"spec.template.spec.containers[0].resources.requests.memory: quantities must match the regular expression " +
				"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
		},
		"deployment, type": {
			"variables are a list", deployment,
			map[string]any{"PORT": "80"},
			container("env"),
			"spec.template.spec.containers.env: found object, allowed is a list",
		},
		"autoscaler": {
			"autoscaling/v1 has this field", autoscaler, int64(70),
			[]any{"spec", "targetCPUUtilizationPercentage"},
			"spec.targetCPUUtilizationPercentage: there is no such field",
		},
		"budget": {
			"the plural is misspelt", budget, int64(1), []any{"spec", "minAvailables"}, "spec.minAvailables: there is no such field",
		},
		"ingress": {
			"the old API had this field", ingress, "api",
			[]any{"spec", "rules", 0, "http", "paths", 0, "backend", "serviceName"},
			"spec.rules[0].http.paths[0].backend.serviceName: there is no such field",
		},
		"service": {
			"ports are numbers", service, "http", []any{"spec", "ports", 0, "port"}, "spec.ports.port: found string, allowed is a whole number",
		},
		"service, name": {
			"it becomes a host name", service, "1api", []any{"metadata", "name"}, `metadata.name: Invalid value: "1api": ` + label,
		},
		"account": {
			"it stands beside the metadata", account, false, []any{"automountToken"}, "automountToken: there is no such field",
		},
	}
	judge := &validate.Validator{}
	for name, tc := range cases {
		var object unstructured.Unstructured
		data, err := yaml.YAMLToJSON([]byte(tc.object))
		if err != nil {
			t.Fatal(err)
		}
		if err := object.UnmarshalJSON(data); err != nil {
			t.Fatal(err)
		}
		if !judge.Knows(object.Object) {
			t.Errorf("%s: the kind is not known", name)
		}
		if said := judge.Object(t.Context(), object.Object); len(said) > 0 {
			t.Errorf("%s: without the mistake: %q", name, said)
		}
		if diff := cmp.Diff([]string{tc.want}, judge.Object(t.Context(), changed(object.Object, tc.value, tc.path...))); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, tc.reason, diff)
		}
	}
}
