package compositions_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// rule is what AWS says of the names of a kind.
type rule struct {
	field   string // Where the name stands; empty: in the external-name.
	most    int
	allowed string
}

// rules of names in AWS, each from the API's reference.
func rules() map[string]rule {
	return map[string]rule{
		"Role":           {most: 64, allowed: `[\w+=,.@-]+`},                                               // IAM: CreateRole.
		"Policy":         {most: 128, allowed: `[\w+=,.@-]+`},                                              // IAM: CreatePolicy.
		"RolePolicy":     {most: 128, allowed: `[\w+=,.@-]+`},                                              // IAM: PutRolePolicy.
		"Rule":           {most: 64, allowed: `[.\-_A-Za-z0-9]+`},                                          // EventBridge: PutRule.
		"Queue":          {field: "name", most: 80, allowed: `[A-Za-z0-9_-]+`},                             // SQS: CreateQueue.
		"SecurityGroup":  {field: "name", most: 255, allowed: `[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]+`},     // EC2: CreateSecurityGroup.
		"LaunchTemplate": {field: "name", most: 128, allowed: `[A-Za-z0-9().\-/_]{3,}`},                    // EC2: CreateLaunchTemplate.
		"Cluster":        {most: 100, allowed: `[0-9A-Za-z][A-Za-z0-9\-_]*`},                               // EKS: CreateCluster.
		"NodeGroup":      {most: 63, allowed: `[0-9A-Za-z][A-Za-z0-9\-_]*`},                                // EKS: CreateNodegroup.
		"Alias":          {most: 250, allowed: `[a-zA-Z0-9/_-]+`},                                          // KMS: CreateAlias, 256 with its prefix.
		"Group":          {most: 512, allowed: `[.\-_/#A-Za-z0-9]+`},                                       // CloudWatch Logs: CreateLogGroup.
		"Repository":     {most: 256, allowed: `[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*`}, // ECR: CreateRepository.
		"Bucket":         {most: 63, allowed: `[a-z0-9][a-z0-9-]+[a-z0-9]`},                                // S3: bucket naming rules.
		"Function":       {most: 64, allowed: `[a-zA-Z0-9_-]+`},                                            // CloudFront: CreateFunction.
		"WebACL":         {field: "name", most: 128, allowed: `[\w-]+`},                                    // AWS WAF: CreateWebACL.

		"OriginAccessControl":   {field: "name", most: 64, allowed: `[\w-]+`},  // CloudFront: OriginAccessControlConfig.
		"ResponseHeadersPolicy": {field: "name", most: 128, allowed: `[\w-]+`}, // CloudFront: ResponseHeadersPolicyConfig.

		"organizations/OrganizationalUnit": {field: "name", most: 128, allowed: `[\w -]+`},    // Organizations: CreateOrganizationalUnit.
		"organizations/Account":            {field: "name", most: 50, allowed: `[\w .-]+`},    // Organizations: CreateAccount.
		"organizations/Policy":             {field: "name", most: 128, allowed: `[\w .-]+`},   // Organizations: CreatePolicy.
		"PermissionSet":                    {field: "name", most: 32, allowed: `[\w+=,.@-]+`}, // Identity Center: CreatePermissionSet.
		"identitystore/Group":              {field: "displayName", most: 1024, allowed: `.+`}, // Identity store: CreateGroup.

		"SubnetGroup":           {most: 255, allowed: `[a-z0-9 ._-]+`},                      // RDS: CreateDBSubnetGroup.
		"ClusterParameterGroup": {most: 255, allowed: `[a-z](-?[a-z0-9]+)*`},                // RDS: CreateDBClusterParameterGroup.
		"ClusterInstance":       {most: 63, allowed: `[a-z](-?[a-z0-9]+)*`},                 // RDS: CreateDBInstance.
		"GlobalCluster":         {most: 63, allowed: `[a-z](-?[a-z0-9]+)*`},                 // RDS: CreateGlobalCluster.
		"Trail":                 {most: 128, allowed: `[a-zA-Z0-9][a-zA-Z0-9._-]{2,}`},      // CloudTrail: CreateTrail.
		"Analyzer":              {most: 255, allowed: `[A-Za-z][A-Za-z0-9_.-]*`},            // IAM Access Analyzer: CreateAnalyzer.
		"Budget":                {most: 100, allowed: `[^:\\\\]+`},                          // AWS Budgets: CreateBudget.
		"MetricAlarm":           {most: 255, allowed: `[A-Za-z0-9-]+`},                      // CloudWatch: PutMetricAlarm.
		"Parameter":             {most: 1011, allowed: `(/[a-zA-Z0-9_.-]+)+`},               // Systems Manager: PutParameter.
		"Topic":                 {most: 256, allowed: `[A-Za-z0-9_-]+`},                     // SNS: CreateTopic.
		"RuleGroupNamespace":    {most: 64, allowed: `[0-9A-Za-z][-.0-9A-Z_a-z]*`},          // AMP: CreateRuleGroupsNamespace.
		"Secret":                {field: "name", most: 512, allowed: `[\w/+=.@-]+`},         // Secrets Manager: CreateSecret.
		"Target":                {field: "targetId", most: 64, allowed: `[.\-_A-Za-z0-9]+`}, // EventBridge: PutTargets.
	}
}

// namesInAWS are the names that are ours to choose and have to be unique in an account, by kind, of an environment's resources by key.
func namesInAWS(all map[string]map[string]any) map[string]string {
	found := map[string]string{}
	for key, object := range all {
		kind := text(object, "kind")
		if service, _, _ := strings.Cut(text(object, "apiVersion"), "."); service == "organizations" || service == "identitystore" {
			kind = service + "/" + kind // IAM and CloudWatch have kinds of the same names.
		}
		r, named := rules()[kind]
		if !named || !managed(object) {
			continue
		}
		name := text(object, "metadata", "annotations", "crossplane.io/external-name")
		if r.field != "" {
			name = text(object, "spec", "forProvider", r.field)
		}
		found[key] = kind + " " + name
	}
	return found
}

func TestNamesWithinTheLimitsOfAWS(t *testing.T) {
	t.Parallel()
	if len(longProject) != 30 || len(longEnvironment) != 30 || len(longCluster) != 40 {
		t.Fatalf("the longest names have %d, %d and %d characters", len(longProject), len(longEnvironment), len(longCluster))
	}
	seen := map[string]bool{}
	shortened := 0
	for name, claims := range configurations(t) {
		for key, found := range namesInAWS(everything(t, claims)) {
			kind, name0, _ := strings.Cut(found, " ")
			seen[kind] = true
			r := rules()[kind]
			if len(name0) > r.most || !regexp.MustCompile(`^`+r.allowed+`$`).MatchString(name0) {
				t.Errorf("%s: %s: %q has %d characters, AWS takes %d of %s", name, key, name0, len(name0), r.most, r.allowed)
			}
			if name == "long names" && regexp.MustCompile(`-[0-9a-f]{8}$`).MatchString(name0) {
				shortened++
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(rules())), slices.Sorted(maps.Keys(seen))); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	if shortened < 5 {
		t.Errorf("%d names were shortened, which proves nothing", shortened)
	}
}

// TestLongNamesStayApart holds that names which differ only at their end differ after they were shortened, and that the same name is always
// shortened the same way.
func TestLongNamesStayApart(t *testing.T) {
	t.Parallel()
	one, two := namesInAWS(everything(t, long(t, "1"))), namesInAWS(everything(t, long(t, "2")))
	if diff := cmp.Diff(one, namesInAWS(everything(t, long(t, "1")))); diff != "" {
		t.Errorf("a second time differs (-first +second):\n%s", diff)
	}
	for key, name := range one {
		// A node group, an inline policy and a target are named within a cluster, a role and a rule.
		if strings.HasPrefix(name, "NodeGroup") || strings.HasPrefix(name, "RolePolicy") || strings.HasPrefix(name, "Target") {
			continue
		}
		if two[key] == name {
			t.Errorf("%s: both are called %s", key, name)
		}
	}
	for key, want := range map[string]string{
		"Cluster/karpenter-node-role":               "Role " + longCluster[:39] + "1-karpenter-node", // Short enough: 55 characters.
		"Cluster/aws-load-balancer-controller-role": "Role " + longCluster[:39] + "1-aws-load-balan-681b8ae4",
	} {
		if one[key] != want {
			t.Errorf("%s is %s, want %s", key, one[key], want)
		}
	}
	for name, short := range map[string]func(string) string{"node role": compositions.NodeRoleName, "queue": compositions.QueueName} {
		// Cluster names of claims written by hand can be longer than those of environments.
		a, b := short(strings.Repeat("long-", 20)+"1"), short(strings.Repeat("long-", 20)+"2")
		if a == b || a != short(strings.Repeat("long-", 20)+"1") || len(a) > 80 || strings.HasSuffix(a[:len(a)-9], "-") {
			t.Errorf("%s: %s and %s", name, a, b)
		}
	}
}

// TestOthersNameTheSame holds the names that EC2NodeClasses, Karpenter's settings and bootstrap's Argo CD use.
func TestOthersNameTheSame(t *testing.T) {
	t.Parallel()
	for configuration, claims := range configurations(t) {
		all := everything(t, claims)
		if all["Cluster/cluster"] == nil {
			continue
		}
		name := text(find(t, claims, "Cluster").spec, "name")
		environment := text(find(t, claims, "Cluster").spec, "environment")
		got := namesInAWS(all)
		for key, want := range map[string]string{
			"Cluster/karpenter-node-role": "Role " + compositions.NodeRoleName(name),
			"Cluster/karpenter-queue":     "Queue " + compositions.QueueName(name),
			"Cluster/argocd-role":         "Role " + schema.ArgoCDRoleName(name),
			"Cluster/cluster":             "Cluster " + name,
		} {
			if got[key] != want {
				t.Errorf("%s: %s is %q, want %q", configuration, key, got[key], want)
			}
		}
		if got := text(all["Cluster/cluster"], "metadata", "name"); got != compositions.ClusterResource(environment) {
			t.Errorf("%s: the cluster is %s, want %s", configuration, got, compositions.ClusterResource(environment))
		}
	}
}

// environment are all claims of an environment whose cluster has the name that the contract gives it.
func environment(t testing.TB, project, name string) []claim {
	t.Helper()
	return []claim{
		network(t, withPods, withACL, func(s *schema.NetworkSpec) { s.ClaimMeta, s.ClusterName = meta(project, name), project+"-"+name }),
		cluster(t, withAccess, func(s *schema.ClusterSpec) { s.ClaimMeta, s.Name = meta(project, name), project+"-"+name }),
		edge(t, func(s *schema.EdgeSpec) {
			s.ClaimMeta, s.Site.LoadBalancer.ClusterName = meta(project, name), project+"-"+name
		}),
		database(t, withReplica, func(s *schema.DatabaseSpec) { s.ClaimMeta = meta(project, name); rename(s, project+"-"+name) }),
		accountBaseline(t, withTrail, func(s *schema.AccountBaselineSpec) { s.ClaimMeta = meta(project, name) }),
		observability(t, withReceivers, func(s *schema.ObservabilitySpec) {
			s.ClaimMeta, s.ClusterName = meta(project, name), project+"-"+name
		}),
	}
}

// TestNamesOfEnvironmentsDoNotCollide holds what is unique.
//
// metadata.name starts with the environment's name, which has no dots and is unique on a bootstrap cluster: no two resources of a platform have the
// same. Names in AWS start with project-environment: within an account they are unique as long as these two joined differ. Project a-b with
// environment c and project a with environment b-c are the same there, so they cannot share an account and region.
func TestNamesOfEnvironmentsDoNotCollide(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason string
		others [2][2]string // Project and environment of two.
		same   bool         // In AWS.
	}{
		"two environments":        {"names differ", [2][2]string{{"acme", "dev"}, {"acme", "prod"}}, false},
		"one is the other's head": {"dev's network is not dev-network's anything", [2][2]string{{"acme", "dev"}, {"acme", "dev-network"}}, false},
		"named like a claim":      {"an environment may be called network", [2][2]string{{"acme", "network"}, {"acme", "cluster"}}, false},
		"joined differently":      {"project-environment is the same text", [2][2]string{{"a-b", "c"}, {"a", "b-c"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects, inAWS := map[string]string{}, [2]map[string]bool{{}, {}}
			for i, other := range tc.others {
				all := everything(t, environment(t, other[0], other[1]))
				for key, object := range all {
					id := text(object, "apiVersion") + " " + text(object, "kind") + " " + text(object, "metadata", "name")
					if taken, ok := objects[id]; ok {
						t.Errorf("%s and %s of %s are both %s", taken, key, other[1], id)
					}
					objects[id] = key + " of " + other[1]
				}
				for _, name := range namesInAWS(all) {
					if !strings.HasPrefix(name, "NodeGroup") && !strings.HasPrefix(name, "RolePolicy") && !strings.HasPrefix(name, "Target") {
						inAWS[i][name] = true
					}
				}
			}
			for name := range inAWS[0] {
				if inAWS[1][name] != tc.same {
					t.Errorf("%s: %s is in both: %t", tc.reason, name, inAWS[1][name])
				}
			}
			if len(objects) < 200 || len(inAWS[0]) < 20 {
				t.Errorf("%d objects and %d names prove nothing", len(objects), len(inAWS[0]))
			}
		})
	}
}

// TestMetadataNamesAreUnique holds within an environment, too: two kinds never share a name, so that a person can say which one is meant.
func TestMetadataNamesAreUnique(t *testing.T) {
	t.Parallel()
	for configuration, claims := range configurations(t) {
		taken := map[string]string{}
		for key, object := range everything(t, claims) {
			name := text(object, "metadata", "name")
			if other, ok := taken[name]; ok {
				t.Errorf("%s: %s and %s are both called %s", configuration, key, other, name)
			}
			taken[name] = key
		}
	}
}
