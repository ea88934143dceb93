package scenarios

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/scale"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// manyEnvironments grows the platform in steps, changes all that came, and measures what each step takes.
func manyEnvironments(ctx context.Context, w *world.World) error {
	h := &hub{w: w}
	err := h.grow(ctx)
	if table := scale.Table(h.steps); len(h.steps) > 0 && !struckAt(ctx) {
		w.Note(strings.Split(table, "\n")...)
		w.Note(append(scale.Breaks(h.steps), "")...)
		file := filepath.Join(w.Root, "dist", "scale.md")
		err = errors.Join(err, os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(scale.Page(h.steps)), 0o644))
	}
	return err
}

// hub is the bootstrap cluster while the platform grows.
type hub struct {
	w     *world.World
	steps []scale.Step
	// opened says of composites whose circuit breaker was seen open in the current step which object had too many events.
	opened map[string]string
}

func (h *hub) grow(ctx context.Context) error {
	w := h.w
	order, err := w.Order()
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	generated := func(name string) bool { return strings.HasPrefix(name, scale.Project+"-") }
	own := slices.DeleteFunc(slices.Clone(order), generated)
	if err := h.step(ctx, scale.Step{Name: "before"}, func(ctx context.Context, _ *scale.Step) error {
		_, err := h.composites(ctx)
		return err
	}); err != nil {
		return err
	}
	for _, n := range w.Steps {
		if n-len(own) > scale.Most {
			return fmt.Errorf("there are ranges of addresses for %d environments", len(own)+scale.Most)
		}
		if n <= len(order) {
			continue // They are there from an earlier run.
		}
		w.Say("%d environments", n)
		err := h.step(ctx, scale.Step{Name: fmt.Sprintf("%d environments", n)}, func(ctx context.Context, s *scale.Step) error {
			return h.push(ctx, s, own, n-len(own), "cc-2000")
		})
		if err != nil {
			return err
		}
	}
	growth := scale.Growth(h.steps)
	if order, err = w.Order(); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	count := len(order) - len(own)
	if count == 0 {
		return errors.New("no environment was generated")
	}
	if err := moment(ctx, "change"); err != nil {
		return err
	}
	costCenter := fmt.Sprintf("cc-%d", time.Now().Unix())
	w.Say("a change of a tag that everything in %d environments has", count)
	changed := h.step(ctx, scale.Step{Name: "a tag changed"}, func(ctx context.Context, s *scale.Step) error {
		if err := h.push(ctx, s, own, count, costCenter); err != nil {
			return err
		}
		return h.everywhere(ctx, costCenter)
	})
	return errors.Join(growth, changed)
}

// step does something and measures what it takes.
func (h *hub) step(ctx context.Context, s scale.Step, do func(context.Context, *scale.Step) error) error {
	h.opened = map[string]string{}
	m := measure(ctx, h.w)
	began := time.Now()
	failure := do(ctx, &s)
	took := time.Since(began)
	uses, err := m.stop(ctx)
	if err != nil {
		return errors.Join(failure, err)
	}
	s.Uses = uses
	for _, name := range slices.Sorted(maps.Keys(h.opened)) {
		s.Opened = append(s.Opened, name+" ("+h.opened[name]+")")
	}
	if failure == nil {
		failure = h.rest(ctx, &s)
	}
	failure = errors.Join(failure, h.count(ctx, &s))
	h.steps = append(h.steps, s)
	h.w.Say("%s: after %s", s.Name, took.Round(time.Second))
	return errors.Join(failure, s.Judge())
}

// rest measures what programs use when there is nothing to do.
func (h *hub) rest(ctx context.Context, s *scale.Step) error {
	const long = 30 * time.Second
	m := measure(ctx, h.w)
	began := time.Now()
	wait(ctx, long)
	uses, err := m.stop(ctx)
	if err != nil {
		return err
	}
	took := time.Since(began)
	for _, idle := range uses {
		for i := range s.Uses {
			if u := &s.Uses[i]; u.Name == idle.Name {
				u.Rest, u.Peak, u.Idle = idle.Rest, max(u.Peak, idle.Peak), idle.CPU.Seconds()/took.Seconds()
			}
		}
	}
	return nil
}

// push makes n environments beside the platform's own, and waits until everything is there and ready.
func (h *hub) push(ctx context.Context, s *scale.Step, own []string, n int, costCenter string) error {
	w := h.w
	environments := scale.Environments(n, costCenter, slices.Contains(own, "shared-services"))
	if err := h.write(own, environments); err != nil {
		return err
	}
	timed := func(took *time.Duration, do func() error) error {
		began := time.Now()
		err := do()
		*took = time.Since(began)
		return err
	}
	if len(w.Environments) > 0 {
		if err := w.AllServices(); err != nil { // What is needed is known when it is rendered.
			return err //nolint:wrapcheck // It says what failed.
		}
	}
	render := func() error { _, err := w.Genops(ctx, w.Git.Dir, "render"); return err }
	var resources []world.Expanded
	err := timed(&s.Render, render)
	if err == nil {
		err = timed(&s.Expand, func() (err error) { resources, err = w.Expand(ctx, w.Git.Dir); return err })
	}
	if err == nil && len(w.Environments) > 0 {
		if err = w.SetServices(resources); err == nil {
			err = render()
		}
	}
	if err == nil {
		err = timed(&s.Validate, func() error { _, err := w.Genops(ctx, w.Git.Dir, "validate"); return err })
	}
	if err != nil {
		return err
	}
	commit, err := w.Git.Commit(ctx, s.Name)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	pushed := time.Now()
	if err := refresh(ctx, w); err != nil {
		return err
	}
	if err := h.settled(ctx, commit); err != nil {
		return err
	}
	s.Ready = time.Since(pushed)
	return h.times(ctx, s, pushed)
}

// write writes the generated environments into the served repository.
func (h *hub) write(own []string, environments []scale.Environment) error {
	dir := filepath.Join(h.w.Git.Dir, "environments")
	order := slices.Clone(own)
	for _, e := range environments {
		order = append(order, e.Name)
		folder := filepath.Join(dir, e.Name)
		if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "environment.cue"), []byte(e.Source), 0o644)); err != nil {
			return fmt.Errorf("generated environments: %w", err)
		}
	}
	if slices.Contains(own, "management") {
		if err := os.WriteFile(filepath.Join(dir, "management", "scale.cue"), []byte(scale.Unit(environments)), 0o644); err != nil {
			return fmt.Errorf("generated environments: %w", err)
		}
	}
	return h.w.SetOrder(order) //nolint:wrapcheck // It says what failed.
}

// refresh tells Argo CD that there is a commit, as a webhook does.
func refresh(ctx context.Context, w *world.World) error {
	applications, err := w.List(ctx, "argoproj.io", "v1alpha1", "applications")
	if err != nil {
		return err
	}
	resource := schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "applications"}
	for _, a := range applications {
		if field.Text(a.Object, "spec", "source", "path") == "" {
			continue
		}
		_, err := w.Dynamic.Resource(resource).Namespace(a.GetNamespace()).Patch(ctx, a.GetName(), types.MergePatchType,
			[]byte(`{"metadata":{"annotations":{"argocd.argoproj.io/refresh":"normal"}}}`), metav1.PatchOptions{})
		if err != nil {
			return fmt.Errorf("refresh %s: %w", a.GetName(), err)
		}
	}
	return nil
}

// settled waits until a commit is everywhere, and everything is ready.
func (h *hub) settled(ctx context.Context, commit string) error {
	w := h.w
	wanted, err := w.WantedApplications()
	if err != nil {
		return err
	}
	// A look at everything is expensive on a platform of this size.
	const pause, often, most = 4 * time.Second, 30 * time.Second, 40
	told, compared := time.Now(), &comparisons{}
	return process.UntilEvery(ctx, pause, "everything to become healthy", w.Limit, func(ctx context.Context) error {
		problems, err := h.composites(ctx)
		if err != nil {
			return err
		}
		more, err := w.UnhealthyOf(ctx, wanted)
		if err != nil {
			return err
		}
		problems = append(problems, more...)
		if len(problems) == 0 {
			return w.Synced(ctx, commit)
		}
		if err := compared.refresh(ctx, w, problems); err != nil {
			return err
		}
		if time.Since(told) > often {
			told = time.Now()
			w.Say("waiting for %d: %s", len(problems), world.Shorten(problems[0]))
		}
		return errors.New(strings.Join(problems[:min(most, len(problems))], "\n"))
	})
}

// composites lists the composites that Crossplane cannot compose, and remembers those whose events it holds back.
func (h *hub) composites(ctx context.Context) ([]string, error) {
	found, err := h.w.Composites(ctx)
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, c := range found {
		if status, message := field.Condition(c.Object, "Synced"); status == "False" {
			problems = append(problems, fmt.Sprintf("%s %s: Synced=False: %s", c.GetKind(), c.GetName(), message))
		}
		if status, message := field.Condition(c.Object, "Responsive"); status == "False" {
			h.opened[c.GetKind()+" "+c.GetName()] = message
		}
	}
	return problems, nil
}

// times says how long the first and the last claim of a step took, by the times of their conditions.
func (h *hub) times(ctx context.Context, s *scale.Step, pushed time.Time) error {
	claims, err := h.w.Claims(ctx)
	if err != nil {
		return err
	}
	var last time.Time
	for _, c := range claims {
		ready, err := time.Parse(time.RFC3339, readySince(c))
		if err != nil || !c.GetCreationTimestamp().After(pushed.Truncate(time.Second)) {
			continue
		}
		if took := ready.Sub(pushed); s.First == 0 || took < s.First {
			s.First = took
		}
		if ready.After(last) {
			last, s.Last = ready, fmt.Sprintf("%s %s after %.0f s", c.GetKind(), c.GetName(), ready.Sub(pushed).Seconds())
		}
	}
	return nil
}

// readySince is when a claim's condition Ready became what it is.
func readySince(claim unstructured.Unstructured) string {
	conditions, _, _ := unstructured.NestedSlice(claim.Object, "status", "conditions")
	for _, c := range conditions {
		if fields, ok := c.(map[string]any); ok && fields["type"] == "Ready" {
			return field.Text(fields, "lastTransitionTime")
		}
	}
	return ""
}

// everywhere checks that all that has tags in the generated environments has this cost centre.
func (h *hub) everywhere(ctx context.Context, costCenter string) error {
	const pause = 10 * time.Second
	return process.UntilEvery(ctx, pause, "the tag to reach everything", h.w.Limit, func(ctx context.Context) error {
		managed, err := h.w.Managed(ctx)
		if err != nil {
			return err
		}
		var wrong []string
		for _, u := range managed {
			tags, _, _ := unstructured.NestedStringMap(u.Object, "spec", "forProvider", "tags")
			if tags["project"] == scale.Project && tags["cost-center"] != costCenter {
				wrong = append(wrong, fmt.Sprintf("%s %s has the cost centre %s", u.GetKind(), u.GetName(), tags["cost-center"]))
			}
		}
		if len(wrong) > 0 {
			slices.Sort(wrong)
			return fmt.Errorf("%d of %d managed resources lack it: %s", len(wrong), len(managed), strings.Join(wrong[:min(3, len(wrong))], "; ")) //nolint:mnd // Fits a line.
		}
		return nil
	})
}

// count counts what there is.
func (h *hub) count(ctx context.Context, s *scale.Step) error {
	w := h.w
	order, err := w.Order()
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	s.Environments, s.Clusters = len(order), len(w.Workloads())
	claims, err := w.Claims(ctx)
	if err != nil {
		return err
	}
	composites, err := w.Composites(ctx)
	if err != nil {
		return err
	}
	applications, err := w.List(ctx, "argoproj.io", "v1alpha1", "applications")
	if err != nil {
		return err
	}
	s.Claims, s.Applications = len(claims), len(applications)
	for _, c := range append(composites, claims...) { // A registration has no composite: it composes by itself.
		for _, path := range [][]string{{"spec", "resourceRefs"}, {"spec", "crossplane", "resourceRefs"}} {
			references, _, _ := unstructured.NestedSlice(c.Object, path...)
			s.Resources += len(references)
		}
	}
	if s.Largest, err = largestObjects(ctx, w, claims, composites); err != nil {
		return err
	}
	s.Etcd, s.EtcdUsed, err = w.EtcdSize(ctx)
	slices.SortFunc(s.Uses, func(a, b scale.Use) int { return cmp.Compare(b.Rest, a.Rest) })
	return err //nolint:wrapcheck // It says what failed.
}
