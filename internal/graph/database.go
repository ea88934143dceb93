package graph

import (
	"strconv"

	"github.com/innovate-inc/genops/schema"
)

// IDs of an environment's database.
const (
	idDatabase = "database"
	idReplica  = "replica"
	idSecrets  = "secrets"
)

// database draws the Aurora cluster, its copy, and where programs learn how to reach it.
func database(b *builder, e *schema.Environment) {
	d := e.Database
	if d == nil {
		return
	}
	account := accountFrame(e)
	b.node(Node{
		ID: idDatabase, Frame: b.within(idTierData, idVPC, account), Kind: Data, Store: true, Title: "Aurora PostgreSQL",
		Notes: []string{
			"version " + d.Version + ", Serverless v2", capacity(d) + ", " + count(d.Instances, "instance"), "backups of " + count(d.Backup.RetentionDays, "day"),
		},
	})
	b.node(Node{
		ID: idSecrets, Frame: account, Kind: Security, Title: "Secrets Manager", Column: 2,
		Notes: []string{"password of the database", "SSM: " + schema.DatabaseParameter(e.Project, e.Name)},
	})
	if d.Replica != nil {
		b.frame(Frame{ID: "replicaregion", Parent: account, Style: FrameNetwork, Title: "VPC " + d.Replica.CIDR, Note: d.Replica.Region, Column: 2})
		b.node(Node{
			ID: idReplica, Frame: "replicaregion", Kind: Data, Store: true, Title: "Aurora replica", Notes: []string{count(d.Replica.Instances, "instance")},
		})
		b.link(idDatabase, idReplica, Copy, "")
	}
}

// capacity writes the capacity of a database, in ACU.
func capacity(d *schema.Database) string {
	const bits = 64
	write := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, bits) }
	return span(write(d.MinCapacityACU), write(d.MaxCapacityACU)) + " ACU"
}

// databasePlatform draws each environment's database.
func databasePlatform(b *builder) {
	for _, e := range b.config.Environments {
		if e.Database == nil {
			continue
		}
		frame, node := id("environment", e.Name), id(idDatabase, e.Name)
		b.node(Node{
			ID: node, Frame: frame, Kind: Data, Store: true, Title: "Aurora PostgreSQL", Column: 3,
			Notes: []string{"version " + e.Database.Version, capacity(e.Database)},
		})
		b.link(id("cluster", e.Name), node, Request, "")
		if e.Database.Replica != nil {
			copied := id(idReplica, e.Name)
			b.node(Node{ID: copied, Frame: frame, Kind: Data, Store: true, Title: "Aurora replica", Notes: []string{e.Database.Replica.Region}, Column: 3})
			b.link(node, copied, Copy, "")
		}
	}
}
