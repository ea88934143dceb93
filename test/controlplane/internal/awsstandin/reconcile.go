package awsstandin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

const (
	fieldManager = "aws-standin"
	// finalizer is the provider's (crossplane-runtime: managed reconciler).
	finalizer = "finalizer.managedresource.crossplane.io"
)

// retry says when an object is looked at again, if nothing happens before.
type retry int

const (
	retryNever  retry = iota
	retrySoon         // It waits for another object.
	retrySlower       // AWS refuses it.
)

// written is the status that was written last, and what the object was then: the API server drops fields that a kind does not have, and nothing
// would be gained by sending them again.
type written struct {
	version string
	status  fields
}

// reconcile brings AWS and one managed resource together.
func (s *Standin) reconcile(ctx context.Context, k key) (retry, error) {
	object := s.find(k)
	if object == nil {
		// It is gone without its finalizer: AWS keeps the resource.
		_, err := s.cloud.forget(k, false)
		return retryNever, err
	}
	may := policiesOf(object)
	switch {
	case text(object, "metadata", "deletionTimestamp") != "":
		return s.remove(ctx, k, object, may)
	case may.paused:
		return retryNever, nil
	}
	object, err := s.hold(ctx, k, object)
	if object == nil || err != nil {
		return retryNever, err
	}
	patch := fields{}
	w := want{
		kind: s.kinds[k.kind], object: k.name, uid: text(object, "metadata", "uid"), may: may,
		external: text(object, "metadata", "annotations", annotationExternalName), known: text(object, "status", "atProvider", "id"),
		initial: child(object, "spec", "initProvider"),
	}
	if w.kind.identity == chosen && w.external == "" {
		w.external = k.name // The provider's default.
		set(patch, w.external, "metadata", "annotations", annotationExternalName)
	}
	seen, err := s.request(ctx, k, object, w, patch)
	if seen.start != nil {
		s.launch(ctx, *seen.start)
	}
	if err == nil && may.lateInitialize && w.kind.identity != chosen && seen.external != "" && seen.external != w.external {
		set(patch, seen.external, "metadata", "annotations", annotationExternalName)
	}
	updated, patchErr := s.patch(ctx, k, object, patch)
	if patchErr != nil {
		return retryNever, patchErr
	}
	return s.report(ctx, k, updated, seen, err)
}

// hold puts the finalizer on an object, before anything is made for it: one that is deleted meanwhile would leave what was made to nobody. It
// returns the object, and nil if it has gone.
func (s *Standin) hold(ctx context.Context, k key, object fields) (fields, error) {
	kept := texts(object, "metadata", "finalizers")
	if slices.Contains(kept, finalizer) {
		return object, nil
	}
	updated, err := s.patch(ctx, k, object, fields{"metadata": fields{
		"finalizers": list(append(kept, finalizer)), "resourceVersion": text(object, "metadata", "resourceVersion"),
	}})
	if err != nil || !slices.Contains(texts(updated, "metadata", "finalizers"), finalizer) {
		return nil, err
	}
	return updated, nil
}

// request resolves references and asks AWS. What of the spec changes by that is put into the patch.
func (s *Standin) request(ctx context.Context, k key, object fields, w want, patch fields) (view, error) {
	config := key{kindProviderConfig, configName(object)}
	found, err := s.config(ctx, config)
	if err != nil {
		return view{}, err
	}
	where, err := placeOf(w.kind, object, found)
	if err != nil {
		s.waiting.add(k, []key{config})
		return view{}, err
	}
	w.place = where
	asked := child(object, "spec", "forProvider")
	resolving := &resolver{table: s.references, world: s, kind: k.kind, owner: controllerOf(object)}
	resolved, err := resolving.resolve(asked)
	if err != nil {
		if unresolved := (*unresolvedError)(nil); errors.As(err, &unresolved) {
			s.waiting.add(k, unresolved.waits)
		}
		return view{}, err
	}
	if _, hit := s.faults.take(k, object, Throttle); hit {
		return view{}, errors.New("observe failed: " + throttling(w.kind.group))
	}
	w.params = resolved
	_, w.stuck = s.faults.take(k, object, NeverReady)
	if s.cloud.unknown(k) {
		if fault, hit := s.faults.take(k, object, CreateError); hit {
			w.refuse = fault.Message
		}
	}
	seen, err := s.cloud.ensure(w)
	if err == nil && w.may.lateInitialize && seen.provider != nil {
		resolved = merge(seen.defaults, resolved)
	}
	if change := difference(asked, resolved); len(change) > 0 {
		set(patch, change, "spec", "forProvider")
	}
	return seen, err
}

// config is a ProviderConfig; nil if there is none. One that was not seen yet is asked for: a wrong refusal would be remembered.
func (s *Standin) config(ctx context.Context, k key) (fields, error) {
	if object := s.find(k); object != nil {
		return object, nil
	}
	resource := schema.GroupVersionResource{Group: "aws.upbound.io", Version: v1beta1, Resource: "providerconfigs"}
	object, err := s.client.Resource(resource).Get(ctx, k.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil //nolint:nilnil // There is none, and that is all that can be said.
	case err != nil:
		return nil, &unresolvedError{message: fmt.Sprintf("cannot get referenced ProviderConfig: %v", err)}
	}
	return object.Object, nil
}

// report writes the status, and says when to look again.
func (s *Standin) report(ctx context.Context, k key, object fields, seen view, err error) (retry, error) {
	after := retryNever
	status := clone(child(object, "status"))
	unresolved := (*unresolvedError)(nil)
	now := time.Now()
	switch {
	case errors.As(err, &unresolved):
		after = retrySoon
		status["conditions"] = setConditions(object, now, failed(err))
	case err != nil:
		after = retrySlower
		if s.records.reject(k, err.Error()) {
			s.logf("%s %s is refused: %v", k.kind, k.name, err)
		}
		set := []condition{failed(err)}
		if seen.creating {
			set = append(set, creating())
		}
		status["conditions"] = setConditions(object, now, set...)
	case seen.provider == nil:
		after = retrySoon
		status["conditions"] = setConditions(object, now, synced(), creating())
	case !seen.ready:
		status["conditions"] = setConditions(object, now, synced(), unavailable())
	default:
		s.records.accept(k)
		status["conditions"] = setConditions(object, now, synced(), available())
	}
	if err == nil && seen.provider != nil {
		status["atProvider"] = seen.provider
	}
	if generation := at(object, "metadata", "generation"); generation != nil {
		status["observedGeneration"] = generation
	}
	return after, s.writeStatus(ctx, k, object, status)
}

// remove deletes the resource of an object that is being deleted, and lets the object go.
func (s *Standin) remove(ctx context.Context, k key, object fields, may policies) (retry, error) {
	finalizers := texts(object, "metadata", "finalizers")
	if !slices.Contains(finalizers, finalizer) || may.paused {
		return retryNever, nil
	}
	deleted, err := s.forget(k, may)
	if err != nil {
		return s.report(ctx, k, object, view{}, err)
	}
	s.stop(deleted)
	s.records.forgive(k)
	finalizers = slices.DeleteFunc(finalizers, func(name string) bool { return name == finalizer })
	_, err = s.patch(ctx, k, object, fields{"metadata": fields{
		"finalizers": list(finalizers), "resourceVersion": text(object, "metadata", "resourceVersion"),
	}})
	return retryNever, err
}

// forget deletes the resource of an object, or waits for what uses it. A user that it waits for already may have gone just before: only one that
// is found again wakes it later.
func (s *Standin) forget(k key, may policies) (*resource, error) {
	for waited := map[key]bool{}; ; {
		deleted, err := s.cloud.forget(k, may.remove)
		inUse := (*inUseError)(nil)
		if !errors.As(err, &inUse) || waited[inUse.by] {
			return deleted, err
		}
		waited[inUse.by] = true
		s.waiting.add(k, []key{inUse.by})
	}
}

// patch changes an object but for its status, and returns it.
func (s *Standin) patch(ctx context.Context, k key, object, patch fields) (fields, error) {
	if len(patch) == 0 {
		return object, nil
	}
	return s.send(ctx, k, object, patch)
}

// writeStatus changes the status of an object where it differs.
func (s *Standin) writeStatus(ctx context.Context, k key, object, status fields) error {
	change := difference(child(object, "status"), status)
	if len(change) == 0 {
		return nil
	}
	s.mu.Lock()
	last := s.written[k]
	s.mu.Unlock()
	if last.version != "" && last.version == text(object, "metadata", "resourceVersion") && same(last.status, status) {
		return nil
	}
	updated, err := s.send(ctx, k, object, fields{"status": change}, "status")
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.written[k] = written{version: text(updated, "metadata", "resourceVersion"), status: status}
	s.mu.Unlock()
	return nil
}

// send sends a merge patch. An object that has gone needs none, and one that has changed comes again by its event.
func (s *Standin) send(ctx context.Context, k key, object, patch fields, subresources ...string) (fields, error) {
	data, err := json.Marshal(patch)
	if err != nil {
		return nil, fmt.Errorf("write patch: %w", err)
	}
	w, served := s.watchOf(k.kind)
	if !served {
		return object, nil
	}
	options := metav1.PatchOptions{FieldManager: fieldManager}
	updated, err := s.client.Resource(w.resource).Patch(ctx, k.name, types.MergePatchType, data, options, subresources...)
	switch {
	case apierrors.IsNotFound(err):
		return object, nil
	case err != nil:
		return nil, fmt.Errorf("patch: %w", err)
	}
	return updated.Object, nil
}

// set sets a value in a patch.
func set(patch fields, value any, path ...string) {
	for _, step := range path[:len(path)-1] {
		inner, ok := patch[step].(fields)
		if !ok {
			inner = fields{}
			patch[step] = inner
		}
		patch = inner
	}
	patch[path[len(path)-1]] = value
}
