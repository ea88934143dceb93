package compositions_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// stateSpec has a team with roles here and in two other accounts, and one that has none.
func stateSpec() schema.StateBackendSpec {
	return schema.StateBackendSpec{
		ClaimMeta: meta("acme", "app"),
		Bucket:    "acme-app-terraform-state-111122223333", NoncurrentDays: 90, KeepVersions: 20,
		Teams: []schema.StateTeamSpec{
			{Name: "data-lake", Prefix: "data/lake", Principals: []string{
				"arn:aws:iam::444455556666:role/terraform", "arn:aws:iam::111122223333:role/ci/lake", "arn:aws:iam::222233334444:role/ci/terraform",
			}},
			{Name: "payments", Prefix: "payments", Principals: []string{}},
		},
	}
}

// localTeams have roles of the backend's own account alone.
func localTeams(s *schema.StateBackendSpec) {
	for i := range s.Teams {
		s.Teams[i].Principals = []string{"arn:aws:iam::111122223333:role/terraform"}
	}
}

// stateBackend is a StateBackend claim with some edits.
func stateBackend(t testing.TB, edits ...func(*schema.StateBackendSpec)) claim {
	t.Helper()
	s := stateSpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "StateBackend", spec: spec(t, s)}
}

// editsOfStateBackend are edits of a state backend that people may make: none touches the bucket or the table.
func editsOfStateBackend(t testing.TB) map[string]edit {
	t.Helper()
	before := everything(t, []claim{stateBackend(t)})
	made := map[string]edit{}
	for name, e := range map[string]struct {
		reason, keys string
		change       func(*schema.StateBackendSpec)
	}{
		"tags":            {"tags are on what can be tagged", ``, func(s *schema.StateBackendSpec) { s.Tags = map[string]string{"owner": "others"} }},
		"versions":        {"a setting of the bucket", ``, func(s *schema.StateBackendSpec) { s.NoncurrentDays, s.KeepVersions = 30, 5 }},
		"a team less":     {"its states stay in the bucket", `^StateBackend/(policy|role)-data-lake`, func(s *schema.StateBackendSpec) { s.Teams = s.Teams[1:] }},
		"no teams":        {"as before", `^StateBackend/(policy|role)-`, func(s *schema.StateBackendSpec) { s.Teams = s.Teams[:0] }},
		"another prefix":  {"policies change", ``, func(s *schema.StateBackendSpec) { s.Teams[0].Prefix = "lake" }},
		"a role here":     {"it is given the policy", `^StateBackend/role-payments-[0-9a-f]{8}$`, func(s *schema.StateBackendSpec) { s.Teams[1].Principals = []string{"arn:aws:iam::111122223333:role/x"} }},
		"a role there":    {"policies of bucket and key change", ``, func(s *schema.StateBackendSpec) { s.Teams[1].Principals = []string{"arn:aws:iam::222233334444:role/x"} }},
		"roles reordered": {"a place in a list is nothing", ``, func(s *schema.StateBackendSpec) { slices.Reverse(s.Teams[0].Principals); slices.Reverse(s.Teams) }},
	} {
		made["state backend, "+name] = edit{reason: e.reason, keys: e.keys, before: before, after: everything(t, []claim{stateBackend(t, e.change)})}
	}
	return made
}

// TestTeamsReachTheirStatesAlone holds that each right of each team ends with its prefix, wherever it is said: in its own policy, and for roles of
// other accounts in those of the bucket and the key.
func TestTeamsReachTheirStatesAlone(t *testing.T) {
	t.Parallel()
	seen := 0
	for name, claims := range configurations(t) {
		for _, c := range claims {
			if c.kind != "StateBackend" {
				continue
			}
			result, _ := c.simulate(t)
			bucket := "arn:aws:s3:::" + text(c.spec, "bucket")
			shared := document(t, object(t, result, "bucket-policy"), "policy").Statement
			shared = append(shared, document(t, object(t, result, "key"), "policy").Statement[1:]...)
			for _, team := range c.spec["teams"].([]any) {
				seen++
				below := text(team, "prefix") + "/*"
				statements := document(t, object(t, result, "policy-"+text(team, "name")), "policy").Statement
				for _, s := range shared {
					if roles, _ := s.Condition["ArnEquals"]["aws:PrincipalArn"].([]any); len(roles) > 0 && slices.Contains(field(team, "principals").([]any), roles[0]) {
						statements = append(statements, s)
					}
				}
				for _, s := range statements {
					var limit any
					switch service, _, _ := strings.Cut(s.Action[0], ":"); {
					case s.Action[0] == "s3:ListBucket":
						limit = s.Condition["StringLike"]["s3:prefix"]
					case service == "s3":
						limit = strings.TrimPrefix(s.Resource[0], bucket+"/")
					case s.Sid == "Locks":
						key, _ := s.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].(string)
						limit = strings.TrimPrefix(key, text(c.spec, "bucket")+"/")
					case s.Sid == "KeyOfLocks", s.Sid == "LockTable":
						continue // They are the table's, and show no item of it.
					case service == "kms":
						key, _ := s.Condition["StringLike"]["kms:EncryptionContext:aws:s3:arn"].(string)
						limit = strings.TrimPrefix(key, bucket+"/")
					}
					if limit != below || len(s.Resource) != 1 || s.Effect != "Allow" {
						t.Errorf("%s: %s of %s reaches %v of %v, want %s", name, s.Sid, text(team, "name"), limit, s.Resource, below)
					}
				}
			}
		}
	}
	if seen < 5 {
		t.Errorf("%d teams prove nothing", seen)
	}
}

// TestStrangersAreNamed holds who is let in by the policies of bucket and key: roles of other accounts that the claim names, and nobody by an account alone.
func TestStrangersAreNamed(t *testing.T) {
	t.Parallel()
	result, _ := stateBackend(t).simulate(t)
	for _, key := range []string{"bucket-policy", "key"} {
		seen := 0
		for _, s := range document(t, object(t, result, key), "policy").Statement {
			if s.Effect == "Deny" || s.Sid == "Account" {
				continue
			}
			seen++
			accounts := map[string]any{"AWS": []any{"arn:aws:iam::222233334444:root", "arn:aws:iam::444455556666:root"}}
			roles := []any{"arn:aws:iam::222233334444:role/ci/terraform", "arn:aws:iam::444455556666:role/terraform"}
			if diff := cmp.Diff(accounts, s.Principal); diff != "" {
				t.Errorf("%s of %s, accounts (-want +got):\n%s", s.Sid, key, diff)
			}
			if diff := cmp.Diff(any(roles), s.Condition["ArnEquals"]["aws:PrincipalArn"]); diff != "" {
				t.Errorf("%s of %s, roles (-want +got):\n%s", s.Sid, key, diff)
			}
		}
		if seen == 0 {
			t.Errorf("%s lets nobody in", key)
		}
	}
	local, _ := stateBackend(t, localTeams).simulate(t)
	for key, want := range map[string]int{"bucket-policy": 3, "key": 1} {
		if got := document(t, object(t, local, key), "policy").Statement; len(got) != want {
			t.Errorf("%s has %d statements although there are no other accounts, want %d", key, len(got), want)
		}
	}
	for _, team := range []string{"data-lake", "payments"} {
		attachment := object(t, local, one(t, local, `^role-`+team+`-[0-9a-f]{8}$`))
		if role, policy := text(attachment, "spec", "forProvider", "role"), text(attachment, "spec", "forProvider", "policyArnRef", "name"); role != "terraform" ||
			policy != "app.state-backend.policy-"+team {
			t.Errorf("the role %q of %s gets %q", role, team, policy)
		}
	}
}

// TestStateBackendWaitsForItsKey holds that nothing is encrypted with another key, and that what there is stays as it is when the key is not seen.
func TestStateBackendWaitsForItsKey(t *testing.T) {
	t.Parallel()
	c := stateBackend(t)
	first := c.compose(t, compositions.Observed{})
	held := []string{"bucket-encryption", "bucket-policy", "lock-table", "policy-data-lake", "policy-payments"}
	if diff := cmp.Diff(held, first.Held); diff != "" {
		t.Errorf("held back at first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"bucket": "acme-app-terraform-state-111122223333", "table": "acme-app-terraform-locks"}, first.Status); diff != "" {
		t.Errorf("status at first (-want +got):\n%s", diff)
	}
	result, observed := c.simulate(t)
	want := map[string]any{
		"bucket": "acme-app-terraform-state-111122223333", "table": "acme-app-terraform-locks", "keyARN": "arn:aws:kms:eu-west-1:111122223333:key/simulated",
		"policyARNs": map[string]any{
			"data-lake": "arn:aws:iam::111122223333:policy/acme-app-state-data-lake", "payments": "arn:aws:iam::111122223333:policy/acme-app-state-payments",
		},
	}
	if diff := cmp.Diff(want, result.Status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	blind := c.compose(t, without(observed, "key"))
	if len(blind.Held) > 0 {
		t.Errorf("held back although they are there: %q", blind.Held)
	}
	for _, key := range held {
		if diff := cmp.Diff(field(object(t, result, key), "spec"), field(object(t, blind, key), "spec")); diff != "" {
			t.Errorf("%s without its key (-with +without):\n%s", key, diff)
		}
	}
}

// TestStateBucketKeepsItsSettings holds that a bucket which is not empty stays closed when its claim is deleted: AWS refuses to delete the bucket,
// and nobody deletes what protects it.
func TestStateBucketKeepsItsSettings(t *testing.T) {
	t.Parallel()
	result, _ := stateBackend(t).simulate(t)
	settings := matching(keys(result), `^bucket-`)
	if len(settings) != 6 {
		t.Errorf("settings: %q", settings)
	}
	for _, key := range settings {
		policies, _ := field(object(t, result, key), "spec", "managementPolicies").([]any)
		if slices.Contains(policies, any("Delete")) {
			t.Errorf("%s goes before the bucket", key)
		}
	}
	for _, stage := range []schema.Stage{schema.StageDev, schema.StageStaging, schema.StageProd, schema.StageShared} {
		result, _ := stateBackend(t, func(s *schema.StateBackendSpec) { s.Stage = stage }).simulate(t)
		if field(object(t, result, "lock-table"), "spec", "forProvider", "deletionProtectionEnabled") != true {
			t.Errorf("AWS would delete the table of %s", stage)
		}
		if field(object(t, result, "bucket"), "spec", "forProvider", "forceDestroy") != false {
			t.Errorf("the bucket of %s goes with its states", stage)
		}
	}
}

// TestStateBackendRefuses has claims that the schema lets through, as a person might write them without genops.
func TestStateBackendRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		change func(*schema.StateBackendSpec)
		want   []string
	}{
		"side by side": {"a slash ends a prefix", func(s *schema.StateBackendSpec) { s.Teams[0].Prefix = "payments-data" }, nil},
		"within": {"the outer team would read the inner one's states", func(s *schema.StateBackendSpec) { s.Teams[0].Prefix = "payments/data" }, []string{
			"spec.teams[0].prefix: payments/data is within payments's payments: the one would reach the states of the other",
		}},
		"the same": {"it is told once", func(s *schema.StateBackendSpec) { s.Teams[0].Prefix = "payments" }, []string{
			"spec.teams[1].prefix: payments is within data-lake's payments: the one would reach the states of the other",
		}},
		"partition": {"no account of one can be let into another", func(s *schema.StateBackendSpec) {
			s.Teams[1].Principals = []string{"arn:aws-cn:iam::222233334444:role/terraform"}
		}, []string{"spec.teams[1].principals[0]: arn:aws-cn:iam::222233334444:role/terraform is of another partition of AWS than eu-west-1"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := stateBackend(t, tc.change)
			_, err := c.composition(t).Compose(c.spec, compositions.Observed{})
			if diff := cmp.Diff(tc.want, problems(t, err)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestTeamsOfPoliciesStayApart holds that teams whose names differ in dashes alone have statements of their own.
func TestTeamsOfPoliciesStayApart(t *testing.T) {
	t.Parallel()
	result, _ := stateBackend(t, func(s *schema.StateBackendSpec) {
		s.Teams = nil
		for _, name := range []string{"a-b", "ab", "a-b-c", "ab-c"} {
			s.Teams = append(s.Teams, schema.StateTeamSpec{Name: name, Prefix: name, Principals: []string{"arn:aws:iam::222233334444:role/" + name}})
		}
	}).simulate(t)
	sids := map[string]bool{}
	for _, s := range document(t, object(t, result, "bucket-policy"), "policy").Statement {
		sids[s.Sid] = true
	}
	if len(sids) != 3+2*4 {
		t.Errorf("statements: %q", slices.Sorted(maps.Keys(sids)))
	}
}
