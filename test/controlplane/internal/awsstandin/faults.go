package awsstandin

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Mode is what goes wrong.
type Mode string

// Modes of faults.
const (
	// NeverReady lets a resource be created for ever. One that is there already becomes unready.
	NeverReady Mode = "NeverReady"
	// Throttle refuses every request, as AWS does with too many. What is there stays.
	Throttle Mode = "Throttle"
	// CreateError refuses to create, with the fault's message.
	CreateError Mode = "CreateError"
)

// annotationKey is the key of a composed resource in its composition (crossplane: composed resources).
const annotationKey = "crossplane.io/composition-resource-name"

// Fault is something that goes wrong on purpose.
type Fault struct {
	// Kind is VPC or ec2.aws.upbound.io/VPC, or ec2.aws.upbound.io for all of a group; empty for all.
	Kind string
	// Name is a regular expression for the whole name of the object, or the whole key of the composed resource; empty for all.
	Name string
	Mode Mode
	// Times is how often it happens; zero for until it is removed.
	Times int
	// Message of a CreateError.
	Message string
}

// injected is a fault that is in force.
type injected struct {
	Fault

	name *regexp.Regexp
	left int
}

type faults struct {
	mu  sync.Mutex
	all []*injected
}

// Inject puts a fault in force until it is removed.
func (s *Standin) Inject(f Fault) (remove func()) {
	s.faults.mu.Lock()
	made := &injected{Fault: f, left: f.Times, name: pattern(f.Name)}
	s.faults.all = append(s.faults.all, made)
	s.faults.mu.Unlock()
	s.everything()
	return func() {
		s.faults.mu.Lock()
		s.faults.all = slices.DeleteFunc(s.faults.all, func(other *injected) bool { return other == made })
		s.faults.mu.Unlock()
		s.everything()
	}
}

// pattern is a regular expression for all of a name; what is none stands for itself.
func pattern(name string) *regexp.Regexp {
	if name == "" {
		name = ".*"
	}
	if compiled, err := regexp.Compile("^(?:" + name + ")$"); err == nil {
		return compiled
	}
	return regexp.MustCompile("^" + regexp.QuoteMeta(name) + "$")
}

// take returns the fault of a mode that hits an object, and counts it.
func (f *faults) take(k key, object fields, mode Mode) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	composed := text(object, "metadata", "annotations", annotationKey)
	for _, one := range f.all {
		group, name, _ := strings.Cut(k.kind, "/")
		hits := one.Kind == "" || one.Kind == k.kind || one.Kind == group || one.Kind == name
		if one.Mode != mode || !hits || !one.name.MatchString(k.name) && !(composed != "" && one.name.MatchString(composed)) {
			continue
		}
		if one.Times > 0 {
			if one.left == 0 {
				continue
			}
			one.left--
		}
		return one.Fault, true
	}
	return Fault{}, false
}
