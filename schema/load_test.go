package schema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/innovate-inc/genops/internal/problem"
)

func load(t *testing.T, fsys fs.FS) *Config {
	t.Helper()
	config, err := Load(t.Context(), fsys, "")
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// TestDefaults shows what an environment gets that says no more than it has to, in each stage.
func TestDefaults(t *testing.T) {
	t.Parallel()
	for _, stage := range []Stage{StageShared, StageDev, StageStaging, StageProd} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			lines := fmt.Sprintf("\tstage: %q\n\taccount: \"111122223333\"\n\tnetwork: cidr: \"10.20.0.0/16\"\n\tcluster: {}\n\tservices: api: {}", stage)
			got, err := json.MarshalIndent(load(t, inputs(t, dev(lines))).Environment("dev"), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, path.Join("defaults", string(stage)+".json"), append(got, '\n'))
		})
	}
}

// TestDefaultsOfNothing is the other side of TestDefaults: what nobody asked for is not there.
func TestDefaultsOfNothing(t *testing.T) {
	t.Parallel()
	e := load(t, inputs(t, dev("\tstage: \"prod\""))).Environment("dev")
	if e.Network != nil || e.Cluster != nil || len(e.Services) != 0 || e.Account != "" || len(e.Accept)+len(e.Tags) != 0 || e.SharedAccount {
		t.Errorf("an environment that asks for nothing has %+v", e)
	}
	if got := e.ClusterName(); got != "" {
		t.Errorf("an environment without a cluster has the cluster name %q", got)
	}
}

// TestDefaultsOfThePlatform shows what a platform gets that says little more than it has to.
func TestDefaultsOfThePlatform(t *testing.T) {
	t.Parallel()
	got := load(t, inputs(t, dev("\tstage: \"dev\""))).Platform
	want := &Platform{
		Git: Git{URL: "https://git.example.org/acme/platform.git", Revision: "main", Path: "rendered"},
		Bootstrap: Bootstrap{
			Account: "999900000002", Region: "eu-west-1", ClusterName: "bootstrap", EgressCIDRs: []string{"198.51.100.10/32"}, Credentials: "PodIdentity",
			ProvisionerRole: "crossplane-provisioner",
		},
		Mirrors: Mirrors{Git: map[string]string{}, Charts: map[string]string{}, Packages: map[string]string{}, Images: map[string]string{}},
		Order:   []string{}, BudgetEmails: []string{},
	}
	given := cmpopts.IgnoreFields(Platform{}, "Organization", "Domain", "ManagementAccount", "Versions")
	if diff := cmp.Diff(want, got, given); diff != "" {
		t.Errorf("platform (-want +got):\n%s", diff)
	}
}

func TestLoadReadsWhatPeopleWrite(t *testing.T) {
	t.Parallel()
	minimal := func(more string) map[string]string { return dev("\tstage: \"dev\"\n" + more) }
	cases := map[string]struct {
		reason string
		files  map[string]string
		field  func(*Config) any
		want   any
	}{
		"zones by number": {
			reason: "a number stands for the first zones of the region",
			files:  minimal("\tnetwork: {cidr: \"10.0.0.0/16\", zones: 2}"),
			field:  func(c *Config) any { return c.Environment("dev").Network.Zones },
			want:   Zones{Count: 2},
		},
		"zones by name": {
			reason: "names are kept in their order",
			files:  minimal("\tnetwork: {cidr: \"10.0.0.0/16\", zones: [\"eu-west-1c\", \"eu-west-1a\"]}"),
			field:  func(c *Config) any { return c.Environment("dev").Network.Zones },
			want:   Zones{Count: 2, Names: []string{"eu-west-1c", "eu-west-1a"}},
		},
		"default overridden in part": {
			reason: "the other defaults of a struct stay",
			files:  minimal("\tnetwork: {cidr: \"10.0.0.0/16\", flowLogs: retentionDays: 7}"),
			field:  func(c *Config) any { return c.Environment("dev").Network.FlowLogs },
			want:   FlowLogs{Enabled: true, Traffic: "REJECT", RetentionDays: 7},
		},
		"own list": {
			reason: "a list that is given takes the place of the default",
			files:  minimal("\tcluster: logs: [\"audit\"]"),
			field:  func(c *Config) any { return c.Environment("dev").Cluster.Logs },
			want:   []string{"audit"},
		},
		"empty list": {
			reason: "an empty list is a wish, too",
			files:  minimal("\tcluster: logs: []"),
			field:  func(c *Config) any { return c.Environment("dev").Cluster.Logs },
			want:   []string{},
		},
		"amd64 system nodes": {
			reason: "the instance types follow the architecture",
			files:  minimal("\tcluster: systemNodes: architecture: \"amd64\""),
			field:  func(c *Config) any { return c.Environment("dev").Cluster.SystemNodes.InstanceTypes },
			want:   []string{"m6i.large", "m6a.large"},
		},
		"pool of one's own": {
			reason: "it has the weight of all pools but amd64",
			files:  minimal("\tnodePools: gpu: architecture: \"amd64\""),
			field: func(c *Config) any {
				weights := map[string]int32{}
				for name, pool := range c.Environment("dev").NodePools {
					weights[name] = pool.Weight
				}
				return weights
			},
			want: map[string]int32{"amd64": 20, "arm64": 10, "gpu": 10},
		},
		"no owner of a service": {
			reason: "it is the environment's",
			files:  minimal("\tservices: {api: {}, web: {owner: \"web-team\", namespace: \"www\"}}"),
			field: func(c *Config) any {
				api, web := c.Environment("dev").Services["api"], c.Environment("dev").Services["web"]
				return []string{api.Owner, api.Namespace, web.Owner, web.Namespace}
			},
			want: []string{"team", "api", "web-team", "www"},
		},
		"no own windows in prod": {
			reason: "an empty list switches the default off",
			files:  dev("\tstage: \"prod\"\n\targocd: syncWindows: []"),
			field:  func(c *Config) any { return c.Environment("dev").ArgoCD },
			want:   ArgoCD{Automated: true, SyncWindows: []SyncWindow{}},
		},
		"contract forgotten": {
			reason: "the contract holds even if nobody names it",
			files: map[string]string{
				"environments/defaults.cue":        "package environments\n",
				"environments/dev/environment.cue": "package environments\n\nenvironment: {stage: \"dev\", region: \"us-east-2\", project: \"p\", owner: \"o\", costCenter: \"c\"}\n",
			},
			field: func(c *Config) any { return c.Environment("dev").NodePools["arm64"].AMIFamily },
			want:  "Bottlerocket",
		},
		"platform referred to": {
			reason: "an environment may use what the platform says",
			files:  minimal("\ttags: organization: platform.organization"),
			field:  func(c *Config) any { return c.Environment("dev").Tags },
			want:   map[string]string{"organization": "acme"},
		},
		"computed by CUE": {
			reason: "let, hidden fields and the standard library are at hand",
			files: map[string]string{"environments/dev/environment.cue": "package environments\n\nimport \"strings\"\n\nlet second = 20\n_stage: strings.ToLower(\"DEV\")\n" +
				"environment: {stage: _stage, network: cidr: \"10.\\(second).0.0/16\"}\n"},
			field: func(c *Config) any { return c.Environment("dev").Network.CIDR },
			want:  "10.20.0.0/16",
		},
		"several files": {
			reason: "the files of a folder are unified; what CUE sets apart and what is hidden is not read",
			files: map[string]string{
				"environments/dev/a.cue":         "package environments\n\nenvironment: stage: \"dev\"\n",
				"environments/dev/b.cue":         "package environments\n\nenvironment: account: \"111122223333\"\n",
				"environments/dev/c_test.cue":    "package environments\n\nenvironment: account: \"1\"\n",
				"environments/dev/.hidden.cue":   "package environments\n\nenvironment: account: \"1\"\n",
				"environments/dev/notes.md":      "account: 1\n",
				"environments/_attic/e.cue":      "package environments\n\nenvironment: account: \"1\"\n",
				"environments/dev/deeper/e.cue":  "package environments\n\nenvironment: account: \"1\"\n",
				"environments/dev/d_tool.cue":    "package environments\n\nenvironment: account: \"1\"\n",
				"environments/.idea/workspace.x": "1",
			},
			field: func(c *Config) any { return []string{c.Environments[0].Account, strconv.Itoa(len(c.Environments))} },
			want:  []string{"111122223333", "1"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.field(load(t, inputs(t, tc.files)))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// many is a platform with so many environments that workers change their cue.Context on the way; broken are those with a wrong stage.
func many(t *testing.T, count int, broken ...int) fstest.MapFS {
	t.Helper()
	files := map[string]string{}
	for i := range count {
		stage := "dev"
		if slices.Contains(broken, i) {
			stage = "bad"
		}
		files[fmt.Sprintf("environments/e%03d/environment.cue", i)] = fmt.Sprintf(
			"package environments\n\nenvironment: {stage: %q, tags: number: \"%d\"}\n", stage, i)
	}
	return inputs(t, files)
}

func TestLoadManyEnvironments(t *testing.T) {
	t.Parallel()
	const count = 2*contextLife + 9
	config := load(t, many(t, count))
	if len(config.Environments) != count {
		t.Fatalf("got %d environments, want %d", len(config.Environments), count)
	}
	for i, e := range config.Environments {
		if want := fmt.Sprintf("e%03d", i); e.Name != want || e.Tags["number"] != strconv.Itoa(i) || e.zoneLetters != "abc" {
			t.Errorf("environment %d is %s with tags %v and zones %q, want %s", i, e.Name, e.Tags, e.zoneLetters, want)
		}
	}
}

func TestLoadReportsAllEnvironments(t *testing.T) {
	t.Parallel()
	_, err := Load(t.Context(), many(t, contextLife+5, 0, 7, contextLife+4), "../")
	var got *problem.Error
	if !errors.As(err, &got) {
		t.Fatalf("got error %v, want a *problem.Error", err)
	}
	var positions []string
	for _, p := range got.Problems {
		positions = append(positions, p.Position.String()+" "+p.Environment)
	}
	want := []string{
		"../environments/e000/environment.cue:3:22 e000", "../environments/e007/environment.cue:3:22 e007", "../environments/e036/environment.cue:3:22 e036",
	}
	if diff := cmp.Diff(want, positions); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
}

func TestLoadStopsWhenAsked(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	config, err := Load(ctx, many(t, 3), "")
	if config != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v and error %v, want nothing and context.Canceled", config, err)
	}
}

// TestLoadOfTheRepository reads what people of this repository read first.
func TestLoadOfTheRepository(t *testing.T) {
	t.Parallel()
	config := load(t, os.DirFS(".."))
	var names []string
	for _, e := range config.Environments {
		names = append(names, e.Name)
	}
	if diff := cmp.Diff([]string{"dev", "management", "poc", "prod", "shared-services", "staging"}, names); diff != "" {
		t.Errorf("environments (-want +got):\n%s", diff)
	}
	poc := config.Environment("poc")
	want := &Subnets{
		Public: []string{"10.50.0.0/20", "10.50.16.0/20"}, PrivateApp: []string{"10.50.32.0/20", "10.50.48.0/20"}, PrivateData: []string{},
	}
	if diff := cmp.Diff(want, poc.Network.Subnets); diff != "" || poc.Region != "us-east-2" || poc.Project != "acme" || poc.Network.CIDR != "10.50.0.0/16" {
		t.Errorf("the proof of concept is not what its terraform.tfvars says: %+v (-want +got):\n%s", poc, diff)
	}
}
