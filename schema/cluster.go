package schema

// Cluster is the EKS cluster of an environment.
type Cluster struct {
	Name               string            `json:"name,omitempty"`
	Version            string            `json:"version,omitempty"`
	Support            string            `json:"support"`
	Endpoint           Endpoint          `json:"endpoint"`
	Logs               []string          `json:"logs"`
	LogRetentionDays   int               `json:"logRetentionDays"`
	SecretsEncryption  bool              `json:"secretsEncryption"`
	DeletionProtection bool              `json:"deletionProtection"`
	ServiceCIDR        string            `json:"serviceCIDR"`
	SystemNodes        SystemNodes       `json:"systemNodes"`
	Addons             map[string]Addon  `json:"addons"`
	Access             map[string]Access `json:"access"`
}

// Endpoint is how the Kubernetes API of a cluster can be reached.
type Endpoint struct {
	Public       bool     `json:"public"`
	AllowedCIDRs []string `json:"allowedCIDRs"`
}

// SystemNodes are the static nodes that add-ons run on. DiskGiB is in GiB.
type SystemNodes struct {
	Architecture  string   `json:"architecture"`
	InstanceTypes []string `json:"instanceTypes"`
	AMIFamily     string   `json:"amiFamily"`
	Min           int      `json:"min"`
	Max           int      `json:"max"`
	DiskGiB       int      `json:"diskGiB"`
}

// Addon is an EKS add-on of a cluster.
type Addon struct {
	Enabled       bool           `json:"enabled"`
	Version       string         `json:"version,omitempty"`
	Configuration map[string]any `json:"configuration"`
}

// Access is one principal's access to the Kubernetes API.
type Access struct {
	PrincipalARN string   `json:"principalARN"`
	Policy       string   `json:"policy"`
	Namespaces   []string `json:"namespaces"`
}

// ClusterSpec is the spec of a Cluster claim (#ClusterSpec).
type ClusterSpec struct {
	ClaimMeta          `json:",inline"`
	Name               string         `json:"name"`
	Version            string         `json:"version"`
	Support            string         `json:"support"`
	Zones              []string       `json:"zones"`
	VPCCIDRs           []string       `json:"vpcCIDRs"`
	Endpoint           Endpoint       `json:"endpoint"`
	Logs               []string       `json:"logs"`
	LogRetentionDays   int            `json:"logRetentionDays"`
	SecretsEncryption  bool           `json:"secretsEncryption"`
	DeletionProtection bool           `json:"deletionProtection"`
	ServiceCIDR        string         `json:"serviceCIDR"`
	SystemNodes        SystemNodes    `json:"systemNodes"`
	Addons             []AddonSpec    `json:"addons"`
	Access             []AccessSpec   `json:"access"`
	DatabaseARN        string         `json:"databaseARN,omitempty"`
	Identities         []IdentitySpec `json:"identities,omitempty"`
	ArgoCDRoleARN      string         `json:"argocdRoleARN"`
}

// AddonSpec is one EKS add-on of a Cluster claim. Configuration is JSON text, as the EKS API takes it.
type AddonSpec struct {
	Name          string `json:"name"`
	Version       string `json:"version,omitempty"`
	Configuration string `json:"configuration"`
}

// AccessSpec is one entry of a Cluster claim's access.
type AccessSpec struct {
	Name         string   `json:"name"`
	PrincipalARN string   `json:"principalARN"`
	Policy       string   `json:"policy"`
	Namespaces   []string `json:"namespaces"`
}
