package schema

// ClusterRegistrationSpec is the spec of a ClusterRegistration (#ClusterRegistrationSpec).
type ClusterRegistrationSpec struct {
	ClaimMeta   `json:",inline"`
	ClusterName string            `json:"clusterName"`
	RoleARN     string            `json:"roleARN"`
	Labels      map[string]string `json:"labels"`
	Metrics     bool              `json:"metrics,omitempty"`
}
