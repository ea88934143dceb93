package generators_test

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"sigs.k8s.io/yaml"

	"github.com/innovate-inc/genops/generators"
	"github.com/innovate-inc/genops/schema"
)

// customizations returns the health checks that the settings of Argo CD hold, by what they are for.
func customizations(t *testing.T) map[string]string {
	t.Helper()
	objects, err := generators.ArgoCD{}.Platform(&schema.Config{Platform: &schema.Platform{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if !strings.HasSuffix(object.Path, "configmap-argocd-cm.yaml") {
			continue
		}
		data, _ := object.Object["data"].(map[string]any)
		text, _ := data["resource.customizations"].(string)
		checks := map[string]map[string]string{}
		if err := yaml.UnmarshalStrict([]byte(text), &checks); err != nil {
			t.Fatalf("resource.customizations is not YAML: %v", err)
		}
		scripts := map[string]string{}
		for kinds, check := range checks {
			scripts[kinds] = check["health.lua"]
		}
		return scripts
	}
	t.Fatal("there is no argocd-cm")
	return nil
}

// The scripts are run by the Lua that Argo CD runs them with, without its libraries, as Argo CD does.
func TestHealthOfClaimsAndApplications(t *testing.T) {
	t.Parallel()
	scripts := customizations(t)
	const claims, registrations, applications, sets = "aws.genops.dev/*", "aws.genops.dev/ClusterRegistration", "argoproj.io/Application", "argoproj.io/ApplicationSet"
	const providers, functions = "pkg.crossplane.io/Provider", "pkg.crossplane.io/Function"
	cases := map[string]struct {
		reason  string
		script  string
		object  string
		status  string
		message string
	}{
		"new claim": {
			reason: "a claim that Crossplane has not seen is not healthy: waves would go on too early",
			script: claims, object: `{}`, status: "Progressing", message: "waiting for Crossplane",
		},
		"no conditions": {
			reason: "a status without conditions says nothing yet",
			script: claims, object: `{status = {}}`, status: "Progressing", message: "waiting for Crossplane",
		},
		"waiting": {
			reason: "AWS takes its time, and the reason is what people want to read",
			script: claims,
			object: `{status = {conditions = {{type = "Synced", status = "True"}, {type = "Ready", status = "False", reason = "Creating", message = "waiting for 2 of 6 subnets"}}}}`,
			status: "Progressing", message: "waiting for 2 of 6 subnets",
		},
		"waiting without a message": {
			reason: "a reason is better than nothing",
			script: claims,
			object: `{status = {conditions = {{type = "Ready", status = "False", reason = "Creating"}}}}`,
			status: "Progressing", message: "Creating",
		},
		"ready": {
			reason: "ready is what the next wave waits for",
			script: claims,
			object: `{status = {conditions = {{type = "Ready", status = "True"}, {type = "Synced", status = "True"}}}}`,
			status: "Healthy", message: "ready",
		},
		"ready but not synced": {
			reason: "the last change did not go through, whatever stood before",
			script: claims,
			object: `{status = {conditions = {{type = "Ready", status = "True"}, {type = "Synced", status = "False", reason = "ReconcileError", message = "cannot compose"}}}}`,
			status: "Degraded", message: "cannot compose",
		},
		"paused": {
			reason: "a person paused it: nothing is wrong",
			script: claims,
			object: `{status = {conditions = {{type = "Synced", status = "False", reason = "ReconcilePaused"}}}}`,
			status: "Suspended", message: "paused",
		},
		"refused by AWS": {
			reason: "somebody has to act: a resource that AWS refuses never becomes ready by itself",
			script: claims,
			object: `{status = {conditions = {{type = "Synced", status = "True"}, {type = "Ready", status = "False", reason = "Creating"},
				{type = "InfrastructureReady", status = "False", reason = "ResourceRefused", message = "dev.network.vpc: the limit of VPCs is reached"}}}}`,
			status: "Degraded", message: "dev.network.vpc: the limit of VPCs is reached",
		},
		"throttled by AWS": {
			reason: "the provider asks again: nobody has to act, and what was ready is still there",
			script: claims,
			object: `{status = {conditions = {{type = "Synced", status = "True"}, {type = "Ready", status = "True"},
				{type = "InfrastructureReady", status = "False", reason = "Throttled", message = "AWS is asked again: dev.network.vpc: Rate exceeded"}}}}`,
			status: "Progressing", message: "AWS is asked again: dev.network.vpc: Rate exceeded",
		},
		"waiting for AWS": {
			reason: "what it waits for is more than Crossplane's list of resources",
			script: claims,
			object: `{status = {conditions = {{type = "InfrastructureReady", status = "False", reason = "Waiting", message = "waiting for 1 of 1 cluster"},
				{type = "Ready", status = "False", reason = "Creating", message = "Unready resources: a, b and 20 more"}}}}`,
			status: "Progressing", message: "waiting for 1 of 1 cluster",
		},
		"ready for Crossplane alone": {
			reason: "a resource that is held back is not among those that Crossplane counts",
			script: claims,
			object: `{status = {conditions = {{type = "Ready", status = "True"}, {type = "InfrastructureReady", status = "False", reason = "Waiting", message = "waiting for 1 of 1 OIDC provider"}}}}`,
			status: "Progressing", message: "waiting for 1 of 1 OIDC provider",
		},
		"all is there": {
			reason: "both say so",
			script: claims,
			object: `{status = {conditions = {{type = "InfrastructureReady", status = "True", reason = "Available"}, {type = "Ready", status = "True"}, {type = "Synced", status = "True"}}}}`,
			status: "Healthy", message: "ready",
		},
		"there and not ready": {
			reason: "Crossplane has the last word: a step after ours may have more",
			script: claims,
			object: `{status = {conditions = {{type = "InfrastructureReady", status = "True", reason = "Available"}, {type = "Ready", status = "False", reason = "Creating"}}}}`,
			status: "Progressing", message: "Creating",
		},
		"new registration": {
			reason: "root prunes after everything in it is healthy: it must not wait for a cluster",
			script: registrations, object: `{}`, status: "Healthy", message: "waiting for Crossplane",
		},
		"registration waits for EKS": {
			reason: "root prunes after everything in it is healthy: it must not wait for a cluster",
			script: registrations,
			object: `{status = {conditions = {{type = "Synced", status = "True"}, {type = "Ready", status = "False", reason = "Creating"},
				{type = "InfrastructureReady", status = "False", reason = "Waiting", message = "waiting for EKS to give the endpoint of acme-dev"}}}}`,
			status: "Healthy", message: "waiting for EKS to give the endpoint of acme-dev",
		},
		"registration refused": {
			reason: "a Secret of this name that another composite owns is for a person",
			script: registrations,
			object: `{status = {conditions = {{type = "InfrastructureReady", status = "False", reason = "ResourceRefused", message = "owned"}}}}`,
			status: "Degraded", message: "owned",
		},
		"registration not synced": {
			reason: "Crossplane cannot compose it",
			script: registrations,
			object: `{status = {conditions = {{type = "Synced", status = "False", reason = "ReconcileError", message = "no such composition"}}}}`,
			status: "Degraded", message: "no such composition",
		},
		"registration paused": {
			reason: "a person paused it: nothing is wrong, and root goes on",
			script: registrations,
			object: `{status = {conditions = {{type = "Synced", status = "False", reason = "ReconcilePaused"}}}}`,
			status: "Healthy", message: "waiting for Crossplane",
		},
		"registered": {
			reason: "the Secret is there",
			script: registrations,
			object: `{status = {conditions = {{type = "Synced", status = "True"}, {type = "InfrastructureReady", status = "True", reason = "Available", message = "the resource is ready"}}}}`,
			status: "Healthy", message: "the resource is ready",
		},
		"new package": {
			reason: "the wave after it needs what it installs",
			script: providers, object: `{}`, status: "Progressing", message: "waiting for Crossplane to install the package",
		},
		"package starts": {
			reason: "on the first day each provider takes minutes: the sync waits and does not fail",
			script: providers,
			object: `{status = {conditions = {{type = "Installed", status = "True"}, {type = "Healthy", status = "False", reason = "UnhealthyPackageRevision", message = "no pod is available"}}}}`,
			status: "Progressing", message: "no pod is available",
		},
		"package starts and says nothing": {
			reason: "a reason is better than nothing",
			script: functions,
			object: `{status = {conditions = {{type = "Installed", status = "True"}, {type = "Healthy", status = "Unknown", reason = "UnknownPackageRevisionHealth"}}}}`,
			status: "Progressing", message: "UnknownPackageRevisionHealth",
		},
		"package that cannot be had": {
			reason: "a wrong address or registry does not mend itself",
			script: functions,
			object: `{status = {conditions = {{type = "Installed", status = "False", reason = "UnpackingPackage", message = "cannot unpack package: not found"}, {type = "Healthy", status = "True"}}}}`,
			status: "Degraded", message: "cannot unpack package: not found",
		},
		"package is unpacked": {
			reason: "nothing is wrong yet",
			script: providers,
			object: `{status = {conditions = {{type = "Installed", status = "False", reason = "UnpackingPackage"}}}}`,
			status: "Progressing", message: "waiting for Crossplane to install the package",
		},
		"package runs": {
			reason: "the next wave may go on",
			script: functions,
			object: `{status = {conditions = {{type = "Installed", status = "True"}, {type = "Healthy", status = "True"}}}}`,
			status: "Healthy", message: "installed",
		},
		"application without status": {
			reason: "an Application that was not compared yet is not healthy",
			script: applications, object: `{}`, status: "Progressing", message: "",
		},
		"application passes on its health": {
			reason: "waves of the root Application wait for what its children bring",
			script: applications, object: `{status = {health = {status = "Degraded", message = "broken"}}}`, status: "Degraded", message: "broken",
		},
		"root": {
			reason: "root brings itself: a later commit must not keep it from ending the sync of the one before",
			script: applications, object: `{metadata = {name = "root"}, status = {health = {status = "Missing"}}}`, status: "Healthy", message: "",
		},
		"set that rolls out": {
			reason: "a rollout that waits for a sync window is no unfinished work of the root Application",
			script: sets,
			object: `{status = {conditions = {{type = "RolloutProgressing", status = "True"}, {type = "ErrorOccurred", status = "False"}}}}`,
			status: "Healthy", message: "",
		},
		"set that is broken": {
			reason: "an error in a set is seen at the root",
			script: sets,
			object: `{status = {conditions = {{type = "ErrorOccurred", status = "True", message = "no such label"}}}}`,
			status: "Degraded", message: "no such label",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			state := lua.NewState(lua.Options{SkipOpenLibs: true})
			defer state.Close()
			// Argo CD opens these for every script.
			for _, library := range []struct {
				name string
				open lua.LGFunction
			}{{lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}} {
				if err := state.CallByParam(lua.P{Fn: state.NewFunction(library.open), Protect: true}, lua.LString(library.name)); err != nil {
					t.Fatal(err)
				}
			}
			if err := state.DoString("obj = " + tc.object); err != nil {
				t.Fatal(err)
			}
			if err := state.DoString(scripts[tc.script]); err != nil {
				t.Fatalf("%s: %v", tc.reason, err)
			}
			result, ok := state.Get(-1).(*lua.LTable)
			if !ok {
				t.Fatalf("%s: the script returns %v, not a table", tc.reason, state.Get(-1))
			}
			if got := result.RawGetString("status").String(); got != tc.status {
				t.Errorf("%s: got status %s, want %s", tc.reason, got, tc.status)
			}
			if got := result.RawGetString("message").String(); got != tc.message {
				t.Errorf("%s: got message %q, want %q", tc.reason, got, tc.message)
			}
		})
	}
}
