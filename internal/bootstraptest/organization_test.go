package bootstraptest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/bootstrap/iam"
	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/scp"
	"github.com/innovate-inc/genops/schema"
)

// management is the committed environment that has the organization.
func management(t *testing.T) *schema.Environment {
	t.Helper()
	for _, e := range config(t).Environments {
		if e.Organization != nil {
			return e
		}
	}
	t.Fatal("no environment has the organization")
	return nil
}

// controlPolicies are all service control policies that genops can render for the committed platform: the built-in ones, whether they are in use or
// not, and its own.
func controlPolicies(t *testing.T, regions ...string) map[string]scp.Policy {
	t.Helper()
	e := management(t)
	spec := config(t).OrganizationClaim(e)
	spec.RootPolicies = append(schema.BuiltInPolicies(), slices.Sorted(maps.Keys(e.Organization.Policies))...)
	if len(regions) > 0 {
		spec.Regions = regions
	}
	policies := map[string]scp.Policy{}
	for name, document := range compositions.ControlPolicies(&spec) {
		policy, err := scp.Parse(document)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		policies[name] = policy
	}
	if len(policies) < len(schema.BuiltInPolicies())+1 {
		t.Fatalf("%d policies prove nothing", len(policies))
	}
	return policies
}

// denied are the actions that some policy denies to a role in each of some regions, as "policy: action in region".
func denied(policies map[string]scp.Policy, role string, regions, actions []string) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		for _, action := range actions {
			for _, region := range regions {
				if policies[name].Denies(scp.Request{Action: action, Principal: role, Region: region}) != "" {
					found = append(found, name+": "+action+" in "+region)
				}
			}
		}
	}
	return found
}

// TestControlPoliciesLeaveTheWayIn asks every service control policy about every action of every role that a person makes, in each account and
// region of the platform: no policy may take from Crossplane what it needs to change it back.
func TestControlPoliciesLeaveTheWayIn(t *testing.T) {
	c := config(t)
	policies := controlPolicies(t)
	roles := map[string]string{ // Files by role; EACH stands for the role in each account.
		"EACH":                         "provisioner-*.json",
		c.Platform.CrossplaneRoleARN(): "crossplane-permissions.json",
		c.Platform.ArgoCDRoleARN():     "argocd-permissions.json",
	}
	for role, files := range roles {
		actions, err := iam.Allowed(files)
		if err != nil || len(actions) == 0 {
			t.Fatalf("%s: %d actions, %v", files, len(actions), err)
		}
		for _, action := range actions {
			if strings.ContainsAny(action, "*?") {
				t.Errorf("%s allows %s, which is no single action", files, action)
			}
		}
		if role != "EACH" {
			for _, message := range denied(policies, role, []string{c.Platform.Bootstrap.Region, "us-east-1"}, actions) {
				t.Errorf("%s: %s", role, message)
			}
			continue
		}
		for _, e := range c.Environments {
			if e.Account == "" || e.Account == c.Platform.ManagementAccount {
				continue
			}
			if len(actions) < 200 {
				t.Fatalf("%d actions prove nothing", len(actions))
			}
			for _, message := range denied(policies, c.Platform.ProvisionerRoleARN(e), schema.RegionsOf(e), actions) {
				t.Errorf("%s: %s", e.Name, message)
			}
		}
	}
}

// TestControlPoliciesCouldLockOut shows the test above that it finds what is wrong: a region that is missing, and a denial without an exemption.
func TestControlPoliciesCouldLockOut(t *testing.T) {
	c := config(t)
	role := c.Platform.ProvisionerRoleARN(c.Environment("prod"))
	narrow := controlPolicies(t, "eu-west-1", "us-east-1")
	if got := denied(narrow, role, schema.RegionsOf(c.Environment("prod")), []string{"rds:CreateDBCluster", "iam:CreateRole"}); !slices.Equal(got, []string{
		"region-allow-list: rds:CreateDBCluster in eu-central-1",
	}) {
		t.Errorf("without the region of prod's replica: %q", got)
	}
	own, err := scp.Parse(`{"Statement":[{"Sid":"A","Effect":"Deny","Action":["kms:*"],"Resource":"*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := denied(map[string]scp.Policy{"own": own}, role, []string{"eu-west-1"}, []string{"kms:CreateKey", "eks:CreateCluster"}); len(got) != 1 {
		t.Errorf("a policy against keys: %q", got)
	}
}

// TestControlPoliciesSpareWhatRuns asks them about the rights of every role that compositions make: of controllers, nodes and workflows.
func TestControlPoliciesSpareWhatRuns(t *testing.T) {
	c := config(t)
	policies := controlPolicies(t)
	seen := 0
	for _, e := range c.Environments {
		if e.Account == "" || e.Account == c.Platform.ManagementAccount {
			continue
		}
		for _, resource := range managedOf(t, e) {
			if kind := kindOf(resource); kind != "iam/Policy" && kind != "iam/RolePolicy" {
				continue
			}
			var p policy
			if err := json.Unmarshal([]byte(str(resource, "spec", "forProvider", "policy")), &p); err != nil {
				t.Fatal(err)
			}
			for _, s := range p.Statement {
				if s.Effect != "Allow" {
					continue
				}
				seen += len(s.Action)
				role := "arn:aws:iam::" + e.Account + ":role/" + e.Prefix() + "-any"
				for _, message := range denied(policies, role, []string{e.Region}, s.Action) {
					t.Errorf("%s: %s", str(resource, "metadata", "name"), message)
				}
			}
		}
	}
	if seen < 300 {
		t.Errorf("%d actions prove nothing", seen)
	}
}

// managementActions are what the AWS provider calls for each kind of an organization, as in actions.
func managementActions() map[string]string {
	return map[string]string{
		"organizations/Organization": "DescribeOrganization ListAccounts ListRoots ListAWSServiceAccessForOrganization ListDelegatedAdministrators " +
			"EnableAWSServiceAccess DisableAWSServiceAccess EnablePolicyType DisablePolicyType",
		"organizations/OrganizationalUnit": "CreateOrganizationalUnit UpdateOrganizationalUnit DescribeOrganizationalUnit ListParents ListChildren " +
			"ListAccountsForParent ListTagsForResource TagResource UntagResource",
		"organizations/Account": "CreateAccount DescribeCreateAccountStatus DescribeAccount ListParents MoveAccount ListTagsForResource TagResource UntagResource " +
			"account:PutAccountName",
		"organizations/Policy":                 "CreatePolicy UpdatePolicy DeletePolicy DescribePolicy ListTagsForResource TagResource UntagResource",
		"organizations/PolicyAttachment":       "AttachPolicy DetachPolicy ListPoliciesForTarget ListTargetsForPolicy",
		"organizations/DelegatedAdministrator": "RegisterDelegatedAdministrator DeregisterDelegatedAdministrator ListDelegatedAdministrators",
		"ssoadmin/PermissionSet": "sso:CreatePermissionSet sso:UpdatePermissionSet sso:DeletePermissionSet sso:DescribePermissionSet sso:ListTagsForResource " +
			"sso:TagResource sso:UntagResource sso:ProvisionPermissionSet sso:DescribePermissionSetProvisioningStatus",
		"ssoadmin/ManagedPolicyAttachment": "sso:AttachManagedPolicyToPermissionSet sso:DetachManagedPolicyFromPermissionSet sso:ListManagedPoliciesInPermissionSet " +
			"sso:ProvisionPermissionSet",
		"ssoadmin/PermissionSetInlinePolicy": "sso:PutInlinePolicyToPermissionSet sso:GetInlinePolicyForPermissionSet sso:DeleteInlinePolicyFromPermissionSet",
		"ssoadmin/AccountAssignment": "sso:CreateAccountAssignment sso:DeleteAccountAssignment sso:ListAccountAssignments " +
			"sso:DescribeAccountAssignmentCreationStatus sso:DescribeAccountAssignmentDeletionStatus",
		"identitystore/Group": "identitystore:CreateGroup identitystore:DescribeGroup identitystore:UpdateGroup",
	}
}

// organizationResources are the managed resources of the organization, with a permission set that has a statement of its own.
func organizationResources(t *testing.T) []map[string]any {
	t.Helper()
	e := management(t)
	set := e.Organization.IdentityCenter.PermissionSets["Auditor"]
	set.Statements = []schema.InlineStatement{{Sid: "A", Effect: "Deny", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::a"}}}
	e.Organization.IdentityCenter.PermissionSets["Auditor"] = set
	return slices.DeleteFunc(managedOf(t, e), func(resource map[string]any) bool {
		return strings.Split(str(resource, "metadata", "name"), ".")[1] != schema.ClaimOrganization
	})
}

// TestManagementRoleMayMakeTheOrganization walks through the kinds of an organization, and through the guardrails, which deny none of their actions
// and deny what ends accounts.
func TestManagementRoleMayMakeTheOrganization(t *testing.T) {
	may, guardrails := map[string]bool{}, []statement{}
	for _, s := range allowed(t, "management-organization") {
		for _, action := range s.Action {
			may[action] = true
		}
	}
	denials, err := readPolicy(read(t, "bootstrap", "iam", "management-guardrails.json"))
	if err != nil {
		t.Fatal(err)
	}
	guardrails = append(guardrails, denials.Statement...)
	denies := func(action string) bool {
		return slices.ContainsFunc(guardrails, func(s statement) bool {
			return len(s.Condition) == 0 && slices.Contains(s.Resource, "*") && slices.ContainsFunc(s.Action, func(pattern string) bool { return scp.Matches(pattern, action) })
		})
	}
	seen := map[string]bool{}
	for _, resource := range organizationResources(t) {
		seen[kindOf(resource)] = true
	}
	needed := managementActions()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(needed))); diff != "" {
		t.Errorf("kinds, -that the composition makes +whose actions are listed here:\n%s", diff)
	}
	for kind, actions := range needed {
		for action := range strings.FieldsSeq(actions) {
			if !strings.Contains(action, ":") {
				action = "organizations:" + action
			}
			if !may[action] || denies(action) {
				t.Errorf("%s needs %s: allowed %t, denied %t", kind, action, may[action], denies(action))
			}
		}
	}
	for _, action := range []string{
		"organizations:CloseAccount", "organizations:LeaveOrganization", "organizations:DeleteOrganization", "organizations:RemoveAccountFromOrganization",
		"sts:AssumeRole", "iam:CreateUser", "identitystore:CreateUser",
	} {
		if may[action] || !denies(action) {
			t.Errorf("the management role and %s: allowed %t, denied %t", action, may[action], denies(action))
		}
	}
}

// TestAuditOfTheOrganizationStays: the role delegates what genops accepts, and takes no service away that records or watches.
func TestAuditOfTheOrganizationStays(t *testing.T) {
	services := func(file, sid string) []string {
		p, err := readPolicy(read(t, "bootstrap", "iam", file+".json"))
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(p.Statement, func(s statement) bool { return s.Sid == sid })
		if i < 0 {
			t.Fatalf("%s has no %s", file, sid)
		}
		return p.Statement[i].Condition["StringEquals"]["organizations:ServicePrincipal"]
	}
	if diff := cmp.Diff(schema.DelegableServices(), services("management-organization", "DelegatedAdministrators")); diff != "" {
		t.Errorf("delegated, -by genops +by the role:\n%s", diff)
	}
	kept := services("management-guardrails", "AuditOfTheOrganizationStays")
	for _, service := range management(t).Organization.ServiceAccess {
		if !slices.Contains(kept, service) {
			t.Errorf("the management role may take %s from the organization", service)
		}
	}
}

// managementPolicies are those of crossplane-provisioner in the management account: for the organization, the trail, and what a baseline is made of.
func managementPolicies() []string {
	return []string{
		"management-organization", "management-trail", "management-guardrails", "provisioner-base", "provisioner-iam", "provisioner-edge", "provisioner-baseline",
	}
}

// TestManagementRoleMayMakeItsBaseline: what the management account's environment is made of beside the organization is allowed there, and no
// guardrail of the account denies it; what watches over the accounts it may not end.
func TestManagementRoleMayMakeItsBaseline(t *testing.T) {
	may := map[string]bool{}
	for _, file := range managementPolicies() {
		for _, s := range allowed(t, file) {
			for _, action := range s.Action {
				may[action] = true
			}
		}
	}
	guardrails, err := readPolicy(read(t, "bootstrap", "iam", "management-guardrails.json"))
	if err != nil {
		t.Fatal(err)
	}
	denied := map[string]bool{}
	for _, s := range guardrails.Statement {
		for _, action := range s.Action {
			denied[action] = len(s.Condition) == 0 && slices.Contains(s.Resource, "*")
		}
	}
	seen := 0
	for _, resource := range managedOf(t, config(t).Environment("management")) {
		if strings.Split(str(resource, "metadata", "name"), ".")[1] != schema.ClaimBaseline {
			continue
		}
		seen++
		for action := range strings.FieldsSeq(actions()[kindOf(resource)]) {
			if strings.Contains(action, ":") && (!may[action] || denied[action]) {
				t.Errorf("%s needs %s: allowed %t, denied %t", str(resource, "metadata", "name"), action, may[action], denied[action])
			}
		}
	}
	if seen == 0 {
		t.Error("the management account has no baseline, which proves nothing")
	}
	for _, action := range []string{"cloudtrail:DeleteTrail", "cloudtrail:StopLogging", "guardduty:DeleteDetector", "securityhub:DisableSecurityHub"} {
		if !denied[action] {
			t.Errorf("the management role may %s", action)
		}
	}
}

// TestPageMakesTheManagementRole: the page's commands make and remove each policy of the management account.
func TestPageMakesTheManagementRole(t *testing.T) {
	loops := regexp.MustCompile(`(?m)^for file in ([a-z -]+); do`).FindAllStringSubmatch(read(t, "bootstrap", "README.md"), -1)
	if len(loops) != 2 {
		t.Fatalf("bootstrap/README.md has %d loops over the policies of the management account; one makes them and one removes them", len(loops))
	}
	for _, loop := range loops {
		if diff := cmp.Diff(managementPolicies(), strings.Fields(loop[1])); diff != "" {
			t.Errorf("%s: -policies +loop:\n%s", loop[0], diff)
		}
	}
}
