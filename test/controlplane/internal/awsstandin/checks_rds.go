package awsstandin

import (
	"errors"
	"fmt"
	"strings"
)

// checkRDS checks the kinds of databases.
func (c *cloud) checkRDS(r *resource) error {
	switch r.kind.name {
	case "SubnetGroup":
		return c.checkSubnetGroup(r)
	case "Cluster":
		return c.checkDatabase(r)
	case "ClusterInstance":
		cluster := text(r.params, "clusterIdentifier")
		if c.lookup(r.place, kindDatabase, cluster) == nil {
			return fmt.Errorf("DBClusterNotFoundFault: DBCluster %s does not exist", cluster)
		}
	case "GlobalCluster":
		source := text(r.params, "sourceDbClusterIdentifier")
		cluster := c.lookup(r.place, kindDatabase, source[strings.LastIndex(source, ":")+1:])
		if cluster == nil {
			return fmt.Errorf("DBClusterNotFoundFault: DBCluster %s does not exist", source)
		}
		if cluster.params["manageMasterUserPassword"] == true {
			return errors.New("InvalidParameterCombination: RDS manages the master user password of the source cluster, which global clusters do not support")
		}
	}
	return nil
}

func (c *cloud) checkSubnetGroup(r *resource) error {
	zones := map[string]bool{}
	for _, id := range texts(r.params, "subnetIds") {
		subnet := c.lookup(r.place, kindSubnet, id)
		if subnet == nil {
			return missing(kindSubnet, id)
		}
		zones[text(subnet.params, "availabilityZone")] = true
	}
	const least = 2
	if len(zones) < least {
		return errors.New("DBSubnetGroupDoesNotCoverEnoughAZs: The DB subnet group doesn't meet Availability Zone coverage requirement")
	}
	return nil
}

// checkDatabase checks an Aurora cluster. One without a master user is the copy of another one: its global cluster has to be there.
func (c *cloud) checkDatabase(r *resource) error {
	if group := text(r.params, "dbSubnetGroupName"); c.lookup(r.place, groupRDS+"/SubnetGroup", group) == nil {
		return fmt.Errorf("DBSubnetGroupNotFoundFault: DB subnet group %q does not exist", group)
	}
	if group := text(r.params, "dbClusterParameterGroupName"); c.lookup(r.place, groupRDS+"/ClusterParameterGroup", group) == nil {
		return fmt.Errorf("DBClusterParameterGroupNotFound: DBClusterParameterGroup %q does not exist", group)
	}
	if least, most := number(r.params, "minCapacity"), number(r.params, "maxCapacity"); least > most || most < 1 {
		return fmt.Errorf("InvalidParameterValue: Serverless v2 capacity %v to %v isn't valid", least, most)
	}
	managed, own := r.params["manageMasterUserPassword"] == true, r.params["autoGeneratePassword"] == true
	if text(r.params, "masterUsername") != "" {
		if managed == own {
			return errors.New("InvalidParameterCombination: either RDS manages the master user password, or one is given")
		}
		return nil
	}
	if managed || own || text(r.params, "databaseName") != "" {
		return errors.New("InvalidParameterCombination: Cannot specify a password or a database name for cross region replication cluster")
	}
	global, found := text(r.params, "globalClusterIdentifier"), false
	for place := range c.resources {
		found = found || place.kind == kindGlobal && place.account == r.place.account && place.identity == global
	}
	if !found {
		return fmt.Errorf("GlobalClusterNotFoundFault: Global cluster %q does not exist", global)
	}
	return nil
}

// number is a bound of the capacity.
func number(params fields, name string) float64 {
	switch value := at(params, "serverlessv2ScalingConfiguration", name).(type) {
	case float64:
		return value
	case int64:
		return float64(value)
	default:
		return 0
	}
}

// databaseAttributes are what RDS adds.
func databaseAttributes(r *resource) fields {
	host := func(name string) string {
		return name + "-" + hash(r.place.account)[:12] + "." + r.place.region + ".rds.amazonaws.com"
	}
	switch r.kind.name {
	case "Cluster":
		version := text(r.params, "engineVersion")
		if !strings.Contains(version, ".") {
			version += ".5"
		}
		more := fields{
			"endpoint": host(r.identity + ".cluster"), "readerEndpoint": host(r.identity + ".cluster-ro"), "engineVersionActual": version,
			"clusterResourceId": "cluster-" + strings.ToUpper(hash(r.place.account, r.place.region, r.identity)[:26]),
		}
		if r.params["manageMasterUserPassword"] == true {
			name := "rds!cluster-" + uuid(r.place.account, r.identity)
			more["masterUserSecret"] = []any{fields{"secretArn": arn(r.place, "secretsmanager", "secret:"+name+"-AbCdEf"), "secretStatus": "active"}}
		}
		return more
	case "ClusterInstance":
		return fields{"endpoint": host(r.identity), "dbiResourceId": "db-" + strings.ToUpper(hash(r.place.account, r.place.region, r.identity)[:26])}
	case "GlobalCluster":
		return fields{"engineVersionActual": text(r.params, "engineVersion")}
	default:
		return nil
	}
}

// deletableDatabase tells whether RDS would delete an Aurora cluster.
func deletableDatabase(r *resource) error {
	switch {
	case r.params["deletionProtection"] == true:
		return fmt.Errorf("InvalidParameterCombination: Cannot delete protected Cluster %s, please disable deletion protection and try again", r.identity)
	case r.params["skipFinalSnapshot"] != true && text(r.params, "finalSnapshotIdentifier") == "":
		return errors.New("InvalidParameterCombination: FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified")
	default:
		return nil
	}
}
