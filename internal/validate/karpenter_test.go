package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/validate"
)

const (
	pool  = "dev/cluster/node-pools/nodepool-amd64.yaml"
	class = "dev/cluster/node-pools/ec2nodeclass-amd64.yaml"
)

// requirement is an entry of a pool's requirements.
func requirement(key, operator string, values ...any) map[string]any {
	r := map[string]any{"key": key, "operator": operator}
	if values != nil {
		r["values"] = values
	}
	return r
}

// TestKarpenterRefuses changes one thing in a pool or a class that is good. What refuses it is Karpenter's own definition, or its Go type.
func TestKarpenterRefuses(t *testing.T) {
	t.Parallel()
	objects := rendered(t)
	judge := &validate.Validator{} // One for all: it compiles each definition once.
	spec := func(path ...any) []any { return append([]any{"spec"}, path...) }
	template := func(path ...any) []any { return append([]any{"spec", "template", "spec"}, path...) }
	cases := map[string]struct {
		reason string
		object string
		value  any
		path   []any
		want   []string
	}{
		"unknown field": {
			"a typing error of a patch", pool, "1m", spec("disruption", "consolidateafter"),
			[]string{
				`spec.disruption.consolidateafter: there is no such field`,
			},
		},
		"wrong type": {
			"a weight is a number", pool, "ten", spec("weight"),
			[]string{
				`spec.weight: Invalid value: "string": spec.weight in body must be of type integer: "string"`,
			},
		},
		"weight 0": {
			"absent is 0, and 1 is the least that can be said", pool, int64(0), spec("weight"),
			[]string{
				`spec.weight: Invalid value: 0: spec.weight in body should be greater than or equal to 1`,
			},
		},
		"weight 101": {
			"100 is the most", pool, int64(101), spec("weight"),
			[]string{
				`spec.weight: Invalid value: 101: spec.weight in body should be less than or equal to 100`,
			},
		},
		"no requirements": {
			"an empty list has to be stated", pool, nil, template("requirements"),
			[]string{
				`spec.template.spec.requirements: Required value`,
			},
		},
		"operator": {
			"Karpenter has eight", pool, requirement("kubernetes.io/arch", "Equals", "amd64"), template("requirements", 0),
			[]string{
				`spec.template.spec.requirements[0].operator: Unsupported value: "Equals": supported values: "Gte", "Lte", "In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"`,
			},
		},
		"In of nothing": {
			"In needs a value", pool, requirement("kubernetes.io/arch", "In"), template("requirements", 0),
			[]string{
				`spec.template.spec.requirements: Invalid value: "array": no such key: values evaluating rule: requirements with operator 'In' must have a value defined`,
			},
		},
		"Gt of text": {
			"it compares numbers", pool, requirement("karpenter.k8s.aws/instance-generation", "Gt", "four"), template("requirements", 0),
			[]string{
				`spec.template.spec.requirements: Invalid value: "array": type conversion error from 'string' to 'int' evaluating rule: requirements operator 'Gt', 'Lt', 'Gte', or 'Lte' must have a single positive integer value`,
			},
		},
		"own label as key": {
			"Karpenter sets it", pool, requirement("karpenter.sh/nodepool", "In", "a"), template("requirements", 0),
			[]string{
				`spec.template.spec.requirements[0].key: Invalid value: "karpenter.sh/nodepool": label "karpenter.sh/nodepool" is restricted`,
			},
		},
		"unknown key": {
			"Karpenter knows its own labels", pool, requirement("karpenter.k8s.aws/instance-colour", "In", "red"), template("requirements", 0),
			[]string{
				`spec.template.spec.requirements[0].key: Invalid value: "karpenter.k8s.aws/instance-colour": label domain "karpenter.k8s.aws" is restricted`,
			},
		},
		"label": {
			"Karpenter sets it", pool, "a", spec("template", "metadata", "labels", "karpenter.sh/nodepool"),
			[]string{
				`spec.template.metadata.labels: Invalid value: label "karpenter.sh/nodepool" is restricted`,
			},
		},
		"expireAfter": {
			"days are 24h", pool, "30d", template("expireAfter"),
			[]string{
				`spec.template.spec.expireAfter: Invalid value: "30d": spec.template.spec.expireAfter in body should match '^(([0-9]+(s|m|h))+|Never)$'`,
			},
		},
		"policy": {
			"there are three", pool, "Always", spec("disruption", "consolidationPolicy"),
			[]string{
				`spec.disruption.consolidationPolicy: Unsupported value: "Always": supported values: "WhenEmpty", "WhenEmptyOrUnderutilized", "Balanced"`,
			},
		},
		"budget": {
			"a number or a share", pool, "half", spec("disruption", "budgets", 1, "nodes"),
			[]string{
				`spec.disruption.budgets[1].nodes: Invalid value: "half": spec.disruption.budgets[1].nodes in body should match '^((100|[0-9]{1,2})%|[0-9]+)$'`,
			},
		},
		"half a schedule": {
			"one says when, the other for how long", pool, nil, spec("disruption", "budgets", 0, "duration"),
			[]string{
				`spec.disruption.budgets: Invalid value: 'schedule' must be set with 'duration'`,
			},
		},
		"reason": {
			"expired nodes ask no budget", pool,
			[]any{"Expired"},
			spec("disruption", "budgets", 1, "reasons"),
			[]string{
				`spec.disruption.budgets[1].reasons[0]: Unsupported value: "Expired": supported values: "Underutilized", "Empty", "Drifted"`,
			},
		},
		"taint": {
			"Kubernetes has three effects", pool, "Never", template("taints", 0, "effect"),
			[]string{
				`spec.template.spec.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
			},
		},
		"reference": {
			"a pool without a class makes no node", pool, "", template("nodeClassRef", "name"),
			[]string{
				`spec.template.spec.nodeClassRef.name: Invalid value: "": name may not be empty`,
			},
		},
		"alias": {
			"six families have images", class, "ubuntu@v1", spec("amiSelectorTerms", 0, "alias"),
			[]string{
				`spec.amiSelectorTerms[0].alias: Invalid value: "ubuntu@v1": family is not supported, must be one of the following: 'al2', 'al2023', 'bottlerocket', 'windows2019', 'windows2022', 'windows2025'`,
			},
		},
		"alias, no version": {
			"a family alone is no pin", class, "bottlerocket", spec("amiSelectorTerms", 0, "alias"),
			[]string{
				`spec.amiSelectorTerms[0].alias: Invalid value: "bottlerocket": 'alias' is improperly formatted, must match the format 'family@version'`,
			},
		},
		"no images": {
			"a node runs something", class,
			[]any{},
			spec("amiSelectorTerms"),
			[]string{
				`spec.amiSelectorTerms: Invalid value: 0: spec.amiSelectorTerms in body should have at least 1 items`,
			},
		},
		"two identities": {
			"a role or a profile", class, "profile", spec("instanceProfile"),
			[]string{
				`spec: Invalid value: must specify exactly one of ['role', 'instanceProfile']`,
			},
		},
		"no identity": {
			"a role or a profile", class, nil, spec("role"),
			[]string{
				`spec: Invalid value: must specify exactly one of ['role', 'instanceProfile']`,
			},
		},
		"tag": {
			"Karpenter sets the tag of its cluster", class, "owned", spec("tags", "kubernetes.io/cluster/acme-dev"),
			[]string{
				`spec.tags: Invalid value: tag contains a restricted tag matching kubernetes.io/cluster/`,
			},
		},
		"tokens": {
			"there are two answers", class, "sometimes", spec("metadataOptions", "httpTokens"),
			[]string{
				`spec.metadataOptions.httpTokens: Unsupported value: "sometimes": supported values: "required", "optional"`,
			},
		},
		"hop limit": {
			"64 is the most of EC2", class, int64(65), spec("metadataOptions", "httpPutResponseHopLimit"),
			[]string{
				`spec.metadataOptions.httpPutResponseHopLimit: Invalid value: 65: spec.metadataOptions.httpPutResponseHopLimit in body should be less than or equal to 64`,
			},
		},
		"volume": {
			"EBS has GiB", class, "100Q", spec("blockDeviceMappings", 1, "ebs", "volumeSize"),
			[]string{
				`spec.blockDeviceMappings[1].ebs.volumeSize: Invalid value: "100Q": spec.blockDeviceMappings[1].ebs.volumeSize in body should match '^((?:[1-9][0-9]{0,3}|[1-4][0-9]{4}|[5][0-8][0-9]{3}|59000)Gi|(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|[6][0-3][0-9]{3}|64000)G|([1-9]||[1-5][0-7]|58)Ti|([1-9]||[1-5][0-9]|6[0-3]|64)T)$'`,
			},
		},
		"eviction signal": {
			"the kubelet has six signals", class,
			map[string]any{"memory": "5%"},
			spec("kubelet", "evictionHard"),
			[]string{
				`spec.kubelet.evictionHard: Invalid value: valid keys for evictionHard are ['memory.available','nodefs.available','nodefs.inodesFree','imagefs.available','imagefs.inodesFree','pid.available']`,
			},
		},
		"subnets": {
			"a node is somewhere", class,
			[]any{},
			spec("subnetSelectorTerms"),
			[]string{
				`spec.subnetSelectorTerms: Invalid value: subnetSelectorTerms cannot be empty`,
				`spec.subnetSelectorTerms: Invalid value: 'id' is mutually exclusive, cannot be set with a combination of other fields in a subnet selector term`,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object := objects[tc.object]
			if said := judge.Object(t.Context(), object); len(said) > 0 {
				t.Fatalf("wrong before it is changed: %v", said)
			}
			if diff := cmp.Diff(tc.want, judge.Object(t.Context(), changed(object, tc.value, tc.path...))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
