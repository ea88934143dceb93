package awsstandin

import (
	"errors"
	"fmt"

	"sigs.k8s.io/yaml"
)

func (c *cloud) checkEKS(r *resource) error {
	if r.kind.name == "Cluster" {
		return c.checkCluster(r)
	}
	name := text(r.params, "clusterName")
	cluster := c.lookup(r.place, kindCluster, name)
	switch {
	case cluster == nil:
		return missing(kindCluster, name)
	case cluster.address == nil:
		return fmt.Errorf("InvalidRequestException: Cluster %s is not in ACTIVE status", name)
	}
	switch r.kind.name {
	case "NodeGroup":
		return c.checkNodeGroup(r, cluster)
	case "AccessEntry":
		return c.checkAccessEntry(r)
	case "AccessPolicyAssociation":
		principal := text(r.params, "principalArn")
		if c.lookup(r.place, kindAccessEntry, name+":"+principal) == nil {
			return fmt.Errorf("ResourceNotFoundException: The specified principalArn could not be found: %s does not exist", principal)
		}
	case "Addon":
		if configuration := text(r.params, "configurationValues"); configuration != "" {
			if _, err := yaml.YAMLToJSON([]byte(configuration)); err != nil {
				return fmt.Errorf("InvalidParameterException: ConfigurationValue provided in request is not supported: %w", err)
			}
		}
	}
	return nil
}

func (c *cloud) checkCluster(r *resource) error {
	zones, vpcs := map[string]bool{}, map[string]bool{}
	for _, id := range texts(r.params, "vpcConfig", "subnetIds") {
		subnet := c.lookup(r.place, kindSubnet, id)
		if subnet == nil {
			return missing(kindSubnet, id)
		}
		zones[text(subnet.params, "availabilityZone")] = true
		vpcs[text(subnet.params, "vpcId")] = true
	}
	const least = 2
	if len(zones) < least {
		return errors.New("InvalidParameterException: Subnets specified must be in at least two different AZs")
	}
	if len(vpcs) > 1 {
		return errors.New("InvalidParameterException: Subnets specified must belong to the same VPC")
	}
	return nil
}

func (c *cloud) checkNodeGroup(r, cluster *resource) error {
	if template := child(r.params, "launchTemplate"); template != nil {
		name, found := text(template, "name"), text(template, "id") != ""
		c.each(r.place, kindLaunchTemplate, func(other *resource) bool {
			found = found || text(other.params, "name") == name
			return !found
		})
		if !found {
			return fmt.Errorf("InvalidRequestException: Launch template %s does not exist", name)
		}
	}
	if version := text(r.params, "version"); newer(version, clusterVersion(cluster)) {
		return fmt.Errorf("InvalidParameterException: Requested Nodegroup version %s is newer than the version of its cluster, %s", version, clusterVersion(cluster))
	}
	number := func(field string) float64 {
		n, _ := normal(at(r.params, "scalingConfig", field)).(float64)
		return n
	}
	desired, isSet := normal(at(r.params, "scalingConfig", "desiredSize")).(float64)
	if number("maxSize") < number("minSize") || isSet && (desired < number("minSize") || desired > number("maxSize")) {
		return errors.New("InvalidParameterException: desired capacity must be between the minimum and the maximum")
	}
	// EKS gives the role an access entry itself.
	return c.principalTaken(r, text(r.params, "nodeRoleArn"), kindAccessEntry, "principalArn")
}

func (c *cloud) checkAccessEntry(r *resource) error {
	return c.principalTaken(r, text(r.params, "principalArn"), kindNodeGroup, "nodeRoleArn")
}

// principalTaken tells whether a role has an access entry in the cluster by another way.
func (c *cloud) principalTaken(r *resource, role, kind, field string) error {
	var err error
	c.each(r.place, kind, func(other *resource) bool {
		if text(other.params, "clusterName") == text(r.params, "clusterName") && text(other.params, field) == role {
			err = fmt.Errorf("ResourceInUseException: The specified access entry resource is already in use on this cluster: %s", role)
		}
		return err == nil
	})
	return err
}

// newer compares versions of Kubernetes, such as 1.9 and 1.35.
func newer(a, b string) bool {
	var majorA, minorA, majorB, minorB int
	if _, err := fmt.Sscanf(a, "%d.%d", &majorA, &minorA); err != nil {
		return false
	}
	if _, err := fmt.Sscanf(b, "%d.%d", &majorB, &minorB); err != nil {
		return false
	}
	return majorA > majorB || majorA == majorB && minorA > minorB
}

// checkUpgrade takes a cluster one minor version further at a time, and never back.
func checkUpgrade(k kind, from, to string) error {
	if k.full() != kindCluster || from == "" || to == "" || from == to {
		return nil
	}
	var major, minor int
	if _, err := fmt.Sscanf(from, "%d.%d", &major, &minor); err == nil && to == fmt.Sprintf("%d.%d", major, minor+1) {
		return nil
	}
	return fmt.Errorf("InvalidParameterException: Unsupported Kubernetes minor version update from %s to %s", from, to)
}
