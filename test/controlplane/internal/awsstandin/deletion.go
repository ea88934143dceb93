package awsstandin

import (
	"fmt"
	"strings"
)

// deletable tells whether AWS would delete a resource: what others need stays.
func (c *cloud) deletable(r *resource) error {
	if r.kind.full() == kindCluster && r.params["deletionProtection"] == true {
		return fmt.Errorf("InvalidRequestException: cluster %s has deletion protection", r.identity)
	}
	if r.kind.full() == kindTable {
		if err := protectedTable(r); err != nil {
			return err
		}
	}
	if r.kind.full() == kindDatabase {
		if err := deletableDatabase(r); err != nil {
			return err
		}
	}
	for _, use := range uses()[r.kind.full()] {
		var user *resource
		name := r.identity
		if use.arn {
			name = resourceARN(r)
		}
		for place, other := range c.resources {
			near := place.account == r.place.account && (place.region == r.place.region || worldwide(group(place.kind)) || worldwide(r.kind.group))
			if near && place.kind == use.kind && mentions(other.params, use.field, name) {
				user = other
				break
			}
		}
		if user != nil {
			const message = "%s: %s %s is in use by %s %s"
			return &inUseError{
				message: fmt.Sprintf(message, use.code, r.kind.name, r.identity, user.kind.name, user.identity),
				by:      key{user.kind.full(), user.object},
			}
		}
	}
	return nil
}

// group is the group of a kind.
func group(kind string) string { return kind[:strings.Index(kind, "/")] }

// inUseError says that another resource has to go before.
type inUseError struct {
	message string
	by      key
}

// Error is AWS's answer.
func (e *inUseError) Error() string { return e.message }

// mentions tells whether a field has a value, alone or in a list.
func mentions(params fields, field, value string) bool {
	switch found := at(params, dotted(field)...).(type) {
	case string:
		return found == value
	case []any:
		for _, element := range found {
			if element == value {
				return true
			}
		}
	}
	return false
}

// use is one way in which another resource needs one.
type use struct {
	kind, field, code string
	arn               bool
}

func uses() map[string][]use {
	const dependency = "DependencyViolation"
	return map[string][]use{
		kindVPC: {
			{kind: kindSubnet, field: "vpcId", code: dependency},
			{kind: kindSecurityGroup, field: "vpcId", code: dependency},
			{kind: groupEC2 + "/InternetGateway", field: "vpcId", code: dependency},
			{kind: groupEC2 + "/RouteTable", field: "vpcId", code: dependency},
			{kind: groupEC2 + "/VPCEndpoint", field: "vpcId", code: dependency},
			{kind: groupEC2 + "/NetworkACL", field: "vpcId", code: dependency},
		},
		kindSubnet: {
			{kind: kindNATGateway, field: "subnetId", code: dependency},
			{kind: groupEC2 + "/VPCEndpointSubnetAssociation", field: "subnetId", code: dependency},
			{kind: kindCluster, field: "vpcConfig.subnetIds", code: dependency},
			{kind: kindNodeGroup, field: "subnetIds", code: dependency},
		},
		kindSecurityGroup: {
			{kind: kindCluster, field: "vpcConfig.securityGroupIds", code: dependency},
			{kind: groupEC2 + "/VPCEndpointSecurityGroupAssociation", field: "securityGroupId", code: dependency},
			{kind: groupEC2 + "/SecurityGroupIngressRule", field: "referencedSecurityGroupId", code: dependency},
			{kind: kindDatabase, field: "vpcSecurityGroupIds", code: dependency},
		},
		kindDatabase: {
			{kind: groupRDS + "/ClusterInstance", field: "clusterIdentifier", code: "InvalidDBClusterStateFault"},
			{kind: kindGlobal, field: "sourceDbClusterIdentifier", code: "InvalidDBClusterStateFault", arn: true},
		},
		groupRDS + "/SubnetGroup":           {{kind: kindDatabase, field: "dbSubnetGroupName", code: "InvalidDBSubnetGroupStateFault"}},
		groupRDS + "/ClusterParameterGroup": {{kind: kindDatabase, field: "dbClusterParameterGroupName", code: "InvalidDBParameterGroupState"}},
		kindEIP:                             {{kind: kindNATGateway, field: "allocationId", code: "AuthFailure"}},
		groupEC2 + "/RouteTable":            {{kind: groupEC2 + "/RouteTableAssociation", field: "routeTableId", code: dependency}},
		kindCluster:                         {{kind: kindNodeGroup, field: "clusterName", code: "ResourceInUseException"}},
		kindRole: {
			{kind: groupIAM + "/RolePolicyAttachment", field: "role", code: "DeleteConflict"},
			{kind: groupIAM + "/RolePolicy", field: "role", code: "DeleteConflict"},
		},
		kindControlPolicy:     {{kind: kindAttachment, field: "policyId", code: "PolicyInUseException"}},
		kindPermissionSet:     {{kind: kindAssignment, field: "permissionSetArn", code: "ConflictException", arn: true}},
		kindZone:              {{kind: kindRecord, field: "zoneId", code: "HostedZoneNotEmpty"}},
		kindCertificate:       {{kind: kindDistribution, field: "viewerCertificate.acmCertificateArn", code: "ResourceInUseException"}},
		kindWebACL:            {{kind: kindDistribution, field: "webAclId", code: "WAFAssociatedItemException", arn: true}},
		kindHeadersPolicy:     {{kind: kindDistribution, field: "defaultCacheBehavior.responseHeadersPolicyId", code: "ResponseHeadersPolicyInUse"}},
		kindPolicy:            {{kind: groupIAM + "/RolePolicyAttachment", field: "policyArn", code: "DeleteConflict", arn: true}},
		groupEvents + "/Rule": {{kind: groupEvents + "/Target", field: "rule", code: "ValidationException"}},
	}
}
