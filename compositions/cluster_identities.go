package compositions

import (
	"cmp"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// requireDatabase is the requirement of the environment's database, whose resource id AWS chooses.
const requireDatabase = "database"

// identities gives the pods of services rights in AWS: a role for the ServiceAccount of each (EKS Pod Identity), with the policies that the
// environment names, and with the right to log in to the database as a user of the service's name.
func (c *cluster) identities() {
	for _, s := range c.spec.Identities {
		key := "service-" + s.Name + "-role"
		c.serviceRole(key, "service-"+s.Name, podIdentityTrust(c.arn, s.Namespace, s.Name))
		for _, policy := range s.PolicyARNs {
			c.add(attachmentKey(key, policy), c.policyAttachment, fields{"roleRef": c.ref(key), "policyArn": policy})
		}
		if s.Database {
			c.databaseLogin(key, s)
		}
		c.add("service-"+s.Name+"-pod-identity", c.podIdentity, fields{
			"clusterNameRef": c.ref(keyCluster), "namespace": s.Namespace, "serviceAccount": s.Name, "roleArnRef": c.ref(key),
		})
	}
}

// databaseLogin lets a role log in to the database with a token (Aurora user guide: IAM policy for IAM database access). The policy names the
// resource id of the database, which only AWS knows: it waits for it, and stays when the database is not observed for a moment.
func (c *cluster) databaseLogin(role string, s schema.IdentitySpec) {
	key := "service-" + s.Name + "-database"
	id := cmp.Or(
		text(c.observed.Required[requireDatabase], "status", "atProvider", "clusterResourceId"),
		loginResource(c.observedText(key, "spec", "forProvider", "policy")),
	)
	if id == "" {
		c.hold(key, c.rolePolicy.noun)
		return
	}
	made := c.add(key, c.rolePolicy, fields{"roleRef": c.ref(role)}).external(shorten(c.spec.Name+"-"+key, limitPolicy))
	made.withPolicy("policy", newDocument(statement{
		Sid: "LogIn", Effect: allow, Action: []string{"rds-db:connect"},
		Resource: []string{arn(c.meta, "rds-db", "dbuser:"+id+"/"+schema.DatabaseUser(s.Name))},
	}))
	made.fromObserved("spec.forProvider.policy")
}

// loginResource is the resource id of a database in a policy that databaseLogin made.
func loginResource(policy string) string {
	_, rest, _ := strings.Cut(policy, ":dbuser:")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// identityRequirements are what the identities read of other claims.
func (c *cluster) identityRequirements() []Requirement {
	for _, s := range c.spec.Identities {
		if s.Database {
			k := c.dbCluster
			return []Requirement{{
				Name: requireDatabase, APIVersion: k.group + "/" + k.version, Kind: k.name,
				MatchName: resourceName(c.meta.Environment, claimDatabase, keyDatabase),
			}}
		}
	}
	return nil
}
