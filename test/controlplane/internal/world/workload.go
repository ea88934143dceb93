package world

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/eks"
	"github.com/innovate-inc/genops/test/controlplane/internal/incluster"
	"github.com/innovate-inc/genops/test/controlplane/internal/kube"
	"github.com/innovate-inc/genops/test/controlplane/internal/kubelet"
)

// Workload is the workload cluster of an environment.
type Workload struct {
	*kube.Cluster

	// Version is the Kubernetes version that was asked for.
	Version string
	EKS     *eks.EKS
	Kubelet *kubelet.Kubelet
	// Controllers play those in the cluster that need metrics or AWS.
	Controllers *incluster.Controllers
	Client      kubernetes.Interface
	Dynamic     dynamic.Interface

	world *World
	// stop ends EKS and the controllers, and waits until they have ended.
	stop func()
	// cancel ends the nodes, and with them the programs of pods.
	cancel context.CancelFunc
}

// Workloads are the workload clusters that AWS has created, by their names in EKS.
func (w *World) Workloads() map[string]*Workload {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[string]*Workload, len(w.workloads))
	for name, c := range w.workloads {
		all[name] = c
	}
	return all
}

// startWorkload creates an EKS cluster: a control plane that lets in whom EKS would, and nothing on it.
func (w *World) startWorkload(ctx context.Context, request awsstandin.ClusterRequest) (awsstandin.ClusterAddress, error) {
	c := &Workload{Version: request.Version, world: w}
	ctx, c.cancel = context.WithCancel(ctx)
	var err error
	c.EKS = eks.New(eks.Identity{Name: request.Name, Account: request.Account, Region: request.Region}, w.Dynamic, w.Log)
	tokens, err := w.ports.Listen("tokens of " + request.Name)
	if err != nil {
		return awsstandin.ClusterAddress{}, err
	}
	server := &http.Server{Handler: c.EKS, ReadHeaderTimeout: time.Minute}
	w.goDo(func() { <-ctx.Done(); _ = server.Close() })
	w.goDo(func() { _ = server.Serve(tokens) })
	dir := filepath.Join(w.State, request.Name)
	c.Cluster, err = kube.Start(ctx, w.Group, w.programs, w.etcd, w.ports,
		kube.Options{Name: request.Name, Dir: dir, TokenWebhook: "http://" + tokens.Addr().String()})
	if err != nil {
		return awsstandin.ClusterAddress{}, err
	}
	if c.Client, err = kubernetes.NewForConfig(c.Admin); err != nil {
		return awsstandin.ClusterAddress{}, fmt.Errorf("client of %s: %w", request.Name, err)
	}
	if c.Dynamic, err = dynamic.NewForConfig(c.Admin); err != nil {
		return awsstandin.ClusterAddress{}, fmt.Errorf("client of %s: %w", request.Name, err)
	}
	c.Kubelet, err = kubelet.New(kubelet.Options{
		Cluster: c.Cluster, Group: w.Group, Ports: w.ports, Dir: filepath.Join(dir, "pods"), Images: w.workloadImages(c), Log: w.Log,
	})
	if err != nil {
		return awsstandin.ClusterAddress{}, err
	}
	w.goDo(func() { _ = c.Kubelet.Run(ctx) })
	c.StartControllers(ctx)
	w.mu.Lock()
	w.workloads[request.Name] = c
	w.mu.Unlock()
	w.Say("EKS (stand-in): cluster %s of account %s is up", request.Name, request.Account)
	return awsstandin.ClusterAddress{Endpoint: c.URL, CA: c.CA}, nil
}

// StartControllers starts what EKS and the controllers in the cluster do. They know what AWS has from the hub: without one they would take all
// of it for lost, which it is not.
func (c *Workload) StartControllers(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	c.Controllers = incluster.New(incluster.Options{
		Identity: c.EKS.Identity, Cloud: c.EKS, Hub: c.world.Dynamic, Client: c.Client, Dynamic: c.Dynamic, Log: c.world.Log,
	})
	controllers := c.Controllers
	var running sync.WaitGroup
	running.Go(func() { _ = c.EKS.Run(ctx, c.Admin) })
	running.Go(func() { controllers.Run(ctx) })
	c.world.goDo(running.Wait)
	c.stop = func() {
		cancel()
		running.Wait()
	}
}

// StopControllers ends what StartControllers has started.
func (c *Workload) StopControllers() { c.stop() }

// stopWorkload deletes an EKS cluster with all that runs on it.
func (w *World) stopWorkload(request awsstandin.ClusterRequest) {
	w.mu.Lock()
	c := w.workloads[request.Name]
	delete(w.workloads, request.Name)
	w.mu.Unlock()
	if c == nil {
		return
	}
	c.StopControllers()
	c.cancel()
	w.Group.KillAll(c.Name + "-")
	w.Say("EKS (stand-in): cluster %s of account %s is deleted", request.Name, request.Account)
}
