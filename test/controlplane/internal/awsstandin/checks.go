package awsstandin

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// check tells whether AWS would take a resource as it is asked for.
func (c *cloud) check(r *resource) error {
	if err := c.checkIDs(r, r.params); err != nil {
		return err
	}
	if err := c.checkUnique(r); err != nil {
		return err
	}
	switch r.kind.group {
	case groupGuardDuty, groupHub, groupConfig, groupBudgets, groupTrail:
		return c.checkBaseline(r)
	case groupEC2:
		return c.checkEC2(r)
	case groupEKS:
		return c.checkEKS(r)
	case groupRoute53, groupACM, groupCloudFront, groupWAF, groupS3:
		return c.checkEdge(r)
	case groupRDS:
		return c.checkRDS(r)
	case groupOrganizations, groupSSO, groupIdentityStore:
		return c.checkOrganization(r)
	case groupAMP, groupGrafana, groupSNS, groupControl:
		return c.checkObservability(r)
	case groupAlarms:
		return checkAlarm(r)
	default:
		return c.checkOther(r)
	}
}

// idFields are the fields that hold an id of EC2, in the singular.
func idFields() map[string]string {
	return map[string]string{
		"vpcId":                     kindVPC,
		"subnetId":                  kindSubnet,
		"securityGroupId":           kindSecurityGroup,
		"referencedSecurityGroupId": kindSecurityGroup,
		"sourceSecurityGroupId":     kindSecurityGroup,
		"routeTableId":              groupEC2 + "/RouteTable",
		"allocationId":              kindEIP,
		"natGatewayId":              kindNATGateway,
		"networkAclId":              groupEC2 + "/NetworkACL",
		"vpcEndpointId":             groupEC2 + "/VPCEndpoint",
	}
}

// arnFields are the fields that hold an ARN of something that has to exist. A principal of an access entry, or the target of an event, has not.
func arnFields() []string {
	return []string{
		"roleArn", "iamRoleArn", "nodeRoleArn", "policyArn", "serviceAccountRoleArn", "targetRoleArn", "permissionsBoundary", "keyArn", "kmsKeyId", "kmsKey", "kmsKeyArn", "kmsMasterKeyId",
	}
}

// idPrefixes are what ids of EC2 start with, before the dash.
func idPrefixes() map[string]string {
	return map[string]string{
		"vpc": kindVPC, "subnet": kindSubnet, "sg": kindSecurityGroup, "rtb": groupEC2 + "/RouteTable", "eipalloc": kindEIP,
		"igw": groupEC2 + "/InternetGateway", "nat": kindNATGateway, "acl": groupEC2 + "/NetworkACL", "vpce": groupEC2 + "/VPCEndpoint",
		"lt": kindLaunchTemplate,
	}
}

// checkIDs looks up every id and ARN below a value: what it leads to has to be in the same account and region.
func (c *cloud) checkIDs(r *resource, value any) error {
	object, ok := value.(fields)
	if !ok {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if name == "tags" || name == "labels" || name == "tagsAll" {
			continue
		}
		switch value := object[name].(type) {
		case string:
			if err := c.checkID(r, name, value); err != nil {
				return err
			}
		case fields:
			if err := c.checkIDs(r, value); err != nil {
				return err
			}
		case []any:
			for _, element := range value {
				err := c.checkIDs(r, element)
				if s, isText := element.(string); isText {
					err = c.checkID(r, strings.TrimSuffix(name, "s"), s)
				}
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *cloud) checkID(r *resource, field, id string) error {
	if id == "" {
		return nil
	}
	if slices.Contains(arnFields(), field) && strings.HasPrefix(id, "arn:") {
		return c.checkARN(r, id)
	}
	kind, known := c.idFields[field]
	if !known {
		// An id stands in fields of other names, too.
		prefix, number, _ := strings.Cut(id, "-")
		if kind, known = c.idPrefixes[prefix]; !known || !hexadecimal(number) {
			return nil
		}
	}
	if !c.hasID(r.place, kind, id) {
		return missing(kind, id)
	}
	return nil
}

// hexadecimal tells whether a text is the number in an id of EC2: of 8 digits once, of 17 today.
func hexadecimal(text string) bool {
	return (len(text) == 8 || len(text) == 17) && strings.Trim(text, "0123456789abcdef") == ""
}

// hasID tells whether an id exists in a place, also of what comes with a VPC or a cluster.
func (c *cloud) hasID(p place, kind, id string) bool {
	if c.lookup(p, kind, id) != nil {
		return true
	}
	found := false
	of := func(owner string, ids func(*resource) []string) {
		c.each(p, owner, func(r *resource) bool {
			found = slices.Contains(ids(r), id)
			return !found
		})
	}
	switch kind {
	case kindSecurityGroup:
		of(kindVPC, func(r *resource) []string { return []string{defaultGroup(r.identity)} })
		if !found {
			of(kindCluster, func(r *resource) []string { return []string{clusterGroup(r)} })
		}
	case groupEC2 + "/NetworkACL":
		of(kindVPC, func(r *resource) []string { return []string{implicit("acl-", "default-network-acl", r.identity)} })
	case groupEC2 + "/RouteTable":
		of(kindVPC, func(r *resource) []string { return []string{implicit("rtb-", "main-route-table", r.identity)} })
	}
	return found
}

// checkARN looks up roles, customer-managed policies and keys.
func (c *cloud) checkARN(r *resource, name string) error {
	const parts = 6
	p := strings.SplitN(name, ":", parts)
	if len(p) != parts {
		return fmt.Errorf("ValidationError: ARN %s is not valid", name)
	}
	service, region, account, rest := p[2], p[3], p[4], p[5]
	kind, id := "", rest[strings.LastIndex(rest, "/")+1:]
	switch {
	case account == "aws":
		return nil // AWS keeps it.
	case service == serviceIAM && strings.HasPrefix(rest, "role/"):
		kind = kindRole
	case service == serviceIAM && strings.HasPrefix(rest, "policy/"):
		kind = kindPolicy
	case service == serviceKMS && strings.HasPrefix(rest, "key/"):
		kind = kindKey
	default:
		return nil
	}
	if account != r.place.account {
		return fmt.Errorf("AccessDeniedException: %s is of another account than %s", name, r.place.account)
	}
	found := c.lookup(r.place, kind, id)
	if found == nil || region != "" && region != r.place.region {
		return missing(kind, name)
	}
	if full := resourceARN(found); full != name {
		return missing(kind, name) // Another path or partition.
	}
	return nil
}

// checkDocument parses an IAM policy document.
func checkDocument(params fields, field string) error {
	source, present := params[field].(string)
	if !present {
		return nil
	}
	var document struct {
		Version   string
		Statement any
	}
	if err := json.Unmarshal([]byte(source), &document); err != nil {
		return fmt.Errorf("MalformedPolicyDocument: %s: %w", field, err)
	}
	if document.Statement == nil {
		return fmt.Errorf("MalformedPolicyDocument: %s: Syntax errors in policy: there is no statement", field)
	}
	if document.Version != "" && document.Version != "2012-10-17" && document.Version != "2008-10-17" {
		return fmt.Errorf("MalformedPolicyDocument: %s: The policy version %q is not valid", field, document.Version)
	}
	return nil
}
