package compositions

import "cmp"

// keyReplica starts the keys of what is in the other region.
const keyReplica = "replica-"

// globalIdentifier is the name of the global database.
func (d *database) globalIdentifier() string {
	return shorten(d.spec.Identifier+"-global", limitDatabase)
}

// secondary is the side of the copy.
func (d *database) secondary() side {
	r := d.spec.Replica
	s := side{
		prefix: keyReplica, region: r.Region, identifier: r.Identifier, vpc: d.ref(keyReplica + keyVPC),
		subnet: func(zone string) fields { return d.ref(keyReplica + tierData.subnet(zone)) },
		observed: func(zone string) map[string]any {
			return d.builder.observed.Resources[keyReplica+tierData.subnet(zone)]
		},
	}
	for _, subnet := range r.Subnets {
		s.zones = append(s.zones, subnet.Zone)
	}
	return s
}

// join has the provider leave alone which global database the cluster belongs to, once the cluster is there: a field that counts only at the
// beginning is no difference later. Without it the provider would take the cluster out of the global database again; and with it from the start,
// it would look for a global database that cannot be there yet, because it is made from this cluster.
func (d *database) join(initially fields) {
	if d.joined() || d.observedText(keyDatabase, "status", "atProvider", "arn") != "" {
		initially["globalClusterIdentifier"] = d.globalIdentifier()
	}
}

func (d *database) joined() bool {
	return d.observedText(keyDatabase, "spec", "initProvider", "globalClusterIdentifier") != ""
}

// managedPassword tells whether RDS still manages the password of the master user: such a cluster cannot be in a global database.
func (d *database) managedPassword() bool {
	return d.observedText(keyDatabase, "status", "atProvider", "masterUserSecret", 0, "secretArn") != ""
}

// replica makes the copy: a network without ways in or out, an Aurora cluster in it, and the global database that the two belong to. The network
// needs no routes, because Aurora copies storage and not through it.
func (d *database) replica() {
	s := d.secondary()
	d.replicaNetwork(s)
	d.encryption(s)
	d.groups(s)
	d.global()
	if d.replicaCluster(s) {
		d.instances(s, d.spec.Replica.Instances)
	} else {
		for _, instance := range d.spec.Replica.Instances {
			d.hold(s.instance(instance), d.dbInstance.noun)
		}
	}
	const lagMilliseconds = 10_000
	d.alert(s, "lag", metric{"AuroraGlobalDBReplicationLag", "Maximum", true, lagMilliseconds, "The copy in " + s.region + " lags by more than ten seconds."},
		fields{"DBClusterIdentifier": s.identifier, "SourceRegion": d.meta.Region})
}

func (d *database) replicaNetwork(s side) {
	d.add(s.key(keyVPC), d.kinds.vpc, fields{"cidrBlock": d.spec.Replica.CIDR, "enableDnsHostnames": true, "enableDnsSupport": true}).in(s.region)
	d.add(s.key("default-security-group"), d.defaultSecurityGroup, fields{"vpcIdRef": d.ref(s.key(keyVPC)), "ingress": []any{}, "egress": []any{}}).
		in(s.region)
	for _, subnet := range d.spec.Replica.Subnets {
		d.add(s.key(tierData.subnet(subnet.Zone)), d.kinds.subnet, fields{
			"vpcIdRef": d.ref(s.key(keyVPC)), "availabilityZone": subnet.Zone, "cidrBlock": subnet.CIDR, "mapPublicIpOnLaunch": false,
		}).in(s.region)
	}
}

// global makes the global database of the cluster that is there, when the provider has been told to leave it there, and its password is its own.
func (d *database) global() {
	_, exists := d.observed.Resources[keyGlobal]
	if !exists && (!d.joined() || d.managedPassword()) {
		d.hold(keyGlobal, d.globalCluster.noun)
		return
	}
	forProvider := fields{
		"sourceDbClusterIdentifierRef": d.ref(keyDatabase),
		// Takes the members out before it is deleted. It deletes none of them.
		"forceDestroy":       true,
		"deletionProtection": false,
	}
	// What is made from a cluster takes its version; later it upgrades its members.
	if d.observedText(keyGlobal, "status", "atProvider", "arn") != "" || d.observedText(keyGlobal, "spec", "forProvider", "engineVersion") != "" {
		if version, _ := d.wantedVersion(keyGlobal); version != "" {
			forProvider["engineVersion"] = version
		}
	}
	d.add(keyGlobal, d.globalCluster, forProvider).external(d.globalIdentifier())
	d.usage(d.own(keyDatabase, d.dbCluster), d.own(keyGlobal, d.globalCluster), "The global database lets go of its members before they are deleted.")
}

// replicaCluster makes the Aurora cluster of the copy, once there is a global database, with the version that the other one runs. It tells whether it
// did. Nothing protects it from deletion: what it holds is held by the other one.
func (d *database) replicaCluster(s side) bool {
	key := s.key(keyDatabase)
	_, exists := d.observed.Resources[key]
	version := cmp.Or(
		d.observedText(key, "spec", "initProvider", "engineVersion"),
		d.observedText(keyDatabase, "status", "atProvider", "engineVersionActual"),
	)
	if !exists && (version == "" || d.observedText(keyGlobal, "status", "atProvider", "arn") == "") {
		d.hold(key, d.dbCluster.noun)
		return false
	}
	forProvider := d.common(s)
	forProvider["globalClusterIdentifier"] = d.globalIdentifier()
	forProvider["sourceRegion"] = d.meta.Region
	forProvider["deletionProtection"] = false
	forProvider["skipFinalSnapshot"] = true
	d.add(key, d.dbCluster, forProvider).in(s.region).external(s.identifier).initially(fields{
		"engineVersion": version,
		// Not sent for members of a global database. Here it keeps the provider from promoting the copy to a database of its own.
		"replicationSourceIdentifier": arn(d.meta, "rds", "cluster:"+d.spec.Identifier),
	}).fromObserved("spec.initProvider.engineVersion")
	d.deletionOrder(s)
	d.usage(d.own(keyGlobal, d.globalCluster), d.own(key, d.dbCluster), "The copy leaves the global database before that is deleted.")
	return true
}
