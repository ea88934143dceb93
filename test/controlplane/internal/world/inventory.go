package world

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
)

// inventory writes what the account of a cluster has in AWS, for Karpenter's in-memory AWS: what the hub has composed, as the real one would
// have it, and nothing else.
func (w *World) inventory(ctx context.Context, c *Workload, dir string) (string, error) {
	type object = map[string]any
	cluster := object{"name": c.EKS.Name, "version": c.Version, "endpoint": c.URL, "serviceCIDR": "10.0.0.0/16"}
	state := object{"region": c.EKS.Region, "account": c.EKS.Account, "amis": w.amis(), "cluster": cluster}
	var failure error
	each := func(group, version, plural string, add func(u unstructured.Unstructured)) {
		found, err := w.List(ctx, group, version, plural)
		if err != nil {
			failure = err
			return
		}
		for _, u := range found {
			region := field.Text(u.Object, "spec", "forProvider", "region")
			if c.EKS.AccountOf(ctx, u.Object) == c.EKS.Account && (region == "" || region == c.EKS.Region) {
				add(u)
			}
		}
	}
	tags := map[string]map[string]string{} // Of resources that are tagged by others, by id.
	each("ec2.aws.upbound.io", "v1beta1", "tags", func(u unstructured.Unstructured) {
		id := field.Text(u.Object, "spec", "forProvider", "resourceId")
		if tags[id] == nil {
			tags[id] = map[string]string{}
		}
		tags[id][field.Text(u.Object, "spec", "forProvider", "key")] = field.Text(u.Object, "spec", "forProvider", "value")
	})
	tagsOf := func(u unstructured.Unstructured) map[string]string {
		all, _, _ := unstructured.NestedStringMap(u.Object, "spec", "forProvider", "tags")
		for key, value := range tags[externalName(u)] {
			all[key] = value
		}
		return all
	}
	var subnets, groups []object
	var roles, queues []string
	each("ec2.aws.upbound.io", "v1beta1", "subnets", func(u unstructured.Unstructured) {
		subnets = append(subnets, object{
			"id": externalName(u), "vpc": field.Text(u.Object, "spec", "forProvider", "vpcId"),
			"zone": field.Text(u.Object, "spec", "forProvider", "availabilityZone"), "tags": tagsOf(u),
		})
	})
	each("ec2.aws.upbound.io", "v1beta1", "securitygroups", func(u unstructured.Unstructured) {
		groups = append(groups, object{"id": externalName(u), "name": field.Text(u.Object, "spec", "forProvider", "name"), "tags": tagsOf(u)})
	})
	each("iam.aws.upbound.io", "v1beta1", "roles", func(u unstructured.Unstructured) { roles = append(roles, externalName(u)) })
	each("sqs.aws.upbound.io", "v1beta1", "queues", func(u unstructured.Unstructured) {
		queues = append(queues, field.Text(u.Object, "spec", "forProvider", "name"))
	})
	each("eks.aws.upbound.io", "v1beta2", "clusters", func(u unstructured.Unstructured) {
		if id := field.Text(u.Object, "status", "atProvider", "vpcConfig", "clusterSecurityGroupId"); id != "" && externalName(u) == c.EKS.Name {
			cluster["securityGroup"] = id // EKS makes and tags it; no managed resource stands for it.
		}
	})
	state["subnets"], state["securityGroups"], state["roles"], state["queues"] = subnets, groups, roles, queues
	text, err := json.MarshalIndent(state, "", "  ")
	if failure == nil {
		failure = err
	}
	file := filepath.Join(dir, "aws.json")
	if failure == nil {
		failure = os.WriteFile(file, text, 0o600)
	}
	if failure != nil {
		return "", fmt.Errorf("inventory of %s: %w", c.EKS.Name, failure)
	}
	return file, nil
}

func externalName(u unstructured.Unstructured) string {
	return u.GetAnnotations()["crossplane.io/external-name"]
}
