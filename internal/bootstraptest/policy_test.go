package bootstraptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/schema"
)

// Sizes that AWS accepts, in characters without white space (IAM user guide: IAM and AWS STS quotas).
const (
	maxPolicy = 6144
	maxTrust  = 2048
)

// values are the placeholders and the longest values that the contract or AWS allows.
func values() map[string]string {
	return map[string]string{
		"BOOTSTRAP_ACCOUNT": "100000000002",
		"BOOTSTRAP_REGION":  "ap-southeast-5",
		"BOOTSTRAP_CLUSTER": strings.Repeat("b", 40),
		"ORGANIZATION_ID":   "o-" + strings.Repeat("0", 32),
		"ACCOUNT_ID":        "100000000003",

		"REPLICA_REGION": "ap-southeast-1",
		"REGION":         "ap-northeast-3",
		"PROJECT":        strings.Repeat("p", 30),
		"OIDC_PROVIDER":  "oidc.eks.ap-southeast-5.amazonaws.com/id/" + strings.Repeat("A", 32),
		"OPERATOR_ARN":   "arn:aws:iam::100000000002:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_" + strings.Repeat("x", 49),
	}
}

// texts is a string or a list of them, as IAM has it.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*t = texts{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// policy is a policy of IAM without its dangerous negations (NotAction, NotResource, NotPrincipal): reading one that has them is an error.
type policy struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

type statement struct {
	Sid       string                      `json:"Sid"`
	Effect    string                      `json:"Effect"`
	Principal map[string]texts            `json:"Principal"`
	Action    texts                       `json:"Action"`
	Resource  texts                       `json:"Resource"`
	Condition map[string]map[string]texts `json:"Condition"`
}

func readPolicy(data string) (*policy, error) {
	decoder := json.NewDecoder(strings.NewReader(data))
	decoder.DisallowUnknownFields()
	var p policy
	return &p, decoder.Decode(&p)
}

var sid = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// judge is what is wrong with a policy.
func judge(data string) []string {
	p, err := readPolicy(data)
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if p.Version != "2012-10-17" {
		problem("version %q", p.Version)
	}
	if len(p.Statement) == 0 {
		problem("no statement")
	}
	limit, trust := maxPolicy, false
	seen := map[string]bool{}
	for _, s := range p.Statement {
		if !sid.MatchString(s.Sid) || seen[s.Sid] {
			problem("%q: not a Sid, or not the only one", s.Sid)
		}
		seen[s.Sid] = true
		if s.Effect != "Allow" && s.Effect != "Deny" {
			problem("%s: effect %q", s.Sid, s.Effect)
		}
		if len(s.Action) == 0 {
			problem("%s: no action", s.Sid)
		}
		for _, action := range s.Action {
			if !strings.Contains(action, ":") || s.Effect == "Allow" && strings.ContainsAny(action, "*?") {
				problem("%s: action %s", s.Sid, action)
			}
		}
		if !slices.IsSorted(s.Action) {
			problem("%s: actions are not sorted", s.Sid)
		}
		if (len(s.Principal) == 0) == (len(s.Resource) == 0) {
			problem("%s: needs either a principal or a resource", s.Sid)
		}
		for _, principals := range s.Principal {
			limit, trust = maxTrust, true
			if slices.Contains(principals, "*") {
				problem("%s: trusts everybody", s.Sid)
			}
		}
		if trust && len(s.Condition) == 0 {
			problem("%s: trust without a condition", s.Sid)
		}
	}
	var minified bytes.Buffer
	if err := json.Compact(&minified, []byte(data)); err != nil {
		problem("%v", err)
	}
	if minified.Len() >= limit {
		problem("%d characters, the limit is %d", minified.Len(), limit)
	}
	for name := range values() {
		if strings.Contains(data, name) {
			problem("placeholder %s", name)
		}
	}
	slices.Sort(problems)
	return problems
}

func TestCheckFindsProblems(t *testing.T) {
	one := func(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }
	for name, test := range map[string]struct {
		reason, data string
		want         []string
	}{
		"fine":      {"Nothing to say.", one(`{"Sid":"A","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`), nil},
		"star":      {"An action is a name.", one(`{"Sid":"A","Effect":"Allow","Action":"*","Resource":"x"}`), []string{"A: action *"}},
		"some":      {"Also a part of one.", one(`{"Sid":"A","Effect":"Allow","Action":["ec2:Describe*"],"Resource":"x"}`), []string{"A: action ec2:Describe*"}},
		"deny":      {"A denial may be wide.", one(`{"Sid":"A","Effect":"Deny","Action":"organizations:*","Resource":"*"}`), nil},
		"deny all":  {"But not of everything.", one(`{"Sid":"A","Effect":"Deny","Action":"*","Resource":"*"}`), []string{"A: action *"}},
		"negation":  {"A negation allows what nobody named.", one(`{"Sid":"A","Effect":"Allow","NotAction":"iam:*","Resource":"*"}`), []string{`json: unknown field "NotAction"`}},
		"everybody": {"A trust names who.", one(`{"Sid":"A","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"Bool":{"a":"true"}}}`), []string{"A: trusts everybody"}},
		"condition": {"A trust is limited to the organization, a cluster or a ServiceAccount.", one(`{"Sid":"A","Effect":"Allow","Principal":{"AWS":"x"},"Action":"sts:AssumeRole"}`), []string{"A: trust without a condition"}},
		"empty":     {"A policy says something.", `{"Version":"2012-10-17"}`, []string{"no statement"}},
		"version":   {"The older version knows no variables.", `{"Version":"2008-10-17","Statement":[{"Sid":"A","Effect":"Deny","Action":"a:b","Resource":"*"}]}`, []string{`version "2008-10-17"`}},
		"left over": {"A forgotten placeholder is a policy for nothing.", one(`{"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"PROJECT-x"}`), []string{"placeholder PROJECT"}},
		"too long":  {"AWS refuses it.", one(`{"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"` + strings.Repeat("x", maxPolicy) + `"}`), []string{"6240 characters, the limit is 6144"}},
		"twice":     {"The page's table names statements by Sid.", one(`{"Sid":"A","Effect":"Allow","Action":"a:b","Resource":"x"},{"Sid":"A","Effect":"Allow","Action":"a:c","Resource":"x"}`), []string{`"A": not a Sid, or not the only one`}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, judge(test.data)); diff != "" {
				t.Errorf("%s -want +got:\n%s", test.reason, diff)
			}
		})
	}
}

// policyFiles are the names of all policies, without the ending.
func policyFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "bootstrap", "iam", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no policies found: %v", err)
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	return files
}

// fill fills in a policy with the function that bootstrap/README.md gives to people.
func fill(t *testing.T, file string, environment map[string]string) (string, error) {
	t.Helper()
	_, function, ok := strings.Cut(read(t, "bootstrap", "README.md"), "\npolicy() (\n")
	function, _, end := strings.Cut(function, "\n)\n")
	if !ok || !end {
		t.Fatal("bootstrap/README.md has no function policy")
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", "policy() (\n"+function+"\n)\npolicy \"$1\"", "sh", file)
	command.Dir = root
	command.Env = []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range environment {
		command.Env = append(command.Env, name+"="+value)
	}
	out, err := command.Output()
	return string(out), err
}

func TestPolicies(t *testing.T) {
	for _, file := range policyFiles(t) {
		t.Run(file, func(t *testing.T) {
			data, err := fill(t, file, values())
			if err != nil {
				t.Fatalf("fill in: %v", err)
			}
			for _, problem := range judge(data) {
				t.Error(problem)
			}
			want := read(t, "bootstrap", "iam", file+".json")
			for name, value := range values() {
				want = regexp.MustCompile(`(^|[^A-Z_])`+name+`([^A-Z_]|$)`).ReplaceAllString(want, "${1}"+value+"${2}")
			}
			if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(data)); diff != "" {
				t.Errorf("the page's function replaces something else, -want +got:\n%s", diff)
			}
		})
	}
}

func TestPolicyFunctionStopsAtMissingValue(t *testing.T) {
	environment := values()
	delete(environment, "ORGANIZATION_ID")
	if data, err := fill(t, "provisioner-trust", environment); err == nil {
		t.Errorf("a policy without the organization's id would trust other organizations:\n%s", data)
	}
}

// TestWildcardsAreExplained compares the table in bootstrap/iam/README.md with the statements whose resource has a wildcard.
func TestWildcardsAreExplained(t *testing.T) {
	want := map[string]bool{}
	for _, file := range policyFiles(t) {
		p, err := readPolicy(read(t, "bootstrap", "iam", file+".json"))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, s := range p.Statement {
			if strings.Contains(strings.Join(s.Resource, " "), "*") {
				want[file+".json "+s.Sid] = true
			}
		}
	}
	got := map[string]bool{}
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+\\.json)` \\| ([A-Za-z]+) \\| \\S.* \\|$")
	for _, row := range rows.FindAllStringSubmatch(read(t, "bootstrap", "iam", "README.md"), -1) {
		got[row[1]+" "+row[2]] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("the table in bootstrap/iam/README.md differs from the policies, -policies +table:\n%s", diff)
	}
}

// allowed are the actions that crossplane-provisioner has, and the ARNs of resources by action.
func allowed(t *testing.T, file string) []statement {
	t.Helper()
	p, err := readPolicy(read(t, "bootstrap", "iam", file+".json"))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return slices.DeleteFunc(p.Statement, func(s statement) bool { return s.Effect != "Allow" })
}

// TestProvidersHaveRights tells when the platform installs a provider and nobody gave it rights.
func TestProvidersHaveRights(t *testing.T) {
	// The prefix of actions, where it is not the first label of the provider's API group.
	prefixes := map[string]string{
		"accessanalyzer": "access-analyzer", "cloudwatchevents": "events", "cloudwatchlogs": "logs", "configservice": "config", "s3control": "s3",
		"ssoadmin": "sso", "amp": "aps", "cloudcontrol": "cloudformation",
	}
	// What some services call a creation.
	makes := []string{"Enable", "EnableSecurityHub", "ModifyBudget"}
	writes := map[string]bool{}
	for _, file := range policyFiles(t) {
		if !strings.HasPrefix(file, "provisioner-") && !strings.HasPrefix(file, "management-") || file == "provisioner-trust" {
			continue
		}
		for _, s := range allowed(t, file) {
			for _, action := range s.Action {
				service, name, _ := strings.Cut(action, ":")
				if strings.HasPrefix(name, "Create") || strings.HasPrefix(name, "Put") || slices.Contains(makes, name) || strings.HasPrefix(name, "Request") {
					writes[service] = true
				}
			}
		}
	}
	for _, service := range config(t).Platform.Versions.Packages.Services {
		prefix := service
		if other, ok := prefixes[service]; ok {
			prefix = other
		}
		if !writes[prefix] {
			t.Errorf("the platform installs provider-aws-%s, and no policy of bootstrap/iam lets it create anything (%s:...)", service, prefix)
		}
	}
}

// TestRolesAreThePlatforms holds the policies and what genops renders together.
func TestRolesAreThePlatforms(t *testing.T) {
	c := config(t)
	trust := allowed(t, "provisioner-trust")[0].Principal["AWS"][0]
	for name, value := range map[string]string{"BOOTSTRAP_ACCOUNT": c.Platform.Bootstrap.Account, "BOOTSTRAP_CLUSTER": c.Platform.Bootstrap.ClusterName} {
		trust = strings.ReplaceAll(trust, name, value)
	}
	if want := c.Platform.CrossplaneRoleARN(); trust != want {
		t.Errorf("crossplane-provisioner trusts %s, and Crossplane is %s", trust, want)
	}

	pattern := allowed(t, "crossplane-permissions")[0].Resource[0]
	for _, e := range c.Environments {
		if e.Account == "" {
			continue
		}
		if arn := c.Platform.ProvisionerRoleARN(e); !matches(pattern, arn) {
			t.Errorf("Crossplane may become %s, and not %s's %s", pattern, e.Name, arn)
		}
	}

	runtimeConfig := rendered(t)["rendered/bootstrap/crossplane/deploymentruntimeconfig-provider-aws.yaml"]
	account, _ := at(runtimeConfig, "spec", "deploymentTemplate", "spec", "template", "spec", "serviceAccountName").(string)
	identity := allowed(t, "crossplane-trust-pod-identity")[0].Condition["StringEquals"]["aws:RequestTag/kubernetes-service-account"]
	if diff := cmp.Diff(texts{account}, identity); diff != "" {
		t.Errorf("ServiceAccount of the providers, -rendered +trust with Pod Identity:\n%s", diff)
	}
	subject := allowed(t, "crossplane-trust-irsa")[0].Condition["StringEquals"]["OIDC_PROVIDER:sub"]
	if diff := cmp.Diff(texts{"system:serviceaccount:crossplane-system:" + account}, subject); diff != "" {
		t.Errorf("ServiceAccount of the providers, -rendered +trust with IRSA:\n%s", diff)
	}
}

// optionalParts are policies that only some accounts need: those of a region with a database's replica, and of a registry or teams with Terraform.
func optionalParts() []string { return []string{"replica", "shared"} }

// provisionerParts are the policies that say what crossplane-provisioner may do, without the optional ones and without the guardrails.
func provisionerParts(t *testing.T) []string {
	t.Helper()
	var parts []string
	for _, file := range policyFiles(t) {
		part, ok := strings.CutPrefix(file, "provisioner-")
		if ok && part != "trust" && part != "guardrails" && !slices.Contains(optionalParts(), part) {
			parts = append(parts, part)
		}
	}
	return parts
}

// TestPagesPoliciesFitOneRole: the page attaches and removes each policy of crossplane-provisioner, and with the optional ones, which it names beside
// the loop, they are no more than the ten managed policies that a role may have (IAM and AWS STS quotas).
func TestPagesPoliciesFitOneRole(t *testing.T) {
	want := append(provisionerParts(t), "guardrails")
	slices.Sort(want)
	if len(want)+len(optionalParts()) > 10 {
		t.Errorf("%d policies and %d optional ones are too many for one role", len(want), len(optionalParts()))
	}
	loops := regexp.MustCompile(`(?m)^for part in ([a-z ]+); do +# (and .*)$`).FindAllStringSubmatch(read(t, "bootstrap", "README.md"), -1)
	if len(loops) != 2 {
		t.Fatalf("bootstrap/README.md has %d loops over policies; one makes them and one removes them", len(loops))
	}
	for _, loop := range loops {
		got := strings.Fields(loop[1])
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -policies +loop:\n%s", loop[0], diff)
		}
		for _, part := range optionalParts() {
			if !strings.Contains(loop[2], "and "+part+",") {
				t.Errorf("%s: nobody says when %s belongs to it", loop[0], part)
			}
		}
	}
}

// TestNamesStartWithTheProject tells when a name that genops computes is outside of what crossplane-provisioner may touch.
func TestNamesStartWithTheProject(t *testing.T) {
	c := config(t)
	for _, e := range c.Environments {
		if e.Account == "" || e.Cluster == nil {
			continue
		}
		arns := map[string]string{
			"arn:aws:eks:" + e.Region + ":" + e.Account + ":cluster/" + e.ClusterName():                          "provisioner-base",
			"arn:aws:logs:" + e.Region + ":" + e.Account + ":log-group:/aws/eks/" + e.ClusterName() + "/cluster": "provisioner-base",
			"arn:aws:iam::" + e.Account + ":role/" + e.ClusterName() + "-karpenter-node":                         "provisioner-iam",
		}
		for arn, file := range arns {
			if !covers(allowed(t, file), e, arn) {
				t.Errorf("%s.json does not cover %s", file, arn)
			}
		}
	}
}

// covers tells whether a statement names the resource.
func covers(statements []statement, e *schema.Environment, arn string) bool {
	replica := e.Region
	if e.Database != nil && e.Database.Replica != nil {
		replica = e.Database.Replica.Region
	}
	fill := strings.NewReplacer("ACCOUNT_ID", e.Account, "REPLICA_REGION", replica, "REGION", e.Region, "PROJECT", e.Project)
	return slices.ContainsFunc(statements, func(s statement) bool {
		return slices.ContainsFunc(s.Resource, func(pattern string) bool { return pattern != "*" && matches(fill.Replace(pattern), arn) })
	})
}

// matches is IAM's way to match: a star stands for any characters, slashes and colons included.
func matches(pattern, arn string) bool {
	return regexp.MustCompile(`^` + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`) + `$`).MatchString(arn)
}
