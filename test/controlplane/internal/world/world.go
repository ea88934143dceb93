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
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/innovate-inc/genops/test/controlplane/internal/artifacts"
	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
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
	// Steps are numbers of environments that a platform grows to; for the scenario about scale.
	Steps []int
	// Resync is how long Argo CD waits before it looks at Git again; zero for a time that suits tests.
	Resync   time.Duration
	Programs *Programs
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
	Client kubernetes.Interface
	// Dynamic is the same for all kinds. It stays the same when the hub is another one.
	Dynamic dynamic.Interface
	// Survives makes a hub that is lost go on, unseen: nobody has stopped its Crossplane.
	Survives bool

	ports             *ports
	programs          kube.Programs
	etcd              *kube.Etcd
	artifacts         *artifacts.Artifacts
	mirrors           mirrors
	packages          string
	registryCA        string
	redis, repoServer int
	hub               hub
	hubs              int

	mu        sync.Mutex
	notes     []string
	workloads map[string]*Workload
	// functions are the programs of released versions of the function, by tag and digest.
	functions map[string]string
	tasks     sync.WaitGroup
}

// New starts the bootstrap cluster, empty, and everything around it. Close ends it, also after an error.
func New(ctx context.Context, o Options) (*World, error) {
	w := &World{
		Options: o, Dynamic: &current{}, ports: &ports{next: o.BasePort}, workloads: map[string]*Workload{}, functions: map[string]string{},
	}
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
	for _, step := range []func(context.Context) error{w.startSources, w.startEtcd, w.StartHub} {
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
	own := filepath.Join(w.State, "bin", "genops")
	if err := copyProgram(w.Programs.Path["genops"], own); err != nil {
		return fmt.Errorf("the binary that is tested: %w", err)
	}
	paths := maps.Clone(w.Programs.Path)
	paths["genops"] = own
	programs := *w.Programs
	programs.Path = paths
	w.Programs = &programs
	return nil
}

// RenewGenops takes another binary for what is rendered from now on. The function in the bootstrap cluster stays what it was.
func (w *World) RenewGenops(from string) error {
	if err := copyProgram(from, w.Programs.Path["genops"]); err != nil {
		return fmt.Errorf("a newer genops: %w", err)
	}
	return nil
}

// copyProgram puts a program into its place in one step: the old one may be running.
func copyProgram(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err //nolint:wrapcheck // The caller says which program.
	}
	if err := os.WriteFile(to+".new", text, 0o755); err != nil {
		return err //nolint:wrapcheck // The caller says which program.
	}
	return os.Rename(to+".new", to) //nolint:wrapcheck // The caller says which program.
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

// Note adds lines to what is printed at the end.
func (w *World) Note(lines ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, lines...)
}

// Notes are all that was noted.
func (w *World) Notes() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.notes)
}

// EtcdSize is the size of etcd's database and how much of it is in use, of all clusters together.
func (w *World) EtcdSize(ctx context.Context) (file, inUse int64, err error) {
	return w.etcd.Size(ctx) //nolint:wrapcheck // It says what failed.
}

// Close ends all processes. The context that New got has to be done.
func (w *World) Close() {
	if w.Group != nil {
		w.Group.Close()
	}
	if w.hub.tasks != nil {
		w.hub.tasks.Wait()
	}
	if w.AWS != nil {
		w.AWS.Wait()
	}
	w.tasks.Wait()
}
