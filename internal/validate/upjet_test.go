package validate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/validate"
)

// TestUpjet has the rules of the AWS provider that depend on the management policies, which have a default.
func TestUpjet(t *testing.T) {
	t.Parallel()
	const (
		policy  = "iam.aws.upbound.io/v1beta1/Policy"
		aclRule = "ec2.aws.upbound.io/v1beta1/NetworkACLRule"
	)
	cases := map[string]struct {
		reason string
		object string
		spec   map[string]any
		want   []string
	}{
		"created": {
			"all policies are the default", policy,
			map[string]any{"forProvider": map[string]any{}},
			[]string{"spec.forProvider.policy: Required value"},
		},
		"updated": {
			"an update needs the value, too", policy,
			map[string]any{"forProvider": map[string]any{}, "managementPolicies": []any{"Observe", "Update"}},
			[]string{"spec.forProvider.policy: Required value"},
		},
		"observed": {
			"what exists has the value", policy,
			map[string]any{"forProvider": map[string]any{}, "managementPolicies": []any{"Observe"}},
			nil,
		},
		"initial": {
			"a value for the creation is one", policy,
			map[string]any{"forProvider": map[string]any{}, "initProvider": map[string]any{"policy": "{}"}},
			nil,
		},
		"unknown policy": {
			"there are six", policy,
			map[string]any{"forProvider": map[string]any{"policy": "{}"}, "managementPolicies": []any{"Read"}},
			[]string{`spec.managementPolicies[0]: Unsupported value: "Read": supported values: "Observe", "Create", "Update", "Delete", "LateInitialize", "*"`},
		},
		"several": {
			"each is a sentence", aclRule,
			map[string]any{"forProvider": map[string]any{"region": "eu-west-1", "ruleNumber": int64(1)}},
			[]string{"spec.forProvider.protocol: Required value", "spec.forProvider.ruleAction: Required value"},
		},
		"schema first": {
			"a rule over what is misspelt says nothing of use", aclRule,
			map[string]any{"forProvider": map[string]any{"region": "eu-west-1", "protocoll": "tcp"}},
			[]string{"spec.forProvider.protocoll: there is no such field"},
		},
	}
	objects := examples(t)
	judge := &validate.Validator{}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, judge.Object(t.Context(), changed(objects[tc.object], tc.spec, "spec"))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
