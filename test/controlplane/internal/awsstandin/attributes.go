package awsstandin

import (
	"fmt"
	"strconv"
	"strings"
)

// created is when everything was made: a time that is the same in every test.
const created = "2026-01-01T00:00:00Z"

// attributes are status.atProvider: what was asked for, and what AWS has added.
func (c *cloud) attributes(r *resource) fields {
	var all fields
	switch r.kind.group {
	case groupEC2:
		all = ec2Attributes(r)
	case groupEKS:
		all = c.eksAttributes(r)
	case groupRoute53, groupACM, groupCloudFront, groupWAF, groupS3:
		all = edgeAttributes(r)
	case groupRDS:
		all = databaseAttributes(r)
	case groupOrganizations, groupSSO, groupIdentityStore:
		all = organizationAttributes(r)
	case groupAMP, groupGrafana, groupSNS, groupControl:
		all = observabilityAttributes(r)
	default:
		all = otherAttributes(r)
	}
	all = merge(all, r.params)
	all["id"] = statusID(r)
	if name := resourceARN(r); name != "" {
		all["arn"] = name
	}
	if tags := child(r.params, "tags"); tags != nil {
		all["tagsAll"] = clone(tags)
	}
	return all
}

func ec2Attributes(r *resource) fields {
	id, owner := r.identity, r.place.account
	switch r.kind.name {
	case "VPC":
		return fields{
			"ownerId": owner, "instanceTenancy": "default", "defaultSecurityGroupId": defaultGroup(id),
			"defaultNetworkAclId": implicit("acl-", "default-network-acl", id),
			"defaultRouteTableId": implicit("rtb-", "main-route-table", id),
			"mainRouteTableId":    implicit("rtb-", "main-route-table", id),
			"dhcpOptionsId":       implicit("dopt-", "dhcp-options", owner+r.place.region),
			"enableDnsSupport":    true,
			"enableDnsHostnames":  false,
		}
	case "Subnet", "InternetGateway", "RouteTable", "NetworkACL", "SecurityGroup":
		return fields{"ownerId": owner}
	case "DefaultSecurityGroup":
		return fields{"ownerId": owner, "name": "default", "description": "default VPC security group"}
	case "EIP":
		return fields{
			"allocationId": id, "publicIp": publicIP(id), "domain": "vpc", "networkBorderGroup": r.place.region, "publicIpv4Pool": "amazon",
			"publicDns": "ec2-" + strings.ReplaceAll(publicIP(id), ".", "-") + "." + r.place.region + ".compute.amazonaws.com",
		}
	case "NATGateway":
		more := fields{"networkInterfaceId": implicit("eni-", "network-interface", id), "associationId": implicit("eipassoc-", "association", id)}
		if allocation := text(r.params, "allocationId"); allocation != "" {
			more["publicIp"] = publicIP(allocation)
		}
		return more
	case "SecurityGroupIngressRule", "SecurityGroupEgressRule":
		return fields{"securityGroupRuleId": id}
	case "LaunchTemplate":
		return fields{"latestVersion": r.version, "defaultVersion": int64(1)}
	case "VPCEndpoint":
		return fields{"ownerId": owner, "state": "available", "requesterManaged": false}
	case "Route":
		return fields{"origin": "CreateRoute", "state": "active"}
	default:
		return nil
	}
}

func (c *cloud) eksAttributes(r *resource) fields {
	switch r.kind.name {
	case "Cluster":
		return c.clusterAttributes(r)
	case "NodeGroup":
		more := fields{
			"status":    "ACTIVE",
			"resources": []any{fields{"autoscalingGroups": []any{fields{"name": "eks-" + externalOf(r) + "-" + uuid(r.identity)}}}},
		}
		if at(r.params, "scalingConfig", "desiredSize") == nil {
			more["scalingConfig"] = fields{"desiredSize": at(r.params, "scalingConfig", "minSize")}
		}
		return more
	case "Addon":
		return fields{"createdAt": created, "modifiedAt": created}
	case "AccessEntry":
		principal := text(r.params, "principalArn")
		cluster := text(r.params, "clusterName")
		name := arn(r.place, serviceEKS, "access-entry/"+cluster+"/role/"+r.place.account+"/"+principal[strings.LastIndex(principal, "/")+1:]+"/"+uuid(r.identity))
		return fields{"accessEntryArn": name, "createdAt": created, "modifiedAt": created}
	case "AccessPolicyAssociation":
		return fields{"associatedAt": created, "modifiedAt": created}
	case "PodIdentityAssociation":
		return fields{
			"associationId":  r.identity,
			"associationArn": arn(r.place, serviceEKS, "podidentityassociation/"+text(r.params, "clusterName")+"/"+r.identity),
		}
	default:
		return nil
	}
}

func otherAttributes(r *resource) fields {
	switch r.kind.name {
	case "Role":
		return fields{"createDate": created, "uniqueId": "AROA" + strings.ToUpper(hash(r.place.account, r.identity)[:17])}
	case "Policy":
		return fields{"policyId": "ANPA" + strings.ToUpper(hash(r.place.account, r.identity)[:17]), "attachmentCount": int64(0)}
	case "Key":
		return fields{"keyId": r.identity, "isEnabled": true, "keyUsage": "ENCRYPT_DECRYPT", "customerMasterKeySpec": "SYMMETRIC_DEFAULT"}
	case "Alias":
		return fields{"targetKeyArn": arn(r.place, serviceKMS, "key/"+keyID(text(r.params, "targetKeyId")))}
	case "Queue":
		return fields{"url": r.identity}
	case "Repository":
		return fields{"registryId": r.place.account, "repositoryUrl": r.place.account + ".dkr.ecr." + r.place.region + ".amazonaws.com/" + r.identity}
	case "Table":
		return tableAttributes()
	case "LifecyclePolicy", "RepositoryPolicy", "RegistryScanningConfiguration":
		return fields{"registryId": r.place.account}
	default:
		return nil
	}
}

// keyID is the id of a KMS key that is named by its id or its ARN.
func keyID(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// publicIP is the address of an elastic IP, of a range that AWS has.
func publicIP(allocation string) string {
	h := hash("address", allocation)
	octet := func(from int) string {
		n, err := strconv.ParseUint(h[from:from+2], 16, 8)
		if err != nil {
			return "1" // Hexadecimal digits always parse.
		}
		return fmt.Sprint(n)
	}
	return "3." + octet(0) + "." + octet(2) + "." + octet(4)
}

// defaults are what AWS fills in and late initialisation writes into spec.forProvider.
func defaults(r *resource) fields {
	switch r.kind.name {
	case "VPC":
		return fields{"instanceTenancy": "default"}
	case "EIP":
		return fields{"networkBorderGroup": r.place.region, "publicIpv4Pool": "amazon"}
	case "Key":
		return fields{"customerMasterKeySpec": "SYMMETRIC_DEFAULT", "isEnabled": true, "keyUsage": "ENCRYPT_DECRYPT"}
	default:
		return nil
	}
}
