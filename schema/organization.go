package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Organization is the AWS organization, as the management account's environment describes it.
type Organization struct {
	ServiceAccess           []string                    `json:"serviceAccess"`
	PolicyTypes             []string                    `json:"policyTypes"`
	AccountEmail            string                      `json:"accountEmail"`
	RootPolicies            []string                    `json:"rootPolicies"`
	Units                   map[string]Unit             `json:"units"`
	Accounts                map[string]Member           `json:"accounts"`
	Regions                 AllowedRegions              `json:"regions"`
	Policies                map[string]ControlPolicy    `json:"policies"`
	DelegatedAdministrators map[string]DelegatedService `json:"delegatedAdministrators"`
	IdentityCenter          *IdentityCenter             `json:"identityCenter,omitempty"`
}

// Unit is an organizational unit.
type Unit struct {
	Accounts []string `json:"accounts"`
	Policies []string `json:"policies"`
}

// Member is what is said of a member account. Empty fields have a default.
type Member struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	ID    string `json:"id,omitempty"`
}

// AllowedRegions are what the policy region-allow-list allows: those that genops finds and Further, or Only.
type AllowedRegions struct {
	Further []string `json:"further"`
	Only    []string `json:"only,omitempty"`
}

// ControlPolicy is a service control policy of the organization's own.
type ControlPolicy struct {
	Description string   `json:"description"`
	Statements  []Denial `json:"statements"`
}

// Denial is a statement of a service control policy.
type Denial struct {
	Sid               string   `json:"sid"`
	Actions           []string `json:"actions"`
	Resources         []string `json:"resources"`
	ExemptProvisioner bool     `json:"exemptProvisioner"`
}

// DelegableServices are those that Crossplane's role may delegate (bootstrap/iam/management-organization.json), sorted.
func DelegableServices() []string {
	return []string{
		"access-analyzer.amazonaws.com", "config.amazonaws.com", "guardduty.amazonaws.com", "inspector2.amazonaws.com", "securityhub.amazonaws.com",
	}
}

// DelegatedService are the services that an account manages for the organization.
type DelegatedService struct {
	Services []string `json:"services"`
}

// IdentityCenter is who gets into the accounts.
type IdentityCenter struct {
	InstanceARN    string                   `json:"instanceARN"`
	IdentityStore  string                   `json:"identityStore"`
	Region         string                   `json:"region"`
	Groups         map[string]Group         `json:"groups"`
	PermissionSets map[string]PermissionSet `json:"permissionSets"`
	Assignments    []Assignment             `json:"assignments"`
}

// Group is a group of people. One with an ID exists.
type Group struct {
	ID          string `json:"id,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
}

// PermissionSet is what people may do.
type PermissionSet struct {
	Description     string            `json:"description"`
	SessionDuration string            `json:"sessionDuration"`
	ManagedPolicies []string          `json:"managedPolicies"`
	Statements      []InlineStatement `json:"statements"`
}

// InlineStatement is a statement of a permission set.
type InlineStatement struct {
	Sid       string   `json:"sid"`
	Effect    string   `json:"effect"`
	Actions   []string `json:"actions"`
	Resources []string `json:"resources"`
	Reason    string   `json:"reason"`
}

// Assignment gives a group a permission set in some accounts.
type Assignment struct {
	Group         string   `json:"group"`
	PermissionSet string   `json:"permissionSet"`
	Accounts      []string `json:"accounts"`
}

// OrganizationSpec is the spec of an Organization claim (#OrganizationSpec).
type OrganizationSpec struct {
	ClaimMeta               `json:",inline"`
	ServiceAccess           []string              `json:"serviceAccess"`
	PolicyTypes             []string              `json:"policyTypes"`
	ProvisionerRole         string                `json:"provisionerRole"`
	Regions                 []string              `json:"regions"`
	RootPolicies            []string              `json:"rootPolicies"`
	Units                   []UnitSpec            `json:"units"`
	Accounts                []MemberSpec          `json:"accounts"`
	Policies                []ControlPolicySpec   `json:"policies"`
	DelegatedAdministrators []DelegationOfService `json:"delegatedAdministrators"`
	IdentityCenter          *IdentityCenterSpec   `json:"identityCenter,omitempty"`
}

// UnitSpec is an organizational unit of an Organization claim.
type UnitSpec struct {
	Path     string   `json:"path"`
	Policies []string `json:"policies"`
}

// MemberSpec is a member account of an Organization claim. Its id, if it has one, stands in ClaimMeta.Adopt.
type MemberSpec struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Unit  string `json:"unit"`
}

// ControlPolicySpec is a service control policy of an Organization claim.
type ControlPolicySpec struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Statements  []Denial `json:"statements"`
}

// DelegationOfService is an account that manages a service for the organization.
type DelegationOfService struct {
	Account string `json:"account"`
	Service string `json:"service"`
}

// IdentityCenterSpec is who gets into the accounts, resolved.
type IdentityCenterSpec struct {
	InstanceARN    string              `json:"instanceARN"`
	IdentityStore  string              `json:"identityStore"`
	Region         string              `json:"region"`
	Groups         []GroupSpec         `json:"groups"`
	PermissionSets []PermissionSetSpec `json:"permissionSets"`
	Assignments    []AssignmentSpec    `json:"assignments"`
}

// GroupSpec is a group of an Organization claim.
type GroupSpec struct {
	Name        string `json:"name"`
	ID          string `json:"id,omitempty"`
	DisplayName string `json:"displayName"`
}

// PermissionSetSpec is a permission set of an Organization claim.
type PermissionSetSpec struct {
	Name            string            `json:"name"`
	Description     string            `json:"description"`
	SessionDuration string            `json:"sessionDuration"`
	ManagedPolicies []string          `json:"managedPolicies"`
	Statements      []InlineStatement `json:"statements"`
}

// AssignmentSpec gives a group a permission set in one account.
type AssignmentSpec struct {
	PermissionSet string `json:"permissionSet"`
	Group         string `json:"group"`
	Account       string `json:"account"`
}

// Built-in service control policies (#Environment: organization.units).
const (
	PolicyDenyLeaving  = "deny-leaving"
	PolicyProtectAudit = "protect-audit"
	PolicyRegions      = "region-allow-list"
	PolicyDenyRoot     = "deny-root"
	PolicyDenyIAMUsers = "deny-iam-users"
)

// BuiltInPolicies are the names of the built-in service control policies.
func BuiltInPolicies() []string {
	return []string{PolicyDenyLeaving, PolicyProtectAudit, PolicyRegions, PolicyDenyRoot, PolicyDenyIAMUsers}
}

// TypeControlPolicy is the type of service control policies (AWS Organizations API: PolicyType).
const TypeControlPolicy = "SERVICE_CONTROL_POLICY"

// RegionOfCloudFront is where CloudFront's certificates and web ACLs have to be (CloudFront developer guide: requirements for certificates).
const RegionOfCloudFront = "us-east-1"

// AccountKey is the key of a member account's resource, and UnitKey that of a unit: people adopt what exists by them.
func AccountKey(name string) string { return "account-" + name }

// UnitKey is the key of a unit's resource. A slash becomes a dot, which no name has, and there are no two units whose names differ in case alone.
func UnitKey(path string) string {
	return "unit-" + strings.ToLower(strings.ReplaceAll(path, "/", "."))
}

// OrganizationKey is the key of the organization itself.
const OrganizationKey = "organization"

// Members are the names of the organization's accounts, sorted: environments with an account of their own, and further accounts. Of environments that
// share an account on purpose the first one in the alphabet stands for all. The management account is no member.
func (c *Config) Members(o *Organization) []string {
	used := map[string]bool{c.Platform.ManagementAccount: true}
	environments := slices.SortedFunc(slices.Values(c.Environments), func(a, b *Environment) int { return cmp.Compare(a.Name, b.Name) })
	var names []string
	for _, e := range environments {
		if used[e.Account] {
			continue
		}
		if e.Account != "" {
			used[e.Account] = true
		}
		names = append(names, e.Name)
	}
	for name := range o.Accounts {
		if c.Environment(name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// MemberID is the id of a member account; empty if there is none yet.
func (c *Config) MemberID(o *Organization, name string) string {
	if e := c.Environment(name); e != nil && e.Account != "" {
		return e.Account
	}
	return o.Accounts[name].ID
}

// MemberEmail is the e-mail address of a member account.
func (o *Organization) MemberEmail(name string) string {
	return cmp.Or(o.Accounts[name].Email, strings.ReplaceAll(o.AccountEmail, "*", name))
}

// UnitOf is the path of the unit that an account is in; empty if it is in none.
func (o *Organization) UnitOf(name string) string {
	for _, path := range slices.Sorted(maps.Keys(o.Units)) {
		if slices.Contains(o.Units[path].Accounts, name) {
			return path
		}
	}
	return ""
}

// RegionsOf are the regions that an environment uses, sorted: its own, that of its database's replica, and that of CloudFront.
func RegionsOf(e *Environment) []string {
	regions := []string{e.Region}
	if e.Database != nil && e.Database.Replica != nil {
		regions = append(regions, e.Database.Replica.Region)
	}
	if e.Edge != nil {
		regions = append(regions, RegionOfCloudFront)
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// AllowedRegions are the regions that the policy region-allow-list allows, sorted.
func (c *Config) AllowedRegions(o *Organization) []string {
	if len(o.Regions.Only) > 0 {
		return slices.Sorted(slices.Values(o.Regions.Only))
	}
	regions := append([]string{RegionOfCloudFront, c.Platform.Bootstrap.Region}, o.Regions.Further...)
	for _, e := range c.Environments {
		regions = append(regions, RegionsOf(e)...)
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// OrganizationClaim resolves the organization into the spec of its claim.
func (c *Config) OrganizationClaim(e *Environment) OrganizationSpec {
	o := e.Organization
	spec := OrganizationSpec{
		ClaimMeta:               e.Meta(ClaimOrganization),
		ServiceAccess:           sorted(o.ServiceAccess),
		PolicyTypes:             sorted(o.PolicyTypes),
		ProvisionerRole:         c.Platform.Bootstrap.ProvisionerRole,
		Regions:                 c.AllowedRegions(o),
		RootPolicies:            sorted(o.RootPolicies),
		Units:                   []UnitSpec{},
		Accounts:                []MemberSpec{},
		Policies:                []ControlPolicySpec{},
		DelegatedAdministrators: []DelegationOfService{},
	}
	adopt := map[string]string{}
	maps.Copy(adopt, spec.Adopt)
	for _, path := range slices.Sorted(maps.Keys(o.Units)) {
		spec.Units = append(spec.Units, UnitSpec{Path: path, Policies: sorted(o.Units[path].Policies)})
	}
	for _, name := range c.Members(o) {
		unit := o.UnitOf(name)
		if unit == "" {
			continue // A problem that is reported.
		}
		if id := c.MemberID(o, name); id != "" {
			adopt[AccountKey(name)] = id
		}
		spec.Accounts = append(spec.Accounts, MemberSpec{Key: name, Name: c.memberName(o, name), Email: o.MemberEmail(name), Unit: unit})
	}
	if len(adopt) > 0 {
		spec.Adopt = adopt
	}
	for _, name := range slices.Sorted(maps.Keys(o.Policies)) {
		policy := o.Policies[name]
		spec.Policies = append(spec.Policies, ControlPolicySpec{Name: name, Description: policy.Description, Statements: policy.Statements})
	}
	for _, name := range slices.Sorted(maps.Keys(o.DelegatedAdministrators)) {
		for _, service := range sorted(o.DelegatedAdministrators[name].Services) {
			spec.DelegatedAdministrators = append(spec.DelegatedAdministrators, DelegationOfService{Account: name, Service: service})
		}
	}
	if o.IdentityCenter != nil {
		spec.IdentityCenter = o.IdentityCenter.resolve()
	}
	return spec
}

// memberName is the name of an account in AWS.
func (c *Config) memberName(o *Organization, name string) string {
	fallback := name
	if e := c.Environment(name); e != nil {
		fallback = e.Prefix()
	}
	return cmp.Or(o.Accounts[name].Name, fallback)
}

// resolve leaves nothing to be defaulted.
func (i *IdentityCenter) resolve() *IdentityCenterSpec {
	spec := &IdentityCenterSpec{
		InstanceARN: i.InstanceARN, IdentityStore: i.IdentityStore, Region: i.Region,
		Groups: []GroupSpec{}, PermissionSets: []PermissionSetSpec{}, Assignments: []AssignmentSpec{},
	}
	for _, name := range slices.Sorted(maps.Keys(i.Groups)) {
		group := i.Groups[name]
		spec.Groups = append(spec.Groups, GroupSpec{Name: name, ID: group.ID, DisplayName: cmp.Or(group.DisplayName, name)})
	}
	for _, name := range slices.Sorted(maps.Keys(i.PermissionSets)) {
		set := i.PermissionSets[name]
		spec.PermissionSets = append(spec.PermissionSets, PermissionSetSpec{
			Name: name, Description: set.Description, SessionDuration: set.SessionDuration,
			ManagedPolicies: sorted(set.ManagedPolicies), Statements: append([]InlineStatement{}, set.Statements...),
		})
	}
	for _, assignment := range i.Assignments {
		for _, account := range assignment.Accounts {
			spec.Assignments = append(spec.Assignments, AssignmentSpec{
				PermissionSet: assignment.PermissionSet, Group: assignment.Group, Account: account,
			})
		}
	}
	slices.SortFunc(spec.Assignments, func(a, b AssignmentSpec) int {
		return cmp.Or(cmp.Compare(a.PermissionSet, b.PermissionSet), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Account, b.Account))
	})
	spec.Assignments = slices.Compact(spec.Assignments)
	return spec
}

// sorted is a sorted copy of a list, never nil.
func sorted(values []string) []string {
	copied := append([]string{}, values...)
	slices.Sort(copied)
	return copied
}
