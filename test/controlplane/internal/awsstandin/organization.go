package awsstandin

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	groupOrganizations = "organizations.aws.upbound.io"
	groupSSO           = "ssoadmin.aws.upbound.io"
	groupIdentityStore = "identitystore.aws.upbound.io"
)

const (
	kindOrganization  = groupOrganizations + "/Organization"
	kindUnit          = groupOrganizations + "/OrganizationalUnit"
	kindAccount       = groupOrganizations + "/Account"
	kindControlPolicy = groupOrganizations + "/Policy"
	kindAttachment    = groupOrganizations + "/PolicyAttachment"
	kindDelegated     = groupOrganizations + "/DelegatedAdministrator"
	kindPermissionSet = groupSSO + "/PermissionSet"
	kindAssignment    = groupSSO + "/AccountAssignment"
	kindPeople        = groupIdentityStore + "/Group"
)

// organizationKinds are what an Organization claim is made of.
func organizationKinds() []kind {
	return []kind{
		plain(groupOrganizations, "Organization", "organizations", "organization/", given),
		plain(groupOrganizations, "OrganizationalUnit", "organizations", "ou/", given),
		plain(groupOrganizations, "Account", "organizations", "account/", given),
		plain(groupOrganizations, "Policy", "organizations", "policy/", given),
		plain(groupOrganizations, "PolicyAttachment", "", "", computed),
		plain(groupOrganizations, "DelegatedAdministrator", "", "", computed),
		plain(groupSSO, "PermissionSet", "sso", "permissionSet/", given),
		plain(groupSSO, "AccountAssignment", "", "", computed),
		plain(groupSSO, "ManagedPolicyAttachment", "", "", computed),
		plain(groupSSO, "PermissionSetInlinePolicy", "", "", computed),
		plain(groupIdentityStore, "Group", "", "", given),
	}
}

// organizational tells the groups of an Organization claim.
func organizational(group string) bool {
	return group == groupOrganizations || group == groupSSO || group == groupIdentityStore
}

// accountsMadeHere starts the ids of accounts that are made here.
const accountsMadeHere = "9"

// rootID is the id of the root of the organization that an account manages.
func rootID(account string) string {
	const length = 4
	return "r-" + hash("root", account)[:length]
}

// existed tells what somebody has made before Crossplane came: an organization, and accounts in it, by the ids that AWS gave.
func existed(k kind, external string) bool {
	return k.full() == kindOrganization && regexp.MustCompile(`^o-[a-z0-9]{10,32}$`).MatchString(external) ||
		k.full() == kindAccount && regexp.MustCompile(`^[0-9]{12}$`).MatchString(external)
}

// organizationID is the id that AWS gives a part of an organization; empty if it is made as all others.
func organizationID(r *resource, seed []string) string {
	const short, long = 8, 16
	switch r.kind.full() {
	case kindUnit:
		return "ou-" + strings.TrimPrefix(rootID(r.place.account), "r-") + "-" + hash(seed...)[:short]
	case kindAccount:
		return fmt.Sprintf(accountsMadeHere+"%011s", digits(seed...))
	case kindControlPolicy:
		return "p-" + hash(seed...)[:short]
	case kindPermissionSet:
		instance := text(r.params, "instanceArn")
		return "arn:aws:sso:::permissionSet/" + instance[strings.LastIndex(instance, "/")+1:] + "/ps-" + hash(seed...)[:long] + "," + instance
	case kindPeople:
		return uuid(seed...)
	default:
		return ""
	}
}

// computeOrganizationID is the id of what follows from its fields.
func computeOrganizationID(k kind, params fields) (string, bool) {
	join := func(separator string, names ...string) (string, bool) {
		values := make([]string, 0, len(names))
		for _, name := range names {
			values = append(values, text(params, name))
		}
		return strings.Join(values, separator), true
	}
	switch k.full() {
	case kindAttachment:
		return join(":", "targetId", "policyId")
	case kindDelegated:
		return join("/", "accountId", "servicePrincipal")
	case kindAssignment:
		return join(",", "principalId", "principalType", "targetId", "targetType", "permissionSetArn", "instanceArn")
	case groupSSO + "/ManagedPolicyAttachment":
		return join(",", "managedPolicyArn", "permissionSetArn", "instanceArn")
	case groupSSO + "/PermissionSetInlinePolicy":
		return join(",", "permissionSetArn", "instanceArn")
	default:
		return "", false
	}
}

// organizationARN is the ARN of a part of an organization. ok is false for all other kinds.
func organizationARN(r *resource) (name string, ok bool) {
	switch {
	case !organizational(r.kind.group):
		return "", false
	case r.kind.full() == kindPermissionSet:
		name, _, _ = strings.Cut(r.identity, ",")
		return name, true
	case r.kind.service == "":
		return "", true
	default:
		return "arn:" + r.place.partition + ":organizations::" + r.place.account + ":" + r.kind.resource + r.identity, true
	}
}

// organizationAttributes are what AWS adds.
func organizationAttributes(r *resource) fields {
	switch r.kind.full() {
	case kindOrganization:
		return fields{
			"masterAccountId": r.place.account,
			"roots":           []any{fields{"id": rootID(r.place.account), "name": "Root"}},
		}
	case kindAccount:
		return fields{"joinedMethod": "CREATED", "joinedTimestamp": created, "status": "ACTIVE"}
	case kindPermissionSet:
		return fields{"createdDate": created}
	case kindPeople:
		return fields{"groupId": r.identity}
	default:
		return nil
	}
}

// checkOrganization holds what AWS Organizations and Identity Center refuse (AWS Organizations API; IAM Identity Center API).
func (c *cloud) checkOrganization(r *resource) error {
	switch r.kind.full() {
	case kindUnit, kindAccount:
		if parent := text(r.params, "parentId"); !c.holdsAccounts(r.place, parent) {
			return fmt.Errorf("ParentNotFoundException: You specified parent %q that doesn't exist", parent)
		}
	case kindControlPolicy:
		return c.checkControlPolicy(r)
	case kindAttachment:
		return c.checkAttachment(r)
	case kindDelegated:
		return c.checkDelegated(r)
	case kindAssignment:
		if target := text(r.params, "targetId"); !c.hasAccount(r.place, target) {
			return fmt.Errorf("ResourceNotFoundException: Account %q is not in the organization", target)
		}
	}
	if set := text(r.params, "permissionSetArn"); r.kind.group == groupSSO && r.kind.full() != kindPermissionSet &&
		c.lookup(r.place, kindPermissionSet, set+","+text(r.params, "instanceArn")) == nil {
		return fmt.Errorf("ResourceNotFoundException: PermissionSet %q not found", set)
	}
	return nil
}

// holdsAccounts tells the root and the units.
func (c *cloud) holdsAccounts(p place, id string) bool {
	return id == rootID(p.account) || c.lookup(p, kindUnit, id) != nil
}

// hasAccount tells the accounts of the organization: those that were made here, and all whose ids were not given here, which were there before.
func (c *cloud) hasAccount(p place, id string) bool {
	return c.lookup(p, kindAccount, id) != nil || !strings.HasPrefix(id, accountsMadeHere) && existed(kind{group: groupOrganizations, name: "Account"}, id)
}

// theOrganization is the organization that an account manages; nil if it manages none.
func (c *cloud) theOrganization(p place) *resource {
	var found *resource
	p.region = ""
	c.each(p, kindOrganization, func(r *resource) bool { found = r; return false })
	return found
}

func (c *cloud) checkControlPolicy(r *resource) error {
	const longest = 5120
	organization, content := c.theOrganization(r.place), text(r.params, "content")
	switch {
	case organization == nil:
		return fmt.Errorf("AWSOrganizationsNotInUseException: Your account %s is not a member of an organization", r.place.account)
	case !slices.Contains(texts(organization.params, "enabledPolicyTypes"), text(r.params, "type")):
		return fmt.Errorf("PolicyTypeNotEnabledException: The policy type %s is not enabled", text(r.params, "type"))
	case len(content) > longest:
		return fmt.Errorf("ConstraintViolationException: POLICY_CONTENT_LIMIT_EXCEEDED: %d characters", len(content))
	case !json.Valid([]byte(content)):
		return fmt.Errorf("MalformedPolicyDocumentException: The provided policy document does not meet the requirements: %q", content)
	}
	return nil
}

func (c *cloud) checkAttachment(r *resource) error {
	policy, target := text(r.params, "policyId"), text(r.params, "targetId")
	if c.lookup(r.place, kindControlPolicy, policy) == nil {
		return fmt.Errorf("PolicyNotFoundException: You specified a policy that doesn't exist: %q", policy)
	}
	if !c.holdsAccounts(r.place, target) && !c.hasAccount(r.place, target) {
		return fmt.Errorf("TargetNotFoundException: You specified a target that doesn't exist: %q", target)
	}
	const most = 5
	attached := 1 // FullAWSAccess.
	c.each(r.place, kindAttachment, func(other *resource) bool {
		if other != r && text(other.params, "targetId") == target {
			attached++
		}
		return true
	})
	if attached >= most {
		return fmt.Errorf("ConstraintViolationException: MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED: %s has %d policies", target, attached)
	}
	return nil
}

func (c *cloud) checkDelegated(r *resource) error {
	service, account := text(r.params, "servicePrincipal"), text(r.params, "accountId")
	organization := c.theOrganization(r.place)
	switch {
	case organization == nil || !slices.Contains(texts(organization.params, "awsServiceAccessPrincipals"), service):
		return fmt.Errorf("ConstraintViolationException: SERVICE_ACCESS_NOT_ENABLED: %s", service)
	case !c.hasAccount(r.place, account):
		return fmt.Errorf("AccountNotFoundException: You specified an account that doesn't exist: %q", account)
	}
	return nil
}
