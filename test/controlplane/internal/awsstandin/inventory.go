package awsstandin

import (
	"cmp"
	"slices"
	"strings"
)

// Resource is one that AWS has.
type Resource struct {
	// Kind with its group, such as ec2.aws.upbound.io/VPC.
	Kind            string
	Account, Region string
	// ExternalName is how the provider names it: an id that AWS gave, or a chosen name.
	ExternalName string
	// Object is the managed resource that it belongs to; empty for what nobody manages.
	Object string
	Tags   map[string]string
}

// Identity says which resource it is, and not whom it belongs to.
func (r Resource) Identity() string {
	return strings.Join([]string{r.Kind, r.Account, r.Region, r.ExternalName}, " ")
}

// Inventory are all resources of an account, or of all accounts if it is empty, in a fixed order.
func (s *Standin) Inventory(account string) []Resource {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	var all []Resource
	for _, r := range s.cloud.resources {
		if account != "" && r.place.account != account {
			continue
		}
		one := Resource{
			Kind: r.kind.full(), Account: r.place.account, Region: r.place.region, ExternalName: externalOf(r), Object: r.object, Tags: map[string]string{},
		}
		tags, _ := r.params["tags"].(fields)
		for name, value := range tags {
			one.Tags[name], _ = value.(string)
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Resource) int {
		return cmp.Compare(a.Identity(), b.Identity())
	})
	return all
}
