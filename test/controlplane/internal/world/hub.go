package world

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/eks"
	"github.com/innovate-inc/genops/test/controlplane/internal/kube"
	"github.com/innovate-inc/genops/test/controlplane/internal/kubelet"
)

// hub is what of a hub runs in this program.
type hub struct {
	name  string
	stop  context.CancelFunc
	tasks *sync.WaitGroup
}

// current is the client of the hub that there is now.
type current struct {
	client atomic.Pointer[dynamic.DynamicClient]
}

// Resource is the interface to a kind.
func (c *current) Resource(kind schema.GroupVersionResource) dynamic.NamespaceableResourceInterface {
	return c.client.Load().Resource(kind)
}

func (w *World) startEtcd(ctx context.Context) error {
	w.Say("starting etcd and the bootstrap cluster")
	var err error
	w.etcd, err = kube.StartEtcd(ctx, w.Group, w.programs.Etcd, w.State, w.ports)
	return err //nolint:wrapcheck // It says what failed.
}

// StartHub starts a bootstrap cluster with one node and nothing on it, and the provider for it. A later one has nothing of the one before but
// Git, the registry and AWS.
func (w *World) StartHub(ctx context.Context) error {
	next := hub{name: "hub", tasks: &sync.WaitGroup{}}
	if w.hubs++; w.hubs > 1 {
		next.name += strconv.Itoa(w.hubs)
	}
	var err error
	if w.redis, err = w.ports.Next("redis"); err != nil {
		return err
	}
	if w.repoServer, err = w.ports.Next("argocd-repo-server"); err != nil {
		return err
	}
	proxy, err := w.ports.Listen("Services of the hub")
	if err != nil {
		return err
	}
	address := "http://" + proxy.Addr().String()
	dir := filepath.Join(w.State, next.name)
	w.Hub, err = kube.Start(ctx, w.Group, w.programs, w.etcd, w.ports, kube.Options{Name: next.name, Dir: dir, Proxy: address})
	if err != nil {
		return err
	}
	if w.Client, err = kubernetes.NewForConfig(w.Hub.Admin); err != nil {
		return fmt.Errorf("client of the hub: %w", err)
	}
	client, err := dynamic.NewForConfig(w.Hub.Admin)
	if err != nil {
		return fmt.Errorf("client of the hub: %w", err)
	}
	w.Dynamic.(*current).client.Store(client) //nolint:forcetypeassert // New made it.
	if err := eks.Join(ctx, w.Client, eks.Node("bootstrap-1")); err != nil {
		return err
	}
	w.Kubelet, err = kubelet.New(kubelet.Options{
		Cluster: w.Hub, Group: w.Group, Ports: w.ports, Dir: filepath.Join(dir, "pods"), Images: w.hubImages(),
		Env: []string{"HTTPS_PROXY=" + address}, Log: w.Log,
	})
	if err != nil {
		return err
	}
	var life context.Context
	life, next.stop = context.WithCancel(ctx)
	nodes := w.Kubelet
	next.tasks.Go(func() { nodes.ServeServices(life, proxy) })
	next.tasks.Go(func() { _ = nodes.Run(life) })
	w.hub = next
	return w.startAWS(ctx, life)
}

// startAWS starts the provider of the hub, for as long as the hub lives; AWS itself (stand-in) lives longer.
func (w *World) startAWS(ctx, life context.Context) error {
	options := awsstandin.Options{
		Config: w.Hub.Admin, Log: w.Log,
		StartCluster: func(_ context.Context, request awsstandin.ClusterRequest) (awsstandin.ClusterAddress, error) {
			return w.startWorkload(ctx, request)
		},
		StopCluster: w.stopWorkload,
	}
	var err error
	if w.AWS == nil {
		w.AWS, err = awsstandin.New(options)
	} else {
		w.AWS, err = w.AWS.Again(options)
	}
	if err != nil {
		return fmt.Errorf("AWS (stand-in): %w", err)
	}
	provider := w.AWS
	w.hub.tasks.Go(func() {
		if err := provider.Run(life); err != nil && ctx.Err() == nil {
			w.Log("AWS (stand-in): %v", err)
		}
	})
	return nil
}

// LoseHub makes the hub vanish with all that it stored.
func (w *World) LoseHub(ctx context.Context) error {
	if w.Survives {
		return nil
	}
	return w.end(ctx, w.hub)
}

// Leave tells how to make a hub vanish that survives its loss.
func (w *World) Leave() (end func(context.Context) error) {
	old := w.hub
	return func(ctx context.Context) error { return w.end(ctx, old) }
}

func (w *World) end(ctx context.Context, h hub) error {
	h.stop()
	if killed := w.Group.KillAll(h.name + "-"); killed == 0 {
		return errors.New("no process of the hub ran")
	}
	h.tasks.Wait()
	return w.etcd.Forget(ctx, h.name) //nolint:wrapcheck // It says what failed.
}
