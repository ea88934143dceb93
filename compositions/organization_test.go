package compositions_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/scp"
	"github.com/innovate-inc/genops/schema"
)

// organizationSpec has all built-in policies and one of its own, an account that exists and one that is made, and a group of each sort.
func organizationSpec() schema.OrganizationSpec {
	m := meta("acme", "app")
	m.Adopt = map[string]string{"organization": "o-a1b2c3d4e5", "account-prod": "222233334444"}
	return schema.OrganizationSpec{
		ClaimMeta:       m,
		ServiceAccess:   []string{"guardduty.amazonaws.com", "sso.amazonaws.com"},
		PolicyTypes:     []string{"SERVICE_CONTROL_POLICY"},
		ProvisionerRole: "crossplane-provisioner",
		Regions:         []string{"eu-central-1", "eu-west-1", "us-east-1"},
		RootPolicies:    []string{"deny-leaving"},
		Units: []schema.UnitSpec{
			{Path: "Workloads", Policies: []string{"deny-iam-users", "deny-root", "protect-audit", "region-allow-list"}},
			{Path: "Workloads/NonProd", Policies: []string{}},
			{Path: "Workloads/Prod", Policies: []string{"no-commitments"}},
		},
		Accounts: []schema.MemberSpec{
			{Key: "prod", Name: "acme-prod", Email: "aws+prod@acme.example", Unit: "Workloads/Prod"},
			{Key: "sandbox", Name: "sandbox", Email: "aws+sandbox@acme.example", Unit: "Workloads/NonProd"},
		},
		Policies: []schema.ControlPolicySpec{{Name: "no-commitments", Description: "Nothing for years", Statements: []schema.Denial{
			{Sid: "NoCommitments", Actions: []string{"savingsplans:CreateSavingsPlan"}, Resources: []string{"*"}},
			{Sid: "NoTrails", Actions: []string{"cloudtrail:DeleteTrail"}, Resources: []string{"*"}, ExemptProvisioner: true},
		}}},
		DelegatedAdministrators: []schema.DelegationOfService{{Account: "prod", Service: "guardduty.amazonaws.com"}},
		IdentityCenter: &schema.IdentityCenterSpec{
			InstanceARN: "arn:aws:sso:::instance/ssoins-0123456789abcdef", IdentityStore: "d-0123456789", Region: "us-east-1",
			Groups: []schema.GroupSpec{
				{Name: "admins", DisplayName: "admins", ID: "a1b2c3d4e5-906750b5-0aaf-4c5b-a7a3-0123456789ab"},
				{Name: "developers", DisplayName: "Developers"},
			},
			PermissionSets: []schema.PermissionSetSpec{
				{Name: "Admin", SessionDuration: "PT1H", ManagedPolicies: []string{"AdministratorAccess"}, Statements: []schema.InlineStatement{}},
				{
					Name: "Developer", Description: "What developers need", SessionDuration: "PT8H", ManagedPolicies: []string{"job-function/ViewOnlyAccess"},
					Statements: []schema.InlineStatement{{
						Sid: "Logs", Effect: "Allow", Actions: []string{"logs:GetLogEvents"}, Resources: []string{"*"}, Reason: "All log groups of the account.",
					}},
				},
			},
			Assignments: []schema.AssignmentSpec{
				{PermissionSet: "Admin", Group: "admins", Account: "prod"},
				{PermissionSet: "Developer", Group: "developers", Account: "prod"},
				{PermissionSet: "Developer", Group: "developers", Account: "sandbox"},
			},
		},
	}
}

// withoutPeople leaves Identity Center alone.
func withoutPeople(s *schema.OrganizationSpec) { s.IdentityCenter = nil }

// bareOrganization only says where accounts are.
func bareOrganization(s *schema.OrganizationSpec) {
	withoutPeople(s)
	s.RootPolicies, s.Policies, s.DelegatedAdministrators = []string{}, []schema.ControlPolicySpec{}, []schema.DelegationOfService{}
	for i := range s.Units {
		s.Units[i].Policies = []string{}
	}
}

// organization is an Organization claim with some edits.
func organization(t testing.TB, edits ...func(*schema.OrganizationSpec)) claim {
	t.Helper()
	s := organizationSpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "Organization", spec: spec(t, s)}
}

// editsOfOrganization are edits of an organization that people may make.
func editsOfOrganization(t testing.TB) map[string]edit {
	t.Helper()
	before := everything(t, []claim{organization(t)})
	made := map[string]edit{}
	for name, e := range map[string]struct {
		reason, keys string
		change       func(*schema.OrganizationSpec)
	}{
		"tags": {"tags are on what can be tagged", ``, func(s *schema.OrganizationSpec) { s.Tags = map[string]string{"owner": "others"} }},
		"service more": {"a setting", ``, func(s *schema.OrganizationSpec) {
			s.ServiceAccess = append(s.ServiceAccess, "tagpolicies.tag.amazonaws.com")
		}},
		"region more":      {"the policy changes", ``, func(s *schema.OrganizationSpec) { s.Regions = append(s.Regions, "us-west-2") }},
		"an account moves": {"AWS moves it", ``, func(s *schema.OrganizationSpec) { s.Accounts[1].Unit = "Workloads/Prod" }},
		"a policy less": {"with its attachment", `deny-root`, func(s *schema.OrganizationSpec) {
			s.Units[0].Policies = []string{"deny-iam-users", "protect-audit", "region-allow-list"}
		}},
		"a policy moves": {"only the attachments differ", `attachment-no-commitments`, func(s *schema.OrganizationSpec) {
			s.Units[1].Policies, s.Units[2].Policies = s.Units[2].Policies, []string{}
		}},
		"a unit more": {"nothing else changes", `^Organization/unit-security$`, func(s *schema.OrganizationSpec) {
			s.Units = append(s.Units, schema.UnitSpec{Path: "Security", Policies: []string{}})
		}},
		"session": {"a setting", ``, func(s *schema.OrganizationSpec) { s.IdentityCenter.PermissionSets[0].SessionDuration = "PT2H" }},
		"another policy": {"AWS cannot change an attachment", `^Organization/permission-set-admin\.`, func(s *schema.OrganizationSpec) {
			s.IdentityCenter.PermissionSets[0].ManagedPolicies = []string{"PowerUserAccess"}
		}},
		"an assignment": {"with its usages", `assignment-developer\.developers\.sandbox$`, func(s *schema.OrganizationSpec) { s.IdentityCenter.Assignments = s.IdentityCenter.Assignments[:2] }},
		"no statements": {"the inline policy goes", `^Organization/permission-set-developer\.inline$`, func(s *schema.OrganizationSpec) {
			s.IdentityCenter.PermissionSets[1].Statements = []schema.InlineStatement{}
		}},
		"units reordered":   {"a place in a list is nothing", ``, func(s *schema.OrganizationSpec) { slices.Reverse(s.Units); slices.Reverse(s.Accounts) }},
		"no delegation":     {"AWS takes it back", `^Organization/administrator-prod\.guardduty$`, func(s *schema.OrganizationSpec) { s.DelegatedAdministrators = []schema.DelegationOfService{} }},
		"no one's business": {"Identity Center is left alone", `group-developers|permission-set-|assignment-`, withoutPeople},
	} {
		made["organization, "+name] = edit{reason: e.reason, keys: e.keys, before: before, after: everything(t, []claim{organization(t, e.change)})}
	}
	return made
}

// TestNothingOfAnOrganizationIsDeleted: what people and data are in outlives the claim, and an account is never closed.
func TestNothingOfAnOrganizationIsDeleted(t *testing.T) {
	t.Parallel()
	result, _ := organization(t).simulate(t)
	seen := map[string]int{}
	for key, object := range objects(result) {
		switch kind := text(object, "kind"); kind {
		case "Organization", "OrganizationalUnit", "Account", "Group":
			seen[kind]++
			if policies, _ := field(object, "spec", "managementPolicies").([]any); slices.Contains(policies, any("Delete")) || slices.Contains(policies, any("*")) {
				t.Errorf("%s may be deleted: %v", key, policies)
			}
			if kind == "Account" && field(object, "spec", "forProvider", "closeOnDeletion") != false {
				t.Errorf("%s is closed: %v", key, field(object, "spec", "forProvider", "closeOnDeletion"))
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"Organization": 1, "OrganizationalUnit": 3, "Account": 2, "Group": 1}, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOrganizationGrows: what needs an id that AWS has not given waits, level by level, and what has an id in Git does not.
func TestOrganizationGrows(t *testing.T) {
	t.Parallel()
	c := organization(t, withoutPeople)
	_, observed := c.simulate(t)
	everyone := []string{
		"account-prod", "account-sandbox", "administrator-prod.guardduty", "attachment-deny-iam-users.workloads", "attachment-deny-leaving", "attachment-deny-root.workloads",
		"attachment-no-commitments.workloads.prod", "attachment-protect-audit.workloads", "attachment-region-allow-list.workloads",
		"policy-deny-iam-users", "policy-deny-leaving", "policy-deny-root", "policy-no-commitments", "policy-protect-audit", "policy-region-allow-list",
		"unit-workloads", "unit-workloads.nonprod", "unit-workloads.prod",
	}
	steps := []struct {
		reason string
		seen   []string
		want   []string
	}{
		{"nothing is known, not even the root", nil, everyone},
		{"the root, which the first level belongs to", []string{"organization"}, []string{
			"account-prod", "account-sandbox", "attachment-deny-iam-users.workloads", "attachment-deny-root.workloads",
			"attachment-no-commitments.workloads.prod", "attachment-protect-audit.workloads", "attachment-region-allow-list.workloads",
			"unit-workloads.nonprod", "unit-workloads.prod",
		}},
		{"the first level", []string{"organization", "unit-workloads"}, []string{"account-prod", "account-sandbox", "attachment-no-commitments.workloads.prod"}},
		{"all units", []string{"organization", "unit-workloads", "unit-workloads.nonprod", "unit-workloads.prod"}, nil},
	}
	for _, step := range steps {
		result := c.compose(t, only(observed, step.seen...))
		if diff := cmp.Diff(step.want, result.Held); diff != "" {
			t.Errorf("%s: held back (-want +got):\n%s", step.reason, diff)
		}
	}
	// A unit that is adopted is known at once.
	adopted := organization(t, withoutPeople, func(s *schema.OrganizationSpec) { s.Adopt["unit-workloads.prod"] = "ou-ab12-11112222" })
	if held := adopted.compose(t, compositions.Observed{}).Held; slices.Contains(held, "account-prod") || !slices.Contains(held, "account-sandbox") {
		t.Errorf("held back %q, although the unit of prod has an id in Git", held)
	}
	// People wait for an account that is being made, and not for one that exists.
	people := organization(t)
	held := people.compose(t, compositions.Observed{}).Held
	if !slices.Contains(held, "assignment-developer.developers.sandbox") || slices.Contains(held, "assignment-developer.developers.prod") {
		t.Errorf("held back: %q", held)
	}
}

// TestOrganizationStatus holds the ids that people look for: those of new accounts go into Git.
func TestOrganizationStatus(t *testing.T) {
	t.Parallel()
	result, _ := organization(t).simulate(t)
	want := map[string]any{
		"organizationId": "o-a1b2c3d4e5", "rootId": "r-simulated",
		"unitIds": map[string]any{
			"Workloads": "simulated-app.organization.unit-workloads", "Workloads/NonProd": "simulated-app.organization.unit-workloads.nonprod",
			"Workloads/Prod": "simulated-app.organization.unit-workloads.prod",
		},
		"accountIds": map[string]any{"prod": "222233334444", "sandbox": "simulated-app.organization.account-sandbox"},
		"groupIds":   map[string]any{"developers": "simulated-app.organization.group-developers"},
		"permissionSetARNs": map[string]any{
			"Admin":     "arn:aws:sso:::permissionSet/simulated-app.organization.permission-set-admin",
			"Developer": "arn:aws:sso:::permissionSet/simulated-app.organization.permission-set-developer",
		},
	}
	if diff := cmp.Diff(want, result.Status); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	first := organization(t).compose(t, compositions.Observed{})
	if diff := cmp.Diff(map[string]any{"organizationId": "o-a1b2c3d4e5", "accountIds": map[string]any{"prod": "222233334444"}}, first.Status); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
}

// TestControlPolicies asks the policies what they are for: each denies what it says, and spares who it has to.
func TestControlPolicies(t *testing.T) {
	t.Parallel()
	s := organizationSpec()
	const account = "arn:aws:iam::222233334444:"
	person, crossplane, root := account+"role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0", account+"role/crossplane-provisioner", account+"root"
	documents := compositions.ControlPolicies(&s)
	cases := map[string]struct {
		reason, policy, principal, action, region, want string
	}{
		"leaving":                      {"the account stays", "deny-leaving", person, "organizations:LeaveOrganization", "us-east-1", "DenyLeaving"},
		"looking":                      {"nothing is lost by it", "deny-leaving", person, "organizations:DescribeOrganization", "us-east-1", ""},
		"ending a trail":               {"nobody turns it off", "protect-audit", person, "cloudtrail:StopLogging", "eu-west-1", "ProtectAudit"},
		"ending it with Git":           {"Crossplane does what Git says", "protect-audit", crossplane, "cloudtrail:StopLogging", "eu-west-1", ""},
		"leaving GuardDuty":            {"nobody turns it off", "protect-audit", person, "guardduty:DeleteDetector", "eu-west-1", "ProtectAudit"},
		"leaving Security Hub":         {"nobody turns it off", "protect-audit", person, "securityhub:DisableSecurityHub", "eu-west-1", "ProtectAudit"},
		"ending Config":                {"nobody turns it off", "protect-audit", person, "config:StopConfigurationRecorder", "eu-west-1", "ProtectAudit"},
		"ending Access Analyzer":       {"nobody turns it off", "protect-audit", person, "access-analyzer:DeleteAnalyzer", "eu-west-1", "ProtectAudit"},
		"reading a trail":              {"looking is allowed", "protect-audit", person, "cloudtrail:LookupEvents", "eu-west-1", ""},
		"another region":               {"it is not in the list", "region-allow-list", person, "ec2:RunInstances", "us-west-2", "Regions"},
		"another region, Crossplane":   {"nobody is exempt", "region-allow-list", crossplane, "ec2:RunInstances", "us-west-2", "Regions"},
		"a region of the list":         {"it is in the list", "region-allow-list", person, "ec2:RunInstances", "eu-central-1", ""},
		"no region":                    {"IAM has none", "region-allow-list", person, "iam:CreateRole", "us-west-2", ""},
		"a role from another region":   {"STS has endpoints everywhere", "region-allow-list", person, "sts:AssumeRole", "us-west-2", ""},
		"Slack from a region":          {"it has none", "region-allow-list", crossplane, "chatbot:CreateSlackChannelConfiguration", "us-east-2", ""},
		"root":                         {"nobody works as root", "deny-root", root, "ec2:RunInstances", "eu-west-1", "DenyRoot"},
		"no root":                      {"a person with a role", "deny-root", person, "ec2:RunInstances", "eu-west-1", ""},
		"a user":                       {"no users", "deny-iam-users", person, "iam:CreateUser", "us-east-1", "DenyUsers"},
		"an access key":                {"no keys", "deny-iam-users", crossplane, "iam:CreateAccessKey", "us-east-1", "DenyUsers"},
		"a role":                       {"roles are the way", "deny-iam-users", person, "iam:CreateRole", "us-east-1", ""},
		"an own policy":                {"it says so", "no-commitments", crossplane, "savingsplans:CreateSavingsPlan", "us-east-1", "NoCommitments"},
		"an own policy with exemption": {"Crossplane is spared", "no-commitments", crossplane, "cloudtrail:DeleteTrail", "eu-west-1", ""},
		"and without":                  {"others are not", "no-commitments", person, "cloudtrail:DeleteTrail", "eu-west-1", "NoTrails"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, err := scp.Parse(documents[tc.policy])
			if err != nil {
				t.Fatal(err)
			}
			if got := policy.Denies(scp.Request{Action: tc.action, Principal: tc.principal, Region: tc.region}); got != tc.want {
				t.Errorf("%s: denied by %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
	if got := slices.Sorted(maps.Keys(documents)); !slices.Equal(got, []string{"deny-iam-users", "deny-leaving", "deny-root", "no-commitments", "protect-audit", "region-allow-list"}) {
		t.Errorf("policies: %q", got)
	}
}

// TestOrganizationRefuses has what the schema of claims cannot say.
func TestOrganizationRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		change func(*schema.OrganizationSpec)
		want   []string
	}{
		"no id": {"a second organization cannot be made", func(s *schema.OrganizationSpec) { delete(s.Adopt, "organization") }, []string{
			`spec.adopt.organization: found "", allowed is the id of the organization that exists, such as o-a1b2c3d4e5`,
		}},
		"no unit above":      {"a unit is in a unit", func(s *schema.OrganizationSpec) { s.Units = append(s.Units, schema.UnitSpec{Path: "A/B"}) }, []string{"spec.units[3].path: there is no unit A"}},
		"two with a case":    {"names of resources have no capitals", func(s *schema.OrganizationSpec) { s.Units = append(s.Units, schema.UnitSpec{Path: "workloads"}) }, []string{"spec: two resources would have the key unit-workloads"}},
		"no such unit":       {"an account is in a unit", func(s *schema.OrganizationSpec) { s.Accounts[0].Unit = "Nowhere" }, []string{"spec.accounts[0].unit: there is no unit Nowhere"}},
		"an account twice":   {"by its name", func(s *schema.OrganizationSpec) { s.Accounts[1].Key = "prod"; withoutPeople(s) }, []string{"spec.accounts[1].key: prod is given twice", "spec.adopt.account-prod: 222233334444 is prod"}},
		"an id twice":        {"by its id", func(s *schema.OrganizationSpec) { s.Adopt["account-sandbox"] = "222233334444" }, []string{"spec.adopt.account-sandbox: 222233334444 is prod"}},
		"management account": {"it is no member", func(s *schema.OrganizationSpec) { s.Adopt["account-sandbox"] = s.Account }, []string{"spec.adopt.account-sandbox: 111122223333 is the management account"}},
		"an address twice":   {"case does not count", func(s *schema.OrganizationSpec) { s.Accounts[1].Email = "AWS+prod@acme.example" }, []string{"spec.accounts[1].email: AWS+prod@acme.example is the address of prod"}},
		"no such policy":     {"it is neither built in nor described", func(s *schema.OrganizationSpec) { s.RootPolicies = []string{"deny-all"} }, []string{"spec.policies: there is no policy deny-all"}},
		"no such type":       {"AWS takes policies of types that are on", func(s *schema.OrganizationSpec) { s.PolicyTypes = []string{"TAG_POLICY"} }, []string{"spec.policyTypes: SERVICE_CONTROL_POLICY is missing, and there are such policies"}},
		"no region":          {"nothing would be allowed", func(s *schema.OrganizationSpec) { s.Regions = []string{} }, []string{"spec.regions: found no region: region-allow-list would lock out everybody, the bootstrap role included"}},
		"no roles": {"also with an exemption, which whoever assumes the role does not have", func(s *schema.OrganizationSpec) {
			s.Policies[0].Statements[1].Actions = []string{"cloudtrail:DeleteTrail", "sts:Assume*"}
		}, []string{"spec.policies[0].statements[1].actions: no-commitments would lock out the bootstrap role: it denies sts:AssumeRole"}},
		"no roles of pods": {"the pods of Crossplane and Argo CD come by it", func(s *schema.OrganizationSpec) {
			s.Policies[0].Statements[1].Actions = []string{"cloudtrail:DeleteTrail", "EKS-Auth:AssumeRole*"}
		}, []string{"spec.policies[0].statements[1].actions: no-commitments would lock out the bootstrap role: it denies eks-auth:AssumeRoleForPodIdentity"}},
		"too long": {"AWS refuses it", func(s *schema.OrganizationSpec) {
			s.Policies[0].Statements[0].Resources = []string{"arn:aws:s3:::" + strings.Repeat("a", 5000)}
		}, []string{"spec.policies: no-commitments has 5332 characters: AWS allows 5120"}},
		"not trusted":       {"AWS refuses it", func(s *schema.OrganizationSpec) { s.ServiceAccess = []string{"sso.amazonaws.com"} }, []string{"spec.delegatedAdministrators[0].service: guardduty.amazonaws.com is not in serviceAccess"}},
		"no such account":   {"there is nothing to delegate to", func(s *schema.OrganizationSpec) { s.DelegatedAdministrators[0].Account = "audit" }, []string{"spec.delegatedAdministrators[0].account: there is no account audit"}},
		"no such group":     {"", func(s *schema.OrganizationSpec) { s.IdentityCenter.Assignments[0].Group = "a" }, []string{"spec.identityCenter.assignments[0].group: there is no group a"}},
		"no permission set": {"", func(s *schema.OrganizationSpec) { s.IdentityCenter.Assignments[0].PermissionSet = "a" }, []string{"spec.identityCenter.assignments[0].permissionSet: there is no permission set a"}},
		"nowhere":           {"", func(s *schema.OrganizationSpec) { s.IdentityCenter.Assignments[0].Account = "a" }, []string{"spec.identityCenter.assignments[0].account: there is no account a"}},
		"no reason": {"a wildcard has one", func(s *schema.OrganizationSpec) { s.IdentityCenter.PermissionSets[1].Statements[0].Reason = "" }, []string{
			"spec.identityCenter.permissionSets[1].statements[0].reason: is missing, and there is a * among actions or resources",
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := organization(t, tc.change)
			_, _, err := compositions.Simulate(c.composition(t), c.spec)
			if diff := cmp.Diff(tc.want, problems(t, err)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
