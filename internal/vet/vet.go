// Package vet looks for what is wrong with composed resources beyond their schemas: references that lead nowhere, names that are not the
// environment's, selectors, and IAM policies that do not parse, are too long or are wider than they have to be.
package vet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/internal/expand"
)

// Finding is one thing that is wrong with a composed resource.
type Finding struct {
	Claim *expand.Claim
	// Key of the resource in its claim.
	Key string
	// Field is a path such as spec.forProvider.vpcIdRef.name.
	Field   string
	Message string
}

// resource is a composed resource on the way through the checks.
type resource struct {
	claim  *expand.Claim
	key    string
	kind   string // With the API group, such as ec2.aws.upbound.io/Subnet.
	name   string
	object map[string]any
}

// Environment looks at the resources of all claims of one environment: references never leave it.
func Environment(claims []*expand.Claim) []Finding {
	v := &vetter{names: map[string]resource{}}
	var resources []resource
	for _, claim := range claims {
		for _, composed := range claim.Resources {
			r := resource{claim: claim, key: composed.Key, object: composed.Object}
			apiVersion, _ := r.object["apiVersion"].(string)
			group, _, _ := strings.Cut(apiVersion, "/")
			kind, _ := r.object["kind"].(string)
			r.kind = group + "/" + kind
			r.name, _ = at(r.object, "metadata", "name").(string)
			v.name(r)
			resources = append(resources, r)
		}
	}
	for _, r := range resources {
		if r.kind == "protection.crossplane.io/ClusterUsage" {
			v.usage(r)
			continue
		}
		v.references(r, "spec.forProvider", at(r.object, "spec", "forProvider"))
		v.policies(r)
	}
	v.inline(resources)
	return v.findings
}

type vetter struct {
	names    map[string]resource // By kind and name.
	findings []Finding
}

func (v *vetter) addf(r resource, field, format string, args ...any) {
	v.findings = append(v.findings, Finding{Claim: r.claim, Key: r.key, Field: field, Message: fmt.Sprintf(format, args...)})
}

// name checks that a managed resource's name is its own: all environments share the bootstrap cluster. Names begin with their environment's and a
// dot, which no environment has in its name.
func (v *vetter) name(r resource) {
	if r.kind == kindSecret {
		v.names[r.kind+" "+r.name] = r
	}
	if !managed(r) {
		return
	}
	if !strings.HasPrefix(r.name, r.claim.Environment+".") {
		v.addf(r, "metadata.name", "%q does not start with %q: another environment could have the same name", r.name, r.claim.Environment+".")
	}
	if other, taken := v.names[r.kind+" "+r.name]; taken {
		v.addf(r, "metadata.name", "%s is also the name of %s of %s", r.name, other.key, other.claim)
	}
	v.names[r.kind+" "+r.name] = r
}

// kindSecret is a Secret that a claim composes for the provider to read.
const kindSecret = "v1/Secret"

func managed(r resource) bool {
	return strings.Contains(r.kind, ".upbound.io/") || strings.HasPrefix(r.kind, "protection.crossplane.io/")
}

// references checks every ...Ref and ...Refs below a value.
func (v *vetter) references(r resource, path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			inner := path + "." + name
			switch {
			case strings.HasSuffix(name, "Selector"):
				v.addf(r, inner, "a selector may find another claim's resource: refer to a name")
			case strings.HasSuffix(name, "SecretRef") && targets()[name] == "":
				// It leads to a Secret on the bootstrap cluster that the provider makes, unless a claim composes it.
			case strings.HasSuffix(name, "Ref"):
				v.reference(r, inner, name, value[name])
			case strings.HasSuffix(name, "Refs"):
				list, _ := value[name].([]any)
				for i, element := range list {
					v.reference(r, fmt.Sprintf("%s[%d]", inner, i), strings.TrimSuffix(name, "s"), element)
				}
			default:
				v.references(r, inner, value[name])
			}
		}
	case []any:
		for i, element := range value {
			v.references(r, fmt.Sprintf("%s[%d]", path, i), element)
		}
	}
}

func (v *vetter) reference(r resource, path, field string, value any) {
	name, _ := at(value, "name").(string)
	kind, known := targets()[field]
	group, _, _ := strings.Cut(r.kind, "/")
	switch {
	case field == "principalArnRef" && group == "eks.aws.upbound.io":
		kind, known = "eks.aws.upbound.io/AccessEntry", true
	case field == "workspaceIdRef" && group == "grafana.aws.upbound.io":
		kind = "grafana.aws.upbound.io/Workspace"
	}
	if !known {
		v.addf(r, path, "what this refers to is not known: add the field to the table of references")
		return
	}
	if _, found := v.names[kind+" "+name]; !found {
		v.addf(r, path+".name", "no claim of the environment makes a %s called %q", kind[strings.Index(kind, "/")+1:], name)
	}
}

// targets are the kinds that reference fields refer to (the providers' resource configuration).
func targets() map[string]string {
	return map[string]string{ //nolint:gosec // Names of fields, no credentials.
		"accountIdRef":                 "organizations.aws.upbound.io/Account",
		"allocationIdRef":              "ec2.aws.upbound.io/EIP",
		"arnRef":                       "sns.aws.upbound.io/Topic",
		"bucketRef":                    "s3.aws.upbound.io/Bucket",
		"certificateArnRef":            "acm.aws.upbound.io/Certificate",
		"cloudWatchLogsRoleArnRef":     "iam.aws.upbound.io/Role",
		"clusterIdentifierRef":         "rds.aws.upbound.io/Cluster",
		"clusterNameRef":               "eks.aws.upbound.io/Cluster",
		"codeSecretRef":                kindSecret,
		"dbSubnetGroupNameRef":         "rds.aws.upbound.io/SubnetGroup",
		"gatewayIdRef":                 "ec2.aws.upbound.io/InternetGateway",
		"iamRoleArnRef":                "iam.aws.upbound.io/Role",
		"keyArnRef":                    "kms.aws.upbound.io/Key",
		"kmsKeyIdRef":                  "kms.aws.upbound.io/Key",
		"kmsKeyRef":                    "kms.aws.upbound.io/Key",
		"logDestinationRef":            "cloudwatchlogs.aws.upbound.io/Group",
		"masterUserSecretKmsKeyIdRef":  "kms.aws.upbound.io/Key",
		"natGatewayIdRef":              "ec2.aws.upbound.io/NATGateway",
		"networkAclIdRef":              "ec2.aws.upbound.io/NetworkACL",
		"nodeRoleArnRef":               "iam.aws.upbound.io/Role",
		"permissionSetArnRef":          "ssoadmin.aws.upbound.io/PermissionSet",
		"policyArnRef":                 "iam.aws.upbound.io/Policy",
		"policyIdRef":                  "organizations.aws.upbound.io/Policy",
		"principalArnFromRoleRef":      "iam.aws.upbound.io/Role",
		"principalIdFromGroupRef":      "identitystore.aws.upbound.io/Group",
		"queueUrlRef":                  "sqs.aws.upbound.io/Queue",
		"repositoryRef":                "ecr.aws.upbound.io/Repository",
		"resourceArnRef":               "wafv2.aws.upbound.io/WebACL",
		"roleArnRef":                   "iam.aws.upbound.io/Role",
		"roleRef":                      "iam.aws.upbound.io/Role",
		"routeTableIdRef":              "ec2.aws.upbound.io/RouteTable",
		"ruleRef":                      "cloudwatchevents.aws.upbound.io/Rule",
		"s3BucketNameRef":              "s3.aws.upbound.io/Bucket",
		"secretIdRef":                  "secretsmanager.aws.upbound.io/Secret",
		"securityGroupIdRef":           "ec2.aws.upbound.io/SecurityGroup",
		"sourceDbClusterIdentifierRef": "rds.aws.upbound.io/Cluster",
		"subnetIdRef":                  "ec2.aws.upbound.io/Subnet",
		"targetKeyIdRef":               "kms.aws.upbound.io/Key",
		"topicArnRef":                  "sns.aws.upbound.io/Topic",
		"vpcEndpointIdRef":             "ec2.aws.upbound.io/VPCEndpoint",
		"vpcIdRef":                     "ec2.aws.upbound.io/VPC",
		"vpcSecurityGroupIdRef":        "ec2.aws.upbound.io/SecurityGroup",
		"workspaceIdRef":               "amp.aws.upbound.io/Workspace",
		"zoneIdRef":                    "route53.aws.upbound.io/Zone",
	}
}

// usage checks both sides of a declared deletion order.
func (v *vetter) usage(r resource) {
	for _, side := range []string{"of", "by"} {
		apiVersion, _ := at(r.object, "spec", side, "apiVersion").(string)
		group, _, _ := strings.Cut(apiVersion, "/")
		kind, _ := at(r.object, "spec", side, "kind").(string)
		name, _ := at(r.object, "spec", side, "resourceRef", "name").(string)
		if _, found := v.names[group+"/"+kind+" "+name]; !found {
			v.addf(r, "spec."+side+".resourceRef.name", "no claim of the environment makes a %s called %q", kind, name)
		}
	}
}

// at is a value inside an object; nil if there is none.
func at(object any, path ...string) any {
	for _, step := range path {
		fields, ok := object.(map[string]any)
		if !ok {
			return nil
		}
		object = fields[step]
	}
	return object
}
