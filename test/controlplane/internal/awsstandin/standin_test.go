package awsstandin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"
)

// vpc and two subnets in two zones, and what a cluster needs.
func network() []fields {
	return []fields{
		managed(kindSubnet, "a", `{vpcIdRef: {name: vpc}, cidrBlock: 10.0.0.0/24, availabilityZone: eu-west-1a}`),
		managed(kindSubnet, "b", `{vpcIdRef: {name: vpc}, cidrBlock: 10.0.1.0/24, availabilityZone: eu-west-1b}`),
		managed(kindVPC, "vpc", `{cidrBlock: 10.0.0.0/16, tags: {Name: x}}`),
	}
}

func controlPlane() []fields {
	return append(network(),
		named(managed(kindRole, "role", `{assumeRolePolicy: '{"Version": "2012-10-17", "Statement": []}'}`), "the-role"),
		named(managed(kindCluster, "cluster", `{version: "1.35", roleArnRef: {name: role}, vpcConfig: {subnetIdRefs: [{name: a}, {name: b}]}}`), "prod"),
		managed(kindAddon, "addon", `{clusterNameRef: {name: cluster}, addonName: coredns}`),
		managed(kindLaunchTemplate, "template", `{name: nodes}`),
	)
}

// TestComposedResources settles all that the golden files of the compositions have.
func TestComposedResources(t *testing.T) {
	t.Parallel()
	objects := golden(t)
	h := start(t, Options{}, objects...)
	for _, object := range objects {
		h.ready(kindOf(object), text(object, "metadata", "name"))
	}
	for _, record := range h.Rejected() {
		if !record.Recovered {
			t.Errorf("refused for good: %+v", record)
		}
	}
	if got := len(h.Accepted()); got != len(objects) {
		t.Errorf("%d of %d are accepted", got, len(objects))
	}
	for _, want := range []struct {
		kind, name, prefix string
		path               []any
	}{
		{kindVPC, "app.network.vpc", "vpc-", []any{"id"}},
		{kindVPC, "app.network.vpc", "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-", []any{"arn"}},
		{kindCluster, "app.cluster.cluster", "https://", []any{"endpoint"}},
		{kindCluster, "app.cluster.cluster", "Y2", []any{"certificateAuthority", 0, "data"}},
		{kindCluster, "app.cluster.cluster", "https://oidc.eks.eu-west-1.amazonaws.com/id/", []any{"identity", 0, "oidc", 0, "issuer"}},
		{kindCluster, "app.cluster.cluster", "sg-", []any{"vpcConfig", "clusterSecurityGroupId"}},
		{kindCluster, "app.cluster.cluster", "1.3", []any{"version"}},
		{kindKey, "app.cluster.secrets-key", "arn:aws:kms:eu-west-1:111122223333:key/", []any{"arn"}},
		{kindRepository, "app.registry.repository-web", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/acme/web", []any{"repositoryUrl"}},
		{kindQueue, "app.cluster.karpenter-queue", "https://sqs.eu-west-1.amazonaws.com/111122223333/", []any{"id"}},
	} {
		if got := text(h.get(want.kind, want.name), append([]any{"status", "atProvider"}, want.path...)...); !strings.HasPrefix(got, want.prefix) {
			t.Errorf("%s: %v is %q, want %s...", want.name, want.path, got, want.prefix)
		}
	}
	template := h.get(kindLaunchTemplate, "app.cluster.system-nodes-template")
	if got := at(template, "status", "atProvider", "latestVersion"); !same(got, int64(1)) {
		t.Errorf("latestVersion is %v", got)
	}
}

// golden are the managed resources of the compositions' golden files. What is simulated there comes from the stand-in here.
func golden(t *testing.T) []fields {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "compositions", "testdata", "golden", "*", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	// The database with a copy has what the one without has, and the password that a copy asks for.
	slices.SortStableFunc(files, func(a, b string) int {
		return strings.Compare(strconv.FormatBool(!strings.HasSuffix(a, "replica.yaml")), strconv.FormatBool(!strings.HasSuffix(b, "replica.yaml")))
	})
	taken := map[key]bool{}
	objects := leftOut()
	for _, object := range objects {
		taken[key{kindOf(object), text(object, "metadata", "name")}] = true
	}
	for _, file := range files {
		if strings.HasSuffix(file, "adopted.yaml") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		source := strings.ReplaceAll(string(data), "key/simulated", "key/"+uuid(account, region, kindKey, "app.cluster.secrets-key"))
		source = organizationValues(edgeValues(source))
		source = strings.ReplaceAll(source, "sg-simulated", clusterGroup(&resource{place: place{"aws", account, region}, identity: "acme-app"}))
		for _, document := range strings.Split(source, "\n---\n") {
			object := parse(strings.TrimPrefix(document, "---\n"))
			k := key{kindOf(object), text(object, "metadata", "name")}
			if _, known := table()[k.kind]; !known || taken[k] {
				continue
			}
			taken[k] = true
			forProvider := child(object, "spec", "forProvider")
			for name, value := range forProvider {
				policy, isPolicy := value.(fields)
				switch {
				case isPolicy && policy["Statement"] != nil: // The golden files show documents, not their text.
					forProvider[name] = `{"Version": "2012-10-17", "Statement": []}`
				case isPolicy && policy["rules"] != nil:
					content, err := json.Marshal(policy)
					if err != nil {
						t.Fatal(err)
					}
					forProvider[name] = string(content)
				case name == "natGatewayId" || name == "subnetIds":
					delete(forProvider, name)
				case name == "eventPattern":
					forProvider[name] = "{}"
				case name == "ruleJson":
					forProvider[name] = "[]"
				}
			}
			objects = append(objects, object)
		}
	}
	return objects
}

// edgeValues puts the stand-in's values in the place of those that are simulated in the golden files of an edge.
func edgeValues(source string) string {
	source = strings.NewReplacer(
		"certificate/simulated", "certificate/"+uuid(account, regionOfCloudFront, kindCertificate, "app.edge.certificate-21e07e1c"),
		"acme-app-edge/simulated", "acme-app-edge/"+uuid(account, regionOfCloudFront, kindWebACL, "app.edge.web-acl"),
		"simulated-app.edge.security-headers", uuid(account, "", kindHeadersPolicy, "app.edge.security-headers"),
		"simulated-app.edge.spa-origin-access", hexID("E", account, "", kindOriginAccess, "app.edge.spa-origin-access"),
	).Replace(source)
	return regexp.MustCompile(`(?s)name: _simulated\.(\S+)\.\n    records:\n    - _simulated\.acm-validations\.aws\.`).ReplaceAllStringFunc(source, func(found string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(strings.Fields(found)[1], "_simulated."), ".")
		record, value := proof(account, name)
		return "name: " + record + "\n    records:\n    - " + value
	})
}

// leftOut are the subnets and route tables that the golden files refer to; some of them show only a part of a network.
func leftOut() []fields {
	var objects []fields
	for i, place := range []string{"app-eu-west-1a", "app-eu-west-1b", "app-eu-west-1c", "data-eu-west-1a", "data-eu-west-1b", "data-eu-west-1c"} {
		zone := place[strings.Index(place, "-")+1:]
		vpc := "{vpcIdRef: {name: app.network.vpc}"
		subnet := fmt.Sprintf("%s, availabilityZone: %s, cidrBlock: 10.40.%d.0/24}", vpc, zone, 200+i)
		objects = append(objects,
			managed(kindSubnet, "app.network.subnet-private-"+place, subnet),
			managed(groupEC2+"/RouteTable", "app.network.route-table-private-"+place, vpc+"}"),
		)
	}
	const trust = `{assumeRolePolicy: '{"Version": "2012-10-17", "Statement": []}'}`
	return append(objects, named(managed(kindRole, "made-by-a-person", trust), "lake"))
}

// TestClusterHook holds that clusters are started once, and that what needs one waits.
func TestClusterHook(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	release := make(chan struct{})
	h := start(t, Options{StartCluster: func(_ context.Context, r ClusterRequest) (ClusterAddress, error) {
		calls.Add(1)
		if want := (ClusterRequest{Name: "prod", Account: account, Region: region, Version: "1.35"}); r != want {
			t.Errorf("got %+v, want %+v", r, want)
		}
		<-release
		return ClusterAddress{Endpoint: "https://127.0.0.1:1", CA: []byte("ca")}, nil
	}}, controlPlane()...)
	h.eventually(kindCluster, "cluster", "creating", func(object fields) bool { return isTrue(object, "Synced") && !ready(object) })
	h.eventually(kindAddon, "addon", "waiting", func(object fields) bool { return strings.Contains(syncedMessage(object), "is not ready") })
	close(release)
	cluster := h.ready(kindCluster, "cluster")
	if got := text(cluster, "status", "atProvider", "endpoint"); got != "https://127.0.0.1:1" {
		t.Errorf("endpoint is %q", got)
	}
	if got := text(h.ready(kindAddon, "addon"), "metadata", "annotations", annotationExternalName); got != "prod:coredns" {
		t.Errorf("external-name of the add-on is %q", got)
	}
	if got := h.Rejected(); len(got) > 0 {
		t.Errorf("refused: %+v", got)
	}
	if got := calls.Load(); got != 1 {
		t.Errorf("started %d times", got)
	}
}

func TestClusterThatDoesNotStart(t *testing.T) {
	t.Parallel()
	h := start(t, Options{StartCluster: func(context.Context, ClusterRequest) (ClusterAddress, error) {
		return ClusterAddress{}, errors.New("no memory")
	}}, controlPlane()...)
	h.refused(kindCluster, "cluster", "create failed: no memory")
}

// TestChanges holds that changes reach the status, and what AWS cannot change is refused.
func TestChanges(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, controlPlane()...)
	h.ready(kindVPC, "vpc")
	h.ready(kindCluster, "cluster")
	h.change(kindVPC, "vpc", func(object fields) { set(object, "y", "spec", "forProvider", "tags", "Name") })
	h.eventually(kindVPC, "vpc", "tagged anew", func(object fields) bool { return text(object, "status", "atProvider", "tags", "Name") == "y" })
	h.change(kindVPC, "vpc", func(object fields) { set(object, "10.9.0.0/16", "spec", "forProvider", "cidrBlock") })
	h.refused(kindVPC, "vpc", "requires replacing it: cannot change the value of the argument \"cidrBlock\"")
	h.change(kindCluster, "cluster", func(object fields) { set(object, "1.36", "spec", "forProvider", "version") })
	h.eventually(kindCluster, "cluster", "upgraded", func(object fields) bool { return text(object, "status", "atProvider", "version") == "1.36" })
	h.ready(kindLaunchTemplate, "template")
	h.change(kindLaunchTemplate, "template", func(object fields) { set(object, "new", "spec", "forProvider", "description") })
	h.eventually(kindLaunchTemplate, "template", "of a new version", func(object fields) bool {
		return same(at(object, "status", "atProvider", "latestVersion"), int64(2))
	})
	h.change(kindVPC, "vpc", func(object fields) { set(object, "10.0.0.0/16", "spec", "forProvider", "cidrBlock") })
	h.eventually(kindVPC, "vpc", "accepted again", func(object fields) bool { return isTrue(object, "Synced") })
	if got := h.Rejected(); len(got) != 1 || !got[0].Recovered {
		t.Errorf("refused: %+v", got)
	}
}

// TestLateKinds holds that kinds may be installed after the stand-in runs, and references lead across groups.
func TestLateKinds(t *testing.T) {
	t.Parallel()
	var later atomic.Bool
	installed := func(groupVersion string) bool { return groupVersion != groupIAM+"/v1beta1" || later.Load() }
	var roles []fields
	others := slices.DeleteFunc(controlPlane(), func(object fields) bool {
		isRole := kindOf(object) == kindRole
		if isRole {
			roles = append(roles, object)
		}
		return isRole
	})
	h := startLate(t, Options{}, installed, others...)
	h.eventually(kindCluster, "cluster", "waiting", func(object fields) bool { return strings.Contains(syncedMessage(object), "not found") })
	later.Store(true)
	h.watched(len(table()) + 1)
	for _, role := range roles {
		h.create(role)
	}
	h.ready(kindCluster, "cluster")
	h.ready(kindAddon, "addon")
	if got := h.Rejected(); len(got) > 0 {
		t.Errorf("refused: %+v", got)
	}
}

// TestFaults injects each fault and takes it away.
func TestFaults(t *testing.T) {
	t.Parallel()
	h := start(t, Options{})
	stuck := h.Inject(Fault{Kind: "VPC", Name: "v.c", Mode: NeverReady})
	refusing := h.Inject(Fault{Kind: kindEIP, Name: "address-key", Mode: CreateError, Message: "AddressLimitExceeded: too many"})
	h.Inject(Fault{Kind: "Key", Mode: Throttle, Times: 1})
	h.create(managed(kindVPC, "vpc", `{cidrBlock: 10.0.0.0/16}`))
	address := managed(kindEIP, "address", `{domain: vpc}`)
	address["metadata"].(fields)["annotations"] = fields{annotationKey: "address-key"}
	h.create(address)
	h.create(managed(kindKey, "key", `{}`))
	h.eventually(kindVPC, "vpc", "creating", func(object fields) bool {
		return isTrue(object, "Synced") && !ready(object) && text(object, "metadata", "annotations", annotationExternalName) == ""
	})
	h.refused(kindEIP, "address", "create failed: AddressLimitExceeded: too many")
	h.ready(kindKey, "key")
	stuck()
	refusing()
	h.ready(kindVPC, "vpc")
	h.ready(kindEIP, "address")
	var messages []string
	for _, record := range h.Rejected() {
		messages = append(messages, record.Name+": "+record.Message)
	}
	if got := strings.Join(messages, "\n"); !strings.Contains(got, "key: observe failed: api error ThrottlingException") || len(messages) != 2 {
		t.Errorf("refused: %s", got)
	}
}

// TestFaultOfGroup throttles all kinds of a group: what is there stays ready.
func TestFaultOfGroup(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, managed(kindVPC, "vpc", `{cidrBlock: 10.0.0.0/16}`), managed(kindKey, "key", `{}`))
	h.ready(kindVPC, "vpc")
	h.ready(kindKey, "key")
	remove := h.Inject(Fault{Kind: groupEC2, Mode: Throttle})
	h.refused(kindVPC, "vpc", "observe failed: api error RequestLimitExceeded: Request limit exceeded.")
	h.ready(kindVPC, "vpc")
	remove()
	h.eventually(kindVPC, "vpc", "synced", func(object fields) bool { return isTrue(object, "Synced") })
	h.eventually(kindKey, "key", "synced", func(object fields) bool { return isTrue(object, "Synced") })
}

const kindLogs = groupLogs + "/Group"

// TestBehind changes what AWS has behind the provider's back: it is put right, and what cannot be made again is not ready.
func TestBehind(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, managed(kindLogs, "logs", `{retentionInDays: 30}`))
	h.ready(kindLogs, "logs")
	if held, found := h.Find("Group", "logs"); !found || held.Made != 1 || !same(held.Asked["retentionInDays"], 30) {
		t.Errorf("AWS has %+v", held)
	}
	if _, found := h.Find("Group", "other"); found || h.Vanish("Group", "other") || h.Edit("Group", "other", nil) {
		t.Error("AWS has what nobody asked for")
	}
	if !h.Edit(kindLogs, "logs", fields{"retentionInDays": int64(1)}) {
		t.Error("nothing was edited")
	}
	h.eventually(kindLogs, "logs", "as it was before the edit", func(fields) bool {
		held, _ := h.Find("Group", "logs")
		return held.Made == 1 && same(held.Asked["retentionInDays"], 30)
	})
	refusing := h.Inject(Fault{Kind: kindLogs, Mode: CreateError, Message: "LimitExceededException: too many"})
	if !h.Vanish("Group", "logs") {
		t.Error("nothing vanished")
	}
	h.refused(kindLogs, "logs", "create failed: LimitExceededException: too many")
	h.eventually(kindLogs, "logs", "not ready", func(object fields) bool { return !ready(object) })
	refusing()
	h.ready(kindLogs, "logs")
	if held, _ := h.Find("Group", "logs"); held.Made != 2 {
		t.Errorf("it was made %d times", held.Made)
	}
}

// TestDeletion holds that AWS keeps what is in use and what is not to be deleted.
func TestDeletion(t *testing.T) {
	t.Parallel()
	orphan := managed(kindEIP, "address", `{domain: vpc}`)
	set(orphan, []any{"Observe", "Create", "LateInitialize"}, "spec", "managementPolicies")
	h := start(t, Options{}, append(network(), orphan)...)
	for _, name := range []string{"a", "b"} {
		h.ready(kindSubnet, name)
	}
	id := text(h.ready(kindEIP, "address"), "metadata", "annotations", annotationExternalName)
	dying := func(object fields) { set(object, "2026-01-01T00:00:00Z", "metadata", "deletionTimestamp") }
	gone := func(object fields) bool { return len(texts(object, "metadata", "finalizers")) == 0 }
	h.change(kindVPC, "vpc", dying)
	h.refused(kindVPC, "vpc", "delete failed: DependencyViolation")
	h.change(kindEIP, "address", dying)
	h.eventually(kindEIP, "address", "gone", gone)
	h.change(kindSubnet, "a", dying)
	h.change(kindSubnet, "b", dying)
	h.eventually(kindVPC, "vpc", "gone", gone)
	for _, record := range h.Rejected() {
		if !record.Recovered {
			t.Errorf("%s %s is gone and still refused: %s", record.Kind, record.Name, record.Message)
		}
	}
	h.create(named(managed(kindEIP, "again", `{domain: vpc}`), id))
	if got := text(h.ready(kindEIP, "again"), "status", "atProvider", "id"); got != id {
		t.Errorf("adopted %q, want %q", got, id)
	}
}

// TestAdoption holds that only what AWS has can be adopted.
func TestAdoption(t *testing.T) {
	t.Parallel()
	h := start(t, Options{},
		named(managed(kindVPC, "mine", `{cidrBlock: 10.0.0.0/16}`), "vpc-0123456789abcdef0"),
		named(managed(kindVPC, "nobodys", `{cidrBlock: 10.0.0.0/16}`), "vpc-0123456789abcdef1"),
		managed(kindSubnet, "subnet", `{vpcId: vpc-0123456789abcdef0, cidrBlock: 10.0.0.0/24}`),
	)
	h.refused(kindVPC, "nobodys", "observe failed: InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef1' does not exist")
	h.refused(kindSubnet, "subnet", "create failed: InvalidVpcID.NotFound")
	existing := Existing{Kind: kindVPC, Account: account, Region: region, ExternalName: "vpc-0123456789abcdef0", Params: fields{"cidrBlock": "10.0.0.0/16"}}
	if err := h.Import(existing); err != nil {
		t.Fatal(err)
	}
	if err := h.Import(existing); err == nil {
		t.Error("imported twice")
	}
	h.ready(kindVPC, "mine")
	h.ready(kindSubnet, "subnet")
}

// TestPolicies holds what the provider does without some of its rights.
func TestPolicies(t *testing.T) {
	t.Parallel()
	observed := managed(kindVPC, "observed", `{cidrBlock: 10.0.0.0/16}`)
	set(observed, []any{"Observe"}, "spec", "managementPolicies")
	early := managed(kindVPC, "early", `{cidrBlock: 10.0.0.0/16}`)
	set(early, []any{"Observe", "Create", "Update", "Delete"}, "spec", "managementPolicies")
	lost := managed(kindVPC, "lost", `{cidrBlock: 10.0.0.0/16}`)
	set(lost, "nowhere", "spec", "providerConfigRef", "name")
	h := start(t, Options{}, observed, early, lost,
		managed(kindVPC, "late", `{cidrBlock: 10.0.0.0/16}`),
		managed(kindSubnet, "subnet", `{vpcIdRef: {name: early}, cidrBlock: 10.0.0.0/24}`),
	)
	h.refused(kindVPC, "observed", "external resource does not exist")
	if got := h.ready(kindVPC, "early"); text(got, "metadata", "annotations", annotationExternalName) != "" || text(got, "spec", "forProvider", "instanceTenancy") != "" {
		t.Errorf("initialised late: %v", got)
	}
	h.refused(kindSubnet, "subnet", "cannot resolve references: spec.forProvider.vpcId: referenced field was empty")
	if got := h.ready(kindVPC, "late"); text(got, "spec", "forProvider", "instanceTenancy") != "default" {
		t.Errorf("not initialised late: %v", got)
	}
	h.refused(kindVPC, "lost", `ProviderConfig.aws.upbound.io "nowhere" not found`)
	h.create(providerConfig("nowhere", "222233334444"))
	if got := text(h.ready(kindVPC, "lost"), "status", "atProvider", "arn"); !strings.Contains(got, ":222233334444:") {
		t.Errorf("in the wrong account: %s", got)
	}
	for _, record := range h.Rejected() {
		if strings.Contains(record.Message, "resolve") {
			t.Errorf("waiting is no refusal: %+v", record)
		}
	}
}

// TestStandstill holds that a settled world is left alone.
func TestStandstill(t *testing.T) {
	t.Parallel()
	h := start(t, Options{}, controlPlane()...)
	h.ready(kindAddon, "addon")
	h.ready(kindLaunchTemplate, "template")
	time.Sleep(300 * time.Millisecond)
	before := len(h.client.Actions())
	h.everything()
	time.Sleep(300 * time.Millisecond)
	for _, action := range h.client.Actions()[before:] {
		if action.GetVerb() == "patch" {
			t.Errorf("patched without a change: %v", action)
		}
	}
}

// TestPassing holds that nothing is made for an object that is deleted before it has the finalizer: nobody would delete it.
func TestPassing(t *testing.T) {
	t.Parallel()
	h := start(t, Options{})
	asked := make(chan struct{}, 100)
	h.client.PrependReactor("patch", "vpcs", func(clienttesting.Action) (bool, runtime.Object, error) {
		asked <- struct{}{}
		return true, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "vpcs"}, "vpc")
	})
	h.create(managed(kindVPC, "vpc", `{cidrBlock: 10.0.0.0/16}`))
	select {
	case <-asked:
	case <-time.After(15 * time.Second):
		t.Fatal("the object was not looked at")
	}
	time.Sleep(100 * time.Millisecond) // What comes after the patch.
	if made := h.Inventory(""); len(made) > 0 {
		t.Errorf("made for an object that is gone: %v", made)
	}
}
