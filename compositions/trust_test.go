package compositions_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// policy is an IAM policy document as AWS reads it.
type policy struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

type statement struct {
	Sid       string                    `json:"Sid"`
	Effect    string                    `json:"Effect"`
	Principal any                       `json:"Principal"`
	Action    []string                  `json:"Action"`
	NotAction []string                  `json:"NotAction,omitempty"`
	Resource  []string                  `json:"Resource"`
	Condition map[string]map[string]any `json:"Condition"`
}

// document reads a policy out of an object, strictly.
func document(t testing.TB, object map[string]any, name string) policy {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text(object, "spec", "forProvider", name)))
	decoder.DisallowUnknownFields()
	var p policy
	if err := decoder.Decode(&p); err != nil {
		t.Fatalf("%s of %s: %v", name, text(object, "metadata", "name"), err)
	}
	return p
}

// trusts are the trust policies of a cluster with everything, by the role's key. {acct} and the like stand for the environment's own.
func trusts() map[string]statement {
	service := func(sid, principal string, actions ...string) statement {
		return statement{Sid: sid, Effect: "Allow", Principal: map[string]any{"Service": principal}, Action: actions}
	}
	pods := func(namespace, account string) statement {
		s := service("PodIdentity", "pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession")
		s.Condition = map[string]map[string]any{"StringEquals": {
			"aws:RequestTag/eks-cluster-arn":            "arn:aws:eks:{region}:{account}:cluster/{cluster}",
			"aws:RequestTag/kubernetes-namespace":       namespace,
			"aws:RequestTag/kubernetes-service-account": account,
		}}
		return s
	}
	flowLogs := service("FlowLogs", "vpc-flow-logs.amazonaws.com", "sts:AssumeRole")
	flowLogs.Condition = map[string]map[string]any{
		"StringEquals": {"aws:SourceAccount": "{account}"},
		"ArnLike":      {"aws:SourceArn": "arn:aws:ec2:{region}:{account}:vpc-flow-log/*"},
	}
	config := service("Config", "config.amazonaws.com", "sts:AssumeRole")
	config.Condition = map[string]map[string]any{"StringEquals": {"aws:SourceAccount": "{account}"}}
	trail := service("CloudTrail", "cloudtrail.amazonaws.com", "sts:AssumeRole")
	trail.Condition = map[string]map[string]any{"StringEquals": {"aws:SourceArn": "{trail}"}}
	grafana := service("Service", "grafana.amazonaws.com", "sts:AssumeRole")
	grafana.Condition = map[string]map[string]any{
		"StringEquals": {"aws:SourceAccount": "{account}"},
		"ArnLike":      {"aws:SourceArn": "arn:aws:grafana:{region}:{account}:/workspaces/*"},
	}
	return map[string]statement{
		"Observability/grafana-role":                grafana,
		"Observability/slack-role":                  service("Service", "chatbot.amazonaws.com", "sts:AssumeRole"),
		"Observability/fluent-bit-role":             pods("logging", "aws-for-fluent-bit"),
		"Observability/otel-collector-role":         pods("telemetry", "otel-collector"),
		"Network/flow-logs-role":                    flowLogs,
		"Cluster/control-plane-role":                service("Service", "eks.amazonaws.com", "sts:AssumeRole"),
		"Cluster/system-nodes-role":                 service("Service", "ec2.amazonaws.com", "sts:AssumeRole"),
		"Cluster/karpenter-node-role":               service("Service", "ec2.amazonaws.com", "sts:AssumeRole"),
		"Cluster/karpenter-role":                    pods("kube-system", "karpenter"),
		"Cluster/aws-load-balancer-controller-role": pods("kube-system", "aws-load-balancer-controller"),
		"Cluster/external-secrets-role":             pods("external-secrets", "external-secrets"),
		"Cluster/service-api-role":                  pods("api", "api"),
		"Cluster/service-batch-role":                pods("jobs", "batch"),
		"Edge/external-dns-role":                    pods("external-dns", "external-dns"),
		"Cluster/addon-vpc-cni-role":                pods("kube-system", "aws-node"),
		"Cluster/addon-aws-ebs-csi-driver-role":     pods("kube-system", "ebs-csi-controller-sa"),
		"Cluster/addon-aws-efs-csi-driver-role":     pods("kube-system", "efs-csi-controller-sa"),
		"AccountBaseline/config-role":               config,
		"AccountBaseline/trail-logs-role":           trail,
		"Cluster/argocd-role": {
			Sid: "ArgoCD", Effect: "Allow", Principal: map[string]any{"AWS": "{argocd}"}, Action: []string{"sts:AssumeRole", "sts:TagSession"},
		},
	}
}

// TestRolesTrustWhoTheyAreFor holds that no role is open to anybody else.
func TestRolesTrustWhoTheyAreFor(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for name, claims := range configurations(t) {
		placeholders := map[string]string{}
		for _, c := range claims {
			placeholders["{account}"], placeholders["{region}"] = text(c.spec, "account"), text(c.spec, "region")
			if site, ok := c.spec["site"].(map[string]any); ok && c.kind == "Edge" {
				placeholders["{cluster}"] = text(site, "loadBalancer", "clusterName")
			}
			if c.kind == "Cluster" {
				placeholders["{cluster}"], placeholders["{argocd}"] = text(c.spec, "name"), text(c.spec, "argocdRoleARN")
			}
		}
		all := everything(t, claims)
		if made := all["AccountBaseline/trail"]; made != nil {
			placeholders["{trail}"] = "arn:aws:cloudtrail:" + placeholders["{region}"] + ":" + placeholders["{account}"] + ":trail/" +
				text(made, "metadata", "annotations", "crossplane.io/external-name")
		}
		for key, role := range all {
			if role["kind"] != "Role" {
				continue
			}
			if strings.HasPrefix(key, "Registry/push-role-") {
				continue // TestOnlyItsWorkflowsPush.
			}
			want, ok := trusts()[key]
			if !ok {
				t.Errorf("%s: nobody says who may assume %s", name, key)
				continue
			}
			seen[key] = true
			content := line(t, want)
			for placeholder, value := range placeholders {
				content = strings.ReplaceAll(content, placeholder, value)
			}
			var filled statement
			if err := json.Unmarshal([]byte(content), &filled); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(policy{Version: "2012-10-17", Statement: []statement{filled}}, document(t, role, "assumeRolePolicy")); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", name, key, diff)
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(trusts())), slices.Sorted(maps.Keys(seen))); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

// TestPodIdentities holds that what a role trusts is what the association gives the role to.
func TestPodIdentities(t *testing.T) {
	t.Parallel()
	for name, claims := range configurations(t) {
		all := everything(t, claims)
		roles := ofKind(all, "Role")
		associated := map[string][2]string{}
		for _, association := range ofKind(all, "PodIdentityAssociation") {
			forProvider := field(association, "spec", "forProvider")
			associated[text(forProvider, "roleArnRef", "name")] = [2]string{text(forProvider, "namespace"), text(forProvider, "serviceAccount")}
		}
		for _, addon := range ofKind(all, "Addon") {
			identities, _ := field(addon, "spec", "forProvider", "podIdentityAssociation").([]any)
			for _, identity := range identities {
				// The add-on has no reference for its role: the ARN has to be that of the role.
				_, roleName, _ := strings.Cut(text(identity, "roleArn"), ":role/")
				role := text(addon, "metadata", "name") + "-role"
				if got := text(roles[role], "metadata", "annotations", "crossplane.io/external-name"); got != roleName {
					t.Errorf("%s: %s is given %s, and its role is %q", name, text(addon, "metadata", "name"), roleName, got)
				}
				associated[role] = [2]string{"kube-system", text(identity, "serviceAccount")}
			}
		}
		trusted := map[string][2]string{}
		for role, object := range roles {
			condition := document(t, object, "assumeRolePolicy").Statement[0].Condition["StringEquals"]
			if account, ok := condition["aws:RequestTag/kubernetes-service-account"].(string); ok {
				trusted[role] = [2]string{fmt.Sprint(condition["aws:RequestTag/kubernetes-namespace"]), account}
			}
		}
		if diff := cmp.Diff(trusted, associated); diff != "" {
			t.Errorf("%s: (-trusted +associated):\n%s", name, diff)
		}
	}
}

// TestInterruptionQueue holds that each rule has a target that is the queue, and that the queue takes messages from these rules alone.
func TestInterruptionQueue(t *testing.T) {
	t.Parallel()
	events := []string{
		`{"detail-type":["AWS Health Event"],"source":["aws.health"]}`,
		`{"detail-type":["EC2 Capacity Reservation Instance Interruption Warning"],"source":["aws.ec2"]}`,
		`{"detail-type":["EC2 Instance Rebalance Recommendation"],"source":["aws.ec2"]}`,
		`{"detail-type":["EC2 Instance State-change Notification"],"source":["aws.ec2"]}`,
		`{"detail-type":["EC2 Spot Instance Interruption Warning"],"source":["aws.ec2"]}`,
	}
	for name, claims := range configurations(t) {
		all := everything(t, claims)
		if all["Cluster/cluster"] == nil {
			continue
		}
		c := find(t, claims, "Cluster")
		arn := func(service, resource string) string {
			return "arn:aws:" + service + ":" + text(c.spec, "region") + ":" + text(c.spec, "account") + ":" + resource
		}
		queue := arn("sqs", text(all["Cluster/karpenter-queue"], "spec", "forProvider", "name"))
		targets, patterns, sources := map[string]string{}, []string{}, []any{}
		for _, target := range ofKind(all, "Target") {
			forProvider := field(target, "spec", "forProvider")
			targets[text(forProvider, "ruleRef", "name")] = text(forProvider, "arn")
			if bus := text(forProvider, "eventBusName"); bus != "default" {
				t.Errorf("%s: target on the bus %q", name, bus)
			}
		}
		rules := ofKind(all, "Rule")
		for rule, object := range rules {
			if targets[rule] != queue {
				t.Errorf("%s: %s has the target %q, want %s", name, rule, targets[rule], queue)
			}
			patterns = append(patterns, text(object, "spec", "forProvider", "eventPattern"))
			sources = append(sources, arn("events", "rule/"+text(object, "metadata", "annotations", "crossplane.io/external-name")))
		}
		slices.Sort(patterns)
		if diff := cmp.Diff(events, patterns); diff != "" || len(targets) != len(rules) {
			t.Errorf("%s: %d targets; events (-want +got):\n%s", name, len(targets), diff)
		}
		got := document(t, all["Cluster/karpenter-queue-policy"], "policy")
		allowed, _ := got.Statement[0].Condition["ArnEquals"]["aws:SourceArn"].([]any)
		byText := func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
		slices.SortFunc(allowed, byText)
		slices.SortFunc(sources, byText)
		want := policy{Version: "2012-10-17", Statement: []statement{
			{
				Sid: "Events", Effect: "Allow", Principal: map[string]any{"Service": []any{"events.amazonaws.com", "sqs.amazonaws.com"}},
				Action: []string{"sqs:SendMessage"}, Resource: []string{queue}, Condition: map[string]map[string]any{"ArnEquals": {"aws:SourceArn": sources}},
			},
			{
				Sid: "TLS", Effect: "Deny", Principal: "*", Action: []string{"sqs:*"}, Resource: []string{queue},
				Condition: map[string]map[string]any{"Bool": {"aws:SecureTransport": "false"}},
			},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: policy of the queue (-want +got):\n%s", name, diff)
		}
		if ref := text(all["Cluster/karpenter-queue-policy"], "spec", "forProvider", "queueUrlRef", "name"); ref != text(all["Cluster/karpenter-queue"], "metadata", "name") {
			t.Errorf("%s: the policy is that of %q", name, ref)
		}
		// EventBridge tries for a day. What is older than five minutes Karpenter need not hear of, so no queue for dead letters is needed.
		if field(all["Cluster/karpenter-queue"], "spec", "forProvider", "messageRetentionSeconds") != int64(300) || len(ofKind(all, "Queue")) != 1 {
			t.Errorf("%s: %v seconds, %d queues", name, field(all["Cluster/karpenter-queue"], "spec", "forProvider", "messageRetentionSeconds"), len(ofKind(all, "Queue")))
		}
	}
}

// TestAttachedPolicies holds which policies of others the roles have: those that AWS keeps, and for services those of the account.
func TestAttachedPolicies(t *testing.T) {
	t.Parallel()
	node := []string{"AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy", "AmazonSSMManagedInstanceCore"}
	want := map[string][]string{
		"app.cluster.control-plane-role":            {"AmazonEKSClusterPolicy"},
		"app.cluster.system-nodes-role":             node, // AmazonEKS_CNI_Policy is the add-on's own.
		"app.cluster.karpenter-node-role":           node,
		"app.cluster.service-api-role":              {"111122223333: acme-uploads"},
		"app.cluster.service-batch-role":            {"AmazonSQSReadOnlyAccess"},
		"app.cluster.addon-vpc-cni-role":            {"AmazonEKS_CNI_Policy"},
		"app.baseline.config-role":                  {"service-role/AWS_ConfigRole"},
		"app.cluster.addon-aws-ebs-csi-driver-role": {"service-role/AmazonEBSCSIDriverPolicy"},
		"app.cluster.addon-aws-efs-csi-driver-role": {"service-role/AmazonEFSCSIDriverPolicy"},
	}
	got := map[string][]string{}
	pattern := regexp.MustCompile(`^arn:aws:iam::(aws|111122223333):policy/(.+)$`)
	for _, attachment := range ofKind(everything(t, configurations(t)["everything"]), "RolePolicyAttachment") {
		arn := text(attachment, "spec", "forProvider", "policyArn")
		if arn == "" {
			continue // It is a policy of this claim.
		}
		match := pattern.FindStringSubmatch(arn)
		if match == nil {
			t.Fatalf("%s is neither AWS's nor the account's", arn)
		}
		policy := match[2]
		if match[1] != "aws" {
			policy = match[1] + ": " + policy
		}
		role := text(attachment, "spec", "forProvider", "roleRef", "name")
		got[role] = append(got[role], policy)
		slices.Sort(got[role])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
