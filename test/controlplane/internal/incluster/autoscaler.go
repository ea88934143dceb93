package incluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// autoscalers plays the controller of HorizontalPodAutoscalers, for Deployments whose pods use as much as the autoscaler aims at.
func (c *Controllers) autoscalers(ctx context.Context, _ *account) ([]string, error) {
	found, err := c.Client.AutoscalingV2().HorizontalPodAutoscalers("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list autoscalers: %w", err)
	}
	if len(found.Items) == 0 {
		return nil, nil
	}
	_, metrics := c.running(ctx, "metrics-server")
	targets := map[string]int{}
	for _, hpa := range found.Items {
		targets[targetOf(&hpa)]++
	}
	var problems []string
	for _, hpa := range found.Items {
		before := hpa.Status.DeepCopy()
		judged := &scaling{hpa: &hpa, metrics: metrics, shared: targets[targetOf(&hpa)] > 1}
		if err := c.scale(ctx, judged); err != nil {
			problems = append(problems, title("HorizontalPodAutoscaler", hpa.Namespace, hpa.Name)+": "+err.Error())
		}
		if equality.Semantic.DeepEqual(before, &hpa.Status) {
			continue
		}
		_, err := c.Client.AutoscalingV2().HorizontalPodAutoscalers(hpa.Namespace).UpdateStatus(ctx, &hpa, metav1.UpdateOptions{})
		if err := changed(err); err != nil {
			return problems, fmt.Errorf("status of autoscaler %s/%s: %w", hpa.Namespace, hpa.Name, err)
		}
	}
	return problems, nil
}

func targetOf(hpa *autoscalingv2.HorizontalPodAutoscaler) string {
	ref := hpa.Spec.ScaleTargetRef
	return hpa.Namespace + "/" + ref.Kind + "/" + ref.Name
}

// scaling is an autoscaler at work.
type scaling struct {
	hpa *autoscalingv2.HorizontalPodAutoscaler
	// metrics is why there are no metrics of pods.
	metrics error
	// shared tells that another autoscaler has the same target.
	shared bool
}

// set sets a condition, as the controller does: it is new if its status changes.
func (s *scaling) set(kind autoscalingv2.HorizontalPodAutoscalerConditionType, is corev1.ConditionStatus, reason, format string, args ...any) error {
	condition := autoscalingv2.HorizontalPodAutoscalerCondition{
		Type: kind, Status: is, Reason: reason, Message: fmt.Sprintf(format, args...), LastTransitionTime: metav1.Now(),
	}
	conditions := &s.hpa.Status.Conditions
	at := slices.IndexFunc(*conditions, func(has autoscalingv2.HorizontalPodAutoscalerCondition) bool { return has.Type == kind })
	switch {
	case at < 0:
		*conditions = append(*conditions, condition)
	default:
		if (*conditions)[at].Status == is {
			condition.LastTransitionTime = (*conditions)[at].LastTransitionTime
		}
		(*conditions)[at] = condition
	}
	if is == corev1.ConditionTrue || kind == autoscalingv2.ScalingLimited {
		return nil
	}
	return errors.New(reason + ": " + condition.Message)
}

// scale judges an autoscaler, and scales its target.
func (c *Controllers) scale(ctx context.Context, s *scaling) error {
	const able, active, limited = autoscalingv2.AbleToScale, autoscalingv2.ScalingActive, autoscalingv2.ScalingLimited
	const noScale = "the HPA controller was unable to get the target's current scale: %v"
	const noCount, noMetrics = "the HPA was unable to compute the replica count: %v", "FailedGetResourceMetric"
	hpa, ref := s.hpa, s.hpa.Spec.ScaleTargetRef
	hpa.Status.ObservedGeneration = new(hpa.Generation)
	if ref.Kind != "Deployment" || ref.APIVersion != "apps/v1" {
		unknown := fmt.Errorf("this stand-in scales apps/v1 Deployments, not %s %s", ref.APIVersion, ref.Kind)
		return s.set(able, corev1.ConditionFalse, "FailedGetScale", noScale, unknown)
	}
	target, err := c.Client.AppsV1().Deployments(hpa.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	if err != nil {
		return s.set(able, corev1.ConditionFalse, "FailedGetScale", noScale, err)
	}
	_ = s.set(able, corev1.ConditionTrue, "SucceededGetScale", "the HPA controller was able to get the target's current scale")
	current := int32(1)
	if target.Spec.Replicas != nil {
		current = *target.Spec.Replicas
	}
	hpa.Status.CurrentReplicas, hpa.Status.DesiredReplicas = current, current
	if current == 0 {
		return s.set(active, corev1.ConditionFalse, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")
	}
	if s.shared {
		return s.set(active, corev1.ConditionFalse, "AmbiguousSelector", "pods of %s are selected by more than one autoscaler", ref.Name)
	}
	metrics, description, err := usage(hpa, target)
	if err != nil {
		return s.set(active, corev1.ConditionFalse, noMetrics, noCount, err)
	}
	desired := min(max(current, least(hpa)), hpa.Spec.MaxReplicas)
	if desired != current {
		return c.rescale(ctx, s, target, desired)
	}
	if s.metrics == nil {
		s.metrics = c.measurable(ctx, target)
	}
	if s.metrics != nil {
		return s.set(active, corev1.ConditionFalse, noMetrics, noCount, fmt.Errorf("failed to get %s: %w", description, s.metrics))
	}
	hpa.Status.CurrentMetrics = metrics
	_ = s.set(able, corev1.ConditionTrue, "ReadyForNewScale", "recommended size matches current size")
	_ = s.set(active, corev1.ConditionTrue, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from %s", description)
	return s.set(limited, corev1.ConditionFalse, "DesiredWithinRange", "the desired count is within the acceptable range")
}

func least(hpa *autoscalingv2.HorizontalPodAutoscaler) int32 {
	if hpa.Spec.MinReplicas == nil {
		return 1
	}
	return *hpa.Spec.MinReplicas
}

// rescale brings the number of pods into the range; metrics are for the next look.
func (c *Controllers) rescale(ctx context.Context, s *scaling, target *appsv1.Deployment, desired int32) error {
	scale := &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: target.Name, Namespace: target.Namespace}, Spec: autoscalingv1.ScaleSpec{Replicas: desired},
	}
	const able, limited = autoscalingv2.AbleToScale, autoscalingv2.ScalingLimited
	_, err := c.Client.AppsV1().Deployments(target.Namespace).UpdateScale(ctx, target.Name, scale, metav1.UpdateOptions{})
	if err != nil {
		return s.set(able, corev1.ConditionFalse, "FailedUpdateScale", "the HPA controller was unable to update the target scale: %v", err)
	}
	s.hpa.Status.DesiredReplicas, s.hpa.Status.LastScaleTime = desired, new(metav1.Now())
	_ = s.set(able, corev1.ConditionTrue, "SucceededRescale", "the HPA controller was able to update the target scale to %d", desired)
	if desired == s.hpa.Spec.MaxReplicas && desired != least(s.hpa) {
		return s.set(limited, corev1.ConditionTrue, "TooManyReplicas", "the desired replica count is more than the maximum replica count")
	}
	return s.set(limited, corev1.ConditionTrue, "TooFewReplicas", "the desired replica count is less than the minimum replica count")
}

// measurable says why metrics-server would have no metrics of a Deployment's pods.
func (c *Controllers) measurable(ctx context.Context, target *appsv1.Deployment) error {
	selector, err := metav1.LabelSelectorAsSelector(target.Spec.Selector)
	if err != nil {
		return fmt.Errorf("selector: %w", err)
	}
	pods, err := c.Client.CoreV1().Pods(target.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	for _, pod := range pods.Items {
		if condition(&pod, corev1.PodReady) == corev1.ConditionTrue {
			return nil
		}
	}
	return errors.New("did not receive metrics for targeted pods (pods might be unready)")
}

func condition(pod *corev1.Pod, kind corev1.PodConditionType) corev1.ConditionStatus {
	for _, has := range pod.Status.Conditions {
		if has.Type == kind {
			return has.Status
		}
	}
	return corev1.ConditionUnknown
}

// usage is what the pods of a target use, if the autoscaler can find it out: exactly what it aims at.
func usage(hpa *autoscalingv2.HorizontalPodAutoscaler, target *appsv1.Deployment) ([]autoscalingv2.MetricStatus, string, error) {
	var all []autoscalingv2.MetricStatus
	description := ""
	for _, metric := range hpa.Spec.Metrics {
		if metric.Type != autoscalingv2.ResourceMetricSourceType || metric.Resource == nil {
			return nil, "", fmt.Errorf("no API serves metrics of the type %s: this stand-in has CPU and memory of pods", metric.Type)
		}
		name, aim := metric.Resource.Name, metric.Resource.Target
		current := autoscalingv2.MetricValueStatus{AverageValue: aim.AverageValue}
		description = string(name) + " resource"
		if aim.Type == autoscalingv2.UtilizationMetricType && aim.AverageUtilization != nil {
			requested, err := requests(target, name)
			if err != nil {
				return nil, "", err
			}
			const percent = 100
			current.AverageUtilization = aim.AverageUtilization
			current.AverageValue = resource.NewMilliQuantity(requested.MilliValue()*int64(*aim.AverageUtilization)/percent, requested.Format)
			description = string(name) + " resource utilization (percentage of request)"
		}
		all = append(all, autoscalingv2.MetricStatus{
			Type: metric.Type, Resource: &autoscalingv2.ResourceMetricStatus{Name: name, Current: current},
		})
	}
	if len(all) == 0 {
		return nil, "", errors.New("the autoscaler has no metric")
	}
	return all, description, nil
}

// requests is how much of a resource the containers of a pod reserve. A share of it is nothing if one of them reserves none.
func requests(target *appsv1.Deployment, name corev1.ResourceName) (*resource.Quantity, error) {
	sum := &resource.Quantity{Format: resource.DecimalSI}
	containers := slices.Clone(target.Spec.Template.Spec.Containers)
	for _, init := range target.Spec.Template.Spec.InitContainers {
		if init.RestartPolicy != nil && *init.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			containers = append(containers, init)
		}
	}
	for _, container := range containers {
		quantity, ok := container.Resources.Requests[name]
		if !ok {
			return nil, fmt.Errorf("missing request for %s in container %s of Deployment %s", name, container.Name, target.Name)
		}
		sum.Add(quantity)
	}
	return sum, nil
}
