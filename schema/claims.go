package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// NetworkClaim resolves an environment's network into the spec of its claim.
func (c *Config) NetworkClaim(e *Environment) (NetworkSpec, error) {
	subnets, err := e.TierSubnets()
	if err != nil {
		return NetworkSpec{}, fmt.Errorf("divide network of %s: %w", e.Name, err)
	}
	return NetworkSpec{
		ClaimMeta:   e.Meta(ClaimNetwork),
		CIDR:        e.Network.CIDR,
		PodCIDR:     e.Network.PodCIDR,
		DataACL:     e.Network.DataACL,
		Subnets:     subnets,
		NATGateways: e.Network.NATGateways,
		Endpoints:   e.Network.Endpoints,
		FlowLogs:    e.Network.FlowLogs,
		ClusterName: e.ClusterName(),
	}, nil
}

// ClusterVersion is the Kubernetes version of an environment's cluster: its own, or the platform's.
func (c *Config) ClusterVersion(e *Environment) string {
	if e.Cluster.Version != "" {
		return e.Cluster.Version
	}
	return c.Platform.Versions.Kubernetes
}

// ClusterClaim resolves an environment's cluster into the spec of its claim.
func (c *Config) ClusterClaim(e *Environment) (ClusterSpec, error) {
	zones, err := e.ZoneNames()
	if err != nil {
		return ClusterSpec{}, fmt.Errorf("place cluster of %s: %w", e.Name, err)
	}
	addons, err := c.addons(e)
	if err != nil {
		return ClusterSpec{}, err
	}
	cluster := e.Cluster
	spec := ClusterSpec{
		ClaimMeta:          e.Meta(ClaimCluster),
		Name:               e.ClusterName(),
		Version:            c.ClusterVersion(e),
		Support:            cluster.Support,
		Zones:              zones,
		VPCCIDRs:           []string{e.Network.CIDR},
		Endpoint:           Endpoint{Public: cluster.Endpoint.Public, AllowedCIDRs: []string{}},
		Logs:               cluster.Logs,
		LogRetentionDays:   cluster.LogRetentionDays,
		SecretsEncryption:  cluster.SecretsEncryption,
		DeletionProtection: cluster.DeletionProtection,
		ServiceCIDR:        cluster.ServiceCIDR,
		SystemNodes:        cluster.SystemNodes,
		Addons:             addons,
		Access:             []AccessSpec{},
		DatabaseARN:        e.DatabaseARN(),
		Identities:         e.Identities(),
		ArgoCDRoleARN:      c.Platform.ArgoCDRoleARN(),
	}
	if e.Network.PodCIDR != "" {
		spec.VPCCIDRs = append(spec.VPCCIDRs, e.Network.PodCIDR)
	}
	if cluster.Endpoint.Public {
		// Argo CD reaches the cluster from the bootstrap cluster's addresses: without them it could not manage it.
		allowed := slices.Concat(c.Platform.Bootstrap.EgressCIDRs, cluster.Endpoint.AllowedCIDRs)
		slices.Sort(allowed)
		spec.Endpoint.AllowedCIDRs = append(spec.Endpoint.AllowedCIDRs, slices.Compact(allowed)...)
	}
	for _, name := range slices.Sorted(maps.Keys(cluster.Access)) {
		access := cluster.Access[name]
		spec.Access = append(spec.Access, AccessSpec{
			Name:         name,
			PrincipalARN: access.PrincipalARN,
			Policy:       access.Policy,
			Namespaces:   append([]string{}, access.Namespaces...),
		})
	}
	return spec, nil
}

// addons are the enabled EKS add-ons of a cluster, sorted by name, with their versions from the catalogue.
func (c *Config) addons(e *Environment) ([]AddonSpec, error) {
	addons := []AddonSpec{}
	for _, name := range slices.Sorted(maps.Keys(e.Cluster.Addons)) {
		addon := e.Cluster.Addons[name]
		if !addon.Enabled {
			continue
		}
		spec := AddonSpec{Name: name, Version: addon.Version}
		if spec.Version == "" {
			spec.Version = c.Platform.Versions.Addons[name][c.ClusterVersion(e)]
		}
		if len(addon.Configuration) > 0 {
			configuration, err := json.Marshal(addon.Configuration)
			if err != nil {
				return nil, fmt.Errorf("write configuration of add-on %s: %w", name, err)
			}
			spec.Configuration = string(configuration)
		}
		addons = append(addons, spec)
	}
	return addons, nil
}
