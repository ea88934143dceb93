package compositions_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// TestDatabaseLogin: a service logs in to its environment's database alone, as the user of its name, and keeps the right while the database cannot
// be read.
func TestDatabaseLogin(t *testing.T) {
	t.Parallel()
	services := cluster(t, func(s *schema.ClusterSpec) {
		s.Identities = []schema.IdentitySpec{{Name: "order-api", Namespace: "orders", PolicyARNs: []string{}, Database: true}}
	})
	const key = "service-order-api-database"
	database := map[string]any{"status": map[string]any{"atProvider": map[string]any{"clusterResourceId": "cluster-ABC"}}}
	seen := compositions.Observed{Required: map[string]map[string]any{"database": database}}
	result := services.compose(t, seen)
	want := []statement{{
		Sid: "LogIn", Effect: "Allow", Action: []string{"rds-db:connect"},
		Resource: []string{"arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABC/order_api"},
	}}
	made := object(t, result, key)
	if diff := cmp.Diff(want, document(t, made, "policy").Statement); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantRequirements := []compositions.Requirement{{
		Name: "database", APIVersion: "rds.aws.upbound.io/v1beta2", Kind: "Cluster", MatchName: "app.database.cluster",
	}}
	if diff := cmp.Diff(wantRequirements, result.Requirements); diff != "" {
		t.Errorf("requirements (-want +got):\n%s", diff)
	}
	blind := services.compose(t, compositions.Observed{Resources: map[string]map[string]any{key: made}})
	if diff := cmp.Diff(want, document(t, object(t, blind, key), "policy").Statement); diff != "" {
		t.Errorf("while the database cannot be read (-want +got):\n%s", diff)
	}
}

// TestExternalDNSMakesOneRecord: its rights end at the record of the load balancer, and stay while the zone cannot be read.
func TestExternalDNSMakesOneRecord(t *testing.T) {
	t.Parallel()
	_, observed := edge(t).simulate(t)
	made := object(t, edge(t).compose(t, observed), "external-dns-records")
	change := document(t, made, "policy").Statement[0]
	host := schema.OriginHost(text(edge(t).spec, "domain"))
	wanted := []any{host, "a-" + host, "aaaa-" + host}
	if diff := cmp.Diff(wanted, change.Condition["ForAllValues:StringEquals"]["route53:ChangeResourceRecordSetsNormalizedRecordNames"]); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if len(change.Action) != 1 || len(change.Resource) != 1 {
		t.Errorf("it may do %v on %v", change.Action, change.Resource)
	}
	kept := edge(t).compose(t, compositions.Observed{Resources: map[string]map[string]any{"external-dns-records": made}})
	if diff := cmp.Diff(made["spec"], object(t, kept, "external-dns-records")["spec"]); diff != "" {
		t.Errorf("while the zone cannot be read (-want +got):\n%s", diff)
	}
}
