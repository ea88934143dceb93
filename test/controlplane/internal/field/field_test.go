package field_test

import (
	"testing"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

func TestCondition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason, text, status, message string
		ready                               bool
	}{
		{name: "ready", reason: "Available", status: "True", message: "Available", ready: true},
		{name: "waiting", reason: "Creating", text: "waits for a subnet ", status: "False", message: "Creating waits for a subnet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conditions := []any{
				map[string]any{"type": "Synced", "status": "True"},
				map[string]any{"type": "Ready", "status": c.status, "reason": c.reason, "message": c.text},
			}
			live := map[string]any{"status": map[string]any{"conditions": conditions}}
			if status, message := field.Condition(live, "Ready"); status != c.status || message != c.message {
				t.Errorf("got %q, %q; want %q, %q", status, message, c.status, c.message)
			}
			if field.IsReady(live) != c.ready {
				t.Errorf("ready is %t", !c.ready)
			}
		})
	}
	if status, message := field.Condition(map[string]any{"status": "odd"}, "Ready"); status != "" || message != "no condition" {
		t.Errorf("an object without conditions has %q, %q", status, message)
	}
}
