package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// The environments that come and go. vault is protected: what its stage is makes Argo CD ask before it deletes.
const (
	preview        = "preview"
	previewAccount = "100000000007"
	previewLines   = `package environments

environment: {
	stage:   "dev"
	account: "` + previewAccount + `"
	project: "preview"
	network: cidr: "10.60.0.0/16"
	cluster: {}
	database: {}
}
`
	vault        = "vault"
	vaultAccount = "100000000008"
	vaultLines   = `package environments

environment: {
	stage:   "shared"
	account: "` + vaultAccount + `"
	network: cidr: "10.70.0.0/16"
}
`
)

// comeAndGo lets two environments appear, removes them without a word before, brings them back, and lets them go the safe way.
func comeAndGo(ctx context.Context, w *world.World) error {
	before, err := snapshot(ctx, w)
	if err != nil {
		return err
	}
	for _, account := range []string{previewAccount, vaultAccount} {
		w.AWS.Empty(account) // What a run before has left.
	}
	err = inOrder(ctx, w,
		step{"preview and vault are described in ten lines each", appear},
		step{"their folders are removed with nothing said before", removedCarelessly},
		step{"the commit is taken back", takenBack},
		step{"their claims may be deleted, and their folders are removed", goSafely},
		step{"preview comes back and finds what was kept", comeBack},
	)
	if err != nil {
		return err
	}
	after, err := snapshot(ctx, w)
	if err != nil {
		return err
	}
	if different := changes(before, after); len(different) > 0 {
		return fmt.Errorf("others were changed:\n  %s", strings.Join(different, "\n  "))
	}
	return nil
}

// appear adds both environments.
func appear(ctx context.Context, w *world.World) error {
	if err := errors.Join(w.AllServices(), w.AddEnvironment(vault, vaultLines), w.AddEnvironment(preview, previewLines)); err != nil {
		return err
	}
	if _, err := w.RenderAndPush(ctx, "Add preview and vault"); err != nil {
		return err
	}
	if err := moment(ctx, "they appear"); err != nil {
		return err
	}
	if err := settle(ctx, w); err != nil {
		return err
	}
	for name, wanted := range map[string][]string{
		preview: {"AccountBaseline", "Cluster", "Database", "Network"},
		vault:   {"AccountBaseline", "Network"},
	} {
		claims, err := claimsOf(ctx, w, name)
		if err != nil {
			return err
		}
		var kinds []string
		for _, c := range claims {
			kinds = append(kinds, c.GetKind())
		}
		slices.Sort(kinds)
		if !slices.Equal(kinds, wanted) {
			return fmt.Errorf("%s has the claims %s, and should have %s", name, strings.Join(kinds, ", "), strings.Join(wanted, ", "))
		}
	}
	if w.Workloads()[preview+"-"+preview] == nil {
		return errors.New("preview has no workload cluster")
	}
	return nil
}

// claimsOf are the claims of an environment.
func claimsOf(ctx context.Context, w *world.World, environment string) ([]unstructured.Unstructured, error) {
	claims, err := w.Claims(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(claims, func(c unstructured.Unstructured) bool { return c.GetNamespace() != "env-"+environment }), nil
}

// removedCarelessly removes both folders. Nothing may go.
func removedCarelessly(ctx context.Context, w *world.World) error {
	had := inventory(w)
	if err := errors.Join(w.RemoveEnvironment(vault), w.RemoveEnvironment(preview)); err != nil {
		return err
	}
	if _, err := w.RenderAndPush(ctx, "Remove preview and vault"); err != nil {
		return err
	}
	if err := moment(ctx, "they are removed"); err != nil {
		return err
	}
	err := process.Until(ctx, "Argo CD to say why preview does not go", w.Limit, func(ctx context.Context) error {
		said := applicationSays(ctx, w, "claims-"+preview)
		if !strings.Contains(said, "is protected") {
			return fmt.Errorf("Application claims-preview says: %s", said)
		}
		return nil
	})
	if err != nil {
		return errors.Join(err, kept(ctx, w, had)) // What went says more.
	}
	return holds(ctx, "nothing goes", 10*time.Second, func(ctx context.Context) error { return kept(ctx, w, had) }) //nolint:mnd // Some looks of all controllers.
}

// inventory is what AWS has in the accounts of both environments.
func inventory(w *world.World) []awsstandin.Resource {
	return append(w.AWS.Inventory(previewAccount), w.AWS.Inventory(vaultAccount)...)
}

// kept checks that AWS has all that it had, and that no claim of the two environments is being deleted.
func kept(ctx context.Context, w *world.World, had []awsstandin.Resource) error {
	has := map[string]bool{}
	for _, r := range inventory(w) {
		has[r.Identity()] = true
	}
	for _, r := range had {
		if !has[r.Identity()] {
			return fmt.Errorf("AWS has no %s %s any more, which was %s", r.Kind, r.ExternalName, r.Object)
		}
	}
	for _, name := range []string{preview, vault} {
		claims, err := claimsOf(ctx, w, name)
		if err != nil {
			return err
		}
		for _, c := range claims {
			if c.GetDeletionTimestamp() != nil {
				return fmt.Errorf("%s %s is being deleted", c.GetKind(), c.GetName())
			}
		}
		if len(claims) == 0 {
			return fmt.Errorf("%s has no claims any more", name)
		}
	}
	return nil
}

// holds checks that something stays true for a time.
func holds(ctx context.Context, what string, long time.Duration, check func(context.Context) error) error {
	until := time.Now().Add(long)
	for time.Now().Before(until) {
		if err := check(ctx); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		case <-time.After(time.Second):
		}
	}
	return nil
}

var applications = schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "applications"} //nolint:gochecknoglobals // It does not change.

// applicationSays is all that Argo CD says about an Application.
func applicationSays(ctx context.Context, w *world.World, name string) string {
	a, err := w.Dynamic.Resource(applications).Namespace("argocd").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err.Error()
	}
	said := []string{world.Operation(a.Object)}
	conditions, _, _ := unstructured.NestedSlice(a.Object, "status", "conditions")
	for _, c := range conditions {
		if fields, ok := c.(map[string]any); ok {
			said = append(said, field.Text(fields, "message"))
		}
	}
	return strings.Join(said, "; ")
}

// takenBack brings both folders back.
func takenBack(ctx context.Context, w *world.World) error {
	had := inventory(w)
	if err := errors.Join(w.AddEnvironment(vault, vaultLines), w.AddEnvironment(preview, previewLines)); err != nil {
		return err
	}
	if _, err := w.RenderAndPush(ctx, "Take the removal back"); err != nil {
		return err
	}
	if err := stepsBack(ctx, w); err != nil {
		return err
	}
	if err := settle(ctx, w); err != nil {
		return err
	}
	return kept(ctx, w, had)
}

// stepsBack does what bootstrap/README.md says after a removal was taken back: it ends the sync that removes, and lets go of the Applications that
// wait to be deleted. The ApplicationSet makes them again, and they find their claims.
func stepsBack(ctx context.Context, w *world.World) error {
	api := w.Dynamic.Resource(applications).Namespace("argocd")
	end := []byte(`{"status":{"operationState":{"phase":"Terminating"}}}`)
	if _, err := api.Patch(ctx, "root", types.MergePatchType, end, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("end the sync of root: %w", err)
	}
	for _, name := range []string{"claims-" + preview, "claims-" + vault} {
		if _, err := api.Patch(ctx, name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
			return fmt.Errorf("let go of %s: %w", name, err)
		}
	}
	return nil
}

// allowed is what an environment says before its claims go.
const allowed = `package environments

environment: allowDeletion: [%s]
`

// goSafely allows the deletion, removes both, and confirms what Argo CD asks for.
func goSafely(ctx context.Context, w *world.World) error {
	err := errors.Join(
		w.Describe(preview+"/deletion.cue", fmt.Sprintf(allowed, `"network", "cluster", "database", "baseline"`)),
		w.Describe(vault+"/deletion.cue", fmt.Sprintf(allowed, `"network", "baseline"`)),
	)
	if err != nil {
		return err
	}
	if _, err := w.RenderAndPush(ctx, "Allow that preview and vault go"); err != nil {
		return err
	}
	err = process.Until(ctx, "the claims to say that they may be deleted", w.Limit, func(ctx context.Context) error {
		for _, name := range []string{preview, vault} {
			claims, err := claimsOf(ctx, w, name)
			if err != nil {
				return err
			}
			// The registration comes with root, in its last wave.
			for _, c := range append(claims, registrationOf(ctx, w, name)...) {
				if c.GetAnnotations()["genops.dev/allow-deletion"] != "true" {
					return fmt.Errorf("%s %s does not", c.GetKind(), c.GetName())
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := moment(ctx, "they may go"); err != nil {
		return err
	}
	if err := errors.Join(w.RemoveEnvironment(vault), w.RemoveEnvironment(preview)); err != nil {
		return err
	}
	if _, err := w.RenderAndPush(ctx, "Remove preview and vault"); err != nil {
		return err
	}
	if err := gone(ctx, w, preview); err != nil {
		return err
	}
	claims, err := claimsOf(ctx, w, vault)
	if err != nil {
		return err
	}
	if len(claims) == 0 {
		return errors.New("the claims of vault are deleted, and nobody confirmed it")
	}
	// The claims wait for one confirmation, the namespace that root removes for another.
	for _, name := range []string{"claims-" + vault, "root"} {
		if err := confirm(ctx, w, name); err != nil {
			return err
		}
	}
	if err := gone(ctx, w, vault); err != nil {
		return err
	}
	return finish(ctx, w)
}

// registrationOf is the registration of an environment's cluster, if it has one.
func registrationOf(ctx context.Context, w *world.World, name string) []unstructured.Unstructured {
	found, err := w.List(ctx, world.ClaimGroup, world.ClaimVersion, "clusterregistrations")
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(found, func(r unstructured.Unstructured) bool { return r.GetName() != name })
}

// gone waits until an environment has no claims any more.
func gone(ctx context.Context, w *world.World, name string) error {
	return process.Until(ctx, "the claims of "+name+" to go", w.Limit, func(ctx context.Context) error {
		claims, err := claimsOf(ctx, w, name)
		if err != nil {
			return err
		}
		if len(claims) == 0 {
			return nil
		}
		c := claims[0]
		if err := deleteMadeAgain(ctx, w, &c); err != nil {
			return err
		}
		_, message := field.Condition(c.Object, "InfrastructureReady")
		return fmt.Errorf("%s %s is there: %s; Application claims-%s: %s", c.GetKind(), c.GetName(), message, name, applicationSays(ctx, w, "claims-"+name))
	})
}

// deleteMadeAgain does what bootstrap/README.md says where a composite does not go: it deletes what Crossplane made again while the composite
// was being deleted.
func deleteMadeAgain(ctx context.Context, w *world.World, claim *unstructured.Unstructured) error {
	const long = time.Minute
	if deleted := claim.GetDeletionTimestamp(); deleted == nil || time.Since(deleted.Time) < long {
		return nil
	}
	composites, err := w.Composites(ctx)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	name := field.Text(claim.Object, "spec", "resourceRef", "name")
	i := slices.IndexFunc(composites, func(c unstructured.Unstructured) bool { return c.GetName() == name && c.GetDeletionTimestamp() != nil })
	if i < 0 {
		return nil
	}
	since := composites[i].GetDeletionTimestamp()
	managed, err := w.Managed(ctx)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	for _, u := range managed {
		made := u.GetCreationTimestamp()
		if u.GetLabels()["crossplane.io/composite"] != name || u.GetDeletionTimestamp() != nil || made.Before(since) {
			continue
		}
		w.Say("%s %s was made again while %s was being deleted: deleting it", u.GetKind(), u.GetName(), name)
		client, err := objects.For(u.Object)
		if err != nil {
			return err //nolint:wrapcheck // It says what failed.
		}
		// A usage refuses the deletion of what others need: these go first.
		if err := client.Delete(ctx, u.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			return fmt.Errorf("delete %s %s: %w", u.GetKind(), u.GetName(), err)
		}
	}
	return nil
}

// confirm approves the deletion of an Application that waits for it.
func confirm(ctx context.Context, w *world.World, name string) error {
	patch := []byte(`{"metadata":{"annotations":{"argocd.argoproj.io/deletion-approved":"` + time.Now().UTC().Format(time.RFC3339) + `"}}}`)
	_, err := w.Dynamic.Resource(applications).Namespace("argocd").Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("confirm %s: %w", name, err)
	}
	return nil
}

func registrationsOfClusters() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: world.ClaimGroup, Version: world.ClaimVersion, Resource: "clusterregistrations"}
}

// finish does what bootstrap/README.md leaves to a person after a cluster was deleted, and waits until nothing is left but what is kept.
func finish(ctx context.Context, w *world.World) error {
	err := w.Dynamic.Resource(registrationsOfClusters()).Namespace("argocd").Delete(ctx, preview, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete the registration: %w", err)
	}
	if err := settle(ctx, w); err != nil {
		return err
	}
	for _, r := range inventory(w) {
		if r.Object != "" {
			return fmt.Errorf("%s %s still belongs to %s", r.Kind, r.ExternalName, r.Object)
		}
	}
	return nil
}

// comeBack describes preview again, without network and cluster, and names what AWS kept: found by its tags, as a person would.
func comeBack(ctx context.Context, w *world.World) error {
	keptBefore := inventory(w)
	adopt := map[string]string{"security-hub": previewAccount} // docs/BASELINE.md: its id is the account's.
	for _, r := range keptBefore {
		if r.Tags["genops.dev/claim"] == "AccountBaseline/"+preview && givenByAWS(r) {
			adopt[strings.TrimPrefix(r.Tags["Name"], preview+"-"+preview+"-")] = r.ExternalName
		}
	}
	if len(adopt) == 1 {
		return errors.New("AWS has no detector and no key with the tags of preview's baseline")
	}
	list, err := json.Marshal(adopt) // JSON is CUE.
	if err != nil {
		return fmt.Errorf("ids: %w", err)
	}
	text := "package environments\n\nenvironment: {\n\tstage:   \"dev\"\n\taccount: \"" + previewAccount + "\"\n\tproject: \"" + preview +
		"\"\n\tallowDeletion: [\"baseline\"]\n\tadopt: baseline: " + string(list) + "\n}\n"
	if err := w.AddEnvironment(preview, text); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	if _, err := w.RenderAndPush(ctx, "Bring preview back, with what it left"); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	if err := moment(ctx, "preview comes back"); err != nil {
		return err
	}
	if err := settle(ctx, w); err != nil {
		return err
	}
	if err := adopted(keptBefore, inventory(w)); err != nil {
		return err
	}
	if err := w.RemoveEnvironment(preview); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	if _, err := w.RenderAndPush(ctx, "Remove preview again"); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	if err := gone(ctx, w, preview); err != nil {
		return err
	}
	return finish(ctx, w)
}

// givenByAWS tells the kinds of a baseline whose names are ids that AWS gives.
func givenByAWS(r awsstandin.Resource) bool {
	return strings.HasSuffix(r.Kind, "/Detector") || strings.HasSuffix(r.Kind, "/Key")
}

// adopted checks that what was kept has an owner again, and that nothing was made beside it.
func adopted(before, after []awsstandin.Resource) error {
	had := map[string]bool{}
	for _, r := range before {
		had[r.Kind+" "+r.ExternalName] = true
	}
	count := 0
	for _, r := range after {
		if r.Account != previewAccount || !givenByAWS(r) {
			continue
		}
		if !had[r.Kind+" "+r.ExternalName] {
			return fmt.Errorf("AWS made a second %s, %s for %s, beside what was kept", r.Kind, r.ExternalName, r.Object)
		}
		if r.Object != "" {
			count++
		}
	}
	if count == 0 {
		return errors.New("nothing of what was kept belongs to preview again")
	}
	return nil
}

// leaveNothing takes both environments away, whatever a run that failed has left of them.
func leaveNothing(ctx context.Context, w *world.World) error {
	var problems []error
	for _, name := range []string{preview, vault} {
		problems = append(problems, w.RemoveEnvironment(name))
	}
	if _, err := w.RenderAndPush(ctx, "Take away what is left of preview and vault"); err != nil && !strings.Contains(err.Error(), "nothing to commit") {
		problems = append(problems, err)
	}
	err := process.Until(ctx, "what is left of preview and vault to go", w.Limit, func(ctx context.Context) error {
		for _, name := range []string{preview, vault} {
			if err := allowAll(ctx, w, name); err != nil {
				return err
			}
			claims, err := claimsOf(ctx, w, name)
			if err != nil {
				return err
			}
			if len(claims) > 0 {
				return fmt.Errorf("%s %s is there", claims[0].GetKind(), claims[0].GetName())
			}
			if _, err := application(ctx, w, "claims-"+name); err == nil {
				return fmt.Errorf("Application claims-%s is there", name)
			}
		}
		return nil
	})
	return errors.Join(append(problems, err, finish(ctx, w))...)
}

// allowAll allows and confirms the deletion of all claims of an environment and of its cluster's registration, by hand.
func allowAll(ctx context.Context, w *world.World, name string) error {
	if err := annotateAll(ctx, w, name, `{"genops.dev/allow-deletion":"true"}`); err != nil {
		return err
	}
	namespaces := w.Client.CoreV1().Namespaces()
	patch := []byte(`{"metadata":{"annotations":{"genops.dev/allow-deletion":"true"}}}`)
	if _, err := namespaces.Patch(ctx, "env-"+name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("allow the deletion of env-%s: %w", name, err)
	}
	registrations := w.Dynamic.Resource(registrationsOfClusters()).Namespace("argocd")
	if _, err := registrations.Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("allow the deletion of the registration of %s: %w", name, err)
	}
	for _, application := range []string{"claims-" + name, "root"} {
		if err := confirm(ctx, w, application); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// annotateAll changes the annotations of all claims of an environment.
func annotateAll(ctx context.Context, w *world.World, name, annotations string) error {
	claims, err := claimsOf(ctx, w, name)
	if err != nil {
		return err
	}
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	for _, c := range claims {
		client, err := objects.For(c.Object)
		if err != nil {
			return err //nolint:wrapcheck // It says what failed.
		}
		patch := []byte(`{"metadata":{"annotations":` + annotations + `}}`)
		if _, err := client.Patch(ctx, c.GetName(), types.MergePatchType, patch, metav1.PatchOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("annotate %s %s: %w", c.GetKind(), c.GetName(), err)
		}
	}
	return nil
}
