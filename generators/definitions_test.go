package generators_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/parser"
	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/internal/validate"
)

// judges are who says whether a claim is good: the contract in CUE, and the API server by the definition that it was given.
type judges struct {
	ctx        *cue.Context
	contract   cue.Value
	definition *validate.Schema
}

// kinds are the kinds that genops defines.
var kinds = []string{"Network", "Cluster", "Registry", "Edge", "Database", "StateBackend", "AccountBaseline", "Organization", "Observability", "ClusterRegistration"}

// definitionPath is where the definition of a kind is.
func definitionPath(kind string) string {
	plural := strings.ToLower(kind) + "s"
	if stem, ok := strings.CutSuffix(plural, "ys"); ok {
		plural = stem + "ies"
	}
	if kind != "ClusterRegistration" {
		plural = "x" + plural
	}
	return "bootstrap/definitions/" + plural + ".yaml"
}

// definitionSchema is the schema in the definition of a kind, as it is rendered.
func definitionSchema(t *testing.T, objects []manifest.Object, kind string) *extv1.JSONSchemaProps {
	t.Helper()
	object := find(t, objects, definitionPath(kind))
	versions, _ := field(object, "spec", "versions").([]any)
	if len(versions) != 1 {
		t.Fatalf("the definition of %s has %d versions", kind, len(versions))
	}
	data, err := json.Marshal(field(versions[0], "schema", "openAPIV3Schema"))
	if err != nil {
		t.Fatal(err)
	}
	props := &extv1.JSONSchemaProps{}
	if err := json.Unmarshal(data, props); err != nil {
		t.Fatal(err)
	}
	return props
}

// applied is the schema in the definition of a kind, with the field that Crossplane adds and rendered objects carry.
func applied(t *testing.T, objects []manifest.Object, kind string) *extv1.JSONSchemaProps {
	t.Helper()
	props := definitionSchema(t, objects, kind)
	reference := extv1.JSONSchemaProps{Type: "object", Required: []string{"name"}, Properties: map[string]extv1.JSONSchemaProps{"name": {Type: "string"}}}
	if kind == "ClusterRegistration" {
		props.Properties["spec"].Properties["crossplane"] = extv1.JSONSchemaProps{
			Type: "object", Properties: map[string]extv1.JSONSchemaProps{"compositionRef": reference},
		}
		return props
	}
	props.Properties["spec"].Properties["compositionRef"] = reference
	return props
}

// newJudges are the judges of a kind.
func newJudges(t *testing.T, kind string) judges {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "schema", "*.cue"))
	if err != nil {
		t.Fatal(err)
	}
	instance := build.NewContext().NewInstance("schema", nil)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		syntax, err := parser.ParseFile(name, text)
		if err != nil {
			t.Fatal(err)
		}
		if err := instance.AddSyntax(syntax); err != nil {
			t.Fatal(err)
		}
	}
	if err := instance.Complete(); err != nil {
		t.Fatal(err)
	}
	ctx := cuecontext.New()
	root := ctx.BuildInstance(instance)
	contract := root.LookupPath(cue.ParsePath("#" + kind + "Spec"))
	if err := contract.Err(); err != nil {
		t.Fatal(err)
	}
	definition, err := validate.NewSchema(applied(t, all(t, repository(t)), kind))
	if err != nil {
		t.Fatal(err)
	}
	return judges{ctx: ctx, contract: contract, definition: definition}
}

// contractSays is what the contract has against the spec of a claim. What is Crossplane's is not its business.
func (j judges) contractSays(claim map[string]any) error {
	spec := maps.Clone(claim["spec"].(map[string]any))
	delete(spec, "compositionRef")
	delete(spec, "crossplane")
	return j.contract.Unify(j.ctx.Encode(spec)).Validate(cue.Concrete(true))
}

// full are claims that use every field of their kind.
func full(t *testing.T, kind string) map[string]any {
	t.Helper()
	config := load(t, "\torder: [\"management\", \"dev\", \"prod\"]\n\tbootstrap: egressCIDRs: [\"198.51.100.10/32\"]\n\tversions: addons: coredns: \"1.35\": \"v1.13.2-eksbuild.1\"", map[string]string{
		"management": organizationLines,
		"prod": "\tstage: \"prod\"\n\tnetwork: cidr: \"10.40.0.0/16\"\n\ttags: team: \"a\"\n\tcluster: access: admins: {principalARN: \"arn:aws:iam::111122223333:role/Admin\", policy: \"Admin\", namespaces: [\"api\"]}\n\tedge: {delegation: \"manual\", hosts: [\"a.app.acme.example\"]}" +
			"\n\tregistry: {github: organization: \"acme\", mutableTags: [\"latest\"], repositories: web: github: {repository: \"Web\", tags: [\"v*\"]}}" +
			"\n\tstateBackend: teams: payments: principals: [\"arn:aws:iam::222233334444:role/terraform\"]" +
			"\n\tdatabase: replica: {region: \"eu-central-1\", cidr: \"10.41.0.0/20\"}" +
			"\n\tbaseline: {budget: {emails: [\"costs@acme.example\"], topicARN: \"arn:aws:sns:eu-west-1:111122223333:costs\"}, trail: organizationID: \"o-a1b2c3d4e5\"}" +
			"\n\tservices: api: slo: availability: 99.95\n\tobservability: {\n\t\tgrafana: admins: [\"61e5a0f4-1c5a-4b0e-9f0a-2d1b7c3e4f50\"]\n" +
			"\t\treceivers: {emails: [\"alarms@acme.example\"], endpoints: [\"https://alarms.acme.example/aws\"], slack: {workspace: \"T0123ABCD9\", channel: \"C0123ABCD9\"}}\n\t}",
		"dev": "\tstage: \"dev\"\n\taccount: \"222233334444\"\n\tnetwork: cidr: \"10.20.0.0/16\"\n\tcluster: {}",
	})
	file := strings.TrimPrefix(strings.ToLower(kind), "account") // The environment's field is baseline.
	environment := "prod"
	if kind == "Organization" {
		environment = "management"
	}
	return runtime.DeepCopyJSON(find(t, all(t, config), environment+"/claims/"+file+".yaml"))
}

// TestDefinitionsTakeTheRenderedClaims holds the claims of all configurations against their definitions, and against the contract.
func TestDefinitionsTakeTheRenderedClaims(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			judges := newJudges(t, kind)
			seen := 0
			for name, config := range configurations(t) {
				for _, object := range all(t, config) {
					if object.Object["kind"] != kind || text(object.Object, "apiVersion") != "aws.genops.dev/v1alpha1" {
						continue
					}
					seen++
					for _, message := range judges.definition.Validate(t.Context(), object.Object) {
						t.Errorf("%s: %s: the API server says %s", name, object.Path, message)
					}
					if err := judges.contractSays(object.Object); err != nil {
						t.Errorf("%s: %s: the contract says %v", name, object.Path, err)
					}
				}
			}
			want := 6
			switch kind {
			case "Registry", "StateBackend", "Organization":
				want = 2 // A platform has one.
			case "Observability":
				want = 5
			}
			if seen < want {
				t.Errorf("saw %d claims, expected at least %d", seen, want)
			}
		})
	}
}

// TestAppliedSchemaIsTheDefinitionsAndTheReference: who validates rendered objects takes the schema from AppliedSchema. It has to be that of the
// definition, with the one field that Crossplane adds and genops fills in; nothing else of Crossplane's passes.
func TestAppliedSchemaIsTheDefinitionsAndTheReference(t *testing.T) {
	t.Parallel()
	objects := all(t, repository(t))
	for _, kind := range kinds {
		want := applied(t, objects, kind)
		delete(want.Properties, "status") // Nobody renders one.
		got, err := generators.AppliedSchema(kind)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-definition and reference +applied):\n%s", kind, diff)
		}
		if again, err := generators.AppliedSchema(kind); err != nil || cmp.Diff(got, again) != "" {
			t.Errorf("%s: a second call differs: %v", kind, err)
		}
	}
	if _, err := generators.AppliedSchema("Bucket"); err == nil || err.Error() != "find composition: there is none of Bucket" {
		t.Errorf("a kind that there is not: got error %v", err)
	}
	schema, err := generators.AppliedSchema("Network")
	if err != nil {
		t.Fatal(err)
	}
	judge, err := validate.NewSchema(schema)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason string
		change func(map[string]any)
		want   []string
	}{
		"as rendered":   {"this is what it is for", set(map[string]any{"name": "xnetworks-prod"}, "compositionRef"), nil},
		"without":       {"the definition has a default", set(nil, "compositionRef"), nil},
		"without name":  {"a reference names something", set(map[string]any{}, "compositionRef"), []string{"spec.compositionRef.name: Required value"}},
		"other machine": {"a claim that pins a revision gets no changes", set(map[string]any{"name": "x"}, "compositionRevisionRef"), []string{"spec.compositionRevisionRef: there is no such field"}},
	}
	for name, tc := range cases {
		claim := full(t, "Network")
		tc.change(claim)
		if diff := cmp.Diff(tc.want, judge.Validate(t.Context(), claim)); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, tc.reason, diff)
		}
	}
}

// set changes a field of the spec of a claim; nil removes it.
func set(value any, path ...string) func(map[string]any) {
	return func(claim map[string]any) {
		fields := claim["spec"].(map[string]any)
		for _, name := range path[:len(path)-1] {
			fields = fields[name].(map[string]any)
		}
		if last := path[len(path)-1]; value == nil {
			delete(fields, last)
		} else {
			fields[last] = value
		}
	}
}

// subnets are a tier with this many subnets.
func subnets(count int64) []any {
	var tier []any
	for i := range count {
		tier = append(tier, map[string]any{"zone": "eu-west-1" + string(rune('a'+i)), "cidr": "10.40." + string(rune('0'+i)) + ".0/24"})
	}
	return tier
}

// TestBothJudgesRefuseWrongClaims has claims that are wrong in one field each. The contract refuses them before they are rendered, the API
// server if somebody wrote them by hand.
func TestBothJudgesRefuseWrongClaims(t *testing.T) {
	t.Parallel()
	pushed := func(name, branch string) any {
		return map[string]any{"name": name, "github": map[string]any{"repository": name, "branches": []any{branch}, "tags": []any{}}}
	}
	cases := map[string]struct {
		reason string
		kind   string
		change func(map[string]any)
		want   string // What the API server says.
	}{
		"one zone":              {"EKS wants two", "Network", set(subnets(1), "subnets", "public"), `spec.subnets.public: Invalid value: 1: spec.subnets.public in body should have at least 2 items`},
		"seven subnets":         {"no region has so many zones", "Network", set(subnets(7), "subnets", "privateApp"), `spec.subnets.privateApp: Too many: 7: must have at most 6 items`},
		"unknown field":         {"a typing error does not get lost", "Network", set(true, "flowlogs"), `spec.flowlogs: there is no such field`},
		"unknown field, nested": {"a typing error does not get lost", "Network", set("s3", "flowLogs", "destination"), `spec.flowLogs.destination: there is no such field`},
		"region missing":        {"every resource is somewhere", "Network", set(nil, "region"), `spec.region: Required value`},
		"tier missing":          {"an empty tier is stated", "Network", set(nil, "subnets", "privateData"), `spec.subnets.privateData: Required value`},
		"region in capitals":    {"AWS writes them small", "Network", set("EU-WEST-1", "region"), `spec.region: Invalid value: "EU-WEST-1": spec.region in body should match '^[a-z]{2}(-[a-z]+)+-[0-9]$'`},
		"no range": {
			"AWS would refuse it later", "Network", set("10.40.0.0", "cidr"),
			`spec.cidr: Invalid value: "10.40.0.0": spec.cidr in body should match '^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])/(1[6-9]|2[0-8])$'`,
		},
		"VPC of /8": {
			"a VPC is /16 at most", "Network", set("10.0.0.0/8", "cidr"),
			`spec.cidr: Invalid value: "10.0.0.0/8": spec.cidr in body should match '^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])/(1[6-9]|2[0-8])$'`,
		},
		"wrong enum":           {"two ways there are", "Network", set("none", "natGateways"), `spec.natGateways: Unsupported value: "none": supported values: "perZone", "single"`},
		"wrong enum in a list": {"genops knows no such endpoint", "Network", set([]any{"s4"}, "endpoints", "gateway"), `spec.endpoints.gateway[0]: Unsupported value: "s4": supported values: "s3", "dynamodb"`},
		"negative retention": {
			"CloudWatch offers these", "Network", set(int64(-1), "flowLogs", "retentionDays"),
			`spec.flowLogs.retentionDays: Unsupported value: -1: supported values: "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827", "2192", "2557", "2922", "3288", "3653"`,
		},
		"wrong type":   {"text is no truth", "Network", set("yes", "flowLogs", "enabled"), `spec.flowLogs.enabled: Invalid value: "string": spec.flowLogs.enabled in body must be of type boolean: "string"`},
		"number":       {"an account id is text", "Network", set(int64(111122223333), "account"), `spec.account: Invalid value: "integer": spec.account in body must be of type string: "integer"`},
		"tag too long": {"256 characters at most", "Network", set(strings.Repeat("a", 257), "tags", "team"), `spec.tags.team: Invalid value: "` + strings.Repeat("a", 257) + `": spec.tags.team in body should match '^[A-Za-z0-9 _.:/=+@-]{0,256}$'`},
		"name too long": {
			"names of roles are made from it", "Cluster", set(strings.Repeat("a", 41), "name"),
			`spec.name: Invalid value: "` + strings.Repeat("a", 41) + `": spec.name in body should match '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$'`,
		},
		"min of one":        {"Karpenter needs two nodes", "Cluster", set(int64(1), "systemNodes", "min"), `spec.systemNodes.min: Invalid value: 1: spec.systemNodes.min in body should be greater than or equal to 2`},
		"max of a thousand": {"system nodes are few", "Cluster", set(int64(1000), "systemNodes", "max"), `spec.systemNodes.max: Invalid value: 1000: spec.systemNodes.max in body should be less than or equal to 50`},
		"half a node":       {"nodes are whole", "Cluster", set(2.5, "systemNodes", "min"), `spec.systemNodes.min: Invalid value: "number": spec.systemNodes.min in body must be of type integer: "number"`},
		"unknown add-on": {
			"AWS has no such", "Cluster", set([]any{map[string]any{"name": "istio", "configuration": ""}}, "addons"),
			`spec.addons[0].name: Unsupported value: "istio": supported values: "vpc-cni", "kube-proxy", "coredns", "eks-pod-identity-agent", "aws-ebs-csi-driver", "aws-efs-csi-driver", "snapshot-controller", "eks-node-monitoring-agent"`,
		},
		"add-on without configuration": {"empty is stated", "Cluster", set([]any{map[string]any{"name": "coredns"}}, "addons"), `spec.addons[0].configuration: Required value`},
		"service range of /25": {
			"EKS takes /12 to /24", "Cluster", set("172.20.0.0/25", "serviceCIDR"),
			`spec.serviceCIDR: Invalid value: "172.20.0.0/25": spec.serviceCIDR in body should match '^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])/(1[2-9]|2[0-4])$'`,
		},
		"version with a patch": {"EKS has minor versions", "Cluster", set("1.35.1", "version"), `spec.version: Invalid value: "1.35.1": spec.version in body should match '^1\.[0-9]{2}$'`},
		"more than AWS has": {
			"256 ACU are the most", "Database", set(float64(257), "maxCapacityACU"),
			`spec.maxCapacityACU: Invalid value: 257: spec.maxCapacityACU in body should be less than or equal to 256`,
		},
		"another engine": {
			"Aurora has 15 to 17", "Database", set("8.0", "version"),
			`spec.version: Invalid value: "8.0": spec.version in body should match '^1[5-7](\.[0-9]{1,2})?$'`,
		},
		"backups for ever": {
			"RDS keeps 35 days", "Database", set(int64(36), "backup", "retentionDays"),
			`spec.backup.retentionDays: Invalid value: 36: spec.backup.retentionDays in body should be less than or equal to 35`,
		},
		"no zones": {"a cluster is in two", "Cluster", set([]any{}, "zones"), `spec.zones: Invalid value: 0: spec.zones in body should have at least 2 items`},
		"repository in capitals": {
			"ECR writes them small", "Registry", set([]any{pushed("Web", "main")}, "repositories"),
			`spec.repositories[0].name: Invalid value: "Web": spec.repositories[0].name in body should match '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'`,
		},
		"every branch": {
			"who makes a branch would push", "Registry", set([]any{pushed("web", "*")}, "repositories"),
			`spec.repositories[0].github.branches[0]: Invalid value: "*": spec.repositories[0].github.branches[0] in body should match '^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$'`,
		},
		"every organization": {
			"everybody on GitHub would push", "Registry", set("*", "github", "organization"),
			`spec.github.organization: Invalid value: "*": spec.github.organization in body should match '^[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?$'`,
		},
		"keeps nothing": {
			"pods could not start again", "Registry", set(int64(0), "lifecycle", "others"),
			`spec.lifecycle.others: Invalid value: 0: spec.lifecycle.others in body should be greater than or equal to 1`,
		},
		"a dot in a bucket": {
			"S3's certificate does not cover it", "StateBackend", set("acme.states", "bucket"),
			`spec.bucket: Invalid value: "acme.states": spec.bucket in body should match '^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$'`,
		},
		"a state of everybody": {
			"a star would be a wildcard in a policy", "StateBackend", set([]any{map[string]any{"name": "a", "prefix": "*", "principals": []any{}}}, "teams"),
			`spec.teams[0].prefix: Invalid value: "*": spec.teams[0].prefix in body should match '^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$'`,
		},
		"unknown standard": {
			"Security Hub has no such", "AccountBaseline", set([]any{"iso-27001"}, "securityHub", "standards"),
			`spec.securityHub.standards[0]: Unsupported value: "iso-27001": supported values: "fsbp", "cis", "nist-800-53", "pci-dss"`,
		},
		"threshold of nothing": {
			"everybody has spent that", "AccountBaseline", set([]any{int64(0)}, "budget", "actual"),
			`spec.budget.actual[0]: Invalid value: 0: spec.budget.actual[0] in body should be greater than or equal to 1`,
		},
		"five policies": {
			"AWS takes five, and FullAWSAccess is one", "Organization", set([]any{"a", "b", "c", "d", "e"}, "rootPolicies"),
			`spec.rootPolicies: Too many: 5: must have at most 4 items`,
		},
		"address without a domain": {
			"AWS sends mails there", "Organization", set([]any{map[string]any{"key": "dev", "name": "dev", "email": "aws", "unit": "Workloads"}}, "accounts"),
			`spec.accounts[0].email: Invalid value: "aws": spec.accounts[0].email in body should match '^[A-Za-z0-9_%+-]+(\.[A-Za-z0-9_%+-]+)*@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$'`,
		},
		"session of a day": {
			"Identity Center has twelve hours", "Organization", set([]any{map[string]any{
				"name": "Admin", "description": "", "sessionDuration": "PT24H", "managedPolicies": []any{}, "statements": []any{},
			}}, "identityCenter", "permissionSets"),
			`spec.identityCenter.permissionSets[0].sessionDuration: Invalid value: "PT24H": spec.identityCenter.permissionSets[0].sessionDuration in body should match '^(PT([1-9]|1[01])H([1-5]?[0-9]M)?|PT12H)$'`,
		},
		"no such retention": {
			"CloudWatch has steps", "Observability", set(int64(42), "logRetentionDays"),
			`spec.logRetentionDays: Unsupported value: 42: supported values: "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827", "2192", "2557", "2922", "3288", "3653"`,
		},
		"promises too much": {
			"nobody could hold it", "Observability", set(99.999, "edge", "availability"),
			`spec.edge.availability: Invalid value: 99.999: spec.edge.availability in body should be less than or equal to 99.99`,
		},
		"name of a channel": {
			"Slack knows it by its id", "Observability", set("#alarms", "slack", "channel"),
			`spec.slack.channel: Invalid value: "#alarms": spec.slack.channel in body should match '^[CG][A-Z0-9]{8,14}$'`,
		},
		"unknown policy": {
			"EKS has five", "Cluster", set([]any{map[string]any{"name": "a", "policy": "Root", "principalARN": "arn:aws:iam::111122223333:role/A", "namespaces": []any{}}}, "access"),
			`spec.access[0].policy: Unsupported value: "Root": supported values: "ClusterAdmin", "Admin", "Edit", "View", "AdminView"`,
		},
	}
	of := map[string]judges{
		"Network": newJudges(t, "Network"), "Cluster": newJudges(t, "Cluster"), "Registry": newJudges(t, "Registry"), "Edge": newJudges(t, "Edge"),
		"Database": newJudges(t, "Database"), "StateBackend": newJudges(t, "StateBackend"), "AccountBaseline": newJudges(t, "AccountBaseline"), "Organization": newJudges(t, "Organization"), "Observability": newJudges(t, "Observability"),
	}
	for name, tc := range cases {
		claim := full(t, tc.kind)
		if said := of[tc.kind].definition.Validate(t.Context(), claim); len(said) > 0 {
			t.Fatalf("%s: the claim is wrong before it is changed: %v", name, said)
		}
		if err := of[tc.kind].contractSays(claim); err != nil {
			t.Fatalf("%s: the claim is wrong before it is changed: %v", name, err)
		}
		tc.change(claim)
		if of[tc.kind].contractSays(claim) == nil {
			t.Errorf("%s: the contract takes it: %s", name, tc.reason)
		}
		if said := of[tc.kind].definition.Validate(t.Context(), claim); !slices.Contains(said, tc.want) {
			t.Errorf("%s: %s: the API server says\n%q, want\n%q", name, tc.reason, said, tc.want)
		}
	}
}
