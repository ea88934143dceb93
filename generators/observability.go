package generators

import (
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// Observability generates the claim of what tells people how an environment is, and the definition of such claims.
type Observability struct{}

// Environment makes the Observability claim, and the dashboard that people import into its Grafana.
func (Observability) Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Observability == nil {
		return nil, nil
	}
	spec, err := c.ObservabilityClaim(e)
	if err != nil {
		return nil, err
	}
	object, err := newClaim(e, "Observability", schema.ClaimObservability, spec)
	if err != nil {
		return nil, err
	}
	objects := []manifest.Object{{Path: path.Join(e.Name, folderClaims, "observability.yaml"), Object: object}}
	if spec.Grafana == nil {
		return objects, nil
	}
	dashboard, err := newDashboard(e)
	if err != nil {
		return nil, err
	}
	// No Application syncs this folder.
	return append(objects, manifest.Object{Path: path.Join(e.Name, "observability", "dashboard.json"), Raw: dashboard}), nil
}

// Platform makes the definition of Observability claims.
func (Observability) Platform(c *schema.Config) ([]manifest.Object, error) {
	return definition{
		kind: "Observability",
		columns: []column{
			{name: "REGION", path: ".spec.region", description: "AWS region."},
			{name: "WORKSPACE", path: ".status.workspaceId", description: "Workspace that metrics are sent to."},
			{name: "GRAFANA", path: ".status.grafanaEndpoint", description: "Host name of Grafana."},
		},
	}.objects(c)
}
