package compositions

import (
	"strings"

	"github.com/innovate-inc/genops/schema"
)

func groupKey(name string) string { return "group-" + name }

func permissionSetKey(name string) string { return "permission-set-" + strings.ToLower(name) }

// identityCenter makes groups and permission sets, and says which group has which of them in which account.
func (o *organization) identityCenter() {
	center := o.spec.IdentityCenter
	existing := map[string]string{}
	for _, group := range center.Groups {
		if existing[group.Name] = group.ID; group.ID != "" {
			continue // Somebody else makes it, such as an identity provider.
		}
		o.add(groupKey(group.Name), o.group, fields{
			"identityStoreId": center.IdentityStore, "displayName": group.DisplayName, "description": prefix(o.meta) + ", by genops",
		}).in(center.Region)
	}
	for _, set := range center.PermissionSets {
		o.addPermissionSet(set)
	}
	for _, assignment := range center.Assignments {
		o.assign(assignment, existing[assignment.Group])
	}
}

// addPermissionSet makes a permission set with its policies.
func (o *organization) addPermissionSet(set schema.PermissionSetSpec) {
	center, key := o.spec.IdentityCenter, permissionSetKey(set.Name)
	forProvider := fields{"name": set.Name, "instanceArn": center.InstanceARN, "sessionDuration": set.SessionDuration}
	if set.Description != "" {
		forProvider["description"] = set.Description
	}
	o.add(key, o.permissionSet, forProvider).in(center.Region)
	for _, policy := range set.ManagedPolicies {
		// Two policies may differ in their paths alone.
		o.add(key+"."+strings.ToLower(strings.NewReplacer("/", ".", "_", "-").Replace(policy)), o.permissionPolicy, fields{
			"instanceArn": center.InstanceARN, "permissionSetArnRef": o.ref(key), "managedPolicyArn": managedPolicy(o.meta, policy),
		}).in(center.Region)
	}
	if len(set.Statements) == 0 {
		return
	}
	statements := make([]statement, 0, len(set.Statements))
	for _, s := range set.Statements {
		made := statement{Sid: s.Sid, Effect: s.Effect, Action: s.Actions, Resource: s.Resources}
		if made.wide() {
			made.Wildcard = s.Reason
		}
		statements = append(statements, made)
	}
	o.add(key+".inline", o.permissionInline, fields{"instanceArn": center.InstanceARN, "permissionSetArnRef": o.ref(key)}).
		in(center.Region).withPolicy("inlinePolicy", newDocument(statements...))
}

// assign gives a group a permission set in an account. The account's id has no reference: an account that is being made is waited for.
func (o *organization) assign(a schema.AssignmentSpec, group string) {
	center, set := o.spec.IdentityCenter, permissionSetKey(a.PermissionSet)
	key := "assignment-" + strings.ToLower(a.PermissionSet) + "." + a.Group + "." + a.Account
	forProvider := fields{
		"instanceArn": center.InstanceARN, "permissionSetArnRef": o.ref(set), "principalType": "GROUP", "targetType": "AWS_ACCOUNT",
	}
	if group != "" {
		forProvider["principalId"] = group
	} else {
		forProvider["principalIdFromGroupRef"] = o.ref(groupKey(a.Group))
	}
	id, named := o.idOf(schema.AccountKey(a.Account))
	made := o.fill(key, o.permissionAssignment, "targetId", id, named, forProvider)
	if made == nil {
		return
	}
	made.in(center.Region)
	o.usage(o.own(set, o.permissionSet), o.own(key, o.permissionAssignment), "Identity Center deletes no permission set that is assigned.")
}
