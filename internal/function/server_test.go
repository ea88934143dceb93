package function

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	fnv1beta1 "github.com/crossplane/function-sdk-go/proto/v1beta1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/innovate-inc/genops/compositions"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate: certificate, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue signs a certificate for 127.0.0.1, and gives it and its key as PEM.
func (a *authority) issue(t *testing.T, serial int64, usage x509.ExtKeyUsage) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "genops"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, private.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})
}

// folder has the files that Crossplane mounts.
func (a *authority) folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	a.renew(t, dir, 2)
	return dir
}

func (a *authority) renew(t *testing.T, dir string, serial int64) {
	t.Helper()
	certificate, key := a.issue(t, serial, x509.ExtKeyUsageServerAuth)
	for name, content := range map[string][]byte{"tls.crt": certificate, "tls.key": key, "ca.crt": a.pem} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// client has a certificate that this authority signed, and trusts another one.
func (a *authority) client(t *testing.T, trusted *authority) *tls.Config {
	t.Helper()
	certificate, key := a.issue(t, 3, x509.ExtKeyUsageClientAuth)
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(trusted.certificate)
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// running is a server in this process.
type running struct {
	server  *Server
	log     *journal
	address string
	metrics string
	stop    context.CancelFunc
	ended   chan error
}

// start serves a function until the test ends.
func start(t *testing.T, f fnv1.FunctionRunnerServiceServer, dir string, grace time.Duration) *running {
	t.Helper()
	r := &running{log: &journal{}, ended: make(chan error, 1)}
	var err error
	r.server, err = Listen(t.Context(), f, Options{
		Address: "127.0.0.1:0", MetricsAddress: "127.0.0.1:0", CertsDir: dir, Grace: grace, Log: r.log.logger(),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.address, r.metrics = r.server.Addresses()
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { r.ended <- r.server.Serve(ctx) }()
	t.Cleanup(cancel)
	return r
}

// end waits for the server.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	select {
	case err := <-r.ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the server does not end")
	}
}

func dial(t *testing.T, address string, transport credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(transport))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// TestServe asks the way Crossplane does, in both versions of the API, for health, and for metrics.
func TestServe(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	r := start(t, quiet(), ca.folder(t), time.Second)
	connection := dial(t, r.address, credentials.NewTLS(ca.client(t, ca)))
	req := request(t, "Network", specs(t)["Network"], compositions.Observed{})
	rsp, err := fnv1.NewFunctionRunnerServiceClient(connection).RunFunction(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if message := fatal(t, rsp); message != "" || len(rsp.GetDesired().GetResources()) < 20 {
		t.Errorf("response has %d resources: %s", len(rsp.GetDesired().GetResources()), message)
	}

	wire, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	older := &fnv1beta1.RunFunctionRequest{}
	if err := proto.Unmarshal(wire, older); err != nil {
		t.Fatal(err)
	}
	beta, err := fnv1beta1.NewFunctionRunnerServiceClient(connection).RunFunction(t.Context(), older)
	if err != nil || len(beta.GetDesired().GetResources()) != len(rsp.GetDesired().GetResources()) {
		t.Errorf("v1beta1: %v, %d resources", err, len(beta.GetDesired().GetResources()))
	}

	health, err := healthgrpc.NewHealthClient(connection).Check(t.Context(), &healthgrpc.HealthCheckRequest{})
	if err != nil || health.GetStatus() != healthgrpc.HealthCheckResponse_SERVING {
		t.Errorf("health is %v, %v", health, err)
	}

	const counter = `grpc_server_handled_total{grpc_code="OK",grpc_method="RunFunction",grpc_service="apiextensions.fn.proto.v1.FunctionRunnerService",grpc_type="unary"} 1`
	if body := get(t, "http://"+r.metrics+"/metrics"); !strings.Contains(body, counter) || !strings.Contains(body, "go_goroutines") {
		t.Errorf("metrics are\n%s", body)
	}
	r.end(t)
	if !r.log.contains(`"msg":"serving"`) || !r.log.contains(`"mtls":true`) || !r.log.contains(`"msg":"stopped"`) {
		t.Errorf("log is\n%s", r.log.text.String())
	}
	if _, err := net.DialTimeout("tcp", r.metrics, time.Second); err == nil {
		t.Error("the metrics are still served")
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, answer.StatusCode, err)
	}
	return string(body)
}

// TestStrangers refuses who has no certificate, a wrong one, or one for something else.
func TestStrangers(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t), newAuthority(t)
	r := start(t, quiet(), ca.folder(t), time.Second)
	nobody := ca.client(t, ca)
	nobody.Certificates = nil
	old := ca.client(t, ca)
	old.MaxVersion = tls.VersionTLS12
	certificate, key := ca.issue(t, 4, x509.ExtKeyUsageServerAuth)
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	servers := ca.client(t, ca)
	servers.Certificates = []tls.Certificate{pair}
	for name, transport := range map[string]credentials.TransportCredentials{
		"no certificate":        credentials.NewTLS(nobody),
		"of another authority":  credentials.NewTLS(other.client(t, ca)),
		"a server's":            credentials.NewTLS(servers),
		"TLS 1.2":               credentials.NewTLS(old),
		"no TLS":                insecure.NewCredentials(),
		"distrusts this server": credentials.NewTLS(ca.client(t, other)),
	} {
		_, err := fnv1.NewFunctionRunnerServiceClient(dial(t, r.address, transport)).RunFunction(t.Context(), &fnv1.RunFunctionRequest{})
		if status.Code(err) != codes.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	connection := dial(t, r.address, credentials.NewTLS(ca.client(t, ca)))
	if _, err := fnv1.NewFunctionRunnerServiceClient(connection).RunFunction(t.Context(), &fnv1.RunFunctionRequest{}); err != nil {
		t.Errorf("the right certificate: %v", err)
	}
}

// TestRenewal uses new certificates for new connections, and the old ones while the files are being replaced.
func TestRenewal(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	dir := ca.folder(t)
	r := start(t, quiet(), dir, time.Second)
	serial := func(by *authority) (string, error) {
		connection, err := tls.Dial("tcp", r.address, func() *tls.Config { c := by.client(t, by); c.NextProtos = []string{"h2"}; return c }())
		if err != nil {
			return "", err
		}
		defer func() { _ = connection.Close() }()
		return connection.ConnectionState().PeerCertificates[0].SerialNumber.String(), nil
	}
	expect := func(by *authority, want string) {
		t.Helper()
		if got, err := serial(by); got != want || err != nil {
			t.Errorf("the server has certificate %s, want %s: %v", got, want, err)
		}
	}
	expect(ca, "2")
	if err := os.WriteFile(filepath.Join(dir, "tls.key"), []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(ca, "2")
	if !r.log.contains("the last good ones stay in use") {
		t.Errorf("log is\n%s", r.log.text.String())
	}
	ca.renew(t, dir, 5)
	expect(ca, "5")
	// Even the authority can change.
	next := newAuthority(t)
	next.renew(t, dir, 6)
	expect(next, "6")
	connection := dial(t, r.address, credentials.NewTLS(next.client(t, next)))
	if _, err := fnv1.NewFunctionRunnerServiceClient(connection).RunFunction(t.Context(), &fnv1.RunFunctionRequest{}); err != nil {
		t.Error(err)
	}
	connection = dial(t, r.address, credentials.NewTLS(ca.client(t, next)))
	if _, err := fnv1.NewFunctionRunnerServiceClient(connection).RunFunction(t.Context(), &fnv1.RunFunctionRequest{}); err == nil {
		t.Error("a client of the old authority is let in")
	}
}

// slow answers when it is told to, or panics.
type slow struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	began  chan struct{}
	answer chan struct{}
}

func (s *slow) RunFunction(_ context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	if s.began == nil {
		panic("outside of Function")
	}
	s.began <- struct{}{}
	<-s.answer
	return &fnv1.RunFunctionResponse{Meta: &fnv1.ResponseMeta{Tag: req.GetMeta().GetTag()}}, nil
}

// TestStop finishes a request that is under way, and takes no new one.
func TestStop(t *testing.T) {
	t.Parallel()
	f := &slow{began: make(chan struct{}), answer: make(chan struct{})}
	r := start(t, f, "", 20*time.Second)
	client := fnv1.NewFunctionRunnerServiceClient(dial(t, r.address, insecure.NewCredentials()))
	answered := make(chan error, 1)
	go func() {
		_, err := client.RunFunction(context.Background(), &fnv1.RunFunctionRequest{})
		answered <- err
	}()
	<-f.began
	r.stop()
	for !r.log.contains(`"msg":"stopping"`) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	if connection, err := net.DialTimeout("tcp", r.address, time.Second); err == nil {
		_ = connection.Close()
		t.Error("a server that stops takes connections")
	}
	select {
	case err := <-r.ended:
		t.Fatalf("the server did not wait: %v", err)
	default:
	}
	close(f.answer)
	if err := <-answered; err != nil {
		t.Errorf("the request that was under way: %v", err)
	}
	r.end(t)
}

// TestStopInTime does not wait for ever.
func TestStopInTime(t *testing.T) {
	t.Parallel()
	f := &slow{began: make(chan struct{}), answer: make(chan struct{})}
	defer close(f.answer)
	r := start(t, f, "", 50*time.Millisecond)
	client := fnv1.NewFunctionRunnerServiceClient(dial(t, r.address, insecure.NewCredentials()))
	answered := make(chan error, 1)
	go func() {
		_, err := client.RunFunction(context.Background(), &fnv1.RunFunctionRequest{})
		answered <- err
	}()
	<-f.began
	r.end(t)
	if err := <-answered; status.Code(err) != codes.Unavailable {
		t.Errorf("the request that was cut off: %v", err)
	}
	if !r.log.contains("requests took too long") {
		t.Errorf("log is\n%s", r.log.text.String())
	}
}

// TestPanicOutside ends a request and not the server, also where Function cannot recover.
func TestPanicOutside(t *testing.T) {
	t.Parallel()
	r := start(t, &slow{}, "", time.Second)
	client := fnv1.NewFunctionRunnerServiceClient(dial(t, r.address, insecure.NewCredentials()))
	for range 2 {
		_, err := client.RunFunction(t.Context(), &fnv1.RunFunctionRequest{})
		if got := status.Convert(err); got.Code() != codes.Internal || got.Message() != "a defect of genops: the log of the function says what happened" {
			t.Errorf("error is %v", err)
		}
	}
	if !r.log.contains("outside of Function") || !r.log.contains("server_test.go") {
		t.Errorf("log is\n%s", r.log.text.String())
	}
}

// TestConcurrent asks a hundred things at once.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	r := start(t, quiet(), "", 10*time.Second)
	client := fnv1.NewFunctionRunnerServiceClient(dial(t, r.address, insecure.NewCredentials()))
	all := specs(t)
	var group sync.WaitGroup
	for i := range 100 {
		kind := []string{"Network", "Cluster", "Edge", "ClusterRegistration"}[i%4]
		req := request(t, kind, all[kind], compositions.Observed{})
		req.Meta.Tag = strconv.Itoa(i)
		if i%5 == 0 {
			req = set(req, nil, "spec", "region")
		}
		group.Go(func() {
			rsp, err := client.RunFunction(context.Background(), req)
			switch {
			case err != nil:
				t.Error(err)
			case rsp.GetMeta().GetTag() != req.GetMeta().GetTag():
				t.Errorf("%s got the response to %s", req.GetMeta().GetTag(), rsp.GetMeta().GetTag())
			case (fatal(t, rsp) != "") != (i%5 == 0):
				t.Errorf("%d: results are %v", i, rsp.GetResults())
			}
		})
	}
	group.Wait()
	r.end(t)
}

// TestSize takes a request that is larger than gRPC's default, and refuses one beyond the limit.
func TestSize(t *testing.T) {
	t.Parallel()
	r := start(t, quiet(), "", time.Second)
	client := fnv1.NewFunctionRunnerServiceClient(dial(t, r.address, insecure.NewCredentials()))
	large := func(size int) *fnv1.RunFunctionRequest {
		return &fnv1.RunFunctionRequest{Observed: &fnv1.State{Resources: map[string]*fnv1.Resource{
			"a": {Resource: &structpb.Struct{Fields: map[string]*structpb.Value{"b": structpb.NewStringValue(strings.Repeat("x", size))}}},
		}}}
	}
	if _, err := client.RunFunction(t.Context(), large(8<<20)); err != nil {
		t.Error(err)
	}
	if _, err := client.RunFunction(t.Context(), large(maxRequest)); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("error is %v", err)
	}
}

// TestListenRefuses says what is wrong before anything is served.
func TestListenRefuses(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	taken := busy.Addr().String()
	without := func(name, content string) string {
		dir := ca.folder(t)
		path := filepath.Join(dir, name)
		if err := errors.Join(os.Remove(path), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	empty, badKey, badCA := t.TempDir(), without("tls.key", "x"), without("ca.crt", "x")
	for name, tc := range map[string]struct {
		options Options
		want    string
	}{
		"port":         {Options{Address: taken}, "listen on " + taken + ": bind: address already in use"},
		"metrics port": {Options{Address: "127.0.0.1:0", MetricsAddress: taken}, "listen on " + taken + " for metrics: bind: address already in use"},
		"no files":     {Options{CertsDir: empty}, "read certificates: open " + empty + "/tls.crt: no such file or directory"},
		"key":          {Options{CertsDir: badKey}, "read certificates: tls.crt and tls.key: they are not a certificate and its key"},
		"authority":    {Options{CertsDir: badCA}, "read certificates: ca.crt: there is no certificate in it"},
	} {
		tc.options.Log = (&journal{}).logger()
		if _, err := Listen(t.Context(), quiet(), tc.options); err == nil || err.Error() != tc.want {
			t.Errorf("%s: error is %v, want %s", name, err, tc.want)
		}
	}
}
