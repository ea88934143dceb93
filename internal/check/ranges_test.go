package check_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/schema"
)

// several loads this many environments with a network each; a test sets their ranges as it likes.
func several(t *testing.T, count int) *schema.Config {
	t.Helper()
	environments := map[string]string{}
	for i := range count {
		environments[fmt.Sprintf("e%02d", i)] = fmt.Sprintf("network: {cidr: \"10.%d.0.0/16\"}", i)
	}
	return input{environments: environments}.load(t)
}

// random is a range from a space so small that many overlap.
func random(r *rand.Rand) netip.Prefix {
	bits := 16 + r.IntN(5)
	address := netip.AddrFrom4([4]byte{10, byte(r.IntN(12)), byte(r.IntN(4) * 64), 0})
	return netip.PrefixFrom(address, bits).Masked()
}

// oracle compares each with each: which pairs overlap, and how many problems there are if a group of ranges that hang together has one fewer
// than it has members.
func oracle(config *schema.Config) (pairs map[[2]string]bool, problems int) {
	pairs = map[[2]string]bool{}
	group := map[string]string{}
	var find func(string) string
	find = func(name string) string {
		if group[name] == name {
			return name
		}
		return find(group[name])
	}
	for _, e := range config.Environments {
		group[e.Name] = e.Name
	}
	for _, a := range config.Environments {
		for _, b := range config.Environments {
			if a.Name < b.Name && netip.MustParsePrefix(a.Network.CIDR).Overlaps(netip.MustParsePrefix(b.Network.CIDR)) {
				pairs[[2]string{a.Name, b.Name}] = true
				if find(a.Name) != find(b.Name) {
					group[find(a.Name)] = find(b.Name)
					problems++
				}
			}
		}
	}
	return pairs, problems
}

// TestOverlapsAreThoseOfTheOracle sweeps over ranges drawn by lot, the same on every run.
func TestOverlapsAreThoseOfTheOracle(t *testing.T) {
	t.Parallel()
	const rounds = 300
	r := rand.New(rand.NewPCG(1, 2))
	config := several(t, 16)
	overlapping := 0
	for round := range rounds {
		for _, e := range config.Environments {
			e.Network.CIDR = random(r).String()
		}
		pairs, want := oracle(config)
		overlapping += len(pairs)
		named, problems := map[string]bool{}, 0
		for _, p := range check.Run(config).Errors {
			if p.Field != "network.cidr" || len(p.Related) != 1 {
				t.Fatalf("round %d: %+v", round, p)
			}
			problems++
			other := strings.TrimSuffix(p.Related[0].Message, "'s is set here")
			named[p.Environment], named[other] = true, true
			if !pairs[[2]string{other, p.Environment}] {
				t.Errorf("round %d: %s and %s do not overlap, or in another order: %s", round, other, p.Environment, p.Message)
			}
			mine, theirs := config.Environment(p.Environment).Network.CIDR, config.Environment(other).Network.CIDR
			if message := fmt.Sprintf("%s overlaps %s's %s", mine, other, theirs); p.Message != message {
				t.Errorf("round %d: got %q, want %q", round, p.Message, message)
			}
			checkSuggestions(t, config, p.Hint, mine)
		}
		if problems != want {
			t.Errorf("round %d: %d problems, want %d", round, problems, want)
		}
		concerned := map[string]bool{}
		for pair := range pairs {
			concerned[pair[0]], concerned[pair[1]] = true, true
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(concerned)), slices.Sorted(maps.Keys(named))); diff != "" {
			t.Errorf("round %d: environments that overlap (-oracle +named):\n%s", round, diff)
		}
	}
	if overlapping < rounds {
		t.Errorf("%d overlaps in %d rounds prove little", overlapping, rounds)
	}
}

// checkSuggestions reads the free ranges out of a hint: they have the size that was asked for, and are free of everything.
func checkSuggestions(t *testing.T, config *schema.Config, hint, like string) {
	t.Helper()
	list, ok := strings.CutPrefix(hint, "free ranges of the same size in 10.0.0.0/8: ")
	if !ok {
		t.Errorf("no suggestion in %q", hint)
		return
	}
	seen := map[netip.Prefix]bool{}
	for text := range strings.SplitSeq(list, ", ") {
		suggestion := netip.MustParsePrefix(text)
		if suggestion != suggestion.Masked() || suggestion.Bits() != netip.MustParsePrefix(like).Bits() || seen[suggestion] {
			t.Errorf("%s is no suggestion for %s: %s", text, like, hint)
		}
		seen[suggestion] = true
		for _, e := range config.Environments {
			taken := []string{e.Network.CIDR}
			if e.Cluster != nil {
				taken = append(taken, e.Cluster.ServiceCIDR)
			}
			for _, other := range taken {
				if suggestion.Overlaps(netip.MustParsePrefix(other)) {
					t.Errorf("%s is not free: %s has %s", text, e.Name, other)
				}
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("got %d suggestions, want 3: %s", len(seen), hint)
	}
}

// TestSuggestionsAreFreeOfServices has addresses of Kubernetes services where the first suggestion would be: who follows it would get the next
// problem.
func TestSuggestionsAreFreeOfServices(t *testing.T) {
	t.Parallel()
	config := input{environments: map[string]string{
		"one": "network: cidr: \"10.20.0.0/16\"\ncluster: serviceCIDR: \"10.30.0.0/16\"", "two": "network: cidr: \"10.20.0.0/16\"\ncluster: serviceCIDR: \"10.0.0.0/12\"",
	}}.load(t)
	problems := check.Run(config).Errors
	if len(problems) == 0 {
		t.Fatal("no problem, no suggestion")
	}
	for _, p := range problems {
		if p.Field == "network.cidr" {
			checkSuggestions(t, config, p.Hint, "10.20.0.0/16")
		}
	}
}

// TestNoSuggestionIsBetterThanAWrongOne has a network in which nothing is free.
func TestNoSuggestionIsBetterThanAWrongOne(t *testing.T) {
	t.Parallel()
	config := several(t, 18)
	for i, e := range config.Environments {
		// Sixteen blocks of /12 fill 10.0.0.0/8; the contract would not take them, the sweep does.
		e.Network.CIDR = fmt.Sprintf("10.%d.0.0/12", min(i, 15)*16)
	}
	for _, p := range check.Run(config).Errors {
		if strings.Contains(p.Message, "overlaps") && p.Hint != "" {
			t.Errorf("%s: %s", p.Message, p.Hint)
		}
	}
}
