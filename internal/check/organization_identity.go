package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/schema"
)

// serviceIdentityCenter is IAM Identity Center as a principal.
const serviceIdentityCenter = "sso.amazonaws.com"

// identityCenter checks who gets into which account.
func (o *organizationReport) identityCenter(center *schema.IdentityCenter) {
	if !slices.Contains(o.o.ServiceAccess, serviceIdentityCenter) {
		o.fail("serviceAccess", serviceIdentityCenter+" is missing: IAM Identity Center would be turned off", "add it, or remove identityCenter")
	}
	assigned := o.assignments(center)
	names := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(center.PermissionSets)) {
		field := "identityCenter.permissionSets." + name
		if other, taken := names[strings.ToLower(name)]; taken {
			o.fail(field, "it differs from "+other+" in capital letters alone")
		}
		names[strings.ToLower(name)] = name
		if !assigned[name] {
			o.warning(o.e, "permission-set-unassigned", "organization."+field, name+" is assigned to nobody: AWS makes no role of it")
		}
		for i, s := range center.PermissionSets[name].Statements {
			if s.Reason == "" && strings.Contains(strings.Join(s.Actions, "")+strings.Join(s.Resources, ""), "*") {
				o.fail(fmt.Sprintf("%s.statements[%d]", field, i), "a * among actions or resources needs its reason", `add reason: "..."`)
			}
		}
	}
}

// assignments checks that each leads from a group to an account, and tells which permission sets are in use.
func (o *organizationReport) assignments(center *schema.IdentityCenter) map[string]bool {
	assigned := map[string]bool{}
	for i, assignment := range center.Assignments {
		field := fmt.Sprintf("identityCenter.assignments[%d]", i)
		if _, ok := center.Groups[assignment.Group]; !ok {
			o.unknown(field+".group", "group", assignment.Group, slices.Sorted(maps.Keys(center.Groups)))
		}
		if _, ok := center.PermissionSets[assignment.PermissionSet]; !ok {
			sets := slices.Sorted(maps.Keys(center.PermissionSets))
			o.unknown(field+".permissionSet", "permission set", assignment.PermissionSet, sets)
			if nearest, ok := problem.Nearest(assignment.PermissionSet, sets); ok {
				assigned[nearest] = true // It was meant.
			}
		}
		assigned[assignment.PermissionSet] = true
		for j, account := range assignment.Accounts {
			where := fmt.Sprintf("%s.accounts[%d]", field, j)
			if o.account(where, account) && o.o.UnitOf(account) == "" && !o.told[account] {
				o.fail(where, account+" is in no unit, so there is no account yet", "add it to accounts of a unit")
			}
		}
	}
	return assigned
}
