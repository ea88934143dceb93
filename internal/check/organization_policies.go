package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/bootstrap/iam"
	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/problem"
	"github.com/innovate-inc/genops/internal/scp"
	"github.com/innovate-inc/genops/schema"
)

// maxControlPolicy is how long a service control policy may be, in characters (AWS Organizations user guide: quotas).
const maxControlPolicy = 5120

// lockout is what a policy would do that denies what the roles of bootstrap/iam need: nobody could change it back from here.
const lockout = "a policy that would lock out the bootstrap role"

// controlPolicies checks that the policies of root and units are there, that their type is in use, that AWS takes them, and that they leave the way in.
func (o *organizationReport) controlPolicies() {
	known := append(schema.BuiltInPolicies(), slices.Sorted(maps.Keys(o.o.Policies))...)
	used := map[string]bool{}
	use := func(field string, names []string) {
		for i, name := range names {
			if !slices.Contains(known, name) {
				o.unknown(fmt.Sprintf("%s[%d]", field, i), "policy", name, known)
				if nearest, ok := problem.Nearest(name, known); ok {
					used[nearest] = true // It was meant.
				}
			}
			used[name] = true
		}
	}
	use("rootPolicies", o.o.RootPolicies)
	for _, path := range slices.Sorted(maps.Keys(o.o.Units)) {
		use("units."+path+".policies", o.o.Units[path].Policies)
	}
	if len(used) > 0 && !slices.Contains(o.o.PolicyTypes, schema.TypeControlPolicy) {
		o.fail("policyTypes", schema.TypeControlPolicy+" is missing, and units have such policies", "add it")
	}
	spec := o.config.OrganizationClaim(o.e)
	documents := compositions.ControlPolicies(&spec)
	for _, name := range slices.Sorted(maps.Keys(o.o.Policies)) {
		field := "policies." + name
		switch {
		case slices.Contains(schema.BuiltInPolicies(), name):
			o.fail(field, name+" is built in", "choose another name")
		case !used[name]:
			o.fail(field, "it is attached to nothing", "name it in rootPolicies, or in policies of a unit")
		case len(documents[name]) > maxControlPolicy:
			o.fail(field, fmt.Sprintf("it has %d characters: AWS takes %d", len(documents[name]), maxControlPolicy), "make two policies of it")
		}
	}
	if used[schema.PolicyRegions] {
		o.regions()
	}
	o.wayIn()
}

// regions checks that no region is missing that an account uses which the policy reaches.
func (o *organizationReport) regions() {
	only := o.o.Regions.Only
	if len(only) == 0 {
		return
	}
	users := map[string][]string{}
	for _, name := range o.members {
		e := o.config.Environment(name)
		if e == nil || !slices.Contains(o.policiesOf(name), schema.PolicyRegions) {
			continue
		}
		for _, region := range schema.RegionsOf(e) {
			if !slices.Contains(only, region) {
				users[region] = append(users[region], name)
			}
		}
	}
	for _, region := range slices.Sorted(maps.Keys(users)) {
		o.fail("regions.only", fmt.Sprintf("%s: %s is missing, which is used by %s", lockout, region, strings.Join(users[region], ", ")), "add "+region)
	}
}

// policiesOf are the names of the policies that reach an account: those of its unit, of the units around that, and of the root.
func (o *organizationReport) policiesOf(name string) []string {
	policies := slices.Clone(o.o.RootPolicies)
	for path := o.o.UnitOf(name); path != ""; {
		policies = append(policies, o.o.Units[path].Policies...)
		i := max(strings.LastIndex(path, "/"), 0)
		path = path[:i]
	}
	return policies
}

// wayIn asks each policy of the organization's own about each action that the roles of bootstrap/iam have, in the accounts that it reaches.
func (o *organizationReport) wayIn() {
	provisioner, errProvisioner := iam.Allowed("provisioner-*.json")
	crossplane, errCrossplane := iam.Allowed("crossplane-permissions.json")
	if errProvisioner != nil || errCrossplane != nil {
		return // They are embedded, and a test reads them.
	}
	crossplane = append(crossplane, "eks-auth:AssumeRoleForPodIdentity") // Asked by the role of the node, which has no exemption.
	for _, name := range slices.Sorted(maps.Keys(o.o.Policies)) {
		reached := ""
		for _, member := range o.members {
			if e := o.config.Environment(member); e != nil && slices.Contains(o.policiesOf(member), name) {
				reached = member
				break
			}
		}
		if reached == "" {
			continue
		}
		for i, statement := range o.o.Policies[name].Statements {
			denied := deniedOf(statement.Actions, crossplane)
			if denied == "" && !statement.ExemptProvisioner {
				denied = deniedOf(statement.Actions, provisioner)
			}
			if denied != "" {
				o.fail(fmt.Sprintf("policies.%s.statements[%d].actions", name, i), fmt.Sprintf("%s: it denies %s in %s", lockout, denied, reached),
					"leave it out, or set exemptProvisioner: true; nobody is exempt from assuming roles")
			}
		}
	}
}

// deniedOf is the first of some actions that a pattern fits; empty if there is none.
func deniedOf(patterns, actions []string) string {
	for _, action := range actions {
		if slices.ContainsFunc(patterns, func(pattern string) bool { return scp.Matches(pattern, action) }) {
			return action
		}
	}
	return ""
}
