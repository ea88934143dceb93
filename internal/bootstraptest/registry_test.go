package bootstraptest

import (
	"slices"
	"strings"
	"testing"
)

// TestIssuerOfGitHub: beside the issuers of EKS crossplane-provisioner may make known to IAM exactly the one that the registry's push roles trust.
func TestIssuerOfGitHub(t *testing.T) {
	e := everything(t)
	var found []string
	for _, resource := range managed(t, e) {
		if kindOf(resource) != "iam/OpenIDConnectProvider" {
			continue
		}
		issuer := strings.TrimPrefix(str(resource, "spec", "forProvider", "url"), "https://")
		if strings.HasPrefix(issuer, "oidc.eks.") {
			continue
		}
		found = append(found, issuer)
		making := slices.DeleteFunc(provisioner(t), func(s statement) bool { return !slices.Contains(s.Action, "iam:CreateOpenIDConnectProvider") })
		if !covers(making, e, "arn:aws:iam::"+e.Account+":oidc-provider/"+issuer) || covers(making, e, "arn:aws:iam::"+e.Account+":oidc-provider/"+issuer+"/x") {
			t.Errorf("crossplane-provisioner may make %s known, and no other: no", issuer)
		}
	}
	if !slices.Equal(found, []string{"token.actions.githubusercontent.com"}) {
		t.Errorf("issuers: %q", found)
	}
}
