package awsstandin

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// place is where a resource is.
type place struct {
	partition, account, region string
}

// hash of a few texts, in hexadecimal digits.
func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// digits is a hash as a decimal number, as Terraform makes ids of what has none in AWS.
func digits(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return fmt.Sprint(binary.BigEndian.Uint32(sum[:]))
}

// hexID is an id of EC2.
func hexID(prefix string, parts ...string) string {
	const length = 17
	return prefix + hash(parts...)[:length]
}

// uuid is a hash in the form of a UUID.
func uuid(parts ...string) string {
	h := hash(parts...)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:32]
}

// implicit is the id of what AWS makes along with something else, such as the default security group of a VPC.
func implicit(prefix, what, owner string) string { return hexID(prefix, what, owner) }

// defaultGroup is the security group that a VPC comes with.
func defaultGroup(vpc string) string { return implicit("sg-", "default-security-group", vpc) }

// giveID is the id that AWS gives a resource. The same object gets the same id again, unless AWS still has what it got before.
func giveID(r *resource) string {
	seed := []string{r.place.account, r.place.region, r.kind.full(), r.object}
	if r.again > 0 {
		seed = append(seed, strconv.Itoa(r.again))
	}
	if id := edgeID(r, seed); id != "" {
		return id
	}
	if id := baselineID(r, seed); id != "" {
		return id
	}
	if id := organizationID(r, seed); id != "" {
		return id
	}
	if id := observabilityID(r, seed); id != "" {
		return id
	}
	switch r.kind.name {
	case "DefaultSecurityGroup":
		return defaultGroup(text(r.params, "vpcId"))
	case "NetworkACLRule":
		return "nacl-" + digits(seed...)
	case "VPCEndpointSecurityGroupAssociation":
		return "a-" + text(r.params, "vpcEndpointId") + digits(seed...)
	case "PodIdentityAssociation":
		return hexID("a-", seed...)
	case "RolePolicyAttachment":
		return text(r.params, "role") + "-" + digits(seed...)
	case "OpenIDConnectProvider":
		return arn(r.place, serviceIAM, "oidc-provider/"+strings.TrimPrefix(text(r.params, "url"), "https://"))
	case "Key":
		return uuid(seed...)
	case "Queue":
		name := text(r.params, "name")
		if name == "" {
			name = "terraform-" + digits(seed...)
		}
		return "https://sqs." + r.place.region + ".amazonaws.com/" + r.place.account + "/" + name
	case "QueuePolicy":
		return text(r.params, "queueUrl")
	case "LifecyclePolicy", "RepositoryPolicy":
		return text(r.params, "repository")
	case "RegistryScanningConfiguration":
		return r.place.account
	case "Enabler":
		return strings.Join(texts(r.params, "accountIds"), ":") + "-" + strings.Join(texts(r.params, "resourceTypes"), ":")
	case "Secret":
		const characters = 6
		return arn(r.place, "secretsmanager", "secret:"+text(r.params, "name")+"-"+hash(seed...)[:characters])
	case "SecretVersion":
		return text(r.params, "secretId") + "|" + uuid(seed...)
	default:
		return hexID(r.kind.prefix, seed...)
	}
}

// destination of a route.
func destination(params fields) string {
	for _, field := range []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"} {
		if value := text(params, field); value != "" {
			return value
		}
	}
	return ""
}

// bus of an event rule or its target.
func bus(params fields) string {
	if name := text(params, "eventBusName"); name != "" {
		return name
	}
	return "default"
}

// computeID is the id of a kind that is identified by its fields.
func computeID(k kind, params fields) string {
	if id, ok := computeOrganizationID(k, params); ok {
		return id
	}
	p := func(field string) string { return text(params, field) }
	switch k.name {
	case "Route":
		return "r-" + p("routeTableId") + digits(destination(params))
	case "VPCEndpointSubnetAssociation":
		return "a-" + p("vpcEndpointId") + digits(p("subnetId"))
	case "VPCEndpointRouteTableAssociation":
		return "a-" + p("vpcEndpointId") + digits(p("routeTableId"))
	case "WebACLLoggingConfiguration":
		return p("resourceArn")
	case "StandardsSubscription":
		return p("standardsArn")
	case "Tag":
		return p("resourceId") + "," + p("key")
	case "Addon":
		return p("clusterName") + ":" + p("addonName")
	case "AccessEntry":
		return p("clusterName") + ":" + p("principalArn")
	case "AccessPolicyAssociation":
		return p("clusterName") + "#" + p("principalArn") + "#" + p("policyArn")
	case "Target":
		if bus(params) == "default" {
			return p("rule") + "-" + p("targetId")
		}
		return bus(params) + "-" + p("rule") + "-" + p("targetId")
	default:
		return ""
	}
}

// identify is what no other resource of the kind in the same place may have.
func identify(k kind, external string, params fields) string {
	switch {
	case k.identity == computed:
		return computeID(k, params)
	case k.full() == kindNodeGroup:
		return text(params, "clusterName") + ":" + external
	case k.name == "RolePolicy":
		return text(params, "role") + ":" + external
	case k.name == "Alias":
		return strings.TrimPrefix(external, "alias/")
	case k.name == "Rule" && bus(params) != "default":
		return bus(params) + "/" + external
	default:
		return external
	}
}

// statusID is status.atProvider.id.
func statusID(r *resource) string {
	if organizational(r.kind.group) {
		return r.identity
	}
	switch r.kind.name {
	case "Policy":
		return resourceARN(r)
	case "Alias":
		return "alias/" + r.identity
	default:
		return r.identity
	}
}

// arn is an Amazon Resource Name.
func arn(p place, service, resource string) string {
	region := p.region
	if service == serviceIAM {
		region = ""
	}
	return "arn:" + p.partition + ":" + service + ":" + region + ":" + p.account + ":" + resource
}

// resourceARN is the ARN of a resource; empty if its kind has none.
func resourceARN(r *resource) string {
	k := r.kind
	if name, ok := edgeARN(r); ok {
		return name
	}
	if k.full() == kindHub {
		return arn(r.place, k.service, "hub/default")
	}
	if name, ok := organizationARN(r); ok {
		return name
	}
	switch k.name {
	case "Role", "Policy":
		path := text(r.params, "path")
		if path == "" {
			path = "/"
		}
		return arn(r.place, serviceIAM, k.resource+path+r.identity)
	case "OpenIDConnectProvider", "Secret":
		return r.identity
	case "GlobalCluster":
		everywhere := r.place
		everywhere.region = ""
		return arn(everywhere, k.service, k.resource+r.identity)
	case "RolePolicy", "RolePolicyAttachment":
		return ""
	case "NodeGroup", "Addon":
		return arn(r.place, serviceEKS, k.resource+strings.Replace(r.identity, ":", "/", 1)+"/"+uuid(r.place.account, r.place.region, r.identity))
	case "Alias":
		return arn(r.place, serviceKMS, "alias/"+r.identity)
	case "Queue":
		return arn(r.place, k.service, r.identity[strings.LastIndex(r.identity, "/")+1:])
	default:
		if k.service == "" {
			return ""
		}
		return arn(r.place, k.service, k.resource+r.identity)
	}
}
