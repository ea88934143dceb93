package compositions_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// databaseSpec is a database as the contract's defaults for prod have it.
func databaseSpec() schema.DatabaseSpec {
	return schema.DatabaseSpec{
		ClaimMeta: meta("acme", "app"), Identifier: "acme-app", Name: "app", MasterUsername: "dbadmin", Version: "17",
		Zones: []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}, Cluster: true,
		MinCapacityACU: 2, MaxCapacityACU: 32, AutoPauseSeconds: 300,
		Instances: []schema.DatabaseInstance{{Zone: "eu-west-1a", Number: 1}, {Zone: "eu-west-1b", Number: 1}},
		Backup:    schema.DatabaseBackup{RetentionDays: 35, Window: "02:00-03:00"}, MaintenanceWindow: "sun:04:00-sun:05:00",
		DeletionProtection: true, FinalSnapshot: true, IAMAuthentication: true, PerformanceInsights: true, LogRetentionDays: 365, AlarmTopics: []string{},
	}
}

// database is a Database claim with some edits.
func database(t testing.TB, edits ...func(*schema.DatabaseSpec)) claim {
	t.Helper()
	s := databaseSpec()
	for _, edit := range edits {
		edit(&s)
	}
	return claim{kind: "Database", spec: spec(t, s)}
}

// withReplica puts a copy into another region.
func withReplica(s *schema.DatabaseSpec) {
	s.Replica = &schema.DatabaseReplicaSpec{
		Identifier: "acme-app-replica", Region: "eu-central-1", CIDR: "10.41.0.0/20",
		Subnets: []schema.Subnet{
			{Zone: "eu-central-1a", CIDR: "10.41.0.0/23"}, {Zone: "eu-central-1b", CIDR: "10.41.2.0/23"}, {Zone: "eu-central-1c", CIDR: "10.41.4.0/23"},
		},
		Instances: []schema.DatabaseInstance{{Zone: "eu-central-1a", Number: 1}},
	}
}

// withAlarms has alarms tell two topics.
func withAlarms(s *schema.DatabaseSpec) {
	s.AlarmTopics = []string{"arn:aws:sns:eu-west-1:111122223333:alarms", "arn:aws:sns:eu-central-1:111122223333:alarms"}
}

// rename gives the database and its copy other identifiers.
func rename(s *schema.DatabaseSpec, identifier string) {
	s.Identifier = identifier
	if s.Replica != nil {
		s.Replica.Identifier = identifier + "-replica"
	}
}

// editsOfDatabase are edits of a database, beside a network and a cluster that do not change.
func editsOfDatabase(t testing.TB) map[string]edit {
	t.Helper()
	others := everything(t, []claim{network(t), cluster(t)})
	made := map[string]edit{}
	for name, e := range map[string]struct {
		reason, keys string
		from         func(*schema.DatabaseSpec)
		change       func(*schema.DatabaseSpec)
	}{
		"capacity": {"a setting", `^$`, nil, func(s *schema.DatabaseSpec) { s.MinCapacityACU, s.MaxCapacityACU = 0.5, 64 }},
		"windows": {"a setting", `^$`, nil, func(s *schema.DatabaseSpec) {
			s.Backup.Window, s.MaintenanceWindow = "20:00-21:00", "mon:22:00-mon:23:00"
		}},
		"deletion protection": {"a setting", `^$`, nil, func(s *schema.DatabaseSpec) { s.DeletionProtection, s.FinalSnapshot = false, false }},
		"alarm topics":        {"a setting of the alarms", `^$`, nil, withAlarms},
		"an instance more": {"in the zone that has none", `^Database/(usage-.*-by-)?instance-eu-west-1c$`, nil, func(s *schema.DatabaseSpec) {
			s.Instances = append(s.Instances, schema.DatabaseInstance{Zone: "eu-west-1c", Number: 1})
		}},
		"a second in a zone": {"the first one stays", `^Database/(usage-.*-by-)?instance-eu-west-1a-2$`, nil, func(s *schema.DatabaseSpec) {
			s.Instances = append(s.Instances, schema.DatabaseInstance{Zone: "eu-west-1a", Number: 2})
		}},
		"one instance":    {"nothing lags behind it", `^Database/(alarm-replica-lag|(usage-.*-by-)?instance-eu-west-1b)$`, nil, func(s *schema.DatabaseSpec) { s.Instances = s.Instances[:1] }},
		"zones reordered": {"a place in a list is nothing", `^$`, nil, func(s *schema.DatabaseSpec) { slices.Reverse(s.Zones) }},
		"minor version":   {"a setting", `^$`, nil, func(s *schema.DatabaseSpec) { s.Version = "17.5" }},
		"major version":   {"a parameter group has a family", `^Database/parameters-1[67]$`, func(s *schema.DatabaseSpec) { s.Version = "16" }, func(s *schema.DatabaseSpec) { s.Version = "17" }},
		"no cluster":      {"nobody is let in", `^Database/(nodes-postgresql|usage-cluster-cluster-by-nodes-postgresql)$`, nil, func(s *schema.DatabaseSpec) { s.Cluster = false }},
		"a replica":       {"all of it comes, and the password of its own", `^Database/(replica-|global-cluster|master-secret|usage-.*(replica|global)-)`, nil, withReplica},
		"replica, instances": {"in another zone", `^Database/(usage-.*-by-)?replica-instance-eu-central-1b$`, withReplica, func(s *schema.DatabaseSpec) {
			s.Replica.Instances = append(s.Replica.Instances, schema.DatabaseInstance{Zone: "eu-central-1b", Number: 1})
		}},
	} {
		var before []func(*schema.DatabaseSpec)
		if e.from != nil {
			before = append(before, e.from)
		}
		keys := e.keys
		if keys == `^$` {
			keys = ""
		}
		made["database, "+name] = edit{
			reason: e.reason, keys: keys, before: both(others, everything(t, []claim{database(t, before...)})),
			after: both(others, everything(t, []claim{database(t, append(before, e.change)...)})),
		}
	}
	return made
}

// TestDatabaseGoesStepByStep holds in which order a database and its copy come: what is made from something waits for it.
func TestDatabaseGoesStepByStep(t *testing.T) {
	t.Parallel()
	c := database(t, withReplica)
	_, all := c.settled(t)
	first, joined := clone(t, all.Resources["cluster"]), all.Resources["cluster"]
	delete(first["spec"].(map[string]any)["initProvider"].(map[string]any), "globalClusterIdentifier")
	managed := clone(t, joined)
	field(managed, "status", "atProvider").(map[string]any)["masterUserSecret"] = []any{map[string]any{"secretArn": "arn:aws:secretsmanager:eu-west-1:1:secret:rds!cluster-1"}}
	nothing := compositions.Observed{}
	read := compositions.Observed{Resources: map[string]map[string]any{}, Required: all.Required}
	const replica, replicaInstance = "replica-cluster", "replica-instance-eu-central-1a"
	instances := []string{"instance-eu-west-1a", "instance-eu-west-1b"}
	for name, tc := range map[string]struct {
		reason   string
		observed compositions.Observed
		held     []string
		join     bool // The cluster has been told to stay in its global database.
	}{
		"nothing":              {"the rest needs nothing of AWS", nothing, append([]string{"connection", "global-cluster", "nodes-postgresql", replica, replicaInstance}, instances...), false},
		"the cluster's nodes":  {"EKS knows their group", read, append([]string{"connection", "global-cluster", replica, replicaInstance}, instances...), false},
		"the key":              {"now the instances", with(read, "key", all.Resources["key"]), []string{"connection", "global-cluster", replica, replicaInstance}, false},
		"the Aurora cluster":   {"it is told before there is a global database", with(with(read, "key", all.Resources["key"]), "cluster", first), []string{"global-cluster", replica, replicaInstance}, true},
		"told":                 {"now the global database", with(with(read, "key", all.Resources["key"]), "cluster", joined), []string{replica, replicaInstance}, true},
		"told, old password":   {"RDS lets no such cluster in", with(with(read, "key", all.Resources["key"]), "cluster", managed), []string{"global-cluster", replica, replicaInstance}, true},
		"the global database":  {"now the copy, whose instances wait for its key", with(with(with(read, "key", all.Resources["key"]), "cluster", joined), "global-cluster", all.Resources["global-cluster"]), []string{replicaInstance}, true},
		"everything":           {"nothing waits", all, nil, true},
		"the cluster is blind": {"what is there stays", with(all, "cluster", map[string]any{"kind": "Cluster", "spec": joined["spec"]}), nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := c.compose(t, tc.observed)
			want := slices.Sorted(slices.Values(tc.held))
			if diff := cmp.Diff(want, result.Held); diff != "" {
				t.Errorf("%s: held back (-want +got):\n%s", tc.reason, diff)
			}
			told := text(object(t, result, "cluster"), "spec", "initProvider", "globalClusterIdentifier")
			if (told != "") != tc.join {
				t.Errorf("%s: the cluster is told %q", tc.reason, told)
			}
			if got := text(object(t, result, "cluster"), "spec", "forProvider", "globalClusterIdentifier"); got != "" {
				t.Errorf("the provider would look for %s, which is made from this cluster", got)
			}
		})
	}
}

// TestDatabaseVersions holds that what AWS upgrades is no difference, that nothing is upgraded by accident, and that a major version is on purpose.
func TestDatabaseVersions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reason         string
		asked, has     string // has is empty before there is a cluster.
		init, provider string
		major          bool
	}{
		"made":                {"AWS chooses the minor version", "17", "", "17", "", false},
		"made, exact":         {"this one", "17.5", "", "", "17.5", false},
		"minor by AWS":        {"it is its business", "17", "17.6", "17", "", false},
		"minor by AWS, exact": {"the provider leaves out what is older", "17.5", "17.6", "", "17.5", false},
		"minor upgrade":       {"on purpose", "17.6", "17.5", "", "17.6", false},
		"major upgrade":       {"on purpose", "17", "16.6", "", "17", true},
		"major, exact":        {"on purpose", "17.5", "16.6", "", "17.5", true},
		"major downgrade":     {"there is no way back", "16", "17.5", "16", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			observed := compositions.Observed{}
			if tc.has != "" {
				observed.Resources = map[string]map[string]any{"cluster": {"kind": "Cluster", "status": map[string]any{"atProvider": map[string]any{"engineVersionActual": tc.has}}}}
			}
			made := object(t, database(t, func(s *schema.DatabaseSpec) { s.Version = tc.asked }).compose(t, observed), "cluster")
			got := []any{text(made, "spec", "initProvider", "engineVersion"), text(made, "spec", "forProvider", "engineVersion"), field(made, "spec", "forProvider", "allowMajorVersionUpgrade")}
			if diff := cmp.Diff([]any{tc.init, tc.provider, tc.major}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestConnection holds what workloads read, and that it stays when the cluster is out of sight.
func TestConnection(t *testing.T) {
	t.Parallel()
	result, observed := database(t).settled(t)
	value := text(object(t, result, "connection"), "spec", "forProvider", "insecureValue")
	var got map[string]any
	if err := json.Unmarshal([]byte(value), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"host": "acme-app.cluster-simulated.eu-west-1.rds.amazonaws.com", "readerHost": "acme-app.cluster-ro-simulated.eu-west-1.rds.amazonaws.com",
		"port": float64(5432), "database": "app",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again := database(t).compose(t, without(observed, "cluster"))
	if kept := text(object(t, again, "connection"), "spec", "forProvider", "insecureValue"); kept != value {
		t.Errorf("without the cluster it is %q", kept)
	}
}

// TestNodesAreLookedForOftenUntilFound holds how long an answer counts: Crossplane does not watch what a composition only reads.
func TestNodesAreLookedForOftenUntilFound(t *testing.T) {
	t.Parallel()
	c := database(t)
	_, observed := c.simulate(t)
	if got := c.compose(t, compositions.Observed{}).TTL; got != 15*time.Second {
		t.Errorf("looks again after %s while there is no cluster", got)
	}
	result := c.compose(t, observed)
	if result.TTL != 2*time.Minute {
		t.Errorf("looks again after %s", result.TTL)
	}
	want := []compositions.Requirement{
		{Name: "cluster", APIVersion: "eks.aws.upbound.io/v1beta2", Kind: "Cluster", MatchName: "app.cluster.cluster"},
		{Name: "subnet-private-data-eu-west-1a", APIVersion: "ec2.aws.upbound.io/v1beta1", Kind: "Subnet", MatchName: "app.network.subnet-private-data-eu-west-1a"},
		{Name: "subnet-private-data-eu-west-1b", APIVersion: "ec2.aws.upbound.io/v1beta1", Kind: "Subnet", MatchName: "app.network.subnet-private-data-eu-west-1b"},
		{Name: "subnet-private-data-eu-west-1c", APIVersion: "ec2.aws.upbound.io/v1beta1", Kind: "Subnet", MatchName: "app.network.subnet-private-data-eu-west-1c"},
	}
	if diff := cmp.Diff(want, result.Requirements); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestDatabasesWrittenByHand holds what people read who write claims without genops.
func TestDatabasesWrittenByHand(t *testing.T) {
	t.Parallel()
	d := database(t, withReplica)
	for name, tc := range map[string]struct {
		claim claim
		want  []string
	}{
		"fine":            {d, nil},
		"steps":           {change(t, d, "minCapacityACU", 0.7), []string{"spec.minCapacityACU: found 0.7, allowed are steps of 0.5"}},
		"min over max":    {change(t, d, "maxCapacityACU", 1), []string{"spec.minCapacityACU: 2 is more than maxCapacityACU, which is 1"}},
		"no instance":     {change(t, d, "instances", []any{}), []string{"spec.instances: there is none, and nothing would answer"}},
		"another zone":    {change(t, d, "instances.0.zone", "eu-west-1f"), []string{"spec.instances[0].zone: eu-west-1f is not among spec.zones"}},
		"the same region": {change(t, d, "replica.region", "eu-west-1"), []string{"spec.replica.region: eu-west-1 is the region of the database itself"}},
		"no such subnet":  {change(t, d, "replica.instances.0.zone", "eu-central-1f"), []string{"spec.replica.instances[0].zone: there is no subnet in eu-central-1f"}},
		"no version":      {change(t, d, "version", "latest"), []string{`spec.version: "latest" is no version of PostgreSQL`}},
		"no identifier":   {change(t, d, "identifier", ""), []string{"spec.identifier: is missing"}},
		"instance twice": {change(t, d, "instances.1.zone", "eu-west-1a"), []string{
			"spec: two resources would have the key instance-eu-west-1a", "spec: two resources would have the key usage-cluster-by-instance-eu-west-1a",
			"spec: two resources would have the key usage-network-subnet-private-data-eu-west-1a-by-instance-eu-west-1a",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := compositions.Simulate(tc.claim.composition(t), tc.claim.spec)
			if diff := cmp.Diff(tc.want, problems(t, err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAlarmThresholds holds what follows from the capacity.
func TestAlarmThresholds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		least, most         float64
		memory, connections float64
	}{
		"small":  {0.5, 4, 429496730, 720},
		"capped": {0.5, 64, 6871947674, 1600},
		"large":  {2, 64, 6871947674, 4000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, _ := database(t, func(s *schema.DatabaseSpec) { s.MinCapacityACU, s.MaxCapacityACU = tc.least, tc.most }).simulate(t)
			got := map[string]any{}
			for _, alarm := range []string{"memory", "connections"} {
				got[alarm] = field(object(t, result, "alarm-"+alarm), "spec", "forProvider", "threshold")
			}
			if diff := cmp.Diff(map[string]any{"memory": tc.memory, "connections": tc.connections}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoPasswordIsComposed holds that no object has more than the name of a Secret.
func TestNoPasswordIsComposed(t *testing.T) {
	t.Parallel()
	for _, c := range []claim{database(t), database(t, withReplica)} {
		result, _ := c.simulate(t)
		for _, resource := range result.Resources {
			if names := matching(fieldNames(resource.Object), `(?i)^(masterPassword|secretString|stringData|password)$`); len(names) > 0 {
				t.Errorf("%s has %q", resource.Key, names)
			}
		}
		if names := slices.Sorted(maps.Keys(objects(result))); len(names) < 20 {
			t.Errorf("%q prove nothing", names)
		}
	}
}
