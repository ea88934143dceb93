package validate_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/validate"
)

// TestTyped names the kinds whose Go types are linked. The others are claims, whose schema is our own, and the provider's configuration.
func TestTyped(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		apiVersion, kind string
		want             bool
	}{
		"core":               {"v1", "Namespace", true},
		"policy":             {"networking.k8s.io/v1", "NetworkPolicy", true},
		"program":            {"apps/v1", "Deployment", true},
		"autoscaler":         {"autoscaling/v2", "HorizontalPodAutoscaler", true},
		"budget":             {"policy/v1", "PodDisruptionBudget", true},
		"ingress":            {"networking.k8s.io/v1", "Ingress", true},
		"service":            {"v1", "Service", true},
		"account":            {"v1", "ServiceAccount", true},
		"old autoscaler":     {"autoscaling/v1", "HorizontalPodAutoscaler", false},
		"pool":               {"karpenter.sh/v1", "NodePool", true},
		"class":              {"karpenter.k8s.aws/v1", "EC2NodeClass", true},
		"application set":    {"argoproj.io/v1alpha1", "ApplicationSet", true},
		"definition":         {"apiextensions.crossplane.io/v1", "CompositeResourceDefinition", true},
		"provider":           {"pkg.crossplane.io/v1", "Provider", true},
		"other version":      {"karpenter.sh/v1beta1", "NodePool", false},
		"other group":        {"example.com/v1", "Namespace", false},
		"claim":              {"aws.genops.dev/v1alpha1", "Network", false},
		"configuration":      {"aws.upbound.io/v1beta1", "ProviderConfig", false},
		"no kind":            {"v1", "", false},
		"definition, second": {"apiextensions.crossplane.io/v2", "CompositeResourceDefinition", false},
	}
	for name, tc := range cases {
		if got := validate.Typed(map[string]any{"apiVersion": tc.apiVersion, "kind": tc.kind}); got != tc.want {
			t.Errorf("%s: got %t, want %t", name, got, tc.want)
		}
	}
	if validate.Typed(map[string]any{"apiVersion": 1, "kind": true}) {
		t.Error("an object whose kind is no text has a type")
	}
}

// TestObject has one mistake in one object each: what a patch can spell wrong.
func TestObject(t *testing.T) {
	t.Parallel()
	const (
		policy  = "dev/cluster/namespaces/api/networkpolicy-allow-callers.yaml"
		quota   = "dev/cluster/namespaces/api/resourcequota.yaml"
		claims  = "bootstrap/argocd/applicationset-claims.yaml"
		project = "bootstrap/argocd/appproject-dev.yaml"
		network = "dev/claims/network.yaml"
	)
	objects := rendered(t)
	judge := &validate.Validator{}
	cases := map[string]struct {
		reason string
		object string
		value  any
		path   []any
		want   []string
	}{
		"nothing": {"what is rendered is good", policy, "allow-callers", []any{"metadata", "name"}, nil},
		"unknown field": {
			"the API server would drop it", policy,
			[]any{},
			[]any{"spec", "ingres"},
			[]string{`spec.ingres: there is no such field`},
		},
		"case": {
			"names differ by their case", policy,
			map[string]any{},
			[]any{"spec", "podselector"},
			[]string{`spec.podselector: there is no such field`},
		},
		"unknown field in a list": {
			"places are named", policy,
			map[string]any{"from": []any{}, "port": int64(80)},
			[]any{"spec", "ingress", 0},
			[]string{`spec.ingress[0].port: there is no such field`},
		},
		"two unknown fields": {
			"both are found", policy,
			map[string]any{"from": []any{}, "port": int64(80), "ports2": int64(1)},
			[]any{"spec", "ingress", 0},
			[]string{`spec.ingress[0].port: there is no such field`, `spec.ingress[0].ports2: there is no such field`},
		},
		"wrong type": {
			"no name of Go is shown", policy, "all",
			[]any{"spec", "ingress"},
			[]string{"spec.ingress: found string, allowed is a list"},
		},
		"number for a label": {
			"labels are text", policy,
			map[string]any{"team": int64(1)},
			[]any{"metadata", "labels"},
			[]string{"metadata.labels: found number, allowed is text"},
		},
		"quantity": {
			"the field is named", quota, "10 cores",
			[]any{"spec", "hard", "requests.cpu"},
			[]string{`spec.hard.requests.cpu: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`},
		},
		"application set": {
			"a template is a part of it", claims, "yes",
			[]any{"spec", "template", "spec", "syncPolicy", "automated"},
			[]string{`spec.template.spec.syncPolicy.automated: Invalid value: "string": spec.template.spec.syncPolicy.automated in body must be of type object: "string"`},
		},
		"project": {
			"a typing error would open the project", project,
			[]any{"*"},
			[]any{"spec", "sourceRepo"},
			[]string{`spec.sourceRepo: there is no such field`},
		},
		"claim": {
			"a claim has its definition from the contract", network, "x", []any{"spec", "unknown"}, []string{"spec.unknown: there is no such field"},
		},
		"configuration": {
			"the provider's schemas are embedded", "bootstrap/crossplane/providerconfig-dev.yaml", "x",
			[]any{"spec", "unknown"},
			[]string{"spec.unknown: there is no such field"},
		},
		"unknown claim": {
			"our group has the kinds of the contract", network, "Netwerk",
			[]any{"kind"},
			[]string{"find definition: find composition: there is none of Netwerk"},
		},
		"other version": {
			"what is not validated must not look valid", pool, "karpenter.sh/v1beta1",
			[]any{"apiVersion"},
			[]string{"apiVersion: found karpenter.sh/v1beta1, allowed for NodePool is karpenter.sh/v1"},
		},
		"other version of two": {
			"definitions have two versions", "bootstrap/definitions/xnetworks.yaml", "apiextensions.crossplane.io/v1beta1",
			[]any{"apiVersion"},
			[]string{
				"apiVersion: found apiextensions.crossplane.io/v1beta1, allowed for CompositeResourceDefinition is " +
					"apiextensions.crossplane.io/v1 or apiextensions.crossplane.io/v2",
			},
		},
		"unknown to us": {"a kind of a foreign group is somebody else's", policy, "example.com/v1", []any{"apiVersion"}, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object, ok := objects[tc.object]
			if !ok {
				t.Fatalf("there is no %s", tc.object)
			}
			if diff := cmp.Diff(tc.want, judge.Object(t.Context(), changed(object, tc.value, tc.path...))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestKnows(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason           string
		apiVersion, kind string
		want             bool
	}{
		"claim":           {"its schema is the contract's", "aws.genops.dev/v1alpha1", "Network", true},
		"claim, misspelt": {"there is no such kind", "aws.genops.dev/v1alpha1", "Netwerk", false},
		"foreign":         {"its schema is embedded", "ec2.aws.upbound.io/v1beta1", "VPC", true},
		"other version":   {"it is embedded in the newest one", "ec2.aws.upbound.io/v1beta1", "Route", false},
		"built in":        {"it has a Go type", "v1", "ConfigMap", true},
		"somebody else's": {"nothing is known of it", "example.com/v1", "Thing", false},
	}
	judge := &validate.Validator{}
	for name, tc := range cases {
		if got := judge.Knows(map[string]any{"apiVersion": tc.apiVersion, "kind": tc.kind}); got != tc.want {
			t.Errorf("%s: got %t, want %t: %s", name, got, tc.want, tc.reason)
		}
	}
}

// TestObjectLeavesTheObjectAlone has the defaults of a definition: they are for judging, and not for what is written.
func TestObjectLeavesTheObjectAlone(t *testing.T) {
	t.Parallel()
	judge := &validate.Validator{}
	for path, object := range rendered(t) {
		before := changed(object, object["kind"], "kind")
		if said := judge.Object(t.Context(), object); len(said) > 0 {
			t.Errorf("%s: %v", path, said)
		}
		if diff := cmp.Diff(before, object); diff != "" {
			t.Errorf("%s is not what it was (-before +after):\n%s", path, diff)
		}
	}
}

func TestValidatorIsForManyAtOnce(t *testing.T) {
	t.Parallel()
	objects := rendered(t)
	judge := &validate.Validator{}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for path, object := range objects {
				if said := judge.Object(t.Context(), object); len(said) > 0 {
					t.Errorf("%s: %v", path, said)
				}
			}
		})
	}
	group.Wait()
}
