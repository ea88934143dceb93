package validate_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/validate"
)

// TestMetadata has one mistake in the metadata of one object each.
func TestMetadata(t *testing.T) {
	t.Parallel()
	const (
		vpc     = "ec2.aws.upbound.io/v1beta1/VPC"
		project = "argoproj.io/v1alpha1/AppProject"
		claim   = "dev/claims/network.yaml"
		policy  = "dev/cluster/namespaces/api/networkpolicy-allow-callers.yaml"
		space   = "dev/cluster/namespaces/api/namespace.yaml"
	)
	objects := examples(t)
	maps.Copy(objects, rendered(t))
	metadata := func(path ...any) []any { return append([]any{"metadata"}, path...) }
	subdomain := `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character ` +
		`(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`
	cases := map[string]struct {
		reason string
		object string
		value  any
		path   []any
		want   []string
	}{
		"external name": {"what compositions set", vpc, "vpc-0", metadata("annotations"), []string{`metadata.annotations: found string, allowed is a struct`}},
		"unknown field": {"the API server would drop it", vpc, map[string]any{}, metadata("lables"), []string{`metadata.lables: there is no such field`}},
		"unknown field, built in": {
			"the API server would drop it", policy,
			map[string]any{},
			metadata("lables"),
			[]string{`metadata.lables: there is no such field`},
		},
		"unknown field, claim": {
			"the API server would drop it", claim,
			map[string]any{},
			metadata("lables"),
			[]string{`metadata.lables: there is no such field`},
		},
		"number for a label": {"labels are text", vpc, map[string]any{"a": int64(1)}, metadata("labels"), []string{`metadata.labels: found number, allowed is text`}},
		"text":               {"metadata has fields", project, "x", metadata(), []string{`metadata: found string, allowed is a struct`}},
		"nothing":            {"an object has a name", project, nil, metadata(), []string{`metadata.name: Required value: name or generateName is required`}},
		"no name":            {"an object has a name", vpc, nil, metadata("name"), []string{`metadata.name: Required value: name or generateName is required`}},
		"name":               {"names are lower case", vpc, "acme_dev", metadata("name"), []string{`metadata.name: Invalid value: "acme_dev": ` + subdomain}},
		"name, built in":     {"names are lower case", policy, "Callers", metadata("name"), []string{`metadata.name: Invalid value: "Callers": ` + subdomain}},
		"name with a dot":    {"of a definition, for example", vpc, "acme.dev", metadata("name"), nil},
		"namespace with a dot": {
			"namespaces become labels of host names", space, "acme.dev", metadata("name"),
			[]string{`metadata.name: Invalid value: "acme.dev": must not contain dots`},
		},
		"long name":        {"a name has 253 characters", vpc, strings.Repeat("a", 253), metadata("name"), nil},
		"long claim":       {"Crossplane makes a label of it", claim, strings.Repeat("a", 63), metadata("name"), nil},
		"longer claim":     {"Crossplane makes a label of it", claim, strings.Repeat("a", 64), metadata("name"), []string{`metadata.name: Invalid value: "` + strings.Repeat("a", 64) + `": must be no more than 63 characters`}},
		"cluster-scoped":   {"it lives in no namespace", vpc, "env-dev", metadata("namespace"), []string{`metadata.namespace: Forbidden: not allowed on this type`}},
		"scope, built in":  {"it lives in no namespace", space, "env-dev", metadata("namespace"), []string{`metadata.namespace: Forbidden: not allowed on this type`}},
		"namespaced":       {"who applies it says where", project, nil, metadata("namespace"), nil},
		"namespace":        {"its name is one of a namespace", project, "argo.cd", metadata("namespace"), []string{`metadata.namespace: Invalid value: "argo.cd": must not contain dots`}},
		"value of a label": {"labels have 63 characters", vpc, map[string]any{"a": strings.Repeat("b", 64)}, metadata("labels"), []string{`metadata.labels: Invalid value: "` + strings.Repeat("b", 64) + `": must be no more than 63 bytes`}},
	}
	judge := &validate.Validator{}
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

// TestMetadataOfBuiltIns has the kinds whose rules differ: all but these live in a namespace and have names as those of hosts.
func TestMetadataOfBuiltIns(t *testing.T) {
	t.Parallel()
	const (
		role   = "rbac.authorization.k8s.io/v1"
		policy = "admissionregistration.k8s.io/v1"
	)
	cases := map[string]struct {
		reason           string
		apiVersion, kind string
		metadata         map[string]any
		want             []string
	}{
		"role":           {"names of roles may have colons", role, "ClusterRole", map[string]any{"name": "system:Node"}, nil},
		"role, slash":    {"but stand in paths", role, "ClusterRole", map[string]any{"name": "a/b"}, []string{`metadata.name: Invalid value: "a/b": may not contain '/'`}},
		"role, scope":    {"it lives in no namespace", role, "ClusterRole", map[string]any{"name": "a", "namespace": "b"}, []string{`metadata.namespace: Forbidden: not allowed on this type`}},
		"policy":         {"it lives in no namespace", policy, "ValidatingAdmissionPolicy", map[string]any{"name": "a", "namespace": "b"}, []string{`metadata.namespace: Forbidden: not allowed on this type`}},
		"binding":        {"it lives in no namespace", policy, "ValidatingAdmissionPolicyBinding", map[string]any{"name": "a", "namespace": "b"}, []string{`metadata.namespace: Forbidden: not allowed on this type`}},
		"binding, right": {"its name is as that of a host", policy, "ValidatingAdmissionPolicyBinding", map[string]any{"name": "a.b"}, nil},
		"secret":         {"it lives in a namespace", "v1", "Secret", map[string]any{"name": "a", "namespace": "b"}, nil},
	}
	judge := &validate.Validator{}
	for name, tc := range cases {
		object := map[string]any{"apiVersion": tc.apiVersion, "kind": tc.kind, "metadata": tc.metadata}
		if diff := cmp.Diff(tc.want, judge.Object(t.Context(), object)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, tc.reason, diff)
		}
	}
}

// TestMetadataHidesNothing has a mistake in the metadata and one elsewhere.
func TestMetadataHidesNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		object map[string]any
		want   []string
	}{
		"custom resource": {
			"both are found", examples(t)["ec2.aws.upbound.io/v1beta1/VPC"],
			[]string{`metadata.labels: found string, allowed is a struct`, `spec: Invalid value: "string": spec in body must be of type object: "string"`},
		},
		"built in": {
			"both are found", rendered(t)["dev/cluster/namespaces/api/resourcequota.yaml"],
			[]string{`metadata.labels: found string, allowed is a struct`, `spec: found string, allowed is a struct`},
		},
	}
	judge := &validate.Validator{}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object := changed(changed(tc.object, "x", "metadata", "labels"), "x", "spec")
			if diff := cmp.Diff(tc.want, judge.Object(t.Context(), object)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
