package awsstandin

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Record is what became of a managed resource.
type Record struct {
	Kind, Name string
	// Message is that of the condition; empty for what was accepted.
	Message string
	Time    time.Time
	// Recovered tells that the object was accepted, or was deleted, later.
	Recovered bool
}

type records struct {
	mu       sync.Mutex
	rejected []Record
	accepted map[key]time.Time
}

// reject notes a refusal, and tells whether it is a new one.
func (r *records) reject(k key, message string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.accepted, k)
	for i := range r.rejected {
		if known := &r.rejected[i]; known.Kind == k.kind && known.Name == k.name {
			known.Recovered = false
			if known.Message == message {
				return false
			}
		}
	}
	r.rejected = append(r.rejected, Record{Kind: k.kind, Name: k.name, Message: message, Time: time.Now()})
	return true
}

func (r *records) accept(k key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.accepted[k]; known {
		return
	}
	if r.accepted == nil {
		r.accepted = map[key]time.Time{}
	}
	r.accepted[k] = time.Now()
	r.recovered(k)
}

// forgive notes that an object was deleted: nothing of it is refused any more.
func (r *records) forgive(k key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recovered(k)
}

func (r *records) recovered(k key) {
	for i := range r.rejected {
		if r.rejected[i].Kind == k.kind && r.rejected[i].Name == k.name {
			r.rejected[i].Recovered = true
		}
	}
}

// Rejected are the objects that were refused at least once, with each message once, the oldest first. Waiting for a reference is no refusal.
func (s *Standin) Rejected() []Record {
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	return slices.Clone(s.records.rejected)
}

// Accepted are the objects whose last reconciliation AWS took, by kind and name.
func (s *Standin) Accepted() []Record {
	s.records.mu.Lock()
	defer s.records.mu.Unlock()
	all := make([]Record, 0, len(s.records.accepted))
	for k, since := range s.records.accepted {
		all = append(all, Record{Kind: k.kind, Name: k.name, Time: since})
	}
	slices.SortFunc(all, func(a, b Record) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return all
}
