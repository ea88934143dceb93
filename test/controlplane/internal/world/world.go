// Package world is a bootstrap cluster and its workload clusters, run as processes of this machine, with AWS and nodes as stand-ins.
package world

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/innovate-inc/genops/test/controlplane/internal/artifacts"
	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/eks"
	"github.com/innovate-inc/genops/test/controlplane/internal/gitserver"
	"github.com/innovate-inc/genops/test/controlplane/internal/kube"
	"github.com/innovate-inc/genops/test/controlplane/internal/kubelet"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// Options are what a run is made of.
type Options struct {
	// Root is the folder of the repository that is tested.
	Root string
	// State is the folder of everything that the run writes, except for Logs.
	State string
	Logs  string
	// Limit is how long a step may take.
	Limit time.Duration
	// BasePort is the first port that is used.
	BasePort int
	// Environments are those that the platform is reduced to; empty for all.
	Environments []string
	Programs     *Programs
	// Say tells about steps, Log about details.
	Say func(format string, args ...any)
	Log func(format string, args ...any)
}

// World is what runs.
type World struct {
	Options

	Group *process.Group
	Hub   *kube.Cluster
	// Kubelet plays the nodes of the hub.
	Kubelet *kubelet.Kubelet
	AWS     *awsstandin.Standin
	Git     *gitserver.Repository
	// Client is the hub's API with all rights.
	Client  kubernetes.Interface
	Dynamic dynamic.Interface

	ports             *ports
	programs          kube.Programs
	etcd              *kube.Etcd
	artifacts         *artifacts.Artifacts
	mirrors           mirrors
	packages          string
	registryCA        string
	redis, repoServer int

	mu        sync.Mutex
	workloads map[string]*Workload
	tasks     sync.WaitGroup
}

// New starts the bootstrap cluster, empty, and everything around it. Close ends it, also after an error.
func New(ctx context.Context, o Options) (*World, error) {
	w := &World{Options: o, ports: &ports{next: o.BasePort}, workloads: map[string]*Workload{}}
	path, err := w.path()
	if err != nil {
		return nil, err
	}
	if err := w.ownGenops(); err != nil {
		return nil, err
	}
	if w.Group, err = process.NewGroup(o.State, o.Logs, path); err != nil {
		return nil, err
	}
	w.programs = kube.Programs{
		Etcd: o.Programs.Path["etcd"], APIServer: o.Programs.Path["kube-apiserver"],
		ControllerManager: o.Programs.Path["kube-controller-manager"], Scheduler: o.Programs.Path["kube-scheduler"],
	}
	for _, step := range []func(context.Context) error{w.startSources, w.startHub, w.startAWS} {
		if err := step(ctx); err != nil {
			return w, err
		}
	}
	return w, nil
}

// path makes a folder of programs that Argo CD calls by their names.
func (w *World) path() (string, error) {
	dir := filepath.Join(w.State, "bin")
	self, err := os.Executable()
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	for name, target := range map[string]string{
		"helm": w.Programs.Path["helm"], AuthProgram: self, "git": w.Programs.Path["git"], "argocd-git-ask-pass": w.Programs.Path["argocd"],
	} {
		err = errors.Join(err, os.Symlink(target, filepath.Join(dir, name)))
	}
	if err != nil {
		return "", fmt.Errorf("folder of programs: %w", err)
	}
	return dir + ":/usr/local/bin:/usr/bin:/bin", nil
}

// ownGenops takes a copy of the binary that is tested: somebody may build a newer one meanwhile.
func (w *World) ownGenops() error {
	text, err := os.ReadFile(w.Programs.Path["genops"])
	if err != nil {
		return fmt.Errorf("the binary that is tested: %w", err)
	}
	own := filepath.Join(w.State, "bin", "genops")
	if err := os.WriteFile(own, text, 0o755); err != nil {
		return fmt.Errorf("the binary that is tested: %w", err)
	}
	paths := maps.Clone(w.Programs.Path)
	paths["genops"] = own
	programs := *w.Programs
	programs.Path = paths
	w.Programs = &programs
	return nil
}

// AuthProgram is the name under which this program plays argocd-k8s-auth.
const AuthProgram = "argocd-k8s-auth"

func (w *World) goDo(f func()) { w.tasks.Go(f) }

// startSources serves Git, charts and packages.
func (w *World) startSources(ctx context.Context) error {
	w.Say("serving Git, Helm charts and Crossplane packages")
	git, err := w.ports.Listen("Git")
	if err != nil {
		return err
	}
	if w.Git, err = gitserver.New(ctx, filepath.Join(w.State, "git"), gitPath, git); err != nil {
		return err
	}
	on := artifacts.Listeners{}
	if on.Charts, err = w.ports.Listen("charts"); err != nil {
		return err
	}
	if on.Packages, err = w.ports.Listen("packages"); err != nil {
		return err
	}
	if on.OCI, err = w.ports.Listen("charts in a registry"); err != nil {
		return err
	}
	authority, err := kube.NewAuthority("registry")
	if err != nil {
		return err
	}
	pair, err := authority.Server("localhost")
	if err != nil {
		return err
	}
	if on.Certificate, err = tls.X509KeyPair(pair.Certificate, pair.Key); err != nil {
		return fmt.Errorf("certificate of the registry: %w", err)
	}
	w.registryCA = filepath.Join(w.State, "registry-ca.crt")
	if err := os.WriteFile(w.registryCA, authority.PEM, 0o644); err != nil {
		return fmt.Errorf("certificate of the registry: %w", err)
	}
	catalogue, err := w.catalogue(ctx)
	if err != nil {
		return err
	}
	if w.artifacts, err = artifacts.New(artifacts.Modules{
		ProviderAWS: w.Programs.Modules[moduleAWS], Karpenter: w.Programs.Modules[moduleKarpenter], Crossplane: w.Programs.Modules[moduleCrossplane],
		ExternalSecrets: w.Programs.Modules[moduleSecrets],
	}, catalogue); err != nil {
		return fmt.Errorf("charts and packages: %w", err)
	}
	w.goDo(func() {
		if err := w.artifacts.Serve(ctx, on); err != nil && ctx.Err() == nil {
			w.Log("charts and packages: %v", err)
		}
	})
	w.packages = on.Addresses().Packages
	if err := w.artifacts.Push(ctx, w.packages); err != nil {
		return fmt.Errorf("push packages: %w", err)
	}
	made := catalogue.Mirrors(on.Addresses())
	w.mirrors = mirrors{Charts: made.Charts, Packages: made.Packages, Git: map[string]string{gitPrefix: strings.TrimSuffix(w.Git.URL, gitPath)}}
	return w.pushFunction(ctx, w.packages)
}

// startHub starts the bootstrap cluster with one node.
func (w *World) startHub(ctx context.Context) error {
	w.Say("starting etcd and the bootstrap cluster")
	var err error
	if w.redis, err = w.ports.Next("redis"); err != nil {
		return err
	}
	if w.repoServer, err = w.ports.Next("argocd-repo-server"); err != nil {
		return err
	}
	if w.etcd, err = kube.StartEtcd(ctx, w.Group, w.programs.Etcd, w.State, w.ports); err != nil {
		return err
	}
	proxy, err := w.ports.Listen("Services of the hub")
	if err != nil {
		return err
	}
	address := "http://" + proxy.Addr().String()
	w.Hub, err = kube.Start(ctx, w.Group, w.programs, w.etcd, w.ports, kube.Options{Name: "hub", Dir: filepath.Join(w.State, "hub"), Proxy: address})
	if err != nil {
		return err
	}
	if w.Client, err = kubernetes.NewForConfig(w.Hub.Admin); err != nil {
		return fmt.Errorf("client of the hub: %w", err)
	}
	if w.Dynamic, err = dynamic.NewForConfig(w.Hub.Admin); err != nil {
		return fmt.Errorf("client of the hub: %w", err)
	}
	if err := eks.Join(ctx, w.Client, eks.Node("bootstrap-1")); err != nil {
		return err
	}
	w.Kubelet, err = kubelet.New(kubelet.Options{
		Cluster: w.Hub, Group: w.Group, Ports: w.ports, Dir: filepath.Join(w.State, "hub", "pods"), Images: w.hubImages(),
		Env: []string{"HTTPS_PROXY=" + address}, Log: w.Log,
	})
	if err != nil {
		return err
	}
	w.goDo(func() { w.Kubelet.ServeServices(ctx, proxy) })
	w.goDo(func() { _ = w.Kubelet.Run(ctx) })
	return nil
}

// startAWS starts the stand-in for AWS and its provider.
func (w *World) startAWS(ctx context.Context) error {
	var err error
	w.AWS, err = awsstandin.New(awsstandin.Options{Config: w.Hub.Admin, StartCluster: w.startWorkload, Log: w.Log})
	if err != nil {
		return fmt.Errorf("AWS (stand-in): %w", err)
	}
	w.goDo(func() {
		if err := w.AWS.Run(ctx); err != nil && ctx.Err() == nil {
			w.Log("AWS (stand-in): %v", err)
		}
	})
	return nil
}

// Close ends all processes. The context that New got has to be done.
func (w *World) Close() {
	if w.Group != nil {
		w.Group.Close()
	}
	w.tasks.Wait()
}
