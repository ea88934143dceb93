package check_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/internal/check"
	"github.com/innovate-inc/genops/internal/problem"
)

// TestDatabase holds what is wrong with databases, and what is not: most of it is shown to people in scripts.
func TestDatabase(t *testing.T) {
	t.Parallel()
	const backup, maintenance = "database.backup.window", "database.maintenanceWindow"
	overlap := func(window, at string) problem.Problem {
		return problem.Problem{Field: maintenance, Message: window + " overlaps the daily backup at " + at}
	}
	for name, tc := range map[string]struct {
		reason, lines string
		want          []problem.Problem
	}{
		"defaults":             {"they fit each other", "database: {}", nil},
		"zero":                 {"a database of dev may pause", "database: minCapacityACU: 0", nil},
		"half":                 {"a step", "database: {minCapacityACU: 0.5, maxCapacityACU: 1.5}", nil},
		"after the backup":     {"they touch and do not overlap", "database: {backup: window: \"02:00-03:00\", maintenanceWindow: \"sun:03:00-sun:04:00\"}", nil},
		"before the backup":    {"they touch and do not overlap", "database: {backup: window: \"02:00-03:00\", maintenanceWindow: \"sun:01:00-sun:02:00\"}", nil},
		"over the week's end":  {"Sunday ends at midnight, the window does not", "database: {backup: window: \"00:15-01:00\", maintenanceWindow: \"sun:23:30-mon:00:30\"}", []problem.Problem{overlap("sun:23:30-mon:00:30", "00:15-01:00")}},
		"backup over midnight": {"it began the day before", "database: {backup: window: \"23:30-00:30\", maintenanceWindow: \"mon:00:00-mon:01:00\"}", []problem.Problem{overlap("mon:00:00-mon:01:00", "23:30-00:30")}},
		"backwards":            {"it is almost a week long", "database: maintenanceWindow: \"mon:02:00-mon:01:00\"", []problem.Problem{{Field: maintenance, Message: "mon:02:00-mon:01:00 lasts longer than a day: allowed is at most a day"}}},
		"no time at all":       {"nothing can be done in it", "database: backup: window: \"02:00-02:00\"", []problem.Problem{{Field: backup, Message: "02:00-02:00 lasts 0 minutes: allowed are at least 30"}}},
		"public replica":       {"a VPC has private addresses", "database: replica: {region: \"eu-central-1\", cidr: \"52.0.0.0/16\"}", []problem.Problem{{Field: "database.replica.cidr", Message: "52.0.0.0/16 is not private: allowed are ranges in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 100.64.0.0/10"}}},
		"replica, not aligned": {"AWS would take another range", "database: replica: {region: \"eu-central-1\", cidr: \"10.41.1.0/20\"}", []problem.Problem{{Field: "database.replica.cidr", Message: "10.41.1.0/20 does not start at the first address of a range"}}},
		"two dashes":           {"RDS takes none in its names", "project: \"a--b\"\ndatabase: {}", []problem.Problem{{Field: "project", Message: "the database would be called a--b-dev, and RDS takes no two dashes in a row"}}},
		"services of a cluster in the replica": {"pods could not reach it", "cluster: serviceCIDR: \"10.41.0.0/16\"\ndatabase: replica: {region: \"eu-central-1\", cidr: \"10.41.0.0/20\"}", []problem.Problem{
			{Field: "cluster.serviceCIDR", Message: "10.41.0.0/16 overlaps replica of dev's VPC 10.41.0.0/20"},
		}},
		"ids without a database": {"there is nothing to adopt", "adopt: database: key: \"1234\"", []problem.Problem{{Field: "adopt.database", Message: "dev has no database that could adopt anything"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []problem.Problem
			for _, p := range check.Run(one(cluster + tc.lines).load(t)).Errors {
				got = append(got, problem.Problem{Field: p.Field, Message: p.Message})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestReplicasTakePartInTheComparison holds that ranges of replicas are compared with networks and with each other.
func TestReplicasTakePartInTheComparison(t *testing.T) {
	t.Parallel()
	lines := func(cidr, replica string) string {
		return "network: cidr: \"" + cidr + "\"\ncluster: {}\ndatabase: replica: {region: \"eu-central-1\", cidr: \"" + replica + "\"}"
	}
	for name, tc := range map[string]struct {
		first, second string
		want          []string
	}{
		"apart":           {lines("10.20.0.0/16", "10.21.0.0/20"), lines("10.30.0.0/16", "10.31.0.0/20"), nil},
		"two replicas":    {lines("10.20.0.0/16", "10.21.0.0/20"), lines("10.30.0.0/16", "10.21.8.0/21"), []string{"two: 10.21.8.0/21 overlaps replica of one's 10.21.0.0/20"}},
		"another network": {lines("10.20.0.0/16", "10.30.0.0/20"), lines("10.30.0.0/16", "10.31.0.0/20"), []string{"two: 10.30.0.0/16 overlaps replica of one's 10.30.0.0/20"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range check.Run(two(tc.first, tc.second).load(t)).Errors {
				got = append(got, p.Environment+": "+p.Message)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
