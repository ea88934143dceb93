// Package function serves the compositions to Crossplane, as a composition function.
//
// [Function] answers one request: it reads the composite, holds its spec against the schema of the claim with the API server's own code, calls
// the composition of its kind, and adds what that returns to what earlier steps of the pipeline want. Whatever is wrong with a request is a
// fatal result in words that one can act on; the claim shows the same words in its condition. [Server] is the process around it: mutual TLS,
// metrics, health, and an end that waits for what is under way.
package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/innovate-inc/genops/compositions"
)

// defaultTTL is when Crossplane asks again although nothing changed (function-sdk-go: response.DefaultTTL).
const defaultTTL = time.Minute

// Reasons of the condition of a composite that nothing could be composed for, beside those of compositions.
const (
	reasonInvalid = "SpecInvalid" // The claim, or the pipeline around this function, has to change.
	reasonDefect  = "Defect"      // genops has to change.
)

// Function answers the requests of Crossplane.
type Function struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	log     *slog.Logger
	schemas schemas
	compose func(c compositions.Composition, spec map[string]any, observed compositions.Observed) (*compositions.Result, error)
}

// New makes a function. It compiles the schema of a kind when that is asked for the first time.
func New(log *slog.Logger) *Function {
	return &Function{log: log, schemas: newSchemas(), compose: compositions.Composition.Compose}
}

// RunFunction answers a request. What is wrong is told in the response; there is never an error.
func (f *Function) RunFunction(ctx context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	started := time.Now()
	log := f.log.With("composite", subject(req))
	rsp, err := f.answer(ctx, req)
	if err != nil {
		rsp = refuse(req, err)
	}
	log = log.With("took", time.Since(started))
	switch {
	case err == nil:
		log.DebugContext(ctx, "composed", "resources", len(rsp.GetDesired().GetResources()))
	case isDefect(err):
		log.ErrorContext(ctx, "a defect of genops", "error", err, "stack", stack(err))
	default:
		log.InfoContext(ctx, "refused", "reason", err)
	}
	return rsp, nil
}

// answer composes. A panic ends the request and not the server. The error is an *invalidError or a *defectError.
func (f *Function) answer(ctx context.Context, req *fnv1.RunFunctionRequest) (rsp *fnv1.RunFunctionResponse, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			rsp, err = nil, &defectError{composite: subject(req), err: fmt.Errorf("panic: %v", cause), stack: string(debug.Stack())}
		}
	}()
	rsp, err = f.run(ctx, req)
	if err == nil {
		return rsp, nil
	}
	if invalid, ok := errors.AsType[*compositions.InvalidError](err); ok {
		return nil, &invalidError{problems: invalid.Problems}
	}
	if invalid, ok := errors.AsType[*invalidError](err); ok {
		return nil, invalid
	}
	return nil, &defectError{composite: subject(req), err: err}
}

func (f *Function) run(ctx context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	claim, err := readComposite(req)
	if err != nil {
		return nil, err
	}
	if err := f.schemas.check(ctx, claim); err != nil {
		return nil, err
	}
	observed, err := readObserved(req)
	if err != nil {
		return nil, err
	}
	result, err := f.compose(claim.composition, claim.spec, observed)
	if err != nil {
		return nil, err
	}
	return respond(req, claim, result)
}

// respond adds a result to what earlier steps of the pipeline want. The request stays as it is.
func respond(req *fnv1.RunFunctionRequest, claim *claim, result *compositions.Result) (*fnv1.RunFunctionResponse, error) {
	earlier := req.GetDesired()
	resources := make(map[string]*fnv1.Resource, len(earlier.GetResources())+len(result.Resources))
	maps.Copy(resources, earlier.GetResources())
	var taken []string
	for _, resource := range result.Resources {
		if _, ok := resources[resource.Key]; ok {
			taken = append(taken, resource.Key)
			continue
		}
		content, err := encode(resource.Object)
		if err != nil {
			return nil, fmt.Errorf("resource %s: %w", resource.Key, err)
		}
		ready := fnv1.Ready_READY_FALSE
		if resource.Ready {
			ready = fnv1.Ready_READY_TRUE
		}
		resources[resource.Key] = &fnv1.Resource{Resource: content, Ready: ready}
	}
	if len(taken) > 0 {
		return nil, &invalidError{problems: []string{fmt.Sprintf(
			"pipeline: an earlier step composes %s too, allowed are other names", strings.Join(taken, ", "))}}
	}
	composite, err := desiredComposite(earlier.GetComposite(), claim, result)
	if err != nil {
		return nil, err
	}
	rsp := answerTo(req, &fnv1.State{Composite: composite, Resources: resources}, result.TTL)
	status := fnv1.Status_STATUS_CONDITION_FALSE
	if result.Condition.Ready {
		status = fnv1.Status_STATUS_CONDITION_TRUE
	}
	rsp.Conditions = []*fnv1.Condition{condition(status, result.Condition.Reason, result.Condition.Message)}
	if len(result.Requirements) > 0 {
		rsp.Requirements = &fnv1.Requirements{Resources: make(map[string]*fnv1.ResourceSelector, len(result.Requirements))}
	}
	for _, r := range result.Requirements {
		rsp.Requirements.Resources[r.Name] = &fnv1.ResourceSelector{
			ApiVersion: r.APIVersion, Kind: r.Kind, Match: &fnv1.ResourceSelector_MatchName{MatchName: r.MatchName},
		}
	}
	return rsp, nil
}

// desiredComposite is the composite's status and readiness. It is said to be not ready as long as something is missing that no resource stands
// for yet, because Crossplane takes one without resources for ready. It is never said to be ready: then Crossplane would no longer look at the
// resources of the pipeline's other steps.
func desiredComposite(earlier *fnv1.Resource, claim *claim, result *compositions.Result) (*fnv1.Resource, error) {
	content, err := decode(earlier.GetResource())
	if err != nil {
		return nil, &invalidError{problems: []string{fmt.Sprintf("pipeline: the composite that an earlier step wants: %v", err)}}
	}
	content["apiVersion"], content["kind"] = claim.apiVersion, claim.composition.CompositeKind()
	if len(result.Status) > 0 {
		status, _ := content["status"].(map[string]any)
		merged := maps.Clone(result.Status)
		for _, name := range slices.Sorted(maps.Keys(status)) {
			if _, ok := merged[name]; ok {
				return nil, &invalidError{problems: []string{fmt.Sprintf("pipeline: an earlier step sets status.%s too, allowed are other fields", name)}}
			}
			merged[name] = status[name]
		}
		content["status"] = merged
	}
	encoded, err := encode(content)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	composite := &fnv1.Resource{Resource: encoded, ConnectionDetails: earlier.GetConnectionDetails(), Ready: earlier.GetReady()}
	if !result.Condition.Ready {
		composite.Ready = fnv1.Ready_READY_FALSE
	}
	return composite, nil
}

// answerTo is a response that keeps what earlier steps of the pipeline put into the request.
func answerTo(req *fnv1.RunFunctionRequest, desired *fnv1.State, ttl time.Duration) *fnv1.RunFunctionResponse {
	if ttl == 0 {
		ttl = defaultTTL
	}
	return &fnv1.RunFunctionResponse{
		Meta:    &fnv1.ResponseMeta{Tag: req.GetMeta().GetTag(), Ttl: durationpb.New(ttl)},
		Desired: desired,
		Context: req.GetContext(),
	}
}

// condition goes to the claim, too: that is where people look.
func condition(status fnv1.Status, reason, message string) *fnv1.Condition {
	return &fnv1.Condition{
		Type: compositions.ConditionType, Status: status, Reason: reason, Message: &message,
		Target: fnv1.Target_TARGET_COMPOSITE_AND_CLAIM.Enum(),
	}
}
