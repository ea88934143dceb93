package schema

// NodePool is one Karpenter NodePool with the EC2NodeClass of its nodes.
type NodePool struct {
	Enabled       bool              `json:"enabled"`
	Architecture  string            `json:"architecture"`
	CapacityTypes []string          `json:"capacityTypes"`
	Instances     Instances         `json:"instances"`
	Zones         []string          `json:"zones"`
	AMIFamily     string            `json:"amiFamily"`
	AMIVersion    string            `json:"amiVersion,omitempty"`
	Limits        Limits            `json:"limits"`
	Weight        int32             `json:"weight"`
	Taints        []Taint           `json:"taints"`
	Labels        map[string]string `json:"labels"`
	Disruption    Disruption        `json:"disruption"`
	Disk          Disk              `json:"disk"`
	Kubelet       Kubelet           `json:"kubelet"`
	Metadata      Metadata          `json:"metadata"`
}

// Instances are the EC2 instance types that a pool's nodes may have.
type Instances struct {
	Categories    []string `json:"categories"`
	Families      []string `json:"families"`
	MinGeneration int      `json:"minGeneration"`
	Sizes         []string `json:"sizes"`
}

// Limits are how much a pool may grow to in all, as Kubernetes quantities.
type Limits struct {
	CPU    string `json:"cpu"`
	Memory string `json:"memory"`
}

// Taint keeps pods without a matching toleration off a node.
type Taint struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect"`
}

// Disruption is when Karpenter may replace or remove nodes.
type Disruption struct {
	Policy                 string   `json:"policy"`
	ConsolidateAfter       string   `json:"consolidateAfter"`
	ExpireAfter            string   `json:"expireAfter"`
	TerminationGracePeriod string   `json:"terminationGracePeriod"`
	Budgets                []Budget `json:"budgets"`
}

// Budget limits how many nodes of a pool are disrupted at a time.
type Budget struct {
	Nodes    string   `json:"nodes"`
	Schedule string   `json:"schedule,omitempty"`
	Duration string   `json:"duration,omitempty"`
	Reasons  []string `json:"reasons"`
}

// Disk is the gp3 data volume of a node: size in GiB, throughput in MiB/s.
type Disk struct {
	SizeGiB    int `json:"sizeGiB"`
	IOPS       int `json:"iops"`
	Throughput int `json:"throughput"`
}

// Kubelet has settings of the kubelet; zero and empty ones stay with Karpenter's defaults.
type Kubelet struct {
	MaxPods        int               `json:"maxPods,omitempty"`
	SystemReserved map[string]string `json:"systemReserved"`
	KubeReserved   map[string]string `json:"kubeReserved"`
	EvictionHard   map[string]string `json:"evictionHard"`
}

// Metadata is a node's access to the EC2 instance metadata service.
type Metadata struct {
	HopLimit int `json:"hopLimit"`
}
