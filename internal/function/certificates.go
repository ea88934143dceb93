package function

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// certificates are read anew for every connection: Crossplane renews them, and keeps its connections for hours.
type certificates struct {
	dir string
	log *slog.Logger

	mu      sync.Mutex
	files   [3][]byte
	current *tls.Config
}

// loadCertificates reads the files of a Secret that Crossplane made: tls.crt and tls.key of the server, ca.crt of those who may call it.
func loadCertificates(dir string, log *slog.Logger) (*certificates, error) {
	c := &certificates{dir: dir, log: log}
	if err := c.reload(); err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	return c, nil
}

// config asks every client for a certificate.
func (c *certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			// Files that do not fit each other are being replaced right now.
			if err := c.reload(); err != nil {
				c.log.Warn("certificates cannot be read, the last good ones stay in use", "folder", c.dir, "error", err)
			}
			return c.current, nil
		},
	}
}

// reload reads the files and replaces the configuration if they changed.
func (c *certificates) reload() error {
	var files [3][]byte
	for i, name := range []string{"tls.crt", "tls.key", "ca.crt"} {
		content, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			return err //nolint:wrapcheck // It names the file.
		}
		files[i] = content
	}
	if c.current != nil && bytes.Equal(files[0], c.files[0]) && bytes.Equal(files[1], c.files[1]) && bytes.Equal(files[2], c.files[2]) {
		return nil
	}
	own, err := tls.X509KeyPair(files[0], files[1])
	if err != nil {
		return errors.New("tls.crt and tls.key: they are not a certificate and its key")
	}
	clients := x509.NewCertPool()
	if !clients.AppendCertsFromPEM(files[2]) {
		return errors.New("ca.crt: there is no certificate in it")
	}
	c.files = files
	c.current = &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{own},
		ClientCAs:    clients,
		ClientAuth:   tls.RequireAndVerifyClientCert,
	}
	return nil
}
