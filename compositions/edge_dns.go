package compositions

import (
	"cmp"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Names of ExternalDNS in a cluster: its chart's namespace and ServiceAccount.
const nameExternalDNS = "external-dns"

// dns gives ExternalDNS, which runs in the cluster, the right to make the record that CloudFront finds the load balancer by, and no other. The id
// of the zone is AWS's choice: the policy waits for it, and stays when the zone is not observed for a moment.
func (e *edge) dns() {
	const role, policy = nameExternalDNS + "-role", nameExternalDNS + "-records"
	cluster := e.site.LoadBalancer.ClusterName
	e.add(role, e.role, fields{"description": "EKS cluster " + cluster + ": " + nameExternalDNS}).
		external(shorten(cluster+"-"+nameExternalDNS, limitRole)).
		withPolicy("assumeRolePolicy", podIdentityTrust(arn(e.meta, "eks", "cluster/"+cluster), nameExternalDNS, nameExternalDNS))
	e.add(nameExternalDNS+"-pod-identity", e.podIdentity, fields{
		"clusterNameRef": e.refTo(claimCluster, keyCluster), "namespace": nameExternalDNS, "serviceAccount": nameExternalDNS, "roleArnRef": e.ref(role),
	})
	zone := cmp.Or(
		e.observedText(keyZone, "status", "atProvider", "zoneId"),
		zoneOf(e.observedText(policy, "spec", "forProvider", "policy")),
	)
	if zone == "" {
		e.hold(policy, e.rolePolicy.noun)
		return
	}
	made := e.add(policy, e.rolePolicy, fields{"roleRef": e.ref(role)}).external(shorten(cluster+"-"+policy, limitPolicy))
	made.withPolicy("policy", recordPolicy(e.meta, zone, schema.OriginHost(e.spec.Domain)))
	made.fromObserved("spec.forProvider.policy")
}

// recordPolicy allows one host name's records, and the ones in which ExternalDNS notes that they are its own: it puts the type before the name
// (ExternalDNS: TXT registry). Conditions of Route 53 name records and types (Route 53 developer guide: fine-grained access control).
func recordPolicy(meta schema.ClaimMeta, zone, host string) document {
	const prefix = "route53:ChangeResourceRecordSets"
	resource := []string{"arn:" + schema.Partition(meta.Region) + ":route53:::hostedzone/" + zone}
	return newDocument(
		statement{
			Sid: "OriginRecord", Effect: allow, Action: []string{prefix}, Resource: resource,
			Condition: conditions{"ForAllValues:StringEquals": {
				prefix + "NormalizedRecordNames": []string{host, "a-" + host, "aaaa-" + host},
				prefix + "RecordTypes":           []string{"A", "AAAA", "TXT"},
			}},
		},
		statement{Sid: "ReadRecords", Effect: allow, Action: []string{"route53:ListResourceRecordSets", "route53:ListTagsForResource"}, Resource: resource},
		statement{
			Sid: "FindZone", Effect: allow, Action: []string{"route53:ListHostedZones"}, Resource: []string{"*"},
			Wildcard: "Zones are listed as a whole: only * works. Names of zones, no records.",
		},
	)
}

// zoneOf is the id of the zone in a policy that dns made.
func zoneOf(policy string) string {
	_, rest, _ := strings.Cut(policy, ":hostedzone/")
	id, _, _ := strings.Cut(rest, `"`)
	return id
}
