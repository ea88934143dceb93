package scenarios

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// remembered is what was there before the hub was lost.
type remembered struct {
	backup []*unstructured.Unstructured
	// aws are the resources of AWS, and events how many things had happened to them.
	aws    []string
	events int
	// left is what AWS had already that nobody managed, or that was made again, such as what stays of environments that went and came back.
	left []string
	// objects are the UIDs of what workload clusters have, by cluster, kind and name.
	objects map[string]string
}

// hubIsLost loses the hub, and follows "Backup and restore" of bootstrap/README.md on a new one.
func hubIsLost(ctx context.Context, w *world.World) error {
	was, err := remember(ctx, w)
	if err != nil {
		return err
	}
	if err := writeBackup(w, was.backup); err != nil {
		return err
	}
	w.Say("the hub is lost: its API server, its controllers and all that it stored; %d resources are in the backup", len(was.backup))
	if err := loseHub(ctx, w); err != nil {
		return err
	}
	w.Say("a new hub: step 4, and no controller of ApplicationSets")
	if err := w.StartHub(ctx); err != nil {
		return err
	}
	if err := moment(ctx, "the new hub is up"); err != nil {
		return err
	}
	if err := w.InstallArgoCD(ctx); err != nil {
		return err
	}
	if err := scaleApplicationSets(ctx, w, 0); err != nil {
		return err
	}
	w.Say("step 6, and waiting for wave 10")
	if err := w.HandOver(ctx); err != nil {
		return err
	}
	if err := process.Until(ctx, "wave 10", w.Limit, waveReached(w)); err != nil {
		return err
	}
	if err := noClaims(ctx, w); err != nil {
		return err
	}
	if err := moment(ctx, "the backup is at hand"); err != nil {
		return err
	}
	if err := restoreIDs(ctx, w, was); err != nil {
		return err
	}
	w.Say("letting the claims come")
	if err := scaleApplicationSets(ctx, w, 1); err != nil {
		return err
	}
	if err := settleUntouched(ctx, w, was); err != nil {
		return err
	}
	if err := sameAs(ctx, w, was); err != nil {
		return err
	}
	w.Say("giving up the second ownership")
	if err := oneOwner(ctx, w); err != nil {
		return err
	}
	if err := settleUntouched(ctx, w, was); err != nil {
		return err
	}
	return atTheEnd(ctx, w, func(ctx context.Context) error { return errors.Join(sameAs(ctx, w, was), sameEnd(w, was.left...)(ctx)) })
}

// restoreIDs applies the backup and waits until AWS is found to have all of it.
func restoreIDs(ctx context.Context, w *world.World, was *remembered) error {
	items, err := readBackup(w)
	if err != nil {
		return err
	}
	w.Say("applying the backup")
	if err := applyBackup(ctx, w, items, false); err != nil {
		return err
	}
	if err := process.Until(ctx, "what is restored to be found", w.Limit, found(w, items)); err != nil {
		return err
	}
	w.Say("%d managed resources are READY and SYNCED", len(items))
	startControllers(ctx, w)
	if err := untouched(w, was); err != nil {
		return fmt.Errorf("after the backup was applied: %w", err)
	}
	return nil
}

// settleUntouched waits until everything is healthy, or something is done to AWS.
func settleUntouched(ctx context.Context, w *world.World, was *remembered) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		_ = process.Until(ctx, "a change of AWS", w.Limit, func(context.Context) error {
			err := untouched(w, was)
			if err == nil {
				return errors.New("there is none")
			}
			cancel(err)
			return nil
		})
	}()
	err := settle(ctx, w)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// loseHub ends the hub. What plays EKS and controllers of workload clusters sees AWS through the hub: it waits for the next one.
func loseHub(ctx context.Context, w *world.World) error {
	for _, c := range w.Workloads() {
		c.StopControllers()
	}
	return w.LoseHub(ctx)
}

func startControllers(ctx context.Context, w *world.World) {
	for _, c := range w.Workloads() {
		c.StartControllers(ctx)
	}
}

func remember(ctx context.Context, w *world.World) (*remembered, error) {
	managed, err := w.Managed(ctx)
	if err != nil {
		return nil, err
	}
	objects, err := workloadObjects(ctx, w)
	if err != nil {
		return nil, err
	}
	left := append(w.AWS.Orphans(), awsstandin.Twice(w.AWS.History())...)
	return &remembered{backup: backup(managed), aws: identities(w.AWS.Inventory("")), events: len(w.AWS.History()), left: left, objects: objects}, nil
}

// identities say which resources there are, no matter whom they belong to.
func identities(resources []awsstandin.Resource) []string {
	all := make([]string, 0, len(resources))
	for _, r := range resources {
		all = append(all, r.Identity())
	}
	return all
}

// workloadObjects are the UIDs of what is rendered for the workload clusters and of what add-ons are made of. Karpenter
// replaces nodes and pods when it likes.
func workloadObjects(ctx context.Context, w *world.World) (map[string]string, error) {
	all := map[string]string{}
	add := func(cluster string, u *unstructured.Unstructured) {
		all[cluster+": "+u.GetKind()+" "+u.GetNamespace()+"/"+u.GetName()] = string(u.GetUID())
	}
	err := eachDelivered(ctx, w, func(c *world.Workload, _ string, live *unstructured.Unstructured, err error) error {
		if err == nil {
			add(c.Name, live)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for name, c := range w.Workloads() {
		for _, kind := range []struct{ group, version, plural string }{
			{"apps", "v1", "deployments"}, {"apps", "v1", "replicasets"}, {"apps", "v1", "daemonsets"}, {"", "v1", "services"}, {"", "v1", "secrets"},
		} {
			live, err := c.List(ctx, kind.group, kind.version, kind.plural)
			if err != nil {
				return nil, err
			}
			for _, u := range live {
				add(name, &u)
			}
		}
	}
	return all, nil
}

// waveReached tells whether root has got to its last wave: everything before is healthy, and the ApplicationSets are there.
func waveReached(w *world.World) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, plural := range []string{"providers", "functions"} {
			packages, err := w.List(ctx, "pkg.crossplane.io", "v1", plural)
			if err != nil {
				return err
			}
			for _, p := range packages {
				if status, message := field.Condition(p.Object, "Healthy"); status != "True" {
					return fmt.Errorf("%s %s: Healthy=%s: %s", p.GetKind(), p.GetName(), status, message)
				}
			}
			if len(packages) == 0 {
				return errors.New("there are no " + plural)
			}
		}
		rendered, err := w.Rendered()
		if err != nil {
			return err
		}
		for _, object := range rendered {
			if kind := field.Text(object, "kind"); kind != "ApplicationSet" && kind != "ClusterRegistration" {
				continue
			}
			if err := present(ctx, w, object); err != nil {
				return err
			}
		}
		return nil
	}
}

func present(ctx context.Context, w *world.World, object map[string]any) error {
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return err
	}
	_, err = objects.Get(ctx, object)
	return err
}

// noClaims checks that only root and crossplane are there, as the page says.
func noClaims(ctx context.Context, w *world.World) error {
	applications, err := w.List(ctx, "argoproj.io", "v1alpha1", "applications")
	if err != nil {
		return err
	}
	var names []string
	for _, a := range applications {
		names = append(names, a.GetName())
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"crossplane", "root"}) {
		return fmt.Errorf("before the backup is applied only the Applications root and crossplane may be there: %s", strings.Join(names, ", "))
	}
	return nil
}

// found checks that the managed resources of the backup are READY and SYNCED.
func found(w *world.World, items []*unstructured.Unstructured) func(context.Context) error {
	return func(ctx context.Context) error {
		managed, err := w.Managed(ctx)
		if err != nil {
			return err
		}
		var problems []error
		count := 0
		for _, u := range managed {
			if u.GetAnnotations()[externalNameAnnotation] == "" {
				continue
			}
			count++
			for _, condition := range []string{"Synced", "Ready"} {
				if status, message := field.Condition(u.Object, condition); status != "True" {
					problems = append(problems, fmt.Errorf("%s %s: %s=%s %s", u.GetKind(), u.GetName(), condition, status, message))
				}
			}
		}
		if count < len(items) {
			problems = append(problems, fmt.Errorf("%d of %d managed resources are there", count, len(items)))
		}
		return first(problems)
	}
}

// untouched checks that AWS has what it had: nothing was made, nothing deleted, and nobody else manages it.
func untouched(w *world.World, was *remembered) error {
	var problems []error
	since := w.AWS.History()[was.events:]
	for _, text := range awsstandin.Twice(w.AWS.History()) {
		if !slices.Contains(was.left, text) {
			problems = append(problems, errors.New("AWS (stand-in): "+text))
		}
	}
	for _, e := range since {
		if e.What != awsstandin.Adopted {
			problems = append(problems, fmt.Errorf("AWS (stand-in): %s", e))
		}
	}
	for _, text := range awsstandin.Contested(since) {
		problems = append(problems, fmt.Errorf("AWS (stand-in): %s", text))
	}
	if is := identities(w.AWS.Inventory("")); len(problems) == 0 && !slices.Equal(was.aws, is) {
		problems = append(problems, fmt.Errorf("AWS (stand-in) had %d resources and has %d", len(was.aws), len(is)))
	}
	return first(problems)
}

// sameAs checks that AWS, the pairs of name and external-name, and the objects of the workload clusters are those of before.
func sameAs(ctx context.Context, w *world.World, was *remembered) error {
	now, err := remember(ctx, w)
	if err != nil {
		return err
	}
	problems := []error{untouched(w, was)}
	before, after := pairs(was.backup), pairs(now.backup)
	for _, pair := range before {
		if !slices.Contains(after, pair) {
			problems = append(problems, fmt.Errorf("no longer true: %s", pair))
		}
	}
	for _, pair := range after {
		if !slices.Contains(before, pair) {
			problems = append(problems, fmt.Errorf("not so before: %s", pair))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was.objects)) {
		switch uid := now.objects[name]; uid {
		case was.objects[name]:
		case "":
			problems = append(problems, fmt.Errorf("%s is gone", name))
		default:
			problems = append(problems, fmt.Errorf("%s was made again", name))
		}
	}
	return first(slices.DeleteFunc(problems, func(err error) bool { return err == nil }))
}

// oneOwner gives up the second ownership, and checks that the manager of the restore owns no field of a spec any more.
func oneOwner(ctx context.Context, w *world.World) error {
	items, err := readBackup(w)
	if err != nil {
		return err
	}
	if err := applyBackup(ctx, w, withoutSpecs(items), false); err != nil {
		return err
	}
	managed, err := w.Managed(ctx)
	if err != nil {
		return err
	}
	for _, u := range managed {
		if owned := world.Owned(&u, restorer); owned["spec"] != nil {
			return fmt.Errorf("%s %s: fields of spec belong to the manager %s", u.GetKind(), u.GetName(), restorer)
		}
	}
	return nil
}

// finishRestore does what a run that failed has left to do, and takes out of AWS what it made twice.
func finishRestore(ctx context.Context, w *world.World) error {
	items, err := readBackup(w)
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return process.Until(ctx, "wave 10", w.Limit, waveReached(w)) },
		func() error { return applyBackup(ctx, w, items, true) },
		func() error { return process.Until(ctx, "second resources to go", w.Limit, removeDoubles(w, items)) },
		func() error {
			for _, c := range w.Workloads() {
				c.StopControllers()
			}
			startControllers(ctx, w)
			return scaleApplicationSets(ctx, w, 1)
		},
		func() error { return settle(ctx, w) },
		func() error { return oneOwner(ctx, w) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("finishing the restore: %w", err)
		}
	}
	return nil
}

// removeDoubles takes out of AWS what was made again for managed resources of a backup.
func removeDoubles(w *world.World, items []*unstructured.Unstructured) func(context.Context) error {
	return func(context.Context) error {
		ids := map[string]string{}
		for _, u := range items {
			ids[u.GetKind()+" "+u.GetName()] = u.GetAnnotations()[externalNameAnnotation]
		}
		var problems []error
		history := w.AWS.History()
		for _, e := range awsstandin.Again(history) {
			id := ids[e.Kind[strings.Index(e.Kind, "/")+1:]+" "+e.Object]
			// What is not known by its id, such as a setting, is no second one of what is in the backup.
			backed := slices.ContainsFunc(history, func(other awsstandin.Event) bool {
				return other.What == awsstandin.Created && other.Kind == e.Kind && other.Object == e.Object && other.ID == id
			})
			if backed && id != e.ID {
				problems = append(problems, w.AWS.Remove(e))
			}
		}
		return errors.Join(problems...)
	}
}
