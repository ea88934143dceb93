package kubelet

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/innovate-inc/genops/test/controlplane/internal/kube"
)

// program is a pod as Deployments of services make it: with probes, a pause before its end, and variables out of a Secret.
func program() *corev1.Pod {
	probe := &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz", Port: intstr.FromString("http")}}}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "api-1", Namespace: "api", UID: "12345678-1"},
		Spec: corev1.PodSpec{
			NodeName: "node-1",
			Containers: []corev1.Container{{
				Name: "api", Image: "registry.example.org/api:1", StartupProbe: probe, ReadinessProbe: probe, LivenessProbe: probe,
				Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 20}}},
				EnvFrom: []corev1.EnvFromSource{{
					SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "database"}},
				}},
			}},
		},
	}
}

// run makes a kubelet that has seen a pod.
func run(t *testing.T, p *corev1.Pod) (*Kubelet, *fake.Clientset) {
	t.Helper()
	k, client := idle(t, p)
	k.sync(t.Context(), p)
	return k, client
}

// idle makes a kubelet that has not seen the pod yet.
func idle(t *testing.T, p *corev1.Pod) (*Kubelet, *fake.Clientset) {
	t.Helper()
	client := fake.NewClientset(p.DeepCopy())
	k := &Kubelet{
		Options: Options{Cluster: &kube.Cluster{Name: "c"}, Dir: t.TempDir(), Log: t.Logf}, client: client,
		pods: map[types.UID]*pod{}, started: map[types.UID]types.UID{}, refused: map[string]string{},
	}
	t.Cleanup(func() { k.stop(p.UID) }) // The test's context is done by then.
	return k, client
}

// until waits for a pod to be as a test wants it.
func until(t *testing.T, client *fake.Clientset, is func(*corev1.Pod) bool) *corev1.Pod {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		p, err := client.CoreV1().Pods("api").Get(t.Context(), "api-1", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if is(p) {
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("status is %+v", p.Status)
		}
	}
}

func readyIs(status corev1.ConditionStatus) func(*corev1.Pod) bool {
	return func(p *corev1.Pod) bool {
		has := conditionOf(p, corev1.PodReady)
		return has != nil && has.Status == status
	}
}

// TestSecretOfVariables has no Secret at first: the container is not made before it is there.
func TestSecretOfVariables(t *testing.T) {
	t.Parallel()
	_, client := run(t, program())
	p := until(t, client, readyIs(corev1.ConditionFalse))
	waiting := p.Status.ContainerStatuses[0].State.Waiting
	if p.Status.Phase != corev1.PodPending || waiting == nil || waiting.Reason != "CreateContainerConfigError" ||
		!strings.Contains(waiting.Message, `secrets "database" not found`) {
		t.Errorf("without the Secret: %s, %+v", p.Status.Phase, waiting)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "database", Namespace: "api"}}
	if _, err := client.CoreV1().Secrets("api").Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	p = until(t, client, readyIs(corev1.ConditionTrue))
	if is := p.Status.ContainerStatuses[0]; p.Status.Phase != corev1.PodRunning || !is.Ready || !*is.Started || is.RestartCount != 0 {
		t.Errorf("with the Secret: %s, %+v", p.Status.Phase, is)
	}
}

// TestReadinessGates has a gate that somebody else opens, and closes again.
func TestReadinessGates(t *testing.T) {
	t.Parallel()
	const gate = corev1.PodConditionType("target-health.elbv2.k8s.aws/api")
	pod := program()
	pod.Spec.Containers[0].EnvFrom = nil
	pod.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: gate}}
	k, client := run(t, pod)
	p := until(t, client, readyIs(corev1.ConditionFalse))
	if has := conditionOf(p, corev1.PodReady); has.Reason != "ReadinessGatesNotReady" || conditionOf(p, corev1.ContainersReady).Status != corev1.ConditionTrue {
		t.Errorf("closed: %+v", p.Status.Conditions)
	}
	for _, status := range []corev1.ConditionStatus{corev1.ConditionTrue, corev1.ConditionFalse} {
		if has := conditionOf(p, gate); has != nil {
			has.Status = status
		} else {
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: gate, Status: status})
		}
		live, err := client.CoreV1().Pods("api").UpdateStatus(t.Context(), p, metav1.UpdateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		k.sync(t.Context(), live)
		p = until(t, client, readyIs(status))
		if has := conditionOf(p, gate); has == nil || has.Status != status {
			t.Errorf("%s: the gate is %+v", status, has)
		}
	}
}

// TestEnd takes a pod away at once: nothing runs in it that could use the pause before its end.
func TestEnd(t *testing.T) {
	t.Parallel()
	pod := program()
	pod.Spec.Containers[0].EnvFrom = nil
	k, client := run(t, pod)
	p := until(t, client, readyIs(corev1.ConditionTrue))
	p.DeletionTimestamp, p.DeletionGracePeriodSeconds = new(metav1.Now()), new(int64(60))
	k.sync(t.Context(), p)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := client.CoreV1().Pods("api").Get(t.Context(), "api-1", metav1.GetOptions{}); err != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the pod is still there")
		}
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	data := map[string]string{"A": "1", "B": "2"}
	client := fake.NewClientset(
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings", Namespace: "api"}, Data: data},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "database", Namespace: "api"}, Data: map[string][]byte{"PASSWORD": []byte("p")}},
	)
	k := &Kubelet{client: client}
	p := program()
	settings, other := corev1.LocalObjectReference{Name: "settings"}, corev1.LocalObjectReference{Name: "other"}
	for name, tc := range map[string]struct {
		container corev1.Container
		want      string
	}{
		"nothing":  {corev1.Container{}, ""},
		"secret":   {program().Spec.Containers[0], ""},
		"map":      {corev1.Container{EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: settings}}}}, ""},
		"no map":   {corev1.Container{EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: other}}}}, `configmaps "other" not found`},
		"optional": {corev1.Container{EnvFrom: []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: other, Optional: new(true)}}}}, ""},
		"key":      {variable(&corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: settings, Key: "A"}}), ""},
		"no key": {
			variable(&corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: settings, Key: "C"}}),
			"variable V: its source has no such key",
		},
		"optional key": {
			variable(&corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: settings, Key: "C", Optional: new(true)}}), "",
		},
		"no secret": {variable(&corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: other, Key: "A"}}), `secrets "other" not found`},
		"field":     {variable(&corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "spec.unknown"}}), ""},
	} {
		err := k.references(t.Context(), p, tc.container)
		if unmade := (*configError)(nil); tc.want == "" && err != nil || tc.want != "" && (!errors.As(err, &unmade) || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
	env, err := k.environment(t.Context(), p, corev1.Container{
		Env: []corev1.EnvVar{{Name: "X_B", Value: "3"}, {Name: "C", Value: "$(X_A)"}},
		EnvFrom: []corev1.EnvFromSource{
			{Prefix: "X_", ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: settings}},
		},
	})
	if err != nil || len(env) != 3 || env["X_A"] != "1" || env["X_B"] != "3" || env["C"] != "1" {
		t.Errorf("environment is %v, %v", env, err)
	}
}

func variable(from *corev1.EnvVarSource) corev1.Container {
	return corev1.Container{Env: []corev1.EnvVar{{Name: "V", ValueFrom: from}}}
}
