package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
)

// TestBaseline has what is wrong with baselines.
func TestBaseline(t *testing.T) {
	t.Parallel()
	const (
		account    = "account: \"111122223333\"\n"
		management = "account: \"999900000001\"\n"
		emails     = "baseline: budget: emails: [\"costs@acme.example\"]\n"
		trail      = "baseline: trail: {organizationID: \"o-a1b2c3d4e5\"}\n"
		shared     = "sharedAccount: true\n"
		elsewhere  = "region: \"eu-central-1\"\n"
		nobody     = "nobody hears of it: the budget has neither emails nor topicARN, and the platform has no budgetEmails"
		set        = `set budgetEmails: ["costs@acme.example"] in the platform, or baseline: budget: emails in the environment`
	)
	withEmails := func(in input) input {
		in.platform = "\tbudgetEmails: [\"all@acme.example\"]"
		return in
	}
	cases := map[string]struct {
		reason string
		in     input
		want   []problem.Problem
	}{
		"alone":                {"a baseline is something to render", one(account + emails), nil},
		"the platform's":       {"the e-mails of all", withEmails(one(account + "baseline: {}")), nil},
		"a topic":              {"as good as an e-mail", one(account + "baseline: budget: topicARN: \"arn:aws:sns:eu-west-1:111122223333:costs\""), nil},
		"only planned":         {"there is no account to pay for", one("baseline: {}"), nil},
		"of another":           {"there is no budget", one(account + "baseline: accountWide: false"), nil},
		"nobody":               {"a budget that is silent", one(account + "baseline: {}"), []problem.Problem{in(5, 11, "baseline.budget", nobody, set)}},
		"no thresholds":        {"a budget that is silent", one(account + emails + "baseline: budget: {actual: [], forecasted: []}"), []problem.Problem{in(5, 19, "baseline.budget", "neither actual nor forecasted has a threshold: nobody would hear of it", "leave both out for 80 and 100 per cent, and 100 per cent")}},
		"trail":                {"where it belongs", one(management + emails + trail), nil},
		"trail without copy":   {"as before", one(management + emails + trail + "baseline: trail: logs: enabled: false"), nil},
		"trail elsewhere":      {"AWS would refuse it", one(account + emails + trail), []problem.Problem{trailElsewhere("dev lives in 111122223333: allowed is the management account 999900000001 alone")}},
		"trail of the planned": {"AWS would refuse it", one(emails + "stage: \"dev\"\n" + trail), []problem.Problem{trailElsewhere("dev lives in no account: allowed is the management account 999900000001 alone")}},
		"trail that is off": {"it would be left out in silence", one(management + network + trail + "baseline: enabled: false"), []problem.Problem{related(
			in(6, 18, "baseline.trail", "the baseline is not enabled here, so there would be no trail", "remove the trail, or enabled: false"), at("dev", 7, 20), "it is turned off here",
		)}},
		"files that never move": {"they go before", one(management + emails + trail + "baseline: trail: {archiveAfterDays: 400, retentionDays: 365}"), []problem.Problem{
			in(7, 37, "baseline.trail.archiveAfterDays", "log files move after 400 days and go after 365: allowed is less"),
		}},
		"two trails": {
			"one organization has one", withEmails(two(management+shared+trail, management+shared+elsewhere+"baseline: accountWide: false\n"+trail)),
			[]problem.Problem{related(of("two", 8, 18, "baseline.trail", "one has the trail of the organization already: allowed is one", "remove one of the two"), at("one", 6, 18), "one's is set here")},
		},
		"twice": {
			"GuardDuty has one detector", withEmails(two(account+shared+"baseline: {}", account+shared+"baseline: {}")),
			[]problem.Problem{related(of("two", 6, 11, "baseline", "one makes the baseline of 111122223333 in eu-west-1 already: allowed is one", "set baseline: enabled: false in one of the two"), at("one", 4, 10), "one's account is set here")},
		},
		"once": {"the other is off", withEmails(two(account+shared+"baseline: {}", account+shared+"network: cidr: \"10.0.0.0/16\"\nbaseline: enabled: false")), nil},
		"twice in two regions": {
			"an account has one password policy", withEmails(two(account+shared+"baseline: {}", account+shared+elsewhere+"baseline: {}")),
			[]problem.Problem{related(of("two", 7, 11, "baseline", "one makes what 111122223333 has once already: password policy, block of public buckets and budget", "set baseline: accountWide: false in one of the two"), at("one", 4, 10), "one's account is set here")},
		},
		"once in two regions": {"detectors are of a region", withEmails(two(account+shared+"baseline: {}", account+shared+elsewhere+"baseline: accountWide: false")), nil},
		"adopts nothing": {"there is nothing that could", one(account + network + "baseline: enabled: false\nadopt: baseline: detector: \"d\""), []problem.Problem{
			in(7, 18, "adopt.baseline", "dev has no baseline that could adopt anything", "remove adopt.baseline, or describe the baseline"),
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(check.Result{Errors: tc.want}, plain(check.Run(tc.in.load(t)))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// trailElsewhere is the problem of a trail on line 6 that is not in the management account.
func trailElsewhere(message string) problem.Problem {
	p := in(6, 18, "baseline.trail", message, "describe the trail in the environment of the management account")
	return related(p, problem.Position{File: "environments/platform.cue", Line: 10, Column: 21}, "the management account is set here")
}

// TestUnwatched: the baseline of prod is turned off, which is rarely meant and can be accepted.
func TestUnwatched(t *testing.T) {
	t.Parallel()
	const (
		prod = "stage: \"prod\"\naccount: \"111122223333\"\nsharedAccount: true\n" + network
		off  = "baseline: enabled: false\n"
		mail = "baseline: budget: emails: [\"costs@acme.example\"]\n"
	)
	unwatched := []problem.Problem{warn("account-unwatched", in(8, 20, "baseline.enabled",
		"nothing watches the account 111122223333 of dev in eu-west-1: no GuardDuty, Security Hub, AWS Config or budget"))}
	cases := map[string]struct {
		reason string
		in     input
		want   []problem.Problem
	}{
		"off":            {"nobody would notice", one(prod + off), unwatched},
		"accepted":       {"somebody else watches", one(prod + off + "accept: \"account-unwatched\": \"the security team watches it\""), nil},
		"on":             {"as it should be", one(prod + mail), nil},
		"never said":     {"it is asked for, not assumed", one(prod), nil},
		"of another":     {"one baseline is enough for an account", input{environments: map[string]string{"dev": prod + off, "two": "account: \"111122223333\"\nsharedAccount: true\n" + mail}}, nil},
		"another region": {"detectors are of a region", input{environments: map[string]string{"dev": prod + off, "two": "account: \"111122223333\"\nsharedAccount: true\nregion: \"eu-central-1\"\n" + mail}}, unwatched},
		"of dev":         {"it is for trying things", one("account: \"111122223333\"\n" + network + off), nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(check.Result{Warnings: tc.want}, plain(check.Run(tc.in.load(t)))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}
