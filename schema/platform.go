package schema

import (
	"errors"
	"fmt"
	"strings"

	versions "k8s.io/apimachinery/pkg/util/version"
)

// Platform is what all environments share (#Platform).
type Platform struct {
	Organization      string    `json:"organization"`
	Git               Git       `json:"git"`
	Domain            string    `json:"domain"`
	ManagementAccount string    `json:"managementAccount"`
	BudgetEmails      []string  `json:"budgetEmails"`
	Bootstrap         Bootstrap `json:"bootstrap"`
	Mirrors           Mirrors   `json:"mirrors"`
	Versions          Versions  `json:"versions"`
	Order             []string  `json:"order"`
}

// Git is the repository that holds rendered/.
type Git struct {
	URL      string `json:"url"`
	Revision string `json:"revision"`
	Path     string `json:"path"`
}

// Bootstrap is the cluster that Argo CD and Crossplane run on.
type Bootstrap struct {
	Account         string   `json:"account"`
	Region          string   `json:"region"`
	ClusterName     string   `json:"clusterName"`
	EgressCIDRs     []string `json:"egressCIDRs"`
	Credentials     string   `json:"credentials"`
	ProvisionerRole string   `json:"provisionerRole"`
}

// Mirrors replace the beginnings of addresses.
type Mirrors struct {
	Git      map[string]string `json:"git"`
	Charts   map[string]string `json:"charts"`
	Packages map[string]string `json:"packages"`
	Images   map[string]string `json:"images"`
}

// Versions is the catalogue of everything that is installed.
type Versions struct {
	Kubernetes string                       `json:"kubernetes"`
	Addons     map[string]map[string]string `json:"addons"`
	AMIs       AMIs                         `json:"amis"`
	Charts     map[string]Chart             `json:"charts"`
	Collector  string                       `json:"collector"`
	Packages   Packages                     `json:"packages"`
	// Actions are the versions of GitHub Actions, by owner/name.
	Actions   map[string]string   `json:"actions"`
	Languages map[string]Language `json:"languages"`
}

// AMIs are the releases of node operating systems, by AMI family.
type AMIs struct {
	Bottlerocket string `json:"Bottlerocket"`
	AL2023       string `json:"AL2023"`
}

// Chart is a Helm chart and where it comes from.
type Chart struct {
	Repository string `json:"repository"`
	Version    string `json:"version"`
}

// Packages are the Crossplane packages of the platform.
type Packages struct {
	ProviderAWS ProviderAWS `json:"providerAWS"`
	Function    Function    `json:"function"`
	Services    []string    `json:"services"`
}

// ProviderAWS is the family of AWS provider packages.
type ProviderAWS struct {
	Prefix  string `json:"prefix"`
	Version string `json:"version"`
}

// Function is the package of the composition function.
type Function struct {
	Package string           `json:"package"`
	Version string           `json:"version"`
	Stages  map[Stage]string `json:"stages"`
}

// Of is the version that a stage has.
func (f Function) Of(stage Stage) string {
	if version, ok := f.Stages[stage]; ok {
		return version
	}
	return f.Version
}

// ProviderFacts is what is known of the versions of the AWS provider (#AWSProvider).
type ProviderFacts struct {
	Installed                  string       `json:"installed"`
	Schemas                    string       `json:"schemas"`
	EndpointAssociationsBroken VersionRange `json:"endpointAssociationsBroken"`
}

// VersionRange is a range of versions, both ends included.
type VersionRange struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Contains tells whether a version is in the range; what is no semantic version is in none.
func (r VersionRange) Contains(version string) bool {
	from, errFrom := versions.ParseSemantic(r.From)
	to, errTo := versions.ParseSemantic(r.To)
	v, err := versions.ParseSemantic(version)
	return errors.Join(errFrom, errTo, err) == nil && v.AtLeast(from) && to.AtLeast(v)
}

// ArgoCDRoleARN is the role of Argo CD on the bootstrap cluster; clusters trust it.
func (p *Platform) ArgoCDRoleARN() string {
	return p.bootstrapRole("argocd")
}

// CrossplaneRoleARN is the role of Crossplane's AWS providers on the bootstrap cluster; the provisioner roles trust it.
func (p *Platform) CrossplaneRoleARN() string {
	return p.bootstrapRole("crossplane")
}

func (p *Platform) bootstrapRole(controller string) string {
	b := p.Bootstrap
	return fmt.Sprintf("arn:%s:iam::%s:role/%s-%s", Partition(b.Region), b.Account, b.ClusterName, controller)
}

// ProvisionerRoleARN is the role in an environment's account that Crossplane assumes.
func (p *Platform) ProvisionerRoleARN(e *Environment) string {
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", e.Partition(), e.Account, p.Bootstrap.ProvisionerRole)
}

// GitURL is the address that Argo CD reads rendered/ from, after mirrors.
func (p *Platform) GitURL() string { return mirror(p.Git.URL, p.Mirrors.Git) }

// Chart is the catalogue's chart of that name, its repository after mirrors; ok is false if the catalogue lacks it.
func (p *Platform) Chart(name string) (Chart, bool) {
	c, ok := p.Versions.Charts[name]
	c.Repository = mirror(c.Repository, p.Mirrors.Charts)
	return c, ok
}

// Image is a container image's address after mirrors.
func (p *Platform) Image(address string) string { return mirror(address, p.Mirrors.Images) }

// AMIVersion is the catalogue's release of a node operating system.
func (p *Platform) AMIVersion(family string) string {
	if family == "AL2023" {
		return p.Versions.AMIs.AL2023
	}
	return p.Versions.AMIs.Bottlerocket
}

// mirror replaces the longest beginning of address that has a replacement.
func mirror(address string, replacements map[string]string) string {
	longest := ""
	for beginning := range replacements {
		if len(beginning) > len(longest) && strings.HasPrefix(address, beginning) {
			longest = beginning
		}
	}
	if longest == "" {
		return address
	}
	return replacements[longest] + strings.TrimPrefix(address, longest)
}

// Partition is the AWS partition of a region.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	default:
		return "aws"
	}
}
