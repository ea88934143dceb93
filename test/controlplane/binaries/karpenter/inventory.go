package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// inventory is what the account of a cluster has in AWS, as the managed resources that Crossplane composed report it.
type inventory struct {
	Region         string      `json:"region"`
	Account        string      `json:"account"`
	Cluster        eksCluster  `json:"cluster"`
	Subnets        []vpcSubnet `json:"subnets"`
	SecurityGroups []vpcGroup  `json:"securityGroups"`
	// AMIs are the releases that exist for the version of the cluster, by AMI family.
	AMIs map[string]string `json:"amis"`
	// Roles are names of IAM roles that may go into an instance profile.
	Roles []string `json:"roles"`
	// Queues are names of SQS queues.
	Queues []string `json:"queues"`
}

// eksCluster is an EKS cluster.
type eksCluster struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Endpoint string `json:"endpoint"`
	// ServiceCIDR is the IPv4 range of its services.
	ServiceCIDR string `json:"serviceCIDR"`
	// SecurityGroup is the id of the group that EKS itself makes for the cluster.
	SecurityGroup string `json:"securityGroup"`
}

// vpcSubnet is a subnet of a VPC.
type vpcSubnet struct {
	ID     string            `json:"id"`
	VPC    string            `json:"vpc"`
	Zone   string            `json:"zone"`
	ZoneID string            `json:"zoneID"`
	Tags   map[string]string `json:"tags"`
}

// vpcGroup is a security group of a VPC.
type vpcGroup struct {
	ID   string            `json:"id"`
	Name string            `json:"name"`
	Tags map[string]string `json:"tags"`
}

// readInventory reads a file and fills in what AWS adds by itself.
func readInventory(file string) (inventory, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return inventory{}, fmt.Errorf("state of AWS: %w", err)
	}
	var s inventory
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return inventory{}, fmt.Errorf("state of AWS: %s: %w", file, err)
	}
	if err := s.validate(); err != nil {
		return inventory{}, fmt.Errorf("state of AWS: %s: %w", file, err)
	}
	for i, subnet := range s.Subnets {
		if subnet.ZoneID == "" {
			s.Subnets[i].ZoneID = zoneID(subnet.Zone)
		}
	}
	s.addClusterSecurityGroup()
	return s, nil
}

func (s *inventory) validate() error {
	required := []struct{ name, value string }{
		{"region", s.Region},
		{"cluster.name", s.Cluster.Name},
		{"cluster.version", s.Cluster.Version},
		{"cluster.endpoint", s.Cluster.Endpoint},
	}
	for _, field := range required {
		if field.value == "" {
			return fmt.Errorf("%s is missing", field.name)
		}
	}
	if len(s.Subnets) == 0 {
		return errors.New("subnets are missing")
	}
	for _, subnet := range s.Subnets {
		if subnet.ID == "" || !strings.HasPrefix(subnet.Zone, s.Region) || subnet.Zone == s.Region {
			return fmt.Errorf("subnet %q in zone %q needs an id and a zone of %s", subnet.ID, subnet.Zone, s.Region)
		}
	}
	for _, group := range s.SecurityGroups {
		if group.ID == "" {
			return fmt.Errorf("security group %q needs an id", group.Name)
		}
	}
	return nil
}

// addClusterSecurityGroup adds the group that EKS makes with every cluster, with the tags that EKS gives it: no managed resource stands for it.
func (s *inventory) addClusterSecurityGroup() {
	id := s.Cluster.SecurityGroup
	if id == "" {
		id = "sg-" + digest("security group of cluster "+s.Cluster.Name)
	}
	if slices.ContainsFunc(s.SecurityGroups, func(g vpcGroup) bool { return g.ID == id }) {
		return
	}
	name := "eks-cluster-sg-" + s.Cluster.Name + "-1"
	s.SecurityGroups = append(s.SecurityGroups, vpcGroup{ID: id, Name: name, Tags: map[string]string{
		"Name":                 name,
		"aws:eks:cluster-name": s.Cluster.Name,
		"kubernetes.io/cluster/" + s.Cluster.Name: "owned",
	}})
}

// zones returns the zones that have a subnet, sorted.
func (s *inventory) zones() []string {
	var zones []string
	for _, subnet := range s.Subnets {
		zones = append(zones, subnet.Zone)
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// zoneID makes up the id of a zone the way AWS forms it, euw1-az1 for eu-west-1a. In AWS letter and number may differ between accounts.
func zoneID(zone string) string {
	parts := strings.Split(zone, "-")
	last := parts[len(parts)-1]
	var id strings.Builder
	id.WriteString(parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		id.WriteString(part[:1])
	}
	return fmt.Sprintf("%s%s-az%d", id.String(), last[:len(last)-1], last[len(last)-1]-'a'+1)
}
