package awsstandin

import (
	"context"
	"encoding/base64"
	"strings"
)

// ClusterRequest asks for the Kubernetes API of an EKS cluster.
type ClusterRequest struct {
	Name, Account, Region, Version string
}

// ClusterAddress is where the API of a cluster is reached.
type ClusterAddress struct {
	Endpoint string
	// CA is the certificate authority in PEM.
	CA []byte
}

// start asks for the start of a new cluster; nil if there is nothing to start. A cluster is started once.
func (c *cloud) start(r *resource) *ClusterRequest {
	if r.kind.full() != kindCluster || r.address != nil || r.failure != nil || c.starting[r.slot()] {
		return nil
	}
	c.starting[r.slot()] = true
	return &ClusterRequest{Name: r.identity, Account: r.place.account, Region: r.place.region, Version: clusterVersion(r)}
}

// started notes what became of a cluster, and returns the object that waits for it.
func (c *cloud) started(request ClusterRequest, address ClusterAddress, err error) key {
	c.mu.Lock()
	defer c.mu.Unlock()
	place := slot{kindCluster, request.Account, request.Region, request.Name}
	delete(c.starting, place)
	if err == nil {
		c.addresses[place] = &address
	}
	r := c.resources[place]
	if r == nil {
		return key{}
	}
	r.address, r.failure = c.addresses[place], err
	return key{kindCluster, r.object}
}

// invented is the address of a cluster that nothing runs behind.
func invented(request ClusterRequest) ClusterAddress {
	id := strings.ToUpper(hash(request.Account, request.Region, request.Name)[:32])
	return ClusterAddress{Endpoint: "https://" + id + ".gr7." + request.Region + ".eks.amazonaws.com", CA: []byte("certificate authority of " + request.Name)}
}

// launch starts a cluster in the background.
func (s *Standin) launch(ctx context.Context, request ClusterRequest) {
	s.cloud.tasks.Go(func() {
		address, err := invented(request), error(nil)
		if s.options.StartCluster != nil {
			address, err = s.options.StartCluster(context.WithoutCancel(ctx), request)
		}
		if err != nil {
			s.logf("cluster %s in %s: %v", request.Name, request.Account, err)
		}
		if waiting := s.cloud.started(request, address, err); waiting.name != "" {
			s.queue.Add(waiting)
		}
	})
}

// stop ends a cluster that was deleted.
func (s *Standin) stop(deleted *resource) {
	if deleted == nil || deleted.kind.full() != kindCluster || s.options.StopCluster == nil {
		return
	}
	s.options.StopCluster(ClusterRequest{Name: deleted.identity, Account: deleted.place.account, Region: deleted.place.region})
}

// Wait waits until no cluster is being started.
func (s *Standin) Wait() { s.cloud.tasks.Wait() }

// latestVersion is the Kubernetes version of a cluster that asks for none.
const latestVersion = "1.35"

func clusterVersion(r *resource) string {
	if version := text(r.params, "version"); version != "" {
		return version
	}
	return latestVersion
}

// clusterAttributes are what EKS says of a cluster.
func (c *cloud) clusterAttributes(r *resource) fields {
	id := strings.ToUpper(hash(r.place.account, r.place.region, r.identity)[:32])
	network := merge(child(r.params, "vpcConfig"), fields{"clusterSecurityGroupId": clusterGroup(r)})
	if subnets := texts(network, "subnetIds"); len(subnets) > 0 {
		if subnet := c.lookup(r.place, kindSubnet, subnets[0]); subnet != nil {
			network["vpcId"] = text(subnet.params, "vpcId")
		}
	}
	attributes := fields{
		"status": "ACTIVE", "version": clusterVersion(r), "platformVersion": "eks.1", "createdAt": created,
		"vpcConfig": network,
		"identity":  []any{fields{"oidc": []any{fields{"issuer": "https://oidc.eks." + r.place.region + ".amazonaws.com/id/" + id}}}},
	}
	if r.address != nil {
		attributes["endpoint"] = r.address.Endpoint
		attributes["certificateAuthority"] = []any{fields{"data": base64.StdEncoding.EncodeToString(r.address.CA)}}
	}
	return attributes
}

// clusterGroup is the security group that EKS makes for a cluster.
func clusterGroup(r *resource) string {
	return implicit("sg-", "cluster-security-group", strings.Join([]string{r.place.account, r.place.region, r.identity}, "/"))
}
