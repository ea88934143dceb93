// Package kubelet is a stand-in for the nodes of a cluster: it takes the pods that the scheduler has bound and makes them run. There are no
// containers: for images that it knows it starts a program of this machine, as the pod's ServiceAccount and with the pod's environment and
// volumes; all other containers it only says to be running.
package kubelet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/innovate-inc/genops/test/controlplane/internal/kube"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
)

// Options are what a Kubelet needs.
type Options struct {
	Cluster *kube.Cluster
	Group   *process.Group
	Ports   kube.Ports
	// Dir holds a folder for each pod that has processes.
	Dir string
	// Images are the images that are programs of this machine.
	Images []Image
	// Env is added to the environment of every process.
	Env []string
	Log func(format string, args ...any)
}

// Kubelet makes the pods of one cluster run.
type Kubelet struct {
	Options

	client kubernetes.Interface

	mu   sync.Mutex
	pods map[types.UID]*pod
	// started says for each controller of pods which of them has the processes.
	started map[types.UID]types.UID
	nextIP  int
	// refused are messages by parts of the images, or beginnings of the names of pods, that cannot be pulled.
	refused map[string]string
}

// pod is a pod that is being run.
type pod struct {
	cancel  context.CancelFunc
	ended   chan struct{}
	running []*container
	ip      string
}

// New makes a Kubelet.
func New(o Options) (*Kubelet, error) {
	client, err := kubernetes.NewForConfig(o.Cluster.Admin)
	if err != nil {
		return nil, fmt.Errorf("nodes of %s: %w", o.Cluster.Name, err)
	}
	return &Kubelet{
		Options: o, client: client, pods: map[types.UID]*pod{}, started: map[types.UID]types.UID{},
		refused: map[string]string{},
	}, nil
}

// Run works until ctx ends, and waits until all processes of pods have ended.
func (k *Kubelet) Run(ctx context.Context) error {
	factory := informers.NewSharedInformerFactory(k.client, 0)
	handle := func(object any) {
		if p, ok := object.(*corev1.Pod); ok {
			k.sync(ctx, p)
		}
	}
	if _, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    handle,
		UpdateFunc: func(_, now any) { handle(now) },
		DeleteFunc: func(object any) {
			if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = gone.Obj
			}
			if p, ok := object.(*corev1.Pod); ok {
				k.stop(p.UID)
			}
		},
	}); err != nil {
		return fmt.Errorf("nodes of %s: %w", k.Cluster.Name, err)
	}
	factory.Start(ctx.Done())
	<-ctx.Done()
	factory.Shutdown()
	k.mu.Lock()
	pods := slices.Collect(maps.Values(k.pods))
	k.mu.Unlock()
	for _, p := range pods {
		<-p.ended
	}
	return nil
}

// sync starts a pod that was bound, and ends one that is to go.
func (k *Kubelet) sync(ctx context.Context, p *corev1.Pod) {
	if p.Spec.NodeName == "" {
		return
	}
	k.mu.Lock()
	known, ok := k.pods[p.UID]
	if !ok && p.DeletionTimestamp == nil {
		var runContext context.Context
		known = &pod{ended: make(chan struct{}), ip: k.ip()}
		runContext, known.cancel = context.WithCancel(ctx)
		k.pods[p.UID] = known
		go k.run(runContext, p.DeepCopy(), known)
	}
	k.mu.Unlock()
	if ok && p.DeletionTimestamp == nil && len(p.Spec.ReadinessGates) > 0 {
		go k.gates(ctx, p.DeepCopy())
	}
	if p.DeletionTimestamp != nil {
		go func() {
			k.stop(p.UID)
			now := int64(0)
			err := k.client.CoreV1().Pods(p.Namespace).Delete(ctx, p.Name, metav1.DeleteOptions{
				GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &p.UID},
			})
			if err != nil && !apierrors.IsNotFound(err) && ctx.Err() == nil {
				k.Log("delete pod %s/%s: %v", p.Namespace, p.Name, err)
			}
		}()
	}
}

// ip is an address that no other pod has; nothing listens on it.
func (k *Kubelet) ip() string {
	const perBlock = 250
	k.nextIP++
	return fmt.Sprintf("10.244.%d.%d", k.nextIP/perBlock, k.nextIP%perBlock+1)
}

func (k *Kubelet) stop(uid types.UID) {
	k.mu.Lock()
	p := k.pods[uid]
	k.mu.Unlock()
	if p == nil {
		return
	}
	p.cancel()
	<-p.ended
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.pods, uid)
	for owner, runs := range k.started {
		if runs == uid {
			delete(k.started, owner)
		}
	}
}

// leads tells whether this pod of its controller is the one that has processes: two replicas of a program that elects a leader would cost the
// memory of two and show nothing more.
func (k *Kubelet) leads(p *corev1.Pod) bool {
	owner := metav1.GetControllerOf(p)
	if owner == nil {
		return true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if runs, ok := k.started[owner.UID]; ok && runs != p.UID {
		return false
	}
	k.started[owner.UID] = p.UID
	return true
}

// run brings a pod up and keeps its processes alive.
func (k *Kubelet) run(ctx context.Context, p *corev1.Pod, state *pod) {
	defer close(state.ended)
	dir := filepath.Join(k.Dir, p.Namespace+"_"+p.Name+"_"+string(p.UID)[:8])
	defer os.RemoveAll(dir)
	const again = 2 * time.Second
	restarts := int32(0)
	for {
		err := k.start(ctx, p, state, dir, restarts)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("a container ended")
		}
		k.Log("pod %s/%s: %v", p.Namespace, p.Name, err)
		k.report(ctx, p, state, restarts, err)
		if unmade := (*configError)(nil); !errors.As(err, &unmade) {
			restarts++
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(again):
		}
	}
}

// start runs the init containers, starts the others, reports that the pod is ready, and returns when one of them ends.
func (k *Kubelet) start(ctx context.Context, p *corev1.Pod, state *pod, dir string, restarts int32) error {
	var containers []*container
	ended := make(chan error, len(p.Spec.Containers))
	defer func() {
		k.mu.Lock()
		state.running = nil
		k.mu.Unlock()
		for _, c := range containers {
			c.process.Stop()
		}
	}()
	if err := k.pull(p); err != nil {
		return err
	}
	for _, spec := range p.Spec.InitContainers {
		c, err := k.prepare(ctx, p, spec, dir)
		if err == nil && c != nil {
			err = k.Group.Run(ctx, c.command)
		}
		if err != nil {
			return err
		}
	}
	for _, spec := range p.Spec.Containers {
		c, err := k.prepare(ctx, p, spec, dir)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if c.process, err = k.Group.Start(c.command); err != nil {
			return err
		}
		containers = append(containers, c)
		go func() {
			<-c.process.Done()
			ended <- fmt.Errorf("%s: %w: %s", c.command.Name, c.process.Err(), c.process.LastLines(2))
		}()
		const limit = 3 * time.Minute
		if err := c.process.Ready(ctx, limit, c.ready); err != nil {
			return err
		}
	}
	k.mu.Lock()
	state.running = containers
	k.mu.Unlock()
	k.report(ctx, p, state, restarts, nil)
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		return err
	}
}

// report writes the status of a pod. A failure is what a kubelet calls CrashLoopBackOff, CreateContainerConfigError or ImagePullBackOff.
func (k *Kubelet) report(ctx context.Context, p *corev1.Pod, state *pod, restarts int32, failure error) {
	now := metav1.Now()
	running, phase, reason := corev1.ConditionTrue, corev1.PodRunning, "CrashLoopBackOff"
	if failure != nil {
		running, phase = corev1.ConditionFalse, corev1.PodPending
	}
	if unmade := (*configError)(nil); errors.As(failure, &unmade) {
		reason = "CreateContainerConfigError"
	}
	if unpulled := (*pullError)(nil); errors.As(failure, &unpulled) {
		reason = "ImagePullBackOff"
	}
	status := corev1.PodStatus{Phase: phase, HostIP: "127.0.0.1", PodIP: state.ip, PodIPs: []corev1.PodIP{{IP: state.ip}}, StartTime: &now}
	for _, kind := range []corev1.PodConditionType{corev1.PodScheduled, corev1.PodInitialized, corev1.ContainersReady} {
		value := running
		if kind == corev1.PodScheduled {
			value = corev1.ConditionTrue
		}
		status.Conditions = append(status.Conditions, corev1.PodCondition{Type: kind, Status: value, LastTransitionTime: now})
	}
	for _, c := range p.Spec.Containers {
		is := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
		if failure != nil {
			is = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: failure.Error()}}
		}
		started := failure == nil
		status.ContainerStatuses = append(status.ContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, ImageID: c.Image, State: is, Ready: started, Started: &started, RestartCount: restarts,
		})
	}
	// Nobody tells again what was not written: the API server may be away for a while.
	const often = time.Second
	_ = wait.PollUntilContextCancel(ctx, often, true, func(ctx context.Context) (bool, error) {
		live, err := k.client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
		if err == nil && live.UID == p.UID {
			is := ready(live, running)
			is.LastTransitionTime = now
			now := status
			now.Conditions = append(append(slices.Clone(status.Conditions), is), gatesOf(live)...)
			live.Status = now
			_, err = k.client.CoreV1().Pods(p.Namespace).UpdateStatus(ctx, live, metav1.UpdateOptions{})
		}
		if err == nil || apierrors.IsNotFound(err) {
			return true, nil
		}
		if !apierrors.IsConflict(err) && ctx.Err() == nil {
			k.Log("status of pod %s/%s: %v", p.Namespace, p.Name, err)
		}
		return false, nil
	})
}
