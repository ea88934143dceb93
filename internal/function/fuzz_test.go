package function

import (
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"

	"github.com/innovate-inc/genops/compositions"
)

// FuzzRunFunction sends whatever bytes are a request. Each gets a response that can be sent, and none finds a defect.
//
//	go test -run NONE -fuzz FuzzRunFunction -fuzzminimizetime 1x ./internal/function
func FuzzRunFunction(f *testing.F) {
	add := func(req *fnv1.RunFunctionRequest) {
		wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	for kind, spec := range specs(f) {
		add(request(f, kind, spec, compositions.Observed{}))
		_, all, err := compositions.Simulate(find(f, kind), spec)
		if err != nil {
			f.Fatal(err)
		}
		for key, content := range all.Resources {
			all.Resources[key] = plain(f, content)
		}
		add(request(f, kind, spec, all))
	}
	for _, tc := range broken(f) {
		if proto.Size(tc.req) < 1<<16 { // Changing a huge one takes the fuzzer all its time.
			add(tc.req)
		}
	}
	function := quiet()
	f.Fuzz(func(t *testing.T, wire []byte) {
		req := &fnv1.RunFunctionRequest{}
		if err := proto.Unmarshal(wire, req); err != nil {
			return // gRPC refuses it before.
		}
		rsp := ask(t, function, req)
		if _, err := proto.Marshal(rsp); err != nil {
			t.Errorf("the response cannot be sent: %v", err)
		}
		if message := fatal(t, rsp); message != "" && rsp.GetResults()[0].GetReason() != reasonInvalid {
			t.Errorf("reason is %s: %s", rsp.GetResults()[0].GetReason(), message)
		}
	})
}
