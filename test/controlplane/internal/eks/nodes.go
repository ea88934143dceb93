package eks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// nodeGroups makes the nodes of managed node groups: as many as the group has at least.
func (e *EKS) nodeGroups(ctx context.Context) error {
	groups, err := e.ready(ctx, "nodegroups")
	if err != nil {
		return err
	}
	var problems []error
	for _, g := range groups {
		count, _, _ := unstructured.NestedInt64(e.scaling(g.Object), "minSize")
		if count == 0 {
			if f, ok := e.scaling(g.Object)["minSize"].(float64); ok {
				count = int64(f)
			}
		}
		for i := range count {
			problems = append(problems, e.join(ctx, groupNode(e.Identity, g.Object, int(i))))
		}
	}
	return errors.Join(problems...)
}

func (e *EKS) scaling(group map[string]any) map[string]any {
	if scaling, ok, _ := unstructured.NestedMap(group, "spec", "forProvider", "scalingConfig"); ok {
		return scaling
	}
	list, _, _ := unstructured.NestedSlice(group, "spec", "forProvider", "scalingConfig")
	if len(list) > 0 {
		if scaling, ok := list[0].(map[string]any); ok {
			return scaling
		}
	}
	return nil
}

// sizes are vCPUs and GiB of memory of the sizes of general purpose instances. Source: EC2 instance types, M family.
func sizes() map[string][2]int64 {
	return map[string][2]int64{"medium": {1, 4}, "large": {2, 8}, "xlarge": {4, 16}, "2xlarge": {8, 32}, "4xlarge": {16, 64}}
}

// groupNode is a node of a managed node group.
func groupNode(cluster Identity, group map[string]any, i int) *corev1.Node {
	types, _, _ := unstructured.NestedStringSlice(group, "spec", "forProvider", "instanceTypes")
	instance := "m7g.large"
	if len(types) > 0 {
		instance = types[0]
	}
	arch := "amd64"
	if ami := field.Text(group, "spec", "forProvider", "amiType"); strings.Contains(ami, "ARM_64") {
		arch = "arm64"
	}
	name := fmt.Sprintf("%s-%d", field.Text(group, "metadata", "annotations", "crossplane.io/external-name"), i+1)
	zone := cluster.Region + string(rune('a'+i%2)) //nolint:mnd // Every region has two zones.
	node := newNode(name, arch, zone, instance)
	node.Spec.ProviderID = "aws:///" + zone + "/i-" + name
	labels, _, _ := unstructured.NestedStringMap(group, "spec", "forProvider", "labels")
	for key, value := range labels {
		node.Labels[key] = value
	}
	taints, _, _ := unstructured.NestedSlice(group, "spec", "forProvider", "taint")
	effects := map[string]corev1.TaintEffect{
		"NO_SCHEDULE": corev1.TaintEffectNoSchedule, "NO_EXECUTE": corev1.TaintEffectNoExecute, "PREFER_NO_SCHEDULE": corev1.TaintEffectPreferNoSchedule,
	}
	for _, t := range taints {
		if fields, ok := t.(map[string]any); ok {
			node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: field.Text(fields, "key"), Value: field.Text(fields, "value"), Effect: effects[field.Text(fields, "effect")]})
		}
	}
	return node
}

func newNode(name, arch, zone, instance string) *corev1.Node {
	_, size, _ := strings.Cut(instance, ".")
	has, ok := sizes()[size]
	if !ok {
		has = sizes()["xlarge"]
	}
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewQuantity(has[0], resource.DecimalSI),
		corev1.ResourceMemory:           *resource.NewQuantity(has[1]<<30, resource.BinarySI), //nolint:mnd // GiB.
		corev1.ResourcePods:             *resource.NewQuantity(110, resource.DecimalSI),       //nolint:mnd // What EKS allows with prefixes.
		corev1.ResourceEphemeralStorage: resource.MustParse("50Gi"),
	}
	now := metav1.Now()
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			corev1.LabelHostname: name, corev1.LabelArchStable: arch, corev1.LabelOSStable: "linux",
			corev1.LabelTopologyZone: zone, corev1.LabelTopologyRegion: zone[:len(zone)-1], corev1.LabelInstanceTypeStable: instance,
		}},
		Status: corev1.NodeStatus{
			Capacity: capacity, Allocatable: maps.Clone(capacity),
			NodeInfo:   corev1.NodeSystemInfo{Architecture: arch, OperatingSystem: "linux", KubeletVersion: "v1.35.4"},
			Addresses:  []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: "127.0.0.1"}},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "StandIn", LastHeartbeatTime: now, LastTransitionTime: now}},
		},
	}
}

// Node makes a node of the hub, which is no cluster of ours: large enough for everything.
func Node(name string) *corev1.Node {
	const cpus, gibibytes = 64, 256
	node := newNode(name, "amd64", "eu-west-1a", "m7i.xlarge")
	for _, list := range []corev1.ResourceList{node.Status.Capacity, node.Status.Allocatable} {
		list[corev1.ResourceCPU] = *resource.NewQuantity(cpus, resource.DecimalSI)
		list[corev1.ResourceMemory] = *resource.NewQuantity(gibibytes<<30, resource.BinarySI) //nolint:mnd // GiB.
	}
	return node
}

func (e *EKS) join(ctx context.Context, node *corev1.Node) error { return Join(ctx, e.client, node) }

// Join creates a node that is ready. One that is there already stays as it is.
func Join(ctx context.Context, client kubernetes.Interface, node *corev1.Node) error {
	if _, err := client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
		return exists(err)
	}
	change := func(write func(*corev1.Node) error) error {
		err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
			live, err := client.CoreV1().Nodes().Get(ctx, node.Name, metav1.GetOptions{})
			if err != nil {
				return err //nolint:wrapcheck // RetryOnConflict looks at it.
			}
			return write(live)
		})
		if err != nil {
			return fmt.Errorf("node %s: %w", node.Name, err)
		}
		return nil
	}
	if err := change(func(live *corev1.Node) error {
		live.Status = node.Status
		_, err := client.CoreV1().Nodes().UpdateStatus(ctx, live, metav1.UpdateOptions{})
		return err //nolint:wrapcheck // As above.
	}); err != nil {
		return err
	}
	// A real node loses this taint when its kubelet says that it is ready.
	return change(func(live *corev1.Node) error {
		live.Spec.Taints = slices.DeleteFunc(live.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
		_, err := client.CoreV1().Nodes().Update(ctx, live, metav1.UpdateOptions{})
		return err //nolint:wrapcheck // As above.
	})
}

// nodeClaims makes the nodes that Karpenter has launched join, if EKS would let them in: their role needs an access entry.
func (e *EKS) nodeClaims(ctx context.Context) error {
	claims, err := e.workload.Resource(schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodeclaims"}).List(ctx, metav1.ListOptions{})
	if apierrors.IsNotFound(err) {
		return nil // Karpenter is not there yet.
	}
	if err != nil {
		return fmt.Errorf("list NodeClaims: %w", err)
	}
	var problems []error
	for _, claim := range claims.Items {
		id := field.Text(claim.Object, "status", "providerID")
		if id == "" || claim.GetDeletionTimestamp() != nil {
			continue
		}
		problems = append(problems, e.joinClaim(ctx, claim.Object, id))
	}
	return errors.Join(problems...)
}

func (e *EKS) joinClaim(ctx context.Context, claim map[string]any, id string) error {
	class, err := e.workload.Resource(schema.GroupVersionResource{Group: "karpenter.k8s.aws", Version: "v1", Resource: "ec2nodeclasses"}).
		Get(ctx, field.Text(claim, "spec", "nodeClassRef", "name"), metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("EC2NodeClass: %w", err)
	}
	role := "arn:aws:iam::" + e.Account + ":role/" + field.Text(class.Object, "spec", "role")
	if _, err := e.Entry(ctx, role, "EC2_LINUX"); err != nil {
		return err
	}
	labels := texts(claim, "metadata", "labels")
	node := newNode(id[strings.LastIndex(id, "/")+1:], labels[corev1.LabelArchStable], labels[corev1.LabelTopologyZone], labels[corev1.LabelInstanceTypeStable])
	for key, value := range labels {
		node.Labels[key] = value
	}
	node.Spec.ProviderID = id
	node.Spec.Taints = []corev1.Taint{{Key: "karpenter.sh/unregistered", Effect: corev1.TaintEffectNoExecute}}
	for _, which := range []string{"taints", "startupTaints"} {
		taints, _, _ := unstructured.NestedSlice(claim, "spec", which)
		for _, t := range taints {
			if fields, ok := t.(map[string]any); ok {
				node.Spec.Taints = append(node.Spec.Taints,
					corev1.Taint{Key: field.Text(fields, "key"), Value: field.Text(fields, "value"), Effect: corev1.TaintEffect(field.Text(fields, "effect"))})
			}
		}
	}
	for amounts, list := range map[string]corev1.ResourceList{"capacity": node.Status.Capacity, "allocatable": node.Status.Allocatable} {
		for name, amount := range texts(claim, "status", amounts) {
			if quantity, err := resource.ParseQuantity(amount); err == nil {
				list[corev1.ResourceName(name)] = quantity
			}
		}
	}
	return e.join(ctx, node)
}

func texts(object map[string]any, path ...string) map[string]string {
	value, _, _ := unstructured.NestedStringMap(object, path...)
	return value
}
