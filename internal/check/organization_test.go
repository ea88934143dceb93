package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
)

// organized is a platform with an environment of the management account, whose organization has some lines from line 10 on, beside dev and prod.
func organized(lines string) input {
	return input{environments: map[string]string{
		"management": "account: \"999900000001\"\nstage: \"shared\"\nadopt: organization: organization: \"o-a1b2c3d4e5\"\norganization: {\n" +
			"serviceAccess: [\"sso.amazonaws.com\", \"guardduty.amazonaws.com\"]\naccountEmail: \"aws+*@acme.example\"\n" + lines + "\n}",
		"dev":  "account: \"111122223333\"\nnetwork: cidr: \"10.20.0.0/16\"",
		"prod": "account: \"222233334444\"\nstage: \"prod\"\nnetwork: cidr: \"10.40.0.0/16\"",
	}}
}

const (
	types  = "policyTypes: [\"SERVICE_CONTROL_POLICY\"]\n"
	placed = "units: Workloads: accounts: [\"dev\", \"prod\"]\n"
	// center is Identity Center with a permission set that a group has.
	center = "identityCenter: {instanceARN: \"arn:aws:sso:::instance/ssoins-0123456789abcdef\", identityStore: \"d-0123456789\", region: \"eu-west-1\"\n" +
		"groups: admins: {}\npermissionSets: Admin: managedPolicies: [\"AdministratorAccess\"]\n" +
		"assignments: [{group: \"admins\", permissionSet: \"Admin\", accounts: [\"dev\"]}]\n"
)

// inOrganization is a problem of the environment management.
func inOrganization(line, column int, field, message, hint string) problem.Problem {
	return problem.Problem{Environment: "management", Position: at("management", line, column), Field: "organization." + field, Message: message, Hint: hint}
}

// TestOrganization has what is wrong with organizations, one thing in each case.
func TestOrganization(t *testing.T) {
	t.Parallel()
	const lockout = "a policy that would lock out the bootstrap role: "
	own := func(statement string) string {
		return types + "units: Workloads: {accounts: [\"dev\", \"prod\"], policies: [\"own\"]}\npolicies: own: statements: [{sid: \"A\", " + statement + "}]"
	}
	cases := map[string]struct {
		reason, lines string
		want          []problem.Problem
	}{
		"nothing wrong": {"all that there is", types + placed + "rootPolicies: [\"deny-leaving\"]\n" + center + "}", nil},
		"account in two units": {
			"AWS has it in one", types + "units: {A: accounts: [\"dev\"]\nB: accounts: [\"prod\", \"dev\"]}",
			[]problem.Problem{related(
				inOrganization(12, 23, "units.B.accounts[1]", "the account dev is in A already", "an account is in one unit: remove one of the two"),
				at("management", 11, 22), "the other unit is here",
			)},
		},
		"account in no unit": {
			"no policy of a unit would reach it", types + "units: A: accounts: [\"prod\"]",
			[]problem.Problem{inOrganization(11, 8, "units", "the account dev is in no unit: no policy of a unit would reach it", `add "dev" to accounts of a unit`)},
		},
		"an environment's account again": {
			"an account stands once", types + "units: A: accounts: [\"dev\", \"prod\", \"old\"]\naccounts: old: id: \"111122223333\"",
			[]problem.Problem{inOrganization(12, 20, "accounts.old.id", "111122223333 is dev's already: an account stands once", "name the environment in the unit, or correct the id")},
		},
		"the management account": {
			"it is no member", types + "units: A: accounts: [\"dev\", \"prod\", \"old\"]\naccounts: old: id: \"999900000001\"",
			[]problem.Problem{inOrganization(12, 20, "accounts.old.id", "999900000001 is the management account already: an account stands once", "name the environment in the unit, or correct the id")},
		},
		"its environment": {
			"it is no member", types + "units: A: accounts: [\"dev\", \"prod\", \"management\"]",
			[]problem.Problem{inOrganization(11, 37, "units.A.accounts[2]", "management has the management account: no policy reaches it, and people get into it by what is set up by hand", "")},
		},
		"an id of an environment": {
			"one place is enough", types + placed + "accounts: dev: id: \"111122223333\"",
			[]problem.Problem{inOrganization(12, 20, "accounts.dev.id", "the id of an environment's account is the environment's own field account", "remove it here")},
		},
		"an address twice": {
			"case does not count", types + placed + "accounts: dev: email: \"AWS+prod@acme.example\"",
			[]problem.Problem{inOrganization(12, 23, "accounts.dev.email", "AWS+prod@acme.example is prod's address: each account has one of its own", "most mail servers bring aws+a-name@... to the mailbox aws@...")},
		},
		"no unit around": {
			"each level has an entry", types + "units: {\"Workloads/All\": accounts: [\"dev\", \"prod\"], Workload: {}}",
			[]problem.Problem{inOrganization(11, 26, "units.Workloads/All", `there is no unit "Workloads"`, "did you mean Workload?")},
		},
		"no unit around two": {
			"one entry is missing, however many are in it", types + "units: {\"Workloads/A\": accounts: [\"dev\"]\n\"Workloads/B\": accounts: [\"prod\"]}",
			[]problem.Problem{related(
				inOrganization(11, 24, "units.Workloads/A", `there is no unit "Workloads"`, `each level has an entry: add "Workloads": {}`),
				at("management", 12, 16), "Workloads/B would be in it as well",
			)},
		},
		"accounts in no unit": {
			"nobody has begun with units", types,
			[]problem.Problem{inOrganization(7, 15, "units", "the accounts dev, prod are in no unit: no policy of a unit would reach them", "name each in accounts of a unit")},
		},
		"capitals": {
			"names of resources have none", types + "units: {A: accounts: [\"dev\", \"prod\"], a: {}}",
			[]problem.Problem{inOrganization(11, 42, "units.a", "it differs from A in capital letters alone", "")},
		},
		"no such account": {
			"a name that is misspelt", types + "units: A: accounts: [\"dev\", \"prod\", \"prd\"]",
			[]problem.Problem{inOrganization(11, 37, "units.A.accounts[2]", `there is no environment or account "prd"`, "did you mean prod?")},
		},
		"no such policy": {
			"a name that is misspelt", types + placed + "rootPolicies: [\"deny-leave\"]",
			[]problem.Problem{inOrganization(12, 16, "rootPolicies[0]", `there is no policy "deny-leave"`, "did you mean deny-leaving?")},
		},
		"a type that is off": {
			"AWS refuses the policy", "policyTypes: [\"TAG_POLICY\"]\n" + placed + "rootPolicies: [\"deny-leaving\"]",
			[]problem.Problem{inOrganization(10, 14, "policyTypes", "SERVICE_CONTROL_POLICY is missing, and units have such policies", "add it")},
		},
		"built in": {
			"two of the same name", types + placed + "rootPolicies: [\"deny-root\"]\npolicies: \"deny-root\": statements: [{sid: \"A\", actions: [\"s3:GetObject\"]}]",
			[]problem.Problem{inOrganization(13, 24, "policies.deny-root", "deny-root is built in", "choose another name")},
		},
		"attached to nothing": {
			"it would be there in name alone", types + placed + "policies: own: statements: [{sid: \"A\", actions: [\"s3:GetObject\"]}]",
			[]problem.Problem{inOrganization(12, 16, "policies.own", "it is attached to nothing", "name it in rootPolicies, or in policies of a unit")},
		},
		"assuming roles": {
			"Crossplane gets into an account by it", own("actions: [\"sts:*\"], exemptProvisioner: true"),
			[]problem.Problem{inOrganization(12, 49, "policies.own.statements[0].actions", lockout+"it denies sts:AssumeRole in dev", "leave it out, or set exemptProvisioner: true; nobody is exempt from assuming roles")},
		},
		"getting a role in a pod": {
			"the pods of Crossplane and Argo CD come by it", own("actions: [\"eks-auth:*\"], exemptProvisioner: true"),
			[]problem.Problem{inOrganization(12, 49, "policies.own.statements[0].actions", lockout+"it denies eks-auth:AssumeRoleForPodIdentity in dev", "leave it out, or set exemptProvisioner: true; nobody is exempt from assuming roles")},
		},
		"what Crossplane does": {
			"it would be the last thing that it did", own("actions: [\"kms:CreateKey\"]"),
			[]problem.Problem{inOrganization(12, 49, "policies.own.statements[0].actions", lockout+"it denies kms:CreateKey in dev", "leave it out, or set exemptProvisioner: true; nobody is exempt from assuming roles")},
		},
		"what Crossplane does, with an exemption": {"only people are meant", own("actions: [\"kms:CreateKey\"], exemptProvisioner: true"), nil},
		"what Crossplane does, elsewhere": {
			"there is no environment in the unit",
			types + placed + "units: Sandbox: {accounts: [\"lab\"], policies: [\"own\"]}\naccounts: lab: {}\npolicies: own: statements: [{sid: \"A\", actions: [\"kms:*\"]}]", nil,
		},
		"a region less": {
			"prod lives there", types + "units: Workloads: {accounts: [\"dev\", \"prod\"], policies: [\"region-allow-list\"]}\nregions: only: [\"us-east-1\"]",
			[]problem.Problem{inOrganization(12, 16, "regions.only", lockout+"eu-west-1 is missing, which is used by dev, prod", "add eu-west-1")},
		},
		"a region less, where nothing is": {
			"the policy reaches no environment", types + placed + "units: Sandbox: policies: [\"region-allow-list\"]\nregions: only: [\"us-east-1\"]", nil,
		},
		"too long": {
			"AWS refuses it", own("actions: [\"s3:GetObject\"], resources: [" + strings.Repeat("\"arn:aws:s3:::"+strings.Repeat("a", 490)+"\", ", 11) + "]"),
			[]problem.Problem{inOrganization(12, 16, "policies.own", "it has 5671 characters: AWS takes 5120", "make two policies of it")},
		},
		"delegated, not trusted": {
			"AWS refuses it", types + placed + "delegatedAdministrators: dev: services: [\"config.amazonaws.com\"]",
			[]problem.Problem{inOrganization(12, 42, "delegatedAdministrators.dev.services[0]", "config.amazonaws.com is not in organization.serviceAccess", "add it there")},
		},
		"delegated twice": {
			"AWS takes one account", types + placed + "delegatedAdministrators: {dev: services: [\"guardduty.amazonaws.com\"]\nprod: services: [\"guardduty.amazonaws.com\"]}",
			[]problem.Problem{related(
				inOrganization(13, 18, "delegatedAdministrators.prod.services[0]", "guardduty.amazonaws.com is managed by dev already: AWS allows one account", "remove one of the two"),
				at("management", 12, 32), "dev's services are set here",
			)},
		},
		"delegated, not by this role": {
			"it may delegate what watches over accounts",
			types + placed + "delegatedAdministrators: dev: services: [\"sso.amazonaws.com\"]",
			[]problem.Problem{inOrganization(12, 42, "delegatedAdministrators.dev.services[0]", "Crossplane's role may not delegate sso.amazonaws.com", "leave it out, and delegate it by hand (docs/ORGANIZATION.md)")},
		},
		"no such group": {
			"a name that is misspelt", types + placed + strings.Replace(center, `group: "admins"`, `group: "admin"`, 1) + "}",
			[]problem.Problem{inOrganization(15, 23, "identityCenter.assignments[0].group", `there is no group "admin"`, "did you mean admins?")},
		},
		"no such permission set": {
			"and the one that there is has nobody", types + placed + strings.Replace(center, `permissionSet: "Admin"`, `permissionSet: "Admins"`, 1) + "}\n",
			[]problem.Problem{inOrganization(15, 48, "identityCenter.assignments[0].permissionSet", `there is no permission set "Admins"`, "did you mean Admin?")},
		},
		"assigned nowhere": {
			"there is no such account", types + placed + strings.Replace(center, `accounts: ["dev"]`, `accounts: ["test"]`, 1) + "}",
			[]problem.Problem{inOrganization(15, 68, "identityCenter.assignments[0].accounts[0]", `there is no environment or account "test"`, "there are: dev, prod")},
		},
		"a wildcard": {
			"why?", types + placed + center + "permissionSets: Admin: statements: [{sid: \"A\", actions: [\"s3:GetObject\"], resources: [\"*\"]}]\n}",
			[]problem.Problem{inOrganization(16, 37, "identityCenter.permissionSets.Admin.statements[0]", "a * among actions or resources needs its reason", `add reason: "..."`)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := check.Run(organized(tc.lines).load(t)).Errors
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestOrganizationInTheWrongPlace: only the management account manages an organization, one that exists, and once.
func TestOrganizationInTheWrongPlace(t *testing.T) {
	t.Parallel()
	const lines = "organization: {serviceAccess: [\"sso.amazonaws.com\"], policyTypes: [\"TAG_POLICY\"], accountEmail: \"aws+*@acme.example\"}"
	platform := problem.Position{File: "environments/platform.cue", Line: 10, Column: 21}
	const adopt = "adopt: organization: organization: "
	cases := map[string]struct {
		reason, lines string
		want          []problem.Problem
	}{
		"another account": {"it has no rights there", "account: \"111122223333\"\n" + lines, []problem.Problem{related(
			in(5, 15, "organization", "dev lives in 111122223333, and an organization is managed from its management account, 999900000001", "describe it in an environment of that account"),
			platform, "the management account is set here",
		)}},
		"no account": {"as before", lines, []problem.Problem{related(
			in(4, 15, "organization", "dev lives in no account yet, and an organization is managed from its management account, 999900000001", "describe it in an environment of that account"),
			platform, "the management account is set here",
		)}},
		"no id": {"AWS makes no second one", "account: \"999900000001\"\n" + lines, []problem.Problem{in(
			5, 15, "organization", "the id of the organization is missing: genops manages one that exists",
			`write adopt: organization: organization: "o-..."; aws organizations describe-organization shows the id`,
		)}},
		"no good id": {"it is that of something else", "account: \"999900000001\"\n" + adopt + "\"r-ab12\"\n" + lines, []problem.Problem{in(
			5, 36, "adopt.organization.organization", `found "r-ab12", allowed is the id of an organization, such as o-a1b2c3d4e5`,
		)}},
		"an account's id": {"environments have them", "account: \"999900000001\"\n" + adopt + "\"o-a1b2c3d4e5\"\nadopt: organization: \"account-x\": \"111122223333\"\n" + lines, []problem.Problem{in(
			6, 35, "adopt.organization.account-x", "accounts are adopted by the ids of their environments, or by organization.accounts",
			"set account in the environment, or id in organization.accounts",
		)}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := check.Run(one(tc.lines).load(t)).Errors
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
	const good = "account: \"999900000001\"\nsharedAccount: true\n" + adopt + "\"o-a1b2c3d4e5\"\n" + lines
	got := check.Run(two(good, good).load(t)).Errors
	want := []problem.Problem{related(
		of("two", 7, 15, "organization", "one has the organization already: allowed is one", "describe it in one of the two"), at("one", 7, 15), "one's is set here",
	)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two (-want +got):\n%s", diff)
	}
}

// TestUnassignedPermissionSet: nobody has it, which is rarely meant and can be accepted.
func TestUnassignedPermissionSet(t *testing.T) {
	t.Parallel()
	unused := organized(types + placed + center + "permissionSets: Spare: {}\n}")
	want := []problem.Problem{warn("permission-set-unassigned",
		inOrganization(16, 24, "identityCenter.permissionSets.Spare", "Spare is assigned to nobody: AWS makes no role of it", ""))}
	if diff := cmp.Diff(want, check.Run(unused.load(t)).Warnings); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	unused.environments["management"] += "\naccept: \"permission-set-unassigned\": \"It is for emergencies.\""
	if got := check.Run(unused.load(t)).Warnings; len(got) > 0 {
		t.Errorf("accepted, and still there: %v", got)
	}
}
