package awsstandin

import (
	"fmt"
	"strings"
)

// unique are the fields, beside the id, that no two resources of a kind may share in a place, and the code of AWS's answer if they do.
type unique struct {
	fields []string
	code   string
}

func uniques() map[string]unique {
	rule := unique{
		[]string{"securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"},
		"InvalidPermission.Duplicate",
	}
	return map[string]unique{
		groupEC2 + "/SecurityGroup":            {[]string{"vpcId", "name"}, "InvalidGroup.Duplicate"},
		groupEC2 + "/SecurityGroupIngressRule": rule,
		groupEC2 + "/SecurityGroupEgressRule":  rule,
		groupEC2 + "/LaunchTemplate":           {[]string{"name"}, "InvalidLaunchTemplateName.AlreadyExistsException"},
		groupEC2 + "/NetworkACLRule":           {[]string{"networkAclId", "ruleNumber", "egress"}, "NetworkAclEntryAlreadyExists"},
		groupEC2 + "/RouteTableAssociation":    {[]string{"subnetId", "gatewayId"}, "Resource.AlreadyAssociated"},
		groupEC2 + "/InternetGateway":          {[]string{"vpcId"}, "Resource.AlreadyAssociated"},
		groupEC2 + "/NATGateway":               {[]string{"allocationId"}, "Resource.AlreadyAssociated"},
		kindUnit:                               {[]string{"parentId", "name"}, "DuplicateOrganizationalUnitException"},
		kindAccount:                            {[]string{"email"}, "EMAIL_ALREADY_EXISTS"},
		kindControlPolicy:                      {[]string{"name"}, "DuplicatePolicyException"},
		kindPermissionSet:                      {[]string{"instanceArn", "name"}, "ConflictException"},
		kindPeople:                             {[]string{"identityStoreId", "displayName"}, "ConflictException"},
		kindSecret:                             {[]string{"name"}, "ResourceExistsException"},
		kindCIDR:                               {[]string{"vpcId", "cidrBlock"}, "InvalidVpc.Range"},
		groupEKS + "/PodIdentityAssociation":   {[]string{"clusterName", "namespace", "serviceAccount"}, "ResourceInUseException"},
	}
}

// checkUnique compares with all others of the kind. Fields that nobody set do not count.
func (c *cloud) checkUnique(r *resource) error {
	u, limited := uniques()[r.kind.full()]
	if !limited {
		return nil
	}
	mine := values(r.params, u.fields)
	if mine == "" {
		return nil
	}
	var err error
	c.each(r.place, r.kind.full(), func(other *resource) bool {
		if other != r && values(other.params, u.fields) == mine {
			err = fmt.Errorf("%s: %s %s with %s already exists", u.code, r.kind.name, other.identity, mine)
		}
		return err == nil
	})
	return err
}

// values writes down the fields that are set.
func values(params fields, names []string) string {
	var all []string
	for _, name := range names {
		if value := params[name]; value != nil && value != "" {
			all = append(all, name+" "+fmt.Sprint(value))
		}
	}
	return strings.Join(all, ", ")
}
