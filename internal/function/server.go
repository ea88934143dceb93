package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	sdk "github.com/crossplane/function-sdk-go"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	fnv1beta1 "github.com/crossplane/function-sdk-go/proto/v1beta1"
	grpcprometheus "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// maxRequest is the size of the largest request, in bytes. A composite with some hundred observed resources comes near the 4 MiB that gRPC
// allows by default.
const maxRequest = 16 << 20

// Grace is how long requests that are under way may take once the server is told to stop. Kubernetes kills after 30 seconds.
const Grace = 20 * time.Second

// readHeaderTimeout ends connections to the metrics that ask nothing.
const readHeaderTimeout = 10 * time.Second

// Options say how a function is served.
type Options struct {
	// Address to listen on, such as :9443.
	Address string
	// MetricsAddress serves /metrics without TLS; empty for none.
	MetricsAddress string
	// CertsDir holds tls.crt, tls.key and the ca.crt that signs clients. Empty serves without TLS, to everyone.
	CertsDir string
	// Grace is how long requests may take after the end was asked for.
	Grace time.Duration
	Log   *slog.Logger
}

// Server serves a function. Unlike function-sdk-go's Serve it can be told to stop.
type Server struct {
	options  Options
	grpc     *grpc.Server
	health   *health.Server
	metrics  *http.Server
	listener net.Listener
	scrapes  net.Listener
}

// Listen makes a server and opens its ports. What is wrong with certificates or ports is known when it returns.
func Listen(ctx context.Context, f fnv1.FunctionRunnerServiceServer, o Options) (*Server, error) {
	s := &Server{options: o, health: health.NewServer()}
	transport := insecure.NewCredentials()
	if o.CertsDir != "" {
		certificates, err := loadCertificates(o.CertsDir, o.Log)
		if err != nil {
			return nil, err
		}
		transport = credentials.NewTLS(certificates.config())
	}
	// Outermost, so that requests that panic are counted.
	metrics := grpcprometheus.NewServerMetrics(grpcprometheus.WithServerHandlingTimeHistogram())
	s.grpc = grpc.NewServer(
		grpc.Creds(transport),
		grpc.MaxRecvMsgSize(maxRequest),
		grpc.ChainUnaryInterceptor(metrics.UnaryServerInterceptor(), s.recovering),
	)
	fnv1.RegisterFunctionRunnerServiceServer(s.grpc, f)
	fnv1beta1.RegisterFunctionRunnerServiceServer(s.grpc, sdk.ServeBeta(f))
	healthgrpc.RegisterHealthServer(s.grpc, s.health)

	var config net.ListenConfig
	var err error
	if s.listener, err = config.Listen(ctx, "tcp", o.Address); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", o.Address, cause(err))
	}
	if o.MetricsAddress == "" {
		return s, nil
	}
	if s.scrapes, err = config.Listen(ctx, "tcp", o.MetricsAddress); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s for metrics: %w", o.MetricsAddress, cause(err)), s.listener.Close())
	}
	metrics.InitializeMetrics(s.grpc)
	registry := prometheus.NewRegistry() // The global one has what linked libraries put there.
	registry.MustRegister(metrics, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	s.metrics = &http.Server{Handler: mux, ReadHeaderTimeout: readHeaderTimeout}
	return s, nil
}

// cause leaves out what Go says of addresses: they have been said.
func cause(err error) error {
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return network.Err
	}
	return err
}

// Addresses that the server listens on; that of metrics is empty if there are none.
func (s *Server) Addresses() (address, metrics string) {
	if s.scrapes != nil {
		metrics = s.scrapes.Addr().String()
	}
	return s.listener.Addr().String(), metrics
}

// Serve answers until the context ends, and then finishes what is under way.
func (s *Server) Serve(ctx context.Context) error {
	const servers = 2
	ended := make(chan error, servers)
	go func() { ended <- s.grpc.Serve(s.listener) }()
	if s.metrics != nil {
		go func() { ended <- s.metrics.Serve(s.scrapes) }()
	}
	s.health.SetServingStatus("", healthgrpc.HealthCheckResponse_SERVING)
	address, metrics := s.Addresses()
	s.options.Log.InfoContext(ctx, "serving", "address", address, "metrics", metrics, "mtls", s.options.CertsDir != "")
	select {
	case err := <-ended:
		s.grpc.Stop()
		if s.metrics != nil {
			_ = s.metrics.Close()
		}
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		s.stop(context.WithoutCancel(ctx))
		return nil
	}
}

// stop takes no new requests and waits for those that are under way.
func (s *Server) stop(ctx context.Context) {
	s.options.Log.InfoContext(ctx, "stopping", "grace", s.options.Grace)
	s.health.Shutdown()
	ctx, cancel := context.WithTimeout(ctx, s.options.Grace)
	defer cancel()
	finished := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(finished)
	}()
	select {
	case <-finished:
	case <-ctx.Done():
		s.options.Log.WarnContext(ctx, "requests took too long and were cut off", "grace", s.options.Grace)
		// It closes connections at once, and then may wait for the requests, because GracefulStop does so with the lock of both.
		go s.grpc.Stop()
	}
	if s.metrics != nil {
		_ = s.metrics.Close() // A scrape can be repeated.
	}
	s.options.Log.InfoContext(ctx, "stopped")
}

// recovering turns a panic outside of Function into an error of the request.
func (s *Server) recovering(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (rsp any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			s.options.Log.ErrorContext(ctx, "a defect of genops", "method", info.FullMethod, "error", fmt.Sprint("panic: ", cause), "stack", string(debug.Stack()))
			rsp, err = nil, status.Error(codes.Internal, "a defect of genops: the log of the function says what happened")
		}
	}()
	return next(ctx, req)
}
