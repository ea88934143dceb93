package compositions

import (
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// addonIdentity is the AWS identity of an EKS add-on: its service account in kube-system and a policy that AWS keeps (EKS user guide: AWS add-ons).
type addonIdentity struct {
	serviceAccount, policy string
}

// addonIdentities are those of the add-ons that call AWS.
func addonIdentities() map[string]addonIdentity {
	return map[string]addonIdentity{
		"vpc-cni":            {serviceAccount: "aws-node", policy: "AmazonEKS_CNI_Policy"},
		"aws-ebs-csi-driver": {serviceAccount: "ebs-csi-controller-sa", policy: "service-role/AmazonEBSCSIDriverPolicy"},
		"aws-efs-csi-driver": {serviceAccount: "efs-csi-controller-sa", policy: "service-role/AmazonEFSCSIDriverPolicy"},
	}
}

// addons makes the EKS add-ons and their roles. The association of a role is part of the add-on, so that its first pods have credentials.
func (c *cluster) addons() {
	for _, addon := range c.spec.Addons {
		key := "addon-" + addon.Name
		forProvider := fields{
			"clusterNameRef": c.ref(keyCluster), "addonName": addon.Name,
			"resolveConflictsOnCreate": "OVERWRITE", "resolveConflictsOnUpdate": "OVERWRITE",
		}
		if addon.Version != "" {
			forProvider["addonVersion"] = addon.Version
		}
		if addon.Configuration != "" {
			forProvider["configurationValues"] = addon.Configuration
		}
		if identity, ok := addonIdentities()[addon.Name]; ok {
			c.serviceRole(key+"-role", addon.Name, podIdentityTrust(c.arn, "kube-system", identity.serviceAccount), identity.policy)
			forProvider["podIdentityAssociation"] = []any{fields{
				"serviceAccount": identity.serviceAccount, "roleArn": iamARN(c.meta, "role/"+c.roleName(addon.Name)),
			}}
		}
		c.add(key, c.addon, forProvider)
	}
}

// access lets people, Argo CD and Karpenter's nodes into the Kubernetes API.
func (c *cluster) access() {
	for _, entry := range c.spec.Access {
		c.accessOf(entry)
	}
	const key, role = "argocd-access", "argocd-role"
	// The role has no rights in AWS: the access entry below is all that it is for.
	c.add(role, c.role, fields{"description": "Argo CD's way into " + c.spec.Name}).
		external(schema.ArgoCDRoleName(c.spec.Name)).
		withPolicy("assumeRolePolicy", newDocument(statement{
			Sid: "ArgoCD", Effect: allow, Principal: fields{"AWS": c.spec.ArgoCDRoleARN}, Action: []string{"sts:AssumeRole", "sts:TagSession"},
		}))
	c.add(key, c.accessEntry, fields{"clusterNameRef": c.ref(keyCluster), "principalArnFromRoleRef": c.ref(role), "type": "STANDARD"})
	c.add(key+"-policy", c.accessPolicy, fields{
		"clusterNameRef": c.ref(keyCluster), "principalArnRef": c.ref(key), "policyArn": c.accessPolicyARN("ClusterAdmin"),
		"accessScope": fields{"type": "cluster"},
	})
}

// accessOf is one entry of the claim's access. AWS changes neither the principal of an entry nor the policy and its namespaces, so hashes of them
// are part of the keys: a change makes a new one.
func (c *cluster) accessOf(entry schema.AccessSpec) {
	key := "access-" + entry.Name + "-" + shortHash(entry.PrincipalARN)
	c.add(key, c.accessEntry, fields{"clusterNameRef": c.ref(keyCluster), "principalArn": entry.PrincipalARN, "type": "STANDARD"})
	scope, namespaces := fields{"type": "cluster"}, slices.Sorted(slices.Values(entry.Namespaces))
	if len(namespaces) > 0 {
		scope = fields{"type": "namespace", "namespaces": list(namespaces)}
	}
	policy := key + "-policy-" + shortHash(entry.Policy+" "+strings.Join(namespaces, ","))
	c.add(policy, c.accessPolicy, fields{
		"clusterNameRef": c.ref(keyCluster), "principalArnRef": c.ref(key), "policyArn": c.accessPolicyARN(entry.Policy), "accessScope": scope,
	})
}

// accessPolicyARN is the ARN of an EKS access policy (EKS user guide: access policy permissions).
func (c *cluster) accessPolicyARN(name string) string {
	return "arn:" + schema.Partition(c.meta.Region) + ":eks::aws:cluster-access-policy/AmazonEKS" + name + "Policy"
}
