package compositions_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
)

// karpenterStatements are those of Karpenter 1.14 (CloudFormation reference) for the cluster acme-app, narrowed to its account. The statement of
// the zonal shift is not among them: genops does not turn it on.
func karpenterStatements() []statement {
	type values = map[string]any
	type conditions = map[string]map[string]any
	ec2 := func(resources ...string) []string {
		arns := []string{}
		for _, resource := range resources {
			arns = append(arns, "arn:aws:ec2:eu-west-1:"+resource)
		}
		return arns
	}
	six := ec2("111122223333:fleet/*", "111122223333:instance/*", "111122223333:volume/*", "111122223333:network-interface/*", "111122223333:launch-template/*", "111122223333:spot-instances-request/*")
	profiles := []string{"arn:aws:iam::111122223333:instance-profile/*"}
	owned := conditions{
		"StringEquals": {"aws:ResourceTag/kubernetes.io/cluster/acme-app": "owned"},
		"StringLike":   {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
	}
	requestedTags := values{"aws:RequestTag/kubernetes.io/cluster/acme-app": "owned", "aws:RequestTag/eks:eks-cluster-name": "acme-app"}
	requestedPool := values{"aws:RequestTag/karpenter.sh/nodepool": "*"}
	creation := maps.Clone(requestedTags)
	creation["ec2:CreateAction"] = []any{"RunInstances", "CreateFleet", "CreateLaunchTemplate"}
	return []statement{
		{Sid: "AllowScopedEC2InstanceAccessActions", Action: []string{"ec2:RunInstances", "ec2:CreateFleet"}, Resource: ec2(
			":image/*", ":snapshot/*", "111122223333:security-group/*", "111122223333:subnet/*", "111122223333:capacity-reservation/*", "111122223333:placement-group/*",
		)},
		{Sid: "AllowScopedEC2LaunchTemplateAccessActions", Action: []string{"ec2:RunInstances", "ec2:CreateFleet"}, Resource: ec2("111122223333:launch-template/*"), Condition: owned},
		{
			Sid: "AllowScopedEC2InstanceActionsWithTags", Action: []string{"ec2:RunInstances", "ec2:CreateFleet", "ec2:CreateLaunchTemplate"}, Resource: six,
			Condition: conditions{"StringEquals": requestedTags, "StringLike": requestedPool},
		},
		{Sid: "AllowScopedResourceCreationTagging", Action: []string{"ec2:CreateTags"}, Resource: six, Condition: conditions{"StringEquals": creation, "StringLike": requestedPool}},
		{Sid: "AllowScopedResourceTagging", Action: []string{"ec2:CreateTags"}, Resource: ec2("111122223333:instance/*"), Condition: conditions{
			"StringEquals": owned["StringEquals"], "StringLike": owned["StringLike"],
			"StringEqualsIfExists":      {"aws:RequestTag/eks:eks-cluster-name": "acme-app"},
			"ForAllValues:StringEquals": {"aws:TagKeys": []any{"eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"}},
		}},
		{
			Sid: "AllowScopedDeletion", Action: []string{"ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"},
			Resource: ec2("111122223333:instance/*", "111122223333:launch-template/*"), Condition: owned,
		},
		{
			Sid: "AllowPassingInstanceRole", Action: []string{"iam:PassRole"}, Resource: []string{"arn:aws:iam::111122223333:role/acme-app-karpenter-node"},
			Condition: conditions{"StringEquals": {"iam:PassedToService": []any{"ec2.amazonaws.com", "ec2.amazonaws.com.cn"}}},
		},
		{Sid: "AllowScopedInstanceProfileCreationActions", Action: []string{"iam:CreateInstanceProfile"}, Resource: profiles, Condition: conditions{
			"StringEquals": {
				"aws:RequestTag/kubernetes.io/cluster/acme-app": "owned", "aws:RequestTag/eks:eks-cluster-name": "acme-app",
				"aws:RequestTag/topology.kubernetes.io/region": "eu-west-1",
			},
			"StringLike": {"aws:RequestTag/karpenter.k8s.aws/ec2nodeclass": "*"},
		}},
		{Sid: "AllowScopedInstanceProfileTagActions", Action: []string{"iam:TagInstanceProfile"}, Resource: profiles, Condition: conditions{
			"StringEquals": {
				"aws:ResourceTag/kubernetes.io/cluster/acme-app": "owned", "aws:ResourceTag/topology.kubernetes.io/region": "eu-west-1",
				"aws:RequestTag/kubernetes.io/cluster/acme-app": "owned", "aws:RequestTag/eks:eks-cluster-name": "acme-app",
				"aws:RequestTag/topology.kubernetes.io/region": "eu-west-1",
			},
			"StringLike": {"aws:ResourceTag/karpenter.k8s.aws/ec2nodeclass": "*", "aws:RequestTag/karpenter.k8s.aws/ec2nodeclass": "*"},
		}},
		{
			Sid: "AllowScopedInstanceProfileActions", Resource: profiles,
			Action: []string{"iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"},
			Condition: conditions{
				"StringEquals": {"aws:ResourceTag/kubernetes.io/cluster/acme-app": "owned", "aws:ResourceTag/topology.kubernetes.io/region": "eu-west-1"},
				"StringLike":   {"aws:ResourceTag/karpenter.k8s.aws/ec2nodeclass": "*"},
			},
		},
		{Sid: "AllowAPIServerEndpointDiscovery", Action: []string{"eks:DescribeCluster"}, Resource: []string{"arn:aws:eks:eu-west-1:111122223333:cluster/acme-app"}},
		{
			Sid: "AllowInterruptionQueueActions", Action: []string{"sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"},
			Resource: []string{"arn:aws:sqs:eu-west-1:111122223333:acme-app-karpenter"},
		},
		{Sid: "AllowRegionalReadActions", Resource: []string{"*"}, Condition: conditions{"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, Action: []string{
			"ec2:DescribeCapacityReservations", "ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypeOfferings",
			"ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplates", "ec2:DescribePlacementGroups", "ec2:DescribeSecurityGroups", "ec2:DescribeSpotPriceHistory",
			"ec2:DescribeSubnets",
		}},
		{Sid: "AllowSSMReadActions", Action: []string{"ssm:GetParameter"}, Resource: []string{"arn:aws:ssm:eu-west-1::parameter/aws/service/*"}},
		{Sid: "AllowPricingReadActions", Action: []string{"pricing:GetProducts"}, Resource: []string{"*"}},
		{Sid: "AllowUnscopedInstanceProfileListAction", Action: []string{"iam:ListInstanceProfiles"}, Resource: []string{"*"}},
		{Sid: "AllowInstanceProfileReadActions", Action: []string{"iam:GetInstanceProfile"}, Resource: profiles},
	}
}

func TestKarpenterHasTheRightsOfItsRelease(t *testing.T) {
	t.Parallel()
	result, _ := cluster(t).simulate(t)
	got := map[string]statement{}
	attached := map[string]bool{}
	for key, object := range objects(result) {
		if object["kind"] == "RolePolicyAttachment" && text(object, "spec", "forProvider", "roleRef", "name") == "app.cluster.karpenter-role" {
			attached[text(object, "spec", "forProvider", "policyArnRef", "name")] = true
		}
		if object["kind"] != "Policy" || !strings.HasPrefix(key, "karpenter-") {
			continue
		}
		for _, s := range document(t, object, "policy").Statement {
			if _, twice := got[s.Sid]; twice {
				t.Errorf("%s is there twice", s.Sid)
			}
			got[s.Sid] = s
		}
	}
	want := map[string]statement{}
	for _, s := range karpenterStatements() {
		s.Effect = "Allow"
		want[s.Sid] = s
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for key, object := range objects(result) {
		if object["kind"] == "Policy" && strings.HasPrefix(key, "karpenter-") && !attached[text(object, "metadata", "name")] {
			t.Errorf("the controller's role has no %s", key)
		}
	}
}

// judgePolicy says what is wrong with a policy document of a resource and the reasons that stand beside it.
func judgePolicy(object map[string]any, p policy, characters, most int) []string {
	var wrong []string
	if p.Version != "2012-10-17" {
		wrong = append(wrong, fmt.Sprintf("Version %q: an older one knows no policy variables", p.Version))
	}
	if characters > most {
		wrong = append(wrong, fmt.Sprintf("%d characters, AWS takes %d", characters, most))
	}
	annotations, _ := field(object, "metadata", "annotations").(map[string]any)
	reasons := map[string]bool{}
	for name, reason := range annotations {
		sid, found := strings.CutPrefix(name, compositions.AnnotationWildcard)
		if !found {
			continue
		}
		if reasons[sid] = true; len(fmt.Sprint(reason)) < 10 || len(sid) > 63 {
			wrong = append(wrong, fmt.Sprintf("%s: %q is no reason, or no name for an annotation", sid, reason))
		}
	}
	sids := map[string]bool{}
	for _, s := range p.Statement {
		// IAM user guide: JSON policy element Sid.
		if sids[s.Sid] || !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(s.Sid) {
			wrong = append(wrong, fmt.Sprintf("Sid %q is taken, or not of letters and digits", s.Sid))
		}
		sids[s.Sid] = true
		if len(s.Action)+len(s.NotAction) == 0 {
			wrong = append(wrong, s.Sid+" has no action")
		}
		wide := strings.Contains(strings.Join(slices.Concat(s.Action, s.NotAction, s.Resource), " "), "*")
		switch {
		case wide && !reasons[s.Sid]:
			wrong = append(wrong, s.Sid+" has a wildcard and no reason")
		case !wide && reasons[s.Sid]:
			wrong = append(wrong, s.Sid+" has a reason and no wildcard")
		}
		if s.Effect != "Deny" && len(s.NotAction) > 0 {
			wrong = append(wrong, s.Sid+" allows what nobody named")
		}
		if s.Effect == "Allow" && slices.ContainsFunc(s.Action, func(action string) bool { return strings.HasSuffix(action, ":*") || action == "*" }) {
			wrong = append(wrong, s.Sid+" allows all actions")
		}
	}
	for sid := range reasons {
		if !sids[sid] {
			wrong = append(wrong, sid+" is a reason for nothing")
		}
	}
	slices.Sort(wrong)
	return wrong
}

// limits of policy documents in characters, white space aside (IAM user guide: IAM and AWS STS quotas; SQS developer guide: quotas of policies;
// Amazon ECR user guide: service quotas; S3 user guide: bucket policies; KMS developer guide: resource quotas; SNS API: SetTopicAttributes).
func limits() map[string]int {
	return map[string]int{
		"Policy": 6144, "Role": 2048, "RolePolicy": 10240, "QueuePolicy": 8192, "RepositoryPolicy": 10240, "BucketPolicy": 20480, "Key": 32768,
		"ServiceControlPolicy": 5120, "PermissionSetInlinePolicy": 32768, "TopicPolicy": 30720,
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, claims := range configurations(t) {
		for key, object := range everything(t, claims) {
			kind := text(object, "kind")
			for _, name := range []string{"policy", "assumeRolePolicy", "content", "inlinePolicy"} {
				content := text(object, "spec", "forProvider", name)
				if content == "" || kind == "LifecyclePolicy" {
					continue
				}
				if name == "content" {
					kind = "ServiceControlPolicy"
				}
				most, known := limits()[kind]
				if !known {
					t.Errorf("nobody knows how long the policy of a %s may be", kind)
				}
				seen[kind]++
				for _, wrong := range judgePolicy(object, document(t, object, name), len(content), most) {
					t.Errorf("%s: %s", key, wrong)
				}
				if strings.ContainsAny(content, "\n\t") || strings.Contains(content, `\u`) {
					t.Errorf("%s is not written as short as it can be", key)
				}
			}
		}
	}
	for kind := range limits() {
		if seen[kind] == 0 {
			t.Errorf("no %s was looked at", kind)
		}
	}
}

// TestJudgePolicyFinds shows the judge above something that is wrong.
func TestJudgePolicyFinds(t *testing.T) {
	t.Parallel()
	object := map[string]any{"metadata": map[string]any{"annotations": map[string]any{
		compositions.AnnotationWildcard + "Narrow": "There is nothing wide.", compositions.AnnotationWildcard + "Gone": "It is not there.", compositions.AnnotationWildcard + "Wide": "short",
	}}}
	p := policy{Version: "2008-10-17", Statement: []statement{
		{Sid: "Narrow", Effect: "Allow", Action: []string{"s3:GetObject"}, Resource: []string{"arn:aws:s3:::a/b"}},
		{Sid: "Wide", Effect: "Allow", Action: []string{"s3:*"}, Resource: []string{"arn:aws:s3:::a"}},
		{Sid: "Bare", Effect: "Deny", Action: []string{"s3:GetObject"}, Resource: []string{"*"}},
		{Sid: "Bare", Effect: "Deny", Resource: []string{"arn:aws:s3:::a"}},
		{Sid: "Not-allowed", Effect: "Deny", Action: []string{"s3:GetObject"}},
		{Sid: "Negation", Effect: "Allow", NotAction: []string{"s3:GetObject"}},
	}}
	want := []string{
		`11 characters, AWS takes 10`,
		`Bare has a wildcard and no reason`,
		`Bare has no action`,
		`Gone is a reason for nothing`,
		`Narrow has a reason and no wildcard`,
		`Negation allows what nobody named`,
		`Sid "Bare" is taken, or not of letters and digits`,
		`Sid "Not-allowed" is taken, or not of letters and digits`,
		`Version "2008-10-17": an older one knows no policy variables`,
		`Wide allows all actions`,
		`Wide: "short" is no reason, or no name for an annotation`,
	}
	if diff := cmp.Diff(want, judgePolicy(object, p, 11, 10)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestControllersStayInTheirCluster holds that what the load balancer controller may change, but for listeners, carries the cluster's tag, and
// that External Secrets reads only the environment's secrets.
func TestControllersStayInTheirCluster(t *testing.T) {
	t.Parallel()
	result, _ := cluster(t).simulate(t)
	// Actions that change something and are not bound to the tag, with the reason why not.
	unbound := map[string]string{
		"ServiceLinkedRole": "one role, by its name", "WebACLs": "web ACLs carry no tag of a cluster", "CreateGroups": "there is no group yet: TagNewGroups binds it",
		"Listeners": "they get their tags after they are made", "TagListeners": "as before",
	}
	for _, key := range matching(keys(result), `^aws-load-balancer-controller-`) {
		if object(t, result, key)["kind"] != "Policy" {
			continue
		}
		for _, s := range document(t, object(t, result, key), "policy").Statement {
			reads := !slices.ContainsFunc(s.Action, func(action string) bool {
				_, verb, _ := strings.Cut(action, ":")
				return !strings.HasPrefix(verb, "Describe") && !strings.HasPrefix(verb, "Get") && !strings.HasPrefix(verb, "List")
			})
			bound := strings.Contains(line(t, s.Condition), `elbv2.k8s.aws/cluster":"acme-app"`) || strings.Contains(line(t, s.Condition), `kubernetes.io/cluster/acme-app":"owned"`)
			if _, allowed := unbound[s.Sid]; !reads && bound == allowed {
				t.Errorf("%s of %s: bound to the cluster: %t, condition %v", s.Sid, key, bound, s.Condition)
			}
		}
	}
	got := document(t, object(t, result, "external-secrets-read"), "policy").Statement
	want := []statement{{
		Sid: "ReadSecrets", Effect: "Allow", Resource: []string{"arn:aws:secretsmanager:eu-west-1:111122223333:secret:acme-app/*"},
		Action: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("External Secrets (-want +got):\n%s", diff)
	}
}
