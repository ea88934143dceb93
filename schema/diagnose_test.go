package schema

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/problem"
)

// problemsOf loads environments one after the other, in the test's own goroutine: a panic there is one test that does not pass.
func problemsOf(t *testing.T, fsys fs.FS) []problem.Problem {
	t.Helper()
	defer func() {
		if panicked := recover(); panicked != nil {
			t.Fatalf("panic: %v", panicked)
		}
	}()
	src, err := readSource(fsys, "")
	if err != nil {
		var found *problem.Error
		if !errors.As(err, &found) {
			t.Fatal(err)
		}
		return found.Problems
	}
	e := newEvaluator(t)
	all, err := e.loadPlatform(src, &Platform{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range src.names() {
		found, err := e.loadEnvironment(src, name, &Environment{})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return problem.Sort(all)
}

// in makes a problem of the environment dev, in the file that dev writes.
func in(line, column int, field, message string, hint ...string) problem.Problem {
	p := problem.Problem{
		Environment: "dev",
		Position:    problem.Position{File: "environments/dev/environment.cue", Line: line, Column: column},
		Field:       field,
		Message:     message,
	}
	if len(hint) > 0 {
		p.Hint = hint[0]
	}
	return p
}

// What the contract allows, as problems say it.
const (
	topFields     = "accept, account, adopt, allowDeletion, argocd, baseline, cluster, costCenter, database, edge, name, network, nodePools, observability, organization, owner, project, region, registry, services, sharedAccount, stage, stateBackend, tags"
	clusterFields = "access, addons, deletionProtection, endpoint, logRetentionDays, logs, name, secretsEncryption, serviceCIDR, support, systemNodes, version"
	networkFields = "cidr, dataACL, endpoints, flowLogs, natGateways, podCIDR, subnets, zones"
	vpcCIDR       = "an IPv4 range between /16 and /28, such as 10.20.0.0/16 (Amazon VPC allows no other size)"
	anyCIDR       = "an IPv4 range in CIDR notation, such as 10.20.0.0/16"
	zonesAllowed  = "a whole number from 2 to 6, or a list, each element the name of an availability zone, such as eu-west-1a, at least 2 elements, at most 6 elements"
	accountID     = "an AWS account id, 12 digits in quotes, such as \"111122223333\""
	roleARN       = "the ARN of an IAM role or user, such as arn:aws:iam::111122223333:role/Admin"
	dnsLabel      = "a DNS label of at most 30 characters: lower-case letters, digits and dashes, starting with a letter, such as prod or api-v2"
	retentions    = "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653"
	regions       = "\"us-east-1\", \"us-east-2\", \"us-west-1\", \"us-west-2\", \"ca-central-1\", \"ca-west-1\", \"mx-central-1\", \"sa-east-1\", " +
		"\"eu-west-1\", \"eu-west-2\", \"eu-west-3\", \"eu-central-1\", \"eu-central-2\", \"eu-north-1\", \"eu-south-1\", \"eu-south-2\", " +
		"\"ap-south-1\", \"ap-south-2\", \"ap-southeast-1\", \"ap-southeast-2\", \"ap-southeast-3\", \"ap-southeast-4\", \"ap-southeast-5\", " +
		"\"ap-northeast-1\", \"ap-northeast-2\", \"ap-northeast-3\", \"ap-east-1\", \"me-south-1\", \"me-central-1\", \"af-south-1\" or \"il-central-1\""
)

// TestProblems holds what people read against what they wrote: one line of an environment each, line 5 of its file.
func TestProblems(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		line   string
		want   []problem.Problem
	}{
		"misspelt field": {
			"the nearest field is suggested", `netwrok: cidr: "10.0.0.0/16"`,
			[]problem.Problem{in(5, 1, "netwrok", "there is no such field: allowed are "+topFields, "did you mean network?")},
		},
		"misspelt field, nested": {
			"the fields of the struct around it are listed", `network: {cidr: "10.0.0.0/16", natGateway: "single"}`,
			[]problem.Problem{in(5, 32, "network.natGateway", "there is no such field: allowed are "+networkFields, "did you mean natGateways?")},
		},
		"field of another struct": {
			"nothing is near enough to be suggested", `network: {cidr: "10.0.0.0/16", flowLogs: bucket: "b"}`,
			[]problem.Problem{in(5, 42, "network.flowLogs.bucket", "there is no such field: allowed are enabled, retentionDays, traffic")},
		},
		"unknown field in a list": {
			"the element is named by its index", `nodePools: amd64: taints: [{key: "a", efect: "NoExecute"}]`,
			[]problem.Problem{in(5, 39, "nodePools.amd64.taints[0].efect", "there is no such field: allowed are effect, key, value", "did you mean effect?")},
		},
		"wrong enum": {
			"the allowed values are listed", `network: {cidr: "10.0.0.0/16", natGateways: "perzone"}`,
			[]problem.Problem{in(5, 45, "network.natGateways", `"perzone" is not allowed: allowed is "perZone" or "single"`, `did you mean "perZone"?`)},
		},
		"wrong enum, nothing near": {
			"no suggestion is better than a wild one", `cluster: support: "PREMIUM"`,
			[]problem.Problem{in(5, 19, "cluster.support", `"PREMIUM" is not allowed: allowed is "STANDARD" or "EXTENDED"`)},
		},
		"wrong enum in a list": {
			"the element is blamed, not the list", `cluster: logs: ["api", "audits"]`,
			[]problem.Problem{in(5, 24, "cluster.logs[1]", `"audits" is not allowed: allowed is "api", "audit", "authenticator", "controllerManager" or "scheduler"`, `did you mean "audit"?`)},
		},
		"wrong enum in a struct in a list": {
			"the field of the element is blamed", `nodePools: amd64: taints: [{key: "a", effect: "NoSchedule"}, {key: "b", effect: "NoExecuting"}]`,
			[]problem.Problem{in(5, 81, "nodePools.amd64.taints[1].effect", `"NoExecuting" is not allowed: allowed is "NoSchedule", "PreferNoSchedule" or "NoExecute"`, `did you mean "NoExecute"?`)},
		},
		"wrong type": {
			"what was found is named", `sharedAccount: "yes"`,
			[]problem.Problem{in(5, 16, "sharedAccount", `"yes" (text) is not allowed: allowed is true or false`)},
		},
		"scalar for a struct": {
			"the fields of the struct are listed", `cluster: true`,
			[]problem.Problem{in(5, 10, "cluster", "true (a truth value) is not allowed: allowed is the fields "+clusterFields)},
		},
		"list for a struct": {
			"the fields of the struct are listed", `cluster: []`,
			[]problem.Problem{in(5, 10, "cluster", "[] (a list) is not allowed: allowed is the fields "+clusterFields)},
		},
		"text for a struct in a list": {
			"the fields of the element are listed", `nodePools: amd64: taints: ["gpu"]`,
			[]problem.Problem{in(5, 28, "nodePools.amd64.taints[0]", `"gpu" (text) is not allowed: allowed is the fields effect, key, value`)},
		},
		"quotes missing": {
			"an account id is text: as a number it would lose zeros", `account: 111122223333`,
			[]problem.Problem{in(5, 10, "account", "111122223333 (a number) is not allowed: allowed is "+accountID, `write "111122223333" in quotes`)},
		},
		"quotes missing, version": {
			"1.30 as a number is 1.3", `cluster: version: 1.35`,
			[]problem.Problem{in(5, 19, "cluster.version", `1.35 (a number) is not allowed: allowed is "1.32", "1.33", "1.34" or "1.35"`, `write "1.35" in quotes`)},
		},
		"quotes too many": {
			"the number would be right", `network: {cidr: "10.0.0.0/16", flowLogs: retentionDays: "30"}`,
			[]problem.Problem{in(5, 57, "network.flowLogs.retentionDays", `"30" (text) is not allowed: allowed is `+retentions, "write 30 without quotes")},
		},
		"number between the allowed ones": {
			"CloudWatch knows only these", `network: {cidr: "10.0.0.0/16", flowLogs: retentionDays: 31}`,
			[]problem.Problem{in(5, 57, "network.flowLogs.retentionDays", "31 is not allowed: allowed is "+retentions, "the nearest allowed number is 30")},
		},
		"number out of bounds": {
			"both bounds are named", `nodePools: amd64: weight: 101`,
			[]problem.Problem{in(5, 27, "nodePools.amd64.weight", "101 is not allowed: allowed is a whole number from 1 to 100")},
		},
		"two numbers out of bounds": {
			"each problem has its line", `cluster: systemNodes: {min: 1, max: 51}`,
			[]problem.Problem{
				in(5, 29, "cluster.systemNodes.min", "1 is not allowed: allowed is a whole number from 2 to 50"),
				in(5, 37, "cluster.systemNodes.max", "51 is not allowed: allowed is a whole number from 2 to 50"),
			},
		},
		"fraction for a whole number": {
			"EBS sizes are whole", `nodePools: amd64: disk: sizeGiB: 50.5`,
			[]problem.Problem{in(5, 34, "nodePools.amd64.disk.sizeGiB", "50.5 (a number) is not allowed: allowed is a whole number from 20 to 16384")},
		},
		"not a range": {
			"the documentation of the format is the message", `network: cidr: "10.0.0.0/33"`,
			[]problem.Problem{in(5, 16, "network.cidr", `"10.0.0.0/33" is not allowed: allowed is `+vpcCIDR)},
		},
		"not a range, in a list": {
			"the element is blamed", `network: {cidr: "10.0.0.0/16", subnets: {public: ["10.0.0.0/20", "x"], privateApp: ["10.0.32.0/20", "10.0.48.0/20"]}}`,
			[]problem.Problem{in(5, 66, "network.subnets.public[1]", `"x" is not allowed: allowed is `+anyCIDR)},
		},
		"not a range, in a list with a default": {
			"one branch of a disjunction", `network: {cidr: "10.0.0.0/16", subnets: {public: ["10.0.0.0/20", "10.0.16.0/20"], privateApp: ["10.0.32.0/20", "10.0.48.0/20"], privateData: ["y"]}}`,
			[]problem.Problem{in(5, 143, "network.subnets.privateData[0]", `"y" is not allowed: allowed is `+anyCIDR)},
		},
		"too many zones for anyone": {
			"number and names are both described", `network: {cidr: "10.0.0.0/16", zones: 7}`,
			[]problem.Problem{in(5, 39, "network.zones", "7 is not allowed: allowed is "+zonesAllowed)},
		},
		"zone that is none": {
			"the list is the right branch, its element is wrong", `network: {cidr: "10.0.0.0/16", zones: ["eu-west-1a", "b"]}`,
			[]problem.Problem{in(5, 54, "network.zones[1]", `"b" is not allowed: allowed is the name of an availability zone, such as eu-west-1a`)},
		},
		"missing field": {
			"it is missed where its struct stands", `network: {}`,
			[]problem.Problem{in(5, 10, "network.cidr", "missing: allowed is "+vpcCIDR)},
		},
		"missing field in a struct of a free name": {
			"an access entry without a principal", `cluster: access: admins: policy: "Admin"`,
			[]problem.Problem{in(5, 26, "cluster.access.admins.principalARN", "missing: allowed is "+roleARN)},
		},
		"missing field in a list": {
			"a window that never opens", `argocd: syncWindows: [{kind: "allow", duration: "8h"}]`,
			[]problem.Problem{in(5, 23, "argocd.syncWindows[0].schedule", `missing: allowed is a cron schedule of five fields in UTC, such as "0 8 * * mon-fri"`)},
		},
		"missing architecture": {
			"a pool of one's own has to say it", `nodePools: gpu: limits: cpu: "10"`,
			[]problem.Problem{in(5, 17, "nodePools.gpu.architecture", `missing: allowed is "amd64" or "arm64"`)},
		},
		"missing and misspelt": {
			"CUE stops at the first: both are found", `network: {zoness: 2}`,
			[]problem.Problem{
				in(5, 10, "network.cidr", "missing: allowed is "+vpcCIDR),
				in(5, 11, "network.zoness", "there is no such field: allowed are "+networkFields, "did you mean zones?"),
			},
		},
		"missing because misspelt": {
			"one mistake is one problem", `network: {cdir: "10.0.0.0/16"}`,
			[]problem.Problem{in(5, 11, "network.cdir", "there is no such field: allowed are "+networkFields, "did you mean cidr?")},
		},
		"name of another environment": {
			"the folder is the name", `name: "prod"`,
			[]problem.Problem{in(5, 7, "name", `"prod" is not the name of the folder, "dev"`, "leave name out: an environment is called like its folder")},
		},
		"unknown region": {
			"all that genops knows the zones of", `region: "eu-west-9"`,
			[]problem.Problem{in(5, 9, "region", `"eu-west-9" is not allowed: allowed is `+regions, `did you mean "eu-west-1", "eu-west-2" or "eu-west-3"?`)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problemsOf(t, inputs(t, dev("stage: \"dev\"\n"+tc.line)))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestProblemsAreAllFound has several things wrong at once, in one environment.
func TestProblemsAreAllFound(t *testing.T) {
	t.Parallel()
	got := problemsOf(t, inputs(t, dev("stage: \"dve\"\nnetwork: {cidr: \"x\", natGateway: \"single\"}\ncluster: versoin: \"1.35\"")))
	want := []problem.Problem{
		in(4, 8, "stage", `"dve" is not allowed: allowed is "shared", "dev", "staging" or "prod"`, `did you mean "dev"?`),
		in(5, 17, "network.cidr", `"x" is not allowed: allowed is `+vpcCIDR),
		in(5, 22, "network.natGateway", "there is no such field: allowed are "+networkFields, "did you mean natGateways?"),
		in(6, 10, "cluster.versoin", "there is no such field: allowed are "+clusterFields, "did you mean version?"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if none := problemsOf(t, inputs(t, dev("stage: \"dev\""))); len(none) > 0 {
		t.Errorf("an environment with nothing wrong in it has %v", none)
	}
}
