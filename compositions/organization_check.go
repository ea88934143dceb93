package compositions

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// limitControlPolicy is how long a service control policy may be, in characters (AWS Organizations user guide: quotas).
const limitControlPolicy = 5120

var organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)

// checkOrganization finds what the schema of claims cannot say.
func checkOrganization(spec *schema.OrganizationSpec, meta schema.ClaimMeta) []string {
	c := &organizationCheck{spec: spec, units: map[string]bool{}, accounts: map[string]bool{}}
	if id := meta.Adopt[schema.OrganizationKey]; !organizationID.MatchString(id) {
		c.addf("spec.adopt.%s: found %q, allowed is the id of the organization that exists, such as o-a1b2c3d4e5", schema.OrganizationKey, id)
	}
	for _, unit := range spec.Units {
		c.units[unit.Path] = true
	}
	for i, unit := range spec.Units {
		if above := strings.LastIndex(unit.Path, "/"); above >= 0 && !c.units[unit.Path[:above]] {
			c.addf("spec.units[%d].path: there is no unit %s", i, unit.Path[:above])
		}
	}
	c.members(meta)
	c.policies()
	for i, d := range spec.DelegatedAdministrators {
		c.account(fmt.Sprintf("spec.delegatedAdministrators[%d]", i), d.Account)
		if !slices.Contains(spec.ServiceAccess, d.Service) {
			c.addf("spec.delegatedAdministrators[%d].service: %s is not in serviceAccess", i, d.Service)
		}
	}
	if spec.IdentityCenter != nil {
		c.identityCenter(spec.IdentityCenter)
	}
	return c.problems
}

type organizationCheck struct {
	spec            *schema.OrganizationSpec
	units, accounts map[string]bool
	problems        []string
}

func (c *organizationCheck) addf(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// account checks that a member account is there.
func (c *organizationCheck) account(where, name string) {
	if !c.accounts[name] {
		c.addf("%s.account: there is no account %s", where, name)
	}
}

// members checks that no account stands twice, by its id or its address.
func (c *organizationCheck) members(meta schema.ClaimMeta) {
	emails, ids := map[string]string{}, map[string]string{meta.Account: "the management account"}
	for i, member := range c.spec.Accounts {
		if c.accounts[member.Key] {
			c.addf("spec.accounts[%d].key: %s is given twice", i, member.Key)
		}
		c.accounts[member.Key] = true
		if !c.units[member.Unit] {
			c.addf("spec.accounts[%d].unit: there is no unit %s", i, member.Unit)
		}
		email := strings.ToLower(member.Email)
		if other, taken := emails[email]; taken {
			c.addf("spec.accounts[%d].email: %s is the address of %s", i, member.Email, other)
		}
		emails[email] = member.Key
		id := meta.Adopt[schema.AccountKey(member.Key)]
		if other, taken := ids[id]; taken && id != "" {
			c.addf("spec.adopt.%s: %s is %s", schema.AccountKey(member.Key), id, other)
		}
		ids[id] = member.Key
	}
}

// policies checks that policies are there and not too long.
func (c *organizationCheck) policies() {
	documents := controlDocuments(c.spec)
	used := usedPolicies(c.spec)
	for _, name := range used {
		if _, ok := documents[name]; !ok {
			c.addf("spec.policies: there is no policy %s", name)
		} else if n := len(documents[name].text()); n > limitControlPolicy {
			c.addf("spec.policies: %s has %d characters: AWS allows %d", name, n, limitControlPolicy)
		}
	}
	if len(used) > 0 && !slices.Contains(c.spec.PolicyTypes, schema.TypeControlPolicy) {
		c.addf("spec.policyTypes: %s is missing, and there are such policies", schema.TypeControlPolicy)
	}
	if slices.Contains(used, schema.PolicyRegions) && len(c.spec.Regions) == 0 {
		c.addf("spec.regions: found no region: %s would lock out everybody, the bootstrap role included", schema.PolicyRegions)
	}
	for i, policy := range c.spec.Policies {
		for j, s := range policy.Statements {
			// Whoever comes by a role comes by these actions, Crossplane first of all.
			if action := assumesRoles(s.Actions); action != "" {
				c.addf("spec.policies[%d].statements[%d].actions: %s would lock out the bootstrap role: it denies %s", i, j, policy.Name, action)
			}
		}
	}
}

// assumesRoles is the first action that gives somebody a role, or a pod its own, and that one of some patterns fits; empty if there is none.
func assumesRoles(patterns []string) string {
	for _, action := range []string{"sts:AssumeRole", "sts:TagSession", "eks-auth:AssumeRoleForPodIdentity"} {
		for _, pattern := range patterns {
			expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
			if regexp.MustCompile("(?i)^" + expression + "$").MatchString(action) {
				return action
			}
		}
	}
	return ""
}

// identityCenter checks that assignments lead somewhere.
func (c *organizationCheck) identityCenter(center *schema.IdentityCenterSpec) {
	groups, sets := map[string]bool{}, map[string]bool{}
	for _, group := range center.Groups {
		groups[group.Name] = true
	}
	for i, set := range center.PermissionSets {
		sets[set.Name] = true
		for j, s := range set.Statements {
			if strings.Contains(strings.Join(s.Actions, "")+strings.Join(s.Resources, ""), "*") && s.Reason == "" {
				c.addf("spec.identityCenter.permissionSets[%d].statements[%d].reason: is missing, and there is a * among actions or resources", i, j)
			}
		}
	}
	for i, a := range center.Assignments {
		where := fmt.Sprintf("spec.identityCenter.assignments[%d]", i)
		if !groups[a.Group] {
			c.addf("%s.group: there is no group %s", where, a.Group)
		}
		if !sets[a.PermissionSet] {
			c.addf("%s.permissionSet: there is no permission set %s", where, a.PermissionSet)
		}
		c.account(where, a.Account)
	}
}
