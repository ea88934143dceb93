package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
)

// TestRegistry has what is wrong with registries.
func TestRegistry(t *testing.T) {
	t.Parallel()
	const (
		github = "github: organization: \"acme\"\n"
		web    = "repositories: web: {}\n"
		start  = "account: \"111122223333\"\nregistry: {\n" + github
	)
	var many strings.Builder
	for i := range 101 {
		fmt.Fprintf(&many, "repositories: r%d: {}\n", i)
	}
	cases := map[string]struct {
		reason string
		in     input
		want   []problem.Problem
	}{
		"nothing wrong":       {"a registry needs no network", one(start + web + "}"), nil},
		"no repositories yet": {"they come one by one", one(start + "}"), nil},
		"tags that differ":    {"no release is tagged like this", one(start + web + "mutableTags: [\"latest\", \"cache-*\", \"w*\"]\n}"), nil},
		"a part of releases": {
			"some release could be overwritten", one(start + web + "mutableTags: [\"a\", \"v1.0.0\"]\n}"),
			[]problem.Problem{related(
				in(8, 20, "registry.mutableTags[1]", "v1.0.0 may be pushed again, and releases are tagged v*"),
				at("dev", 5, 11), "tags of releases are those of registry.lifecycle.releaseTags",
			)},
		},
		"more than releases": {
			"as before, the other way round", one(start + web + "mutableTags: [\"rel*\"]\nlifecycle: releaseTags: [\"v*\", \"release\"]\n}"),
			[]problem.Problem{related(
				in(8, 15, "registry.mutableTags[0]", "rel* may be pushed again, and releases are tagged release"),
				at("dev", 9, 32), "tags of releases are those of registry.lifecycle.releaseTags",
			)},
		},
		"too many": {
			"the claim takes a hundred", one(start + many.String() + "}"),
			[]problem.Problem{in(7, 15, "registry.repositories", "101 repositories: allowed are 100")},
		},
		"basic again and again": {
			"ECR's own scan does not", one(start + web + "scanning: frequency: \"continuous\"\n}"),
			[]problem.Problem{in(8, 22, "registry.scanning.frequency", "basic scans an image once, when it is pushed", `for continuous scans set scanning: type: "enhanced"`)},
		},
		"two": {
			"the later in the alphabet is told",
			two(start+web+"}", "account: \"222233334444\"\nregistry: {\n"+github+"}"),
			[]problem.Problem{related(
				of("two", 5, 11, "registry", "one has the registry of the platform already: allowed is one", "describe all repositories in one of the two, and remove the other"),
				at("one", 5, 11), "one's is set here",
			)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := check.Run(tc.in.load(t)).Errors
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
