package awsstandin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// extract is what of the referenced object a reference takes (provider configuration: extractors).
type extract int

const (
	externalName extract = iota
	providerID           // status.atProvider.id
	providerARN          // status.atProvider.arn
	principalARN         // status.atProvider.principalArn
)

// reference is what a field ending in Ref or Refs leads to.
type reference struct {
	kind string
	take extract
	// active waits until the object is ready, not only there.
	active bool
	// field takes the value, if it is not the name of the reference without its ending.
	field string
}

// references are the facts about reference fields, as the resolvers of the provider have them. Refs have the entry of Ref.
func references() map[string]reference {
	cluster := reference{kind: kindCluster, active: true}
	role := reference{kind: kindRole, take: providerARN}
	group := reference{kind: kindSecurityGroup}
	return map[string]reference{
		"accountIdRef":                 {kind: kindAccount},
		"allocationIdRef":              {kind: kindEIP, take: providerID},
		"arnRef":                       {kind: kindTopic, take: providerARN},
		"bucketRef":                    {kind: kindBucket, take: providerID},
		"certificateArnRef":            {kind: kindCertificate},
		"cloudWatchLogsRoleArnRef":     role,
		"clusterIdentifierRef":         {kind: kindDatabase},
		"clusterNameRef":               cluster,
		"dbSubnetGroupNameRef":         {kind: groupRDS + "/SubnetGroup"},
		"deliverCrossAccountRoleRef":   role,
		"gatewayIdRef":                 {kind: groupEC2 + "/InternetGateway"},
		"iamRoleArnRef":                role,
		"keyArnRef":                    {kind: kindKey, take: providerARN},
		"kmsKeyIdRef":                  {kind: kindKey, take: providerARN},
		"kmsKeyRef":                    {kind: kindKey, take: providerARN},
		"logDestinationRef":            {kind: groupLogs + "/Group", take: providerARN},
		"managedPolicyArnsRef":         {kind: kindPolicy, take: providerARN},
		"masterUserSecretKmsKeyIdRef":  {kind: kindKey},
		"natGatewayIdRef":              {kind: kindNATGateway},
		"networkAclIdRef":              {kind: groupEC2 + "/NetworkACL", take: providerID},
		"nodeRoleArnRef":               role,
		"permissionSetArnRef":          {kind: kindPermissionSet, take: providerARN},
		"policyArnRef":                 {kind: kindPolicy, take: providerARN},
		"policyIdRef":                  {kind: kindControlPolicy},
		"principalIdFromGroupRef":      {kind: kindPeople, field: "principalId"},
		"principalArnFromRoleRef":      {kind: kindRole, take: providerARN, field: "principalArn"},
		"principalArnRef":              {kind: kindAccessEntry, take: principalARN},
		"queueUrlRef":                  {kind: kindQueue, take: providerID},
		"referencedSecurityGroupIdRef": group,
		"repositoryRef":                {kind: kindRepository},
		"resourceArnRef":               {kind: kindWebACL, take: providerARN},
		"roleArnRef":                   role,
		"roleRef":                      {kind: kindRole},
		"routeTableIdRef":              {kind: groupEC2 + "/RouteTable"},
		"ruleRef":                      {kind: groupEvents + "/Rule"},
		"secondaryAllocationIdsRef":    {kind: kindEIP, take: providerID},
		"s3BucketNameRef":              {kind: kindBucket, take: providerID},
		"secretIdRef":                  {kind: kindSecret, take: providerARN},
		"securityGroupIdRef":           group,
		"securityGroupRef":             group,
		"serviceAccountRoleArnRef":     role,
		"sourceDbClusterIdentifierRef": {kind: kindDatabase, take: providerARN},
		"sourceSecurityGroupIdRef":     group,
		"subnetIdRef":                  {kind: kindSubnet},
		"targetKeyIdRef":               {kind: kindKey},
		"targetRoleArnRef":             role,
		"topicArnRef":                  {kind: kindTopic, take: providerARN},
		"vpcEndpointIdRef":             {kind: groupEC2 + "/VPCEndpoint", take: providerID},
		"vpcIdRef":                     {kind: kindVPC},
		"vpcSecurityGroupIdRef":        group,
		"workspaceIdRef":               {kind: kindMetrics},
		"zoneIdRef":                    {kind: kindZone},
	}
}

// unresolvedError says that a reference leads to something that is not there yet.
type unresolvedError struct {
	message string
	// waits are the objects whose change may help.
	waits []key
}

// Error is the message of the condition.
func (e *unresolvedError) Error() string { return "cannot resolve references: " + e.message }

// world is what references are looked up in.
type world interface {
	// find returns an object; nil if there is none.
	find(k key) fields
	// all returns the objects of a kind, sorted by name.
	all(kind string) []fields
}

// resolver resolves the references of one object.
type resolver struct {
	table map[string]reference
	world world
	kind  string // Of the object.
	owner string // UID of the object's controller, for selectors.
}

// resolve returns spec.forProvider with all references resolved. As in the provider, it is all or nothing.
func (r *resolver) resolve(forProvider fields) (fields, error) {
	resolved := clone(forProvider)
	if err := r.object("", resolved); err != nil {
		return nil, err
	}
	return resolved, nil
}

func (r *resolver) object(path string, object fields) error {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		var err error
		switch value := object[name].(type) {
		case fields:
			switch {
			case strings.HasSuffix(name, "SecretRef"): // The provider reads it, and no field takes what is in it.
			case strings.HasSuffix(name, "SecretRef"): // A Secret of Kubernetes: what is in it does not matter here.
			case strings.HasSuffix(name, "Ref"):
				err = r.one(path, object, name, text(value, "name"))
			case strings.HasSuffix(name, "Selector"):
				err = r.selected(path, object, strings.TrimSuffix(name, "Selector"), value)
			default:
				err = r.object(path+name+".", value)
			}
		case []any:
			if strings.HasSuffix(name, "Refs") {
				err = r.many(path, object, name, value)
				break
			}
			for i, element := range value {
				if inner, ok := element.(fields); ok && err == nil {
					err = r.object(fmt.Sprintf("%s%s[%d].", path, name, i), inner)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fact is what a field refers to. Grafana calls its workspaces like AMP.
func (r *resolver) fact(name string) (reference, bool) {
	if name == "workspaceIdRef" && r.kind == kindGrafanaRole {
		return reference{kind: kindGrafana}, true
	}
	fact, known := r.table[name]
	return fact, known
}

// one resolves a field ending in Ref, once: a value that is there stays (resolve policy IfNotPresent).
func (r *resolver) one(path string, object fields, name, target string) error {
	fact, known := r.fact(name)
	if !known {
		return &unresolvedError{message: fmt.Sprintf("spec.forProvider.%s%s: the stand-in does not know what this refers to", path, name)}
	}
	field := fact.field
	if field == "" {
		field = strings.TrimSuffix(name, "Ref")
	}
	if text(object, field) != "" {
		return nil
	}
	value, err := r.value(path+field, fact, target)
	if err != nil {
		return err
	}
	object[field] = value
	return nil
}

// many resolves a field ending in Refs.
func (r *resolver) many(path string, object fields, name string, targets []any) error {
	fact, known := r.table[strings.TrimSuffix(name, "s")]
	if !known {
		return &unresolvedError{message: fmt.Sprintf("spec.forProvider.%s%s: the stand-in does not know what this refers to", path, name)}
	}
	field := plural(strings.TrimSuffix(name, "Refs"))
	if present, _ := object[field].([]any); len(present) > 0 || len(targets) == 0 {
		return nil
	}
	values := make([]any, 0, len(targets))
	for _, target := range targets {
		value, err := r.value(path+field, fact, text(target, "name"))
		if err != nil {
			return err
		}
		values = append(values, value)
	}
	object[field] = values
	return nil
}

// plural is the list that Refs fill: subnetIdRefs fill subnetIds, managedPolicyArnsRefs fill managedPolicyArns.
func plural(stem string) string {
	if strings.HasSuffix(stem, "s") {
		return stem
	}
	return stem + "s"
}

// value is what a reference takes from an object.
func (r *resolver) value(field string, fact reference, name string) (string, error) {
	target := key{kind: fact.kind, name: name}
	unresolved := func(format string, args ...any) error {
		return &unresolvedError{message: fmt.Sprintf("spec.forProvider.%s: ", field) + fmt.Sprintf(format, args...), waits: []key{target}}
	}
	object := r.world.find(target)
	if object == nil {
		return "", unresolved("cannot get referenced resource: %s %q not found", fact.kind, name)
	}
	if fact.active && !ready(object) {
		return "", unresolved("%s %q is not ready", fact.kind, name)
	}
	value := ""
	switch fact.take {
	case providerARN:
		value = text(object, "status", "atProvider", "arn")
	case principalARN:
		value = text(object, "status", "atProvider", "principalArn")
	case providerID:
		value = text(object, "status", "atProvider", "id")
	case externalName:
		// A chosen name is there before AWS knows it.
		if text(object, "status", "atProvider", "id") != "" {
			value = text(object, "metadata", "annotations", annotationExternalName)
		}
	}
	if value == "" {
		return "", unresolved("referenced field was empty (referenced resource may not yet be ready): %s %q", fact.kind, name)
	}
	return value, nil
}

// selected resolves a selector as references to what it finds: the first object, or all for a field that is a list.
func (r *resolver) selected(path string, object fields, stem string, selector fields) error {
	single, multiple := stem+"Ref", stem+"Refs"
	fact, known := r.table[single]
	if !known || object[single] != nil || object[multiple] != nil || object[stem] != nil || object[plural(stem)] != nil {
		return nil // Not every field of this name is a selector of managed resources.
	}
	var found []any
	for _, candidate := range r.world.all(fact.kind) {
		if r.matches(candidate, selector) {
			found = append(found, fields{"name": text(candidate, "metadata", "name")})
		}
	}
	if len(found) == 0 {
		return &unresolvedError{message: fmt.Sprintf("spec.forProvider.%s%s: no resources matched selector", path, stem)}
	}
	if r.lists(stem) {
		return r.many(path, object, multiple, found)
	}
	return r.one(path, object, single, text(found[0], "name"))
}

// lists tells whether the object's kind has a list where others have one value.
func (r *resolver) lists(stem string) bool {
	several := r.kind == kindCluster || r.kind == kindNodeGroup || r.kind == groupEC2+"/NetworkACL"
	return strings.HasSuffix(stem, "s") || several && (stem == "subnetId" || stem == "securityGroupId")
}

func (r *resolver) matches(candidate, selector fields) bool {
	for label, value := range child(selector, "matchLabels") {
		if at(candidate, "metadata", "labels", label) != value {
			return false
		}
	}
	if match, _ := selector["matchControllerRef"].(bool); match {
		return r.owner != "" && controllerOf(candidate) == r.owner
	}
	return true
}

// controllerOf is the UID of the object's controller.
func controllerOf(object fields) string {
	owners, _ := at(object, "metadata", "ownerReferences").([]any)
	for _, owner := range owners {
		if is, _ := at(owner, "controller").(bool); is {
			return text(owner, "uid")
		}
	}
	return ""
}
