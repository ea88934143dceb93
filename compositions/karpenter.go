package compositions

import (
	"encoding/json"

	"github.com/innovate-inc/genops/schema"
)

const (
	keyKarpenterNodeRole = "karpenter-node-role"
	keyKarpenterQueue    = "karpenter-queue"
)

// karpenter makes all that Karpenter needs in AWS: the role of its nodes and their way into the cluster, the controller's rights, and the queue
// through which EC2 tells it what happens to nodes.
func (c *cluster) karpenter() {
	c.serviceRole(keyKarpenterNodeRole, "karpenter-node", trust("ec2.amazonaws.com", "sts:AssumeRole"),
		"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore")
	// EKS refuses a user name, groups or a policy for this type.
	c.add("karpenter-node-access", c.accessEntry, fields{
		"clusterNameRef": c.ref(keyCluster), "principalArnFromRoleRef": c.ref(keyKarpenterNodeRole), "type": "EC2_LINUX",
	})
	c.controller("karpenter", "kube-system", karpenterPolicies(c.meta, c.spec.Name)...)
	c.interruption()
}

// interruptionEvents are the events that Karpenter listens to (Karpenter: CloudFormation reference, interruption handling).
func interruptionEvents() []struct{ name, source, detailType string } {
	return []struct{ name, source, detailType string }{
		{"scheduled-change", "aws.health", "AWS Health Event"},
		{"spot-interruption", "aws.ec2", "EC2 Spot Instance Interruption Warning"},
		{"rebalance", "aws.ec2", "EC2 Instance Rebalance Recommendation"},
		{"state-change", "aws.ec2", "EC2 Instance State-change Notification"},
		{"capacity-reservation", "aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"},
	}
}

// interruption makes the queue, lets EventBridge and nobody else write to it, and sends it the events.
func (c *cluster) interruption() {
	name := QueueName(c.spec.Name)
	queue := arn(c.meta, "sqs", name)
	const retentionSeconds = 300 // What is older than that has happened.
	c.add(keyKarpenterQueue, c.queue, fields{"name": name, "messageRetentionSeconds": int64(retentionSeconds), "sqsManagedSseEnabled": true})
	rules := make([]string, 0, len(interruptionEvents()))
	for _, event := range interruptionEvents() {
		rules = append(rules, arn(c.meta, "events", "rule/"+c.ruleName(event.name)))
	}
	c.add("karpenter-queue-policy", c.queuePolicy, fields{"queueUrlRef": c.ref(keyKarpenterQueue)}).withPolicy("policy", newDocument(
		statement{
			Sid: "Events", Effect: allow, Principal: fields{"Service": []string{"events.amazonaws.com", "sqs.amazonaws.com"}},
			Action: []string{"sqs:SendMessage"}, Resource: []string{queue},
			Condition: conditions{"ArnEquals": {"aws:SourceArn": rules}},
		},
		statement{
			Sid: "TLS", Effect: deny, Principal: "*", Action: []string{"sqs:*"}, Resource: []string{queue},
			Condition: conditions{"Bool": {"aws:SecureTransport": "false"}},
			Wildcard:  "A denial: nobody does anything without TLS.",
		},
	))
	for _, event := range interruptionEvents() {
		pattern, err := json.Marshal(map[string][]string{"source": {event.source}, "detail-type": {event.detailType}})
		if err != nil {
			panic(err) // A map of strings always encodes.
		}
		rule := "karpenter-rule-" + event.name
		c.add(rule, c.rule, fields{
			"description": "Karpenter of " + c.spec.Name + ": " + event.detailType, "eventBusName": "default", "eventPattern": string(pattern),
		}).external(c.ruleName(event.name))
		c.add("karpenter-target-"+event.name, c.target, fields{
			"ruleRef": c.ref(rule), "eventBusName": "default", "targetId": "karpenter-queue",
			// The provider has no reference here; the ARN follows from the queue's name.
			"arn": queue,
		})
	}
}

func (c *cluster) ruleName(event string) string {
	return shorten(c.spec.Name+"-karpenter-"+event, limitRule)
}

// tagOwned is the tag of what belongs to a cluster.
func tagOwned(cluster string) string { return "kubernetes.io/cluster/" + cluster }

// karpenterPolicies are the rights of the controller, as the release of the chart asks for them (Karpenter 1.14: CloudFormation reference). In
// parts, because a policy may have 6,144 characters.
func karpenterPolicies(meta schema.ClaimMeta, cluster string) []policyPart {
	return []policyPart{
		{"node-lifecycle", newDocument(karpenterLifecycle(meta, cluster)...)},
		{"iam-integration", newDocument(karpenterIAM(meta, cluster)...)},
		{"eks-integration", newDocument(statement{
			Sid: "AllowAPIServerEndpointDiscovery", Effect: allow, Action: []string{"eks:DescribeCluster"},
			Resource: []string{arn(meta, "eks", "cluster/"+cluster)},
		})},
		{"interruption", newDocument(statement{
			Sid: "AllowInterruptionQueueActions", Effect: allow, Action: []string{"sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"},
			Resource: []string{arn(meta, "sqs", QueueName(cluster))},
		})},
		{"resource-discovery", newDocument(karpenterDiscovery(meta)...)},
	}
}
