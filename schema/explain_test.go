package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func explain(t *testing.T, field string) *Field {
	t.Helper()
	f, err := Explain(field)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestExplainPages shows whole answers, one file each.
func TestExplainPages(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"network", "network.natGateways", "nodePools", "argocd.syncWindows", "platform.bootstrap"} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			got, err := json.MarshalIndent(explain(t, field), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, path.Join("explain", field+".json"), append(got, '\n'))
			// The other side: nothing of CUE or Go shows through.
			for _, word := range []string{"_|_", "=~", "schema.", "\"documentation\": \"\""} {
				if strings.Contains(string(got), word) {
					t.Errorf("people read %q", word)
				}
			}
		})
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		field  string
		want   Field
	}{
		"default by stage": {
			"stages differ", "cluster.deletionProtection",
			Field{
				Path: "cluster.deletionProtection", Documentation: "Whether AWS refuses to delete the cluster.", Type: "true or false",
				Defaults: []Default{{StageShared, "false"}, {StageDev, "false"}, {StageStaging, "false"}, {StageProd, "true"}},
				Allowed:  "true or false", Values: []string{"true", "false"},
			},
		},
		"one default": {
			"all stages have it", "cluster.serviceCIDR",
			Field{
				Path:          "cluster.serviceCIDR",
				Documentation: "Address range of Kubernetes services. It must not overlap any VPC and cannot change later.", Type: "text",
				Defaults: []Default{{Value: `"172.20.0.0/16"`}},
				Allowed:  "an IPv4 range between /12 and /24, such as 172.20.0.0/16 (the sizes that EKS takes for Kubernetes services)",
			},
		},
		"required": {
			"nobody can guess it", "network.cidr",
			Field{
				Path:          "network.cidr",
				Documentation: "Address range of the VPC. It has to be given in the environment's own folder, must not overlap another environment's and cannot change later.",
				Type:          "text", Required: true, Allowed: vpcCIDR,
			},
		},
		"optional": {
			"neither required nor a default", "nodePools.amd64.kubelet.maxPods",
			Field{Path: "nodePools.amd64.kubelet.maxPods", Documentation: "Most pods on a node.", Type: "whole number", Allowed: "a whole number from 1 to 737"},
		},
		"two kinds": {
			"a number or a list", "network.zones",
			Field{
				Path: "network.zones", Documentation: "Availability zones: how many (the first ones of the region), or their names.",
				Type: "whole number or list", Defaults: []Default{{Value: "3"}}, Allowed: zonesAllowed,
			},
		},
		"name of one's own": {
			"the default depends on the name", "nodePools.gpu.weight",
			Field{
				Path:          "nodePools.gpu.weight",
				Documentation: "Which pool is tried first for a pod that fits several: the one with the higher weight. Default: 20 for amd64, 10 for all others.",
				Type:          "whole number", Defaults: []Default{{Value: "10"}}, Allowed: "a whole number from 1 to 100",
			},
		},
		"field of an element": {
			"lists are entered by an index", "nodePools.amd64.taints[0].effect",
			Field{
				Path: "nodePools.amd64.taints[0].effect", Documentation: "What happens to pods that do not tolerate it.", Type: "text", Required: true,
				Allowed: `"NoSchedule", "PreferNoSchedule" or "NoExecute"`, Values: []string{`"NoSchedule"`, `"PreferNoSchedule"`, `"NoExecute"`},
			},
		},
		"with its top": {
			"environment in front changes nothing", "environment.cluster.version",
			Field{
				Path:          "cluster.version",
				Documentation: "Kubernetes version. Default: the platform's versions.kubernetes. EKS upgrades one minor version at a time and never down.",
				Type:          "text", Allowed: `"1.32", "1.33", "1.34" or "1.35"`, Values: []string{`"1.32"`, `"1.33"`, `"1.34"`, `"1.35"`},
			},
		},
		"platform": {
			"no stages there", "platform.bootstrap.credentials",
			Field{
				Path:          "platform.bootstrap.credentials",
				Documentation: "How controllers get AWS credentials: PodIdentity and IRSA on EKS, Secret on kind, k3s and the like.", Type: "text",
				Defaults: []Default{{Value: `"PodIdentity"`}}, Allowed: `"PodIdentity", "IRSA" or "Secret"`, Values: []string{`"PodIdentity"`, `"IRSA"`, `"Secret"`},
			},
		},
		"map of text": {
			"each name has the same", "platform.mirrors.git",
			Field{Path: "platform.mirrors.git", Documentation: "Beginnings of Git URLs.", Type: "struct", Allowed: "for each name, text in quotes", Elements: true},
		},
		"stage": {
			"it is the first thing that an environment has to say", "stage",
			Field{
				Path: "stage",
				Documentation: "How strictly the environment is treated. prod turns on deletion protection, a NAT gateway per zone, on-demand nodes and sync windows; " +
					"shared is for what other environments use and stands outside the promotion order dev, staging, prod.",
				Type: "text", Required: true, Allowed: `"shared", "dev", "staging" or "prod"`, Values: []string{`"shared"`, `"dev"`, `"staging"`, `"prod"`},
			},
		},
		"name": {
			"the folder's, whatever it is: there is no default to show", "name",
			Field{
				Path: "name", Documentation: "Name of the environment: the name of its folder. It is part of every AWS name, so it cannot change later.",
				Type: "text", Allowed: dnsLabel,
			},
		},
		"required list": {
			"an empty list is no default where something has to be given", "platform.order",
			Field{
				Path: "platform.order", Documentation: "Environments in the order in which a change reaches them.", Type: "list", Required: true,
				Allowed: "a list, each element " + dnsLabel,
			},
		},
		"fractions": {
			"half an ACU is no whole number", "database.maxCapacityACU",
			Field{
				Path: "database.maxCapacityACU", Documentation: "Largest capacity of each instance in ACU, in steps of 0.5. It decides how many connections there can be.",
				Type: "number", Allowed: "a capacity in ACU, 1 to 256",
				Defaults: []Default{{Stage: "shared", Value: "4"}, {Stage: "dev", Value: "4"}, {Stage: "staging", Value: "4"}, {Stage: "prod", Value: "32"}},
			},
		},
		"list of values": {
			"the values are what people look for", "cluster.logs",
			Field{
				Path: "cluster.logs", Documentation: "Parts of the control plane whose logs go to CloudWatch Logs.", Type: "list",
				Defaults: []Default{{Value: `["api","audit","authenticator","controllerManager","scheduler"]`}},
				Allowed:  `a list of "api", "audit", "authenticator", "controllerManager" or "scheduler", each once`,
			},
		},
		"format with a dot in its documentation": {
			"all characters are listed", "tags",
			Field{
				Path: "tags", Documentation: "Further AWS tags on everything that can be tagged.", Type: "struct", Elements: true,
				Allowed: "for each name, " + tagValue,
				Names: "the key of an AWS tag that nobody else sets: 1 to 128 letters, digits, spaces and any of _ . : / = + - @, " +
					"but not environment, project, owner, cost-center, managed-by and not a key of AWS, EKS, Karpenter or genops",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(&tc.want, explain(t, tc.field)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestExplainNamesOfMaps has maps whose names the contract counts: who writes them looks for exactly these names.
func TestExplainNamesOfMaps(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"accept":                               {"single-nat-gateway", "deletion-protection-off", "public-endpoint-open", "equal-weight-pools", "database-deletion-protection-off", "database-unreachable", "alarms-without-receiver"},
		"cluster.addons":                       {"vpc-cni", "coredns", "aws-efs-csi-driver", "snapshot-controller", "eks-node-monitoring-agent"},
		"platform.versions.addons":             {"vpc-cni", "coredns", "aws-efs-csi-driver", "snapshot-controller", "eks-node-monitoring-agent"},
		"nodePools.amd64.kubelet.evictionHard": {"memory.available", "pid.available"},
	}
	for field, names := range cases {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			page, err := json.Marshal(explain(t, field))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				if !strings.Contains(string(page), name) {
					t.Errorf("%s is a name here, and nothing says so: %s", name, page)
				}
			}
		})
	}
}

// TestExplainTellsWhatHasToBeGiven compares the marks with what Load asks for.
func TestExplainTellsWhatHasToBeGiven(t *testing.T) {
	t.Parallel()
	var required []string
	for _, f := range explain(t, "").Fields {
		if f.Required {
			required = append(required, f.Name)
		}
		if f.Documentation == "" {
			t.Errorf("%s has no documentation", f.Name)
		}
	}
	slices.Sort(required)
	want := []string{"costCenter", "owner", "project", "region", "stage"}
	if diff := cmp.Diff(want, required); diff != "" {
		t.Errorf("fields that an environment has to give (-want +got):\n%s", diff)
	}
}

func TestExplainOfUnknownFields(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		want   *UnknownFieldError
	}{
		"netwrok": {"the nearest is suggested", &UnknownFieldError{Field: "netwrok", Allowed: splitList(topFields), Nearest: "network"}},
		"network.natGateway": {
			"where it was looked for is named", &UnknownFieldError{Field: "network.natGateway", Around: "network", Allowed: splitList(networkFields), Nearest: "natGateways"},
		},
		"nodePools.amd64.kubelet.maxpods": {
			"deep inside", &UnknownFieldError{
				Field: "nodePools.amd64.kubelet.maxpods", Around: "nodePools.amd64.kubelet",
				Allowed: []string{"evictionHard", "kubeReserved", "maxPods", "systemReserved"}, Nearest: "maxPods",
			},
		},
		"platform.versons": {
			"the platform is not the top", &UnknownFieldError{
				Field: "platform.versons", Around: "platform",
				Allowed: []string{"bootstrap", "budgetEmails", "domain", "git", "managementAccount", "mirrors", "order", "organization", "versions"}, Nearest: "versions",
			},
		},
		"network.natGateways.count": {"text has no fields", &UnknownFieldError{Field: "network.natGateways.count", Around: "network.natGateways"}},
	}
	for field, tc := range cases {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			_, err := Explain(field)
			var got *UnknownFieldError
			if !errors.As(err, &got) {
				t.Fatalf("%s: got error %v, want an UnknownFieldError", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
	err := &UnknownFieldError{Field: "a.b", Around: "a", Allowed: []string{"c", "d"}}
	if got, want := fmt.Sprint(err), "explain a.b: there is no such field; in a there are c, d"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func splitList(names string) []string { return strings.Split(names, ", ") }
