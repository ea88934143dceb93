package compositions

import (
	"cmp"
	"slices"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// Keys of the database's resources that others refer to.
const (
	keyDatabase            = "cluster"
	keyDatabaseKey         = "key"
	keyDatabaseSubnets     = "subnet-group"
	keyDatabaseGroup       = "security-group"
	keyDatabaseLogs        = "log-group"
	keyDatabaseNodes       = "nodes-postgresql"
	keyDatabaseConnection  = "connection"
	keyMasterSecret        = "master-secret"
	keyMasterSecretVersion = "master-secret-version"
	keyGlobal              = "global-cluster"
)

const (
	engine         = "aurora-postgresql"
	portPostgreSQL = 5432
)

// database composes an Aurora PostgreSQL cluster.
type database struct {
	*builder

	spec *schema.DatabaseSpec
}

// composeDatabase makes an Aurora cluster with its instances, key, groups, logs and alarms, and where there is one its copy in another region.
func composeDatabase(spec *schema.DatabaseSpec, meta schema.ClaimMeta, observed Observed) (*Result, error) {
	if problems := checkDatabase(spec, meta); len(problems) > 0 {
		return nil, &InvalidError{Problems: problems}
	}
	d := &database{builder: newBuilder(meta, "Database", claimDatabase, observed), spec: spec}
	primary := d.primary()
	d.encryption(primary)
	d.groups(primary)
	d.access()
	d.cluster()
	d.instances(primary, spec.Instances)
	d.connection()
	d.alarms()
	if spec.Replica != nil {
		d.replica()
	}
	result, err := d.result()
	if err != nil {
		return nil, err
	}
	result.Status = d.status()
	result.Requirements = d.requirements()
	result.TTL = registeredTTL
	if slices.Contains(d.held, keyDatabaseNodes) {
		result.TTL = waitingTTL
	}
	return result, nil
}

// common are the settings that the Aurora clusters of both sides have.
func (d *database) common(s side) fields {
	scaling := fields{"minCapacity": d.spec.MinCapacityACU, "maxCapacity": d.spec.MaxCapacityACU}
	if d.spec.MinCapacityACU == 0 {
		scaling["secondsUntilAutoPause"] = int64(d.spec.AutoPauseSeconds)
	}
	return fields{
		"engine": engine,
		// What Serverless v2 is called (Aurora user guide: creating a cluster that uses Aurora Serverless v2).
		"engineMode":                       "provisioned",
		"serverlessv2ScalingConfiguration": scaling,
		"storageEncrypted":                 true,
		"kmsKeyIdRef":                      d.ref(s.key(keyDatabaseKey)),
		"dbSubnetGroupNameRef":             d.ref(s.key(keyDatabaseSubnets)),
		"vpcSecurityGroupIdRefs":           []any{d.ref(s.key(keyDatabaseGroup))},
		// By its name and not by a reference, which the provider looks up once: an upgrade needs another group.
		"dbClusterParameterGroupName":      shorten(s.identifier+"-"+engine+d.major(), limitDatabaseGroup),
		"port":                             int64(portPostgreSQL),
		"iamDatabaseAuthenticationEnabled": d.spec.IAMAuthentication,
		"enabledCloudwatchLogsExports":     []any{"postgresql"},
		"backupRetentionPeriod":            int64(d.spec.Backup.RetentionDays),
		"preferredBackupWindow":            d.spec.Backup.Window,
		"preferredMaintenanceWindow":       d.spec.MaintenanceWindow,
		"copyTagsToSnapshot":               true,
		"applyImmediately":                 d.spec.ApplyImmediately,
	}
}

// cluster makes the Aurora cluster.
func (d *database) cluster() {
	forProvider := d.common(d.primary())
	forProvider["databaseName"] = d.spec.Name
	forProvider["masterUsername"] = d.spec.MasterUsername
	forProvider["deletionProtection"] = d.spec.DeletionProtection
	forProvider["deleteAutomatedBackups"] = !d.spec.FinalSnapshot
	forProvider["skipFinalSnapshot"] = !d.spec.FinalSnapshot
	if d.spec.FinalSnapshot {
		forProvider["finalSnapshotIdentifier"] = d.finalSnapshot()
	}
	initially := fields{}
	d.version(forProvider, initially)
	d.masterPassword(forProvider)
	if d.spec.Replica != nil {
		d.join(initially)
	}
	made := d.add(keyDatabase, d.dbCluster, forProvider).external(d.spec.Identifier)
	if _, kept := forProvider["finalSnapshotIdentifier"]; kept {
		made.fromObserved("spec.forProvider.finalSnapshotIdentifier")
	}
	if len(initially) > 0 {
		made.initially(initially)
	}
	d.deletionOrder(d.primary())
}

// finalSnapshot is the name of the last snapshot. It names the cluster by the id that AWS gave: a second database of the same name could not be
// deleted otherwise, because its snapshot would have the name of the first one's.
func (d *database) finalSnapshot() string {
	name := d.spec.Identifier + "-final"
	if id := d.observedText(keyDatabase, "status", "atProvider", "clusterResourceId"); id != "" {
		return name + "-" + shortHash(id)
	}
	return cmp.Or(d.observedText(keyDatabase, "spec", "forProvider", "finalSnapshotIdentifier"), name)
}

// instances makes the instances of a side. The first two take over at once: those of the tiers 0 and 1 are as large as the one that writes.
func (d *database) instances(s side, instances []schema.DatabaseInstance) {
	const behind = 2
	for i, instance := range instances {
		key := s.instance(instance)
		forProvider := fields{
			"engine": engine, "instanceClass": "db.serverless", "clusterIdentifierRef": d.ref(s.key(keyDatabase)), "availabilityZone": instance.Zone,
			"promotionTier": int64(min(i, behind)), "publiclyAccessible": false, "applyImmediately": d.spec.ApplyImmediately, "copyTagsToSnapshot": true,
			// A version with its minor part stays; the major one alone follows AWS.
			"autoMinorVersionUpgrade":    d.major() == d.spec.Version,
			"preferredMaintenanceWindow": d.spec.MaintenanceWindow,
			"performanceInsightsEnabled": d.spec.PerformanceInsights,
		}
		keyARN := ""
		if d.spec.PerformanceInsights {
			// The provider's reference gives the id of the key, and RDS takes only its ARN.
			keyARN = cmp.Or(
				d.observedText(s.key(keyDatabaseKey), "status", "atProvider", "arn"),
				d.observedText(key, "spec", "forProvider", "performanceInsightsKmsKeyId"),
			)
			if keyARN == "" {
				d.hold(key, d.dbInstance.noun)
				continue
			}
			const days = 7 // What AWS keeps without a charge.
			forProvider["performanceInsightsKmsKeyId"], forProvider["performanceInsightsRetentionPeriod"] = keyARN, int64(days)
		}
		name := shorten(s.identifier+strings.TrimPrefix(key, s.prefix+"instance"), limitDatabase)
		made := d.add(key, d.dbInstance, forProvider).in(s.region).external(name)
		if keyARN != "" {
			made.fromObserved("spec.forProvider.performanceInsightsKmsKeyId")
		}
		d.usage(d.own(s.key(keyDatabase), d.dbCluster), d.own(key, d.dbInstance), "RDS deletes no cluster that has instances.")
		if s.prefix == "" {
			d.usage(d.foreign(claimNetwork, tierData.subnet(instance.Zone), d.subnet), d.own(key, d.dbInstance),
				"The instance runs in the private data subnet of "+instance.Zone+".")
		}
	}
}

// deletionOrder says what has to stay until the Aurora cluster of a side is gone.
func (d *database) deletionOrder(s side) {
	by := d.own(s.key(keyDatabase), d.dbCluster)
	d.usage(d.own(s.key(keyDatabaseKey), d.kinds.key), by, "Without its key nobody can read the database or its last snapshot.")
	d.usage(d.own(s.key(keyDatabaseSubnets), d.dbSubnetGroup), by, "RDS deletes no subnet group that a cluster is in.")
	d.usage(d.own(s.key(keyDatabaseGroup), d.securityGroup), by, "AWS deletes no security group that a cluster has.")
	d.usage(d.own(s.key(keyDatabaseLogs), d.logGroup), by, "A cluster that is still there would make the log group again, without retention.")
}

// status is what people and other claims look for.
func (d *database) status() map[string]any {
	status := fields{}
	set := func(name, value string) {
		if value != "" {
			status[name] = value
		}
	}
	for name, path := range map[string][]any{
		"arn": {"arn"}, "endpoint": {"endpoint"}, "readerEndpoint": {"readerEndpoint"}, "version": {"engineVersionActual"},
		"resourceId": {"clusterResourceId"}, "secretArn": {"masterUserSecret", 0, "secretArn"},
	} {
		set(name, d.observedText(keyDatabase, append([]any{"status", "atProvider"}, path...)...))
	}
	if d.spec.Replica != nil {
		set("secretArn", d.observedText(keyMasterSecret, "status", "atProvider", "arn"))
		set("replicaEndpoint", d.observedText(keyReplica+keyDatabase, "status", "atProvider", "readerEndpoint"))
	}
	if _, there := d.resources[keyDatabaseConnection]; there {
		set("parameter", schema.DatabaseParameter(d.meta.Project, d.meta.Environment))
	}
	return status
}
