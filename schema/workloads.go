package schema

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Workload is the program of a service.
type Workload struct {
	Image     Image             `json:"image"`
	Args      []string          `json:"args"`
	Env       map[string]string `json:"env"`
	User      int               `json:"user"`
	Writable  []string          `json:"writable"`
	Resources Resources         `json:"resources"`
	Health    Health            `json:"health"`
	Replicas  Replicas          `json:"replicas"`
	Ingress   *ServiceIngress   `json:"ingress,omitempty"`
	Database  bool              `json:"database"`
	// Telemetry is nil if nobody said: then the environment decides (Environment.Traced).
	Telemetry *bool           `json:"telemetry,omitempty"`
	Metrics   *ServiceMetrics `json:"metrics,omitempty"`
	// PolicyARNs are the IAM policies of the program's role.
	PolicyARNs []string `json:"policyARNs"`
}

// IdentitySpec is a service of a Cluster claim whose pods get rights in AWS (#IdentitySpec).
type IdentitySpec struct {
	Name       string   `json:"name"`
	Namespace  string   `json:"namespace"`
	PolicyARNs []string `json:"policyARNs"`
	Database   bool     `json:"database"`
}

// AnyArchitecture is the architecture of services that run on all node pools.
const AnyArchitecture = "any"

// Image is a container image: a repository of the platform's registry, or an address elsewhere.
type Image struct {
	Repository string `json:"repository,omitempty"`
	Address    string `json:"address,omitempty"`
	Tag        string `json:"tag,omitempty"`
	Digest     string `json:"digest,omitempty"`
}

// Resources are what a pod gets, as Kubernetes quantities.
type Resources struct {
	CPU    string `json:"cpu"`
	Memory string `json:"memory"`
	Disk   string `json:"disk"`
}

// Health is how a program is asked whether it works.
type Health struct {
	Path         string `json:"path"`
	StartSeconds int    `json:"startSeconds"`
}

// Replicas are how many pods run.
type Replicas struct {
	Min        int `json:"min"`
	Max        int `json:"max"`
	CPUPercent int `json:"cpuPercent"`
}

// ServiceIngress is which requests from the Internet a service gets.
type ServiceIngress struct {
	Host  string   `json:"host,omitempty"`
	Paths []string `json:"paths"`
}

// ServiceMetrics is where a program shows metrics.
type ServiceMetrics struct {
	Port int    `json:"port"`
	Path string `json:"path"`
}

// Public tells whether load balancers call the service.
func (s *Service) Public() bool {
	return s.Network.LoadBalancer || s.Workload != nil && s.Workload.Ingress != nil
}

// UsesDatabase tells whether the service's program uses the environment's database.
func (s *Service) UsesDatabase() bool { return s.Workload != nil && s.Workload.Database }

// DatabaseUser is the user of the database that a service logs in as with a token. PostgreSQL takes no dashes in a name without quotes.
func DatabaseUser(service string) string { return strings.ReplaceAll(service, "-", "_") }

// ErrNoImage is returned for an image that nobody has.
var ErrNoImage = errors.New("the platform's registry has no such repository")

// ImageReference is what pods pull: the address of an image with its tag, digest or both.
func (c *Config) ImageReference(image Image) (string, error) {
	reference := image.Address
	if image.Repository != "" {
		address, ok := c.ImageRepository(image.Repository)
		if !ok {
			return "", fmt.Errorf("find image %s: %w", image.Repository, ErrNoImage)
		}
		reference = address
	}
	if image.Tag != "" {
		reference += ":" + image.Tag
	}
	if image.Digest != "" {
		reference += "@" + image.Digest
	}
	return reference, nil
}

// Identities are the services of an environment whose pods get rights in AWS, sorted by name.
func (e *Environment) Identities() []IdentitySpec {
	var identities []IdentitySpec
	for _, name := range slices.Sorted(maps.Keys(e.Services)) {
		service := e.Services[name]
		if service.Workload == nil {
			continue
		}
		login := service.Workload.Database && e.Database != nil && e.Database.IAMAuthentication
		if login || len(service.Workload.PolicyARNs) > 0 {
			identities = append(identities, IdentitySpec{
				Name: name, Namespace: service.Namespace, PolicyARNs: append([]string{}, service.Workload.PolicyARNs...), Database: login,
			})
		}
	}
	return identities
}
