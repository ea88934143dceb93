// Package generators turns environments into Kubernetes objects: Crossplane claims and their definitions, Karpenter node pools, namespaces,
// and the Argo CD objects that bring all of it where it belongs.
//
// A generator is a pure function of the configuration: no I/O, no clock, no randomness, no order of maps. It builds the typed objects of the
// APIs that will read them, so that a field that does not exist does not compile. Domains is the table of all of them, and the place to add
// one.
package generators

import (
	"fmt"
	"path"

	"github.com/innovate-inc/genops/internal/manifest"
	"github.com/innovate-inc/genops/schema"
)

// EnvironmentGenerator makes the objects of one domain in one environment; none if the environment does not use the domain.
type EnvironmentGenerator interface {
	Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error)
}

// PlatformGenerator makes the objects of one domain that all environments share: what the bootstrap cluster needs to run them.
type PlatformGenerator interface {
	Platform(c *schema.Config) ([]manifest.Object, error)
}

// Domain is one part of the architecture and who generates it, per environment and for the platform as a whole. Either may be nil.
type Domain struct {
	Name        string
	Environment EnvironmentGenerator
	Platform    PlatformGenerator
}

// Domains is the table of contents: every domain, in the order in which its objects are generated.
func Domains() []Domain {
	return []Domain{
		{Name: "network", Environment: Network{}, Platform: Network{}},
		{Name: "cluster", Environment: Cluster{}, Platform: Cluster{}},
		{Name: "registry", Environment: Registry{}, Platform: Registry{}},
		{Name: "edge", Environment: Edge{}, Platform: Edge{}},
		{Name: "database", Environment: Database{}, Platform: Database{}},
		{Name: "stateBackend", Environment: StateBackend{}, Platform: StateBackend{}},
		{Name: "baseline", Environment: Baseline{}, Platform: Baseline{}},
		{Name: "organization", Environment: Organization{}, Platform: Organization{}},
		{Name: "observability", Environment: Observability{}, Platform: Observability{}},
		{Name: "nodePools", Environment: NodePools{}},
		{Name: "services", Environment: Services{}},
		{Name: "workloads", Environment: Workloads{}},
		{Name: "secrets", Environment: Secrets{}},
		{Name: "telemetry", Environment: Telemetry{}},
		{Name: "crossplane", Platform: Crossplane{}},
		{Name: "compositions", Platform: Compositions{}},
		{Name: "registrations", Platform: Registrations{}},
		{Name: "admission", Platform: Admission{}},
		{Name: "argocd", Platform: ArgoCD{}},
		{Name: "addons", Platform: Addons{}},
		{Name: "ci", Platform: CI{}},
	}
}

// Bootstrap is the folder below rendered/ that holds what the bootstrap cluster needs itself.
const Bootstrap = "bootstrap"

// Folders below an environment's. Argo CD makes one Application of the claims, and one of each folder below cluster.
const (
	folderClaims     = "claims"
	folderCluster    = "cluster"
	folderNodePools  = "node-pools"
	folderNamespaces = "namespaces"
	folderWorkloads  = "workloads"
	folderStores     = "secret-stores"
	folderTelemetry  = "telemetry"
)

// Environment makes all objects of an environment. One without an account is only planned and has none.
func Environment(c *schema.Config, e *schema.Environment) ([]manifest.Object, error) {
	if e.Account == "" {
		return nil, nil
	}
	var objects []manifest.Object
	for _, domain := range Domains() {
		if domain.Environment == nil {
			continue
		}
		made, err := domain.Environment.Environment(c, e)
		if err != nil {
			return nil, fmt.Errorf("generate %s of %s: %w", domain.Name, e.Name, err)
		}
		objects = append(objects, made...)
	}
	return objects, nil
}

// Platform makes all objects that the environments share.
func Platform(c *schema.Config) ([]manifest.Object, error) {
	var objects []manifest.Object
	for _, domain := range Domains() {
		if domain.Platform == nil {
			continue
		}
		made, err := domain.Platform.Platform(c)
		if err != nil {
			return nil, fmt.Errorf("generate %s of the platform: %w", domain.Name, err)
		}
		objects = append(objects, made...)
	}
	return objects, nil
}

// active are the environments that render something.
func active(c *schema.Config) []*schema.Environment {
	var environments []*schema.Environment
	for _, e := range c.Environments {
		if e.Account != "" {
			environments = append(environments, e)
		}
	}
	return environments
}

// typed is a list of objects that grows by typed values until the first one that cannot be converted.
type typed struct {
	objects []manifest.Object
	err     error
}

// add converts a typed API object. The path's elements are joined; the file name lacks its ending.
func (t *typed) add(value any, elements ...string) {
	if t.err != nil {
		return
	}
	name := path.Join(elements...) + ".yaml"
	object, err := manifest.FromTyped(value)
	if err != nil {
		t.err = fmt.Errorf("convert %s: %w", name, err)
		return
	}
	t.objects = append(t.objects, manifest.Object{Path: name, Object: tidy(object)})
}

// own makes lists of the spec that was added last empty if they are not there. Server-side apply heals only what Git names: what somebody adds
// to a list that is left out would stay.
func (t *typed) own(lists ...string) {
	if t.err != nil {
		return
	}
	spec, _ := t.objects[len(t.objects)-1].Object["spec"].(map[string]any)
	for _, name := range lists {
		if _, there := spec[name]; !there {
			spec[name] = []any{}
		}
	}
}

// done returns what was added.
func (t *typed) done() ([]manifest.Object, error) {
	return t.objects, t.err
}
