package compositions_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// said is a resource whose conditions the control plane has.
func said(object map[string]any, conditions ...map[string]any) map[string]any {
	list := []any{}
	for _, condition := range conditions {
		list = append(list, condition)
	}
	return map[string]any{"kind": object["kind"], "spec": object["spec"], "metadata": object["metadata"], "status": map[string]any{"conditions": list}}
}

// is is a condition.
func is(kind, status, message string) map[string]any {
	return map[string]any{"type": kind, "status": status, "message": message}
}

// sixSubnets is a network with two tiers in three zones.
func sixSubnets(s *schema.NetworkSpec) {
	s.Subnets.PrivateData, s.Endpoints, s.FlowLogs.Enabled = []schema.Subnet{}, schema.Endpoints{}, false
}

// TestCondition holds the words in which people learn how far a claim is.
func TestCondition(t *testing.T) {
	t.Parallel()
	six, full := network(t, sixSubnets), cluster(t)
	_, made := six.simulate(t)
	_, running := full.simulate(t)
	refuse := func(observed compositions.Observed, key, message string) compositions.Observed {
		return with(observed, key, said(observed.Resources[key], is("Synced", "False", message), is("Ready", "True", "")))
	}
	coming := func(observed compositions.Observed, keys ...string) compositions.Observed {
		for _, key := range keys {
			observed = with(observed, key, said(observed.Resources[key], is("Synced", "True", ""), is("Ready", "False", "Creating")))
		}
		return observed
	}
	waits := func(message string) compositions.Condition {
		return compositions.Condition{Reason: "Waiting", Message: message}
	}
	refused := func(message string) compositions.Condition {
		return compositions.Condition{Reason: "ResourceRefused", Message: message}
	}
	const vpc, subnet, route = "vpc", "subnet-public-eu-west-1a", "route-public-eu-west-1a"
	cases := map[string]struct {
		reason   string
		claim    claim
		observed compositions.Observed
		want     compositions.Condition
	}{
		"available":  {"all are there", six, made, compositions.Condition{Ready: true, Reason: "Available", Message: "all 42 resources are ready"}},
		"two of six": {"the kind that is not finished, how many of it, and which", six, coming(made, subnet, "subnet-public-eu-west-1b"), waits("waiting for 2 of 6 subnets: app.network.subnet-public-eu-west-1a, app.network.subnet-public-eu-west-1b")},
		"not made":   {"what does not exist is not ready", six, without(made, subnet), waits("waiting for 1 of 6 subnets: app.network.subnet-public-eu-west-1a")},
		"two kinds": {"by kind, sorted", six, coming(made, vpc, subnet, "nat-gateway-eu-west-1a"), waits(
			"waiting for 1 of 3 NAT gateways, 1 of 1 VPC, 1 of 6 subnets: app.network.nat-gateway-eu-west-1a, app.network.subnet-public-eu-west-1a, app.network.vpc")},
		"nothing": {"the first answer says what there will be", six, compositions.Observed{}, waits(
			"waiting for 1 of 1 Internet gateway, 3 of 3 NAT gateways, 1 of 1 VPC, 1 of 1 default security group, 3 of 3 elastic IPs, " +
				"6 of 6 routes, 6 of 6 route tables, 6 of 6 route table associations, 6 of 6 subnets, 9 of 9 usages")},
		"held back": {"what waits for a value waits, too", full, without(running, "secrets-key", "cluster", "system-nodes-template", group), waits(
			"waiting for 1 of 1 cluster, 1 of 2 keys, 1 of 1 launch template, 1 of 1 node group: app.cluster.secrets-key, app.cluster.system-nodes-template")},
		"no conditions":  {"readiness is never assumed", six, with(made, vpc, map[string]any{"kind": "VPC", "status": map[string]any{}}), waits("waiting for 1 of 1 VPC: app.network.vpc")},
		"odd conditions": {"readiness is never assumed", six, with(made, vpc, map[string]any{"kind": "VPC", "status": map[string]any{"conditions": []any{"Ready", map[string]any{"type": 1}, nil}}}), waits("waiting for 1 of 1 VPC: app.network.vpc")},
		"unknown":        {"only True is ready", six, with(made, vpc, said(made.Resources[vpc], is("Ready", "Unknown", ""))), waits("waiting for 1 of 1 VPC: app.network.vpc")},
		"usage":          {"a usage is in force as soon as it is there", six, with(made, "usage-internet-gateway-by-nat-gateway-eu-west-1a", map[string]any{"kind": "ClusterUsage"}), compositions.Condition{Ready: true, Reason: "Available", Message: "all 42 resources are ready"}},
		"many nouns":     {"plurals", full, without(running, "karpenter-pod-identity", "external-secrets-pod-identity", "control-plane-role", "karpenter-interruption", "argocd-access"), waits("waiting for 1 of 2 access entries, 2 of 3 pod identities, 1 of 9 policies, 1 of 9 roles")},
		"refused": {
			"somebody has to act: which resource, and what AWS says", six, refuse(made, subnet, "create failed: InvalidSubnet.Range: The CIDR '10.0.0.0/8' is invalid.\nrequest id: 1"),
			refused("app.network.subnet-public-eu-west-1a: create failed: InvalidSubnet.Range: The CIDR '10.0.0.0/8' is invalid."),
		},
		"refused and more": {
			"the first by key, and how many more", six, refuse(refuse(refuse(made, subnet, "b"), vpc, "c"), "nat-gateway-eu-west-1a", "a"),
			refused("app.network.nat-gateway-eu-west-1a: a (and 2 more)"),
		},
		"refused, others wait": {"what needs a person comes first", six, refuse(without(made, vpc), subnet, "b"), refused("app.network.subnet-public-eu-west-1a: b")},
		"refused and ready":    {"an update that AWS refuses leaves the resource ready", six, refuse(made, vpc, "refuse to update"), refused("app.network.vpc: refuse to update")},
		"refused, very long":   {"what kubectl's table has room for", six, refuse(made, vpc, strings.Repeat("é", 200)), refused("app.network.vpc: " + strings.Repeat("é", 150) + " ...")},
		"cut between letters":  {"no half characters", six, refuse(made, vpc, "x"+strings.Repeat("é", 200)), refused("app.network.vpc: x" + strings.Repeat("é", 149) + " ...")},
		"throttled": {
			"AWS has too many requests: nobody has to act, and the provider asks again", six,
			refuse(refuse(made, subnet, "observe failed: ThrottlingException: Rate exceeded"), vpc, "observe failed: api error RequestLimitExceeded: Request limit exceeded."),
			compositions.Condition{Reason: "Throttled", Message: "AWS is asked again: app.network.subnet-public-eu-west-1a: observe failed: ThrottlingException: Rate exceeded (and 1 more)"},
		},
		"throttled, and refused": {
			"what needs a person comes first", six, refuse(refuse(made, subnet, "observe failed: Throttling: Rate exceeded"), vpc, "create failed: VpcLimitExceeded: too many"),
			refused("app.network.vpc: create failed: VpcLimitExceeded: too many"),
		},
		"throttled by name only": {"a name is no code", six, refuse(made, vpc, "create failed: InvalidName: Throttled"), refused("app.network.vpc: create failed: InvalidName: Throttled")},
		"unresolved": {
			"a reference to what is not there yet is no refusal", six, coming(with(made, route, said(made.Resources[route], is(
				"Synced", "False", "cannot resolve references: mg.Spec.ForProvider.GatewayID: referenced field was empty (referenced resource may not yet be ready)",
			))), "internet-gateway"),
			waits("waiting for 1 of 1 Internet gateway, 1 of 6 routes: app.network.internet-gateway"),
		},
		"cluster": {"a whole cluster", full, running, compositions.Condition{Ready: true, Reason: "Available", Message: "all 90 resources are ready"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.claim.compose(t, tc.observed).Condition); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestReady holds which resources count as ready.
func TestReady(t *testing.T) {
	t.Parallel()
	c := network(t, sixSubnets)
	_, observed := c.simulate(t)
	observed = with(without(observed, "internet-gateway"), "vpc", said(observed.Resources["vpc"], is("Ready", "False", "")))
	for _, resource := range c.compose(t, observed).Resources {
		if want := resource.Key != "vpc" && resource.Key != "internet-gateway"; resource.Ready != want {
			t.Errorf("%s is ready: %t", resource.Key, resource.Ready)
		}
	}
}

// TestStatus holds the ids and addresses that people look for, which are there as soon as they are known.
func TestStatus(t *testing.T) {
	t.Parallel()
	id := func(key string) string { return "simulated-app.network." + key }
	cases := map[string]struct {
		claim claim
		first map[string]any // Before anything was observed.
		want  map[string]any
	}{
		"network": {network(t, withPods, func(s *schema.NetworkSpec) {
			for _, tier := range []*[]schema.Subnet{&s.Subnets.Public, &s.Subnets.PrivateApp, &s.Subnets.PrivateData, &s.Subnets.Pods} {
				*tier = (*tier)[:2]
			}
		}), map[string]any{}, map[string]any{
			"vpcId": id("vpc"), "natAddresses": []any{"simulated", "simulated"},
			"subnetIds": map[string]any{
				"public":      map[string]any{"eu-west-1a": id("subnet-public-eu-west-1a"), "eu-west-1b": id("subnet-public-eu-west-1b")},
				"privateApp":  map[string]any{"eu-west-1a": id("subnet-private-app-eu-west-1a"), "eu-west-1b": id("subnet-private-app-eu-west-1b")},
				"privateData": map[string]any{"eu-west-1a": id("subnet-private-data-eu-west-1a"), "eu-west-1b": id("subnet-private-data-eu-west-1b")},
				"pods":        map[string]any{"eu-west-1a": id("subnet-pods-eu-west-1a"), "eu-west-1b": id("subnet-pods-eu-west-1b")},
			},
		}},
		"cluster": {cluster(t), map[string]any{"clusterName": "acme-app"}, map[string]any{
			"clusterName": "acme-app", "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/acme-app", "endpoint": "https://simulated.gr7.eu-west-1.eks.amazonaws.com",
			"version": "1.35", "oidcIssuer": "https://oidc.eks.eu-west-1.amazonaws.com/id/SIMULATED", "securityGroupId": "sg-simulated",
		}},
		"database": {database(t), map[string]any{}, map[string]any{
			"arn": "arn:aws:rds:eu-west-1:111122223333:cluster:acme-app", "version": "17.0", "resourceId": "cluster-SIMULATED", "parameter": "/acme-app/database",
			"endpoint": "acme-app.cluster-simulated.eu-west-1.rds.amazonaws.com", "readerEndpoint": "acme-app.cluster-ro-simulated.eu-west-1.rds.amazonaws.com",
			"secretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:rds!cluster-simulated",
		}},
		"database with a replica": {database(t, withReplica), map[string]any{}, map[string]any{
			"arn": "arn:aws:rds:eu-west-1:111122223333:cluster:acme-app", "version": "17.0", "resourceId": "cluster-SIMULATED", "parameter": "/acme-app/database",
			"endpoint": "acme-app.cluster-simulated.eu-west-1.rds.amazonaws.com", "readerEndpoint": "acme-app.cluster-ro-simulated.eu-west-1.rds.amazonaws.com",
			"secretArn":       "arn:aws:secretsmanager:eu-west-1:111122223333:secret:acme-app/database-simulated",
			"replicaEndpoint": "acme-app-replica.cluster-ro-simulated.eu-central-1.rds.amazonaws.com",
		}},
		"observability": {observability(t, onlyAlarms), map[string]any{}, map[string]any{
			"topicARNs": map[string]any{"eu-west-1": "arn:aws:sns:eu-west-1:111122223333:acme-app-alarms"},
		}},
		"registration": {registration(t), map[string]any{"secretName": "cluster-acme-app"}, map[string]any{
			"secretName": "cluster-acme-app", "server": "https://simulated.gr7.eu-west-1.eks.amazonaws.com",
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.first, tc.claim.compose(t, compositions.Observed{}).Status); diff != "" {
				t.Errorf("at first (-want +got):\n%s", diff)
			}
			result, _ := tc.claim.simulate(t)
			if diff := cmp.Diff(tc.want, result.Status); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
