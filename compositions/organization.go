package compositions

import (
	"cmp"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// organization composes an AWS organization.
type organization struct {
	*builder

	spec *schema.OrganizationSpec
}

// composeOrganization makes units, accounts and service control policies of an organization that exists, names the accounts that manage a service,
// and says who gets into which account. Nothing of it deletes a unit or closes an account.
func composeOrganization(spec *schema.OrganizationSpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	if problems := checkOrganization(spec, meta); len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	o := &organization{builder: newBuilder(meta, "Organization", claimOrganization, observed), spec: spec}
	o.add(schema.OrganizationKey, o.builder.organization, fields{
		"featureSet": "ALL", "awsServiceAccessPrincipals": list(spec.ServiceAccess), "enabledPolicyTypes": list(spec.PolicyTypes),
	})
	o.units()
	o.accounts()
	o.controlPolicies()
	for _, d := range spec.DelegatedAdministrators {
		key := "administrator-" + d.Account + "." + strings.TrimSuffix(d.Service, ".amazonaws.com")
		// Not before the organization trusts the service.
		if o.after(schema.OrganizationKey, key, o.delegatedAdministrator) {
			continue
		}
		o.add(key, o.delegatedAdministrator, fields{"accountIdRef": o.ref(schema.AccountKey(d.Account)), "servicePrincipal": d.Service})
	}
	if spec.IdentityCenter != nil {
		o.identityCenter()
	}
	result, err := o.result()
	if err != nil {
		return nil, err
	}
	result.Status = o.status()
	return result, nil
}

// rootID is the id of the organization's root; empty while AWS has not said it.
func (o *organization) rootID() string {
	return text(at(o.observed.Resources[schema.OrganizationKey], "status", "atProvider", "roots", 0), "id")
}

// idOf is the id of a unit or an account: the one that Git names, or the one that AWS gave; empty while there is none. named tells that it is from
// Git.
func (o *organization) idOf(key string) (id string, named bool) {
	if id := o.meta.Adopt[key]; id != "" {
		return id, true
	}
	return o.observedText(key, "status", "atProvider", "id"), false
}

// place adds a resource that belongs to the root (an empty path) or to a unit. There is no reference for it, so the id stands in the field: the
// resource waits for it, and keeps the one that it has while the id cannot be read for a moment.
func (o *organization) place(key string, k kind, field, unit string, forProvider fields) {
	id, named := o.rootID(), false
	if unit != "" {
		id, named = o.idOf(schema.UnitKey(unit))
	}
	o.fill(key, k, field, id, named, forProvider)
}

// fill adds a resource one of whose fields is an id that AWS gave.
func (o *organization) fill(key string, k kind, field, id string, named bool, forProvider fields) *composed {
	if id == "" {
		id = o.observedText(key, "spec", "forProvider", field)
	}
	if id == "" {
		o.hold(key, k.noun)
		return nil
	}
	forProvider[field] = id
	made := o.add(key, k, forProvider)
	if !named {
		made.fromObserved("spec.forProvider." + field)
	}
	return made
}

// units makes the organizational units below the root. AWS cannot move one: its path is its key.
func (o *organization) units() {
	for _, unit := range o.spec.Units {
		above, name := "", unit.Path
		if i := strings.LastIndex(unit.Path, "/"); i >= 0 {
			above, name = unit.Path[:i], unit.Path[i+1:]
		}
		o.place(schema.UnitKey(unit.Path), o.unit, "parentId", above, fields{"name": name})
	}
}

// accounts makes the member accounts, or adopts them by their ids.
func (o *organization) accounts() {
	for _, member := range o.spec.Accounts {
		key := schema.AccountKey(member.Key)
		o.place(key, o.account, "parentId", member.Unit, fields{"name": member.Name, "email": member.Email, "closeOnDeletion": false})
		if resource, ok := o.resources[key]; ok {
			(&composed{b: o.builder, resource: resource}).tagged(map[string]string{"Name": member.Name})
		}
	}
}

// controlPolicies makes the service control policies that are in use, and attaches them.
func (o *organization) controlPolicies() {
	documents := controlDocuments(o.spec)
	targets := append([]schema.UnitSpec{{Policies: o.spec.RootPolicies}}, o.spec.Units...)
	for _, name := range usedPolicies(o.spec) {
		key := "policy-" + name
		// Not before the organization has policies of the type.
		held := o.after(schema.OrganizationKey, key, o.controlPolicy)
		if !held {
			o.addControlPolicy(key, name, documents[name])
		}
		for _, target := range targets {
			if !slices.Contains(target.Policies, name) {
				continue
			}
			attachment := "attachment-" + name + "." + strings.TrimPrefix(schema.UnitKey(target.Path), "unit-")
			if target.Path == "" {
				attachment = "attachment-" + name
			}
			if held {
				o.hold(attachment, o.controlAttachment.noun)
				continue
			}
			o.place(attachment, o.controlAttachment, "targetId", target.Path, fields{"policyIdRef": o.ref(key)})
			if _, ok := o.resources[attachment]; ok {
				o.usage(o.own(key, o.controlPolicy), o.own(attachment, o.controlAttachment), "AWS deletes no policy that is attached.")
			}
		}
	}
}

// addControlPolicy makes a service control policy.
func (o *organization) addControlPolicy(key, name string, content document) {
	o.add(key, o.controlPolicy, fields{
		"name": prefix(o.meta) + "-" + name, "type": schema.TypeControlPolicy, "description": o.describe(name),
	}).withPolicy("content", content)
}

// describe says what a policy is for.
func (o *organization) describe(name string) string {
	for _, policy := range o.spec.Policies {
		if policy.Name == name {
			return cmp.Or(policy.Description, name+", by genops")
		}
	}
	return map[string]string{
		schema.PolicyDenyLeaving:  "No account leaves the organization",
		schema.PolicyProtectAudit: "Nobody turns off what records and watches",
		schema.PolicyRegions:      "Nothing outside the regions of the platform",
		schema.PolicyDenyRoot:     "Nobody works as the root user",
		schema.PolicyDenyIAMUsers: "Neither IAM users nor access keys",
	}[name]
}

// status are the ids that people look for.
func (o *organization) status() map[string]any {
	status := fields{}
	if id, _ := o.idOf(schema.OrganizationKey); id != "" {
		status["organizationId"] = id
	}
	if root := o.rootID(); root != "" {
		status["rootId"] = root
	}
	units, accounts, groups, sets := fields{}, fields{}, fields{}, fields{}
	for _, unit := range o.spec.Units {
		if id, _ := o.idOf(schema.UnitKey(unit.Path)); id != "" {
			units[unit.Path] = id
		}
	}
	for _, member := range o.spec.Accounts {
		if id, _ := o.idOf(schema.AccountKey(member.Key)); id != "" {
			accounts[member.Key] = id
		}
	}
	if o.spec.IdentityCenter != nil {
		for _, group := range o.spec.IdentityCenter.Groups {
			if id := o.observedText(groupKey(group.Name), "status", "atProvider", "groupId"); id != "" {
				groups[group.Name] = id
			}
		}
		for _, set := range o.spec.IdentityCenter.PermissionSets {
			if arn := o.observedText(permissionSetKey(set.Name), "status", "atProvider", "arn"); arn != "" {
				sets[set.Name] = arn
			}
		}
	}
	for name, found := range map[string]fields{"unitIds": units, "accountIds": accounts, "groupIds": groups, "permissionSetARNs": sets} {
		if len(found) > 0 {
			status[name] = found
		}
	}
	return status
}

// existingOrganization is what AWS gives to parts of an organization, simulated.
func existingOrganization(object fields) fields {
	id := cmp.Or(text(object, "metadata", "annotations", annotationExternalName), Simulated+"-"+text(object, "metadata", "name"))
	switch text(object, "kind") {
	case "PermissionSet":
		arn, _, _ := strings.Cut(id, ",")
		if !strings.HasPrefix(arn, "arn:") {
			arn = "arn:aws:sso:::permissionSet/" + id
		}
		return fields{"id": id, "arn": arn}
	case "Group":
		return fields{"id": id, "groupId": id}
	default:
		return fields{"id": id}
	}
}
