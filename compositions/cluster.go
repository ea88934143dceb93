package compositions

import (
	"fmt"

	"github.com/innovate-inc/genops/schema"
)

// Keys of the cluster's resources that others refer to.
const (
	keyCluster      = "cluster"
	keyClusterRole  = "control-plane-role"
	keyClusterGroup = "control-plane-security-group"
	keyClusterLogs  = "log-group"
	keySecretsKey   = "secrets-key"
)

// cluster composes an EKS cluster.
type cluster struct {
	*builder

	spec *schema.ClusterSpec
	// arn of the EKS cluster: known before it is made.
	arn string
}

// composeCluster makes an EKS control plane, its system nodes, add-ons and access, and the AWS side of the controllers that run on it.
func composeCluster(spec *schema.ClusterSpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	if problems := checkCluster(spec); len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	c := &cluster{
		builder: newBuilder(meta, "Cluster", claimCluster, observed),
		spec:    spec,
		arn:     arn(meta, "eks", "cluster/"+spec.Name),
	}
	c.controlPlane()
	c.systemNodes()
	c.addons()
	c.access()
	c.karpenter()
	c.loadBalancerController()
	c.externalSecrets()
	c.identities()
	result, err := c.result()
	if err != nil {
		return nil, err
	}
	result.Status = c.status()
	if result.Requirements = c.identityRequirements(); len(result.Requirements) > 0 {
		// Crossplane does not watch what is only read.
		if result.TTL = registeredTTL; len(c.held) > 0 {
			result.TTL = waitingTTL
		}
	}
	return result, nil
}

// controlPlane makes the EKS cluster with its role, security group, key and log group.
func (c *cluster) controlPlane() {
	c.serviceRole(keyClusterRole, "control-plane", trust("eks.amazonaws.com", "sts:AssumeRole"), "AmazonEKSClusterPolicy")
	c.securityGroupOfAPI()
	keyARN := ""
	if c.spec.SecretsEncryption {
		keyARN = c.secretsKey()
	}
	// EKS would make one that keeps logs for ever.
	c.addLogs(logs{
		key: keyClusterLogs, group: "/aws/eks/" + c.spec.Name + "/cluster", alias: c.spec.Name + "-logs", region: c.meta.Region, days: c.spec.LogRetentionDays,
	})
	c.oidc()
	_, exists := c.observed.Resources[keyCluster]
	if c.spec.SecretsEncryption && keyARN == "" && !exists {
		c.hold(keyCluster, c.eksCluster.noun)
		return
	}
	subnets := make([]any, 0, len(c.spec.Zones))
	for _, zone := range c.spec.Zones {
		subnets = append(subnets, c.refTo(claimNetwork, tierApp.subnet(zone)))
	}
	vpc := fields{
		"subnetIdRefs":          subnets,
		"securityGroupIdRefs":   []any{c.ref(keyClusterGroup)},
		"endpointPrivateAccess": true,
		"endpointPublicAccess":  c.spec.Endpoint.Public,
	}
	if c.spec.Endpoint.Public {
		allowed := list(c.spec.Endpoint.AllowedCIDRs)
		if len(allowed) == 0 {
			allowed = []any{anywhere} // What EKS makes of an empty list; genops warns of it.
		}
		vpc["publicAccessCidrs"] = allowed
	}
	forProvider := fields{
		"version":    c.spec.Version,
		"roleArnRef": c.ref(keyClusterRole),
		// The add-ons of this claim take the place of those that EKS would install and never upgrade.
		"bootstrapSelfManagedAddons": false,
		// Nobody gets in by having made the cluster: access stands in the claim.
		"accessConfig":            fields{"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": false},
		"upgradePolicy":           fields{"supportType": c.spec.Support},
		"deletionProtection":      c.spec.DeletionProtection,
		"enabledClusterLogTypes":  list(c.spec.Logs),
		"kubernetesNetworkConfig": fields{"ipFamily": "ipv4", "serviceIpv4Cidr": c.spec.ServiceCIDR},
		"vpcConfig":               vpc,
	}
	if keyARN != "" {
		forProvider["encryptionConfig"] = fields{"provider": fields{"keyArn": keyARN}, "resources": []any{"secrets"}}
	}
	made := c.add(keyCluster, c.eksCluster, forProvider).external(c.spec.Name).tagged(map[string]string{"Name": c.spec.Name})
	if keyARN != "" {
		made.fromObserved("spec.forProvider.encryptionConfig.provider.keyArn")
	}
	c.deletionOrder()
}

// deletionOrder says what has to stay until the EKS cluster is gone. A usage holds until its user is deleted, also when it is not wanted any more:
// so nothing that can go while the cluster stays may be in this list.
func (c *cluster) deletionOrder() {
	by := c.own(keyCluster, c.eksCluster)
	for _, zone := range c.spec.Zones {
		for _, of := range []subject{
			c.foreign(claimNetwork, tierApp.subnet(zone), c.subnet),
			c.foreign(claimNetwork, tierApp.association(zone), c.routeTableAssociation),
			c.foreign(claimNetwork, tierApp.route(zone), c.route),
		} {
			c.usage(of, by, "The cluster runs in the private app subnet of "+zone+" and reaches AWS from there.")
		}
	}
	c.usage(c.own(keyClusterRole, c.role), by, "EKS removes its network interfaces with this role.")
	c.usage(c.own(attachmentKey(keyClusterRole, "AmazonEKSClusterPolicy"), c.policyAttachment), by, "EKS removes its network interfaces with this policy.")
	c.usage(c.own(keyClusterGroup, c.securityGroup), by, "AWS deletes no security group that the control plane has.")
	if c.spec.SecretsEncryption {
		c.usage(c.own(keySecretsKey, c.key), by, "Without its key the cluster cannot read its Secrets.")
	}
	c.usage(c.own(keyClusterLogs, c.logGroup), by, "A cluster that is still there would make the log group again, without retention.")
}

// securityGroupOfAPI lets the VPC reach the Kubernetes API. The group that EKS makes itself lets in only its own members.
func (c *cluster) securityGroupOfAPI() {
	c.add(keyClusterGroup, c.securityGroup, fields{
		"vpcIdRef": c.refTo(claimNetwork, keyVPC), "name": shorten(c.spec.Name+"-control-plane", limitSecurityGroup),
		"description": "Kubernetes API from inside the VPC",
	})
	for i, cidr := range c.spec.VPCCIDRs {
		key := "control-plane-https"
		if i > 0 {
			key = "control-plane-https-pods"
		}
		c.https(key, keyClusterGroup, cidr)
	}
}

// secretsKey makes the key that Kubernetes Secrets are encrypted with, and returns its ARN, once it is known. The EKS API takes only the ARN of a
// key, which AWS chooses, and the provider has no reference for it.
func (c *cluster) secretsKey() string {
	c.add(keySecretsKey, c.key, fields{
		"description": "Kubernetes Secrets of " + c.spec.Name, "enableKeyRotation": true, "deletionWindowInDays": int64(30),
	})
	// The provider puts alias/ before the name, and takes it away when it writes the name down.
	c.add("secrets-key-alias", c.alias, fields{"targetKeyIdRef": c.ref(keySecretsKey)}).external(shorten(c.spec.Name+"-secrets", limitAlias))
	if keyARN := c.observedText(keySecretsKey, "status", "atProvider", "arn"); keyARN != "" {
		return keyARN
	}
	// A key that lost its status for a moment must not take the encryption out of a cluster.
	return c.observedText(keyCluster, "spec", "forProvider", "encryptionConfig", "provider", "keyArn")
}

// oidc makes the cluster's issuer known to IAM, for roles of service accounts (IRSA), once EKS has chosen the issuer.
func (c *cluster) oidc() {
	const key = "oidc-provider"
	issuer := c.observedText(keyCluster, "status", "atProvider", "identity", 0, "oidc", 0, "issuer")
	if issuer == "" {
		issuer = c.observedText(key, "spec", "forProvider", "url")
	}
	if issuer == "" {
		c.hold(key, c.oidcProvider.noun)
		return
	}
	c.add(key, c.oidcProvider, fields{"url": issuer, "clientIdList": []any{"sts.amazonaws.com"}}).fromObserved("spec.forProvider.url")
}

// status are the endpoint and the ids that people and other claims look for.
func (c *cluster) status() map[string]any {
	status := fields{"clusterName": c.spec.Name}
	for name, path := range map[string][]any{
		"arn":             {"arn"},
		"endpoint":        {"endpoint"},
		"version":         {"version"},
		"oidcIssuer":      {"identity", 0, "oidc", 0, "issuer"},
		"securityGroupId": {"vpcConfig", "clusterSecurityGroupId"},
	} {
		if value := c.observedText(keyCluster, append([]any{"status", "atProvider"}, path...)...); value != "" {
			status[name] = value
		}
	}
	return status
}

// list is a list of strings as objects have it.
func list(values []string) []any {
	all := make([]any, 0, len(values))
	for _, value := range values {
		all = append(all, value)
	}
	return all
}

// checkCluster finds what the schema of claims cannot say.
func checkCluster(spec *schema.ClusterSpec) []string {
	var problems []string
	zones := map[string]bool{}
	for i, zone := range spec.Zones {
		if zones[zone] {
			problems = append(problems, fmt.Sprintf("spec.zones[%d]: %s is given twice", i, zone))
		}
		zones[zone] = true
	}
	const least = 2 // EKS user guide: VPC and subnet requirements.
	if len(zones) < least {
		problems = append(problems, fmt.Sprintf("spec.zones: found %s, allowed are at least two", plural(len(zones), "zone")))
	}
	if spec.SystemNodes.Max < spec.SystemNodes.Min {
		problems = append(problems, fmt.Sprintf("spec.systemNodes.max: %d is less than min, which is %d", spec.SystemNodes.Max, spec.SystemNodes.Min))
	}
	return problems
}
