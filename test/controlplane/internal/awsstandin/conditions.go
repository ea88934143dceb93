package awsstandin

import "time"

// Reasons of conditions (crossplane-runtime: common conditions).
const (
	reasonSuccess     = "ReconcileSuccess"
	reasonError       = "ReconcileError"
	reasonAvailable   = "Available"
	reasonUnavailable = "Unavailable"
	reasonCreating    = "Creating"
)

// condition is one that a reconciliation sets.
type condition struct {
	kind    string
	status  bool
	reason  string
	message string
}

func synced() condition { return condition{kind: "Synced", status: true, reason: reasonSuccess} }
func available() condition {
	return condition{kind: "Ready", status: true, reason: reasonAvailable}
}
func creating() condition    { return condition{kind: "Ready", reason: reasonCreating} }
func unavailable() condition { return condition{kind: "Ready", reason: reasonUnavailable} }
func failed(err error) condition {
	return condition{kind: "Synced", reason: reasonError, message: err.Error()}
}

// setConditions returns the conditions of an object with some set anew. The time changes only if the rest does, so that nothing is written twice.
func setConditions(object fields, now time.Time, set ...condition) []any {
	before, _ := at(object, "status", "conditions").([]any)
	after := make([]any, 0, len(before)+len(set))
	for _, old := range before {
		replaced := false
		for _, c := range set {
			replaced = replaced || text(old, "type") == c.kind
		}
		if !replaced {
			after = append(after, old)
		}
	}
	for _, c := range set {
		made := fields{"type": c.kind, "status": "False", "reason": c.reason, "lastTransitionTime": now.UTC().Format(time.RFC3339)}
		if c.status {
			made["status"] = "True"
		}
		if c.message != "" {
			made["message"] = c.message
		}
		for _, old := range before {
			if text(old, "type") == c.kind && text(old, "status") == made["status"] && text(old, "reason") == c.reason && text(old, "message") == c.message {
				made["lastTransitionTime"] = at(old, "lastTransitionTime")
			}
		}
		after = append(after, made)
	}
	return after
}

// isTrue tells whether a condition of an object is true.
func isTrue(object fields, kind string) bool {
	conditions, _ := at(object, "status", "conditions").([]any)
	for _, c := range conditions {
		if text(c, "type") == kind {
			return text(c, "status") == "True"
		}
	}
	return false
}

func ready(object fields) bool { return isTrue(object, "Ready") }
