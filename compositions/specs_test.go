package compositions_test

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// meta is what the claims of the tests have in common.
func meta(project, environment string) schema.ClaimMeta {
	return schema.ClaimMeta{
		Environment: environment, Stage: schema.StageProd, Account: "111122223333", Region: "eu-west-1", Project: project,
		Tags: map[string]string{"environment": environment, "project": project, "owner": "team", "cost-center": "cc-1", "managed-by": "genops"},
	}
}

// subnets in some zones, one range for each.
func subnets(cidrs map[string]string) []schema.Subnet {
	found := []schema.Subnet{}
	for _, zone := range []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"} {
		if cidr, ok := cidrs[zone]; ok {
			found = append(found, schema.Subnet{Zone: zone, CIDR: cidr})
		}
	}
	return found
}

// networkSpec has three zones and asks for much.
func networkSpec() schema.NetworkSpec {
	return schema.NetworkSpec{
		ClaimMeta: meta("acme", "app"),
		CIDR:      "10.40.0.0/16",
		Subnets: schema.TierSubnets{
			Public:      subnets(map[string]string{"eu-west-1a": "10.40.224.0/23", "eu-west-1b": "10.40.226.0/23", "eu-west-1c": "10.40.228.0/23"}),
			PrivateApp:  subnets(map[string]string{"eu-west-1a": "10.40.0.0/19", "eu-west-1b": "10.40.32.0/19", "eu-west-1c": "10.40.64.0/19"}),
			PrivateData: subnets(map[string]string{"eu-west-1a": "10.40.240.0/23", "eu-west-1b": "10.40.242.0/23", "eu-west-1c": "10.40.244.0/23"}),
			Pods:        []schema.Subnet{},
		},
		DataACL:     schema.DataACL{Ports: []int{5432}},
		NATGateways: "perZone",
		Endpoints:   schema.Endpoints{Gateway: []string{"s3"}, Interface: []string{"ecr.api", "sqs"}},
		FlowLogs:    schema.FlowLogs{Enabled: true, Traffic: "ALL", RetentionDays: 365},
		ClusterName: "acme-app",
	}
}

// smallNetwork has two zones with given ranges and asks for little.
func smallNetwork(s *schema.NetworkSpec) {
	s.Subnets = schema.TierSubnets{
		Public:      subnets(map[string]string{"eu-west-1a": "10.40.0.0/20", "eu-west-1b": "10.40.16.0/20"}),
		PrivateApp:  subnets(map[string]string{"eu-west-1a": "10.40.32.0/20", "eu-west-1b": "10.40.48.0/20"}),
		PrivateData: []schema.Subnet{}, Pods: []schema.Subnet{},
	}
	s.NATGateways, s.ClusterName = "single", ""
	s.Endpoints = schema.Endpoints{Gateway: []string{}, Interface: []string{}}
	s.FlowLogs.Enabled = false
}

// withPods gives pods a range of their own.
func withPods(s *schema.NetworkSpec) {
	s.PodCIDR = "100.64.0.0/16"
	s.Subnets.Pods = subnets(map[string]string{"eu-west-1a": "100.64.0.0/19", "eu-west-1b": "100.64.32.0/19", "eu-west-1c": "100.64.64.0/19"})
}

// withACL puts a network ACL around the data tier.
func withACL(s *schema.NetworkSpec) {
	s.DataACL = schema.DataACL{Enabled: true, Ports: []int{6379, 5432}}
}

// clusterSpec is a cluster as the contract's defaults have it.
func clusterSpec() schema.ClusterSpec {
	return schema.ClusterSpec{
		ClaimMeta: meta("acme", "app"),
		Name:      "acme-app", Version: "1.35", Support: "STANDARD",
		Zones:    []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"},
		VPCCIDRs: []string{"10.40.0.0/16"},
		Endpoint: schema.Endpoint{Public: true, AllowedCIDRs: []string{"198.51.100.10/32"}},
		Logs:     []string{"api", "audit"}, LogRetentionDays: 365, SecretsEncryption: true, DeletionProtection: true,
		ServiceCIDR: "172.20.0.0/16",
		SystemNodes: schema.SystemNodes{
			Architecture: "arm64", InstanceTypes: []string{"m7g.large", "m6g.large"}, AMIFamily: "Bottlerocket", Min: 2, Max: 4, DiskGiB: 50,
		},
		Addons: []schema.AddonSpec{
			{Name: "aws-ebs-csi-driver", Version: "v1.56.0-eksbuild.1"},
			{Name: "coredns"},
			{Name: "eks-pod-identity-agent"},
			{Name: "kube-proxy"},
			{Name: "vpc-cni", Version: "v1.21.1-eksbuild.3", Configuration: `{"enableNetworkPolicy":"true"}`},
		},
		Access:        []schema.AccessSpec{},
		ArgoCDRoleARN: "arn:aws:iam::999988887777:role/bootstrap-argocd",
	}
}

// withAccess lets people in.
func withAccess(s *schema.ClusterSpec) {
	s.Access = []schema.AccessSpec{
		{Name: "admins", PrincipalARN: "arn:aws:iam::111122223333:role/Admin", Policy: "ClusterAdmin", Namespaces: []string{}},
		{Name: "api", PrincipalARN: "arn:aws:iam::111122223333:role/Api", Policy: "Edit", Namespaces: []string{"api", "web"}},
	}
}

// amd64 are system nodes with Amazon Linux.
func amd64(s *schema.ClusterSpec) {
	s.SystemNodes = schema.SystemNodes{Architecture: "amd64", InstanceTypes: []string{"m6i.large"}, AMIFamily: "AL2023", Min: 3, Max: 6, DiskGiB: 80}
}

// plain is a cluster without encryption, logs and a way in from outside.
func plain(s *schema.ClusterSpec) {
	s.SecretsEncryption, s.DeletionProtection, s.Logs = false, false, []string{}
	s.Endpoint = schema.Endpoint{Public: false, AllowedCIDRs: []string{}}
}

// edgeSpec is an edge as the contract's defaults have it, with a further name.
func edgeSpec() schema.EdgeSpec {
	return schema.EdgeSpec{
		ClaimMeta: meta("acme", "app"), Domain: "app.acme.example", Delegations: []schema.DelegationSpec{},
		Site: &schema.SiteSpec{
			Hosts: []string{"shop.app.acme.example"}, APIPaths: []string{"/api/*"}, SPA: schema.SPA{Enabled: true, NoncurrentDays: 90},
			LoadBalancer: &schema.LoadBalancerSpec{ClusterName: "acme-app", VPCCIDRs: []string{"10.40.0.0/16"}, Ports: []int{8080}, PrefixList: "pl-4fa04526"},
			PriceClass:   "PriceClass_100", Headers: schema.EdgeHeaders{ContentSecurityPolicy: "default-src 'self'", HSTSDays: 730},
			WAF:  schema.WAF{RateLimit: 2000, Mode: "block", CountedRules: []string{"SizeRestrictions_BODY"}, LoadBalancer: true},
			Logs: schema.EdgeLogs{Access: true, RetentionDays: 365},
		},
	}
}

// deepHost is a name that the certificate has to name.
func deepHost(s *schema.EdgeSpec) { s.Site.Hosts = append(s.Site.Hosts, "eu.shop.app.acme.example") }

// onlySPA sends nothing to a load balancer.
func onlySPA(s *schema.EdgeSpec) { s.Site.APIPaths, s.Site.LoadBalancer = []string{}, nil }

// onlyAPI has no single-page application.
func onlyAPI(s *schema.EdgeSpec) { s.Site.SPA.Enabled = false }

// platformZone is the zone that points to others.
func platformZone(s *schema.EdgeSpec) {
	s.Domain, s.Site = "acme.example", nil
	s.Delegations = []schema.DelegationSpec{{Domain: "app.acme.example", Environment: "app"}, {Domain: "dev.acme.example", Environment: "dev"}}
}

func registrationSpec() schema.ClusterRegistrationSpec {
	return schema.ClusterRegistrationSpec{
		ClaimMeta: meta("acme", "app"), ClusterName: "acme-app", RoleARN: "arn:aws:iam::111122223333:role/acme-app-argocd",
		Labels: map[string]string{"genops.dev/environment": "app", "genops.dev/stage": "prod"},
	}
}

// spec is a spec as the control plane hands it over: what JSON has of it.
func spec(t testing.TB, typed any) map[string]any {
	t.Helper()
	content, err := json.Marshal(typed)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(content, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

// network is a Network claim with some edits.
func network(t testing.TB, edits ...func(*schema.NetworkSpec)) claim {
	t.Helper()
	s := networkSpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "Network", spec: spec(t, s)}
}

// cluster is a Cluster claim with some edits.
func cluster(t testing.TB, edits ...func(*schema.ClusterSpec)) claim {
	t.Helper()
	s := clusterSpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "Cluster", spec: spec(t, s)}
}

// edge is an Edge claim with some edits.
func edge(t testing.TB, edits ...func(*schema.EdgeSpec)) claim {
	t.Helper()
	s := edgeSpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "Edge", spec: spec(t, s)}
}

// registration is a ClusterRegistration with some edits.
func registration(t testing.TB, edits ...func(*schema.ClusterRegistrationSpec)) claim {
	t.Helper()
	s := registrationSpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "ClusterRegistration", spec: spec(t, s)}
}

// withMetrics has a workspace for the cluster's metrics.
func withMetrics(s *schema.ClusterRegistrationSpec) { s.Metrics = true }

// Names as long as the contract allows them to be: 30, 30 and 40 characters.
const (
	longProject     = "project-with-the-longest-name1"
	longEnvironment = "environment-with-longest-name1"
	longCluster     = "cluster-with-the-longest-allowed-name-01"
	longRepository  = "repository-with-a-long-name-01"
	longTeam        = "team-with-the-longest-name-ab1"
	longBucket      = "bucket-with-the-longest-name-that-amazon-s3-allows-for-buckets1"
)

// long are the claims of an environment with the longest names, which end as given.
func long(t testing.TB, end string) []claim {
	t.Helper()
	rename := func(m *schema.ClaimMeta) {
		*m = meta(longProject[:len(longProject)-1]+end, longEnvironment)
	}
	name := longCluster[:len(longCluster)-1] + end
	return []claim{
		network(t, withPods, withACL, func(s *schema.NetworkSpec) { rename(&s.ClaimMeta); s.ClusterName = name }),
		cluster(t, withAccess, func(s *schema.ClusterSpec) { rename(&s.ClaimMeta); s.Name = name }),
		edge(t, deepHost, func(s *schema.EdgeSpec) { rename(&s.ClaimMeta); s.Site.LoadBalancer.ClusterName = name }),
		registration(t, func(s *schema.ClusterRegistrationSpec) { rename(&s.ClaimMeta); s.ClusterName = name }),
		registry(t, func(s *schema.RegistrySpec) {
			rename(&s.ClaimMeta)
			s.Repositories[0].Name = longRepository[:len(longRepository)-1] + end
		}),
		stateBackend(t, func(s *schema.StateBackendSpec) {
			rename(&s.ClaimMeta)
			s.Bucket = longBucket[:len(longBucket)-1] + end
			s.Teams[0].Name = longTeam[:len(longTeam)-1] + end
		}),
		database(t, withReplica, func(s *schema.DatabaseSpec) {
			rename(&s.ClaimMeta)
			s.Identifier = schema.DatabaseIdentifier(s.Project, s.Environment)
			s.Replica.Identifier = "replica-of-the-database-with-the-longest-name-that-there-can-b" + end
		}),
		accountBaseline(t, withTrail, func(s *schema.AccountBaselineSpec) { rename(&s.ClaimMeta) }),
		observability(t, withReceivers, func(s *schema.ObservabilitySpec) { rename(&s.ClaimMeta); s.ClusterName = name }),
	}
}

// configurations are what the facts are held against: this repository's environments, and some that use everything, little, and long names.
func configurations(t testing.TB) map[string][]claim {
	t.Helper()
	found := map[string][]claim{
		"everything": {
			network(t, withPods, withACL),
			cluster(t, withAccess, func(s *schema.ClusterSpec) {
				s.VPCCIDRs = append(s.VPCCIDRs, "100.64.0.0/16")
				s.DatabaseARN = "arn:aws:rds:eu-west-1:111122223333:cluster:acme-app"
				s.Identities = servicesWithRights()
				s.Addons = append([]schema.AddonSpec{{Name: "aws-efs-csi-driver"}}, s.Addons...)
			}),
			edge(t, deepHost, func(s *schema.EdgeSpec) {
				s.Site.LoadBalancer.VPCCIDRs, s.Site.LoadBalancer.Ports = append(s.Site.LoadBalancer.VPCCIDRs, "100.64.0.0/16"), []int{3000, 8080}
			}),
			registration(t), registry(t, openRegistry),
			database(t, withReplica, withAlarms),
			stateBackend(t),
			accountBaseline(t, withTrail, allStandards), organization(t), observability(t, withReceivers),
		},
		"platform's zone":            {edge(t, platformZone)},
		"only an application":        {edge(t, onlySPA, func(s *schema.EdgeSpec) { s.Site.Logs.Access = false })},
		"no application":             {network(t), cluster(t), edge(t, onlyAPI, func(s *schema.EdgeSpec) { s.Site.WAF.LoadBalancer = false })},
		"an organization's accounts": {organization(t, bareOrganization)},
		"little": {
			registry(t, smallRegistry), stateBackend(t, localTeams), network(t, smallNetwork), accountBaseline(t, secondRegion),
			cluster(t, plain, amd64, func(s *schema.ClusterSpec) { s.Zones, s.Addons = s.Zones[:2], []schema.AddonSpec{} }),
		},
		"database without a cluster": {network(t), database(t, func(s *schema.DatabaseSpec) { s.Cluster, s.PerformanceInsights = false, false })},
		"alarms alone":               {network(t, smallNetwork), observability(t, onlyAlarms)},
		"network alone":              {network(t, func(s *schema.NetworkSpec) { s.ClusterName, s.NATGateways = "", "single" })},
		"long names":                 long(t, "1"),
	}
	maps.Copy(found, rendered(t))
	return found
}

// servicesWithRights are a service with a right of each sort, and one with a policy alone.
func servicesWithRights() []schema.IdentitySpec {
	return []schema.IdentitySpec{
		{Name: "api", Namespace: "api", PolicyARNs: []string{"arn:aws:iam::111122223333:policy/acme-uploads"}, Database: true},
		{Name: "batch", Namespace: "jobs", PolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"}},
	}
}

// observedKey is an observation with a key that AWS has made.
func observedKey(arn string) compositions.Observed {
	return compositions.Observed{Resources: map[string]map[string]any{
		"secrets-key": {"kind": "Key", "status": map[string]any{"atProvider": map[string]any{"arn": arn}}},
	}}
}
