package vet_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/internal/expand"
	"github.com/innovate-inc/genops/internal/vet"
)

type object = map[string]any

// resource is a composed resource of dev.
func resource(apiVersion, kind, key string, forProvider object) compositions.Resource {
	return compositions.Resource{Key: key, Object: object{
		"apiVersion": apiVersion, "kind": kind, "metadata": object{"name": "dev.network." + key}, "spec": object{"forProvider": forProvider},
	}}
}

const (
	ec2 = "ec2.aws.upbound.io/v1beta1"
	iam = "iam.aws.upbound.io/v1beta1"
	sqs = "sqs.aws.upbound.io/v1beta1"
	eks = "eks.aws.upbound.io/v1beta1"
)

// network are a VPC and one more resource of dev's Network.
func network(more ...compositions.Resource) []*expand.Claim {
	vpc := resource(ec2, "VPC", "vpc", object{"cidrBlock": "10.0.0.0/16"})
	return []*expand.Claim{{Environment: "dev", Kind: "Network", Name: "dev", Resources: append([]compositions.Resource{vpc}, more...)}}
}

// annotated is a resource with an annotation.
func annotated(r compositions.Resource, name, value string) compositions.Resource {
	r.Object["metadata"].(object)["annotations"] = object{name: value}
	return r
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	policy := func(text string) compositions.Resource {
		return resource(iam, "Policy", "policy", object{"policy": text})
	}
	statement := func(fields string) string {
		return `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow",` + fields + `}]}`
	}
	const one = `"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::a"]`
	cases := map[string]struct {
		reason string
		claims []*expand.Claim
		want   []string
	}{
		"good": {
			"references lead to resources, the policy names what it allows",
			network(resource(ec2, "Subnet", "subnet", object{"vpcIdRef": object{"name": "dev.network.vpc"}}), policy(statement(one))), nil,
		},
		"reference to nothing": {
			"the provider would wait for ever",
			network(resource(ec2, "Subnet", "subnet", object{"vpcIdRef": object{"name": "dev.network.vcp"}})),
			[]string{`subnet spec.forProvider.vpcIdRef.name: no claim of the environment makes a VPC called "dev.network.vcp"`},
		},
		"reference to another kind": {
			"a name alone is not enough",
			network(resource(ec2, "RouteTableAssociation", "a", object{"routeTableIdRef": object{"name": "dev.network.vpc"}})),
			[]string{`a spec.forProvider.routeTableIdRef.name: no claim of the environment makes a RouteTable called "dev.network.vpc"`},
		},
		"references in lists": {
			"each element counts",
			network(resource(eks, "NodeGroup", "n", object{"subnetIdRefs": []any{object{"name": "x"}}})),
			[]string{`n spec.forProvider.subnetIdRefs[0].name: no claim of the environment makes a Subnet called "x"`},
		},
		"reference inside an object": {
			"blocks have references, too",
			network(resource(eks, "Cluster", "c", object{"vpcConfig": object{"securityGroupIdRefs": []any{object{"name": "x"}}}})),
			[]string{`c spec.forProvider.vpcConfig.securityGroupIdRefs[0].name: no claim of the environment makes a SecurityGroup called "x"`},
		},
		"unknown reference": {
			"what it refers to has to be known to be checked",
			network(resource(ec2, "VPC", "v", object{"ipv4IpamPoolIdRef": object{"name": "x"}})),
			[]string{`v spec.forProvider.ipv4IpamPoolIdRef: what this refers to is not known: add the field to the table of references`},
		},
		"Secret that nobody makes": {
			"the provider would wait for it",
			network(resource("cloudfront.aws.upbound.io/v1beta1", "Function", "f", object{"codeSecretRef": object{"name": "dev.network.code", "namespace": "n", "key": "code"}})),
			[]string{`f spec.forProvider.codeSecretRef.name: no claim of the environment makes a Secret called "dev.network.code"`},
		},
		"bucket that everybody reads": {
			"a policy of a bucket names who",
			network(resource("s3.aws.upbound.io/v1beta1", "BucketPolicy", "policy", object{"policy": statement(`"Principal":"*",` + one)})),
			[]string{`policy spec.forProvider.policy: Statement[0]: A allows everyone: name a principal`},
		},
		"selector": {
			"it may find what another claim made",
			network(resource(ec2, "Subnet", "s", object{"vpcIdSelector": object{"matchLabels": object{"a": "b"}}})),
			[]string{`s spec.forProvider.vpcIdSelector: a selector may find another claim's resource: refer to a name`},
		},
		"usage of nothing": {
			"it would protect nothing",
			network(compositions.Resource{Key: "u", Object: object{
				"apiVersion": "protection.crossplane.io/v1beta1", "kind": "ClusterUsage", "metadata": object{"name": "dev.network.u"},
				"spec": object{
					"of": object{"apiVersion": ec2, "kind": "VPC", "resourceRef": object{"name": "dev.network.vpc"}},
					"by": object{"apiVersion": ec2, "kind": "Subnet", "resourceRef": object{"name": "dev.network.subnet"}},
				},
			}}),
			[]string{`u spec.by.resourceRef.name: no claim of the environment makes a Subnet called "dev.network.subnet"`},
		},
		"name of another environment": {
			"all environments share the bootstrap cluster",
			[]*expand.Claim{{Environment: "prod", Kind: "Network", Name: "prod", Resources: []compositions.Resource{resource(ec2, "VPC", "vpc", object{})}}},
			[]string{`vpc metadata.name: "dev.network.vpc" does not start with "prod.": another environment could have the same name`},
		},
		"name used twice": {
			"one of the two would be made, and the claims would fight over it",
			append(network(), network()...),
			[]string{`vpc metadata.name: dev.network.vpc is also the name of vpc of Network/dev`},
		},
		"no document": {
			"AWS would refuse it",
			network(policy(`{"Version":`)),
			[]string{`policy spec.forProvider.policy: this is no policy document: unexpected EOF`},
		},
		"unknown element": {
			"a typing error in a condition would widen the policy",
			network(policy(statement(`"Conditions":{},` + one))),
			[]string{`policy spec.forProvider.policy: this is no policy document: json: unknown field "Conditions"`},
		},
		"old version": {
			"variables mean nothing in it",
			network(policy(strings.Replace(statement(one), "2012-10-17", "2008-10-17", 1))),
			[]string{`policy spec.forProvider.policy: the policy has the version "2008-10-17": allowed is 2012-10-17`},
		},
		"no statement": {
			"it allows nothing",
			network(policy(`{"Version":"2012-10-17","Statement":[]}`)),
			[]string{`policy spec.forProvider.policy: the policy has no statement`},
		},
		"no resource": {
			"in a policy of a role AWS asks for it",
			network(policy(statement(`"Action":["s3:GetObject"]`))),
			[]string{`policy spec.forProvider.policy: Statement[0]: a statement names actions and resources`},
		},
		"effect": {
			"there are two",
			network(policy(strings.Replace(statement(one), "Allow", "allow", 1))),
			[]string{`policy spec.forProvider.policy: Statement[0]: Effect is "allow": allowed are Allow and Deny`},
		},
		"principal in a role's policy": {
			"AWS refuses it",
			network(policy(statement(`"Principal":"*",` + one))),
			[]string{
				`policy spec.forProvider.policy: Statement[0]: a policy of this kind has a Principal in each statement: false, found: true`,
				`policy spec.forProvider.policy: Statement[0]: A allows everyone: name a principal`,
			},
		},
		"wildcard action": {
			"it allows more than anybody has thought of",
			network(policy(statement(`"Action":["s3:*"],"Resource":["arn:aws:s3:::a"]`))),
			[]string{`policy spec.forProvider.policy: Statement[0]: A has the wildcard "s3:*": say why in the annotation wildcard.genops.dev/A, or narrow it`},
		},
		"wildcard resource": {
			"a single string counts as well",
			network(policy(statement(`"Action":"s3:GetObject","Resource":"*"`))),
			[]string{`policy spec.forProvider.policy: Statement[0]: A has the wildcard "*": say why in the annotation wildcard.genops.dev/A, or narrow it`},
		},
		"wildcard with its reason": {
			"somebody has thought of it",
			network(annotated(policy(statement(`"Action":"s3:ListAllMyBuckets","Resource":"*"`)), "wildcard.genops.dev/A", "Listing knows no resource.")), nil,
		},
		"wildcard with a reason of another": {
			"each statement has its own",
			network(annotated(policy(statement(`"Action":"s3:ListAllMyBuckets","Resource":"*"`)), "wildcard.genops.dev/B", "Listing knows no resource.")),
			[]string{`policy spec.forProvider.policy: Statement[0]: A has the wildcard "*": say why in the annotation wildcard.genops.dev/A, or narrow it`},
		},
		"long policy": {
			"a customer-managed policy may have 6,144 characters",
			network(policy(statement(`"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::` + strings.Repeat("a", 6144) + `"]`))),
			[]string{`policy spec.forProvider.policy: the policy has 6266 characters: AWS allows 6144`},
		},
		"white space": {
			"IAM does not count it",
			network(policy(strings.Repeat(" ", 6144) + statement(one))), nil,
		},
		"trust": {
			"it has a principal and no resource",
			network(resource(iam, "Role", "role", object{"assumeRolePolicy": statement(`"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"`)})), nil,
		},
		"trust in everyone": {
			"anybody on AWS could become the role",
			network(resource(iam, "Role", "role", object{"assumeRolePolicy": statement(`"Principal":"*","Action":"sts:AssumeRole"`)})),
			[]string{`role spec.forProvider.assumeRolePolicy: Statement[0]: A allows everyone: name a principal`},
		},
		"queue policy": {
			"everybody may be denied something",
			network(resource(sqs, "QueuePolicy", "q", object{"policy": `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-west-1:1:q"}]}`})), nil,
		},
		"repository policy": {
			"it belongs to its repository, so it has a principal and no resource",
			network(resource("ecr.aws.upbound.io/v1beta1", "RepositoryPolicy", "r", object{"policy": statement(`"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"ecr:BatchGetImage"`)})), nil,
		},
		"repository policy for everyone": {
			"anybody on AWS could pull",
			network(resource("ecr.aws.upbound.io/v1beta1", "RepositoryPolicy", "r", object{"policy": statement(`"Principal":"*","Action":"ecr:BatchGetImage"`)})),
			[]string{`r spec.forProvider.policy: Statement[0]: A allows everyone: name a principal`},
		},
		"inline policies": {
			"those of a role may have 10,240 characters together",
			network(
				resource(iam, "Role", "role", object{"assumeRolePolicy": statement(`"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"`)}),
				resource(iam, "RolePolicy", "a", object{"roleRef": object{"name": "dev.network.role"}, "policy": statement(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::` + strings.Repeat("a", 6000) + `"`)}),
				resource(iam, "RolePolicy", "b", object{"roleRef": object{"name": "dev.network.role"}, "policy": statement(`"Action":"s3:GetObject","Resource":"arn:aws:s3:::` + strings.Repeat("b", 6000) + `"`)}),
			),
			[]string{`b spec.forProvider.policy: the inline policies of dev.network.role have 12236 characters together: AWS allows 10240`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range vet.Environment(tc.claims) {
				got = append(got, f.Key+" "+f.Field+": "+f.Message)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
