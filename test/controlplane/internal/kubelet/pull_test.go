package kubelet

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestRefuse: a pod whose image has left the registry says so, and runs when the image is back.
func TestRefuse(t *testing.T) {
	t.Parallel()
	pod := program()
	pod.Spec.Containers[0].EnvFrom = nil
	k, client := idle(t, pod)
	back := k.Refuse("api-", "manifest unknown")
	k.sync(t.Context(), pod)
	p := until(t, client, readyIs(corev1.ConditionFalse))
	if waiting := p.Status.ContainerStatuses[0].State.Waiting; waiting == nil || waiting.Reason != "ImagePullBackOff" ||
		!strings.Contains(waiting.Message, `failed to pull image "registry.example.org/api:1": manifest unknown`) {
		t.Errorf("without the image: %+v", waiting)
	}
	back()
	until(t, client, readyIs(corev1.ConditionTrue))
}
