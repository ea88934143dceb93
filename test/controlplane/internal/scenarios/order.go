package scenarios

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// What the scenario releases: a version of an add-on, and a version of the function whose networks have one tag more.
const (
	addon            = "metrics-server"
	addonVersion     = "3.99.0"
	addonProgram     = "0.99.0"
	functionVersion  = "v0.1.99"
	changedFile      = "compositions/network.go"
	changedFrom      = `.tagged(map[string]string{"Name": prefix(n.meta)})`
	changedTo        = `.tagged(map[string]string{"Name": prefix(n.meta), changedTag: "true"})`
	changedTag       = "genops.dev/changed"
	patience         = 15 * time.Second // Some looks of Argo CD at Git and of the ApplicationSet controller at its Applications.
	changeOfProd     = "prod/change.cue"
	changeOfProdText = "package environments\n\nenvironment: network: flowLogs: retentionDays: 731\n"
	limitOfProd      = `amd64: limits: {cpu: "400"`
)

// progressive lets an add-on and a composition change, and prod's window close.
func progressive(ctx context.Context, w *world.World) error {
	if err := prepareReleases(ctx, w); err != nil {
		return err
	}
	before, err := w.Git.Head(ctx)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	err = inOrder(ctx, w,
		step{"an add-on and the composition of dev change; staging cannot pull the add-on's image", releasedToDev},
		step{"the composition of staging changes; AWS throttles", releasedToStaging},
		step{"prod's window is closed", windowHolds},
	)
	if err != nil {
		return err
	}
	if err := w.Git.Restore(ctx, before); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	return settle(ctx, w)
}

// prepareReleases publishes the new versions, once.
func prepareReleases(ctx context.Context, w *world.World) error {
	for _, name := range []string{"innovate-dev", "innovate-staging", "innovate-prod"} {
		if w.Workloads()[name] == nil {
			return fmt.Errorf("there is no workload cluster %s: the order of stages needs the environments dev, staging and prod", name)
		}
	}
	if w.Released(functionVersion) {
		return nil
	}
	constant := strings.Replace(changedTo, "changedTag", `"`+changedTag+`"`, 1)
	program, err := w.BuildChanged(ctx, changedFile, changedFrom, constant)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	if err := w.ReleaseFunction(ctx, functionVersion, program); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	return w.ReleaseChart(addon, addonVersion, addonProgram) //nolint:wrapcheck // It says what failed.
}

// promote names the new version of the function, and those stages that keep the one before.
func promote(w *world.World, from string, waiting ...string) error {
	var stages []string
	for _, stage := range waiting {
		stages = append(stages, stage+`: "v0.1.0"`)
	}
	to := `version: "` + functionVersion + `", stages: {` + strings.Join(stages, ", ") + `}}`
	return w.Change("platform.cue", from, to) //nolint:wrapcheck // It says what failed.
}

const (
	functionBefore = `version: "v0.1.0"}`
	stagesOfDev    = `stages: {shared: "v0.1.0", staging: "v0.1.0", prod: "v0.1.0"}}`
)

// releasedToDev pushes both releases at once. The add-on reaches dev, stops at staging, and goes on when staging is healthy.
func releasedToDev(ctx context.Context, w *world.World) error {
	versions, err := chartVersion(w)
	if err != nil {
		return err
	}
	err = errors.Join(
		w.Change("platform.cue", versions, addon+`", version: "`+addonVersion+`"`),
		promote(w, functionBefore, "shared", "staging", "prod"),
	)
	if err != nil {
		return err
	}
	staging := w.Workloads()["innovate-staging"]
	pull := staging.Kubelet.Refuse(addon+":v"+addonProgram, "manifest unknown")
	defer pull()
	if _, err := w.RenderAndPush(ctx, "A newer metrics-server; compositions of dev"); err != nil {
		return err
	}
	if err := moment(ctx, "the releases are pushed"); err != nil {
		return err
	}
	early := func(ctx context.Context) error {
		return errors.Join(runsStill(ctx, w, "prod", "while staging is not healthy"), untagged(ctx, w, "staging", "prod"))
	}
	for _, wait := range []struct {
		what  string
		check func(context.Context) error
	}{
		{"the add-on and the composition to reach dev", func(ctx context.Context) error {
			return errors.Join(runsNow(ctx, w, "dev"), healthy(ctx, w, "dev-"+addon), tagged(ctx, w, "dev"))
		}},
		{"the add-on to reach staging", func(ctx context.Context) error { return runsNow(ctx, w, "staging") }},
	} {
		if err := untilUnless(ctx, w, wait.what, wait.check, early); err != nil {
			return err
		}
	}
	if err := holds(ctx, "the add-on stops at staging", patience, early); err != nil {
		return err
	}
	if err := healthy(ctx, w, "staging-"+addon); err == nil {
		return errors.New("Argo CD calls staging-" + addon + " healthy, and its image cannot be pulled")
	}
	pull()
	if err := staging.Kubelet.Evict(ctx, addon+":v"+addonProgram); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	w.Say("staging can pull the image")
	return process.Until(ctx, "the add-on to reach prod", w.Limit, func(ctx context.Context) error { return runsNow(ctx, w, "prod") })
}

// untilUnless waits for something, and gives up if something else is wrong meanwhile.
func untilUnless(ctx context.Context, w *world.World, what string, check, must func(context.Context) error) error {
	var broken error
	err := process.Until(ctx, what, w.Limit, func(ctx context.Context) error {
		if err := must(ctx); err != nil && ctx.Err() == nil {
			broken = err
			return nil
		}
		return check(ctx)
	})
	return errors.Join(broken, err)
}

// releasedToStaging promotes the composition while AWS throttles staging: it is not healthy there, and prod has the one before.
func releasedToStaging(ctx context.Context, w *world.World) error {
	back := w.AWS.Inject(awsstandin.Fault{Kind: "VPC", Name: `staging\..*`, Mode: awsstandin.Throttle})
	defer back()
	if err := promote(w, `version: "`+functionVersion+`", `+stagesOfDev, "prod"); err != nil {
		return err
	}
	if err := w.Describe(world.Windows, closedWindow(time.Now())); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	if _, err := w.RenderAndPush(ctx, "Compositions of staging; prod's window is over"); err != nil {
		return err
	}
	err := untilUnless(ctx, w, "claims-staging to wait for AWS", func(ctx context.Context) error {
		a, err := application(ctx, w, "claims-staging")
		if err != nil {
			return err
		}
		if health := field.Text(a.Object, "status", "health", "status"); health != "Progressing" {
			return fmt.Errorf("Application claims-staging is %s", health)
		}
		claims, err := claimsOf(ctx, w, "staging")
		if err != nil {
			return err
		}
		for _, c := range claims {
			if _, says := field.Condition(c.Object, "InfrastructureReady"); c.GetKind() == "Network" && !strings.Contains(says, "Throttled AWS is asked again") {
				return fmt.Errorf("the claim Network of staging says: %s", says)
			}
		}
		return nil
	}, func(ctx context.Context) error { return untagged(ctx, w, "prod") })
	if err != nil {
		return err
	}
	back()
	return process.Until(ctx, "the composition to reach staging", w.Limit, func(ctx context.Context) error {
		return errors.Join(tagged(ctx, w, "staging"), healthy(ctx, w, "claims-staging"))
	})
}

// closedWindow lets prod be synced in one hour of the day that is half a day away.
func closedWindow(now time.Time) string {
	const away = 12 * time.Hour
	return fmt.Sprintf("package environments\n\nenvironment: argocd: syncWindows: [{kind: \"allow\", schedule: \"0 %d * * *\", duration: \"1h\"}]\n", now.UTC().Add(away).Hour())
}

// windowHolds changes prod while its window is closed, and opens it.
func windowHolds(ctx context.Context, w *world.World) error {
	if err := process.Until(ctx, "the window in prod's projects", w.Limit, func(ctx context.Context) error { return windowClosed(ctx, w) }); err != nil {
		return err
	}
	err := errors.Join(w.Describe(changeOfProd, changeOfProdText),
		w.Change("prod/environment.cue", limitOfProd, strings.Replace(limitOfProd, "400", "390", 1)))
	if err != nil {
		return err
	}
	if _, err := w.RenderAndPush(ctx, "prod: a smaller amd64 pool, flow logs for two years"); err != nil {
		return err
	}
	if err := moment(ctx, "prod is changed"); err != nil {
		return err
	}
	commit, err := w.Git.Head(ctx)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	// root first: what a commit changes of the projects is in force when it is synced.
	for _, name := range []string{"root", "claims-prod", "prod-node-pools"} {
		err := process.Until(ctx, name+" to see the change", w.Limit, func(ctx context.Context) error {
			a, err := application(ctx, w, name)
			if err != nil {
				return err
			}
			sync, revision := field.Text(a.Object, "status", "sync", "status"), field.Text(a.Object, "status", "sync", "revision")
			if revision != commit || name == "root" && sync != "Synced" {
				return fmt.Errorf("it is at %.7s, %s", revision, sync)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := holds(ctx, "outside of its window", patience, func(ctx context.Context) error { return changedProd(ctx, w, false) }); err != nil {
		return err
	}
	if err := w.Describe(world.Windows, world.OpenWindows); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	if _, err := w.RenderAndPush(ctx, "prod's window opens"); err != nil {
		return err
	}
	return process.Until(ctx, "the change to reach prod", w.Limit, func(ctx context.Context) error { return changedProd(ctx, w, true) })
}

// windowClosed checks that both projects of prod have the window.
func windowClosed(ctx context.Context, w *world.World) error {
	for _, name := range []string{"prod", "prod-cluster"} {
		p, err := w.Dynamic.Resource(schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: "appprojects"}).
			Namespace("argocd").Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("project: %w", err)
		}
		if windows, _, _ := unstructured.NestedSlice(p.Object, "spec", "syncWindows"); len(windows) == 0 {
			return fmt.Errorf("project %s has no window", name)
		}
	}
	return nil
}

// changedProd checks whether the change of prod has arrived, in its claim and in its workload cluster.
func changedProd(ctx context.Context, w *world.World, want bool) error {
	claims, err := claimsOf(ctx, w, "prod")
	if err != nil {
		return err
	}
	for _, c := range claims {
		days, _, _ := unstructured.NestedInt64(c.Object, "spec", "flowLogs", "retentionDays")
		if c.GetKind() == "Network" && (days == 731) != want { //nolint:mnd // As above.
			return fmt.Errorf("the claim Network of prod keeps flow logs for %d days", days)
		}
	}
	pool, err := w.Workloads()["innovate-prod"].Dynamic.Resource(schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodepools"}).
		Get(ctx, "amd64", metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("node pool: %w", err)
	}
	if cpu := field.Text(pool.Object, "spec", "limits", "cpu"); (cpu == "390") != want {
		return fmt.Errorf("the limit of the node pool amd64 of prod is %s", cpu)
	}
	return nil
}

// chartVersion is where platform.cue says which version of the add-on there is.
func chartVersion(w *world.World) (string, error) {
	rendered, err := w.Rendered()
	if err != nil {
		return "", err //nolint:wrapcheck // It says what failed.
	}
	set := rendered[filepath.Join("bootstrap", "argocd", "applicationset-"+addon+".yaml")]
	chart, ok := world.Charts(set, "spec", "template", "spec")[addon]
	if !ok {
		return "", errors.New("no ApplicationSet installs the chart " + addon)
	}
	return addon + `", version: "` + chart.Version + `"`, nil
}

// image is the image of the add-on in the cluster of an environment.
func image(ctx context.Context, w *world.World, environment string) (string, error) {
	d, err := w.Workloads()["innovate-"+environment].Client.AppsV1().Deployments("kube-system").Get(ctx, addon, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("%s: %w", environment, err)
	}
	return d.Spec.Template.Spec.Containers[0].Image, nil
}

func runsNow(ctx context.Context, w *world.World, environment string) error {
	is, err := image(ctx, w, environment)
	if err == nil && !strings.HasSuffix(is, addonProgram) {
		err = fmt.Errorf("%s has %s; Application %s-%s: %s", environment, is, environment, addon, applicationSays(ctx, w, environment+"-"+addon))
	}
	return err
}

func runsStill(ctx context.Context, w *world.World, environment, when string) error {
	is, err := image(ctx, w, environment)
	if err == nil && strings.HasSuffix(is, addonProgram) {
		err = fmt.Errorf("%s has %s %s", environment, is, when)
	}
	return err
}

// vpcTags are the tags of the VPCs of environments, as AWS has them.
func vpcTags(ctx context.Context, w *world.World, environment string) (map[string]string, error) {
	vpc, err := w.Dynamic.Resource(schema.GroupVersionResource{Group: "ec2.aws.upbound.io", Version: "v1beta1", Resource: "vpcs"}).
		Get(ctx, environment+".network.vpc", metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("VPC: %w", err)
	}
	tags, _, _ := unstructured.NestedStringMap(vpc.Object, "spec", "forProvider", "tags")
	return tags, nil
}

func tagged(ctx context.Context, w *world.World, environment string) error {
	tags, err := vpcTags(ctx, w, environment)
	if err == nil && tags[changedTag] == "" {
		err = fmt.Errorf("the VPC of %s has no tag %s: its composition is the one before", environment, changedTag)
	}
	return err
}

func untagged(ctx context.Context, w *world.World, environments ...string) error {
	for _, environment := range environments {
		tags, err := vpcTags(ctx, w, environment)
		if err != nil {
			return err
		}
		if tags[changedTag] != "" {
			return fmt.Errorf("the VPC of %s has the tag %s: a composition reached it too early", environment, changedTag)
		}
	}
	return nil
}

func application(ctx context.Context, w *world.World, name string) (*unstructured.Unstructured, error) {
	a, err := w.Dynamic.Resource(applications).Namespace("argocd").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("application: %w", err)
	}
	return a, nil
}

func healthy(ctx context.Context, w *world.World, name string) error {
	a, err := application(ctx, w, name)
	if err != nil {
		return err
	}
	sync, health := field.Text(a.Object, "status", "sync", "status"), field.Text(a.Object, "status", "health", "status")
	if sync != "Synced" || health != "Healthy" {
		return fmt.Errorf("Application %s is %s, %s: %s", name, sync, health, applicationSays(ctx, w, name))
	}
	return nil
}

// orderSabotages break what keeps the order.
func orderSabotages() []sabotage {
	const limit = 3 * time.Minute // A sync of root has many waves.
	return []sabotage{
		{
			what: "the ApplicationSet of the add-on goes to all stages at once", at: "the releases are pushed", limit: limit,
			says: []string{"prod has ", addonProgram, "while staging is not healthy"},
			do: func(ctx context.Context, w *world.World) (func(context.Context) error, error) {
				return nothing, edit(ctx, w, "bootstrap/argocd/applicationset-"+addon+".yaml", func(set map[string]any) {
					unstructured.RemoveNestedField(set, "spec", "strategy")
				})
			},
		},
		{
			what: "prod's composition calls the new version of the function before staging's does", at: "the releases are pushed", limit: limit,
			says: []string{"the VPC of prod has the tag " + changedTag, "too early"},
			do: func(ctx context.Context, w *world.World) (func(context.Context) error, error) {
				return nothing, edit(ctx, w, "bootstrap/compositions/xnetworks-prod.yaml", func(composition map[string]any) {
					steps, _, _ := unstructured.NestedSlice(composition, "spec", "pipeline")
					for _, s := range steps {
						if fields, ok := s.(map[string]any); ok {
							_ = unstructured.SetNestedField(fields, "genops-"+strings.ReplaceAll(functionVersion, ".", "-"), "functionRef", "name")
						}
					}
					_ = unstructured.SetNestedSlice(composition, steps, "spec", "pipeline")
				})
			},
		},
		{
			what: "prod's projects lose their windows", at: "prod is changed", limit: limit,
			says: []string{"outside of its window", "of prod"},
			do: func(ctx context.Context, w *world.World) (func(context.Context) error, error) {
				var problems []error
				for _, name := range []string{"prod", "prod-cluster"} {
					problems = append(problems, edit(ctx, w, "bootstrap/argocd/appproject-"+name+".yaml", func(project map[string]any) {
						unstructured.RemoveNestedField(project, "spec", "syncWindows")
					}))
				}
				return nothing, errors.Join(problems...)
			},
		},
	}
}

// nothing is what there is to undo of a change in Git: the commit is taken back anyway.
func nothing(context.Context) error { return nil }

// edit changes a rendered object of the served repository by hand and pushes it.
func edit(ctx context.Context, w *world.World, file string, change func(object map[string]any)) error {
	rendered, err := w.Rendered()
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	object, ok := rendered[filepath.FromSlash(file)]
	if !ok {
		return fmt.Errorf("rendered/%s does not exist", file)
	}
	change(object)
	return w.PushRendered(ctx, file, object) //nolint:wrapcheck // It says what failed.
}
