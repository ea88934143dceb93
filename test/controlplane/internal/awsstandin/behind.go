package awsstandin

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// Held is what AWS has for a managed resource.
type Held struct {
	// Asked are the fields that AWS was asked for last.
	Asked map[string]any
	// Made is how often the resource was made.
	Made int
}

// Find returns what AWS has for a managed resource; false if it has nothing. Kind is VPC or ec2.aws.upbound.io/VPC.
func (s *Standin) Find(kind, name string) (Held, bool) {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	k, r := s.cloud.of(kind, name)
	if r == nil {
		return Held{}, false
	}
	return Held{Asked: runtime.DeepCopyJSON(r.params), Made: s.cloud.made[k]}, true
}

// Vanish takes away what AWS has for a managed resource, as somebody does who deletes it by hand, and tells whether there was something. The
// provider notices at once: what it would see at its next poll.
func (s *Standin) Vanish(kind, name string) bool {
	s.cloud.mu.Lock()
	k, r := s.cloud.of(kind, name)
	if r != nil {
		delete(s.cloud.resources, r.slot())
		delete(s.cloud.managed, k)
	}
	s.cloud.mu.Unlock()
	if r != nil {
		s.queue.Add(k)
	}
	return r != nil
}

// Edit changes fields of what AWS has for a managed resource, as somebody does in AWS's console, and tells whether there is something. The provider
// notices at once.
func (s *Standin) Edit(kind, name string, change map[string]any) bool {
	s.cloud.mu.Lock()
	k, r := s.cloud.of(kind, name)
	if r != nil {
		r.params = merge(r.params, change)
	}
	s.cloud.mu.Unlock()
	if r != nil {
		s.queue.Add(k)
	}
	return r != nil
}

// of is the resource of a managed resource; nil if there is none.
func (c *cloud) of(kind, name string) (key, *resource) {
	for k, r := range c.managed {
		if k.name == name && (k.kind == kind || strings.HasSuffix(k.kind, "/"+kind)) {
			return k, r
		}
	}
	return key{}, nil
}
