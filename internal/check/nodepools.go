package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// nodePools checks an environment's node pools.
func nodePools(r *report, e *schema.Environment) {
	zones, zonesErr := []string(nil), error(nil)
	if e.Network != nil {
		zones, zonesErr = e.ZoneNames()
	}
	names := slices.Sorted(maps.Keys(e.NodePools))
	for i, name := range names {
		pool := e.NodePools[name]
		if !pool.Enabled {
			continue
		}
		field := "nodePools." + name
		for j, family := range pool.Instances.Families {
			if arch := architecture(family); arch != pool.Architecture {
				r.error(e, fmt.Sprintf("%s.instances.families[%d]", field, j),
					fmt.Sprintf("%s is %s, but the pool's architecture is %s: it would never get a node", family, arch, pool.Architecture))
				continue
			}
			if n := generation(family); n < pool.Instances.MinGeneration {
				r.error(e, fmt.Sprintf("%s.instances.families[%d]", field, j),
					fmt.Sprintf("%s is of generation %d, but the pool takes none older than %d", family, n, pool.Instances.MinGeneration),
					fmt.Sprintf("set instances: minGeneration: %d, or leave the family out", n))
			}
		}
		disk(r, e, field+".disk", pool.Disk)
		if release := releases()[pool.AMIFamily]; pool.AMIVersion != "" && release != nil && !release.MatchString(pool.AMIVersion) {
			r.error(e, field+".amiVersion", fmt.Sprintf("%s is no release of %s: allowed is one such as %s", pool.AMIVersion, pool.AMIFamily,
				r.config.Platform.AMIVersion(pool.AMIFamily)))
		}
		for j, zone := range pool.Zones {
			if zonesErr == nil && len(zones) > 0 && !slices.Contains(zones, zone) {
				r.error(e, fmt.Sprintf("%s.zones[%d]", field, j),
					fmt.Sprintf("%s is not a zone of the environment, which has %s", zone, strings.Join(zones, ", ")))
			}
		}
		for j, budget := range pool.Disruption.Budgets {
			at := fmt.Sprintf("%s.disruption.budgets[%d]", field, j)
			switch {
			case (budget.Schedule == "") != (budget.Duration == ""):
				r.error(e, at, "schedule and duration go together: the one says when the budget starts, the other for how long")
			case budget.Schedule != "":
				schedule(r, e, at+".schedule", budget.Schedule)
			}
		}
		equalWeights(r, e, names[:i], name)
	}
}

// equalWeights warns of pools that take the same pods with the same weight.
func equalWeights(r *report, e *schema.Environment, earlier []string, name string) {
	pool := e.NodePools[name]
	for _, before := range earlier {
		other := e.NodePools[before]
		if other.Enabled && other.Weight == pool.Weight && other.Architecture == pool.Architecture && len(other.Taints)+len(pool.Taints) == 0 {
			r.warning(e, "equal-weight-pools", "nodePools."+name, fmt.Sprintf(
				"%s and %s have the same architecture and weight %d: which of them gets a pod is up to Karpenter", before, name, pool.Weight))
		}
	}
}

// releases are the forms of release names of node operating systems, by AMI family (as in #Platform's versions.amis).
func releases() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"Bottlerocket": regexp.MustCompile(`^v\d+\.\d+\.\d+$`),
		"AL2023":       regexp.MustCompile(`^v\d{8}$`),
	}
}

// generation is the generation of an instance family: the first number in its name.
func generation(family string) int {
	digits := strings.TrimLeft(family, "abcdefghijklmnopqrstuvwxyz")
	if end := strings.IndexFunc(digits, func(c rune) bool { return c < '0' || c > '9' }); end >= 0 {
		digits = digits[:end]
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// What a gp3 volume can do (Amazon EBS user guide: General Purpose SSD volumes): IOPS for each GiB above the 3000 that are included, and IOPS
// for each MiB/s.
const (
	includedIOPS   = 3000
	iopsPerGiB     = 500
	iopsPerMiBPerS = 4
)

// disk checks that a disk is large enough for its IOPS and has enough of them for its throughput.
func disk(r *report, e *schema.Environment, field string, d schema.Disk) {
	if most := max(includedIOPS, d.SizeGiB*iopsPerGiB); d.IOPS > most {
		r.error(e, field+".iops", fmt.Sprintf("%d IOPS need a larger disk: allowed with %d GiB are %d", d.IOPS, d.SizeGiB, most))
	}
	if most := d.IOPS / iopsPerMiBPerS; d.Throughput > most {
		r.error(e, field+".throughput", fmt.Sprintf("%d MiB/s need more IOPS: allowed with %d IOPS are %d", d.Throughput, d.IOPS, most))
	}
}
