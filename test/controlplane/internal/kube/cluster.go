// Package kube runs Kubernetes control planes: etcd, kube-apiserver, kube-controller-manager and kube-scheduler, without nodes.
package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// startLimit is generous: a cold file system and two cores that are busy make everything slow.
const startLimit = 3 * time.Minute

// Programs are the paths of the programs.
type Programs struct{ Etcd, APIServer, ControllerManager, Scheduler string }

// Ports gives out ports of 127.0.0.1.
type Ports interface {
	Next(what string) (int, error)
}

// Etcd is one etcd, which all clusters share: each has a prefix of its own.
type Etcd struct{ url string }

// StartEtcd starts etcd in a folder.
func StartEtcd(ctx context.Context, group *process.Group, program, dir string, ports Ports) (*Etcd, error) {
	client, err := ports.Next("etcd")
	if err != nil {
		return nil, err
	}
	peer, err := ports.Next("etcd peers")
	if err != nil {
		return nil, err
	}
	url, peerURL := "http://127.0.0.1:"+strconv.Itoa(client), "http://127.0.0.1:"+strconv.Itoa(peer)
	p, err := group.Start(process.Command{Name: "etcd", Essential: true, Path: program, Args: []string{
		"--data-dir=" + filepath.Join(dir, "etcd"), "--listen-client-urls=" + url, "--advertise-client-urls=" + url,
		"--listen-peer-urls=" + peerURL, "--initial-advertise-peer-urls=" + peerURL, "--initial-cluster=default=" + peerURL,
		// What is stored is thrown away at the end.
		"--unsafe-no-fsync", "--log-level=warn", "--quota-backend-bytes=4294967296",
	}})
	if err != nil {
		return nil, err
	}
	e := &Etcd{url: url}
	return e, p.Ready(ctx, startLimit, e.Ready)
}

// Ready checks that etcd answers.
func (e *Etcd) Ready(ctx context.Context) error { return get(ctx, http.DefaultClient, e.url+"/health") }

// Forget deletes all that a cluster has stored.
func (e *Etcd) Forget(ctx context.Context, cluster string) error {
	// The range of keys that begin with /cluster/ ends before /cluster0: the next character.
	body, err := json.Marshal(map[string][]byte{"key": []byte("/" + cluster + "/"), "range_end": []byte("/" + cluster + "0")})
	if err != nil {
		return fmt.Errorf("forget %s: %w", cluster, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+"/v3/kv/deleterange", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("forget %s: %w", cluster, err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("forget %s: %w", cluster, err)
	}
	defer res.Body.Close()
	var answer struct {
		Deleted int `json:"deleted,string"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Deleted == 0 {
		return fmt.Errorf("forget %s: etcd says %s and deleted %d keys: %w", cluster, res.Status, answer.Deleted, err)
	}
	return nil
}

// Size is the size of the database file, and how much of it is in use: what old revisions took is free after each compaction.
func (e *Etcd) Size(ctx context.Context) (file, inUse int64, err error) {
	text, err := fetch(ctx, http.DefaultClient, e.url+"/metrics")
	if err != nil {
		return 0, 0, err
	}
	file, inUse = gauge(text, "etcd_mvcc_db_total_size_in_bytes"), gauge(text, "etcd_mvcc_db_total_size_in_use_in_bytes")
	if file == 0 || inUse == 0 {
		return 0, 0, errors.New("etcd does not tell the size of its database")
	}
	return file, inUse, nil
}

// gauge reads a metric that has no labels; zero if it is not there.
func gauge(text, name string) int64 {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err == nil {
				return int64(number)
			}
		}
	}
	return 0
}

// Cluster is a control plane.
type Cluster struct {
	Name string
	// URL is the address of the API server and CA the authority of its certificate (PEM).
	URL string
	CA  []byte
	// Admin is a client configuration with all rights.
	Admin *rest.Config

	authority *Authority
	dir       string
}

// Options are what differs between clusters.
type Options struct {
	Name string
	// Dir is a folder for certificates and the like.
	Dir string
	// Proxy is the address of the proxy that plays the network of Services; the API server reaches webhooks through it.
	Proxy string
	// TokenWebhook is the address of a token authenticator (TokenReview); empty for none.
	TokenWebhook string
}

// Start starts a cluster and waits until its API is ready.
func Start(ctx context.Context, group *process.Group, programs Programs, etcd *Etcd, ports Ports, o Options) (*Cluster, error) {
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("cluster %s: %w", o.Name, err)
	}
	authority, err := NewAuthority(o.Name)
	if err != nil {
		return nil, err
	}
	port, err := ports.Next("kube-apiserver of " + o.Name)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Name: o.Name, URL: "https://127.0.0.1:" + strconv.Itoa(port), CA: authority.PEM, authority: authority, dir: o.Dir}
	if err := c.writeFiles(o); err != nil {
		return nil, err
	}
	file := func(name string) string { return filepath.Join(o.Dir, name) }
	args := []string{
		"--etcd-servers=" + etcd.url, "--etcd-prefix=/" + o.Name, "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(port), "--endpoint-reconciler-type=none",
		"--tls-cert-file=" + file("server.crt"), "--tls-private-key-file=" + file("server.key"), "--client-ca-file=" + file("ca.crt"),
		"--requestheader-client-ca-file=" + file("front-proxy-ca.crt"), "--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--service-cluster-ip-range=10.0.0.0/16", "--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + file("sa.key"), "--service-account-signing-key-file=" + file("sa.key"),
		"--authorization-mode=RBAC", "--allow-privileged=true",
		// Nobody waits for a second client here, and a burst of 500 objects is normal.
		"--enable-priority-and-fairness=false", "--max-requests-inflight=0", "--max-mutating-requests-inflight=0",
	}
	if o.TokenWebhook != "" {
		args = append(args, "--authentication-token-webhook-config-file="+file("token-webhook.yaml"),
			"--authentication-token-webhook-version=v1", "--authentication-token-webhook-cache-ttl=2s")
	}
	var env []string
	if o.Proxy != "" {
		env = append(env, "HTTPS_PROXY="+o.Proxy)
	}
	server, err := group.Start(process.Command{Name: o.Name + "-kube-apiserver", Path: programs.APIServer, Essential: true, Args: args, Env: env})
	if err != nil {
		return nil, err
	}
	if c.Admin, err = c.config("admin", "system:masters"); err != nil {
		return nil, err
	}
	if err := server.Ready(ctx, startLimit, c.Ready); err != nil {
		return nil, err
	}
	return c, c.startControllers(ctx, group, programs, ports)
}

func (c *Cluster) writeFiles(o Options) error {
	server, err := c.authority.Server("kube-apiserver")
	if err != nil {
		return err
	}
	// Nobody is a proxy in front of this API server, but controllers ask for the authority of such.
	proxies, err := NewAuthority("front-proxy")
	if err != nil {
		return err
	}
	if err := errors.Join(server.write(o.Dir, "server"), writeServiceAccountKey(filepath.Join(o.Dir, "sa.key")),
		os.WriteFile(filepath.Join(o.Dir, "front-proxy-ca.crt"), proxies.PEM, 0o600),
		os.WriteFile(filepath.Join(o.Dir, "ca.crt"), c.authority.PEM, 0o600)); err != nil {
		return fmt.Errorf("cluster %s: %w", o.Name, err)
	}
	if o.TokenWebhook == "" {
		return nil
	}
	text := "apiVersion: v1\nkind: Config\nclusters: [{name: w, cluster: {server: " + o.TokenWebhook + "}}]\nusers: [{name: w}]\n" +
		"contexts: [{name: w, context: {cluster: w, user: w}}]\ncurrent-context: w\n"
	if err := os.WriteFile(filepath.Join(o.Dir, "token-webhook.yaml"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("cluster %s: %w", o.Name, err)
	}
	return nil
}

// Ready checks that the API server says that it is ready.
func (c *Cluster) Ready(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(c.Admin)
	if err != nil {
		return fmt.Errorf("client of %s: %w", c.Name, err)
	}
	if err := client.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error(); err != nil {
		return fmt.Errorf("readyz of %s: %w", c.Name, err)
	}
	return nil
}

func (c *Cluster) startControllers(ctx context.Context, group *process.Group, programs Programs, ports Ports) error {
	manager, err := ports.Next("kube-controller-manager of " + c.Name)
	if err != nil {
		return err
	}
	scheduler, err := ports.Next("kube-scheduler of " + c.Name)
	if err != nil {
		return err
	}
	managerFile, err := c.kubeconfig("kube-controller-manager", "system:kube-controller-manager")
	if err != nil {
		return err
	}
	schedulerFile, err := c.kubeconfig("kube-scheduler", "system:kube-scheduler")
	if err != nil {
		return err
	}
	for _, command := range []process.Command{
		{Name: c.Name + "-kube-controller-manager", Path: programs.ControllerManager, Essential: true, Args: []string{
			"--kubeconfig=" + managerFile, "--authentication-kubeconfig=" + managerFile, "--authorization-kubeconfig=" + managerFile,
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(manager), "--leader-elect=false", "--use-service-account-credentials=true",
			"--service-account-private-key-file=" + filepath.Join(c.dir, "sa.key"), "--root-ca-file=" + filepath.Join(c.dir, "ca.crt"),
			// Nodes are stand-ins that send no heartbeat, and there are no metrics of pods.
			"--controllers=*,-node-lifecycle-controller,-horizontal-pod-autoscaler-controller",
			"--kube-api-qps=100", "--kube-api-burst=200",
		}},
		{Name: c.Name + "-kube-scheduler", Path: programs.Scheduler, Essential: true, Args: []string{
			"--kubeconfig=" + schedulerFile, "--authentication-kubeconfig=" + schedulerFile, "--authorization-kubeconfig=" + schedulerFile,
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(scheduler), "--leader-elect=false",
		}},
	} {
		if _, err := group.Start(command); err != nil {
			return err
		}
	}
	// The account that every namespace gets shows that the controllers work.
	client, err := kubernetes.NewForConfig(c.Admin)
	if err != nil {
		return fmt.Errorf("client of %s: %w", c.Name, err)
	}
	return process.Until(ctx, "controllers of "+c.Name, startLimit, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", getOptions)
		return err //nolint:wrapcheck // Until says what was waited for.
	})
}

func get(ctx context.Context, client *http.Client, url string) error {
	_, err := fetch(ctx, client, url)
	return err
}

func fetch(ctx context.Context, client *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", fmt.Errorf("get %s: %w", url, err)
	}
	res, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("get %s: %w", url, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("get %s: %s", url, res.Status)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "", fmt.Errorf("get %s: %w", url, err)
	}
	return string(text), nil
}
