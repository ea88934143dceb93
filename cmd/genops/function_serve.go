package main

import (
	"context"
	"errors"
	"fmt"
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
		Long: `serve answers the requests of Crossplane until it is interrupted or terminated; then it finishes what is under way, for at most
20 seconds. Clients need a certificate that ca.crt in the folder of certificates signed. Crossplane makes the certificates, mounts them and
names the folder in ` + certsVariable + `; renewed ones are used without a restart.

Metrics for Prometheus are at /metrics, and the health service of gRPC is at the same address as the function. Logs are JSON, on the standard
error.`,
		Example: `  genops function serve                                           as Crossplane starts it
  genops function serve --insecure --address 127.0.0.1:9443      on a developer's machine, for crossplane render`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.insecure && cmd.Flags().Changed("tls-certs-dir") {
				return usageError{errors.New("--insecure and --tls-certs-dir: allowed is one of them")}
			}
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.certs, "tls-certs-dir", g.env(certsVariable), "folder with tls.crt, tls.key and ca.crt (default $"+certsVariable+")")
	flags.Lookup("tls-certs-dir").DefValue = "" // The help is the same everywhere.
	flags.BoolVar(&o.insecure, "insecure", false, "serve without certificates, to everyone who can connect")
	flags.StringVar(&o.address, "address", ":9443", "address to serve on")
	flags.StringVar(&o.metrics, "metrics-address", ":8080", `address to serve metrics on, "" for none`)
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
		log.Warn("serving without certificates: everyone who can connect may ask")
		o.certs = ""
	} else if o.certs == "" {
		return usageError{fmt.Errorf("function serve: there are no certificates: name their folder with --tls-certs-dir or %s, "+
			"or serve to everyone who can connect with --insecure", certsVariable)}
	}
	server, err := function.Listen(ctx, function.New(log), function.Options{
		Address: o.address, MetricsAddress: o.metrics, CertsDir: o.certs, Grace: function.Grace, Log: log,
	})
	if err != nil {
		return machineFault("start", "the function", err)
	}
	if err := server.Serve(ctx); err != nil {
		return machineFault("run", "the function", err)
	}
	return nil
}
