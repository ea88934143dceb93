package schema

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// differences are those of an environment called dev with these lines in it, as "field: value (default)".
func differences(t *testing.T, lines string) []string {
	t.Helper()
	config, err := Load(t.Context(), inputs(t, dev(lines)), "")
	if err != nil {
		t.Fatal(err)
	}
	found, err := config.Differences(config.Environments[0])
	if err != nil {
		t.Fatal(err)
	}
	shown := []string{}
	for _, d := range found {
		shown = append(shown, d.Field+": "+d.Value+" ("+d.Default+")")
	}
	return shown
}

// whole has everything that an environment may have, and says nothing that need not be said.
const whole = `account: "111122223333"
	network: cidr: "10.20.0.0/16"
	cluster: access: admins: {principalARN: "arn:aws:iam::111122223333:role/Admins", policy: "View"}
	edge: {}
	database: {}
	registry: {github: organization: "acme", repositories: api: {}}
	stateBackend: teams: payments: {}
	nodePools: gpu: architecture: "amd64"
	services: api: workload: image: {address: "ghcr.io/acme/api", tag: "v1"}
`

// TestNothingDiffers holds the table of defaults to what environments get, in each stage and under each condition: what nobody said is no
// difference.
func TestNothingDiffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines string
		want  []string
	}{
		"everything":         {"", []string{}},
		"replica":            {`database: replica: {region: "eu-central-1", cidr: "10.41.0.0/20"}`, []string{`database.replica: {"cidr":"10.41.0.0/20","instances":1,"region":"eu-central-1"} ()`}},
		"architecture":       {`cluster: systemNodes: architecture: "amd64"`, []string{`cluster.systemNodes.architecture: "amd64" ("arm64")`}},
		"scans":              {`registry: scanning: type: "enhanced"`, []string{`registry.scanning.type: "enhanced" ("basic")`}},
		"written default":    {`network: flowLogs: enabled: true`, []string{}},
		"owner of a service": {`services: api: {owner: "team", namespace: "api"}`, []string{}},
	} {
		for _, stage := range []Stage{StageShared, StageDev, StageStaging, StageProd} {
			if diff := cmp.Diff(c.want, differences(t, "stage: \""+string(stage)+"\"\n"+whole+c.lines)); diff != "" {
				t.Errorf("%s in %s (-want +got):\n%s", name, stage, diff)
			}
		}
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	const stage = "stage: \"dev\"\n"
	for name, c := range map[string]struct {
		reason string
		lines  string
		want   []string
	}{
		"nothing but its name": {"what has to be given differs from nothing", stage, []string{}},
		"the default of another stage": {
			"the stage decides", stage + `network: {cidr: "10.20.0.0/16", natGateways: "perZone"}`, []string{`network.natGateways: "perZone" ("single")`},
		},
		"zones by name": {
			"a list in place of a number", stage + `network: {cidr: "10.20.0.0/16", zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"]}`,
			[]string{`network.zones: ["eu-west-1a","eu-west-1b","eu-west-1c"] (3)`},
		},
		"explicit subnets": {
			"a part that is there or not is shown as a whole",
			stage + `network: {cidr: "10.20.0.0/16", zones: 2, subnets: {public: ["10.20.0.0/24", "10.20.1.0/24"], privateApp: ["10.20.2.0/24", "10.20.3.0/24"]}}`,
			[]string{
				`network.subnets: {"privateApp":["10.20.2.0/24","10.20.3.0/24"],"privateData":[],"public":["10.20.0.0/24","10.20.1.0/24"]} ()`,
				`network.zones: 2 (3)`,
			},
		},
		"the default that a replica brings": {
			"it is what the replica's presence gives, and not what the stage gives",
			stage + whole + `database: {minCapacityACU: 0.5, replica: {region: "eu-central-1", cidr: "10.41.0.0/20"}}`,
			[]string{
				`database.minCapacityACU: 0.5 (8)`,
				`database.replica: {"cidr":"10.41.0.0/20","instances":1,"region":"eu-central-1"} ()`,
			},
		},
		"an element of one's own": {
			"its fields have the defaults of any name, those of a known name their own",
			stage + whole + `nodePools: {gpu: weight: 20, amd64: weight: 10, arm64: enabled: false}`,
			[]string{`nodePools.amd64.weight: 10 (20)`, `nodePools.arm64.enabled: false (true)`, `nodePools.gpu.weight: 20 (10)`},
		},
		"names that no default knows": {
			"tags, variables and configuration of add-ons",
			stage + whole + `tags: team: "a b"
	services: api: workload: env: LEVEL: "<a|b>"
	cluster: addons: "vpc-cni": configuration: env: {WARM_PREFIX_TARGET: "2", MORE: "1"}`,
			[]string{
				`cluster.addons.vpc-cni.configuration.env.MORE: "1" ()`, `cluster.addons.vpc-cni.configuration.env.WARM_PREFIX_TARGET: "2" ("1")`,
				`services.api.workload.env.LEVEL: "<a|b>" ()`, `tags.team: "a b" ()`,
			},
		},
		"an owner of its own": {
			"the default is the environment's", stage + whole + `services: api: {owner: "others", namespace: "app"}`,
			[]string{`services.api.namespace: "app" ("api")`, `services.api.owner: "others" ("team")`},
		},
		"without a cluster": {
			"node pools and services do not count", stage + `network: cidr: "10.20.0.0/16"` + "\n" + `nodePools: amd64: weight: 1`, []string{},
		},
	} {
		if diff := cmp.Diff(c.want, differences(t, c.lines)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, c.reason, diff)
		}
	}
}

func TestReadDefaultsRefuses(t *testing.T) {
	t.Parallel()
	if _, err := readDefaults("a.b\n"); err == nil || !strings.Contains(err.Error(), `"a.b\n" is not a field and its default`) {
		t.Errorf("a line without a default: %v", err)
	}
}
