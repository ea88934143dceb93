package manifest

import (
	"time"

	argov1alpha1 "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	ec2v1 "github.com/aws/karpenter-provider-aws/pkg/apis/v1"
	xv2 "github.com/crossplane/crossplane/apis/v2/apiextensions/v2"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	karpenterv1 "sigs.k8s.io/karpenter/pkg/apis/v1"
)

// typedObjects are the typed API objects that genops emits, each with the
// custom JSON types of its API.
func typedObjects() map[string]any {
	labels := map[string]string{"app.kubernetes.io/managed-by": "genops", "genops.dev/environment": "dev"}
	return map[string]any{
		"NodePool": &karpenterv1.NodePool{
			TypeMeta:   metav1.TypeMeta{APIVersion: "karpenter.sh/v1", Kind: "NodePool"},
			ObjectMeta: metav1.ObjectMeta{Name: "amd64", Labels: labels},
			Spec: karpenterv1.NodePoolSpec{
				Template: karpenterv1.NodeClaimTemplate{
					ObjectMeta: karpenterv1.ObjectMeta{Labels: map[string]string{"pool": "amd64"}},
					Spec: karpenterv1.NodeClaimTemplateSpec{
						Requirements: []karpenterv1.NodeSelectorRequirementWithMinValues{
							{Key: "kubernetes.io/arch", Operator: corev1.NodeSelectorOpIn, Values: []string{"amd64"}},
							{Key: "karpenter.k8s.aws/instance-category", Operator: corev1.NodeSelectorOpIn, Values: []string{"c", "m"}, MinValues: new(2)},
						},
						NodeClassRef:           &karpenterv1.NodeClassReference{Group: "karpenter.k8s.aws", Kind: "EC2NodeClass", Name: "default"},
						ExpireAfter:            karpenterv1.MustParseNillableDuration("Never"),
						TerminationGracePeriod: &metav1.Duration{Duration: 48 * time.Hour},
						Taints:                 []corev1.Taint{{Key: "dedicated", Value: "batch", Effect: corev1.TaintEffectNoSchedule}},
					},
				},
				Disruption: karpenterv1.Disruption{
					ConsolidateAfter:    karpenterv1.MustParseNillableDuration("5m"),
					ConsolidationPolicy: karpenterv1.ConsolidationPolicyWhenEmptyOrUnderutilized,
					Budgets:             []karpenterv1.Budget{{Nodes: "10%", Schedule: new("0 9 * * 1-5"), Duration: &metav1.Duration{Duration: 8 * time.Hour}}},
				},
				Limits: karpenterv1.Limits{corev1.ResourceCPU: resource.MustParse("100"), corev1.ResourceMemory: resource.MustParse("1.5Ti")},
				Weight: new(int32(10)),
			},
			Status: karpenterv1.NodePoolStatus{NodeClassObservedGeneration: 4},
		},
		"EC2NodeClass": &ec2v1.EC2NodeClass{
			TypeMeta:   metav1.TypeMeta{APIVersion: "karpenter.k8s.aws/v1", Kind: "EC2NodeClass"},
			ObjectMeta: metav1.ObjectMeta{Name: "default", Labels: labels},
			Spec: ec2v1.EC2NodeClassSpec{
				Role:                       "genops-dev-node",
				AMISelectorTerms:           []ec2v1.AMISelectorTerm{{Alias: "al2023@v20260101"}},
				SubnetSelectorTerms:        []ec2v1.SubnetSelectorTerm{{Tags: map[string]string{"karpenter.sh/discovery": "dev"}}},
				SecurityGroupSelectorTerms: []ec2v1.SecurityGroupSelectorTerm{{Tags: map[string]string{"karpenter.sh/discovery": "dev"}}},
				BlockDeviceMappings:        []*ec2v1.BlockDeviceMapping{{DeviceName: new("/dev/xvda"), EBS: &ec2v1.BlockDevice{Encrypted: new(true), IOPS: new(int64(3000)), VolumeSize: new(resource.MustParse("50Gi"))}}},
				MetadataOptions:            &ec2v1.MetadataOptions{HTTPPutResponseHopLimit: new(int64(1))},
				Kubelet:                    &ec2v1.KubeletConfiguration{MaxPods: new(int32(110)), EvictionSoftGracePeriod: map[string]metav1.Duration{"memory.available": {Duration: time.Minute}}},
				Tags:                       labels,
			},
		},
		"ApplicationSet": &argov1alpha1.ApplicationSet{
			TypeMeta:   metav1.TypeMeta{APIVersion: "argoproj.io/v1alpha1", Kind: "ApplicationSet"},
			ObjectMeta: metav1.ObjectMeta{Name: "workloads", Namespace: "argocd", Labels: labels},
			Spec: argov1alpha1.ApplicationSetSpec{
				GoTemplate: true,
				Generators: []argov1alpha1.ApplicationSetGenerator{{
					List: &argov1alpha1.ListGenerator{Elements: []extv1.JSON{
						{Raw: []byte(`{"name":"a","replicas":3,"ratio":0.25,"on":true,"nothing":null,"html":"<&>"}`)},
						{Raw: []byte(`{"name":"b","nested":{"list":[1,2.5,"x"]}}`)},
					}},
				}},
				Template: argov1alpha1.ApplicationSetTemplate{
					ApplicationSetTemplateMeta: argov1alpha1.ApplicationSetTemplateMeta{Name: "{{.name}}"},
					Spec: argov1alpha1.ApplicationSpec{
						Project:     "dev",
						Source:      &argov1alpha1.ApplicationSource{RepoURL: "https://example.com/repo.git", Path: "apps", TargetRevision: "main", Helm: &argov1alpha1.ApplicationSourceHelm{ValuesObject: &runtime.RawExtension{Raw: []byte(`{"image":{"tag":"1.30"},"port":8080}`)}}},
						Destination: argov1alpha1.ApplicationDestination{Name: "dev", Namespace: "default"},
						SyncPolicy:  &argov1alpha1.SyncPolicy{Automated: &argov1alpha1.SyncPolicyAutomated{Prune: true}, Retry: &argov1alpha1.RetryStrategy{Limit: 5, Backoff: &argov1alpha1.Backoff{Duration: "5s", Factor: new(int64(2))}}},
					},
				},
				TemplatePatch: new("spec:\n  project: x\n"),
			},
		},
		"CompositeResourceDefinition": &xv2.CompositeResourceDefinition{
			TypeMeta:   metav1.TypeMeta{APIVersion: "apiextensions.crossplane.io/v2", Kind: "CompositeResourceDefinition"},
			ObjectMeta: metav1.ObjectMeta{Name: "xnetworks.aws.genops.dev", Labels: labels},
			Spec: xv2.CompositeResourceDefinitionSpec{
				Group: "aws.genops.dev",
				Names: extv1.CustomResourceDefinitionNames{Plural: "xnetworks", Kind: "XNetwork"},
				Versions: []xv2.CompositeResourceDefinitionVersion{{
					Name: "v1alpha1", Served: true, Referenceable: true,
					Schema: &xv2.CompositeResourceValidation{OpenAPIV3Schema: runtime.RawExtension{Raw: []byte(`{"type":"object","properties":{"spec":{"type":"object","properties":{"cidr":{"type":"string","maxLength":18},"share":{"type":"number","minimum":0.5}}},"metadata":{"type":"object"}}}`)}},
				}},
			},
		},
		"Deployment": &appsv1.Deployment{
			TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
			ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "apps", Labels: labels},
			Spec: appsv1.DeploymentSpec{
				Replicas: new(int32(2)),
				Selector: &metav1.LabelSelector{MatchLabels: labels},
				Template: corev1.PodTemplateSpec{
					ObjectMeta: metav1.ObjectMeta{Labels: labels},
					Spec: corev1.PodSpec{Containers: []corev1.Container{{
						Name: "web", Image: "example.com/web:1.30",
						Ports:          []corev1.ContainerPort{{ContainerPort: 8080}},
						Resources:      corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("250m")}},
						LivenessProbe:  &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(8080)}}},
						ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromString("http")}}},
					}}},
				},
			},
		},
		"NetworkPolicy": &networkingv1.NetworkPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
			ObjectMeta: metav1.ObjectMeta{Name: "default-deny", Namespace: "apps", Labels: labels},
			Spec: networkingv1.NetworkPolicySpec{
				PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
				Egress:      []networkingv1.NetworkPolicyEgressRule{{Ports: []networkingv1.NetworkPolicyPort{{Port: new(intstr.FromInt32(53)), Protocol: new(corev1.ProtocolUDP)}}}},
			},
		},
		"Secret": &corev1.Secret{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "apps"},
			Data:       map[string][]byte{"blob": {0, 1, 2}},
		},
	}
}
