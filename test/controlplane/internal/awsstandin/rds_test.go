package awsstandin

import (
	"strings"
	"testing"
)

// databaseGroups are what a database stands on, beside a network.
func databaseGroups() []fields {
	return append(network(),
		named(managed(groupRDS+"/SubnetGroup", "subnets", `{subnetIdRefs: [{name: a}, {name: b}]}`), "data"),
		named(managed(groupRDS+"/ClusterParameterGroup", "parameters", `{family: aurora-postgresql17}`), "pg17"),
	)
}

// settings that each Aurora cluster of the tests has.
const settings = `dbSubnetGroupNameRef: {name: subnets}, dbClusterParameterGroupName: pg17, engine: aurora-postgresql, ` +
	`serverlessv2ScalingConfiguration: {minCapacity: 0.5, maxCapacity: 4}, skipFinalSnapshot: true`

// TestDatabases holds what RDS refuses.
func TestDatabases(t *testing.T) {
	t.Parallel()
	primary := `{` + settings + `, masterUsername: dbadmin, `
	for name, tc := range map[string]struct {
		kind, spec, want string
	}{
		"two passwords":         {kindDatabase, primary + `manageMasterUserPassword: true, autoGeneratePassword: true}`, "either RDS manages the master user password, or one is given"},
		"no password":           {kindDatabase, primary + `port: 5432}`, "either RDS manages the master user password, or one is given"},
		"a copy of nothing":     {kindDatabase, `{` + settings + `, globalClusterIdentifier: gone}`, "GlobalClusterNotFoundFault"},
		"a copy with a name":    {kindDatabase, `{` + settings + `, databaseName: app}`, "Cannot specify a password or a database name"},
		"no parameter group":    {kindDatabase, `{` + strings.Replace(settings, "pg17", "gone", 1) + `, masterUsername: a, manageMasterUserPassword: true}`, "DBClusterParameterGroupNotFound"},
		"capacity":              {kindDatabase, `{` + strings.Replace(settings, "0.5", "8", 1) + `, masterUsername: a, manageMasterUserPassword: true}`, "capacity 8 to 4 isn't valid"},
		"instance of nothing":   {groupRDS + "/ClusterInstance", `{clusterIdentifier: gone}`, "DBClusterNotFoundFault"},
		"one zone":              {groupRDS + "/SubnetGroup", `{subnetIdRefs: [{name: a}]}`, "DBSubnetGroupDoesNotCoverEnoughAZs"},
		"a global one, managed": {kindGlobal, `{sourceDbClusterIdentifier: "arn:aws:rds:eu-west-1:111122223333:cluster:managed"}`, "global clusters do not support"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := append(databaseGroups(), named(managed(kindDatabase, "managed", primary+`manageMasterUserPassword: true}`), "managed"))
			h := start(t, Options{}, objects...)
			h.ready(kindDatabase, "managed")
			h.create(named(managed(tc.kind, "wrong", tc.spec), "wrong"))
			h.eventually(tc.kind, "wrong", "refused", func(object fields) bool { return strings.Contains(syncedMessage(object), tc.want) })
		})
	}
}

// TestGlobalDatabase holds that a copy comes after its global database, and that AWS knows all of them by what others need.
func TestGlobalDatabase(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, append(databaseGroups(),
		named(managed(kindDatabase, "copy", `{`+settings+`, globalClusterIdentifier: global}`), "copy"),
		named(managed(kindGlobal, "global", `{sourceDbClusterIdentifierRef: {name: first}, forceDestroy: true}`), "global"),
		named(managed(kindDatabase, "first", `{`+settings+`, masterUsername: a, autoGeneratePassword: true, engineVersion: "17", masterPasswordSecretRef: {name: s, namespace: n, key: k}}`), "first"),
		managed(kindSecret, "secret", `{name: acme/database}`),
		managed(groupSecret+"/SecretVersion", "version", `{secretIdRef: {name: secret}, secretStringSecretRef: {name: s, namespace: n, key: k}}`),
	)...)
	for _, want := range []struct{ kind, name, field, prefix string }{
		{kindDatabase, "first", "arn", "arn:aws:rds:eu-west-1:111122223333:cluster:first"},
		{kindDatabase, "first", "endpoint", "first.cluster-"},
		{kindDatabase, "first", "engineVersionActual", "17.5"},
		{kindDatabase, "copy", "readerEndpoint", "copy.cluster-ro-"},
		{kindGlobal, "global", "arn", "arn:aws:rds::111122223333:global-cluster:global"},
		{kindSecret, "secret", "arn", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:acme/database-"},
		{groupSecret + "/SecretVersion", "version", "id", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:acme/database-"},
	} {
		if got := text(h.ready(want.kind, want.name), "status", "atProvider", want.field); !strings.HasPrefix(got, want.prefix) {
			t.Errorf("%s of %s is %q, want %s...", want.field, want.name, got, want.prefix)
		}
	}
}
