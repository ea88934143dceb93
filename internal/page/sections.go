package page

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/innovate-inc/genops/schema"
)

// pairs shows a map, sorted.
func pairs(values map[string]string) inline {
	var shown []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		shown = append(shown, key+"="+values[key])
	}
	return codes(shown)
}

// addresses are the names that the environment is found by.
func (w *writer) addresses() error {
	c, e := w.config, w.env
	var rows facts
	if e.Edge != nil {
		rows.add("Hosted zone", code(c.EdgeDomain(e))+", "+w.delegation())
	}
	if e.Serves() {
		rows.add("Domain", code("https://"+c.EdgeDomain(e)))
		rows.add("Further host names", codes(e.Edge.Hosts))
		rows.add("Paths that go to the load balancer", codes(e.APIPaths()))
	}
	if host := c.OriginHost(e); host != "" {
		rows.add("Load balancer", code(host)+", for CloudFront alone")
	}
	if e.Cluster != nil {
		spec, err := c.ClusterClaim(e)
		if err != nil {
			return fmt.Errorf("resolve cluster: %w", err)
		}
		rows.add("Cluster", code(spec.Name))
		rows.add("Kubernetes API", endpoint(spec))
	}
	if e.Database != nil {
		rows.add("Database", code(e.DatabaseIdentifier())+"; where it is, in the SSM parameter "+code(schema.DatabaseParameter(e.Project, e.Name)))
		password := inline("RDS keeps it, in a secret of its own")
		if e.Database.Replica != nil {
			password = "the secret " + code(schema.DatabaseSecret(e.Project, e.Name))
		}
		rows.add("Password of "+code(e.Database.MasterUsername), password)
	}
	if e.Registry != nil {
		host := schema.RegistryHost(e.Account, e.Region)
		rows.add("Registry", code(host))
		for _, repository := range e.Registry.Resolved() {
			rows.add("Image repository "+code(repository.Name), code(host+"/"+schema.RepositoryPath(e.Project, repository.Name)))
		}
	}
	if e.StateBackend != nil {
		rows.add("Terraform states", code("s3://"+e.StateBucket())+", locks in "+code(schema.StateTable(e.Project, e.Name)))
		for _, team := range e.StateBackend.Resolved() {
			rows.add("States of "+code(team.Name), join([]inline{code(team.Prefix + "/"), codes(team.Principals)}, ", for "))
		}
	}
	w.list("Addresses", rows)
	return nil
}

// delegation says who points to the hosted zone.
func (w *writer) delegation() inline {
	switch {
	case w.env.Edge.Zone == schema.ZonePlatform:
		return "the zone of the platform's domain: the registrar points to it"
	case w.env.Edge.Delegation != schema.DelegationPlatform:
		return "which a person points to"
	}
	for _, e := range w.config.Environments {
		if e.Edge != nil && e.Edge.Zone == schema.ZonePlatform {
			return "which the zone of " + code(e.Name) + " points to"
		}
	}
	return "which nobody points to yet"
}

// endpoint says who reaches the Kubernetes API. AWS chooses its address.
func endpoint(cluster schema.ClusterSpec) inline {
	command := code("aws eks update-kubeconfig --name " + cluster.Name + " --region " + cluster.Region)
	switch {
	case !cluster.Endpoint.Public:
		return "from inside the VPC; " + command
	case len(cluster.Endpoint.AllowedCIDRs) == 0:
		return "from everywhere; " + command
	default:
		return "from " + codes(cluster.Endpoint.AllowedCIDRs) + " and inside the VPC; " + command
	}
}

// network is the VPC.
func (w *writer) network() error {
	e := w.env
	if e.Network == nil {
		return nil
	}
	tiers, err := e.TierSubnets()
	if err != nil {
		return fmt.Errorf("list subnets: %w", err)
	}
	w.heading(2, "Network")
	var rows [][]inline
	for _, tier := range []struct {
		name, purpose inline
		subnets       []schema.Subnet
	}{
		{"public", "load balancers, NAT gateways", tiers.Public},
		{"private app", "nodes, pods", tiers.PrivateApp},
		{"private data", "databases, no way to the Internet", tiers.PrivateData},
		{"pods", "pods, from a range of their own", tiers.Pods},
	} {
		for _, subnet := range tier.subnets {
			rows = append(rows, []inline{tier.name, code(subnet.Zone), code(subnet.CIDR), tier.purpose})
		}
	}
	w.table([]inline{"Tier", "Zone", "Range", "For"}, rows)
	return w.networkFacts()
}

func (w *writer) networkFacts() error {
	e, n := w.env, w.env.Network
	var rows facts
	rows.add("Range", code(n.CIDR))
	rows.add("Range of pods", code(n.PodCIDR))
	rows.add("NAT gateways", code(n.NATGateways))
	rows.add("Gateway endpoints", codes(n.Endpoints.Gateway))
	rows.add("Interface endpoints", codes(n.Endpoints.Interface))
	if n.DataACL.Enabled {
		rows.add("Network ACL of the data tier", "open to ports "+numbers(n.DataACL.Ports))
	}
	if e.Cluster != nil {
		rows.add("Range of Kubernetes services", code(e.Cluster.ServiceCIDR))
	}
	if e.Database != nil && e.Database.Replica != nil {
		spec, err := w.config.DatabaseClaim(e)
		if err != nil {
			return fmt.Errorf("place database: %w", err)
		}
		rows.add("Range of the database's replica", code(spec.Replica.CIDR)+" in "+code(spec.Replica.Region))
		var subnets []string
		for _, subnet := range spec.Replica.Subnets {
			subnets = append(subnets, subnet.Zone+" "+subnet.CIDR)
		}
		rows.add("Subnets of the replica", codes(subnets))
	}
	w.table([]inline{"", ""}, rows)
	return nil
}

func numbers(values []int) inline {
	shown := make([]string, 0, len(values))
	for _, value := range values {
		shown = append(shown, strconv.Itoa(value))
	}
	return codes(shown)
}

// versions are those of everything that runs in the environment.
func (w *writer) versions() error {
	c, e := w.config, w.env
	var rows facts
	if e.Cluster != nil {
		spec, err := c.ClusterClaim(e)
		if err != nil {
			return fmt.Errorf("resolve cluster: %w", err)
		}
		rows.add("Kubernetes", code(spec.Version)+", "+code(spec.Support)+" support")
		rows.add("System nodes", code(spec.SystemNodes.AMIFamily)+" "+code(c.Platform.AMIVersion(spec.SystemNodes.AMIFamily)))
		for _, name := range slices.Sorted(maps.Keys(e.NodePools)) {
			pool := e.NodePools[name]
			if pool.Enabled {
				rows.add("Nodes of "+code(name), code(pool.AMIFamily)+" "+code(w.ami(pool)))
			}
		}
		for _, addon := range spec.Addons {
			rows.add("Add-on "+code(addon.Name), code(addon.Version))
		}
		for _, chart := range w.charts() {
			rows.add("Chart "+code(chart), code(c.Platform.Versions.Charts[chart].Version))
		}
	}
	if e.Database != nil {
		rows.add("PostgreSQL", code(e.Database.Version))
	}
	w.list("Versions", rows)
	return nil
}

func (w *writer) ami(pool schema.NodePool) string {
	if pool.AMIVersion != "" {
		return pool.AMIVersion
	}
	return w.config.Platform.AMIVersion(pool.AMIFamily)
}

// charts are those that Argo CD installs in the environment's cluster.
func (w *writer) charts() []string {
	charts := []string{"karpenter", "aws-load-balancer-controller", "metrics-server", "external-secrets"}
	if w.env.ReachesLoadBalancer() {
		charts = append(charts, "external-dns")
	}
	if w.env.Observability != nil {
		charts = append(charts, "aws-for-fluent-bit", "kube-state-metrics", "opentelemetry-collector", "prometheus-node-exporter")
	}
	slices.Sort(charts)
	return charts
}

// sizes are how large things are and may become.
func (w *writer) sizes() error {
	e := w.env
	if e.Cluster == nil && e.Database == nil {
		return nil
	}
	w.heading(2, "Sizes")
	var rows facts
	if e.Cluster != nil {
		nodes := e.Cluster.SystemNodes
		rows.add("System nodes", number(nodes.Min)+" to "+number(nodes.Max)+", "+code(nodes.Architecture)+", "+codes(nodes.InstanceTypes)+
			", "+number(nodes.DiskGiB)+" GiB")
	}
	if d := e.Database; d != nil {
		acu := func(capacity float64) inline { return inline(strconv.FormatFloat(capacity, 'f', -1, 64)) }
		rows.add("Database", number(d.Instances)+" × "+acu(d.MinCapacityACU)+" to "+acu(d.MaxCapacityACU)+" ACU")
		if d.Replica != nil {
			rows.add("Replica of the database", number(d.Replica.Instances)+" in "+code(d.Replica.Region))
		}
	}
	w.table([]inline{"", ""}, rows)
	if e.Cluster == nil {
		return nil
	}
	var pools [][]inline
	for _, name := range slices.Sorted(maps.Keys(e.NodePools)) {
		pool := e.NodePools[name]
		if !pool.Enabled {
			continue
		}
		pools = append(pools, []inline{
			w.link(code(name), "cluster/node-pools/nodepool-"+name+".yaml"), code(pool.Architecture), codes(pool.CapacityTypes), code(pool.Limits.CPU),
			code(pool.Limits.Memory), codes(slices.Concat(pool.Instances.Categories, pool.Instances.Families)), number(int(pool.Weight)),
		})
	}
	w.table([]inline{"Node pool", "Architecture", "Capacity", "CPU limit", "Memory limit", "Instances", "Weight"}, pools)
	return nil
}

// services are what runs in the cluster.
func (w *writer) services() error {
	e := w.env
	if e.Cluster == nil || len(e.Services) == 0 {
		return nil
	}
	w.heading(2, "Services")
	var rows [][]inline
	for _, name := range slices.Sorted(maps.Keys(e.Services)) {
		service := e.Services[name]
		row := []inline{
			w.link(code(name), "cluster/workloads/"+name), w.link(code(service.Namespace), "cluster/namespaces/"+service.Namespace), code(service.Owner),
			code(service.Quota.CPU) + " CPU, " + code(service.Quota.Memory) + ", " + number(service.Quota.Pods) + " pods",
		}
		if workload := service.Workload; workload != nil {
			image, err := w.config.ImageReference(workload.Image)
			if err != nil {
				return fmt.Errorf("find image of %s: %w", name, err)
			}
			row = append(row, code(image), code(service.Architecture), number(workload.Replicas.Min)+" to "+number(workload.Replicas.Max),
				w.ingress(workload.Ingress), yes(workload.Database), codes(workload.PolicyARNs))
		}
		rows = append(rows, row)
	}
	w.table([]inline{"Service", "Namespace", "Owner", "Quota", "Image", "Architecture", "Replicas", "Requests for", "Database", "Rights in AWS"}, rows)
	return nil
}

// ingress is which requests from the Internet a service gets.
func (w *writer) ingress(ingress *schema.ServiceIngress) inline {
	if ingress == nil {
		return "none"
	}
	host := ingress.Host
	if host == "" {
		host = w.config.EdgeDomain(w.env)
	}
	shown := make([]string, 0, len(ingress.Paths))
	for _, beginning := range ingress.Paths {
		shown = append(shown, host+strings.TrimSuffix(beginning, "/")+"/…")
	}
	return codes(shown)
}
