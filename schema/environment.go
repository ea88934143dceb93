package schema

import (
	"maps"
	"slices"
)

// Environment is one environment as #Environment has it, with every default filled in. The json tags are the CUE field names.
type Environment struct {
	Name          string                       `json:"name"`
	Stage         Stage                        `json:"stage"`
	Account       string                       `json:"account,omitempty"`
	SharedAccount bool                         `json:"sharedAccount"`
	Region        string                       `json:"region"`
	Project       string                       `json:"project"`
	Owner         string                       `json:"owner"`
	CostCenter    string                       `json:"costCenter"`
	Tags          map[string]string            `json:"tags"`
	Accept        map[string]string            `json:"accept"`
	Adopt         map[string]map[string]string `json:"adopt"`
	AllowDeletion []string                     `json:"allowDeletion"`
	Network       *Network                     `json:"network,omitempty"`
	Cluster       *Cluster                     `json:"cluster,omitempty"`
	Registry      *Registry                    `json:"registry,omitempty"`
	Edge          *Edge                        `json:"edge,omitempty"`
	Database      *Database                    `json:"database,omitempty"`
	StateBackend  *StateBackend                `json:"stateBackend,omitempty"`
	Baseline      *Baseline                    `json:"baseline,omitempty"`
	Organization  *Organization                `json:"organization,omitempty"`
	Observability *Observability               `json:"observability,omitempty"`
	NodePools     map[string]NodePool          `json:"nodePools"`
	Services      map[string]Service           `json:"services"`
	ArgoCD        ArgoCD                       `json:"argocd"`

	// zoneLetters of the region, from #Zones: Load sets it.
	zoneLetters string
}

// Stage is how strictly an environment is treated.
type Stage string

// The stages, in the order in which a change reaches them.
const (
	StageShared  Stage = "shared"
	StageDev     Stage = "dev"
	StageStaging Stage = "staging"
	StageProd    Stage = "prod"
)

// Labels that tie objects to an environment. Argo CD's cluster Secrets carry them, and ApplicationSets select by them.
const (
	LabelEnvironment = "genops.dev/environment"
	LabelStage       = "genops.dev/stage"
	LabelRegion      = "genops.dev/region"
	LabelProject     = "genops.dev/project"
	// LabelDomain is the domain of the environment's hosted zone, on clusters whose load balancer CloudFront asks.
	LabelDomain = "genops.dev/domain"
	// LabelMetrics is the id of the workspace that metrics of the cluster are sent to, once AWS has given it.
	LabelMetrics = "genops.dev/metrics"
)

// Labels are the environment's labels.
func (e *Environment) Labels() map[string]string {
	return map[string]string{
		LabelEnvironment: e.Name,
		LabelStage:       string(e.Stage),
		LabelRegion:      e.Region,
		LabelProject:     e.Project,
	}
}

// Protected tells whether deleting the environment's objects needs a person's confirmation.
func (e *Environment) Protected() bool {
	return e.Stage == StageProd || e.Stage == StageShared
}

// Namespace is the environment's namespace on the bootstrap cluster: its claims live there.
func (e *Environment) Namespace() string { return "env-" + e.Name }

// Prefix starts the names of the environment's AWS resources: project and environment.
func (e *Environment) Prefix() string { return e.Project + "-" + e.Name }

// ClusterName is the name of the environment's EKS cluster, or empty if it has none.
func (e *Environment) ClusterName() string {
	if e.Cluster == nil {
		return ""
	}
	if e.Cluster.Name != "" {
		return e.Cluster.Name
	}
	return e.Prefix()
}

// Partition is the AWS partition of the environment's region (AWS General Reference, ARN format).
func (e *Environment) Partition() string { return Partition(e.Region) }

// AllTags are the AWS tags of the environment's resources: its own and the ones that genops gives to all.
func (e *Environment) AllTags() map[string]string {
	tags := maps.Clone(e.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags["environment"] = e.Name
	tags["project"] = e.Project
	tags["owner"] = e.Owner
	tags["cost-center"] = e.CostCenter
	tags["managed-by"] = "genops"
	return tags
}

// ClaimMeta is what every claim says of where it belongs (#ClaimMeta).
type ClaimMeta struct {
	Environment string            `json:"environment"`
	Stage       Stage             `json:"stage"`
	Account     string            `json:"account"`
	Region      string            `json:"region"`
	Project     string            `json:"project"`
	Tags        map[string]string `json:"tags"`
	// Adopt has ids of existing AWS resources by the key of the composed resource.
	Adopt map[string]string `json:"adopt,omitempty"`
}

// Names of an environment's claims in its fields adopt and allowDeletion (#ClaimName).
const (
	ClaimNetwork  = "network"
	ClaimCluster  = "cluster"
	ClaimRegistry = "registry"
	ClaimEdge     = "edge"
	ClaimDatabase = "database"
	// ClaimStateBackend is that of the field stateBackend.
	ClaimStateBackend  = "state-backend"
	ClaimBaseline      = "baseline"
	ClaimOrganization  = "organization"
	ClaimObservability = "observability"
)

// Claims are the names of the claims that the environment has, sorted.
func (e *Environment) Claims() []string {
	var names []string
	for name, described := range map[string]bool{
		ClaimNetwork: e.Network != nil, ClaimCluster: e.Cluster != nil, ClaimRegistry: e.Registry != nil, ClaimEdge: e.Edge != nil,
		ClaimDatabase: e.Database != nil, ClaimStateBackend: e.StateBackend != nil, ClaimBaseline: e.HasBaseline(),
		ClaimOrganization: e.Organization != nil, ClaimObservability: e.Observability != nil,
	} {
		if described {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Meta is the environment as its claim of that name states it.
func (e *Environment) Meta(claim string) ClaimMeta {
	return ClaimMeta{
		Environment: e.Name,
		Stage:       e.Stage,
		Account:     e.Account,
		Region:      e.Region,
		Project:     e.Project,
		Tags:        e.AllTags(),
		Adopt:       e.Adopt[claim],
	}
}

// ArgoCDRoleName is the name of the role that Argo CD assumes to reach a cluster. bootstrap/iam knows its ending.
func ArgoCDRoleName(cluster string) string { return cluster + "-argocd" }

// ArgoCDRoleARN is the role in the environment's account that Argo CD assumes to reach the environment's cluster.
func (e *Environment) ArgoCDRoleARN() string {
	return "arn:" + e.Partition() + ":iam::" + e.Account + ":role/" + ArgoCDRoleName(e.ClusterName())
}
