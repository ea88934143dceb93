package kubelet

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// conditionOf is a condition of a pod; nil if it has none of the kind.
func conditionOf(p *corev1.Pod, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == kind {
			return &p.Status.Conditions[i]
		}
	}
	return nil
}

// gatesOf are the conditions by which others say that a pod may be ready. The kubelet leaves them alone.
func gatesOf(p *corev1.Pod) []corev1.PodCondition {
	var all []corev1.PodCondition
	for _, gate := range p.Spec.ReadinessGates {
		if has := conditionOf(p, gate.ConditionType); has != nil {
			all = append(all, *has)
		}
	}
	return all
}

// ready is whether a pod is ready: its containers are, and all of its readiness gates are open.
func ready(p *corev1.Pod, containers corev1.ConditionStatus) corev1.PodCondition {
	is := corev1.PodCondition{Type: corev1.PodReady, Status: containers}
	if containers != corev1.ConditionTrue {
		is.Reason = "ContainersNotReady"
		return is
	}
	for _, gate := range p.Spec.ReadinessGates {
		if has := conditionOf(p, gate.ConditionType); has == nil || has.Status != corev1.ConditionTrue {
			is.Status, is.Reason = corev1.ConditionFalse, "ReadinessGatesNotReady"
			is.Message = "the readiness gate " + string(gate.ConditionType) + " is not open"
			return is
		}
	}
	return is
}

// gates looks at the readiness gates of a pod again, whose status somebody has changed.
func (k *Kubelet) gates(ctx context.Context, p *corev1.Pod) {
	containers, was := conditionOf(p, corev1.ContainersReady), conditionOf(p, corev1.PodReady)
	if containers == nil || was == nil || ready(p, containers.Status).Status == was.Status {
		return
	}
	live, err := k.client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
	if err == nil && live.UID == p.UID {
		if containers, was = conditionOf(live, corev1.ContainersReady), conditionOf(live, corev1.PodReady); containers == nil || was == nil {
			return
		}
		is := ready(live, containers.Status)
		is.LastTransitionTime = metav1.Now()
		*was = is
		_, err = k.client.CoreV1().Pods(p.Namespace).UpdateStatus(ctx, live, metav1.UpdateOptions{})
	}
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) && ctx.Err() == nil {
		k.Log("readiness of pod %s/%s: %v", p.Namespace, p.Name, err)
	}
}
