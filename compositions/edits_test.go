package compositions_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/innovate-inc/genops/schema"
)

// edit is a change of an environment that a person may make.
type edit struct {
	reason string
	// before and after are the environment's resources by Kind/key.
	before, after map[string]map[string]any
	// keys that come and go, an expression for Kind/key; empty: none.
	keys string
	// kept are usages that hold back, on purpose, what is not wanted any more in one direction of the edit.
	kept string
}

// both are the resources of two claims.
func both(one, other map[string]map[string]any) map[string]map[string]any {
	all := maps.Clone(one)
	maps.Copy(all, other)
	return all
}

// editsOfNetwork are edits of a network with pods of their own and a network ACL, beside a cluster that does not change.
func editsOfNetwork(t testing.TB) map[string]edit {
	t.Helper()
	base := func(s *schema.NetworkSpec) { withPods(s); withACL(s) }
	before, cluster := everything(t, []claim{network(t, base)}), everything(t, []claim{cluster(t)})
	made := map[string]edit{}
	for name, e := range map[string]struct {
		reason, keys string
		change       func(*schema.NetworkSpec)
	}{
		"tags":                 {"tags are on every resource", ``, func(s *schema.NetworkSpec) { s.Tags = map[string]string{"owner": "others"} }},
		"stage":                {"nothing in AWS is about it", ``, func(s *schema.NetworkSpec) { s.Stage = schema.StageDev }},
		"flow log retention":   {"the log group changes", ``, func(s *schema.NetworkSpec) { s.FlowLogs.RetentionDays = 30 }},
		"flow logs off":        {"all of them go", `^Network/(usage-)?flow-logs`, func(s *schema.NetworkSpec) { s.FlowLogs.Enabled = false }},
		"flow log traffic":     {"AWS cannot change it", `^Network/(usage-flow-logs-role-by-)?flow-logs-(all|reject)$`, func(s *schema.NetworkSpec) { s.FlowLogs.Traffic = "REJECT" }},
		"single NAT gateway":   {"the other zones go through the first", `^Network/(nat-(gateway|address)|usage-.*-by-nat-gateway)-eu-west-1[bc]$`, func(s *schema.NetworkSpec) { s.NATGateways = "single" }},
		"fewer endpoints":      {"one of two interface endpoints", `^Network/endpoint-sqs`, func(s *schema.NetworkSpec) { s.Endpoints.Interface = []string{"ecr.api"} }},
		"endpoints reordered":  {"a place in a list is nothing", ``, func(s *schema.NetworkSpec) { slices.Reverse(s.Endpoints.Interface) }},
		"no endpoints":         {"their security group goes, too", `^Network/endpoint`, func(s *schema.NetworkSpec) { s.Endpoints = schema.Endpoints{} }},
		"gateway endpoint":     {"one more", `^Network/endpoint-dynamodb`, func(s *schema.NetworkSpec) { s.Endpoints.Gateway = []string{"dynamodb", "s3"} }},
		"no data ACL":          {"its rules go, too", `^Network/data-acl`, func(s *schema.NetworkSpec) { s.DataACL.Enabled = false }},
		"database port fewer":  {"the rules of the other port stay", `^Network/data-acl-in-.*-6379$`, func(s *schema.NetworkSpec) { s.DataACL.Ports = []int{5432} }},
		"database port more":   {"the rules of the others stay", `^Network/data-acl-in-.*-3306$`, func(s *schema.NetworkSpec) { s.DataACL.Ports = []int{3306, 6379, 5432} }},
		"database ports moved": {"a place in a list is nothing", ``, func(s *schema.NetworkSpec) { slices.Reverse(s.DataACL.Ports) }},
		"no pod range":         {"pods go into the nodes' subnets", `^Network/.*pods?`, func(s *schema.NetworkSpec) { s.PodCIDR, s.Subnets.Pods = "", []schema.Subnet{} }},
		"no data tier":         {"and no network ACL around it", `^Network/.*(private-data|data-acl)`, func(s *schema.NetworkSpec) { s.Subnets.PrivateData = []schema.Subnet{} }},
		"zones reordered": {"a place in a list is nothing", ``, func(s *schema.NetworkSpec) {
			for _, tier := range [][]schema.Subnet{s.Subnets.Public, s.Subnets.PrivateApp, s.Subnets.PrivateData, s.Subnets.Pods} {
				slices.Reverse(tier)
			}
		}},
		"cluster's name": {"it is a tag", ``, func(s *schema.NetworkSpec) { s.ClusterName = "" }},
	} {
		after := everything(t, []claim{network(t, base, e.change)})
		made["network, "+name] = edit{reason: e.reason, keys: e.keys, before: both(before, cluster), after: both(after, cluster)}
	}
	return made
}

// editsOfCluster are edits of a cluster that people have access to, beside a network that does not change.
func editsOfCluster(t testing.TB) map[string]edit {
	t.Helper()
	before, network := everything(t, []claim{cluster(t, withAccess)}), everything(t, []claim{network(t)})
	const group = `^Cluster/(usage-.*-by-)?system-nodes-group-`
	made := map[string]edit{}
	for name, e := range map[string]struct {
		reason, keys, kept string
		change             func(*schema.ClusterSpec)
	}{
		"tags":                {"tags are on every resource", ``, ``, func(s *schema.ClusterSpec) { s.Tags = map[string]string{"owner": "others"} }},
		"version":             {"the control plane is upgraded", ``, ``, func(s *schema.ClusterSpec) { s.Version = "1.36" }},
		"support":             {"a setting", ``, ``, func(s *schema.ClusterSpec) { s.Support = "EXTENDED" }},
		"log types":           {"a setting", ``, ``, func(s *schema.ClusterSpec) { s.Logs = []string{} }},
		"log retention":       {"the log group changes", ``, ``, func(s *schema.ClusterSpec) { s.LogRetentionDays = 7 }},
		"endpoint CIDRs":      {"a setting", ``, ``, func(s *schema.ClusterSpec) { s.Endpoint.AllowedCIDRs = []string{"203.0.113.0/24"} }},
		"private endpoint":    {"a setting", ``, ``, func(s *schema.ClusterSpec) { s.Endpoint.Public = false }},
		"deletion protection": {"a setting", ``, ``, func(s *schema.ClusterSpec) { s.DeletionProtection = false }},
		"limits of nodes":     {"a setting of the node group", ``, ``, func(s *schema.ClusterSpec) { s.SystemNodes.Min, s.SystemNodes.Max = 3, 9 }},
		"disk of nodes":       {"a new version of the launch template", ``, ``, func(s *schema.ClusterSpec) { s.SystemNodes.DiskGiB = 100 }},
		"instance types":      {"AWS cannot change them", group, ``, func(s *schema.ClusterSpec) { s.SystemNodes.InstanceTypes = []string{"m7g.xlarge"} }},
		"operating system":    {"AWS cannot change it", group, ``, func(s *schema.ClusterSpec) { s.SystemNodes.AMIFamily = "AL2023" }},
		"architecture":        {"AWS cannot change it", group, ``, amd64},
		"zones reordered":     {"a place in a list is nothing", ``, ``, func(s *schema.ClusterSpec) { slices.Reverse(s.Zones) }},
		"add-on version":      {"a setting", ``, ``, func(s *schema.ClusterSpec) { s.Addons[0].Version = "v1.57.0-eksbuild.1" }},
		"add-on settings":     {"a setting", ``, ``, func(s *schema.ClusterSpec) { s.Addons[4].Configuration = "" }},
		"add-on gone":         {"with its role", `^Cluster/addon-aws-ebs-csi-driver`, ``, func(s *schema.ClusterSpec) { s.Addons = s.Addons[1:] }},
		"access gone":         {"of one principal", `^Cluster/access-api-`, ``, func(s *schema.ClusterSpec) { s.Access = s.Access[:1] }},
		"access reordered": {"a place in a list is nothing", ``, ``, func(s *schema.ClusterSpec) {
			slices.Reverse(s.Access)
			slices.Reverse(s.Access[0].Namespaces)
		}},
		"access of another principal": {"AWS cannot change it", `^Cluster/access-api-`, ``, func(s *schema.ClusterSpec) { s.Access[1].PrincipalARN += "2" }},
		"access policy":               {"AWS cannot change it", `^Cluster/access-api-.*-policy-`, ``, func(s *schema.ClusterSpec) { s.Access[1].Policy = "View" }},
		"access to all namespaces":    {"AWS cannot change it", `^Cluster/access-api-.*-policy-`, ``, func(s *schema.ClusterSpec) { s.Access[1].Namespaces = []string{} }},
		"Argo CD's role":              {"a trust policy changes", ``, ``, func(s *schema.ClusterSpec) { s.ArgoCDRoleARN = "arn:aws:iam::999988887777:role/other" }},
		"no encryption": {
			"it can only be turned on: the key stays with the cluster that is encrypted with it",
			`^Cluster/(usage-)?secrets-key`, `^Cluster/usage-secrets-key-by-cluster$`, func(s *schema.ClusterSpec) { s.SecretsEncryption = false },
		},
	} {
		after := everything(t, []claim{cluster(t, withAccess, e.change)})
		made["cluster, "+name] = edit{reason: e.reason, keys: e.keys, kept: e.kept, before: both(network, before), after: both(network, after)}
	}
	return made
}

// editsOfEdge are edits of an edge, beside a network that does not change.
func editsOfEdge(t testing.TB) map[string]edit {
	t.Helper()
	before, network := everything(t, []claim{edge(t)}), everything(t, []claim{network(t)})
	const certificates = `^Edge/((load-balancer-)?certificate(-[0-9a-f]{8})?(-validation)?|(usage-zone-by-)?(validation|address|ipv6)-eu-shop-[0-9a-f]{8})$`
	made := map[string]edit{}
	for name, e := range map[string]struct {
		reason, keys string
		change       func(*schema.EdgeSpec)
	}{
		"tags":        {"tags are on what can be tagged", ``, func(s *schema.EdgeSpec) { s.Tags = map[string]string{"owner": "others"} }},
		"a name less": {"its addresses go", `^Edge/(usage-zone-by-)?(address|ipv6)-shop$`, func(s *schema.EdgeSpec) { s.Site.Hosts = []string{} }},
		"a deep name": {"AWS cannot change the names of a certificate", certificates, deepHost},
		"paths":       {"a setting of the distribution", ``, func(s *schema.EdgeSpec) { s.Site.APIPaths = []string{"/v1/*", "/v2/*"} }},
		"price class": {"a setting", ``, func(s *schema.EdgeSpec) { s.Site.PriceClass = "PriceClass_All" }},
		"headers": {"settings of the policy", ``, func(s *schema.EdgeSpec) {
			s.Site.Headers = schema.EdgeHeaders{ContentSecurityPolicy: "default-src 'none'", HSTSDays: 1}
		}},
		"rate limit":       {"rules of the web ACL", ``, func(s *schema.EdgeSpec) { s.Site.WAF.RateLimit = 100 }},
		"only counting":    {"rules of the web ACLs", ``, func(s *schema.EdgeSpec) { s.Site.WAF.Mode, s.Site.WAF.CountedRules = "count", []string{} }},
		"one web ACL less": {"with its logs", `^Edge/load-balancer-web-acl`, func(s *schema.EdgeSpec) { s.Site.WAF.LoadBalancer = false }},
		"retention":        {"settings", ``, func(s *schema.EdgeSpec) { s.Site.Logs.RetentionDays, s.Site.SPA.NoncurrentDays = 30, 7 }},
		"no access logs":   {"their bucket is emptied by a person, and goes", `^Edge/access-logs-bucket`, func(s *schema.EdgeSpec) { s.Site.Logs.Access = false }},
		"no application":   {"the distribution stays", `^Edge/spa-`, onlyAPI},
		"no load balancer": {"the way to it goes", `^Edge/((usage-network-vpc-by-)?load-balancer-|external-dns-)`, onlySPA},
		"a port more":      {"a rule more", `^Edge/load-balancer-to-3000$`, func(s *schema.EdgeSpec) { s.Site.LoadBalancer.Ports = []int{3000, 8080} }},
		"another list":     {"AWS can change it", ``, func(s *schema.EdgeSpec) { s.Site.LoadBalancer.PrefixList = "pl-0123456789abcdef0" }},
	} {
		after := everything(t, []claim{edge(t, e.change)})
		made["edge, "+name] = edit{reason: e.reason, keys: e.keys, before: both(network, before), after: both(network, after)}
	}
	return made
}

// edits of all kinds of claims, and of several at once.
func edits(t testing.TB) map[string]edit {
	t.Helper()
	all := editsOfNetwork(t)
	maps.Copy(all, editsOfCluster(t))
	maps.Copy(all, editsOfRegistry(t))
	maps.Copy(all, editsOfBaseline(t))
	maps.Copy(all, editsOfEdge(t))
	maps.Copy(all, editsOfDatabase(t))
	maps.Copy(all, editsOfStateBackend(t))
	maps.Copy(all, editsOfOrganization(t))
	maps.Copy(all, editsOfObservability(t))
	all["a zone more"] = edit{
		reason: "the node group is made again; a cluster does not leave a zone that it was made in, so the zone stays when it is taken away",
		before: everything(t, []claim{
			network(t, withPods, withACL, func(s *schema.NetworkSpec) {
				for _, tier := range []*[]schema.Subnet{&s.Subnets.Public, &s.Subnets.PrivateApp, &s.Subnets.PrivateData, &s.Subnets.Pods} {
					*tier = slices.Delete(*tier, 1, 2)
				}
			}),
			cluster(t, func(s *schema.ClusterSpec) { s.Zones = []string{"eu-west-1a", "eu-west-1c"} }),
		}),
		after: everything(t, []claim{network(t, withPods, withACL), cluster(t)}),
		keys:  `eu-west-1b|^Cluster/(usage-.*-by-)?system-nodes-group-`,
		kept:  `^Cluster/usage-network-(subnet|route|route-table-association)-private-app-eu-west-1b-by-cluster$`,
	}
	return all
}
