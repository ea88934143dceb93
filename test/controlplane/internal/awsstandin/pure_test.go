package awsstandin

import (
	"strings"
	"testing"
	"time"
)

// seen is a world of a few objects.
type seen map[key]fields

func (s seen) find(k key) fields { return s[k] }

func (s seen) all(kind string) []fields {
	var all []fields
	for k, object := range s {
		if k.kind == kind {
			all = append(all, object)
		}
	}
	return all
}

// TestReferences resolves references of each form.
func TestReferences(t *testing.T) {
	t.Parallel()
	object := func(name, rest string) fields {
		return merge(fields{"metadata": fields{"name": name, "labels": fields{"tier": name}, "annotations": fields{annotationExternalName: "x-" + name}}}, parse(rest))
	}
	world := seen{
		{kindVPC, "vpc"}:         object("vpc", `{status: {atProvider: {id: x-vpc}}}`),
		{kindVPC, "new"}:         object("new", `{}`),
		{kindSubnet, "a"}:        object("a", `{status: {atProvider: {id: x-a}}}`),
		{kindRole, "role"}:       object("role", `{status: {atProvider: {id: role, arn: "arn:role"}}}`),
		{kindCluster, "cluster"}: object("cluster", `{status: {atProvider: {id: prod}}}`),
		{kindAccessEntry, "e"}:   object("e", `{status: {atProvider: {id: e, principalArn: "arn:p"}}}`),
	}
	cases := map[string]struct{ kind, from, want, waits string }{
		"id":              {kindSubnet, `{vpcIdRef: {name: vpc}}`, `{vpcIdRef: {name: vpc}, vpcId: x-vpc}`, ""},
		"already there":   {kindSubnet, `{vpcIdRef: {name: none}, vpcId: mine}`, `{vpcIdRef: {name: none}, vpcId: mine}`, ""},
		"ARN":             {kindCluster, `{roleArnRef: {name: role}}`, `{roleArnRef: {name: role}, roleArn: "arn:role"}`, ""},
		"nested list":     {kindCluster, `{vpcConfig: {subnetIdRefs: [{name: a}]}}`, `{vpcConfig: {subnetIdRefs: [{name: a}], subnetIds: [x-a]}}`, ""},
		"in a list":       {kindVPC, `{x: [{subnetIdRef: {name: a}}]}`, `{x: [{subnetIdRef: {name: a}, subnetId: x-a}]}`, ""},
		"another name":    {kindAccessEntry, `{principalArnFromRoleRef: {name: role}}`, `{principalArnFromRoleRef: {name: role}, principalArn: "arn:role"}`, ""},
		"access entry":    {kindAddon, `{principalArnRef: {name: e}}`, `{principalArnRef: {name: e}, principalArn: "arn:p"}`, ""},
		"selector":        {kindSubnet, `{vpcIdSelector: {matchLabels: {tier: vpc}}}`, `{vpcIdSelector: {matchLabels: {tier: vpc}}, vpcId: x-vpc}`, ""},
		"no object":       {kindSubnet, `{vpcIdRef: {name: none}}`, "", "not found"},
		"no id yet":       {kindSubnet, `{vpcIdRef: {name: new}}`, "", "referenced field was empty"},
		"not ready":       {kindAddon, `{clusterNameRef: {name: cluster}}`, "", "is not ready"},
		"not known":       {kindAddon, `{fooRef: {name: cluster}}`, "", "does not know"},
		"selects nothing": {kindSubnet, `{vpcIdSelector: {matchLabels: {tier: none}}}`, "", "no resources matched"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := (&resolver{table: references(), world: world, kind: tc.kind}).resolve(parse(tc.from))
			if tc.waits != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "cannot resolve references: ") || !strings.Contains(err.Error(), tc.waits) {
					t.Errorf("got %v, want %s", err, tc.waits)
				}
				return
			}
			if err != nil || !same(got, parse(tc.want)) {
				t.Errorf("got %v, %v, want %s", got, err, tc.want)
			}
		})
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ from, to, want string }{
		"same":    {`{a: 1, b: {c: [1]}}`, `{a: 1, b: {c: [1]}}`, `{}`},
		"added":   {`{}`, `{a: {b: 1}}`, `{a: {b: 1}}`},
		"removed": {`{a: {b: 1, c: 2}}`, `{a: {c: 2}}`, `{a: {b: null}}`},
		"list":    {`{a: [1, 2]}`, `{a: [1]}`, `{a: [1]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := difference(parse(tc.from), parse(tc.to)); !same(got, parse(tc.want)) {
				t.Errorf("got %v, want %s", got, tc.want)
			}
		})
	}
}

// TestConditions holds that nothing changes when nothing is new, and that others' conditions stay.
func TestConditions(t *testing.T) {
	t.Parallel()
	object := fields{"status": fields{"conditions": []any{fields{"type": "Other", "status": "True"}}}}
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	object["status"] = fields{"conditions": setConditions(object, first, synced(), available())}
	if !ready(object) || !isTrue(object, "Other") {
		t.Errorf("got %v", object)
	}
	if again := setConditions(object, first.Add(time.Hour), synced(), available()); !same(again, at(object, "status", "conditions")) {
		t.Errorf("changed: %v", again)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	object := parse(`{spec: {providerConfigRef: {name: app}, forProvider: {region: eu-west-1}}}`)
	for name, tc := range map[string]struct {
		kind, config string
		want         place
		fails        bool
	}{
		"chain":    {kindVPC, `{spec: {assumeRoleChain: [{roleARN: "arn:aws:iam::999999999999:role/hub"}, {roleARN: "arn:aws:iam::111122223333:role/x"}]}}`, place{"aws", account, region}, false},
		"global":   {kindRole, `{spec: {assumeRoleChain: [{roleARN: "arn:aws-cn:iam::111122223333:role/x"}]}}`, place{"aws-cn", account, ""}, false},
		"no role":  {kindVPC, `{spec: {}}`, place{}, true},
		"bad role": {kindVPC, `{spec: {assumeRoleChain: [{roleARN: "x"}]}}`, place{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := placeOf(table()[tc.kind], object, parse(tc.config))
			if got != tc.want || (err != nil) != tc.fails {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// TestExternalNames holds the forms of external-names and ids.
func TestExternalNames(t *testing.T) {
	t.Parallel()
	for full, tc := range map[string]struct{ external, params, want, id string }{
		kindNodeGroup:                         {"system", `{clusterName: prod}`, "prod:system", "prod:system"},
		groupIAM + "/RolePolicy":              {"write", `{role: r}`, "r:write", "r:write"},
		groupKMS + "/Alias":                   {"secrets", `{}`, "secrets", "alias/secrets"},
		kindPolicy:                            {"p", `{path: /x/}`, "p", "arn:aws:iam::111122223333:policy/x/p"},
		kindAccessEntry:                       {"", `{clusterName: prod, principalArn: "arn:p"}`, "prod:arn:p", "prod:arn:p"},
		groupEKS + "/AccessPolicyAssociation": {"", `{clusterName: prod, principalArn: a, policyArn: b}`, "prod#a#b", "prod#a#b"},
		groupEvents + "/Target":               {"", `{rule: r, targetId: t, eventBusName: default}`, "r-t", "r-t"},
		groupEC2 + "/Tag":                     {"", `{resourceId: vpc-1, key: k}`, "vpc-1,k", "vpc-1,k"},
		groupEvents + "/Rule":                 {"r", `{eventBusName: default}`, "r", "r"},
		groupLogs + "/Group":                  {"/aws/eks/x", `{}`, "/aws/eks/x", "/aws/eks/x"},
	} {
		t.Run(full, func(t *testing.T) {
			t.Parallel()
			k := table()[full]
			r := &resource{kind: k, place: place{"aws", account, region}, params: parse(tc.params)}
			r.identity = identify(k, tc.external, r.params)
			if r.identity != tc.want || statusID(r) != tc.id {
				t.Errorf("got %q and %q, want %q and %q", r.identity, statusID(r), tc.want, tc.id)
			}
			if tc.external != "" && externalOf(r) != tc.external {
				t.Errorf("external-name %q, want %q", externalOf(r), tc.external)
			}
		})
	}
}
