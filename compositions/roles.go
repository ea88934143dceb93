package compositions

import "strings"

// attachmentKey is the key of the attachment of an AWS-managed policy to a role.
func attachmentKey(role, policy string) string {
	return role + "-" + strings.ToLower(strings.ReplaceAll(policy[strings.LastIndex(policy, "/")+1:], "_", "-"))
}

// serviceRole makes a role that an AWS service assumes, with policies that AWS keeps. Its name is that of the cluster and a suffix.
func (c *cluster) serviceRole(key, suffix string, trusted document, policies ...string) {
	c.add(key, c.role, fields{"description": "EKS cluster " + c.spec.Name + ": " + suffix}).
		external(c.roleName(suffix)).
		withPolicy("assumeRolePolicy", trusted)
	for _, policy := range policies {
		c.add(attachmentKey(key, policy), c.policyAttachment, fields{"roleRef": c.ref(key), "policyArn": managedPolicy(c.meta, policy)})
	}
}

func (c *cluster) roleName(suffix string) string { return shorten(c.spec.Name+"-"+suffix, limitRole) }

// policyPart is one customer-managed policy of a role: a document may have at most 6,144 characters.
type policyPart struct {
	name     string
	document document
}

// controller makes the role of a controller that runs in the cluster, its policies, and the association that gives it to the pods of a service
// account (EKS Pod Identity).
func (c *cluster) controller(name, namespace string, parts ...policyPart) {
	role := name + "-role"
	c.serviceRole(role, name, podIdentityTrust(c.arn, namespace, name))
	for _, part := range parts {
		key := name + "-" + part.name
		c.add(key, c.policy, fields{"description": "EKS cluster " + c.spec.Name + ": " + name + ", " + part.name}).
			external(shorten(c.spec.Name+"-"+key, limitPolicy)).
			withPolicy("policy", part.document)
		c.add(key+"-attachment", c.policyAttachment, fields{"roleRef": c.ref(role), "policyArnRef": c.ref(key)})
	}
	c.add(name+"-pod-identity", c.podIdentity, fields{
		"clusterNameRef": c.ref(keyCluster), "namespace": namespace, "serviceAccount": name, "roleArnRef": c.ref(role),
	})
}
