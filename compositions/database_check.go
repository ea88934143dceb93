package compositions

import (
	"fmt"
	"math"
	"slices"

	"github.com/innovate-inc/genops/schema"
)

// checkDatabase finds what the schema of claims cannot say.
func checkDatabase(spec *schema.DatabaseSpec, meta schema.ClaimMeta) []string {
	var problems []string
	if spec.Identifier == "" {
		problems = append(problems, "spec.identifier: is missing")
	}
	if majorNumber(spec.Version) == 0 {
		problems = append(problems, fmt.Sprintf("spec.version: %q is no version of PostgreSQL", spec.Version))
	}
	for _, capacity := range []struct {
		field string
		acu   float64
	}{{"minCapacityACU", spec.MinCapacityACU}, {"maxCapacityACU", spec.MaxCapacityACU}} {
		const step = 0.5
		if math.Mod(capacity.acu, step) != 0 {
			problems = append(problems, fmt.Sprintf("spec.%s: found %v, allowed are steps of 0.5", capacity.field, capacity.acu))
		}
	}
	if spec.MinCapacityACU > spec.MaxCapacityACU {
		problems = append(problems, fmt.Sprintf("spec.minCapacityACU: %v is more than maxCapacityACU, which is %v", spec.MinCapacityACU, spec.MaxCapacityACU))
	}
	if len(spec.Instances) == 0 {
		problems = append(problems, "spec.instances: there is none, and nothing would answer")
	}
	for i, instance := range spec.Instances {
		if !slices.Contains(spec.Zones, instance.Zone) {
			problems = append(problems, fmt.Sprintf("spec.instances[%d].zone: %s is not among spec.zones", i, instance.Zone))
		}
	}
	if r := spec.Replica; r != nil {
		if r.Region == meta.Region {
			problems = append(problems, fmt.Sprintf("spec.replica.region: %s is the region of the database itself", r.Region))
		}
		for i, instance := range r.Instances {
			if !slices.ContainsFunc(r.Subnets, func(s schema.Subnet) bool { return s.Zone == instance.Zone }) {
				problems = append(problems, fmt.Sprintf("spec.replica.instances[%d].zone: there is no subnet in %s", i, instance.Zone))
			}
		}
	}
	return problems
}
