package incluster

import (
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// scaled are an autoscaler and its target, of which one pod is ready.
const scaled = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api, namespace: api, generation: 3}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}
  minReplicas: 2
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: api}
spec:
  replicas: 2
  selector: {matchLabels: {app.kubernetes.io/name: api}}
  template:
    spec:
      containers:
      - {name: api, resources: {requests: {cpu: 200m, memory: 64Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: api-1, namespace: api, labels: {app.kubernetes.io/name: api}}
status: {conditions: [{type: Ready, status: "True"}]}
---
`

func TestAutoscaler(t *testing.T) {
	t.Parallel()
	const valid = "ValidMetricFound"
	for name, tc := range map[string]struct {
		from, to string
		replicas int32
		// reason is that of the condition ScalingActive, or of AbleToScale.
		kind   autoscalingv2.HorizontalPodAutoscalerConditionType
		is     corev1.ConditionStatus
		reason string
		says   string
	}{
		"in range":  {"", "", 2, autoscalingv2.ScalingActive, corev1.ConditionTrue, valid, ""},
		"too few":   {"replicas: 2", "replicas: 1", 2, autoscalingv2.ScalingActive, corev1.ConditionTrue, valid, ""},
		"too many":  {"replicas: 2", "replicas: 9", 6, autoscalingv2.ScalingActive, corev1.ConditionTrue, valid, ""},
		"no target": {"name: api}\n  min", "name: app}\n  min", 2, autoscalingv2.AbleToScale, corev1.ConditionFalse, "FailedGetScale", `"app" not found`},
		"no request": {
			"cpu: 200m, ", "", 2, autoscalingv2.ScalingActive, corev1.ConditionFalse, "FailedGetResourceMetric",
			"missing request for cpu in container api of Deployment api",
		},
		"a sidecar without a request": {
			"      containers:", "      initContainers: [{name: proxy, restartPolicy: Always}]\n      containers:", 2,
			autoscalingv2.ScalingActive, corev1.ConditionFalse, "FailedGetResourceMetric", "missing request for cpu in container proxy",
		},
		"too few, no request": {
			"replicas: 2\n  selector: {matchLabels: {app.kubernetes.io/name: api}}\n  template:\n    spec:\n      containers:\n" +
				"      - {name: api, resources: {requests: {cpu: 200m, memory: 64Mi}}}",
			"replicas: 1\n  selector: {matchLabels: {app.kubernetes.io/name: api}}\n  template: {spec: {containers: [{name: api}]}}", 1,
			autoscalingv2.ScalingActive, corev1.ConditionFalse, "FailedGetResourceMetric", "missing request",
		},
		"other resource": {"cpu, target", "memory, target", 2, autoscalingv2.ScalingActive, corev1.ConditionTrue, valid, ""},
		"pods not ready": {
			`status: "True"}]}`, `status: "False"}]}`, 2, autoscalingv2.ScalingActive, corev1.ConditionFalse, "FailedGetResourceMetric",
			"did not receive metrics for targeted pods",
		},
		"disabled": {"replicas: 2", "replicas: 0", 0, autoscalingv2.ScalingActive, corev1.ConditionFalse, "ScalingDisabled", "replica count of the target is zero"},
		"metric of requests": {
			"type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}",
			"type: Pods, pods: {metric: {name: requests}, target: {type: AverageValue, averageValue: 1}}", 2,
			autoscalingv2.ScalingActive, corev1.ConditionFalse, "FailedGetResourceMetric", "metrics of the type Pods",
		},
	} {
		b := newBench(t, "", controller("metrics-server", "kube-system")+replaced(t, scaled, tc.from, tc.to))
		b.Once(t.Context())
		b.Once(t.Context()) // After a change of the scale.
		says(t, name, b.Problems(), tc.says)
		hpa, err := b.Client.AutoscalingV2().HorizontalPodAutoscalers("api").Get(t.Context(), "api", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		deployment, err := b.Client.AppsV1().Deployments("api").Get(t.Context(), "api", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := *deployment.Spec.Replicas; got != tc.replicas {
			t.Errorf("%s: %d replicas, want %d", name, got, tc.replicas)
		}
		found := false
		for _, has := range hpa.Status.Conditions {
			found = found || has.Type == tc.kind && has.Status == tc.is && has.Reason == tc.reason && !has.LastTransitionTime.IsZero()
		}
		if !found || *hpa.Status.ObservedGeneration != 3 {
			t.Errorf("%s: status is %+v", name, hpa.Status)
		}
		if tc.reason == valid && (hpa.Status.DesiredReplicas != tc.replicas || len(hpa.Status.CurrentMetrics) != 1 || len(hpa.Status.Conditions) != 3) {
			t.Errorf("%s: status is %+v", name, hpa.Status)
		}
	}
}

// TestAutoscalerWaits has what an autoscaler waits for, and what two of them would fight about.
func TestAutoscalerWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t, "", scaled)
	b.Once(t.Context())
	says(t, "no metrics-server", b.Problems(), "failed to get cpu resource utilization (percentage of request): no pod of metrics-server is available")

	second := replaced(t, scaled, "name: api, namespace: api, generation", "name: second, namespace: api, generation")
	hpa, _, _ := strings.Cut(second, "---\n")
	b = newBench(t, "", controller("metrics-server", "kube-system")+scaled+hpa)
	b.Once(t.Context())
	if got := b.Problems(); len(got) != 2 {
		t.Errorf("two autoscalers of one target: %q", got)
	}
}
