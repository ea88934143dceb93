package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
)

// TestPackages: a package that a claim needs and the platform lacks is named, where the claim is described.
func TestPackages(t *testing.T) {
	t.Parallel()
	config := one("account: \"111122223333\"\nregistry: {github: organization: \"acme\", scanning: type: \"enhanced\"}").load(t)
	if got := check.Run(config).Errors; len(got) > 0 {
		t.Errorf("with all packages: %v", got)
	}
	config.Platform.Versions.Packages.Services = []string{"ec2", "ecr", "iam"}
	var hints []string
	for _, p := range check.Run(config).Errors {
		if p.Position.Line != 5 || p.Field != "registry" || len(p.Related) != 1 {
			t.Errorf("%+v", p)
		}
		hints = append(hints, p.Hint)
	}
	want := []string{`add "inspector2" to platform: versions.packages.services`, `add "kms" to platform: versions.packages.services`}
	if diff := cmp.Diff(want, hints); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	config.Environments[0].Account = ""
	for _, p := range check.Run(config).Errors {
		if strings.Contains(p.Message, "provider package") {
			t.Errorf("an environment that is only planned: %s", p.Message)
		}
	}
}

// TestPackagesOfMany: a package that many claims need is one problem, where it is needed first.
func TestPackagesOfMany(t *testing.T) {
	t.Parallel()
	config := one("account: \"111122223333\"\nnetwork: cidr: \"10.1.0.0/16\"\ncluster: {}\ndatabase: {}").load(t)
	services := &config.Platform.Versions.Packages.Services
	*services = slices.DeleteFunc(slices.Clone(*services), func(s string) bool { return s == "kms" })
	var messages []string
	for _, p := range check.Run(config).Errors {
		messages = append(messages, p.Field+": "+p.Message)
	}
	want := []string{"network: the platform does not install the provider package kms, which the network needs, as 2 other claims of the platform do"}
	if diff := cmp.Diff(want, messages); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
