package awsstandin

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

// watched is a kind that is served.
type watched struct {
	resource schema.GroupVersionResource
	store    cache.Store
}

// discover starts a watch of each kind as soon as it is served. The provider installs its kinds one after another, and only those in use.
func (s *Standin) discover(ctx context.Context) {
	ticker := time.NewTicker(pollKinds)
	defer ticker.Stop()
	for {
		for groupVersion, kinds := range s.unserved() {
			s.serve(ctx, groupVersion, kinds)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// unserved are the kinds that are not watched yet, by group and version.
func (s *Standin) unserved() map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	missing := map[string][]string{}
	add := func(full, version string) {
		if _, served := s.watches[full]; !served {
			group, name, _ := strings.Cut(full, "/")
			missing[group+"/"+version] = append(missing[group+"/"+version], name)
		}
	}
	add(kindProviderConfig, v1beta1)
	for full, k := range s.kinds {
		add(full, k.version)
	}
	return missing
}

// serve starts the watches of those kinds of one group and version that are served by now.
func (s *Standin) serve(ctx context.Context, groupVersion string, kinds []string) {
	found, err := s.served(groupVersion)
	if err != nil || found == nil {
		return // Not served yet, or for a moment not reachable: it is asked for again.
	}
	for _, resource := range found.APIResources {
		if strings.Contains(resource.Name, "/") || !slices.Contains(kinds, resource.Kind) {
			continue
		}
		gv, err := schema.ParseGroupVersion(groupVersion)
		if err != nil {
			continue
		}
		s.watch(ctx, gv.Group+"/"+resource.Kind, gv.WithResource(resource.Name))
	}
}

// watch starts the watch of a kind.
func (s *Standin) watch(ctx context.Context, kind string, resource schema.GroupVersionResource) {
	informer := dynamicinformer.NewFilteredDynamicInformer(s.client, resource, "", 0, cache.Indexers{}, nil).Informer()
	if err := informer.SetTransform(lighter); err != nil {
		s.logf("watch %s: %v", kind, err)
	}
	event := func(object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		accessor, err := meta.Accessor(object)
		if err != nil {
			return
		}
		k := key{kind, accessor.GetName()}
		if kind != kindProviderConfig {
			s.queue.Add(k)
		}
		for _, waiter := range s.waiting.wake(k) {
			s.queue.Add(waiter)
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: event, UpdateFunc: func(_, object any) { event(object) }, DeleteFunc: event,
	})
	if err != nil {
		s.logf("watch %s: %v", kind, err)
		return
	}
	s.mu.Lock()
	s.watches[kind] = watched{resource: resource, store: informer.GetStore()}
	s.mu.Unlock()
	s.group.Go(func() error {
		informer.RunWithContext(ctx)
		return nil
	})
}

// lighter drops what the stand-in does not read and what is most of an object.
func lighter(object any) (any, error) {
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetManagedFields(nil)
	}
	return object, nil
}

func (s *Standin) watchOf(kind string) (watched, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, served := s.watches[kind]
	return w, served
}

func (s *Standin) watchedKinds() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kinds []string
	for kind := range s.watches {
		if kind != kindProviderConfig {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// find is an object as it was seen last; nil if there is none. Nobody may change it.
func (s *Standin) find(k key) fields {
	w, served := s.watchOf(k.kind)
	if !served {
		return nil
	}
	object, exists, err := w.store.GetByKey(k.name)
	if err != nil || !exists {
		return nil
	}
	return content(object)
}

// all are the objects of a kind, sorted by name.
func (s *Standin) all(kind string) []fields {
	w, served := s.watchOf(kind)
	if !served {
		return nil
	}
	var objects []fields
	for _, object := range w.store.List() {
		if c := content(object); c != nil {
			objects = append(objects, c)
		}
	}
	slices.SortFunc(objects, func(a, b fields) int {
		return strings.Compare(text(a, "metadata", "name"), text(b, "metadata", "name"))
	})
	return objects
}

func content(object any) fields {
	u, ok := object.(runtime.Unstructured)
	if !ok {
		return nil
	}
	return u.UnstructuredContent()
}

// waiting are objects that wait for others.
type waiting struct {
	mu      sync.Mutex
	waiters map[key]map[key]bool // What is waited for, and by whom.
}

// add notes that an object waits for others.
func (w *waiting) add(waiter key, others []key) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiters == nil {
		w.waiters = map[key]map[key]bool{}
	}
	for _, other := range others {
		if w.waiters[other] == nil {
			w.waiters[other] = map[key]bool{}
		}
		w.waiters[other][waiter] = true
	}
}

// wake returns those that wait for an object. If it is not what they need yet, they wait again.
func (w *waiting) wake(other key) []key {
	w.mu.Lock()
	defer w.mu.Unlock()
	var woken []key
	for waiter := range w.waiters[other] {
		woken = append(woken, waiter)
	}
	delete(w.waiters, other)
	return woken
}
