package compositions

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// side is one of the two regions of a database: what is the same in both is made by the same code.
type side struct {
	// prefix starts the keys of the resources.
	prefix, region, identifier string
	// subnet is the reference to the data subnet of a zone.
	subnet func(zone string) fields
	// observed is that subnet as it was observed.
	observed func(zone string) map[string]any
	vpc      fields
	zones    []string
}

func (s side) key(name string) string { return s.prefix + name }

// logGroupName is where RDS writes the log (Aurora user guide: publishing PostgreSQL logs).
func (s side) logGroupName() string { return "/aws/rds/cluster/" + s.identifier + "/postgresql" }

// instance is the key of an instance. Its zone is part of it, because AWS does not move one to another zone.
func (s side) instance(i schema.DatabaseInstance) string {
	key := s.key("instance-" + i.Zone)
	if i.Number > 1 {
		key += "-" + strconv.Itoa(i.Number)
	}
	return key
}

func (d *database) primary() side {
	return side{
		region: d.meta.Region, identifier: d.spec.Identifier, zones: d.spec.Zones, vpc: d.refTo(claimNetwork, keyVPC),
		subnet:   func(zone string) fields { return d.refTo(claimNetwork, tierData.subnet(zone)) },
		observed: func(zone string) map[string]any { return d.observed.Required[tierData.subnet(zone)] },
	}
}

// encryption makes the one key of a side: for storage, backups, the log, Performance Insights and the secret of the master user, which all hold
// the same data and go together.
func (d *database) encryption(s side) {
	name := shorten(s.identifier+"-database", limitAlias)
	d.add(s.key(keyDatabaseKey), d.kinds.key, fields{
		"description": "Database " + s.identifier, "enableKeyRotation": true, "deletionWindowInDays": int64(30),
	}).in(s.region).withPolicy("policy", logKeyPolicy(d.meta, s.region, s.logGroupName()))
	d.add(s.key("key-alias"), d.alias, fields{"targetKeyIdRef": d.ref(s.key(keyDatabaseKey))}).in(s.region).external(name)
	// RDS would make one that keeps logs for ever.
	d.add(s.key(keyDatabaseLogs), d.logGroup, fields{
		"retentionInDays": int64(d.spec.LogRetentionDays), "kmsKeyIdRef": d.ref(s.key(keyDatabaseKey)),
	}).in(s.region).external(s.logGroupName())
}

// groups makes the subnet group, the security group and the parameter group of a side.
func (d *database) groups(s side) {
	refs, ids := make([]any, 0, len(s.zones)), make([]any, 0, len(s.zones))
	for _, zone := range s.zones {
		refs = append(refs, s.subnet(zone))
		if id := text(s.observed(zone), "status", "atProvider", "id"); id != "" {
			ids = append(ids, id)
		}
	}
	forProvider := fields{"description": "Private data subnets of " + s.identifier, "subnetIdRefs": refs}
	subnets := d.add(s.key(keyDatabaseSubnets), d.dbSubnetGroup, forProvider).
		in(s.region).external(shorten(s.identifier+"-database", limitDatabaseGroup))
	// The provider looks references up once: without its id the subnet of a zone that is added later would stay outside.
	if len(ids) < len(refs) {
		known, _ := at(d.observed.Resources[s.key(keyDatabaseSubnets)], "spec", "forProvider", "subnetIds").([]any)
		ids = slices.Clone(known)
	}
	if len(ids) > 0 {
		forProvider["subnetIds"] = ids
		subnets.fromObserved("spec.forProvider.subnetIds")
	}
	d.add(s.key(keyDatabaseGroup), d.securityGroup, fields{
		"vpcIdRef": s.vpc, "name": shorten(s.identifier+"-database", limitSecurityGroup), "description": "PostgreSQL from the nodes of the cluster",
	}).in(s.region)
	// AWS does not change the family of a group, so the major version is part of its key and name. RDS refuses no connection of TLS 1.2 or newer,
	// and all older ones by default. pending-reboot is right for parameters of both kinds, and a new cluster starts with it.
	d.add(s.key("parameters-"+d.major()), d.dbParameterGroup, fields{
		"description": "Database " + s.identifier, "family": engine + d.major(),
		"parameter": []any{fields{"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"}},
	}).in(s.region).external(shorten(s.identifier+"-"+engine+d.major(), limitDatabaseGroup))
}

// access lets the nodes of the environment's cluster in, and nobody else. All nodes and their pods have the security group that EKS made, whose id
// only the EKS cluster knows.
func (d *database) access() {
	if !d.spec.Cluster {
		return
	}
	group := cmp.Or(
		text(d.observed.Required[requireCluster], "status", "atProvider", "vpcConfig", "clusterSecurityGroupId"),
		d.observedText(keyDatabaseNodes, "spec", "forProvider", "referencedSecurityGroupId"),
	)
	if group == "" {
		d.hold(keyDatabaseNodes, d.ingressRule.noun)
		return
	}
	d.add(keyDatabaseNodes, d.ingressRule, fields{
		"securityGroupIdRef": d.ref(keyDatabaseGroup), "referencedSecurityGroupId": group, "ipProtocol": "tcp",
		"fromPort": int64(portPostgreSQL), "toPort": int64(portPostgreSQL), "description": "PostgreSQL from the nodes",
	}).fromObserved("spec.forProvider.referencedSecurityGroupId")
	d.usage(d.foreign(claimCluster, keyCluster, d.eksCluster), d.own(keyDatabaseNodes, d.ingressRule),
		"EKS deletes no security group that a rule of the database names.")
}

// requirements are what the claim reads of other claims: the security group of the nodes, and the ids of the data subnets.
func (d *database) requirements() []Requirement {
	var all []Requirement
	if d.spec.Cluster {
		all = append(all, d.require(requireCluster, claimCluster, keyCluster, d.eksCluster))
	}
	for _, zone := range d.spec.Zones {
		all = append(all, d.require(tierData.subnet(zone), claimNetwork, tierData.subnet(zone), d.subnet))
	}
	slices.SortFunc(all, func(a, b Requirement) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (b *builder) require(name, claim, key string, k kind) Requirement {
	return Requirement{
		Name: name, APIVersion: k.group + "/" + k.version, Kind: k.name, MatchName: resourceName(b.meta.Environment, claim, key),
	}
}
