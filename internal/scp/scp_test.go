package scp_test

import (
	"testing"

	"github.com/innovate-inc/genops/internal/scp"
)

// TestDenies asks each kind of statement that genops writes, and one that it does not know.
func TestDenies(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/crossplane-provisioner"
	request := func(action string) scp.Request {
		return scp.Request{Action: action, Principal: role, Region: "eu-west-1"}
	}
	cases := map[string]struct {
		reason, statement string
		request           scp.Request
		want              string
	}{
		"named":                {"the action stands there", `"Action":["s3:DeleteBucket","ec2:RunInstances"]`, request("ec2:RunInstances"), "A"},
		"not named":            {"another action", `"Action":"ec2:RunInstances"`, request("ec2:RunInstancesX"), ""},
		"pattern":              {"case does not count", `"Action":"EC2:run*"`, request("ec2:RunInstances"), "A"},
		"question mark":        {"one character", `"Action":"ec2:Run?nstances"`, request("ec2:RunInstances"), "A"},
		"everything":           {"a star alone", `"Action":"*"`, request("ec2:RunInstances"), "A"},
		"spared":               {"NotAction names it", `"NotAction":["iam:*","sts:*"]`, request("iam:CreateRole"), ""},
		"not spared":           {"NotAction does not name it", `"NotAction":["iam:*"]`, request("ec2:RunInstances"), "A"},
		"region allowed":       {"the condition does not hold", `"NotAction":"iam:*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1"]}}`, request("ec2:RunInstances"), ""},
		"region not allowed":   {"the condition holds", `"NotAction":"iam:*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-2"}}`, request("ec2:RunInstances"), "A"},
		"exempt":               {"the role is spared", `"Action":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/crossplane-provisioner"}}`, request("ec2:RunInstances"), ""},
		"another is exempt":    {"a role of another name", `"Action":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/crossplane"}}`, request("ec2:RunInstances"), "A"},
		"root alone":           {"the role is not the root user", `"Action":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}`, request("ec2:RunInstances"), ""},
		"one of two":           {"all conditions have to hold", `"Action":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"},"Bool":{"aws:X":"true"}}`, request("ec2:RunInstances"), ""},
		"unknown condition":    {"a denial is never missed", `"Action":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}`, request("ec2:RunInstances"), "A"},
		"unknown key":          {"a denial is never missed", `"Action":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:iam::*:root"}}`, request("ec2:RunInstances"), "A"},
		"an allowance, indeed": {"only denials deny", `"Action":"*","Effect":"Allow"`, request("ec2:RunInstances"), ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy, err := scp.Parse(`{"Statement":[{"Sid":"A","Effect":"Deny",` + tc.statement + `,"Resource":"*"}]}`)
			if err != nil {
				t.Fatal(err)
			}
			if got := policy.Denies(tc.request); got != tc.want {
				t.Errorf("%s: denied by %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
	if _, err := scp.Parse(`{"Statement":[{"Action":4}]}`); err == nil {
		t.Error("what is no policy is read as one")
	}
}
