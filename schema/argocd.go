package schema

// ArgoCD is how Argo CD brings an environment up to date.
type ArgoCD struct {
	Automated   bool         `json:"automated"`
	SyncWindows []SyncWindow `json:"syncWindows"`
}

// SyncWindow is a time in which Argo CD may sync, or may not.
type SyncWindow struct {
	Kind       string `json:"kind"`
	Schedule   string `json:"schedule"`
	Duration   string `json:"duration"`
	TimeZone   string `json:"timeZone"`
	ManualSync bool   `json:"manualSync"`
}
