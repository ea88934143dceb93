package awsstandin

import (
	"errors"
	"slices"
)

// Stop ends the provider as a pod is ended that is asked to: what it has begun it finishes.
func (s *Standin) Stop() {
	s.queue.ShutDown()
	<-s.ended
}

// Again makes the provider's next pod, which may be one of another hub. AWS keeps what it has; what of it belongs to which managed resource only
// external-names say.
func (s *Standin) Again(options Options) (*Standin, error) {
	next, err := New(options)
	if err != nil {
		return nil, err
	}
	next.cloud, next.faults, next.records = s.cloud, s.faults, s.records
	s.cloud.disown()
	return next, nil
}

// disown forgets what belongs to which managed resource.
func (c *cloud) disown() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.resources {
		r.object, r.uid = "", ""
	}
	clear(c.managed)
}

// Poll looks at all managed resources again, as the provider does every few minutes.
func (s *Standin) Poll() { s.everything() }

// Remove takes a resource that nobody manages out of AWS, and out of its history, as if it had never been made.
func (s *Standin) Remove(e Event) error {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	place := slot{e.Kind, e.Account, e.Region, e.ID}
	r := s.cloud.resources[place]
	if r == nil || r.object != "" {
		return errors.New("remove " + e.ID + ": AWS has it not, or a managed resource manages it")
	}
	delete(s.cloud.resources, place)
	s.cloud.history = slices.DeleteFunc(s.cloud.history, func(other Event) bool { return other.Kind == e.Kind && other.Account == e.Account && other.ID == e.ID })
	return nil
}

// Empty takes what nobody manages out of an account, as people do who are done with it.
func (s *Standin) Empty(account string) {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	for place, r := range s.cloud.resources {
		if r.place.account == account && r.object == "" {
			delete(s.cloud.resources, place)
			s.cloud.note(Deleted, r)
		}
	}
}
