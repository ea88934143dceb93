package generators

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/innovate-inc/genops/schema"
)

// Times of a pod's end, in seconds: a load balancer needs some to learn that it goes, and requests some to finish.
const (
	drainSeconds = 20
	graceSeconds = 60
)

// deployment runs the program: restricted, spread over zones and nodes, on the architecture that the service names.
func (w *workload) deployment() (*appsv1.Deployment, error) {
	container, err := w.container()
	if err != nil {
		return nil, err
	}
	volumes, mounts, err := w.writable()
	if err != nil {
		return nil, err
	}
	container.VolumeMounts = mounts
	const history = 5
	spec := corev1.PodSpec{
		ServiceAccountName:            w.name,
		AutomountServiceAccountToken:  new(false),
		EnableServiceLinks:            new(false),
		TerminationGracePeriodSeconds: new(int64(graceSeconds)),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: new(true),
			RunAsUser:    new(int64(w.program.User)),
			RunAsGroup:   new(int64(w.program.User)),
			FSGroup:      new(int64(w.program.User)),
			SeccompProfile: &corev1.SeccompProfile{
				Type: corev1.SeccompProfileTypeRuntimeDefault,
			},
		},
		TopologySpreadConstraints: []corev1.TopologySpreadConstraint{w.spread(corev1.LabelTopologyZone), w.spread(corev1.LabelHostname)},
		Containers:                []corev1.Container{*container},
		Volumes:                   volumes,
	}
	if w.service.Architecture != schema.AnyArchitecture {
		spec.NodeSelector = map[string]string{corev1.LabelArchStable: w.service.Architecture}
	}
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: w.meta(w.name),
		Spec: appsv1.DeploymentSpec{
			RevisionHistoryLimit: new(int32(history)),
			Selector:             &metav1.LabelSelector{MatchLabels: w.selector()},
			Strategy: appsv1.DeploymentStrategy{
				Type: appsv1.RollingUpdateDeploymentStrategyType,
				// New pods first: an update takes nothing away from those who wait for an answer.
				RollingUpdate: &appsv1.RollingUpdateDeployment{MaxUnavailable: new(intstr.FromInt32(0)), MaxSurge: new(intstr.FromString("25%"))},
			},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: with(w.selector(), labelService, w.name), Annotations: w.shownMetrics()},
				Spec:       spec,
			},
		},
	}, nil
}

// spread asks for pods in all zones, or on several nodes. It is a wish: when a zone is lost, pods go where there is room.
func (w *workload) spread(topology string) corev1.TopologySpreadConstraint {
	return corev1.TopologySpreadConstraint{
		MaxSkew:           1,
		TopologyKey:       topology,
		WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector:     &metav1.LabelSelector{MatchLabels: w.selector()},
		// An update would otherwise count the pods that are about to go.
		MatchLabelKeys: []string{"pod-template-hash"},
	}
}

// container is the program.
func (w *workload) container() (*corev1.Container, error) {
	image, err := w.c.ImageReference(w.program.Image)
	if err != nil {
		return nil, err
	}
	memory := w.program.Resources.Memory
	requests, err := quantities(map[corev1.ResourceName]string{
		corev1.ResourceCPU: w.program.Resources.CPU, corev1.ResourceMemory: memory, corev1.ResourceEphemeralStorage: w.program.Resources.Disk,
	})
	if err != nil {
		return nil, err
	}
	limits, err := quantities(map[corev1.ResourceName]string{
		corev1.ResourceMemory: memory, corev1.ResourceEphemeralStorage: w.program.Resources.Disk,
	})
	if err != nil {
		return nil, err
	}
	const often, patience = 5, 3
	probe := func(period, failures int) *corev1.Probe {
		return &corev1.Probe{
			ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
				Path: w.program.Health.Path, Port: intstr.FromString(portName), Scheme: corev1.URISchemeHTTP,
			}},
			PeriodSeconds: int32(period), FailureThreshold: int32(failures), TimeoutSeconds: patience, //nolint:gosec // Both are small.
		}
	}
	container := &corev1.Container{
		Name:            w.name,
		Image:           image,
		ImagePullPolicy: corev1.PullIfNotPresent,
		Args:            w.program.Args,
		Ports:           w.ports(),
		Env:             w.env(),
		Resources:       corev1.ResourceRequirements{Requests: requests, Limits: limits},
		StartupProbe:    probe(often, (w.program.Health.StartSeconds+often-1)/often),
		// A program that answers slowly gets no requests; only one that does not answer for long is started again.
		ReadinessProbe: probe(often, patience),
		LivenessProbe:  probe(2*often, 2*patience), //nolint:mnd // Said above.
		Lifecycle:      &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: drainSeconds}}},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(false),
			ReadOnlyRootFilesystem:   new(true),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
	}
	if w.program.Database {
		container.EnvFrom = []corev1.EnvFromSource{{
			SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: secretDatabase}},
		}}
	}
	return container, nil
}

// env are the variables of the program, sorted by name. PORT says where to listen, and OTEL_ whom to tell of requests, unless the service sets
// them itself.
func (w *workload) env() []corev1.EnvVar {
	values := map[string]string{"PORT": strconv.Itoa(w.service.Network.Port)}
	maps.Copy(values, w.telemetry())
	maps.Copy(values, w.program.Env)
	var env []corev1.EnvVar
	for _, name := range slices.Sorted(maps.Keys(values)) {
		variable := corev1.EnvVar{Name: name, Value: values[name]}
		if values[name] == "" && name == envPodName {
			variable.ValueFrom = &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.name"}}
		}
		env = append(env, variable)
	}
	return env
}

// writable are the directories that the program may write to: they end with the pod, and count towards its disk.
func (w *workload) writable() ([]corev1.Volume, []corev1.VolumeMount, error) {
	size, err := resource.ParseQuantity(w.program.Resources.Disk)
	if err != nil {
		return nil, nil, fmt.Errorf("read resources.disk: %w", err)
	}
	var volumes []corev1.Volume
	var mounts []corev1.VolumeMount
	for i, directory := range slices.Concat([]string{"/tmp"}, w.program.Writable) {
		name := "tmp"
		if i > 0 {
			name = "writable-" + strconv.Itoa(i)
		}
		volumes = append(volumes, corev1.Volume{
			Name: name, VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: &size}},
		})
		mounts = append(mounts, corev1.VolumeMount{Name: name, MountPath: directory})
	}
	return volumes, mounts, nil
}
