package schema

import (
	"strings"
	"testing"

	"cuelang.org/go/cue"

	"github.com/innovate-inc/genops/internal/schemas"
)

// TestFactsOfTheProvider holds what the contract says of versions of the AWS provider against the definitions that are embedded, and against
// what a platform gets that does not say.
func TestFactsOfTheProvider(t *testing.T) {
	t.Parallel()
	files := dev("\tstage: \"dev\"\n\tnetwork: cidr: \"10.20.0.0/16\"")
	files["environments/order.cue"] = "package environments\n\nplatform: order: [\"dev\"]\n"
	config, err := Load(t.Context(), inputs(t, files), "")
	if err != nil {
		t.Fatal(err)
	}
	facts := config.ProviderFacts
	if facts.Schemas != schemas.ProviderAWSVersion {
		t.Errorf("facts.cue says that the definitions are those of %s, they are those of %s", facts.Schemas, schemas.ProviderAWSVersion)
	}
	field := definition(t, newEvaluator(t), "#Platform").LookupPath(cue.MakePath(
		cue.Str("versions"), cue.Str("packages").Required(), cue.Str("providerAWS").Required(), cue.Str("version"),
	))
	value, _ := field.Default()
	if version, err := value.String(); err != nil || version != facts.Installed {
		t.Errorf("a platform that does not say installs %s (%v), facts.cue says %s", version, err, facts.Installed)
	}
}

func TestVersionRange(t *testing.T) {
	t.Parallel()
	broken := VersionRange{From: "v2.4.0", To: "v2.6.0"}
	cases := map[string]struct {
		reason  string
		version string
		want    bool
	}{
		"before":            {"the defect came later", "v2.3.9", false},
		"first":             {"both ends are in", "v2.4.0", true},
		"between":           {"numbers are numbers, and not text", "v2.5.10", true},
		"last":              {"both ends are in", "v2.6.0", true},
		"pre-release":       {"it comes before its release", "v2.6.0-rc.1", true},
		"after":             {"fixed", "v2.6.1", false},
		"much later":        {"numbers are numbers, and not text", "v2.10.0", false},
		"no version":        {"a digest says nothing", "sha256:0123", false},
		"no version at all": {"nothing is in no range", "", false},
	}
	for name, tc := range cases {
		if got := broken.Contains(tc.version); got != tc.want {
			t.Errorf("%s: %s: %q is in the range: %t, want %t", name, tc.reason, tc.version, got, tc.want)
		}
	}
}

// TestVersionsOfTheFunction: a version becomes part of names in Kubernetes, and of an address that Crossplane reads.
func TestVersionsOfTheFunction(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		lines  string
		want   string
	}{
		"tag":           {"the usual one", `version: "v0.3.0"`, ""},
		"pre-release":   {"to try it", `version: "v0.3.0-rc.1"`, ""},
		"digest":        {"what push prints", `version: "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"`, ""},
		"stage":         {"a change is on its way", `{version: "v0.3.0", stages: prod: "v0.2.0"}`, ""},
		"port":          {"a registry of one's own", `{version: "v0.3.0", package: "registry.inside:5000/genops"}`, ""},
		"latest":        {"nobody knows which that is", `version: "latest"`, `platform.versions.packages.function.version: "latest" is not allowed`},
		"capitals":      {"names are in lower case", `version: "v0.3.0-RC1"`, `platform.versions.packages.function.version: "v0.3.0-RC1" is not allowed`},
		"half a digest": {"it would be found by nobody", `version: "sha256:0123"`, `platform.versions.packages.function.version: "sha256:0123" is not allowed`},
		"stage unknown": {"there are four", `{version: "v0.3.0", stages: qa: "v0.2.0"}`, `platform.versions.packages.function.stages.qa: "qa" is not allowed as a name here`},
		"no registry":   {"Crossplane has no default for it", `{version: "v0.3.0", package: "acme/genops"}`, `platform.versions.packages.function.package: "acme/genops" is not allowed`},
		"with version":  {"the version stands in its own field", `{version: "v0.3.0", package: "ghcr.io/acme/genops:v1"}`, `platform.versions.packages.function.package: "ghcr.io/acme/genops:v1" is not allowed`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := dev("\tstage: \"dev\"\n\tnetwork: cidr: \"10.20.0.0/16\"")
			files["environments/order.cue"] = "package environments\n\nplatform: {order: [\"dev\"], versions: packages: function: " + tc.lines + "}\n"
			_, err := Load(t.Context(), inputs(t, files), "")
			if got := errorText(err); tc.want == "" && got != "" || tc.want != "" && !strings.Contains(got, tc.want) {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
