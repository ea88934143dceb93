package schema

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Database is the PostgreSQL database of an environment. Capacities are in ACU.
type Database struct {
	Name                string           `json:"name"`
	MasterUsername      string           `json:"masterUsername"`
	Version             string           `json:"version"`
	MinCapacityACU      float64          `json:"minCapacityACU"`
	MaxCapacityACU      float64          `json:"maxCapacityACU"`
	AutoPauseSeconds    int              `json:"autoPauseSeconds"`
	Instances           int              `json:"instances"`
	Backup              DatabaseBackup   `json:"backup"`
	MaintenanceWindow   string           `json:"maintenanceWindow"`
	ApplyImmediately    bool             `json:"applyImmediately"`
	DeletionProtection  bool             `json:"deletionProtection"`
	FinalSnapshot       bool             `json:"finalSnapshot"`
	IAMAuthentication   bool             `json:"iamAuthentication"`
	PerformanceInsights bool             `json:"performanceInsights"`
	LogRetentionDays    int              `json:"logRetentionDays"`
	AlarmTopics         []string         `json:"alarmTopics"`
	Replica             *DatabaseReplica `json:"replica,omitempty"`
}

// DatabaseBackup are the automatic backups of a database.
type DatabaseBackup struct {
	RetentionDays int    `json:"retentionDays"`
	Window        string `json:"window"`
}

// DatabaseReplica is the copy of a database in another region.
type DatabaseReplica struct {
	Region    string `json:"region"`
	CIDR      string `json:"cidr"`
	Instances int    `json:"instances"`

	// zoneLetters of the region, from #Zones: Load sets it.
	zoneLetters string
}

// DatabaseSpec is the spec of a Database claim (#DatabaseSpec).
type DatabaseSpec struct {
	ClaimMeta           `json:",inline"`
	Identifier          string               `json:"identifier"`
	Name                string               `json:"name"`
	MasterUsername      string               `json:"masterUsername"`
	Version             string               `json:"version"`
	Zones               []string             `json:"zones"`
	Cluster             bool                 `json:"cluster"`
	MinCapacityACU      float64              `json:"minCapacityACU"`
	MaxCapacityACU      float64              `json:"maxCapacityACU"`
	AutoPauseSeconds    int                  `json:"autoPauseSeconds"`
	Instances           []DatabaseInstance   `json:"instances"`
	Backup              DatabaseBackup       `json:"backup"`
	MaintenanceWindow   string               `json:"maintenanceWindow"`
	ApplyImmediately    bool                 `json:"applyImmediately"`
	DeletionProtection  bool                 `json:"deletionProtection"`
	FinalSnapshot       bool                 `json:"finalSnapshot"`
	IAMAuthentication   bool                 `json:"iamAuthentication"`
	PerformanceInsights bool                 `json:"performanceInsights"`
	LogRetentionDays    int                  `json:"logRetentionDays"`
	AlarmTopics         []string             `json:"alarmTopics"`
	Replica             *DatabaseReplicaSpec `json:"replica,omitempty"`
}

// DatabaseReplicaSpec is the copy in a Database claim.
type DatabaseReplicaSpec struct {
	Identifier string             `json:"identifier"`
	Region     string             `json:"region"`
	CIDR       string             `json:"cidr"`
	Subnets    []Subnet           `json:"subnets"`
	Instances  []DatabaseInstance `json:"instances"`
}

// DatabaseInstance is one instance of a database: its zone, and its number among those of the zone.
type DatabaseInstance struct {
	Zone   string `json:"zone"`
	Number int    `json:"number"`
}

// ErrNoDataSubnets is returned for a database whose network has no data tier.
var ErrNoDataSubnets = errors.New("the network has no private data subnets")

// DatabaseClaim resolves an environment's database into the spec of its claim.
func (c *Config) DatabaseClaim(e *Environment) (DatabaseSpec, error) {
	zones, err := e.DatabaseZones()
	if err != nil {
		return DatabaseSpec{}, fmt.Errorf("place database of %s: %w", e.Name, err)
	}
	d := e.Database
	spec := DatabaseSpec{
		ClaimMeta:           e.Meta(ClaimDatabase),
		Identifier:          e.DatabaseIdentifier(),
		Name:                d.Name,
		MasterUsername:      d.MasterUsername,
		Version:             d.Version,
		Zones:               zones,
		Cluster:             e.Cluster != nil,
		MinCapacityACU:      d.MinCapacityACU,
		MaxCapacityACU:      d.MaxCapacityACU,
		AutoPauseSeconds:    d.AutoPauseSeconds,
		Instances:           spread(d.Instances, zones),
		Backup:              d.Backup,
		MaintenanceWindow:   d.MaintenanceWindow,
		ApplyImmediately:    d.ApplyImmediately,
		DeletionProtection:  d.DeletionProtection,
		FinalSnapshot:       d.FinalSnapshot,
		IAMAuthentication:   d.IAMAuthentication,
		PerformanceInsights: d.PerformanceInsights,
		LogRetentionDays:    d.LogRetentionDays,
		AlarmTopics:         e.databaseTopics(),
	}
	if d.Replica == nil {
		return spec, nil
	}
	subnets, err := d.Replica.subnets()
	if err != nil {
		return DatabaseSpec{}, fmt.Errorf("place replica of %s: %w", e.Name, err)
	}
	copied := make([]string, 0, len(subnets))
	for _, subnet := range subnets {
		copied = append(copied, subnet.Zone)
	}
	spec.Replica = &DatabaseReplicaSpec{
		Identifier: shortenIdentifier(spec.Identifier + "-replica"), Region: d.Replica.Region, CIDR: d.Replica.CIDR,
		Subnets: subnets, Instances: spread(d.Replica.Instances, copied),
	}
	return spec, nil
}

// databaseTopics are the topics that alarms of the database go to: those that it names, or the environment's own.
func (e *Environment) databaseTopics() []string {
	if len(e.Database.AlarmTopics) == 0 && e.Observability != nil {
		return []string{AlarmTopic(e.Meta(ClaimObservability), e.Region)}
	}
	return append([]string{}, e.Database.AlarmTopics...)
}

// DatabaseZones are the zones of the private data subnets.
func (e *Environment) DatabaseZones() ([]string, error) {
	if e.Network == nil {
		return nil, ErrNoDataSubnets
	}
	tiers, err := e.TierSubnets()
	if err != nil {
		return nil, err
	}
	zones := make([]string, 0, len(tiers.PrivateData))
	for _, subnet := range tiers.PrivateData {
		zones = append(zones, subnet.Zone)
	}
	if len(zones) == 0 {
		return nil, ErrNoDataSubnets
	}
	return zones, nil
}

// spread puts instances into zones, by the alphabet, so that the order in which zones are given does not matter. A zone has at most one instance
// more than any other.
func spread(count int, zones []string) []DatabaseInstance {
	sorted := slices.Sorted(slices.Values(zones))
	instances := make([]DatabaseInstance, 0, count)
	for i := range count {
		instances = append(instances, DatabaseInstance{Zone: sorted[i%len(sorted)], Number: i/len(sorted) + 1})
	}
	slices.SortFunc(instances, func(a, b DatabaseInstance) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Zone, b.Zone))
	})
	return instances
}

// maxReplicaZones is how many zones a replica has: Aurora keeps its copies of the data in three.
const maxReplicaZones = 3

// subnets of the replica: an eighth of its range for each zone, by the zone's letter.
func (r *DatabaseReplica) subnets() ([]Subnet, error) {
	vpc, err := netip.ParsePrefix(r.CIDR)
	if err != nil {
		return nil, fmt.Errorf("read range: %w", err)
	}
	const eighths = 3
	var subnets []Subnet
	for _, letter := range r.zoneLetters[:min(len(r.zoneLetters), maxReplicaZones)] {
		subnets = append(subnets, Subnet{Zone: r.Region + string(letter), CIDR: part(vpc, eighths, uint32(letter-'a'))}) //nolint:gosec // A letter from a to z.
	}
	return subnets, nil
}

// maxIdentifier is the longest identifier of an Aurora cluster (RDS API: CreateDBCluster).
const maxIdentifier = 63

// DatabaseIdentifier is the identifier of the environment's Aurora cluster in AWS.
func (e *Environment) DatabaseIdentifier() string { return DatabaseIdentifier(e.Project, e.Name) }

// DatabaseIdentifier is the identifier of the Aurora cluster of an environment of a project. Projects and environments are short enough.
func DatabaseIdentifier(project, environment string) string { return project + "-" + environment }

// shortenIdentifier keeps an identifier within the limit of RDS; what is too long ends in a hash of the whole.
func shortenIdentifier(name string) string {
	if len(name) <= maxIdentifier {
		return name
	}
	const digits = 8
	sum := sha256.Sum256([]byte(name))
	hash := hex.EncodeToString(sum[:])[:digits]
	return strings.TrimRight(name[:maxIdentifier-digits-1], "-") + "-" + hash
}

// DatabaseARN is the ARN of the environment's Aurora cluster: known before it is made. Empty if there is no database.
func (e *Environment) DatabaseARN() string {
	if e.Database == nil {
		return ""
	}
	return "arn:" + e.Partition() + ":rds:" + e.Region + ":" + e.Account + ":cluster:" + e.DatabaseIdentifier()
}

// DatabaseParameter is the name of the SSM parameter that holds where an environment's database is: JSON with host, readerHost, port and
// database.
func DatabaseParameter(project, environment string) string {
	return "/" + project + "-" + environment + "/database"
}

// DatabaseSecret is the name of the secret with the master user's password where RDS does not manage it: no JSON, the password alone.
func DatabaseSecret(project, environment string) string {
	return project + "-" + environment + "/database"
}
