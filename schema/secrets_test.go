package schema

import (
	"strings"
	"testing"

	"cuelang.org/go/cue/parser"
)

// The secrets of the tests are put together here: written in one piece, they would be found in this repository.
const (
	exampleAccessKey  = "AKIA" + "IOSFODNN7EXAMPLE"
	exampleGitHub     = "ghp" + "_" + "a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2"
	exampleGitHubFine = "github" + "_pat_" + "a1B2_a1B2_a1B2_a1B2_a1B2_a1B2_a1B2_a1B2_"
	exampleSlack      = "xox" + "b-1234567890-abcdefghij"
	examplePrivateKey = "-----BEGIN RSA PRIVATE" + " KEY-----"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		exampleAccessKey:                                     "the id of an AWS access key",
		"key=ASIA" + exampleAccessKey[4:]:                    "the id of an AWS access key",
		"--token=" + exampleGitHub:                           "a token of GitHub",
		exampleGitHubFine:                                    "a token of GitHub",
		exampleSlack:                                         "a token of Slack",
		examplePrivateKey + "\nMIIE":                         "a private key",
		"-----BEGIN PRIVATE" + " KEY-----":                   "a private key",
		"postgres://api:hunter2@db.acme/api":                 "an address with a password",
		"redis://:hunter2@cache.acme":                        "an address with a password",
		"a://$(USER):$(PASSWORD)@b, https://me:hunter2@acme": "an address with a password",
		"postgres://$(DATABASE_USER):$(DATABASE_PASSWORD)@$(DATABASE_HOST)/db": "",
		"postgres://api@db.acme/api":               "",
		"https://acme.example:8443/@scope/package": "",
		"AKIA":                           "",
		"AKIA" + strings.Repeat("A", 20): "",
		"ghp_short":                      "",
		"-----BEGIN CERTIFICATE-----":    "",
		"":                               "",
	} {
		if got := Secret(text); got != want {
			t.Errorf("Secret(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestSecretAddressOfTeams(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://acme.webhook.office.com/webhookb2/0123", "https://outlook.office.com/webhook/0123"} {
		if got := SecretAddress(address); got != "Teams" {
			t.Errorf("SecretAddress(%q) = %q", address, got)
		}
	}
}

// TestTextOfValues has what messages repeat of a value: no secret, and never half a string.
func TestTextOfValues(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`"plain"`:                         `"plain"`,
		`42`:                              `42`,
		`"` + exampleAccessKey + `"`:      `"..."`,
		`"--token=` + exampleGitHub + `"`: `"--token=..."`,
		`["` + exampleGitHubFine + `", "` + exampleAccessKey + `"]`:              `["...", "..."]`,
		`"` + exampleSlack + `"`:                                                 `"..."`,
		`"` + examplePrivateKey + `\nMIIE=\n"`:                                   `"..."`,
		`"postgres://api:hunter2@db.acme/api"`:                                   `"postgres://...@db.acme/api"`,
		`"postgres://api:hun/ter2@db.acme/api"`:                                  `"postgres://...@db.acme/api"`,
		`"https://token@acme.example/a"`:                                         `"https://...@acme.example/a"`,
		`"https://acme.example/a?key=hunter2&b=c"`:                               `"https://acme.example/a?..."`,
		`"https://acme.example/a?key=\"hunter2\""`:                               `"https://acme.example/a?..."`,
		`"https://acme.example/@scope"`:                                          `"https://acme.example/@scope"`,
		`"https://outlook.office.com/webhook/0123"`:                              `an address of Teams`,
		`"` + strings.Repeat("é", 58) + `"`:                                      `"` + strings.Repeat("é", 58) + `"`,
		`"` + strings.Repeat("é", 59) + `"`:                                      `"` + strings.Repeat("é", 55) + `..."`,
		`"` + strings.Repeat("a", 54) + `\" and more"`:                           `"` + strings.Repeat("a", 54) + `..."`,
		`["` + strings.Repeat("a", 30) + `", "` + strings.Repeat("b", 30) + `"]`: `["` + strings.Repeat("a", 30) + `", "` + strings.Repeat("b", 20) + `..."`,
	} {
		value, err := parser.ParseExpr("test", source)
		if err != nil {
			t.Fatal(err)
		}
		if got := (place{value: value}).text(); got != want {
			t.Errorf("text of %s = %s, want %s", source, got, want)
		}
	}
}
