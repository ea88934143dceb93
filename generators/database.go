package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Database generates the claim of an environment's database, and the definition of such claims.
type Database struct{}

// Environment makes the Database claim, and says that it uses the Network claim.
func (Database) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Database == nil {
		return nil, nil
	}
	spec, err := c.DatabaseClaim(e)
	if err != nil {
		return nil, err
	}
	object, err := newClaim(e, "Database", schema.ClaimDatabase, spec)
	if err != nil {
		return nil, err
	}
	objects := typed{objects: []manifest.Object{{Path: path.Join(e.Name, folderClaims, "database.yaml"), Object: object}}}
	addNetworkUsage(&objects, e, networkUser{name: "network-by-database", kind: "Database", reason: "The database runs in the network."})
	return objects.done()
}

// Platform makes the definition of Database claims.
func (Database) Platform(c *schema.Config) ([]manifest.Object, error) {
	return definition{
		kind: "Database",
		columns: []column{
			{name: "DATABASE", path: ".spec.identifier", description: "Identifier of the Aurora cluster."},
			{name: "VERSION", path: ".status.version", description: "Version of PostgreSQL."},
			{name: "REGION", path: ".spec.region", description: "AWS region."},
			{name: "ENDPOINT", path: ".status.endpoint", description: "Host name of the instance that writes.", wide: true},
		},
	}.objects(c)
}
