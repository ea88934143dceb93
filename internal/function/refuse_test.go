package function

import (
	"math"
	"slices"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/innovate-inc/genops/compositions"
)

// broken are requests that nothing can be composed for, and what they are told.
func broken(t testing.TB) map[string]struct {
	req  *fnv1.RunFunctionRequest
	want string
} {
	t.Helper()
	good := request(t, "Network", specs(t)["Network"], compositions.Observed{})
	field := func(value any, path ...string) *fnv1.RunFunctionRequest {
		v, err := structpb.NewValue(value)
		if err != nil {
			t.Fatal(err)
		}
		return set(good, v, path...)
	}
	without := func(path ...string) *fnv1.RunFunctionRequest { return set(good, nil, path...) }
	subnet := func(zone, cidr string) any { return map[string]any{"zone": zone, "cidr": cidr} }
	claim := set(good, structpb.NewStringValue("Network"), "kind")
	observed := set(good, nil, "nothing")
	observed.Observed.Resources = map[string]*fnv1.Resource{"vpc": {Resource: &structpb.Struct{Fields: map[string]*structpb.Value{"n": structpb.NewNumberValue(math.Inf(1))}}}}
	type refused = struct {
		req  *fnv1.RunFunctionRequest
		want string
	}
	const anything = "observed.composite: found nothing, allowed is a composite of genops"
	return map[string]refused{
		"empty":            {&fnv1.RunFunctionRequest{}, anything},
		"no composite":     {&fnv1.RunFunctionRequest{Observed: &fnv1.State{}}, anything},
		"empty composite":  {&fnv1.RunFunctionRequest{Observed: &fnv1.State{Composite: &fnv1.Resource{Resource: &structpb.Struct{}}}}, anything},
		"group":            {field("apps/v1", "apiVersion"), `apiVersion: found "apps/v1", allowed is aws.genops.dev/v1alpha1`},
		"version":          {field("aws.genops.dev/v1", "apiVersion"), `apiVersion: found "aws.genops.dev/v1", allowed is aws.genops.dev/v1alpha1`},
		"no version":       {without("apiVersion"), `apiVersion: found nothing, allowed is aws.genops.dev/v1alpha1`},
		"kind":             {field("XBucket", "kind"), `kind: found "XBucket", allowed are XNetwork, XCluster, XRegistry, XEdge, XDatabase, XStateBackend, XAccountBaseline, XOrganization, XObservability, ClusterRegistration`},
		"kind of a claim":  {claim, `kind: found "Network", allowed are XNetwork, XCluster, XRegistry, XEdge, XDatabase, XStateBackend, XAccountBaseline, XOrganization, XObservability, ClusterRegistration`},
		"kind is a number": {field(4, "kind"), `kind: found a number, allowed are XNetwork, XCluster, XRegistry, XEdge, XDatabase, XStateBackend, XAccountBaseline, XOrganization, XObservability, ClusterRegistration`},
		"no kind":          {without("kind"), `kind: found nothing, allowed are XNetwork, XCluster, XRegistry, XEdge, XDatabase, XStateBackend, XAccountBaseline, XOrganization, XObservability, ClusterRegistration`},
		"no spec":          {without("spec"), `spec: found nothing, allowed is an object`},
		"null spec":        {field(nil, "spec"), `spec: found null, allowed is an object`},
		"text spec":        {field("text", "spec"), `spec: found "text", allowed is an object`},
		"list spec":        {field([]any{}, "spec"), `spec: found a list, allowed is an object`},
		"NaN":              {field(math.NaN(), "spec", "cidr"), `spec: found the number NaN, allowed are those of JSON`},
		"observed":         {observed, `observed resource vpc: found the number +Inf, allowed are those of JSON`},
		"no region":        {without("spec", "region"), `spec.region: Required value`},
		"null region":      {field(nil, "spec", "region"), `spec.region: Required value`},
		"region": {
			field("Frankfurt", "spec", "region"),
			`spec.region: Invalid value: "Frankfurt": spec.region in body should match '^[a-z]{2}(-[a-z]+)+-[0-9]$'`,
		},
		"misspelt":       {field("x", "spec", "natGateway"), `spec.natGateway: there is no such field`},
		"nested unknown": {field("x", "spec", "flowLogs", "format"), `spec.flowLogs.format: there is no such field`},
		"wrong type":     {field("yes", "spec", "flowLogs", "enabled"), `spec.flowLogs.enabled: Invalid value: "string": spec.flowLogs.enabled in body must be of type boolean: "string"`},
		"enumeration":    {field("double", "spec", "natGateways"), `spec.natGateways: Unsupported value: "double": supported values: "perZone", "single"`},
		"fraction":       {field(30.5, "spec", "flowLogs", "retentionDays"), `spec.flowLogs.retentionDays: Invalid value: "number": spec.flowLogs.retentionDays in body must be of type integer: "number"`},
		"one zone": {
			field([]any{subnet("eu-west-1a", "10.20.0.0/20")}, "spec", "subnets", "public"),
			`spec.subnets.public: Invalid value: 1: spec.subnets.public in body should have at least 2 items`,
		},
		"huge list": {
			field(slices.Repeat([]any{"ec2"}, 100000), "spec", "endpoints", "interface"),
			`spec.endpoints.interface: found 100000 elements, allowed are 20`,
		},
		"huge map": {
			field(map[string]any{"a": slices.Repeat([]any{[]any{"b"}}, 50000)}, "spec", "tags"),
			`spec.tags: found 100002 values, allowed are 10000 in all of the spec`,
		},
		"long list": {
			field(slices.Repeat([]any{"ec2"}, 30), "spec", "endpoints", "interface"),
			`spec.endpoints.interface: Too many: 30: must have at most 20 items; spec.endpoints.interface[1]: Duplicate value: "ec2"`,
		},
		"null list": {
			field(nil, "spec", "subnets", "public"),
			`spec.subnets.public: Required value`,
		},
		"list of nulls": {
			field([]any{nil, nil}, "spec", "subnets", "public"),
			`spec.subnets.public[0]: Invalid value: "null": spec.subnets.public[0] in body must be of type object: "null"; spec.subnets.public[1]: Invalid value: "null": spec.subnets.public[1] in body must be of type object: "null"`,
		},
		"null objects": {
			field(nil, "spec", "subnets"),
			`spec.subnets: Required value`,
		},
		"list for object": {
			field([]any{}, "spec", "subnets"),
			`spec.subnets: Invalid value: "array": spec.subnets in body must be of type object: "array"`,
		},
		"zone twice": {
			field([]any{subnet("eu-west-1a", "10.20.0.0/20"), subnet("eu-west-1a", "10.20.16.0/20")}, "spec", "subnets", "public"),
			`spec.subnets.public[1]: Duplicate value: {"zone":"eu-west-1a"}`,
		},
	}
}

// TestRefuses sends requests that are wrong.
func TestRefuses(t *testing.T) {
	t.Parallel()
	f := quiet()
	for name, tc := range broken(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rsp := ask(t, f, tc.req)
			if got := fatal(t, rsp); got != tc.want {
				t.Errorf("message is\n%q, want\n%q", got, tc.want)
			}
			if rsp.GetResults()[0].GetReason() != "SpecInvalid" {
				t.Errorf("reason is %s", rsp.GetResults()[0].GetReason())
			}
		})
	}
}

// TestSeveral says everything that is wrong at once, and not more than one reads.
func TestSeveral(t *testing.T) {
	t.Parallel()
	req := request(t, "Network", specs(t)["Network"], compositions.Observed{})
	two := set(set(req, nil, "spec", "region"), nil, "spec", "account")
	if got, want := fatal(t, ask(t, quiet(), two)), "spec.account: Required value; spec.region: Required value"; got != want {
		t.Errorf("message is %q, want %q", got, want)
	}
	e := &invalidError{}
	for range 14 {
		e.problems = append(e.problems, "x")
	}
	if got, want := e.Error(), "x; x; x; x; x; x; x; x; x; x; and 4 more"; got != want {
		t.Errorf("message is %q, want %q", got, want)
	}
}
