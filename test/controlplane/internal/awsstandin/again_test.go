package awsstandin

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestAgain: the provider's next pod finds by external-names what the one before has made, and makes again what has none.
func TestAgain(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, controlPlane()...)
	for _, object := range controlPlane() {
		h.ready(kindOf(object), text(object, "metadata", "name"))
	}
	made := len(h.Inventory(""))
	h.Stop()
	second := text(h.get(kindSubnet, "b"), "metadata", "annotations", annotationExternalName)
	h.change(kindVPC, "vpc", func(object fields) { delete(child(object, "metadata", "annotations"), annotationExternalName) })

	next := with(h.options, h.client, h.served)
	next.cloud, next.faults, next.records = h.cloud, h.faults, h.records
	h.cloud.disown()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- next.Run(ctx) }()
	defer func() {
		cancel()
		<-ended
	}()
	for deadline := time.Now().Add(10 * time.Second); len(next.Orphans()) != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("orphans: %q", next.Orphans())
		}
	}
	twice := Twice(next.History())
	if len(twice) != 1 || !strings.HasPrefix(twice[0], "VPC vpc was made 2 times: vpc-") {
		t.Errorf("made twice: %q", twice)
	}
	if again := Again(next.History()); len(again) != 1 || again[0].Object != "vpc" {
		t.Errorf("made again: %v", again)
	}
	if got := next.Orphans()[0]; !strings.HasPrefix(got, "VPC vpc-") || !strings.HasSuffix(got, "made for vpc") {
		t.Errorf("orphan: %q", got)
	}
	if got := text(h.get(kindSubnet, "b"), "metadata", "annotations", annotationExternalName); got != second {
		t.Errorf("subnet b was %s and is %s", second, got)
	}
	if got := len(next.Inventory("")); got != made+1 {
		t.Errorf("AWS had %d resources and has %d", made, got)
	}
	// What was made twice is taken away, as people do it.
	for _, e := range next.History() {
		if e.What == Created && e.Object == "vpc" {
			if err := next.Remove(e); err == nil {
				break
			}
		}
	}
	if left := Twice(next.History()); len(left) != 0 || len(next.Orphans()) != 0 {
		t.Errorf("left: %q, %q", left, next.Orphans())
	}
}

// TestContested: what goes from one hub to another once is adopted, and contested if it comes back.
func TestContested(t *testing.T) {
	t.Parallel()
	adopted := func(uid string) Event {
		return Event{What: Adopted, Kind: kindVPC, ID: "vpc-1", Object: "dev.network.vpc", UID: uid}
	}
	if got := Contested([]Event{adopted("new"), adopted("new")}); len(got) != 0 {
		t.Errorf("adopted once: %q", got)
	}
	got := Contested([]Event{adopted("new"), adopted("old"), adopted("new")})
	if len(got) != 1 || got[0] != "VPC vpc-1 of dev.network.vpc changed hands 3 times between managed resources of two hubs" {
		t.Errorf("contested: %q", got)
	}
}

// TestEmpty: what somebody manages stays, and so do other accounts.
func TestEmpty(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, network()...)
	h.ready(kindSubnet, "b")
	for _, id := range []string{"vpc-0123456789abcdef0", "vpc-0123456789abcdef1"} {
		where := map[string]string{"vpc-0123456789abcdef0": account, "vpc-0123456789abcdef1": "999900000009"}[id]
		if err := h.Import(Existing{Kind: kindVPC, Account: where, Region: region, ExternalName: id, Params: fields{"cidrBlock": "10.0.0.0/16"}}); err != nil {
			t.Fatal(err)
		}
	}
	before := len(h.Inventory(account))
	h.Empty(account)
	if after := len(h.Inventory(account)); after != before-1 || len(h.Inventory("999900000009")) != 1 {
		t.Errorf("of %d resources %d are left", before, after)
	}
}
