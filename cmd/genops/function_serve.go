package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/innovate-inc/genops/internal/function"
)

// certsVariable is what Crossplane tells functions the folder of their certificates by (crossplane: internal/controller/pkg/runtime).
const certsVariable = "TLS_SERVER_CERTS_DIR"

// serveOptions are the options of function serve.
type serveOptions struct {
	*global

	address  string
	metrics  string
	certs    string
	insecure bool
	debug    bool
}

// newFunctionServe makes the command that answers Crossplane.
func newFunctionServe(g *global) *cobra.Command {
	o := &serveOptions{global: g}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the compositions to Crossplane",
		Long: `serve answers the requests of Crossplane over gRPC with mutual TLS, until it is told to stop; requests that are under way are finished.
It serves gRPC health checks on the same port, and metrics for Prometheus on another one. Logs are JSON lines on the standard error.

In a cluster Crossplane starts it and provides certificates: ` + certsVariable + `. Renewed ones are used without a restart.`,
		Example: `  genops function serve                                          the way Crossplane starts it
  genops function serve --insecure --address 127.0.0.1:9443      for crossplane render, on your machine`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.insecure && cmd.Flags().Changed("tls-certs-dir") {
				return usageError{errors.New("--insecure and --tls-certs-dir: allowed is one of them")}
			}
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.certs, "tls-certs-dir", g.env(certsVariable), "folder with tls.crt, tls.key and ca.crt (default: "+certsVariable+")")
	flags.Lookup("tls-certs-dir").DefValue = "" // The help is the same everywhere.
	flags.BoolVar(&o.insecure, "insecure", false, "serve without TLS, to everyone who reaches the port: for development alone")
	flags.StringVar(&o.address, "address", ":9443", "address of the gRPC server")
	flags.StringVar(&o.metrics, "metrics-address", ":8080", "address of the metrics; empty for none")
	flags.BoolVar(&o.debug, "debug", false, "log every request")
	return cmd
}

func (o *serveOptions) run(ctx context.Context) error {
	unlimited()
	level := slog.LevelInfo
	if o.debug {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewJSONHandler(o.err, &slog.HandlerOptions{Level: level}))
	if o.insecure {
		log.Warn("serving without TLS: everyone who reaches the port may ask")
		o.certs = ""
	} else if o.certs == "" {
		return usageError{errors.New("serve: there are no certificates: name their folder with --tls-certs-dir, or serve without TLS with --insecure")}
	}
	server, err := function.Listen(ctx, function.New(log), function.Options{
		Address: o.address, MetricsAddress: o.metrics, CertsDir: o.certs, Grace: function.Grace, Log: log,
	})
	if err != nil {
		return &serverError{err}
	}
	if err := server.Serve(ctx); err != nil {
		return &serverError{err}
	}
	return nil
}
