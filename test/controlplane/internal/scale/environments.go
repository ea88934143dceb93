// Package scale makes platforms of many environments, and judges what a bootstrap cluster takes of its machine for them.
package scale

import (
	"fmt"
	"strconv"
	"strings"
)

// Environment is a generated environment.
type Environment struct {
	Name string
	// Cluster says that it has a workload cluster: there is an API server for it, so only a few have one.
	Cluster bool
	// Source is its environment.cue.
	Source string
}

// Most is how many environments there are ranges of addresses for.
const Most = 100

// Project is the project of all generated environments: they are not of the one whose services and alarms every cluster gets.
const Project = "scale"

// Environments makes environments 1 to n: a network and a baseline, every fifth with a database, every tenth with a cluster, and every tenth with
// an edge if the platform has the zone of its domain. The cost centre becomes a tag of everything that they have.
func Environments(n int, costCenter string, zone bool) []Environment {
	const fifth, tenth, fourth, seventh, firstRange = 5, 10, 4, 7, 150
	all := make([]Environment, 0, n)
	for i := 1; i <= n; i++ {
		e := Environment{Name: fmt.Sprintf("scale-%02d", i), Cluster: i%tenth == 0}
		more := ""
		if i%fifth == fourth {
			more += "\tdatabase: {}\n\taccept: \"database-unreachable\": \"Nobody asks it\"\n"
		}
		if e.Cluster {
			more += "\tcluster: {}\n"
		}
		if zone && i%tenth == seventh {
			more += "\tedge: {}\n"
		}
		e.Source = fmt.Sprintf("package environments\n\nenvironment: {\n\tstage: \"dev\"\n\taccount: \"2000000%05d\"\n\tproject: %q\n\tcostCenter: %q\n"+
			"\tnetwork: {cidr: \"10.%d.0.0/16\", zones: 2}\n%s}\n", i, Project, costCenter, firstRange+i, more)
		all = append(all, e)
	}
	return all
}

// Unit is a file of the management account's environment: its organization has to know every account.
func Unit(environments []Environment) string {
	names := make([]string, 0, len(environments))
	for _, e := range environments {
		names = append(names, strconv.Quote(e.Name))
	}
	return "package environments\n\nenvironment: organization: units: \"Workloads/Scale\": accounts: [" + strings.Join(names, ", ") + "]\n"
}
