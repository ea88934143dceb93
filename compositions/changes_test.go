package compositions_test

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// TestEditsChangeOnlyTheirOwnKeys holds that no edit deletes or makes what it is not about, and that what stays keeps its name.
func TestEditsChangeOnlyTheirOwnKeys(t *testing.T) {
	t.Parallel()
	for name, e := range edits(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := e.before, e.after
			var different []string
			for key := range before {
				if after[key] == nil {
					different = append(different, key)
				} else if was, is := text(before[key], "metadata", "name"), text(after[key], "metadata", "name"); was != is {
					t.Errorf("%s was called %s and is called %s", key, was, is)
				}
			}
			for key := range after {
				if before[key] == nil {
					different = append(different, key)
				}
			}
			slices.Sort(different)
			var expected []string
			if e.keys != "" {
				expected = matching(different, e.keys)
			}
			if diff := cmp.Diff(expected, different); diff != "" {
				t.Errorf("%s: keys that come and go (-expected +all):\n%s", e.reason, diff)
			}
			if e.keys != "" && len(expected) == 0 || reflect.DeepEqual(before, after) && !strings.HasSuffix(name, "reordered") && !strings.HasSuffix(name, "moved") && name != "network, stage" {
				t.Error("the edit changes nothing, which proves nothing")
			}
		})
	}
}

// immutable are the fields of a kind that the provider refuses to change, because Terraform would replace the resource (provider v2.4.0:
// config/schema.json and the resources' ForceNew). A * stands for all but tags. Region and external-name belong to every kind.
func immutable() map[string][]string {
	all := []string{"*"}
	return map[string][]string{
		"Account":                      {"email"},
		"AccountAssignment":            all,
		"AccessEntry":                  {"clusterNameRef", "principalArn", "principalArnFromRoleRef", "type"},
		"AccessPolicyAssociation":      all,
		"Addon":                        {"clusterNameRef", "addonName"},
		"Bucket":                       {"objectLockEnabled"},
		"BucketLifecycleConfiguration": {"bucketRef"},
		"BucketOwnershipControls":      {"bucketRef"},
		"BucketPolicy":                 {"bucketRef"},
		"BucketPublicAccessBlock":      {"bucketRef"},
		"BucketServerSideEncryptionConfiguration": {"bucketRef"},
		"BucketVersioning":                        {"bucketRef"},
		"Certificate":                             {"domainName", "keyAlgorithm", "subjectAlternativeNames", "validationMethod"},
		"CertificateValidation":                   all,
		"Cluster": {
			"roleArnRef", "bootstrapSelfManagedAddons", "kubernetesNetworkConfig", "accessConfig.bootstrapClusterCreatorAdminPermissions",
			"databaseName", "masterUsername", "dbSubnetGroupNameRef", "kmsKeyIdRef", "storageEncrypted", "engine", "engineMode", "sourceRegion",
		},
		"ClusterInstance":                     {"availabilityZone", "clusterIdentifierRef", "engine"},
		"ClusterParameterGroup":               {"description", "family"},
		"DefaultSecurityGroup":                {"vpcIdRef"},
		"DelegatedAdministrator":              all,
		"EIP":                                 {"domain"},
		"FlowLog":                             all,
		"GlobalCluster":                       {"sourceDbClusterIdentifierRef"},
		"LaunchTemplate":                      {"name"},
		"LifecyclePolicy":                     all,
		"ManagedPolicyAttachment":             all,
		"NATGateway":                          {"subnetIdRef", "allocationIdRef", "connectivityType"},
		"NetworkACL":                          {"vpcIdRef"},
		"NetworkACLRule":                      all,
		"NodeGroup":                           {"amiType", "capacityType", "clusterNameRef", "instanceTypes", "launchTemplate.name", "nodeRoleArnRef"},
		"OpenIDConnectProvider":               {"url"},
		"OrganizationalUnit":                  {"parentId"},
		"Parameter":                           {"type"},
		"PermissionSet":                       {"instanceArn", "name"},
		"PermissionSetInlinePolicy":           {"instanceArn", "permissionSetArnRef"},
		"PodIdentityAssociation":              {"clusterNameRef", "namespace", "serviceAccount"},
		"Policy":                              {"description", "type"},
		"PolicyAttachment":                    all,
		"Queue":                               {"name"},
		"QueuePolicy":                         {"queueUrlRef"},
		"Record":                              {"name", "type", "zoneIdRef"},
		"Repository":                          {"encryptionConfiguration"},
		"RepositoryPolicy":                    {"repositoryRef"},
		"RolePolicy":                          {"roleRef"},
		"RolePolicyAttachment":                all,
		"Route":                               {"routeTableIdRef", "destinationCidrBlock"},
		"RouteTable":                          {"vpcIdRef"},
		"RouteTableAssociation":               {"subnetIdRef"},
		"Rule":                                {"eventBusName"},
		"Secret":                              {"name"},
		"SecretVersion":                       {"secretIdRef", "secretStringSecretRef"},
		"SecurityGroup":                       {"name", "description", "vpcIdRef"},
		"SecurityGroupEgressRule":             {"securityGroupIdRef"},
		"SecurityGroupIngressRule":            {"securityGroupIdRef"},
		"Subnet":                              {"vpcIdRef", "cidrBlock", "availabilityZone"},
		"Target":                              {"ruleRef", "targetId", "eventBusName"},
		"VPC":                                 {"cidrBlock"},
		"VPCEndpoint":                         {"vpcIdRef", "serviceName", "vpcEndpointType"},
		"VPCEndpointRouteTableAssociation":    all,
		"VPCEndpointSecurityGroupAssociation": all,
		"VPCEndpointSubnetAssociation":        all,
		"VPCIPv4CidrBlockAssociation":         all,
		"WebACL":                              {"name", "scope"},
		"WebACLLoggingConfiguration":          {"logDestinationConfigs", "resourceArnRef"},
		"Zone":                                {"delegationSetId", "name"},
	}
}

// fixed is what cannot change in an object.
func fixed(object map[string]any) map[string]any {
	parameters, _ := field(object, "spec", "forProvider").(map[string]any)
	forProvider := maps.Clone(parameters)
	delete(forProvider, "tags")
	found := map[string]any{"external-name": text(object, "metadata", "annotations", "crossplane.io/external-name"), "region": forProvider["region"]}
	for _, path := range immutable()[text(object, "kind")] {
		if path == "*" {
			return map[string]any{"external-name": found["external-name"], "all": forProvider}
		}
		found[path] = field(forProvider, strings.Split(path, ".")...)
	}
	// Sets have no order.
	if subnets := names(forProvider["subnetIdRefs"]); object["kind"] == "NodeGroup" {
		found["subnets"] = slices.Sorted(slices.Values(subnets))
	}
	return found
}

// TestWhatAWSCannotChangeGetsAnotherKey holds that no edit asks the provider for a change that it refuses for ever: a resource that has to be
// made again has another key.
func TestWhatAWSCannotChangeGetsAnotherKey(t *testing.T) {
	t.Parallel()
	compared := map[string]bool{}
	for name, e := range edits(t) {
		for key, object := range e.before {
			if e.after[key] == nil || !managed(object) {
				continue
			}
			compared[text(object, "kind")] = true
			if was, is := fixed(object), fixed(e.after[key]); !reflect.DeepEqual(was, is) {
				t.Errorf("%s: %s (-before +after):\n%s", name, key, cmp.Diff(was, is))
			}
		}
	}
	for kind := range immutable() {
		if !compared[kind] {
			t.Errorf("no %s was compared", kind)
		}
	}
}

// TestCompositionsArePure holds that equal claims give equal bytes, whoever asks, and that nothing that was handed in changes.
func TestCompositionsArePure(t *testing.T) {
	t.Parallel()
	for name, claims := range configurations(t) {
		for _, c := range claims {
			t.Run(name+"/"+c.kind, func(t *testing.T) {
				t.Parallel()
				given := clone(t, c.spec)
				first, observed := c.simulate(t)
				want := page(t, first, ``) + line(t, first.Status) + line(t, first.Condition)
				seen := clone(t, observed.Resources)
				const readers = 8
				got := make([]string, readers)
				var group sync.WaitGroup
				for i := range readers {
					group.Go(func() {
						runtime.Gosched()
						result, err := c.composition(t).Compose(c.spec, observed)
						if err != nil {
							got[i] = err.Error()
							return
						}
						got[i] = page(t, result, ``) + line(t, result.Status) + line(t, result.Condition)
					})
				}
				group.Wait()
				for i, page := range got {
					if page != want {
						t.Errorf("reader %d in parallel differs:\n%s", i, cmp.Diff(want, page))
					}
				}
				if diff := cmp.Diff(given, c.spec); diff != "" {
					t.Errorf("the spec changed (-before +after):\n%s", diff)
				}
				if diff := cmp.Diff(seen, clone(t, observed.Resources)); diff != "" {
					t.Errorf("the observation changed (-before +after):\n%s", diff)
				}
			})
		}
	}
}

// containers are the maps and lists inside a value, by where they are in memory.
func containers(path string, value any, found map[uintptr]string) {
	switch value := value.(type) {
	case map[string]any:
		found[reflect.ValueOf(value).Pointer()] = path
		for name, inner := range value {
			containers(path+"."+name, inner, found)
		}
	case []any:
		// Empty lists may all be the same one: there is nothing in it that could be corrupted.
		if cap(value) > 0 {
			found[reflect.ValueOf(value).Pointer()] = path
		}
		for i, inner := range value {
			containers(fmt.Sprintf("%s[%d]", path, i), inner, found)
		}
	}
}

// TestResultsShareNothing holds that a caller who changes a resource changes no other one, no input, and no later result.
func TestResultsShareNothing(t *testing.T) {
	t.Parallel()
	for name, claims := range configurations(t) {
		for _, c := range claims {
			for _, round := range []string{"simulated", "composed again", "cluster out of sight"} {
				result, observed := c.simulate(t)
				switch round {
				case "composed again":
					_, observed = c.settled(t)
					result = c.compose(t, observed)
				case "cluster out of sight": // Values come from what was composed before.
					_, observed = c.settled(t)
					observed.Required = map[string]map[string]any{}
					for key, object := range observed.Resources {
						blind := clone(t, object)
						delete(blind, "status")
						observed.Resources[key] = blind
					}
					result = c.compose(t, observed)
				}
				owners := map[uintptr]string{}
				containers("spec", c.spec, owners)
				containers("observed", map[string]any{"resources": anyMap(observed.Resources), "required": anyMap(observed.Required)}, owners)
				for _, resource := range result.Resources {
					own := map[uintptr]string{}
					containers(resource.Key, resource.Object, own)
					for pointer, path := range own {
						if other, shared := owners[pointer]; shared {
							t.Errorf("%s, %s: %s is %s", name, round, path, other)
						}
					}
					maps.Copy(owners, own)
				}
				own := map[uintptr]string{}
				containers("status", result.Status, own)
				for pointer, path := range own {
					if other, shared := owners[pointer]; shared {
						t.Errorf("%s, %s: %s is %s", name, round, path, other)
					}
				}
			}
		}
	}
}

// anyMap is a map of objects as a map of values.
func anyMap(objects map[string]map[string]any) map[string]any {
	found := map[string]any{}
	for key, object := range objects {
		found[key] = object
	}
	return found
}

// TestOldNodeGroupsAreCopied holds the same for a node group that is kept until the new one is ready.
func TestOldNodeGroupsAreCopied(t *testing.T) {
	t.Parallel()
	_, observed := cluster(t).simulate(t)
	result := cluster(t, amd64).compose(t, observed)
	old := one(t, cluster(t).compose(t, observed), `^system-nodes-group`)
	owners, own := map[uintptr]string{}, map[uintptr]string{}
	containers("observed", anyMap(observed.Resources), owners)
	containers("kept", object(t, result, old), own)
	for pointer, path := range own {
		if other, shared := owners[pointer]; shared {
			t.Errorf("%s is %s", path, other)
		}
	}
}

// TestMarkSimulated holds that every value that was invented is named where it is, and nothing else.
func TestMarkSimulated(t *testing.T) {
	t.Parallel()
	for _, c := range []claim{network(t, withACL), cluster(t, func(s *schema.ClusterSpec) { s.Access = nil }), edge(t), edge(t, platformZone), registration(t), registration(t, withMetrics)} {
		result, _ := c.simulate(t)
		result.MarkSimulated()
		for _, resource := range result.Resources {
			invented := regexp.MustCompile(`(?i)simulated|c2ltdWxhdGVk`).MatchString(line(t, field(resource.Object, "spec"))) || text(resource.Object, "metadata", "namespace") == "argocd"
			note := text(resource.Object, "metadata", "annotations", compositions.AnnotationSimulated)
			if invented && note == "" || note != strings.Join(slices.Sorted(slices.Values(resource.FromObserved)), ", ") {
				t.Errorf("%s: invented: %t, %q for %q", resource.Key, invented, note, resource.FromObserved)
			}
			for _, path := range resource.FromObserved {
				if field(resource.Object, strings.Split(path, ".")...) == nil {
					t.Errorf("%s has no %s", resource.Key, path)
				}
			}
		}
	}
}
