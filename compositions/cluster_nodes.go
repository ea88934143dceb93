package compositions

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/schema"
)

const (
	keyNodeRole       = "system-nodes-role"
	keyLaunchTemplate = "system-nodes-template"
	// nodeGroupPrefix starts the keys of node groups; a hash of what AWS cannot change in one follows.
	nodeGroupPrefix = "system-nodes-group-"
)

// systemNodes makes the static nodes that add-ons run on. They have a role of their own: EKS gives the role of a node group an access entry
// itself, and refuses a second one.
func (c *cluster) systemNodes() {
	policies := []string{"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore"}
	c.serviceRole(keyNodeRole, "system-node", trust("ec2.amazonaws.com", "sts:AssumeRole"), policies...)
	name := shorten(c.spec.Name+"-system", limitTemplate)
	tags := c.tags("system-node")
	specifications := make([]any, 0, 3)
	for _, resource := range []string{"instance", "network-interface", "volume"} {
		specifications = append(specifications, fields{"resourceType": resource, "tags": runtime.DeepCopyJSONValue(tags)})
	}
	c.add(keyLaunchTemplate, c.launchTemplate, fields{
		"name": name, "description": "System nodes of " + c.spec.Name,
		"blockDeviceMappings": disks(c.spec.SystemNodes),
		// Tokens only, and none for pods: a packet of theirs takes one hop more.
		"metadataOptions":   fields{"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": int64(1)},
		"tagSpecifications": specifications,
	})
	c.nodeGroup(name, policies)
}

// disks of a node, encrypted. Bottlerocket keeps its system on a disk of its own; containers live on the second one (Bottlerocket: storage).
func disks(nodes schema.SystemNodes) []any {
	disk := func(device string, gib int) fields {
		return fields{"deviceName": device, "ebs": fields{
			"volumeSize": int64(gib), "volumeType": "gp3", "encrypted": "true", "deleteOnTermination": "true",
		}}
	}
	if nodes.AMIFamily == "Bottlerocket" {
		const systemGiB = 8
		return []any{disk("/dev/xvda", systemGiB), disk("/dev/xvdb", nodes.DiskGiB)}
	}
	return []any{disk("/dev/xvda", nodes.DiskGiB)}
}

// amiType is the name that the EKS API has for an operating system on an architecture.
func amiType(nodes schema.SystemNodes) string {
	names := map[string]string{
		"Bottlerocket/amd64": "BOTTLEROCKET_x86_64", "Bottlerocket/arm64": "BOTTLEROCKET_ARM_64",
		"AL2023/amd64": "AL2023_x86_64_STANDARD", "AL2023/arm64": "AL2023_ARM_64_STANDARD",
	}
	return names[nodes.AMIFamily+"/"+nodes.Architecture]
}

// nodeGroup makes the node group of the system nodes. AWS changes neither operating system nor instance types nor subnets of one, so these are
// part of its name: a change of them makes a new group, and the old one stays until the new one is ready.
func (c *cluster) nodeGroup(template string, policies []string) {
	nodes := c.spec.SystemNodes
	fixed := fmt.Sprintf("%s %s %s", amiType(nodes), strings.Join(nodes.InstanceTypes, ","), strings.Join(slices.Sorted(slices.Values(c.spec.Zones)), ","))
	key := nodeGroupPrefix + shortHash(fixed)
	current := c.templateVersion(key)
	if current == "" {
		c.hold(key, c.kinds.nodeGroup.noun)
		c.keepOldGroups(key)
		return
	}
	subnets := make([]any, 0, len(c.spec.Zones))
	for _, zone := range c.spec.Zones {
		subnets = append(subnets, c.refTo(claimNetwork, tierApp.subnet(zone)))
	}
	c.add(key, c.kinds.nodeGroup, fields{
		"clusterNameRef": c.ref(keyCluster),
		"nodeRoleArnRef": c.ref(keyNodeRole),
		"subnetIdRefs":   subnets,
		"amiType":        amiType(nodes),
		"capacityType":   "ON_DEMAND",
		"instanceTypes":  list(nodes.InstanceTypes),
		"version":        c.nodeVersion(key),
		"launchTemplate": fields{"name": template, "version": current},
		"scalingConfig":  c.scaling(key),
		"updateConfig":   fields{"maxUnavailable": int64(1)},
		"labels":         fields{"genops.dev/node-group": "system"},
		"taint":          []any{fields{"key": "CriticalAddonsOnly", "value": "true", "effect": "NO_SCHEDULE"}},
	}).
		external(shorten("system-"+shortHash(fixed), limitNodeGroup)).
		// Only at the beginning: a person may have reason to change it for a while.
		initially(fields{"scalingConfig": fields{"desiredSize": int64(nodes.Min)}}).
		fromObserved("spec.forProvider.launchTemplate.version", "spec.forProvider.version")
	c.nodesDeletionOrder(key, policies)
	c.keepOldGroups(key)
}

// scaling is how many system nodes there may be. EKS refuses limits that leave out how many it runs now, so this number moves with them.
func (c *cluster) scaling(group string) fields {
	least, most := int64(c.spec.SystemNodes.Min), int64(c.spec.SystemNodes.Max)
	limits := fields{"minSize": least, "maxSize": most}
	size, known := whole(at(c.observed.Resources[group], "status", "atProvider", "scalingConfig", "desiredSize"))
	if known && (size < least || size > most) {
		limits["desiredSize"] = min(max(size, least), most)
	}
	return limits
}

// nodesDeletionOrder says what has to stay until the system nodes are gone.
func (c *cluster) nodesDeletionOrder(key string, policies []string) {
	by := c.own(key, c.kinds.nodeGroup)
	c.usage(c.own(keyCluster, c.eksCluster), by, "EKS deletes no cluster that has node groups.")
	c.usage(c.own(keyLaunchTemplate, c.launchTemplate), by, "The node group is made of this launch template.")
	c.usage(c.own(keyNodeRole, c.role), by, "EKS deletes the node group's instances and their profile with the help of this role.")
	for _, policy := range policies {
		c.usage(c.own(attachmentKey(keyNodeRole, policy), c.policyAttachment), by, "Nodes leave the cluster in order only with this policy.")
	}
}

// templateVersion is the newest version of the launch template, a number that AWS counts: EKS takes no $Latest without reporting a difference
// for ever.
func (c *cluster) templateVersion(group string) string {
	if version, known := whole(at(c.observed.Resources[keyLaunchTemplate], "status", "atProvider", "latestVersion")); known {
		return strconv.FormatInt(version, 10)
	}
	return c.observedText(group, "spec", "forProvider", "launchTemplate", "version")
}

// nodeVersion is the Kubernetes version of the nodes: that of the control plane, which is upgraded first. EKS refuses nodes that are newer. While
// the version of the control plane cannot be seen, a group keeps its own.
func (c *cluster) nodeVersion(group string) string {
	return cmp.Or(
		c.observedText(keyCluster, "status", "atProvider", "version"),
		c.observedText(group, "spec", "forProvider", "version"),
		c.spec.Version,
	)
}

// keepOldGroups goes on wanting node groups that were replaced, until the one that replaces them is ready: what runs on the old nodes has
// somewhere to go.
func (c *cluster) keepOldGroups(current string) {
	if c.ready(current) {
		return
	}
	for key := range c.observed.Resources {
		if key != current && strings.HasPrefix(key, nodeGroupPrefix) {
			c.keep(key, c.kinds.nodeGroup)
		}
	}
}
