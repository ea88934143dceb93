package compositions_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// registrySpec has two repositories, one of them with releases, and two accounts that pull.
func registrySpec() schema.RegistrySpec {
	return schema.RegistrySpec{
		ClaimMeta:    meta("acme", "app"),
		GitHub:       schema.GitHub{Organization: "innovate-inc"},
		Scanning:     schema.Scanning{Type: "basic", Frequency: "onPush"},
		Lifecycle:    schema.Lifecycle{UntaggedDays: 14, ReleaseTags: []string{"v*"}, Releases: 100, Others: 100},
		MutableTags:  []string{},
		PullAccounts: []string{"222233334444", "444455556666"},
		Repositories: []schema.RepositorySpec{
			{Name: "api", GitHub: schema.PushersSpec{Repository: "backend", Branches: []string{"main", "release/1.x"}, Tags: []string{}}},
			{Name: "web", GitHub: schema.PushersSpec{Repository: "web", Branches: []string{"main"}, Tags: []string{"v*"}}},
		},
	}
}

// openRegistry asks for everything, in a stage that allows it.
func openRegistry(s *schema.RegistrySpec) {
	s.Stage = schema.StageDev
	s.Scanning = schema.Scanning{Type: "enhanced", Frequency: "continuous"}
	s.Lifecycle.ReleaseTags = []string{"v*", "release-*"}
	s.MutableTags, s.ForceDelete = []string{"cache-*", "latest"}, true
}

// smallRegistry has one repository, and nobody else pulls from it.
func smallRegistry(s *schema.RegistrySpec) {
	s.PullAccounts, s.Repositories = []string{}, s.Repositories[:1]
	s.Lifecycle = schema.Lifecycle{UntaggedDays: 1, ReleaseTags: []string{}, Releases: 1, Others: 10}
}

// registry is a Registry claim with some edits.
func registry(t testing.TB, edits ...func(*schema.RegistrySpec)) claim {
	t.Helper()
	s := registrySpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "Registry", spec: spec(t, s)}
}

// editsOfRegistry are edits of a registry that people may make.
func editsOfRegistry(t testing.TB) map[string]edit {
	t.Helper()
	before := everything(t, []claim{registry(t)})
	made := map[string]edit{}
	for name, e := range map[string]struct {
		reason, keys string
		change       func(*schema.RegistrySpec)
	}{
		"tags":                   {"tags are on every resource", ``, func(s *schema.RegistrySpec) { s.Tags = map[string]string{"owner": "others"} }},
		"account more":           {"the policies change", ``, func(s *schema.RegistrySpec) { s.PullAccounts = append(s.PullAccounts, "555566667777") }},
		"no accounts":            {"nobody else pulls", `^Registry/pull-`, func(s *schema.RegistrySpec) { s.PullAccounts = []string{} }},
		"enhanced":               {"Inspector is turned on", `^Registry/inspector$`, func(s *schema.RegistrySpec) { s.Scanning = schema.Scanning{Type: "enhanced", Frequency: "onPush"} }},
		"mutable tags":           {"a setting", ``, func(s *schema.RegistrySpec) { s.MutableTags = []string{"latest"} }},
		"lifecycle":              {"the provider cannot change it", `^Registry/lifecycle-`, func(s *schema.RegistrySpec) { s.Lifecycle.Others = 50 }},
		"another organization":   {"trust policies change", ``, func(s *schema.RegistrySpec) { s.GitHub.Organization = "Innovate" }},
		"branch more":            {"a trust policy changes", ``, func(s *schema.RegistrySpec) { s.Repositories[1].GitHub.Branches = []string{"main", "next"} }},
		"repository gone":        {"with its role", `^Registry/.*-api`, func(s *schema.RegistrySpec) { s.Repositories = s.Repositories[1:] }},
		"repositories reordered": {"a place in a list is nothing", ``, func(s *schema.RegistrySpec) { slices.Reverse(s.Repositories) }},
	} {
		made["registry, "+name] = edit{reason: e.reason, keys: e.keys, before: before, after: everything(t, []claim{registry(t, e.change)})}
	}
	return made
}

// TestLifecycleKeepsReleases holds that the last rule, which counts releases as well, leaves as many other images as were asked for.
func TestLifecycleKeepsReleases(t *testing.T) {
	t.Parallel()
	result, _ := registry(t, openRegistry).simulate(t)
	policy := object(t, result, one(t, result, `^lifecycle-web-[0-9a-f]{8}$`))
	type rule struct {
		Priority  int `json:"rulePriority"`
		Selection struct {
			TagStatus string   `json:"tagStatus"`
			Patterns  []string `json:"tagPatternList"`
			CountType string   `json:"countType"`
			CountUnit string   `json:"countUnit"`
			Count     int      `json:"countNumber"`
		} `json:"selection"`
		Action map[string]string `json:"action"`
	}
	var got struct {
		Rules []rule `json:"rules"`
	}
	if err := json.Unmarshal([]byte(text(policy, "spec", "forProvider", "policy")), &got); err != nil {
		t.Fatal(err)
	}
	want := make([]rule, 4)
	for i := range want {
		want[i].Priority, want[i].Action = i+1, map[string]string{"type": "expire"}
		want[i].Selection.TagStatus, want[i].Selection.CountType = "tagged", "imageCountMoreThan"
	}
	days := &want[0].Selection
	days.TagStatus, days.CountType, days.CountUnit, days.Count = "untagged", "sinceImagePushed", "days", 14
	for i, pattern := range []string{"v*", "release-*"} {
		want[i+1].Selection.Patterns, want[i+1].Selection.Count = []string{pattern}, 100
	}
	want[3].Selection.Patterns, want[3].Selection.Count = []string{"*"}, 100+100+100
	if diff := cmp.Diff(want, got.Rules); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// workflows are whom a push role trusts: the subjects of GitHub's tokens, in one statement those that have to match, in another those that end
// in a star.
func workflows(account, organization string, from map[string]any) policy {
	ref := "repo:" + organization + "/" + text(from, "repository") + ":ref:refs/"
	subjects := map[string][]any{}
	for _, branch := range from["branches"].([]any) {
		subjects["StringEquals"] = append(subjects["StringEquals"], ref+"heads/"+branch.(string))
	}
	for _, tag := range from["tags"].([]any) {
		operator := "StringEquals"
		if strings.HasSuffix(tag.(string), "*") {
			operator = "StringLike"
		}
		subjects[operator] = append(subjects[operator], ref+"tags/"+tag.(string))
	}
	const issuer = "token.actions.githubusercontent.com"
	want := policy{Version: "2012-10-17"}
	for _, s := range []struct{ sid, operator string }{{"GitHub", "StringEquals"}, {"GitHubTags", "StringLike"}} {
		if len(subjects[s.operator]) == 0 {
			continue
		}
		condition := map[string]map[string]any{"StringEquals": {issuer + ":aud": "sts.amazonaws.com"}}
		if s.operator != "StringEquals" {
			condition[s.operator] = map[string]any{}
		}
		condition[s.operator][issuer+":sub"] = subjects[s.operator]
		want.Statement = append(want.Statement, statement{
			Sid: s.sid, Effect: "Allow", Principal: map[string]any{"Federated": "arn:aws:iam::" + account + ":oidc-provider/" + issuer},
			Action: []string{"sts:AssumeRoleWithWebIdentity"}, Condition: condition,
		})
	}
	return want
}

// TestOnlyItsWorkflowsPush holds, for each repository of each configuration, who may become its push role, and that the role reaches no other
// repository.
func TestOnlyItsWorkflowsPush(t *testing.T) {
	t.Parallel()
	seen := 0
	for name, claims := range configurations(t) {
		for _, c := range claims {
			if c.kind != "Registry" {
				continue
			}
			result, _ := c.simulate(t)
			for _, repository := range c.spec["repositories"].([]any) {
				seen++
				from, _ := field(repository, "github").(map[string]any)
				key := text(repository, "name")
				want := workflows(text(c.spec, "account"), text(c.spec, "github", "organization"), from)
				if diff := cmp.Diff(want, document(t, object(t, result, "push-role-"+key), "assumeRolePolicy")); diff != "" {
					t.Errorf("%s: trust of %s (-want +got):\n%s", name, key, diff)
				}
				reaches := document(t, object(t, result, "push-policy-"+key), "policy").Statement[1].Resource
				only := "arn:aws:ecr:" + text(c.spec, "region") + ":" + text(c.spec, "account") + ":repository/" + text(c.spec, "project") + "/" + key
				if diff := cmp.Diff([]string{only}, reaches); diff != "" {
					t.Errorf("%s: rights of %s (-want +got):\n%s", name, key, diff)
				}
			}
		}
	}
	if seen < 5 {
		t.Errorf("%d repositories prove nothing", seen)
	}
}

// TestRegistryStatus holds what people read in the status: nothing that AWS has not made yet but the registry's address.
func TestRegistryStatus(t *testing.T) {
	t.Parallel()
	c := registry(t)
	first := c.compose(t, compositions.Observed{})
	if diff := cmp.Diff(map[string]any{"registryURL": "111122223333.dkr.ecr.eu-west-1.amazonaws.com"}, first.Status); diff != "" {
		t.Errorf("at first (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"repository-api", "repository-web"}, first.Held); diff != "" {
		t.Errorf("held back until the key has an ARN (-want +got):\n%s", diff)
	}
	result, observed := c.simulate(t)
	want := map[string]any{
		"registryURL": "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
		"keyARN":      "arn:aws:kms:eu-west-1:111122223333:key/simulated",
		"repositoryURLs": map[string]any{
			"api": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/acme/api", "web": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/acme/web",
		},
		"pushRoleARNs": map[string]any{"api": "arn:aws:iam::111122223333:role/acme-app-push-api", "web": "arn:aws:iam::111122223333:role/acme-app-push-web"},
	}
	if diff := cmp.Diff(want, result.Status); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	part := c.compose(t, without(observed, "repository-web", "push-role-web"))
	for _, field := range []string{"repositoryURLs", "pushRoleARNs"} {
		urls, _ := part.Status[field].(map[string]any)
		if got := slices.Collect(maps.Keys(urls)); !slices.Equal(got, []string{"api"}) {
			t.Errorf("%s of %q, want those of api", field, got)
		}
	}
}

// TestRegistryInChina holds what is different in another partition.
func TestRegistryInChina(t *testing.T) {
	t.Parallel()
	result, _ := registry(t, func(s *schema.RegistrySpec) { s.Region = "cn-north-1" }).simulate(t)
	if got, want := result.Status["registryURL"], "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn"; got != want {
		t.Errorf("registryURL is %s, want %s", got, want)
	}
	for key, object := range objects(result) {
		if content := line(t, object); strings.Contains(content, "arn:aws:") {
			t.Errorf("%s: %s", key, content)
		}
	}
}
