package graph

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/innovate-inc/genops/schema"
)

var update = flag.Bool("update", false, "rewrite golden files")

// committed are the environments of this repository.
func committed(t *testing.T) *schema.Config {
	t.Helper()
	c, err := schema.Load(t.Context(), os.DirFS(filepath.Join("..", "..")), "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// environments loads environments of the test platform, by name.
func environments(t *testing.T, lines map[string]string) *schema.Config {
	t.Helper()
	platform, err := os.ReadFile(filepath.Join("..", "..", "schema", "testdata", "platform.cue"))
	if err != nil {
		t.Fatal(err)
	}
	const defaults = `package environments

environment: {
	region:     *"eu-west-1" | _
	project:    *"acme" | _
	owner:      "platform"
	costCenter: "cc-1"
}
`
	files := fstest.MapFS{
		"environments/platform.cue": &fstest.MapFile{Data: platform},
		"environments/defaults.cue": &fstest.MapFile{Data: []byte(defaults)},
	}
	for name, text := range lines {
		files["environments/"+name+"/environment.cue"] = &fstest.MapFile{Data: []byte("package environments\n\nenvironment: {\n" + text + "\n}\n")}
	}
	c, err := schema.Load(t.Context(), files, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// small is a platform with one environment of each sort.
func small(t *testing.T) *schema.Config {
	t.Helper()
	return environments(t, map[string]string{
		"prod": `stage: "prod", account: "111122223335", network: cidr: "10.40.0.0/16", cluster: {}, edge: {}
			database: replica: {region: "eu-central-1", cidr: "10.41.0.0/20"}
			baseline: budget: emails: ["costs@acme.example"]
			observability: receivers: {emails: ["oncall@acme.example"], slack: {workspace: "T0123ABCD9", channel: "C0123ABCD9"}}
			services: {
				api: {network: from: ["web"], workload: {image: {repository: "api", tag: "v1"}, ingress: paths: ["/api"], database: true}}
				web: workload: {image: {repository: "web", tag: "v1"}, ingress: paths: ["/"]}
			}`,
		"dev":  `stage: "dev", account: "111122223334", network: cidr: "10.20.0.0/16", cluster: {}`,
		"next": `stage: "dev", network: cidr: "10.60.0.0/16", cluster: {}, database: {}`,
		"shared": `stage: "shared", account: "111122223333", edge: zone: "platform"
			registry: {github: organization: "acme", repositories: {api: {}, web: {}}}
			stateBackend: teams: payments: {prefix: "pay", principals: ["arn:aws:iam::111122223335:role/terraform"]}`,
		"management": `stage: "shared", account: "999900000001"
			baseline: {budget: emails: ["costs@acme.example"], trail: organizationID: "o-a1b2c3d4e5"}
			organization: {
				serviceAccess: ["cloudtrail.amazonaws.com"]
				policyTypes: ["SERVICE_CONTROL_POLICY"]
				accountEmail: "aws+*@acme.example"
				units: {
					Core: accounts: ["shared"]
					Workloads: {accounts: ["dev", "next"], policies: ["deny-root"]}
					"Workloads/Prod": accounts: ["prod"]
				}
				identityCenter: {
					instanceARN: "arn:aws:sso:::instance/ssoins-0123456789abcdef", identityStore: "d-0123456789", region: "eu-west-1"
					groups: operators: displayName: "Operators"
					permissionSets: Admin: {description: "Everything", managedPolicies: ["AdministratorAccess"]}
					assignments: [{group: "operators", permissionSet: "Admin", accounts: ["dev", "prod"]}]
				}
			}`,
	})
}

// pictures are all diagrams of a configuration, by name.
func pictures(c *schema.Config) map[string]*Graph {
	graphs := map[string]*Graph{"platform": Platform(c)}
	for _, e := range c.Environments {
		graphs["environment "+e.Name] = Environment(c, e)
	}
	return graphs
}
