package compositions_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// TestDistributionsChangeCertificates holds that a distribution goes on with its certificate, and with the names that it is good for, until AWS has
// issued the new one.
func TestDistributionsChangeCertificates(t *testing.T) {
	t.Parallel()
	_, before := edge(t).settled(t)
	_, after := edge(t, deepHost).simulate(t)
	certificate := one(t, edge(t, deepHost).compose(t, compositions.Observed{}), `^certificate-[0-9a-f]{8}$`)
	issued := clone(t, after.Resources[certificate])
	field(issued, "status", "atProvider").(map[string]any)["arn"] = "arn:aws:acm:us-east-1:111122223333:certificate/new"
	unready := clone(t, after.Resources[certificate+"-validation"])
	field(unready, "status").(map[string]any)["conditions"] = []any{map[string]any{"type": "Ready", "status": "False"}}
	for name, tc := range map[string]struct {
		reason   string
		observed compositions.Observed
		arn      string
		names    int
	}{
		"not asked for": {"it has one that is good for the others", before, "certificate/simulated", 2},
		"not issued":    {"CloudFront would refuse it", with(with(before, certificate, issued), certificate+"-validation", unready), "certificate/simulated", 2},
		"issued":        {"now it is good for all", with(with(before, certificate, issued), certificate+"-validation", after.Resources[certificate+"-validation"]), "certificate/new", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forProvider := field(object(t, edge(t, deepHost).compose(t, tc.observed), "distribution"), "spec", "forProvider")
			if got := text(forProvider, "viewerCertificate", "acmCertificateArn"); got != "arn:aws:acm:us-east-1:111122223333:"+tc.arn {
				t.Errorf("%s: got %s", tc.reason, got)
			}
			if names, _ := field(forProvider, "aliases").([]any); len(names) != tc.names {
				t.Errorf("%s: answers to %v", tc.reason, names)
			}
		})
	}
}

// TestDelegations holds that a zone points to the name servers of the other zones, follows them, and never forgets them.
func TestDelegations(t *testing.T) {
	t.Parallel()
	c := edge(t, platformZone)
	seen := func(servers ...any) map[string]any {
		return map[string]any{"status": map[string]any{"atProvider": map[string]any{"nameServers": servers}}}
	}
	first := c.compose(t, compositions.Observed{Required: map[string]map[string]any{"delegation-app": seen("ns-2.example", "ns-1.example")}})
	want := []compositions.Requirement{
		{Name: "delegation-app", APIVersion: "route53.aws.upbound.io/v1beta1", Kind: "Zone", MatchName: "app.edge.zone"},
		{Name: "delegation-dev", APIVersion: "route53.aws.upbound.io/v1beta1", Kind: "Zone", MatchName: "dev.edge.zone"},
	}
	if diff := cmp.Diff(want, first.Requirements); diff != "" {
		t.Errorf("requirements (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"delegation-dev"}, first.Held); diff != "" || first.TTL != 15*time.Second {
		t.Errorf("asks again in %v, held back (-want +got):\n%s", first.TTL, diff)
	}
	before := compositions.Observed{Resources: objects(first)}
	servers := func(observed compositions.Observed) any {
		return field(object(t, c.compose(t, observed), "delegation-app"), "spec", "forProvider", "records")
	}
	for name, tc := range map[string]struct {
		reason   string
		observed compositions.Observed
		want     []any
	}{
		"at first":   {"in one order, whatever AWS's is", compositions.Observed{Required: map[string]map[string]any{"delegation-app": seen("ns-2.example", "ns-1.example")}}, []any{"ns-1.example", "ns-2.example"}},
		"vanished":   {"the names below would vanish with it", before, []any{"ns-1.example", "ns-2.example"}},
		"no servers": {"a zone without a status is nothing", compositions.Observed{Resources: before.Resources, Required: map[string]map[string]any{"delegation-app": seen()}}, []any{"ns-1.example", "ns-2.example"}},
		"made again": {"a new zone has other servers", compositions.Observed{Resources: before.Resources, Required: map[string]map[string]any{"delegation-app": seen("ns-9.example")}}, []any{"ns-9.example"}},
	} {
		if diff := cmp.Diff(any(tc.want), servers(tc.observed)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, tc.reason, diff)
		}
	}
	settled, _ := c.simulate(t)
	if settled.TTL != 2*time.Minute {
		t.Errorf("asks again in %v", settled.TTL)
	}
}

// TestBucketIsClosedFromTheBeginning holds that nobody reads the bucket before there is a distribution, and that TLS is demanded already.
func TestBucketIsClosedFromTheBeginning(t *testing.T) {
	t.Parallel()
	sids := func(observed compositions.Observed) []string {
		var found []string
		for _, s := range document(t, object(t, edge(t).compose(t, observed), "spa-bucket-policy"), "policy").Statement {
			found = append(found, s.Sid)
		}
		return found
	}
	_, observed := edge(t).simulate(t)
	if diff := cmp.Diff([]string{"OnlyTLS"}, sids(compositions.Observed{})); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"OnlyTLS", "CloudFront"}, sids(observed)); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
}

// TestOthersNameTheLoadBalancer holds the names that an Ingress uses.
func TestOthersNameTheLoadBalancer(t *testing.T) {
	t.Parallel()
	result, _ := edge(t).simulate(t)
	want := schema.LoadBalancerName("acme", "app")
	for key, got := range map[string]string{
		"load-balancer-security-group": text(object(t, result, "load-balancer-security-group"), "spec", "forProvider", "tags", "Name"),
		"load-balancer-web-acl":        text(object(t, result, "load-balancer-web-acl"), "spec", "forProvider", "name"),
	} {
		if got != want {
			t.Errorf("%s is called %q, want %q", key, got, want)
		}
	}
	origins, _ := field(object(t, result, "distribution"), "spec", "forProvider", "origin").([]any)
	if got := text(origins[1], "domainName"); got != schema.OriginHost("app.acme.example") {
		t.Errorf("the origin is %s", got)
	}
	names := field(object(t, result, "load-balancer-certificate"), "spec", "forProvider", "subjectAlternativeNames")
	if diff := cmp.Diff(any([]any{"*.app.acme.example"}), names); diff != "" {
		t.Errorf("the origin's certificate (-want +got):\n%s", diff)
	}
}

// TestRulesOfWebACLs holds what AWS WAF demands of rules: a place of its own for each, and an override for groups where others have an action.
func TestRulesOfWebACLs(t *testing.T) {
	t.Parallel()
	result, _ := edge(t).simulate(t)
	for key, want := range map[string][]string{
		"web-acl":               {"ip-reputation", "rate-limit", "common", "known-bad-inputs", "sql-injection", "linux"},
		"load-balancer-web-acl": {"common", "known-bad-inputs", "sql-injection", "linux"},
	} {
		var rules []map[string]any
		if err := json.Unmarshal([]byte(text(object(t, result, key), "spec", "forProvider", "ruleJson")), &rules); err != nil {
			t.Fatal(err)
		}
		var names []string
		places := map[any]bool{}
		for _, rule := range rules {
			names = append(names, text(rule, "Name"))
			places[rule["Priority"]] = true
			group := field(rule, "Statement", "ManagedRuleGroupStatement") != nil
			if (rule["OverrideAction"] != nil) != group || (rule["Action"] != nil) == group || field(rule, "VisibilityConfig", "MetricName") != rule["Name"] {
				t.Errorf("%s: AWS WAF would refuse %v", key, rule)
			}
		}
		if diff := cmp.Diff(want, names); diff != "" || len(places) != len(rules) {
			t.Errorf("%s: %d places (-want +got):\n%s", key, len(places), diff)
		}
	}
}

// TestProofsAreShared holds that certificates with the same name need one record, of whichever of them ACM has spoken first.
func TestProofsAreShared(t *testing.T) {
	t.Parallel()
	_, observed := edge(t, deepHost).simulate(t)
	certificates := matching(slices.Sorted(maps.Keys(observed.Resources)), `certificate-[0-9a-f]{8}$`)
	if len(certificates) != 2 {
		t.Fatalf("certificates are %q", certificates)
	}
	complete := edge(t, deepHost).compose(t, observed)
	for _, certificate := range certificates {
		result := edge(t, deepHost).compose(t, only(observed, certificate))
		for _, key := range []string{"validation-apex", one(t, complete, `^validation-eu-shop-`)} {
			if diff := cmp.Diff(object(t, complete, key), object(t, result, key)); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", key, certificate, diff)
			}
		}
	}
}

// TestSimulatedFieldsAreNamed holds that each value that was invented is in a field that says so: offline and on a cluster all others are the same.
func TestSimulatedFieldsAreNamed(t *testing.T) {
	t.Parallel()
	var invented func(path string, value any) []string
	invented = func(path string, value any) []string {
		var found []string
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				found = append(found, invented(path+"."+name, inner)...)
			}
		case []any:
			for _, inner := range value {
				found = append(found, invented(path, inner)...)
			}
		case string:
			if strings.Contains(value, compositions.Simulated) {
				found = append(found, path)
			}
		}
		return found
	}
	for _, c := range []claim{edge(t, deepHost), edge(t, onlyAPI), edge(t, platformZone)} {
		result, _ := c.simulate(t)
		for _, resource := range result.Resources {
			for _, path := range invented("spec", resource.Object["spec"]) {
				named := func(field string) bool { return path == field || strings.HasPrefix(path, field+".") }
				if !slices.ContainsFunc(resource.FromObserved, named) {
					t.Errorf("%s: %s is invented, and only %q say so", resource.Key, path, resource.FromObserved)
				}
			}
		}
	}
}
