package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"maps"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/compositions"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign makes a certificate for 127.0.0.1, for servers and clients, and its key.
func (a *authority) sign() (cert, key []byte) {
	a.t.Helper()
	private := newKey(a.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "peer"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, private.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})
}

// dial connects to a server that the authority has signed, as a client that signer has signed.
func (a *authority) dial(address string, signer *authority) *grpc.ClientConn {
	a.t.Helper()
	cert, key := signer.sign()
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		a.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12,
	})))
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// startFunction starts genops function serve as a process, and returns its address.
func startFunction(t *testing.T, a *authority) (string, *exec.Cmd) {
	t.Helper()
	certs := t.TempDir()
	cert, key := a.sign()
	for name, content := range map[string][]byte{"tls.crt": cert, "tls.key": key, "ca.crt": a.pem} {
		if err := os.WriteFile(filepath.Join(certs, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := process(t.TempDir(), []string{"TLS_SERVER_CERTS_DIR=" + certs}, "function", "serve", "--address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0")
	cmd.Stderr = nil
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(logs)
	for lines.Scan() {
		var line struct {
			Msg     string `json:"msg"`
			Address string `json:"address"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("a log line is no JSON: %s", lines.Text())
		}
		if line.Msg == "serving" {
			go func() { // The process must not wait for a reader.
				for lines.Scan() {
				}
			}()
			return line.Address, cmd
		}
	}
	t.Fatal("the function does not serve")
	return "", nil
}

// TestServedLikeExpanded asks the served function, over mutual TLS and gRPC, for every claim of every environment of the repository, with what
// genops expand takes for observed: what review shows is what the cluster does.
func TestServedLikeExpanded(t *testing.T) {
	t.Parallel()
	var want []expandedResource
	output := mustRun(t, process(filepath.Join("..", ".."), nil, "expand", "-o", "json"))
	if err := json.Unmarshal([]byte(output), &want); err != nil {
		t.Fatal(err)
	}
	expanded := map[string]map[string]map[string]any{}
	for _, resource := range want {
		if expanded[resource.Claim] == nil {
			expanded[resource.Claim] = map[string]map[string]any{}
		}
		expanded[resource.Claim][resource.Key] = unmarked(resource.Resource)
	}

	a := newAuthority(t)
	address, cmd := startFunction(t, a)
	conn := a.dial(address, a)
	client := fnv1.NewFunctionRunnerServiceClient(conn)
	claims := repositoryClaims(t)
	if len(claims) != len(expanded) {
		t.Errorf("%d claims are rendered, %d are expanded", len(claims), len(expanded))
	}
	for name, claim := range claims {
		composition, ok := compositions.Find(claim["kind"].(string))
		if !ok {
			t.Fatalf("%s has no composition", name)
		}
		spec := claim["spec"].(map[string]any)
		bare := maps.Clone(spec)
		for _, field := range compositions.Machinery() {
			delete(bare, field)
		}
		_, observed, err := compositions.Simulate(composition, bare)
		if err != nil {
			t.Fatal(err)
		}
		rsp, err := client.RunFunction(t.Context(), ask(t, composition, spec, observed))
		if err != nil {
			t.Fatal(err)
		}
		if len(rsp.GetResults()) > 0 {
			t.Fatalf("%s: %v", name, rsp.GetResults())
		}
		got := map[string]map[string]any{}
		for key, resource := range rsp.GetDesired().GetResources() {
			got[key] = resource.GetResource().AsMap()
			if resource.GetReady() != fnv1.Ready_READY_TRUE {
				t.Errorf("%s: %s was observed and ready: got %s", name, key, resource.GetReady())
			}
		}
		if diff := cmp.Diff(expanded[name], got); diff != "" {
			t.Errorf("%s (-expanded +served):\n%s", name, diff)
		}
	}

	health, err := healthgrpc.NewHealthClient(conn).Check(t.Context(), &healthgrpc.HealthCheckRequest{})
	if err != nil || health.GetStatus() != healthgrpc.HealthCheckResponse_SERVING {
		t.Errorf("health: got %v, %v", health, err)
	}
	stranger := fnv1.NewFunctionRunnerServiceClient(a.dial(address, newAuthority(t)))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := stranger.RunFunction(ctx, &fnv1.RunFunctionRequest{}); err == nil {
		t.Error("a client that another authority signed was let in")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("told to stop it ends in order: got %v", err)
	}
}

// repositoryClaims are the rendered claims and composites of the repository, by kind and name.
func repositoryClaims(t *testing.T) map[string]map[string]any {
	t.Helper()
	claims := map[string]map[string]any{}
	for _, pattern := range []string{"*/claims/*.yaml", "bootstrap/registrations/*.yaml"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "rendered", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			claim := map[string]any{}
			if err := yaml.Unmarshal(content, &claim); err != nil {
				t.Fatal(err)
			}
			if claim["apiVersion"] == compositions.Group+"/"+compositions.Version {
				claims[claim["kind"].(string)+"/"+claim["metadata"].(map[string]any)["name"].(string)] = claim
			}
		}
	}
	return claims
}

// ask is what Crossplane sends for a composite.
func ask(t *testing.T, composition compositions.Composition, spec map[string]any, observed compositions.Observed) *fnv1.RunFunctionRequest {
	t.Helper()
	content := func(object map[string]any) *fnv1.Resource {
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		made := &structpb.Struct{}
		if err := made.UnmarshalJSON(text); err != nil {
			t.Fatal(err)
		}
		return &fnv1.Resource{Resource: made}
	}
	req := &fnv1.RunFunctionRequest{
		Observed: &fnv1.State{
			Composite: content(map[string]any{
				"apiVersion": compositions.Group + "/" + compositions.Version, "kind": composition.CompositeKind(),
				"metadata": map[string]any{"name": "x"}, "spec": spec,
			}),
			Resources: map[string]*fnv1.Resource{},
		},
		RequiredResources: map[string]*fnv1.Resources{},
	}
	for key, object := range observed.Resources {
		req.Observed.Resources[key] = content(object)
	}
	for name, object := range observed.Required {
		req.RequiredResources[name] = &fnv1.Resources{Items: []*fnv1.Resource{content(object)}}
	}
	return req
}

// unmarked is a resource without the mark of what is simulated, which only genops expand sets.
func unmarked(object map[string]any) map[string]any {
	metadata := object["metadata"].(map[string]any)
	annotations, ok := metadata["annotations"].(map[string]any)
	if ok {
		delete(annotations, compositions.AnnotationSimulated)
		if len(annotations) == 0 {
			delete(metadata, "annotations")
		}
	}
	return object
}
