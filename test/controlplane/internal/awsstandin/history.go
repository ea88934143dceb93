package awsstandin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// What happens to resources of AWS.
const (
	Created = "created"
	Deleted = "deleted"
	// Adopted is found and managed by a managed resource that did not manage it before.
	Adopted = "adopted"
)

// Event is what happened to a resource of AWS.
type Event struct {
	What string
	// Kind with its group, such as ec2.aws.upbound.io/VPC.
	Kind, Account, Region string
	// ID is the id that AWS gave, or the chosen name.
	ID string
	// Object and UID are those of the managed resource.
	Object, UID string
	Time        time.Time
}

// String is the event as messages show it.
func (e Event) String() string {
	return fmt.Sprintf("%s %s of account %s, %s for %s", e.Kind[strings.Index(e.Kind, "/")+1:], e.ID, e.Account, e.What, e.Object)
}

// note notes an event; the cloud is locked.
func (c *cloud) note(what string, r *resource) {
	if onlyWaits(r.kind) {
		return
	}
	c.history = append(c.history, Event{
		What: what, Kind: r.kind.full(), Account: r.place.account, Region: r.place.region, ID: r.identity, Object: r.object, UID: r.uid, Time: time.Now(),
	})
}

// onlyWaits tells kinds that make nothing in AWS: the provider waits for a certificate, and may do so again.
func onlyWaits(k kind) bool { return k.full() == kindValidation }

// History is what happened to the resources of AWS, the oldest first.
func (s *Standin) History() []Event {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	return slices.Clone(s.cloud.history)
}

// Again are the creations of what AWS still had, made for the same managed resource before.
func Again(history []Event) []Event {
	var all []Event
	for _, events := range standing(history) {
		all = append(all, events[1:]...)
	}
	slices.SortFunc(all, func(a, b Event) int { return a.Time.Compare(b.Time) })
	return all
}

// Twice lists what was made more than once for the same managed resource although AWS still had the first.
func Twice(history []Event) []string {
	var all []string
	for m, events := range standing(history) {
		if len(events) == 1 {
			continue
		}
		ids := make([]string, 0, len(events))
		for _, e := range events {
			ids = append(ids, e.ID)
		}
		all = append(all, fmt.Sprintf("%s %s was made %d times: %s", m.kind[strings.Index(m.kind, "/")+1:], m.object, len(ids), strings.Join(ids, ", ")))
	}
	slices.Sort(all)
	return all
}

// made says for which managed resource something was made, and where.
type made struct{ kind, account, region, object string }

// standing are the creations of what was not deleted since. A setting that is put once more is the same one.
func standing(history []Event) map[made][]Event {
	all := map[made][]Event{}
	for _, e := range history {
		m := made{e.Kind, e.Account, e.Region, e.Object}
		same := func(other Event) bool { return other.ID == e.ID }
		switch {
		case e.What == Created && !slices.ContainsFunc(all[m], same):
			all[m] = append(all[m], e)
		case e.What == Deleted:
			if all[m] = slices.DeleteFunc(all[m], same); len(all[m]) == 0 {
				delete(all, m)
			}
		}
	}
	return all
}

// Contested lists resources that went from one managed resource to another and back: two hubs manage them.
func Contested(history []Event) []string {
	type where struct{ kind, account, region, id string }
	owners := map[where][]Event{}
	for _, e := range history {
		if e.What != Adopted {
			continue
		}
		w := where{e.Kind, e.Account, e.Region, e.ID}
		if known := owners[w]; len(known) == 0 || known[len(known)-1].UID != e.UID {
			owners[w] = append(known, e)
		}
	}
	var all []string
	for w, events := range owners {
		const back = 2
		if len(events) < back {
			continue
		}
		last := events[len(events)-1]
		all = append(all, fmt.Sprintf("%s %s of %s changed hands %d times between managed resources of two hubs", w.kind[strings.Index(w.kind, "/")+1:], w.id, last.Object, len(events)))
	}
	slices.Sort(all)
	return all
}

// Orphans lists what was made in AWS and has no managed resource any more.
func (s *Standin) Orphans() []string {
	s.cloud.mu.Lock()
	resources := slices.Collect(maps.Values(s.cloud.resources))
	made := slices.DeleteFunc(resources, func(r *resource) bool { return r.maker == "" || onlyWaits(r.kind) })
	orphans := map[*resource]key{}
	for _, r := range made {
		orphans[r] = key{r.kind.full(), r.object}
	}
	s.cloud.mu.Unlock()
	var all []string
	for r, k := range orphans {
		if k.name == "" || s.find(k) == nil {
			all = append(all, fmt.Sprintf("%s %s of account %s, made for %s", r.kind.name, r.identity, r.place.account, r.maker))
		}
	}
	slices.Sort(all)
	return all
}
