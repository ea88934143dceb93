package awsstandin

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// instance is an instance of Identity Center.
const instance = "arn:aws:sso:::instance/ssoins-0123456789abcdef"

// tree is an organization that exists with a unit, an account in it that exists, and a policy.
func tree() []fields {
	return []fields{
		named(managed(kindOrganization, "organization", `{awsServiceAccessPrincipals: [sso.amazonaws.com], enabledPolicyTypes: [SERVICE_CONTROL_POLICY]}`), "o-a1b2c3d4e5"),
		managed(kindUnit, "unit", `{name: Workloads, parentId: `+rootID(account)+`}`),
		named(managed(kindAccount, "account", `{name: dev, email: dev@acme.example, parentId: `+rootID(account)+`}`), "222233334444"),
		managed(kindControlPolicy, "policy", `{name: deny, type: SERVICE_CONTROL_POLICY, content: "{}"}`),
		managed(kindAttachment, "attachment", `{policyIdRef: {name: policy}, targetId: `+rootID(account)+`}`),
		managed(kindPermissionSet, "set", `{name: Admin, instanceArn: "`+instance+`"}`),
		managed(kindPeople, "group", `{displayName: Admins, identityStoreId: d-0123456789}`),
		managed(kindAssignment, "assignment", `{instanceArn: "`+instance+`", permissionSetArnRef: {name: set}, principalIdFromGroupRef: {name: group}, principalType: GROUP, targetId: "222233334444", targetType: AWS_ACCOUNT}`),
	}
}

// organizationValues are the ids of units and accounts in the golden files, as the stand-in gives them.
func organizationValues(source string) string {
	source = strings.ReplaceAll(source, "r-simulated", rootID(account))
	return regexp.MustCompile(`simulated-(app\.organization\.(unit|account)-[a-z.]+)`).ReplaceAllStringFunc(source, func(found string) string {
		name, full := strings.TrimPrefix(found, "simulated-"), kindUnit
		if strings.Contains(name, ".account-") {
			full = kindAccount
		}
		r := &resource{kind: table()[full], place: place{partition: "aws", account: account}, object: name}
		id := giveID(r)
		if full == kindAccount {
			return strconv.Quote(id)
		}
		return id
	})
}

// TestOrganizationOfAnAccount holds the ids that AWS gives: compositions wait for some of them.
func TestOrganizationOfAnAccount(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, tree()...)
	for _, want := range []struct{ kind, name, field, prefix string }{
		{kindOrganization, "organization", "id", "o-a1b2c3d4e5"},
		{kindUnit, "unit", "id", "ou-" + strings.TrimPrefix(rootID(account), "r-") + "-"},
		{kindAccount, "account", "id", "222233334444"},
		{kindControlPolicy, "policy", "id", "p-"},
		{kindAttachment, "attachment", "id", rootID(account) + ":p-"},
		{kindPermissionSet, "set", "arn", "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-"},
		{kindAssignment, "assignment", "targetId", "222233334444"},
	} {
		if got := text(h.ready(want.kind, want.name), "status", "atProvider", want.field); !strings.HasPrefix(got, want.prefix) {
			t.Errorf("%s of %s is %q, want %s...", want.field, want.name, got, want.prefix)
		}
	}
	if got := text(at(h.ready(kindOrganization, "organization"), "status", "atProvider", "roots", 0), "id"); got != rootID(account) {
		t.Errorf("the root is %q", got)
	}
}

// TestOrganizationIsRefused has what AWS refuses.
func TestOrganizationIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason, kind, parameters, want string
	}{
		"unit in nothing":     {"a unit is in the root or in a unit", kindUnit, `{name: a, parentId: ou-ab12-11112222}`, "ParentNotFoundException"},
		"account in nothing":  {"an account is, too", kindAccount, `{name: a, email: a@acme.example, parentId: r-0000}`, "ParentNotFoundException"},
		"a second unit":       {"names are unique below a parent", kindUnit, `{name: Workloads, parentId: ` + rootID(account) + `}`, "DuplicateOrganizationalUnitException"},
		"address taken":       {"one account has it", kindAccount, `{name: a, email: dev@acme.example, parentId: ` + rootID(account) + `}`, "EMAIL_ALREADY_EXISTS"},
		"type that is off":    {"it has to be turned on", kindControlPolicy, `{name: a, type: TAG_POLICY, content: "{}"}`, "PolicyTypeNotEnabledException"},
		"policy too long":     {"a service control policy is short", kindControlPolicy, `{name: a, type: SERVICE_CONTROL_POLICY, content: "` + strings.Repeat("a", 5121) + `"}`, "POLICY_CONTENT_LIMIT_EXCEEDED"},
		"no policy":           {"JSON", kindControlPolicy, `{name: a, type: SERVICE_CONTROL_POLICY, content: "deny"}`, "MalformedPolicyDocumentException"},
		"attached to nothing": {"a target is there", kindAttachment, `{policyIdRef: {name: policy}, targetId: ou-ab12-11112222}`, "TargetNotFoundException"},
		"attached, unknown":   {"a policy is there", kindAttachment, `{policyId: p-00000000, targetId: ` + rootID(account) + `}`, "PolicyNotFoundException"},
		"not trusted":         {"a service has to be", kindDelegated, `{accountIdRef: {name: account}, servicePrincipal: guardduty.amazonaws.com}`, "SERVICE_ACCESS_NOT_ENABLED"},
		"nobody's account":    {"an account is in the organization", kindAssignment, `{instanceArn: "` + instance + `", permissionSetArnRef: {name: set}, principalId: a, targetId: "999999999999"}`, "is not in the organization"},
		"no permission set":   {"there has to be one", groupSSO + "/ManagedPolicyAttachment", `{instanceArn: "` + instance + `", permissionSetArn: "arn:aws:sso:::permissionSet/a", managedPolicyArn: a}`, "PermissionSet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, Options{}, tree()...)
			for _, object := range tree() {
				h.ready(kindOf(object), text(object, "metadata", "name"))
			}
			h.create(managed(tc.kind, "wrong", tc.parameters))
			h.refused(tc.kind, "wrong", tc.want)
		})
	}
}

// TestFivePoliciesPerTarget: AWS counts its own, too.
func TestFivePoliciesPerTarget(t *testing.T) {
	t.Parallel()
	objects := tree()
	for _, name := range []string{"b", "c", "d"} {
		objects = append(objects, managed(kindControlPolicy, name, `{name: `+name+`, type: SERVICE_CONTROL_POLICY, content: "{}"}`),
			managed(kindAttachment, name, `{policyIdRef: {name: `+name+`}, targetId: `+rootID(account)+`}`))
	}
	h := start(t, Options{}, objects...)
	for _, name := range []string{"attachment", "b", "c", "d"} {
		h.ready(kindAttachment, name)
	}
	h.create(managed(kindControlPolicy, "e", `{name: e, type: SERVICE_CONTROL_POLICY, content: "{}"}`))
	h.create(managed(kindAttachment, "e", `{policyIdRef: {name: e}, targetId: `+rootID(account)+`}`))
	h.refused(kindAttachment, "e", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
}
