package awsstandin

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
)

// Options of a stand-in.
type Options struct {
	// Config leads to the cluster that has the managed resources.
	Config *rest.Config
	// StartCluster is called once for each EKS cluster, in the background. Until it returns the cluster is being created. Without it clusters get
	// an address that nothing listens at. Its context does not end with the stand-in: AWS goes on without the provider.
	StartCluster func(context.Context, ClusterRequest) (ClusterAddress, error)
	// StopCluster is called when an EKS cluster was deleted. It may be nil.
	StopCluster func(ClusterRequest)
	// Log gets a line for what is refused and for what goes wrong. It may be nil.
	Log func(format string, args ...any)
}

const (
	workers = 4
	// Retries of what AWS refuses take longer and longer.
	firstRetry, lastRetry = 500 * time.Millisecond, 8 * time.Second
	// retryReferences is how long an object waits for another one, if no event wakes it before.
	retryReferences = time.Second
	// pollKinds is how often is looked for kinds that are not served yet.
	pollKinds = 1500 * time.Millisecond
)

// Standin is the provider and AWS.
type Standin struct {
	options Options
	client  dynamic.Interface
	served  func(groupVersion string) (*metav1.APIResourceList, error)

	kinds      map[string]kind
	references map[string]reference
	cloud      *cloud
	faults     *faults
	records    *records
	waiting    waiting
	queue      workqueue.TypedRateLimitingInterface[key]
	group      *errgroup.Group
	// ended is closed when Run has ended.
	ended chan struct{}

	mu      sync.Mutex
	watches map[string]watched // By kind.
	written map[key]written
}

// New makes a stand-in that does nothing before it runs.
func New(options Options) (*Standin, error) {
	config := rest.CopyConfig(options.Config)
	config.QPS, config.Burst = 200, 400
	config.UserAgent = fieldManager
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make client of the stand-in: %w", err)
	}
	finder, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make discovery client of the stand-in: %w", err)
	}
	return with(options, client, finder.ServerResourcesForGroupVersion), nil
}

// with makes a stand-in of a client.
func with(options Options, client dynamic.Interface, served func(string) (*metav1.APIResourceList, error)) *Standin {
	return &Standin{
		options: options, client: client, served: served,
		kinds: table(), references: references(), cloud: newCloud(), faults: &faults{}, records: &records{}, ended: make(chan struct{}),
		queue:   workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[key](firstRetry, lastRetry)),
		watches: map[string]watched{}, written: map[key]written{},
	}
}

// Run serves managed resources until the context ends, or Stop is called. Kinds may be installed later.
func (s *Standin) Run(ctx context.Context) error {
	defer close(s.ended)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	s.group = group
	var working sync.WaitGroup
	group.Go(func() error {
		<-ctx.Done()
		s.queue.ShutDown()
		return nil
	})
	group.Go(func() error {
		s.discover(ctx)
		return nil
	})
	for range workers {
		working.Go(func() { s.work(ctx) })
	}
	group.Go(func() error {
		working.Wait()
		cancel()
		return nil
	})
	if err := group.Wait(); err != nil {
		return fmt.Errorf("run stand-in for AWS: %w", err)
	}
	return nil
}

// work does what is in the queue until it is shut down.
func (s *Standin) work(ctx context.Context) {
	for {
		k, quit := s.queue.Get()
		if quit {
			return
		}
		again, err := s.reconcile(ctx, k)
		switch {
		case err != nil:
			if ctx.Err() == nil {
				s.logf("%s %s: %v", k.kind, k.name, err)
			}
			s.queue.AddRateLimited(k)
		case again == retrySlower:
			s.queue.AddRateLimited(k)
		case again == retrySoon:
			s.queue.AddAfter(k, retryReferences)
		default:
			s.queue.Forget(k)
		}
		s.queue.Done(k)
	}
}

func (s *Standin) logf(format string, args ...any) {
	if s.options.Log != nil {
		s.options.Log(format, args...)
	}
}

// everything looks at all objects again.
func (s *Standin) everything() {
	for _, kind := range s.watchedKinds() {
		for _, object := range s.all(kind) {
			s.queue.Add(key{kind, text(object, "metadata", "name")})
		}
	}
}
