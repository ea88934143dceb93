package function

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/innovate-inc/genops/compositions"
)

// parity asks for a claim and compares the response with what the composition returns without the way through protobuf.
func parity(t *testing.T, f *Function, kind string, spec map[string]any, observed compositions.Observed) {
	t.Helper()
	want, err := find(t, kind).Compose(spec, observed)
	if err != nil {
		t.Fatal(err)
	}
	rsp := ask(t, f, request(t, kind, spec, observed))
	if message := fatal(t, rsp); message != "" {
		t.Fatal(message)
	}
	got := map[string]any{}
	for key, resource := range rsp.GetDesired().GetResources() {
		content, err := decode(resource.GetResource())
		if err != nil {
			t.Fatal(err)
		}
		got[key] = map[string]any{"object": content, "ready": resource.GetReady().String()}
	}
	wanted := map[string]any{}
	for _, resource := range want.Resources {
		wanted[resource.Key] = map[string]any{
			"object": plain(t, resource.Object),
			"ready":  map[bool]string{true: "READY_TRUE", false: "READY_FALSE"}[resource.Ready],
		}
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s: resources (-want +got):\n%s", kind, diff)
	}

	composite := rsp.GetDesired().GetComposite()
	content, err := decode(composite.GetResource())
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]any{"apiVersion": "aws.genops.dev/v1alpha1", "kind": find(t, kind).CompositeKind()}
	if len(want.Status) > 0 {
		expected["status"] = plain(t, want.Status)
	}
	if diff := cmp.Diff(expected, content); diff != "" {
		t.Errorf("%s: composite (-want +got):\n%s", kind, diff)
	}
	ready, status := fnv1.Ready_READY_FALSE, fnv1.Status_STATUS_CONDITION_FALSE
	if want.Condition.Ready {
		ready, status = fnv1.Ready_READY_UNSPECIFIED, fnv1.Status_STATUS_CONDITION_TRUE
	}
	if composite.GetReady() != ready {
		t.Errorf("%s: the composite is %v, want %v", kind, composite.GetReady(), ready)
	}
	conditions := []*fnv1.Condition{{
		Type: "InfrastructureReady", Status: status, Reason: want.Condition.Reason, Message: &want.Condition.Message,
		Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum(),
	}}
	if diff := cmp.Diff(conditions, rsp.GetConditions(), protocmp.Transform()); diff != "" {
		t.Errorf("%s: conditions (-want +got):\n%s", kind, diff)
	}
	requirements := map[string]*fnv1.ResourceSelector{}
	for _, r := range want.Requirements {
		requirements[r.Name] = &fnv1.ResourceSelector{
			ApiVersion: r.APIVersion, Kind: r.Kind, Match: &fnv1.ResourceSelector_MatchName{MatchName: r.MatchName},
		}
	}
	if diff := cmp.Diff(requirements, maps.Clone(rsp.GetRequirements().GetResources()), protocmp.Transform()); len(requirements) > 0 && diff != "" {
		t.Errorf("%s: requirements (-want +got):\n%s", kind, diff)
	}
	ttl := want.TTL
	if ttl == 0 {
		ttl = time.Minute
	}
	if got := rsp.GetMeta().GetTtl().AsDuration(); got != ttl {
		t.Errorf("%s: the response lives for %v, want %v", kind, got, ttl)
	}
}

// TestCompose asks for every kind, before anything exists and when everything does.
func TestCompose(t *testing.T) {
	t.Parallel()
	f := quiet()
	for kind, spec := range specs(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			parity(t, f, kind, spec, compositions.Observed{})
			_, all, err := compositions.Simulate(find(t, kind), spec)
			if err != nil {
				t.Fatal(err)
			}
			parity(t, f, kind, spec, all)
			// Half of it.
			for i, key := range slices.Sorted(maps.Keys(all.Resources)) {
				if i%2 == 0 {
					delete(all.Resources, key)
				}
			}
			parity(t, f, kind, spec, all)
		})
	}
}

// TestEarlierSteps keeps what earlier steps of the pipeline want, and does not change the request.
func TestEarlierSteps(t *testing.T) {
	t.Parallel()
	spec := specs(t)["Network"]
	req := request(t, "Network", spec, compositions.Observed{})
	req.Context = object(t, map[string]any{"from": "earlier"})
	bucket := &fnv1.Resource{Resource: object(t, map[string]any{"kind": "Bucket"}), Ready: fnv1.Ready_READY_TRUE}
	req.Desired = &fnv1.State{
		Resources: map[string]*fnv1.Resource{"bucket": bucket},
		Composite: &fnv1.Resource{
			Resource:          object(t, map[string]any{"status": map[string]any{"bucket": "b"}}),
			ConnectionDetails: map[string][]byte{"url": []byte("x")},
			Ready:             fnv1.Ready_READY_TRUE,
		},
	}
	before := proto.CloneOf(req)
	rsp := ask(t, quiet(), req)
	if message := fatal(t, rsp); message != "" {
		t.Fatal(message)
	}
	if !proto.Equal(before, req) {
		t.Error("the request has changed")
	}
	if !proto.Equal(bucket, rsp.GetDesired().GetResources()["bucket"]) || !proto.Equal(req.GetContext(), rsp.GetContext()) {
		t.Errorf("what the earlier step wants is gone: %v, %v", rsp.GetDesired().GetResources()["bucket"], rsp.GetContext())
	}
	if n := len(rsp.GetDesired().GetResources()); n < 20 {
		t.Errorf("there are %d resources", n)
	}
	composite := rsp.GetDesired().GetComposite()
	if got := composite.GetResource().GetFields()["status"].GetStructValue().GetFields()["bucket"].GetStringValue(); got != "b" {
		t.Errorf("the status of the earlier step is gone: %v", composite)
	}
	if string(composite.GetConnectionDetails()["url"]) != "x" || composite.GetReady() != fnv1.Ready_READY_FALSE {
		t.Errorf("connection details are %v, ready is %v", composite.GetConnectionDetails(), composite.GetReady())
	}

	// What an earlier step says of readiness stands when everything of ours is there.
	_, all, err := compositions.Simulate(find(t, "Network"), spec)
	if err != nil {
		t.Fatal(err)
	}
	done := request(t, "Network", spec, all)
	for _, ready := range []fnv1.Ready{fnv1.Ready_READY_TRUE, fnv1.Ready_READY_FALSE, fnv1.Ready_READY_UNSPECIFIED} {
		done.Desired = &fnv1.State{Composite: &fnv1.Resource{Ready: ready}}
		if got := ask(t, quiet(), done).GetDesired().GetComposite().GetReady(); got != ready {
			t.Errorf("an earlier step says %v, the response says %v", ready, got)
		}
	}
}

// TestClash refuses what two steps want. The response hands on what the request had.
func TestClash(t *testing.T) {
	t.Parallel()
	req := request(t, "Network", specs(t)["Network"], compositions.Observed{})
	keys := slices.Sorted(maps.Keys(ask(t, quiet(), req).GetDesired().GetResources()))[:2]
	req.Desired = &fnv1.State{Resources: map[string]*fnv1.Resource{keys[0]: {}, keys[1]: {}, "other": {}}}
	rsp := ask(t, quiet(), req)
	want := fmt.Sprintf("pipeline: an earlier step composes %s, %s too, allowed are other names", keys[0], keys[1])
	if got := fatal(t, rsp); got != want {
		t.Errorf("message is %q, want %q", got, want)
	}
	if !proto.Equal(req.GetDesired(), rsp.GetDesired()) {
		t.Errorf("desired is %v", rsp.GetDesired())
	}

	registration := request(t, "ClusterRegistration", specs(t)["ClusterRegistration"], compositions.Observed{})
	registration.Desired = &fnv1.State{Composite: &fnv1.Resource{Resource: object(t, map[string]any{"status": map[string]any{"secretName": "x"}})}}
	if got, want := fatal(t, ask(t, quiet(), registration)), "pipeline: an earlier step sets status.secretName too, allowed are other fields"; got != want {
		t.Errorf("message is %q, want %q", got, want)
	}
}

// TestRequired asks for a resource, gets nothing, then an empty answer, then the resource.
func TestRequired(t *testing.T) {
	t.Parallel()
	spec := specs(t)["ClusterRegistration"]
	_, all, err := compositions.Simulate(find(t, "ClusterRegistration"), spec)
	if err != nil {
		t.Fatal(err)
	}
	cluster := &fnv1.Resources{Items: []*fnv1.Resource{{Resource: object(t, all.Required["cluster"])}}}
	first := request(t, "ClusterRegistration", spec, compositions.Observed{})
	first.RequiredResources = nil
	second := proto.CloneOf(first)
	second.RequiredResources = map[string]*fnv1.Resources{"cluster": {}}
	null := proto.CloneOf(first)
	null.RequiredResources = map[string]*fnv1.Resources{"cluster": nil}
	third := proto.CloneOf(first)
	third.RequiredResources = map[string]*fnv1.Resources{"cluster": cluster}
	older := proto.CloneOf(first)
	older.ExtraResources = map[string]*fnv1.Resources{"cluster": cluster} //nolint:staticcheck // What older versions of Crossplane send.
	for name, tc := range map[string]struct {
		req       *fnv1.RunFunctionRequest
		resources int
	}{"not looked for": {first, 0}, "not there": {second, 0}, "null": {null, 0}, "there": {third, 1}, "extra": {older, 1}} {
		rsp := ask(t, quiet(), tc.req)
		if message := fatal(t, rsp); message != "" {
			t.Errorf("%s: %s", name, message)
		}
		if got := len(rsp.GetDesired().GetResources()); got != tc.resources {
			t.Errorf("%s: there are %d resources, want %d", name, got, tc.resources)
		}
		selector := rsp.GetRequirements().GetResources()["cluster"]
		if selector.GetKind() != "Cluster" || selector.GetMatchName() == "" || selector.Namespace != nil {
			t.Errorf("%s: requirement is %v", name, selector)
		}
		if got := rsp.GetDesired().GetComposite().GetReady(); got != fnv1.Ready_READY_FALSE {
			t.Errorf("%s: the composite is %v: one without resources counts as ready", name, got)
		}
	}
}

// TestPanic ends a request and not the function.
func TestPanic(t *testing.T) {
	t.Parallel()
	log := &journal{}
	f := New(log.logger())
	good := f.compose
	f.compose = func(c compositions.Composition, spec map[string]any, observed compositions.Observed) (*compositions.Result, error) {
		if c.Kind == "Network" {
			subnets := make([]string, 1)
			_ = subnets[len(spec)] // What a mistake looks like.
		}
		return good(c, spec, observed)
	}
	all := specs(t)
	rsp := ask(t, f, request(t, "Network", all["Network"], compositions.Observed{}))
	want := "composing XNetwork dev-x7k2p hit a defect of genops: nothing is changed, and the log of the function says what happened"
	if got := fatal(t, rsp); got != want {
		t.Errorf("message is %q, want %q", got, want)
	}
	if !log.contains("index out of range") || !log.contains("function_test.go") || !log.contains("XNetwork dev-x7k2p") {
		t.Errorf("the log does not say what happened:\n%s", log.text.String())
	}
	if message := fatal(t, ask(t, f, request(t, "Cluster", all["Cluster"], compositions.Observed{}))); message != "" {
		t.Errorf("the next request: %s", message)
	}
}

// TestDefect tells an error of a composition from one of its input.
func TestDefect(t *testing.T) {
	t.Parallel()
	req := request(t, "Network", specs(t)["Network"], compositions.Observed{})
	returns := func(result *compositions.Result, err error) *Function {
		f := quiet()
		f.compose = func(compositions.Composition, map[string]any, compositions.Observed) (*compositions.Result, error) {
			return result, err
		}
		return f
	}
	one := func(object map[string]any) *compositions.Result {
		return &compositions.Result{Resources: []compositions.Resource{{Key: "a", Object: object}}}
	}
	const defect = "composing XNetwork dev-x7k2p hit a defect of genops: nothing is changed, and the log of the function says what happened"
	for name, tc := range map[string]struct {
		f    *Function
		want string
	}{
		"invalid":   {returns(nil, fmt.Errorf("compose: %w", &compositions.InvalidError{Problems: []string{"spec.a: is 1", "spec.b: is 2"}})), "spec.a: is 1; spec.b: is 2"},
		"error":     {returns(nil, context.DeadlineExceeded), defect},
		"too large": {returns(one(map[string]any{"n": int64(1<<53 + 1)}), nil), defect},
		"bytes":     {returns(one(map[string]any{"text": "\xff"}), nil), defect},
		"function":  {returns(one(map[string]any{"f": func() {}}), nil), defect},
		"nothing":   {returns(nil, nil), defect},
	} {
		if got := fatal(t, ask(t, tc.f, req)); got != tc.want {
			t.Errorf("%s: message is %q, want %q", name, got, tc.want)
		}
	}
}

// TestDeterministic asks the same twice.
func TestDeterministic(t *testing.T) {
	t.Parallel()
	for kind, spec := range specs(t) {
		_, all, err := compositions.Simulate(find(t, kind), spec)
		if err != nil {
			t.Fatal(err)
		}
		req := request(t, kind, spec, all)
		bad := set(req, nil, "spec", "region")
		for _, req := range []*fnv1.RunFunctionRequest{req, bad} {
			var first []byte
			for range 5 {
				answer, err := proto.MarshalOptions{Deterministic: true}.Marshal(ask(t, quiet(), req))
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = answer
				}
				if !slices.Equal(first, answer) {
					t.Errorf("%s: the same request gives two responses", kind)
				}
			}
		}
	}
}

// TestLongMessages keeps a status readable, whatever is wrong.
func TestLongMessages(t *testing.T) {
	t.Parallel()
	req := request(t, "Network", specs(t)["Network"], compositions.Observed{})
	many := make([]any, 800)
	for i := range many {
		many[i] = fmt.Sprint(strings.Repeat("x", 1000), i)
	}
	list, err := structpb.NewList(many)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		value *structpb.Value
		path  []string
	}{
		"list": {structpb.NewListValue(list), []string{"spec", "endpoints", "interface"}},
		"text": {structpb.NewStringValue(strings.Repeat("€", 1<<20)), []string{"spec", "region"}},
		"kind": {structpb.NewStringValue(strings.Repeat("€", 1<<20)), []string{"kind"}},
	} {
		message := fatal(t, ask(t, quiet(), set(req, tc.value, tc.path...)))
		if message == "" || len(message) > 8000 {
			t.Errorf("%s: the message has %d bytes", name, len(message))
		}
	}
}
