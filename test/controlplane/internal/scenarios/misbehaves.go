package scenarios

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/innovate-inc/genops/test/controlplane/internal/awsstandin"
	"github.com/innovate-inc/genops/test/controlplane/internal/field"
	"github.com/innovate-inc/genops/test/controlplane/internal/process"
	"github.com/innovate-inc/genops/test/controlplane/internal/world"
)

// Kinds of AWS that misbehave here.
const (
	groupOfEC2      = "ec2.aws.upbound.io"
	kindNATGateway  = groupOfEC2 + "/NATGateway"
	limitExceeded   = "NatGatewayLimitExceeded"
	limitOfGateways = "api error " + limitExceeded + ": Performing this operation would exceed the limit of 5 NAT gateways"
)

// weather is an environment under which AWS misbehaves.
type weather struct {
	*world.World

	environment string
	objects     *world.Objects
}

// misbehaves lets AWS throttle, refuse, take for ever and lose something, and looks at what people are told.
func misbehaves(ctx context.Context, w *world.World) error {
	environment, _, err := smallEnvironment(ctx, w)
	if err != nil {
		return err
	}
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	s := &weather{World: w, environment: environment, objects: objects}
	before, err := snapshot(ctx, w)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{s.throttled, s.growth, s.vanished} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := settle(ctx, w); err != nil {
		return err
	}
	return process.Until(ctx, "everything to be as before", time.Minute, func(ctx context.Context) error { //nolint:wrapcheck // It says what failed.
		after, err := snapshot(ctx, w)
		if err != nil {
			return err
		}
		if changed := changes(before, after); len(changed) > 0 {
			return fmt.Errorf("AWS is itself again, and this is not as before:\n  %s", strings.Join(changed, "\n  "))
		}
		return nil
	})
}

// throttled throttles all of EC2 for a while.
func (s *weather) throttled(ctx context.Context) error {
	s.Say("AWS throttles all EC2 requests of %s", s.environment)
	end := s.AWS.Inject(awsstandin.Fault{Kind: groupOfEC2, Name: regexp.QuoteMeta(s.environment) + `\..*`, Mode: awsstandin.Throttle})
	defer end()
	err := s.told(ctx, tale{
		reason: "Throttled", says: []string{s.environment + ".network.", "RequestLimitExceeded", "more)"}, health: "Progressing",
	})
	if err != nil {
		return err
	}
	if err := moment(ctx, "throttled"); err != nil {
		return err
	}
	s.Say("AWS throttles no more")
	end()
	return s.recovered(ctx)
}

// growth adds a NAT gateway for each zone. AWS refuses it, then takes for ever. In the end it is taken back.
func (s *weather) growth(ctx context.Context) error {
	head, err := s.Git.Head(ctx)
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	s.Say("a commit asks for another NAT gateway, and AWS refuses it")
	gateways := regexp.QuoteMeta(s.environment) + `\.network\.nat-gateway-.*`
	refuses := s.AWS.Inject(awsstandin.Fault{Kind: kindNATGateway, Name: gateways, Mode: awsstandin.CreateError, Message: limitOfGateways})
	defer refuses()
	const change = "package environments\n\nenvironment: network: natGateways: \"perZone\"\n"
	file := filepath.Join(s.Git.Dir, "environments", s.environment, "gateways.cue")
	if err := os.WriteFile(file, []byte(change), 0o644); err != nil {
		return fmt.Errorf("change %s: %w", s.environment, err)
	}
	old, err := s.gateways(ctx)
	if err != nil {
		return err
	}
	if _, err := s.RenderAndPush(ctx, s.environment+": a NAT gateway in each zone"); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	var added string // The first of them: what is said names it.
	seen := 0
	err = process.Until(ctx, "other NAT gateways", s.Limit, func(ctx context.Context) error {
		now, err := s.gateways(ctx)
		if err != nil {
			return err
		}
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(now)), func(name string) bool { return old[name] })
		if len(names) == 0 {
			return fmt.Errorf("there is none: %s", s.says(ctx))
		}
		if len(names) != seen {
			seen = len(names)
			return fmt.Errorf("there are %d, and more may come", seen)
		}
		added = names[0]
		return nil
	})
	if err != nil {
		return err //nolint:wrapcheck // It says what it waited for.
	}
	if err := s.told(ctx, tale{reason: "ResourceRefused", says: []string{added + ": create failed", limitExceeded}, health: "Degraded"}); err != nil {
		return err
	}
	s.Say("AWS makes it, and it does not become ready")
	stuck := s.AWS.Inject(awsstandin.Fault{Kind: kindNATGateway, Name: regexp.QuoteMeta(added), Mode: awsstandin.NeverReady})
	defer stuck()
	refuses()
	if err := s.told(ctx, tale{reason: "Waiting", says: []string{"waiting for 1 of ", " NAT gateways", added}, health: "Progressing"}); err != nil {
		return err
	}
	s.Say("it becomes ready")
	stuck()
	if err := s.recovered(ctx); err != nil {
		return err
	}
	s.Say("the commit is reverted")
	if err := s.Git.Restore(ctx, head); err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	return process.Until(ctx, "the added NAT gateway to go", s.Limit, func(ctx context.Context) error { //nolint:wrapcheck // It says what failed.
		now, err := s.gateways(ctx)
		if err == nil && now[added] {
			err = fmt.Errorf("%s is still there: %s", added, s.says(ctx))
		}
		return err
	})
}

// gateways are the names of the NAT gateways of the environment.
func (s *weather) gateways(ctx context.Context) (map[string]bool, error) {
	found, err := s.List(ctx, groupOfEC2, "v1beta1", "natgateways")
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	names := map[string]bool{}
	for _, u := range found {
		if strings.HasPrefix(u.GetName(), s.environment+".") {
			names[u.GetName()] = true
		}
	}
	return names, nil
}

// vanished deletes in AWS what holds no data: a log group and a route.
func (s *weather) vanished(ctx context.Context) error {
	lost := []struct{ kind, name string }{
		{"cloudwatchlogs.aws.upbound.io/Group", s.environment + ".network.flow-logs-group"},
		{groupOfEC2 + "/Route", ""},
	}
	routes, err := s.List(ctx, groupOfEC2, "v1beta2", "routes")
	if err != nil {
		return err //nolint:wrapcheck // It says what failed.
	}
	for _, u := range routes {
		if strings.HasPrefix(u.GetName(), s.environment+".network.route-private") {
			lost[1].name = u.GetName()
		}
	}
	if err := moment(ctx, "vanish"); err != nil {
		return err
	}
	for _, one := range lost {
		s.Say("%s vanishes in AWS", one.name)
		known, _ := s.AWS.Find(one.kind, one.name)
		if !s.AWS.Vanish(one.kind, one.name) {
			return fmt.Errorf("AWS has no %s %s that could vanish", one.kind, one.name)
		}
		err := process.Until(ctx, one.name+" to be made again", s.Limit, func(ctx context.Context) error {
			if now, found := s.AWS.Find(one.kind, one.name); !found || now.Made != known.Made+1 {
				return fmt.Errorf("AWS has no %s %s: %s", one.kind, one.name, s.managed(ctx, one.kind, one.name))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.recovered(ctx)
}

// managed is what the managed resource of something in AWS says.
func (s *weather) managed(ctx context.Context, kind, name string) string {
	found, err := s.Managed(ctx)
	if err != nil {
		return err.Error()
	}
	for _, u := range found {
		if group := u.GroupVersionKind().Group; group+"/"+u.GetKind() == kind && u.GetName() == name {
			if u.GetAnnotations()[pausedAnnotation] == "true" {
				return "its managed resource is paused"
			}
			_, message := field.Condition(u.Object, "Synced")
			return message
		}
	}
	return "it has no managed resource"
}

// tale is what people are told of the network.
type tale struct {
	// reason of the condition InfrastructureReady, and texts of its message.
	reason string
	says   []string
	// health of the Application that brings the claim.
	health string
}

// told waits until the claim and its Application say what they have to say.
func (s *weather) told(ctx context.Context, t tale) error {
	return process.Until(ctx, "people to be told", s.Limit, func(ctx context.Context) error { //nolint:wrapcheck // It says what failed.
		claim, err := s.network(ctx)
		if err != nil {
			return err
		}
		status, message := field.Condition(claim.Object, infrastructure)
		if status != "False" || !strings.HasPrefix(message, t.reason+" ") {
			return fmt.Errorf("the claim should say %s: %s", t.reason, s.says(ctx))
		}
		for _, text := range t.says {
			if !strings.Contains(message, text) {
				return fmt.Errorf("the claim should say %q: %s", text, s.says(ctx))
			}
		}
		found, err := application(ctx, s.World, "claims-"+s.environment)
		if err != nil {
			return err
		}
		if health := field.Text(found.Object, "status", "health", "status"); health != t.health {
			return fmt.Errorf("Application %s is %s and should be %s%s: %s", found.GetName(), health, t.health, s.checks(ctx), s.says(ctx))
		}
		return nil
	})
}

// infrastructure is the condition in which compositions say how far they are.
const infrastructure = "InfrastructureReady"

// network is the claim of the environment's network.
func (s *weather) network(ctx context.Context) (*unstructured.Unstructured, error) {
	claims, err := s.List(ctx, world.ClaimGroup, world.ClaimVersion, "networks")
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	for i := range claims {
		if claims[i].GetNamespace() == "env-"+s.environment {
			return &claims[i], nil
		}
	}
	return nil, errors.New("there is no Network of " + s.environment)
}

// says is what the network's claim says, and whether somebody has paused its composite.
func (s *weather) says(ctx context.Context) string {
	claim, err := s.network(ctx)
	if err != nil {
		return err.Error()
	}
	status, message := field.Condition(claim.Object, infrastructure)
	said := fmt.Sprintf("Network %s says %s=%s: %s", claim.GetName(), infrastructure, status, message)
	composites, err := s.List(ctx, world.ClaimGroup, world.ClaimVersion, "xnetworks")
	if err != nil {
		return said
	}
	for _, x := range composites {
		if x.GetName() == field.Text(claim.Object, "spec", "resourceRef", "name") && x.GetAnnotations()[pausedAnnotation] == "true" {
			said += "; its composite " + x.GetName() + " is paused"
		}
	}
	return said
}

// checks says whether Argo CD has no health check of claims.
func (s *weather) checks(ctx context.Context) string {
	settings, err := s.objects.Get(ctx, named("v1", "ConfigMap", "argocd", "argocd-cm"))
	if err != nil {
		return ": " + err.Error()
	}
	if !strings.Contains(field.Text(settings.Object, "data", "resource.customizations"), `"`+world.ClaimGroup+`/*"`) {
		return ": argocd-cm has no health check of " + world.ClaimGroup + "/*"
	}
	return ""
}

// recovered waits until the claim and its Application are well again, with nobody doing anything.
func (s *weather) recovered(ctx context.Context) error {
	return process.Until(ctx, "AWS to be itself again", s.Limit, func(ctx context.Context) error { //nolint:wrapcheck // It says what failed.
		claim, err := s.network(ctx)
		if err != nil {
			return err
		}
		for _, condition := range []string{infrastructure, "Ready", "Synced"} {
			if status, message := field.Condition(claim.Object, condition); status != "True" {
				return fmt.Errorf("Network %s: %s=%s: %s", claim.GetName(), condition, status, message)
			}
		}
		found, err := application(ctx, s.World, "claims-"+s.environment)
		if err != nil {
			return err
		}
		if health := field.Text(found.Object, "status", "health", "status"); health != "Healthy" {
			return fmt.Errorf("Application %s is %s", found.GetName(), health)
		}
		return nil
	})
}

// whileTold is how long a step of a sabotaged run may take: Crossplane looks again at what it has missed after a minute.
const whileTold = 100 * time.Second

// sabotagesOfWeather keep people from being told, or AWS from getting well.
func sabotagesOfWeather() []sabotage {
	return []sabotage{
		{
			what: "the composite of the network is paused", do: pausedNetwork, limit: whileTold,
			says: []string{"the claim should say Throttled", "Network", "its composite", "is paused"},
		},
		{
			what: "argocd-cm in Git has no health check of claims", do: withoutHealth, limit: whileTold,
			says: []string{"Application claims-", "is Healthy and should be Progressing", "argocd-cm has no health check of aws.genops.dev/*"},
		},
		{
			what: "AWS does not stop throttling", at: "throttled", limit: whileTold,
			do: func(_ context.Context, w *world.World) (func(context.Context) error, error) {
				end := w.AWS.Inject(awsstandin.Fault{Kind: groupOfEC2, Mode: awsstandin.Throttle})
				return func(context.Context) error { end(); return nil }, nil
			},
			says: []string{"AWS to be itself again", "InfrastructureReady=False", "Throttled", "RequestLimitExceeded"},
		},
		{
			what: "the managed resource of a log group that vanishes is paused", at: "vanish", do: pausedLogs, limit: whileTold,
			says: []string{"AWS has no cloudwatchlogs.aws.upbound.io/Group", "its managed resource is paused"},
		},
	}
}

// pausedNetwork pauses the composite of the network.
func pausedNetwork(ctx context.Context, w *world.World) (func(context.Context) error, error) {
	environment, _, err := smallEnvironment(ctx, w)
	if err != nil {
		return nil, err
	}
	claim, err := (&weather{World: w, environment: environment}).network(ctx)
	if err != nil {
		return nil, err
	}
	return paused(ctx, w, named(claim.GetAPIVersion(), "XNetwork", "", field.Text(claim.Object, "spec", "resourceRef", "name")))
}

// withoutHealth commits settings of Argo CD that do not know claims.
func withoutHealth(ctx context.Context, w *world.World) (func(context.Context) error, error) {
	if err := replaceRendered(ctx, w, "argocd/configmap-argocd-cm.yaml", world.ClaimGroup+"/*", "other.example/*"); err != nil {
		return nil, err
	}
	objects, err := world.NewObjects(w.Hub.Admin)
	if err != nil {
		return nil, err //nolint:wrapcheck // It says what failed.
	}
	s := &weather{World: w, objects: objects}
	return nil, process.Until(ctx, "argocd-cm to change", w.Limit, func(ctx context.Context) error {
		if s.checks(ctx) == "" {
			return errors.New("it has the check")
		}
		return nil
	})
}
