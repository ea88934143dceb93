package scenarios

import (
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
	"k8s.io/apimachinery/pkg/types"

	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// drift edits and deletes by hand, all at once, and waits until everything is as before.
func drift(ctx context.Context, w *world.World) error {
	before, err := snapshot(ctx, w)
	if err != nil {
		return err
	}
	edits, err := edits(ctx, w)
	if err != nil {
		return err
	}
	if err := moment(ctx, "edit"); err != nil {
		return err
	}
	w.Say("%d edits by hand", len(edits))
	for _, e := range edits {
		if err := e.do(ctx); err != nil {
			return err
		}
	}
	if err := healed(ctx, w, edits); err != nil {
		return errors.Join(err, restored(ctx, edits))
	}
	if err := settle(ctx, w); err != nil {
		return err
	}
	// Labels that follow from others, such as crossplane.io/in-use, come a little later than what is healed.
	return process.Until(ctx, "everything to be as before", time.Minute, func(ctx context.Context) error { //nolint:wrapcheck // It says what failed.
		after, err := snapshot(ctx, w)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(changes(before, after), func(change string) bool {
			return slices.ContainsFunc(edits, func(e byHand) bool { return e.again == change })
		})
		if len(left) > 0 {
			return fmt.Errorf("edits by hand left:\n  %s", strings.Join(left, "\n  "))
		}
		return nil
	})
}

// healed waits until all edits are healed. What was healed once is looked at again in the end.
func healed(ctx context.Context, w *world.World, edits []byHand) error {
	const often = 10 * time.Second
	left, last := edits, time.Now()
	return process.Until(ctx, "what was edited by hand to be healed", w.Limit, func(ctx context.Context) error { //nolint:wrapcheck // It says what failed.
		stays, problems := unhealed(ctx, w, left)
		if len(stays) == 0 {
			stays, problems = unhealed(ctx, w, edits)
		}
		left = stays
		if len(problems) > 0 && time.Since(last) > often {
			last = time.Now()
			w.Say("waiting for %d: %s", len(problems), world.Shorten(problems[0].Error()))
		}
		return errors.Join(problems...)
	})
}

// unhealed are the edits that are not healed, and why not.
func unhealed(ctx context.Context, w *world.World, edits []byHand) (stays []byHand, problems []error) {
	states := map[string]string{}
	for _, e := range edits {
		err := e.healed(ctx)
		if err == nil {
			continue
		}
		if states[e.owner] == "" {
			states[e.owner] = state(ctx, w, e.owner)
		}
		stays, problems = append(stays, e), append(problems, fmt.Errorf("%s: %w (%s)", e.what, err, states[e.owner]))
	}
	return stays, problems
}

// restored puts right what nobody has healed, so that one run leaves nothing to the next: Argo CD heals slower and slower.
func restored(ctx context.Context, edits []byHand) error {
	var problems []error
	for _, e := range edits {
		if e.healed(ctx) != nil {
			problems = append(problems, e.restore(ctx))
		}
	}
	return errors.Join(problems...)
}

// smallEnvironment is an environment of the stage dev with a workload cluster: poc if it is there.
func smallEnvironment(ctx context.Context, w *world.World) (environment string, cluster *world.Workload, err error) {
	claims, err := w.List(ctx, world.ClaimGroup, world.ClaimVersion, "clusters")
	if err != nil {
		return "", nil, err //nolint:wrapcheck // It says what failed.
	}
	clusters := w.Workloads()
	for _, c := range claims {
		known := clusters[field.Text(c.Object, "spec", "name")]
		if known == nil || field.Text(c.Object, "spec", "stage") != "dev" {
			continue
		}
		if name := field.Text(c.Object, "spec", "environment"); environment == "" || name == "poc" {
			environment, cluster = name, known
		}
	}
	if cluster == nil {
		return "", nil, errors.New("no environment of the stage dev has a workload cluster")
	}
	return environment, cluster, nil
}

// edits are what is changed by hand: one object of each sort that somebody could want to change in a hurry.
func edits(ctx context.Context, w *world.World) ([]byHand, error) {
	environment, cluster, err := smallEnvironment(ctx, w)
	if err != nil {
		return nil, err
	}
	rendered, err := w.Rendered()
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	hub, err := editsOfHub(ctx, w, environment, rendered)
	if err != nil {
		return nil, err
	}
	there, err := editsOfCluster(ctx, environment, cluster, rendered)
	return append(hub, there...), err
}

// aimer collects targets of one cluster.
type aimer struct {
	cluster string
	objects *world.Objects
	failure error
}

// at looks at the object of a manifest.
func (a *aimer) at(ctx context.Context, manifest map[string]any) *target {
	found, err := aim(ctx, a.cluster, a.objects, manifest)
	if err != nil {
		a.failure = errors.Join(a.failure, err)
		return &target{live: &unstructured.Unstructured{}}
	}
	return found
}

// named is a manifest that only names an object.
func named(apiVersion, kind, namespace, name string) map[string]any {
	return map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"namespace": namespace, "name": name}}
}

func editsOfHub(ctx context.Context, w *world.World, environment string, rendered map[string]map[string]any) ([]byHand, error) {
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	a := &aimer{cluster: "hub", objects: objects}
	claims := func(name string) *target { return a.at(ctx, rendered[filepath.Join(environment, "claims", name)]) }
	root := func(name string) *target {
		return a.at(ctx, rendered[filepath.Join("bootstrap", filepath.FromSlash(name))])
	}
	network, cluster := claims("network.yaml"), claims("cluster.yaml")
	stage := field.Text(network.live.Object, "spec", "stage")
	composite := named(cluster.live.GetAPIVersion(), "XCluster", "", field.Text(cluster.live.Object, "spec", "resourceRef", "name"))
	managed := func(group, version, kind, name string) *target {
		return a.at(ctx, named(group+".aws.upbound.io/"+version, kind, "", environment+"."+name))
	}
	logs := managed("cloudwatchlogs", "v1beta1", "Group", "network.flow-logs-group")
	secrets, err := clusterSecrets(ctx, w)
	if err != nil {
		return nil, err
	}
	secrets = slices.DeleteFunc(secrets, func(u unstructured.Unstructured) bool { return u.GetLabels()["genops.dev/environment"] != environment })
	if len(secrets) != 1 {
		return nil, fmt.Errorf("Argo CD knows %d clusters of %s", len(secrets), environment)
	}
	account := field.Text(network.live.Object, "spec", "account")
	all := []byHand{
		network.edit("/spec/flowLogs/retentionDays", int64(7)), //nolint:mnd // Any other value.
		a.at(ctx, composite).edit("/spec/logRetentionDays", int64(7)),
		logs.edit("/spec/forProvider/tags/owner", "mallory"),
		inAWS(w, logs, "retentionInDays", int64(1)),
		managed("kms", "v1beta1", "Key", "network.flow-logs-group-key").edit("/spec/forProvider/enableKeyRotation", false),
		managed("ec2", "v1beta1", "VPC", "network.vpc").edit("/spec/forProvider/enableDnsHostnames", false),
		claims("usage-network.yaml").remove(),
		a.at(ctx, secrets[0].Object).edit("/metadata/labels/genops.dev~1stage", "other"),
		root("argocd/appproject-"+environment+".yaml").edit("/spec/sourceRepos", []any{"*"}),
		root("argocd/appproject-"+environment+"-cluster.yaml").edit("/spec/roles", []any{map[string]any{"name": "other", "policies": []any{}}}),
		root("argocd/applicationset-cluster.yaml").edit("/spec/template/spec/syncPolicy/automated/prune", false),
		a.at(ctx, named("argoproj.io/v1alpha1", "Application", "argocd", "claims-"+environment)).edit("/spec/syncPolicy/automated/prune", false),
		root("argocd/configmap-argocd-cm.yaml").edit("/data/resource.customizations", ""),
		root("crossplane/providerconfig-"+environment+".yaml").edit("/spec/assumeRoleChain/0/roleARN", "arn:aws:iam::"+account+":role/other"),
		root("crossplane/provider-aws-iam.yaml").edit("/spec/runtimeConfigRef/name", "other"),
		root("compositions/xaccountbaselines-"+stage+".yaml").edit("/spec/pipeline/0/functionRef/name", "other"),
		root("definitions/xnetworks.yaml").edit("/spec/defaultCompositeDeletePolicy", "Background"),
		a.at(ctx, named("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "networks."+world.ClaimGroup)).edit("/spec/versions/0/additionalPrinterColumns/0/name", "OTHER"),
		root("admission/validatingadmissionpolicy-claims.yaml").edit("/spec/failurePolicy", "Ignore"),
		root("admission/validatingadmissionpolicybinding-claims.yaml").remove(),
		root("namespaces/env-"+environment+".yaml").edit("/metadata/labels/pod-security.kubernetes.io~1enforce", "privileged"),
	}
	return all, a.failure
}

func editsOfCluster(ctx context.Context, environment string, c *world.Workload, rendered map[string]map[string]any) ([]byHand, error) {
	objects, err := world.NewObjects(c.Admin)
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	a := &aimer{cluster: c.Name, objects: objects}
	paths := slices.Sorted(maps.Keys(rendered))
	first := func(kind, name string) *target {
		for _, path := range paths {
			object := rendered[path]
			if strings.HasPrefix(path, filepath.Join(environment, "cluster")) && field.Text(object, "kind") == kind &&
				(name == "" || field.Text(object, "metadata", "name") == name) {
				return a.at(ctx, object)
			}
		}
		a.failure = errors.Join(a.failure, fmt.Errorf("%s has no %s %s", environment, kind, name))
		return &target{live: &unstructured.Unstructured{}}
	}
	addon := func(name string) *target { return a.at(ctx, named("apps/v1", "Deployment", "kube-system", name)) }
	const image = "/spec/template/spec/containers/0/image"
	all := []byHand{
		first("NodePool", "amd64").edit("/spec/limits/cpu", "1000"),
		first("EC2NodeClass", "amd64").edit("/spec/tags/owner", "mallory"),
		addon("metrics-server").edit(image, "registry.example/other:1"),
		addon("aws-load-balancer-controller").edit("/spec/replicas", int64(0)),
		first("Namespace", "").edit("/metadata/labels/pod-security.kubernetes.io~1enforce", "privileged"),
		first("NetworkPolicy", "default-deny").remove(),
		first("NetworkPolicy", "allow-dns").edit("/spec/egress", []any{map[string]any{}}),
		first("ResourceQuota", "").edit("/spec/hard/pods", "5000"),
		first("LimitRange", "").remove(),
		first("Deployment", "").edit(image, "registry.example/other:1"),
		first("HorizontalPodAutoscaler", "").edit("/spec/maxReplicas", int64(50)), //nolint:mnd // Any other value.
	}
	return all, a.failure
}

// pausedAnnotation makes Crossplane and its providers leave an object alone.
const pausedAnnotation = "crossplane.io/paused"

// sabotagesOfDrift keep edits from being healed.
func sabotagesOfDrift() []sabotage {
	return []sabotage{
		{
			what: "selfHeal is off in Git for what is rendered for clusters", at: "edit", do: withoutSelfHeal,
			says: []string{"NetworkPolicy", "default-deny: it stays deleted", "-namespaces: OutOfSync, selfHeal is off"},
		},
		{
			what: "Crossplane is stopped", at: "edit",
			do: func(_ context.Context, w *world.World) (func(context.Context) error, error) {
				undo := w.Kubelet.Stop("crossplane/crossplane:", "stopped on purpose")
				return func(context.Context) error { undo(); return nil }, nil
			},
			says: []string{"network.vpc /spec/forProvider/enableDnsHostnames: it stays false, it was true", "XNetwork", "Crossplane does not work", "stopped on purpose"},
		},
		{
			what: "the managed resource of a log group is paused", at: "edit", do: pausedLogs,
			says: []string{"AWS: Group", "network.flow-logs-group .retentionInDays: it stays 1, it was", "network.flow-logs-group is paused"},
		},
	}
}

// withoutSelfHeal commits Applications that do not heal.
func withoutSelfHeal(ctx context.Context, w *world.World) (func(context.Context) error, error) {
	environment, _, err := smallEnvironment(ctx, w)
	if err != nil {
		return nil, err
	}
	if err := replaceRendered(ctx, w, "argocd/applicationset-cluster.yaml", "selfHeal: true", "selfHeal: false"); err != nil {
		return nil, err
	}
	head, err := w.Git.Head(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	err = process.Until(ctx, "selfHeal to be off", w.Limit, func(ctx context.Context) error {
		found, err := application(ctx, w, environment+"-namespaces")
		if err != nil {
			return err
		}
		if heals, _, _ := unstructured.NestedBool(found.Object, "spec", "syncPolicy", "automated", "selfHeal"); heals {
			return errors.New("it is on")
		}
		return w.Synced(ctx, head)
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what it waited for.
	}
	return nil, syncOnce(ctx, w, environment+"-namespaces", head)
}

// syncOnce syncs an Application with a commit. Without selfHeal, Argo CD syncs each commit once, also one that changes nothing of it: the first edit
// by hand after such a commit would be healed.
func syncOnce(ctx context.Context, w *world.World, name, commit string) error {
	api := w.Dynamic.Resource(applications).Namespace("argocd")
	operation := []byte(`{"operation":{"initiatedBy":{"username":"e2e"},"sync":{"revision":"` + commit + `"}}}`)
	if _, err := api.Patch(ctx, name, types.MergePatchType, operation, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("sync %s: %w", name, err)
	}
	return process.Until(ctx, name+" to be synced", w.Limit, func(ctx context.Context) error { //nolint:wrapcheck // It says what it waited for.
		a, err := application(ctx, w, name)
		if err != nil {
			return err
		}
		phase, revision := field.Text(a.Object, "status", "operationState", "phase"), field.Text(a.Object, "status", "operationState", "syncResult", "revision")
		if phase != "Succeeded" || revision != commit {
			return fmt.Errorf("the last sync is of %.7s, %s", revision, phase)
		}
		return nil
	})
}

// replaceRendered commits a change of a file below rendered/bootstrap.
func replaceRendered(ctx context.Context, w *world.World, name, from, to string) error {
	file := filepath.Join(w.Git.Dir, "rendered", "bootstrap", filepath.FromSlash(name))
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("change %s: %w", name, err)
	}
	changed := strings.ReplaceAll(string(text), from, to)
	if changed == string(text) {
		return fmt.Errorf("change %s: it has no %q", name, from)
	}
	if err := os.WriteFile(file, []byte(changed), 0o644); err != nil {
		return fmt.Errorf("change %s: %w", name, err)
	}
	_, err = w.Git.Commit(ctx, "Change "+name)
	return err //nolint:wrapcheck // It says what failed.
}

// pausedLogs pauses the managed resource of the network's log group.
func pausedLogs(ctx context.Context, w *world.World) (func(context.Context) error, error) {
	environment, _, err := smallEnvironment(ctx, w)
	if err != nil {
		return nil, err
	}
	return paused(ctx, w, named("cloudwatchlogs.aws.upbound.io/v1beta1", "Group", "", environment+".network.flow-logs-group"))
}

// paused pauses an object, and returns what lets it go on.
func paused(ctx context.Context, w *world.World, manifest map[string]any) (func(context.Context) error, error) {
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	t, err := aim(ctx, "hub", objects, manifest)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return t.annotate(ctx, pausedAnnotation, nil) }, t.annotate(ctx, pausedAnnotation, "true")
}
