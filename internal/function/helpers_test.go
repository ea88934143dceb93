package function

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/runtime"
	kjson "k8s.io/apimachinery/pkg/util/json"

	"github.com/innovate-inc/genops/compositions"
	"github.com/innovate-inc/genops/schema"
)

// environment is an environment with everything that a claim is made of.
const environment = `package environments

import "github.com/innovate-inc/genops/schema"

platform: order: ["dev"]
environment: schema.#Environment & {
	stage: "dev", account: "111122223333", region: "eu-west-1", project: "acme", owner: "team", costCenter: "cc-1"
	network: cidr: "10.20.0.0/16"
	cluster: {}
}
`

// loaded is the environment, which all tests share: loading it takes longer than most of them.
var loaded = sync.OnceValues(func() (*schema.Config, error) {
	platform, err := os.ReadFile(filepath.Join("..", "..", "schema", "testdata", "platform.cue"))
	if err != nil {
		return nil, err
	}
	return schema.Load(context.Background(), fstest.MapFS{
		"environments/platform.cue": {Data: platform}, "environments/dev/environment.cue": {Data: []byte(environment)},
	}, "")
})

// specs are those of the environment's claims, by kind, as the control plane gives them back.
func specs(t testing.TB) map[string]map[string]any {
	t.Helper()
	config, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	network, err := config.NetworkClaim(config.Environments[0])
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := config.ClusterClaim(config.Environments[0])
	if err != nil {
		t.Fatal(err)
	}
	return map[string]map[string]any{
		"Edge": plain(t, schema.EdgeSpec{
			ClaimMeta: cluster.ClaimMeta, Domain: "acme.example", Delegations: []schema.DelegationSpec{{Domain: "dev.acme.example", Environment: "dev"}},
		}),
		"Network": plain(t, network),
		"Cluster": plain(t, cluster),
		"ClusterRegistration": plain(t, schema.ClusterRegistrationSpec{
			ClaimMeta:   cluster.ClaimMeta,
			ClusterName: cluster.Name,
			RoleARN:     "arn:aws:iam::111122223333:role/acme-dev-argocd",
			Labels:      map[string]string{"genops.dev/environment": "dev"},
		}),
	}
}

// plain is what the API server makes of a value.
func plain(t testing.TB, v any) map[string]any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]any{}
	if err := kjson.Unmarshal(text, &content); err != nil {
		t.Fatal(err)
	}
	return content
}

func find(t testing.TB, kind string) compositions.Composition {
	t.Helper()
	c, ok := compositions.Find(kind)
	if !ok {
		t.Fatalf("there is no composition of %s", kind)
	}
	return c
}

// request asks for a claim, the way Crossplane does: the composite's spec has fields of its own.
func request(t testing.TB, kind string, spec map[string]any, observed compositions.Observed) *fnv1.RunFunctionRequest {
	t.Helper()
	c := find(t, kind)
	spec = runtime.DeepCopyJSON(spec)
	if c.Claim {
		spec["claimRef"] = map[string]any{"apiVersion": "aws.genops.dev/v1alpha1", "kind": kind, "namespace": "env-dev", "name": "network"}
		spec["compositionRef"] = map[string]any{"name": "networks"}
		spec["compositionUpdatePolicy"] = "Manual"
		spec["resourceRefs"] = []any{map[string]any{"kind": "VPC", "name": "dev.network.vpc"}}
	} else {
		spec["crossplane"] = map[string]any{"resourceRefs": []any{}}
	}
	req := &fnv1.RunFunctionRequest{
		Meta: &fnv1.RequestMeta{Tag: "tag"},
		Observed: &fnv1.State{
			Composite: &fnv1.Resource{Resource: object(t, map[string]any{
				"apiVersion": "aws.genops.dev/v1alpha1",
				"kind":       c.CompositeKind(),
				"metadata":   map[string]any{"name": "dev-x7k2p", "generation": int64(3)},
				"spec":       spec,
				"status":     map[string]any{"conditions": []any{}},
			})},
			Resources: map[string]*fnv1.Resource{},
		},
		RequiredResources: map[string]*fnv1.Resources{},
	}
	for key, content := range observed.Resources {
		req.Observed.Resources[key] = &fnv1.Resource{Resource: object(t, content)}
	}
	for name, content := range observed.Required {
		req.RequiredResources[name] = &fnv1.Resources{Items: []*fnv1.Resource{{Resource: object(t, content)}}}
	}
	return req
}

// object makes a struct of an object with the library's converter, which is not the one under test.
func object(t testing.TB, content map[string]any) *structpb.Struct {
	t.Helper()
	s, err := structpb.NewStruct(content)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// set is a copy of a request with one field of the composite set; without a value it is taken out.
func set(req *fnv1.RunFunctionRequest, value *structpb.Value, path ...string) *fnv1.RunFunctionRequest {
	req = proto.CloneOf(req)
	around := req.GetObserved().GetComposite().GetResource()
	for _, step := range path[:len(path)-1] {
		around = around.GetFields()[step].GetStructValue()
	}
	if last := path[len(path)-1]; value == nil {
		delete(around.GetFields(), last)
	} else {
		around.Fields[last] = value
	}
	return req
}

// journal is a log that tests read.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) contains(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.text.String(), text)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// quiet is a function whose log nobody reads.
func quiet() *Function { return New(slog.New(slog.DiscardHandler)) }

// ask runs a request, which must not be an error whatever it asks for.
func ask(t testing.TB, f fnv1.FunctionRunnerServiceServer, req *fnv1.RunFunctionRequest) *fnv1.RunFunctionResponse {
	t.Helper()
	rsp, err := f.RunFunction(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if rsp.GetMeta().GetTag() != req.GetMeta().GetTag() || rsp.GetMeta().GetTtl().AsDuration() <= 0 {
		t.Errorf("meta of the response is %v", rsp.GetMeta())
	}
	return rsp
}

// fatal is the message of a response that refuses, empty for one that does not.
func fatal(t testing.TB, rsp *fnv1.RunFunctionResponse) string {
	t.Helper()
	if len(rsp.GetResults()) == 0 {
		return ""
	}
	result := rsp.GetResults()[0]
	if len(rsp.GetResults()) != 1 || result.GetSeverity() != fnv1.Severity_SEVERITY_FATAL {
		t.Errorf("results are %v, want one that is fatal", rsp.GetResults())
	}
	if len(rsp.GetConditions()) != 1 {
		t.Fatalf("conditions are %v", rsp.GetConditions())
	}
	c := rsp.GetConditions()[0]
	if c.GetType() != "InfrastructureReady" || c.GetStatus() != fnv1.Status_STATUS_CONDITION_FALSE || c.GetMessage() != result.GetMessage() ||
		c.GetReason() != result.GetReason() || c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
		t.Errorf("the condition does not say what the result says: %v, %v", c, result)
	}
	return result.GetMessage()
}
