package awsstandin

import "slices"

// policies are what the provider may do with a resource (managementPolicies).
type policies struct {
	create, update, remove, lateInitialize bool
	// paused resources are not looked at.
	paused bool
}

// policiesOf reads the policies of an object. deletionPolicy counts only where the management policies are the default.
func policiesOf(object fields) policies {
	if text(object, "metadata", "annotations", "crossplane.io/paused") == "true" {
		return policies{paused: true}
	}
	named, present := at(object, "spec", "managementPolicies").([]any)
	if present && len(named) == 0 {
		return policies{paused: true}
	}
	all := texts(object, "spec", "managementPolicies")
	if !present || slices.Contains(all, "*") {
		return policies{create: true, update: true, remove: text(object, "spec", "deletionPolicy") != "Orphan", lateInitialize: true}
	}
	return policies{
		create: slices.Contains(all, "Create"), update: slices.Contains(all, "Update"), remove: slices.Contains(all, "Delete"),
		lateInitialize: slices.Contains(all, "LateInitialize"),
	}
}
