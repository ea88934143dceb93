package schema

// Service is an application service and the namespace it runs in.
type Service struct {
	Namespace    string         `json:"namespace"`
	Owner        string         `json:"owner"`
	Quota        Quota          `json:"quota"`
	Containers   Containers     `json:"containers"`
	PodSecurity  string         `json:"podSecurity"`
	Architecture string         `json:"architecture"`
	Network      ServiceNetwork `json:"network"`
	Workload     *Workload      `json:"workload,omitempty"`
	SLO          *Objective     `json:"slo,omitempty"`
}

// Quota is how much a namespace may use in all, as Kubernetes quantities.
type Quota struct {
	CPU         string `json:"cpu"`
	Memory      string `json:"memory"`
	MemoryLimit string `json:"memoryLimit"`
	Pods        int    `json:"pods"`
	Volumes     int    `json:"volumes"`
}

// Containers are the requests and limits of containers that do not say.
type Containers struct {
	CPU         string `json:"cpu"`
	Memory      string `json:"memory"`
	MemoryLimit string `json:"memoryLimit"`
	MaxMemory   string `json:"maxMemory"`
}

// ServiceNetwork is the traffic that a service's namespace allows.
type ServiceNetwork struct {
	Port         int      `json:"port"`
	From         []string `json:"from"`
	LoadBalancer bool     `json:"loadBalancer"`
	Egress       []Egress `json:"egress"`
}

// Egress is traffic to a range outside the cluster.
type Egress struct {
	CIDR  string `json:"cidr"`
	Ports []int  `json:"ports"`
}
