package expand_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/expand"
	"github.com/innovate-inc/genops/internal/manifest"
)

type object = map[string]any

// registration is the smallest composite that can be expanded.
func registration(spec object) manifest.Object {
	all := object{
		"environment": "dev", "stage": "dev", "account": "111122223333", "region": "eu-west-1", "project": "acme", "tags": object{},
		"clusterName": "acme-dev", "roleARN": "arn:aws:iam::111122223333:role/acme-dev-argocd", "labels": object{"genops.dev/environment": "dev"},
	}
	maps.Copy(all, spec)
	return manifest.Object{Path: "bootstrap/registrations/dev.yaml", Object: object{
		"apiVersion": "aws.genops.dev/v1alpha1", "kind": "ClusterRegistration", "metadata": object{"name": "dev", "namespace": "argocd"}, "spec": all,
	}}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	others := []manifest.Object{
		{Path: "dev/a.yaml", Object: object{"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": "a"}}},
		{Path: "dev/b.yaml", Object: object{"apiVersion": "aws.genops.dev/v1alpha1", "kind": "Unknown", "metadata": object{"name": "b"}, "spec": object{"environment": "dev"}}},
	}
	given := registration(object{"crossplane": object{"compositionRef": object{"name": "x"}}})
	claims, err := expand.Objects(append(others, given), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(claims) != 1 || len(claims[0].Resources) != 1 {
		t.Fatalf("Crossplane's own fields are no fault, and what is no claim is left out: got %v", claims)
	}
	want := object{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": object{
			"name": "cluster-acme-dev", "namespace": "argocd",
			"labels": object{"argocd.argoproj.io/secret-type": "cluster", "genops.dev/environment": "dev"},
			"annotations": object{
				"genops.dev/account": "111122223333", "genops.dev/simulated": "data.config, data.server",
			},
		},
		"data": object{
			"name":   "YWNtZS1kZXY=",
			"server": "aHR0cHM6Ly9zaW11bGF0ZWQuZ3I3LmV1LXdlc3QtMS5la3MuYW1hem9uYXdzLmNvbQ==",
			"config": "eyJhd3NBdXRoQ29uZmlnIjp7ImNsdXN0ZXJOYW1lIjoiYWNtZS1kZXYiLCJyb2xlQVJOIjoiYXJuOmF3czppYW06OjExMTEyMjIyMzMzMzpyb2xlL2FjbWUtZGV2LWFyZ29jZCJ9LCJ0bHNDbGllbnRDb25maWciOnsiY2FEYXRhIjoiYzJsdGRXeGhkR1ZrIiwiaW5zZWN1cmUiOmZhbHNlfX0=",
		},
	}
	if diff := cmp.Diff(want, claims[0].Resources[0].Object); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	none, err := expand.Objects([]manifest.Object{given}, "prod")
	if err != nil || len(none) > 0 {
		t.Errorf("a claim of another environment is left out: got %v, %v", none, err)
	}
}

func TestObjectsRefused(t *testing.T) {
	t.Parallel()
	first, second := registration(object{"adopt": object{"secert": "x"}}), registration(object{"colour": "red"})
	_, err := expand.Objects([]manifest.Object{first, second}, "")
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("all that is refused is reported: got %v", err)
	}
	type refusal struct{ Problems, Hints []string }
	var got []refusal
	for _, part := range joined.Unwrap() {
		var invalid *expand.InvalidError
		if !errors.As(part, &invalid) {
			t.Fatal(part)
		}
		r := refusal{Problems: invalid.Problems}
		for _, message := range invalid.Problems {
			r.Hints = append(r.Hints, invalid.Hint(message))
		}
		got = append(got, r)
	}
	want := []refusal{
		{Problems: []string{"spec.adopt.secert: no resource of this claim has this key"}, Hints: []string{"did you mean secret?"}},
		{Problems: []string{`spec: there is no field "colour"`}, Hints: []string{""}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	claim := &expand.Claim{Environment: "prod", Kind: "Network", Name: "prod"}
	for name, want := range map[string]bool{
		"network": true, "Network": true, "prod": true, "Network/prod": true, "network/prod": true,
		"cluster": false, "networks": false, "dev": false, "network/dev": false, "": false,
	} {
		if got := claim.Matches(name); got != want {
			t.Errorf("%q: got %t, want %t", name, got, want)
		}
	}
}
