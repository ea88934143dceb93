package scale

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	mebibyte = 1 << 20
	// enough is the part of a memory limit that may be used.
	enough = 0.8
	// largest is how large an object may be: etcd takes requests of 1.5 MiB, and more than the object is in one.
	largest = mebibyte
	// tolerance is how much more than proportionally memory may grow; slack, or that share of it, is what a garbage collector makes of any figure.
	tolerance, slack, share = 1.5, 128 * mebibyte, 0.15
)

// Program is a program of the bootstrap cluster, with what its container asks for and may use; zero for nothing stated.
type Program struct {
	Name string
	// Request and Limit are of memory, in bytes.
	Request, Limit int64
	// Cores is the limit of CPU.
	Cores float64
}

// Use is what a program took in a step.
type Use struct {
	Program

	// Rest and Peak are resident memory: at the end of the step, and at most.
	Rest, Peak int64
	// CPU is what the step took.
	CPU time.Duration
	// Idle is how many cores it uses when there is nothing to do.
	Idle float64
}

// Object is an object in the API server.
type Object struct {
	Name string
	Size int
}

// Step is a platform of some size, and how it came to be.
type Step struct {
	Name                                                    string
	Environments, Clusters, Claims, Resources, Applications int
	// First and Ready are how long the first new claim took after the push, and everything.
	First, Ready time.Duration
	// Last is the claim that was ready last.
	Last string
	// Opened are composites whose events Crossplane held back (its circuit breaker).
	Opened []string
	// Render, Validate and Expand are how long genops took.
	Render, Validate, Expand time.Duration
	// Etcd and EtcdUsed are the size of etcd's database and how much of it is in use, with all clusters.
	Etcd, EtcdUsed int64
	Uses           []Use
	// Largest are the largest objects.
	Largest []Object
}

// Judge says what a step did not do within what is rendered.
func (s Step) Judge() error {
	var problems []error
	for _, u := range s.Uses {
		switch part := float64(u.Peak) / float64(u.Limit); {
		case u.Limit == 0:
		case part > 1:
			problems = append(problems, fmt.Errorf("%s: %s uses %s of memory, more than its limit of %s: it would be killed", s.Name, u.Name, bytes(u.Peak), bytes(u.Limit)))
		case part > enough:
			problems = append(problems, fmt.Errorf("%s: %s uses %s of memory, %.0f %% of its limit of %s", s.Name, u.Name, bytes(u.Peak), 100*part, bytes(u.Limit))) //nolint:mnd // Per cent.
		}
	}
	for _, u := range s.Uses {
		if u.Cores > 0 && s.Ready > 0 && u.CPU.Seconds() > u.Cores*s.Ready.Seconds() {
			problems = append(problems, fmt.Errorf("%s: %s used %s of CPU in %s: its limit of %.1f cores would have made it last longer", s.Name, u.Name, seconds(u.CPU), seconds(s.Ready), u.Cores))
		}
	}
	if len(s.Opened) > 0 {
		problems = append(problems, fmt.Errorf("%s: Crossplane drops events of %s, which had too many at once (Responsive=False): raise --circuit-breaker-burst",
			s.Name, strings.Join(s.Opened, ", ")))
	}
	for _, o := range s.Largest {
		if o.Size > largest {
			problems = append(problems, fmt.Errorf("%s: %s has %s, and etcd takes no request of 1.5 MiB", s.Name, o.Name, bytes(int64(o.Size))))
		}
	}
	return errors.Join(problems...)
}

// Growth says which program's memory grows more than in proportion to the platform: what the last step has is compared with what the one before
// would have made expected. Programs grow with different things, Argo CD with clusters above all: what grew most counts. A platform needs at most what a
// larger one took: what is above that is not collected yet.
func Growth(steps []Step) error {
	steps = slices.CompactFunc(slices.Clone(steps), func(a, b Step) bool { return a.Environments == b.Environments })
	const needed = 3
	if len(steps) < needed {
		return nil
	}
	var problems []error
	start, then, last := steps[0], steps[len(steps)-2], steps[len(steps)-1]
	times := growth(start, then, last)
	for _, u := range last.Uses {
		before, after := least(steps, u.Name), least(steps[len(steps)-2:], u.Name)
		if before == 0 || after == 0 {
			continue
		}
		grown := times * float64(max(0, after-before))
		if float64(u.Rest-before) > tolerance*grown+max(slack, share*float64(u.Rest)) {
			problems = append(problems, fmt.Errorf("the memory of %s grows faster than the platform: %s, %s and %s with %d, %d and %d environments",
				u.Name, bytes(before), bytes(after), bytes(u.Rest), start.Environments, then.Environments, last.Environments))
		}
	}
	return errors.Join(problems...)
}

// growth is how many times what came between start and then has come between start and last, of what grew most.
func growth(start, then, last Step) float64 {
	most := 0.0
	for _, size := range []func(Step) int{
		func(s Step) int { return s.Environments },
		func(s Step) int { return s.Clusters },
		func(s Step) int { return s.Applications },
		func(s Step) int { return s.Resources },
	} {
		if came := size(then) - size(start); came > 0 {
			most = max(most, float64(size(last)-size(start))/float64(came))
		}
	}
	return most
}

// least is the least memory at rest that a program has in steps; zero if it is not in each of them.
func least(steps []Step, name string) int64 {
	found := steps[0].rest(name)
	for _, s := range steps {
		found = min(found, s.rest(name))
	}
	return found
}

func (s Step) rest(name string) int64 {
	for _, u := range s.Uses {
		if u.Name == name {
			return u.Rest
		}
	}
	return 0
}

func bytes(n int64) string {
	const kibibyte = 1 << 10
	if n < mebibyte {
		return fmt.Sprintf("%d KiB", n/kibibyte)
	}
	return fmt.Sprintf("%d MiB", n/mebibyte)
}

// seconds rounds a time for people.
func seconds(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 10*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}
