package scenarios

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/scale"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// Names of what is not a pod of the hub.
const (
	standIns  = "stand-ins (this test)"
	workloads = "workload clusters, all programs"
)

// meter measures what programs use from its start on.
type meter struct {
	w    *world.World
	end  context.CancelFunc
	done sync.WaitGroup

	mu sync.Mutex
	// begun is the CPU time at the start, by process id; last what was seen last, also of processes that have ended.
	begun, last map[int]process.Usage
	peak        map[int]int64
}

func measure(ctx context.Context, w *world.World) *meter {
	m := &meter{w: w, begun: map[int]process.Usage{}, last: map[int]process.Usage{}, peak: map[int]int64{}}
	for _, u := range m.look() {
		m.begun[u.PID] = u
	}
	ctx, m.end = context.WithCancel(ctx)
	m.done.Go(func() {
		for ctx.Err() == nil {
			m.look()
			wait(ctx, time.Second)
		}
	})
	return m
}

func (m *meter) look() []process.Usage {
	usages := append(m.w.Group.Usages(), process.UsageOf(standIns, os.Getpid()))
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range usages {
		if u.Resident == 0 {
			continue // It has just ended: its last figures count.
		}
		m.last[u.PID] = u
		m.peak[u.PID] = max(m.peak[u.PID], u.Resident)
	}
	return usages
}

// stop ends the measurement and returns the use of each program.
func (m *meter) stop(ctx context.Context) ([]scale.Use, error) {
	m.end()
	m.done.Wait()
	lives := map[int]bool{}
	for _, u := range m.look() {
		lives[u.PID] = u.Resident > 0
	}
	known, err := programsOfPods(ctx, m.w)
	if err != nil {
		return nil, err
	}
	uses := map[string]*scale.Use{}
	for pid, u := range m.last {
		program, ok := known[u.Name]
		switch {
		case ok:
		case u.Name == standIns || u.Name == "etcd" || strings.HasPrefix(u.Name, "hub-kube-"):
			program.Name = u.Name
		case strings.HasPrefix(u.Name, "hub-"):
			continue // A container of a pod that has gone.
		default:
			program.Name = workloads
		}
		use := uses[program.Name]
		if use == nil {
			use = &scale.Use{Program: program}
			uses[program.Name] = use
		}
		use.CPU += u.CPU - m.begun[pid].CPU
		use.Peak = max(use.Peak, m.peak[pid])
		if lives[pid] {
			use.Rest += u.Resident
		}
		use.Peak = max(use.Peak, use.Rest)
	}
	all := make([]scale.Use, 0, len(uses))
	for _, u := range uses {
		all = append(all, *u)
	}
	slices.SortFunc(all, func(a, b scale.Use) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// programsOfPods are the containers of the hub by the names of their processes.
func programsOfPods(ctx context.Context, w *world.World) (map[string]scale.Program, error) {
	pods, err := w.Client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("pods: %w", err)
	}
	known := map[string]scale.Program{}
	for _, p := range pods.Items {
		for _, c := range p.Spec.Containers {
			memory, most := c.Resources.Requests[corev1.ResourceMemory], c.Resources.Limits[corev1.ResourceMemory]
			cores := c.Resources.Limits[corev1.ResourceCPU]
			known["hub-"+p.Name+"-"+c.Name] = scale.Program{
				Name: ownerOf(p), Request: memory.Value(), Limit: most.Value(), Cores: cores.AsApproximateFloat64(),
			}
		}
	}
	return known, nil
}

// ownerOf is the name of the Deployment or StatefulSet of a pod.
func ownerOf(p corev1.Pod) string {
	owner := metav1.GetControllerOf(&p)
	if owner == nil {
		return p.Name
	}
	return strings.TrimSuffix(owner.Name, "-"+p.Labels["pod-template-hash"])
}

// largestObjects are the largest of those whose size follows from the platform's, as etcd stores them.
func largestObjects(ctx context.Context, w *world.World, more ...[]unstructured.Unstructured) ([]scale.Object, error) {
	for _, plural := range []string{"applications", "applicationsets", "appprojects"} {
		found, err := w.List(ctx, "argoproj.io", "v1alpha1", plural)
		if err != nil {
			return nil, err
		}
		more = append(more, found)
	}
	var all []scale.Object
	for _, u := range slices.Concat(more...) {
		text, err := json.Marshal(u.Object)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", u.GetKind(), u.GetName(), err)
		}
		all = append(all, scale.Object{Name: u.GetKind() + " " + u.GetName(), Size: len(text)})
	}
	slices.SortFunc(all, func(a, b scale.Object) int { return cmp.Compare(b.Size, a.Size) })
	const most = 6
	return all[:min(most, len(all))], nil
}

// wait waits for a time, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
