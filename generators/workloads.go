package generators

import (
	"fmt"
	"maps"
	"path"
	"slices"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Workloads generates what runs in the namespaces of services: a Deployment with its Service, autoscaler, disruption budget and
// ServiceAccount, and where the service says so, an Ingress and the Secret of the database.
type Workloads struct{}

// labelName selects the pods of a service (Kubernetes: recommended labels).
const labelName = "app.kubernetes.io/name"

// portName is the name of the port that a program listens on.
const portName = "http"

// Environment makes the objects of each service that has a program.
func (Workloads) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Cluster == nil {
		return nil, nil
	}
	var objects typed
	for _, name := range slices.Sorted(maps.Keys(e.Services)) {
		service := e.Services[name]
		if service.Workload == nil {
			continue
		}
		w := workload{c: c, e: e, name: name, service: &service, program: service.Workload}
		deployment, err := w.deployment()
		if err != nil {
			return nil, fmt.Errorf("build Deployment of %s: %w", name, err)
		}
		folder := path.Join(e.Name, folderCluster, folderWorkloads, name)
		objects.add(w.serviceAccount(), folder, "serviceaccount")
		objects.add(deployment, folder, "deployment")
		objects.add(w.kubernetesService(), folder, "service")
		objects.add(w.autoscaler(), folder, "horizontalpodautoscaler")
		objects.add(w.disruptionBudget(), folder, "poddisruptionbudget")
		if service.Workload.Ingress != nil {
			objects.add(w.ingress(), folder, "ingress")
		}
		if service.Workload.Database {
			objects.objects = append(objects.objects, manifest.Object{Path: path.Join(folder, "externalsecret.yaml"), Object: w.databaseSecret()})
		}
	}
	return objects.done()
}

// workload is the program of one service in the making.
type workload struct {
	c       *schema.Config
	e       *schema.Environment
	name    string
	service *schema.Service
	program *schema.Workload
}

func (w *workload) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: w.service.Namespace, Labels: with(w.e.Labels(), labelName, w.name)}
}

func (w *workload) selector() map[string]string { return map[string]string{labelName: w.name} }

// serviceAccount gives the pods a name of their own: rights in AWS are given to it (EKS Pod Identity), rights in Kubernetes to nobody.
func (w *workload) serviceAccount() *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   w.meta(w.name),
		AutomountServiceAccountToken: new(false),
	}
}

// kubernetesService is for the cluster alone: what comes from outside comes through a load balancer to the pods.
func (w *workload) kubernetesService() *corev1.Service {
	const http = 80
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: w.meta(w.name),
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeClusterIP,
			Selector: w.selector(),
			Ports: []corev1.ServicePort{{
				Name: portName, Port: http, TargetPort: intstr.FromString(portName), Protocol: corev1.ProtocolTCP, AppProtocol: new("http"),
			}},
		},
	}
}

// autoscaler owns the number of pods: the Deployment states none, so that a sync does not take it back.
func (w *workload) autoscaler() *autoscalingv2.HorizontalPodAutoscaler {
	const calm = 300 // Seconds that a lower need has to last: the default of Kubernetes, stated.
	replicas := w.program.Replicas
	return &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta:   metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"},
		ObjectMeta: w.meta(w.name),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: w.name},
			MinReplicas:    new(int32(replicas.Min)), //nolint:gosec // At most 500.
			MaxReplicas:    int32(replicas.Max),      //nolint:gosec // As above.
			Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.ResourceMetricSourceType,
				Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceCPU, Target: autoscalingv2.MetricTarget{
					Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(replicas.CPUPercent)), //nolint:gosec // At most 100.
				}},
			}},
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{
				ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: new(int32(calm))},
			},
		},
	}
}

// disruptionBudget lets nodes drain one pod at a time. Pods that do not work do not count: they must not hold up a node.
func (w *workload) disruptionBudget() *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		ObjectMeta: w.meta(w.name),
		Spec: policyv1.PodDisruptionBudgetSpec{
			MaxUnavailable:             new(intstr.FromInt32(1)),
			Selector:                   &metav1.LabelSelector{MatchLabels: w.selector()},
			UnhealthyPodEvictionPolicy: new(policyv1.AlwaysAllow),
		},
	}
}
