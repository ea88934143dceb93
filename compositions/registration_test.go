package compositions_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// seen is an EKS cluster as a registration reads it.
func seen(endpoint, ca string) compositions.Observed {
	provider := map[string]any{}
	if endpoint != "" {
		provider["endpoint"] = endpoint
	}
	if ca != "" {
		provider["certificateAuthority"] = []any{map[string]any{"data": ca}}
	}
	return compositions.Observed{Required: map[string]map[string]any{"cluster": {"status": map[string]any{"atProvider": provider}}}}
}

// decoded is the content of a Secret.
func decoded(t testing.TB, secret map[string]any) map[string]string {
	t.Helper()
	data, _ := secret["data"].(map[string]any)
	found := map[string]string{}
	for name := range data {
		content, err := base64.StdEncoding.DecodeString(text(data, name))
		if err != nil {
			t.Fatal(err)
		}
		found[name] = string(content)
	}
	return found
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	const endpoint = "https://1A.gr7.eu-west-1.eks.amazonaws.com"
	registered := registration(t).compose(t, seen(endpoint, "Q0E="))
	secret := clone(t, object(t, registered, "secret"))
	before := func(observed compositions.Observed) compositions.Observed {
		observed.Resources = map[string]map[string]any{"secret": secret}
		return observed
	}
	waiting := compositions.Condition{Reason: "Waiting", Message: "waiting for EKS to give the endpoint of acme-app"}
	cases := map[string]struct {
		reason    string
		observed  compositions.Observed
		server    string // In the Secret; empty: there is none.
		ttl       time.Duration
		condition compositions.Condition
	}{
		"no cluster":         {"it is not there yet", compositions.Observed{}, "", 15 * time.Second, waiting},
		"no endpoint":        {"it is being made", seen("", ""), "", 15 * time.Second, waiting},
		"half":               {"half a registration is none", seen(endpoint, ""), "", 15 * time.Second, waiting},
		"there":              {"Crossplane makes the Secret next", seen(endpoint, "Q0E="), endpoint, 2 * time.Minute, compositions.Condition{Reason: "Waiting", Message: "waiting for 1 of 1 registration: cluster-acme-app"}},
		"registered":         {"nothing is missing", before(seen(endpoint, "Q0E=")), endpoint, 2 * time.Minute, compositions.Condition{Ready: true, Reason: "Available", Message: "the resource is ready"}},
		"another endpoint":   {"the Secret follows", before(seen("https://2B.gr7.eu-west-1.eks.amazonaws.com", "Q0E=")), "https://2B.gr7.eu-west-1.eks.amazonaws.com", 2 * time.Minute, compositions.Condition{Ready: true, Reason: "Available", Message: "the resource is ready"}},
		"out of sight":       {"what is registered stays registered, so that Argo CD can still delete what is in the cluster", before(compositions.Observed{}), endpoint, 15 * time.Second, compositions.Condition{Ready: true, Reason: "Available", Message: "the resource is ready"}},
		"lost its endpoint":  {"as before", before(seen("", "Q0E=")), endpoint, 15 * time.Second, compositions.Condition{Ready: true, Reason: "Available", Message: "the resource is ready"}},
		"a Secret, no data":  {"that is none", compositions.Observed{Resources: map[string]map[string]any{"secret": {"kind": "Secret"}}}, "", 15 * time.Second, waiting},
		"a Secret, odd data": {"that is none", compositions.Observed{Resources: map[string]map[string]any{"secret": {"kind": "Secret", "data": "a"}}}, "", 15 * time.Second, waiting},
		"odd certificate":    {"that is none", compositions.Observed{Required: map[string]map[string]any{"cluster": {"status": map[string]any{"atProvider": map[string]any{"endpoint": endpoint, "certificateAuthority": []any{}}}}}}, "", 15 * time.Second, waiting},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := registration(t).compose(t, tc.observed)
			var server string
			if len(result.Resources) > 0 {
				server = decoded(t, object(t, result, "secret"))["server"]
			}
			if server != tc.server || result.TTL != tc.ttl || len(result.Held) != btoi(tc.server == "") {
				t.Errorf("%s: server %q, again in %s, held back %q", tc.reason, server, result.TTL, result.Held)
			}
			if diff := cmp.Diff(tc.condition, result.Condition); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			want := []compositions.Requirement{{Name: "cluster", APIVersion: "eks.aws.upbound.io/v1beta2", Kind: "Cluster", MatchName: "app.cluster.cluster"}}
			if diff := cmp.Diff(want, result.Requirements); diff != "" {
				t.Errorf("reads (-want +got):\n%s", diff)
			}
		})
	}
}

// btoi is 1 for true.
func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestRegistrationSecret holds what Argo CD reads (Argo CD: declarative setup, clusters).
func TestRegistrationSecret(t *testing.T) {
	t.Parallel()
	secret := object(t, registration(t).compose(t, seen("https://1A.gr7.eu-west-1.eks.amazonaws.com", "Q0E=")), "secret")
	content := decoded(t, secret)
	var config any
	if err := json.Unmarshal([]byte(content["config"]), &config); err != nil {
		t.Fatal(err)
	}
	wantConfig := map[string]any{
		"awsAuthConfig":   map[string]any{"clusterName": "acme-app", "roleARN": "arn:aws:iam::111122223333:role/acme-app-argocd"},
		"tlsClientConfig": map[string]any{"insecure": false, "caData": "Q0E="},
	}
	if diff := cmp.Diff(wantConfig, config); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	delete(content, "config")
	if diff := cmp.Diff(map[string]string{"name": "acme-app", "server": "https://1A.gr7.eu-west-1.eks.amazonaws.com"}, content); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	rest := maps.Clone(secret)
	delete(rest, "data")
	want := map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": map[string]any{
			"name": "cluster-acme-app", "namespace": "argocd",
			"labels":      map[string]any{"argocd.argoproj.io/secret-type": "cluster", "genops.dev/environment": "app", "genops.dev/stage": "prod"},
			"annotations": map[string]any{"genops.dev/account": "111122223333"},
		},
	}
	if diff := cmp.Diff(want, rest); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRegistrationMetrics holds that Argo CD knows a cluster while its metrics have no workspace yet, and never forgets the workspace: the add-ons
// that send metrics would be deleted.
func TestRegistrationMetrics(t *testing.T) {
	t.Parallel()
	const endpoint = "https://1A.gr7.eu-west-1.eks.amazonaws.com"
	workspace := func(observed compositions.Observed, id string) compositions.Observed {
		provider := map[string]any{}
		if id != "" {
			provider["id"] = id
		}
		observed.Required = maps.Clone(observed.Required)
		observed.Required["metrics"] = map[string]any{"status": map[string]any{"atProvider": provider}}
		return observed
	}
	labelled := func(observed compositions.Observed, label string) compositions.Observed {
		secret := clone(t, object(t, registration(t).compose(t, seen(endpoint, "Q0E=")), "secret"))
		if label != "" {
			secret["metadata"].(map[string]any)["labels"].(map[string]any)[schema.LabelMetrics] = label
		}
		observed.Resources = map[string]map[string]any{"secret": secret}
		return observed
	}
	there := func() compositions.Observed { return seen(endpoint, "Q0E=") }
	waiting := compositions.Condition{Reason: "Waiting", Message: "waiting for AWS to give the id of the workspace for the metrics of acme-app"}
	ready := compositions.Condition{Ready: true, Reason: "Available", Message: "the resource is ready"}
	cases := map[string]struct {
		reason    string
		edit      func(*schema.ClusterRegistrationSpec)
		observed  compositions.Observed
		label     string
		ttl       time.Duration
		condition compositions.Condition
	}{
		"no workspace":        {"the cluster is registered without it", withMetrics, labelled(there(), ""), "", 15 * time.Second, waiting},
		"no id":               {"it is being made", withMetrics, labelled(workspace(there(), ""), ""), "", 15 * time.Second, waiting},
		"an id":               {"now the add-ons come", withMetrics, labelled(workspace(there(), "ws-1"), ""), "ws-1", 2 * time.Minute, ready},
		"another id":          {"the label follows", withMetrics, labelled(workspace(there(), "ws-2"), "ws-1"), "ws-2", 2 * time.Minute, ready},
		"out of sight":        {"the label stays", withMetrics, labelled(there(), "ws-1"), "ws-1", 2 * time.Minute, ready},
		"all of it, out":      {"as before", withMetrics, labelled(compositions.Observed{}, "ws-1"), "ws-1", 15 * time.Second, ready},
		"no longer collected": {"the add-ons go", func(*schema.ClusterRegistrationSpec) {}, labelled(workspace(there(), "ws-1"), "ws-1"), "", 2 * time.Minute, ready},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := registration(t, tc.edit).compose(t, tc.observed)
			secret := object(t, result, "secret")
			if got := text(secret, "metadata", "labels", schema.LabelMetrics); got != tc.label || decoded(t, secret)["server"] != endpoint {
				t.Errorf("%s: label %q of %s", tc.reason, got, decoded(t, secret)["server"])
			}
			if result.TTL != tc.ttl || len(result.Held) > 0 {
				t.Errorf("%s: again in %s, held back %q", tc.reason, result.TTL, result.Held)
			}
			if diff := cmp.Diff(tc.condition, result.Condition); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
	want := compositions.Requirement{Name: "metrics", APIVersion: "amp.aws.upbound.io/v1beta2", Kind: "Workspace", MatchName: "app.observability.workspace"}
	reads := registration(t, withMetrics).compose(t, compositions.Observed{}).Requirements
	if len(reads) != 2 || reads[1] != want {
		t.Errorf("reads %v, want %v as well", reads, want)
	}
}
